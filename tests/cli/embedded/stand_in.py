"""A stand-in for a part: answers /readyz on its port, and behaves as it was told when it is to stop.

Usage: ``python stand_in.py PART BEHAVIOUR JOURNAL``. It appends what happens to it to the journal, so that
a test can read the order of things.
"""

import http.server
import os
import signal
import sys
import threading
from pathlib import Path

part, behaviour, journal = sys.argv[1], sys.argv[2], Path(sys.argv[3])


def note(what: str) -> None:
    with journal.open("a", encoding="utf-8") as file:
        file.write(f"{part} {what} {os.getpid()}\n")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(503 if behaviour == "never_ready" else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


def on_term(*_: object) -> None:
    note("told to stop")
    if behaviour != "stubborn":
        threading.Timer(1.5 if behaviour == "busy" else 0, server.shutdown).start()


note("started")
if behaviour == "broken":
    sys.exit(7)
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["RELEVO_HTTP_PORT"])), Handler)
signal.signal(signal.SIGTERM, on_term)
server.serve_forever(poll_interval=0.02)
note("stopped")
