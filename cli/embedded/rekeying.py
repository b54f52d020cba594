"""Exchanging the parts' keys on an embedded network: its server reads its users anew, the parts connect anew.

One part after the other: the server cuts off whoever still has the old key, and the part is back a moment
later with its new one. Whoever asked it something in that moment asks again, as when a line breaks.
"""

import http.client
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cli.embedded import nats
from cli.embedded.child import GLANCE
from cli.embedded.folder import running
from cli.embedded.settings import PARTS
from cli.exchanging import PartsRotation
from cli.exits import CommandError, Exit
from cli.keys import USERS

RELOADED_WITHIN = 5.0
# Also a part that was just killed comes back with it.
CONNECTED_WITHIN = 60.0

Say = Callable[[str], None]


def rotate(data: Path, rotation: PartsRotation, say: Say) -> None:
    """Exchange the keys of the network that runs on that folder; run again, it goes on.

    Raises:
        CommandError: the folder cannot be written, or something does not come back in time.
    """
    server = NatsServer(data)
    rotation.prepare()
    server.reload()
    rotation.put_in_place()
    server.reload()
    for part in PARTS:
        if rotation.is_exchanged(part):
            rotation.forget(part)
            server.reload()
            server.wait_for(rotation.public(part))
            say(f"{part} has its new key")
    rotation.forget(*USERS)
    server.reload()


class NatsServer:
    """The network's NATS server."""

    def __init__(self, data: Path) -> None:
        self._data = data
        told = running(data)
        if not told.get("monitor"):
            raise CommandError(f"no network with a NATS server of its own runs on {data}", Exit.UNREACHABLE)
        self._monitor = str(told["monitor"])

    def reload(self) -> None:
        """Have it read its users anew, and return when it has."""
        before = self._asked("/varz")["config_load_time"]
        nats.reload(self._data)
        _until(
            lambda: self._asked("/varz")["config_load_time"] != before,
            RELOADED_WITHIN,
            "the NATS server did not read its users anew; see its log",
        )

    def wait_for(self, key: str) -> None:
        """Return when somebody is connected by that key."""

        def is_there() -> bool:
            return any(
                one.get("authorized_user") == key for one in self._asked("/connz?auth=true")["connections"]
            )

        _until(is_there, CONNECTED_WITHIN, "a part did not come back with its new key; see the logs")

    def _asked(self, path: str) -> dict[str, Any]:
        connection = http.client.HTTPConnection(self._monitor, timeout=2)
        try:
            connection.request("GET", path)
            told: dict[str, Any] = json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise CommandError("the NATS server does not answer", Exit.UNREACHABLE) from error
        else:
            return told
        finally:
            connection.close()


def _until(holds: Callable[[], bool], within: float, sentence: str) -> None:
    end = time.monotonic() + within
    while not holds():
        if time.monotonic() > end:
            raise CommandError(sentence, Exit.NOT_READY)
        time.sleep(GLANCE)
