"""Asks a part whether it is ready: for the supervisor, and as ``python -m cli.probe`` for containers.

Uses the standard library only, since a container runs it every few seconds.
"""

import http.client
import os
import ssl
import sys


def ask(host: str, port: int, path: str = "/readyz", *, tls: bool = False, timeout: float = 2.0) -> str:
    """Return an empty string where the answer is 200, otherwise why it is not, in a few words."""
    connection: http.client.HTTPConnection
    if tls:
        # On the same machine, by a name that the certificate does not carry: only life is asked for.
        context = ssl._create_unverified_context()  # noqa: S323, SLF001
        connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read(2000).decode("utf-8", "replace").strip()
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()
    return "" if answer.status == http.HTTPStatus.OK else f"{answer.status} {body}"


def main() -> int:
    """Ask the part of this container; settings are those of the part itself."""
    why = ask(
        "127.0.0.1",
        int(os.environ.get("RELEVO_HTTP_PORT", "8080")),
        tls=bool(os.environ.get("RELEVO_TLS_CERT")),
    )
    if why:
        print(why, file=sys.stderr)
    return 1 if why else 0


if __name__ == "__main__":
    sys.exit(main())
