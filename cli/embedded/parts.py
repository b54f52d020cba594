"""The four parts as programs: the same command as in a container, and their settings as variables."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from cli.embedded.child import Program
from cli.embedded.settings import AUDIT_HEADS, ERASED_KEYS, HSDS, MAIL, METRICS, PARTS, EmbeddedSettings
from cli.probe import ask

Command = Callable[[str], tuple[str, ...]]

# In the order in which they are stopped: first whoever takes requests, last whoever answers the others.
# Seconds until the next is told, although this one has not finished what it has in hand.
PATIENCE = {"gateway": 1.5, "notifications": 0.8, "referrals": 0.8, "directory": 0.8}


def serve(part: str) -> tuple[str, ...]:
    """The command of a part, ``relevo serve PART``, in this very Python environment."""
    # -P: a folder of the working directory that happens to be called contracts is not ours.
    return (sys.executable, "-P", "-m", "cli.main", "serve", part)


class Addresses:
    """Where everything of one stack listens, once its ports are chosen."""

    def __init__(self, settings: EmbeddedSettings, ports: Mapping[str, int]) -> None:
        self._settings = settings
        self.ports = dict(ports)

    @property
    def urls(self) -> dict[str, str]:
        """By name: the four parts, ``hsds`` (the public directory), ``nats`` and ``mongo``."""
        scheme = "https" if self._settings.tls_cert else "http"
        urls = {part: f"http://127.0.0.1:{self.ports[part]}" for part in PARTS}
        urls["gateway"] = (
            self._settings.public_url or f"{scheme}://{self._settings.gateway_at}:{self.ports['gateway']}"
        )
        urls[HSDS] = self._settings.hsds_url or f"http://127.0.0.1:{self.ports[HSDS]}"
        urls["nats"] = self._settings.nats_url or f"nats://127.0.0.1:{self.ports['nats']}"
        # Direct: it is the only one, whatever it says of a replica set.
        urls["mongo"] = (
            self._settings.mongo_url or f"mongodb://127.0.0.1:{self.ports['database']}/?directConnection=true"
        )
        return urls

    def environment(self, part: str, data: Path) -> dict[str, str]:
        """The ``RELEVO_`` variables of a part; an operator's commands take the same."""
        metrics = {"RELEVO_METRICS_PORT": str(self.ports[METRICS])} if METRICS in self.ports else {}
        return {
            "RELEVO_MONGO_URL": self.urls["mongo"],
            "RELEVO_NATS_URL": self.urls["nats"],
            "RELEVO_KEYS_DIR": str(data / "keys"),
            "RELEVO_HTTP_HOST": self._host(part),
            "RELEVO_HTTP_PORT": str(self.ports[part]),
            "RELEVO_PUBLIC_URL": self.urls["gateway"],
            "RELEVO_HSDS_PORT": str(self.ports[HSDS]),
            "RELEVO_HSDS_URL": self.urls[HSDS],
            "RELEVO_AUDIT_HEADS": str(data / AUDIT_HEADS),
            "RELEVO_ERASED_KEYS": str(data / ERASED_KEYS),
            "RELEVO_MAIL_FOLDER": str(data / MAIL),
            **metrics,
        }

    def _host(self, part: str) -> str:
        return self._settings.http_host if part == "gateway" else "127.0.0.1"


def program(
    part: str, command: Command, environment: Mapping[str, str], settings: EmbeddedSettings
) -> Program:
    """Return how to run a part with those variables. Only the gateway's health is asked over TLS."""
    port = int(environment["RELEVO_HTTP_PORT"])
    outward = part == "gateway"
    host = settings.gateway_at if outward else "127.0.0.1"
    tls = outward and settings.tls_cert is not None
    return Program(
        name=part,
        command=command(part),
        environment={**_inherited(part), **environment},
        ask=lambda: ask(host, port, tls=tls),
        patience=PATIENCE[part],
    )


def _inherited(part: str) -> dict[str, str]:
    """This process's own variables; those of TLS are for the gateway only."""
    return {
        name: value
        for name, value in os.environ.items()
        if part == "gateway" or not name.startswith("RELEVO_TLS_")
    }
