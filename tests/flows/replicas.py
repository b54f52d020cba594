"""One network of several replicas of every part, on one NATS and one database; any of them can be killed."""

import shutil
import signal
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cli import keys
from cli.embedded.ports import choose
from cli.embedded.settings import DATABASE, HSDS, NATS, PARTS, EmbeddedSettings
from cli.embedded.stack import Stack

# Seconds. A dozen processes begin at once, on a machine that may have other things to do.
READY_WITHIN = 180.0
# A process, by the number of its stack and its name there.
Whom = tuple[int, str]


class Replicas:
    """Stacks with one set of keys: the first has the servers too, the others find them by their addresses."""

    def __init__(
        self, folder: Path, count: int, variables: Mapping[str, str], say: Callable[[str], None]
    ) -> None:
        # All at once: nobody has them yet, and two stacks must not choose the same.
        servers = {f"{name}_port": 0 for name in (NATS, DATABASE)}
        own = [f"{name}_port" for name in (*PARTS, HSDS)]
        ports = choose({**servers, **{f"{n} {name}": 0 for n in range(count) for name in own}})
        keys.init(folder / "0" / "keys")
        self.stacks: list[Stack] = []
        for number in range(count):
            home = folder / str(number)
            settings = EmbeddedSettings(data_dir=home).on_free_ports()
            given = {name: ports[f"{number} {name}"] for name in own}
            if number:
                shutil.copytree(folder / "0" / "keys", home / "keys")
                nats, database = (f"127.0.0.1:{ports[name]}" for name in servers)
                mongo = f"mongodb://{database}/?directConnection=true"
                settings = settings.model_copy(update={"nats_url": f"nats://{nats}", "mongo_url": mongo})
            else:
                given |= {name: ports[name] for name in servers}
            settings = settings.model_copy(update=given)
            self.stacks.append(Stack(settings, variables=variables, say=say))

    def start(self) -> None:
        """Start everything at once, as after a failure of power; return when all of it is ready."""
        self._all(lambda stack: stack.start(within=READY_WITHIN))

    def stop(self) -> None:
        """Stop everything; those first that the servers are not with."""
        for stack in reversed(self.stacks):
            stack.stop()

    @property
    def parts(self) -> list[Whom]:
        """Every process of a part."""
        return [(number, part) for number in range(len(self.stacks)) for part in PARTS]

    @property
    def gateways(self) -> list[str]:
        """Where the gateways are."""
        return [f"http://127.0.0.1:{stack.ports['gateway']}" for stack in self.stacks]

    def kill(self, whom: Whom) -> None:
        """Kill a process; it is started again by itself."""
        number, name = whom
        self.stacks[number].kill(name)

    def stall(self, name: str, seconds: float) -> None:
        """Let a server stand still for so long; it keeps its connections, and answers nothing."""
        self.stacks[0].kill(name, signal.SIGSTOP)
        time.sleep(seconds)
        self.stacks[0].kill(name, signal.SIGCONT)

    def wait_ready(self, within: float) -> None:
        """Return when everybody is ready.

        Raises:
            CommandError: somebody was not, in that many seconds.
        """
        self._all(lambda stack: stack.wait_ready(within=within))

    def _all(self, do: Callable[[Stack], None]) -> None:
        with ThreadPoolExecutor(len(self.stacks)) as threads:
            list(threads.map(do, self.stacks))
