"""The grammar of requests between parts: operations, refusals, the one who acts, and pages."""

from typing import Any, Generic, Literal, TypeVar, dataclass_transform

import msgspec
from msgspec.structs import force_setattr

from contracts.sentences import Said, said_of, words_of

# An id that no part gives: for a request that needs some id, where there is none.
NOTHING = "-"
Req = TypeVar("Req")
Rep = TypeVar("Rep")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class _MessageMeta(msgspec.StructMeta):
    """Makes every field keyword-only, the one setting that msgspec does not hand down to subclasses."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **config: Any) -> Any:
        return super().__new__(mcs, name, bases, namespace, **{"kw_only": True, **config})


class Message(
    msgspec.Struct, metaclass=_MessageMeta, frozen=True, omit_defaults=True, forbid_unknown_fields=True
):
    """Base of everything that crosses the bus: immutable, keywords only, unknown fields refused."""


class Reply(Message, forbid_unknown_fields=False):
    """Base of what only answers: a field that its reader does not know yet is passed over.

    So a part may be newer than those who ask it. Requests stay strict: a field that would be ignored is
    refused. A struct that goes both ways is strict, and a new field of it needs its readers upgraded first.
    """


class Operation(Generic[Req, Rep]):
    """One request that a part answers, on subject ``rpc.v1.<part>.<name>``.

    ``request`` and ``reply`` are the msgspec types of the two bodies. A part declares its operations
    in ``contracts/<part>.py`` and serves all of them; callers pass the object to ``chassis.rpc``.
    """

    __slots__ = ("name", "part", "reply", "request")

    def __init__(self, part: str, name: str, request: type[Req], reply: type[Rep]) -> None:
        self.part = part
        self.name = name
        self.request = request
        self.reply = reply

    @property
    def subject(self) -> str:
        """The NATS subject that carries it."""
        return f"rpc.v1.{self.part}.{self.name}"

    def __repr__(self) -> str:
        return f"Operation({self.subject})"


class FieldProblem(Reply):
    """What is wrong with one field: ``path`` leads to it (``["person", "birthDate"]``).

    ``message`` is in English; ``said`` is how to say it in another language, where that is not plain.
    """

    path: tuple[str, ...]
    message: str
    code: str = "INVALID"
    said: Said | None = None

    def __post_init__(self) -> None:
        _keep_said(self, "message")

    @property
    def words(self) -> str:
        """The message, which knows how to be said in another language."""
        return words_of(self.message, self.said)


class Problem(Reply):
    """A refusal. ``code`` is SCREAMING_CASE and stable; ``status`` is the HTTP-like class of it.

    ``title`` says the kind in a few words, ``detail`` names the thing and what would be right, both in
    English; ``said`` is how to say the detail in another language. Never holds personal data: it is logged,
    and shown to whoever asked.
    """

    code: str
    status: int
    title: str
    detail: str
    fields: tuple[FieldProblem, ...] = ()
    said: Said | None = None

    def __post_init__(self) -> None:
        _keep_said(self, "detail")

    @property
    def words(self) -> str:
        """The detail, which knows how to be said in another language."""
        return words_of(self.detail, self.said)


def _keep_said(struct: msgspec.Struct, name: str) -> None:
    """Put what a sentence knows beside its plain text: only that crosses the bus."""
    text = getattr(struct, name)
    said = said_of(text)
    if said is not None:
        force_setattr(struct, "said", said)
        force_setattr(struct, name, str.__str__(text))


class Actor(Message):
    """Who acts, as the gateway verified it (or a part or an operator, as itself).

    ``kind`` says which of the other fields mean something: a ``member`` has roles, a ``client`` has
    scopes and may name the member behind it (``on_behalf_of``, an opaque id of its own). A ``service``
    has ``id`` ``referrals``; an ``operator`` is the command line. ``network_roles`` are those of the
    network (coordinator, auditor).
    """

    kind: Literal["member", "client", "service", "operator"]
    id: str
    organization: str | None = None
    organization_kind: str | None = None
    verified: bool = False
    roles: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    network_roles: tuple[str, ...] = ()
    on_behalf_of: str | None = None


class Page(Message):
    """Which part of a list: ``first`` or ``last`` (1 to 100), after or before a position.

    A position is the sort key of a row and its id, as the reply's ``positions`` gave it; the gateway
    seals it into the cursor that clients see.
    """

    first: int | None = None
    last: int | None = None
    after: tuple[str, ...] | None = None
    before: tuple[str, ...] | None = None


class Nothing(Message):
    """An empty request or reply."""


class Ids(Message):
    """A batch of ids to look up, 100 at most."""

    ids: tuple[str, ...]


class PartStatus(Reply):
    """What ``relevo doctor`` asks of a part: each check's name, whether it holds, and a sentence."""

    checks: tuple["Check", ...]


class Check(Reply):
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str
