"""A real KMIP server (PyKMIP) in a process of its own: ``python -m tests.referrals.kmip_server FOLDER PORT``.

The folder has ``ca.pem``, ``server.pem`` and ``server-key.pem``; its keys are in a database of its own.
"""

import sys
from pathlib import Path

from kmip.services.server import KmipServer


def serve(folder: Path, port: int) -> None:
    """Serve until SIGTERM."""
    (folder / "policies").mkdir(exist_ok=True)
    server = KmipServer(
        hostname="127.0.0.1",
        port=port,
        certificate_path=str(folder / "server.pem"),
        key_path=str(folder / "server-key.pem"),
        ca_path=str(folder / "ca.pem"),
        auth_suite="TLS1.2",
        config_path=None,
        log_path=str(folder / "kmip.log"),
        policy_path=str(folder / "policies"),
        enable_tls_client_auth=True,
        logging_level="INFO",
        database_path=str(folder / "kmip.db"),
    )
    with server:
        server.serve()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
