"""Publishing a noun's messages to a stream once and in order, guarded by the stream itself.

Each message carries ``n`` and expects that the last one under its filter is the one before it. So two
publishers, a crash or a repeat at any point lose nothing, invent nothing and swap nothing.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from nats.js.api import Header
from nats.js.errors import APIError, NotFoundError

from chassis.bus import Bus

WRONG_LAST_SEQUENCE = 10071
REMEMBERED = 10_000


@dataclass(frozen=True)
class Last:
    """The last message under a filter: its sequence in the stream, and its ``n`` (0, 0: there is none)."""

    seq: int
    n: int


class OrderedPublisher:
    """Publishes to one stream; remembers where each filter ended, so that most publishes ask nothing."""

    def __init__(self, bus: Bus, stream: str) -> None:
        self._bus = bus
        self._stream = stream
        self._last: OrderedDict[str, Last] = OrderedDict()

    def follows(self, filter_subject: str, n: int) -> bool:
        """Whether it is certain that nothing before ``n`` is missing under that filter."""
        last = self._last.get(filter_subject)
        return n == 1 or (last is not None and last.n == n - 1)

    async def publish(
        self, subject: str, filter_subject: str, n: int, data: bytes, headers: Mapping[str, str]
    ) -> None:
        """Publish message ``n`` unless it is there already; returns when the stream has it on disk.

        ``filter_subject`` must match ``subject``: one that does not is silently accepted by the server
        and guards nothing, so both should come from one function.

        Raises:
            nats.errors.Error: the stream cannot be reached, or refuses for another reason than order.
        """
        last = self._last.get(filter_subject)
        if last is None:
            last = Last(0, 0) if n == 1 else await self._read_last(filter_subject)
        while last.n < n:
            try:
                last = await self._send(subject, data, headers, _guard(filter_subject, last, n))
            except APIError as error:
                # The answer to an out-of-order publish, and also to a repeat of what is stored already.
                if error.err_code != WRONG_LAST_SEQUENCE:
                    raise
                last = await self._read_last(filter_subject)
            except BaseException:
                self._last.pop(filter_subject, None)
                raise
        self._remember(filter_subject, last)

    async def _send(
        self, subject: str, data: bytes, headers: Mapping[str, str], guard: Mapping[str, str]
    ) -> Last:
        ack = await self._bus.js.publish(subject, data, headers={**headers, **guard}, stream=self._stream)
        return Last(int(ack.seq), int(guard["n"]))

    async def _read_last(self, filter_subject: str) -> Last:
        """Ask the stream's leader."""
        try:
            message = await self._bus.js.get_last_msg(self._stream, filter_subject)
        except NotFoundError:
            return Last(0, 0)
        return Last(message.seq or 0, int((message.headers or {}).get("n", "0")))

    def _remember(self, filter_subject: str, last: Last) -> None:
        self._last[filter_subject] = last
        self._last.move_to_end(filter_subject)
        if len(self._last) > REMEMBERED:
            self._last.popitem(last=False)


def _guard(filter_subject: str, last: Last, n: int) -> dict[str, str]:
    return {
        "n": str(n),
        Header.EXPECTED_LAST_SUBJECT_SEQUENCE: str(last.seq),
        "Nats-Expected-Last-Subject-Sequence-Subject": filter_subject,
    }
