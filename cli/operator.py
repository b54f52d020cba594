"""The command line's own connection to a running network, as its named operator."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import structlog
from nkeys import NkeysError
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.bus import Bus, connect
from chassis.identity import OPERATOR, Identity
from chassis.problems import RefusedError, UnreachableError
from chassis.rpc import Caller
from cli.embedded.folder import running
from cli.exits import CommandError, Exit
from contracts.rpc import Operation, Rep, Req

Result = TypeVar("Result")
CONNECT_SECONDS = 3.0


class OperatorSettings(BaseSettings):
    """Where the network is: by variables, else where the one that runs on ``data_dir`` says.

    There is no address beside these: on it could be somebody else's network, and a secret would go there.
    """

    model_config = SettingsConfigDict(
        env_prefix="RELEVO_", env_ignore_empty=True, frozen=True, extra="ignore"
    )

    data_dir: Path = Path(".relevo")
    nats_url: str | None = None
    keys_dir: Path | None = None
    public_url: str | None = None
    # The settings of the KMS that seals the master key, where one does.
    kms: Path | None = None

    @property
    def bus(self) -> str:
        """The URL of NATS.

        Raises:
            CommandError: no variable names it, and no network runs on the folder.
        """
        return self.nats_url or self._told("nats", "RELEVO_NATS_URL")

    @property
    def gateway(self) -> str:
        """The URL of the gateway, without a slash at the end.

        Raises:
            CommandError: no variable names it, and no network runs on the folder.
        """
        return (self.public_url or self._told("gateway", "RELEVO_PUBLIC_URL")).rstrip("/")

    @property
    def keys(self) -> Path:
        """The folder of the keys."""
        return self.keys_dir or self.data_dir / "keys"

    def _told(self, name: str, variable: str) -> str:
        url = running(self.data_dir).get("urls", {}).get(name)
        if not url:
            raise CommandError(
                f"no network runs in {self.data_dir}; start it with `relevo up`, say where its data is with"
                f" RELEVO_DATA_DIR, or name the {name} of another with {variable}",
                Exit.UNREACHABLE,
            )
        return str(url)


class Operator:
    """Asks the parts, and turns their refusals into the ends of a command."""

    def __init__(self, bus: Bus, patience: float) -> None:
        self.bus = bus
        self._caller = Caller(bus, timeout=patience)

    async def ask(self, operation: Operation[Req, Rep], request: Req) -> Rep:
        """Return the reply.

        Raises:
            CommandError: the part refused, or did not answer in time.
        """
        try:
            return await self._caller.call(operation, request, self._caller.me)
        except RefusedError as error:
            raise CommandError(_sentence(error), Exit.REFUSED) from error
        except UnreachableError as error:
            raise CommandError(
                f"{operation.part} did not answer; is it running?", Exit.UNREACHABLE
            ) from error


def run(
    work: Callable[[Operator], Awaitable[Result]],
    settings: OperatorSettings | None = None,
    patience: float = 10.0,
) -> Result:
    """Do some work as the operator, on a connection of its own, and return what it gives.

    A part has ``patience`` seconds to answer each request.

    Raises:
        CommandError: the network cannot be reached, or what the work raises.
    """

    async def whole() -> Result:
        async with connected(settings or OperatorSettings(), patience) as operator:
            return await work(operator)

    return asyncio.run(whole())


@asynccontextmanager
async def connected(settings: OperatorSettings, patience: float = 10.0) -> AsyncIterator[Operator]:
    """Connect for the length of a block.

    Raises:
        CommandError: there is no key, or the bus does not answer, or does not know the key.
    """
    _log_to_stderr()
    identity = _identity(settings.keys)
    lost = asyncio.Event()
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            bus = await connect(settings.bus, identity, on_lost=lost.set)
    except (TimeoutError, OSError) as error:
        raise CommandError(
            f"nobody answers at {settings.bus}, or it does not know this key; is the network running?",
            Exit.UNREACHABLE,
        ) from error
    try:
        yield Operator(bus, patience)
    finally:
        await bus.close()


def _identity(keys: Path) -> Identity:
    seed = keys / OPERATOR / "nkey.seed"
    if not seed.is_file():
        raise CommandError(
            f"there is no operator's key in {keys}; start the network with `relevo up`,"
            " or say where its data is with RELEVO_DATA_DIR",
            Exit.NOT_WRITABLE,
        )
    try:
        return Identity.load(keys, OPERATOR)
    except (OSError, UnicodeDecodeError, NkeysError) as error:
        raise CommandError(
            f"{seed} cannot be read, or is no key ({type(error).__name__})", Exit.NOT_WRITABLE
        ) from error


def _sentence(error: RefusedError) -> str:
    fields = "".join(f"\n  {'.'.join(field.path)}: {field.message}" for field in error.fields)
    return f"{error.detail} ({error.code}){fields}"


def _log_to_stderr() -> None:
    """The chassis logs; here only what is wrong, and never on stdout."""
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
    )
