"""Stands in for the key services of AWS, Azure and GCP: notes what is sent, and answers as they do.

At a foreign edge only: none of them can be had here. Their wrapping is turning the bytes around.
"""

import base64
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

Json = dict[str, Any]


class Clouds:
    """A server on loopback; ``seen`` has method, path, headers and body of each request."""

    def __init__(self, folder: Path) -> None:
        self.seen: list[tuple[str, dict[str, str], str]] = []
        self.refuse = False
        self.ca = folder / "ca.pem"
        clouds = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"  # libmongocrypt reads no other

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                clouds.seen.append((self.path, dict(self.headers), body))
                answer = json.dumps(
                    {"message": f"refused: {body}"} if clouds.refuse else clouds.answer(self, body)
                )
                self.send_response(400 if clouds.refuse else 200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer.encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(folder / "server.pem", folder / "server-key.pem")
        self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.at = f"127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @staticmethod
    def answer(request: BaseHTTPRequestHandler, body: str) -> Json:
        """What the services answer, by path and target."""
        if request.path.endswith("token"):
            return {"access_token": "canary-token", "expires_in": 3600, "token_type": "Bearer"}
        said = json.loads(body)
        if "wrapkey" in request.path:
            return {"value": _turned(said["value"], url=True), "kid": "https://key"}
        if request.path.startswith("/v1/projects"):
            name = "plaintext" if "plaintext" in said else "ciphertext"
            other = "ciphertext" if name == "plaintext" else "plaintext"
            return {other: _turned(said[name])}
        if request.headers["X-Amz-Target"] == "TrentService.Encrypt":
            return {"CiphertextBlob": _turned(said["Plaintext"]), "KeyId": said["KeyId"]}
        return {"Plaintext": _turned(said["CiphertextBlob"]), "KeyId": "key"}


def _turned(text: str, *, url: bool = False) -> str:
    raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_" if url else None)[::-1]
    return base64.urlsafe_b64encode(raw).decode().rstrip("=") if url else base64.b64encode(raw).decode()
