"""Chooses ports: those asked for, if they are free, or any."""

import random
import socket
from collections.abc import Mapping
from types import MappingProxyType

from cli.exits import CommandError, Exit

LOOPBACK = "127.0.0.1"
# Below the ports from which Linux, by default, takes those of outgoing connections (32768 and up): one
# of these would otherwise occupy a part's port while that part is being started again.
FREE = range(15_000, 32_000)


def choose(wanted: Mapping[str, int], hosts: Mapping[str, str] = MappingProxyType({})) -> dict[str, int]:
    """Return a port for each name: the one wanted, or a free one where 0 is wanted.

    ``hosts`` names the address of whoever does not listen on loopback.

    Raises:
        CommandError: a port that was asked for cannot be listened on.
    """
    chosen: dict[str, int] = {}
    for name, port in wanted.items():
        host = hosts.get(name, LOOPBACK)
        trouble = why_not(port, host) if port else ""
        if trouble:
            variable = f"RELEVO_{name.upper()}_PORT"
            raise CommandError(
                f"port {port} on {host} cannot be used for {name} ({trouble});"
                f" free it, set {variable} to another, or take a free port for everything with"
                " --free-ports",
                Exit.PORT_TAKEN,
            )
        chosen[name] = port or _any(host, set(chosen.values()))
    return chosen


def why_not(port: int, host: str = LOOPBACK) -> str:
    """Return why nobody could listen there now, or an empty string."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As the servers do: a connection that has just ended does not keep the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return (error.strerror or str(error)).lower()
    return ""


def _any(host: str, taken: set[int]) -> int:
    for port in random.sample(FREE, len(FREE)):
        if port not in taken and not why_not(port, host):
            return port
    raise CommandError("no port is free on this machine", Exit.PORT_TAKEN)
