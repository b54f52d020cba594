"""The floor of *hear* under load: a process that writes what it hears on the bus to as many sockets.

``python -m bench.bare PORT NATS KEYS``: who connects and says ``e`` is written to, who says ``i`` is idle.
"""

import asyncio
import sys
from pathlib import Path

import uvloop
from nats.aio.msg import Msg

from bench.floor import FAN_OUT
from chassis.bus import connect
from chassis.identity import Identity


async def main(port: int, nats_url: str, keys_dir: Path) -> None:
    """Write until the process is ended."""
    lines: set[asyncio.Transport] = set()

    class Line(asyncio.Protocol):
        """One socket."""

        transport: asyncio.Transport

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport  # type: ignore[assignment]

        def data_received(self, data: bytes) -> None:
            if data.startswith(b"e"):
                lines.add(self.transport)
            self.transport.write(b":\n\n")

        def connection_lost(self, exc: Exception | None) -> None:
            lines.discard(self.transport)

    async def write(message: Msg) -> None:
        for line in lines:
            line.write(message.data)

    bus = await connect(nats_url, Identity.load(keys_dir, "directory"), lambda: None)
    await bus.subscribe(FAN_OUT, write)
    await bus.settled()
    server = await asyncio.get_running_loop().create_server(Line, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))
