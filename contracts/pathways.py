"""Pathways: the standard procedure for a need or a vulnerability, as data; asking for it, and editing it.

A pathway's text is in Spanish and in English. Each version of one is kept: ``1`` is the first edition that
comes with Relevo, ``1.2`` the network's own second revision of it, and ``0.1`` the first of a pathway that is
the network's own.
"""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from contracts import patterns
from contracts.codes import AgeBand, Need, OrganizationKind, Priority, Vulnerability
from contracts.referrals import PART, Key, Text
from contracts.rpc import Message, Operation, Reply

PathwayCode = Annotated[str, Meta(pattern=patterns.CODE, max_length=60)]
PathwayVersion = Annotated[str, Meta(pattern=patterns.VERSION, max_length=20)]
Sentence = Annotated[str, Meta(min_length=1, max_length=400, pattern=patterns.NAME)]
Tongue = Literal["es", "en"]


class Wording(Message):
    """A sentence for people, in both languages."""

    es: Sentence
    en: Sentence


# What has to be said wherever a pathway is shown. It is no part of one, so that no edit takes it out.
NOTICE = Wording(
    es="Borrador para la revisión jurídica de cada organización: la ley y los trámites cambian por estado.",
    en="A draft for each organization's own legal review: law and procedures differ by state.",
)
Wordings = Annotated[tuple[Wording, ...], Meta(max_length=12)]


class OnlyFor(Message):
    """Whom a step is for; what is empty asks for nothing, and of what is not, one has to fit."""

    needs: Annotated[tuple[Need, ...], Meta(max_length=50)] = ()
    vulnerabilities: Annotated[tuple[Vulnerability, ...], Meta(max_length=18)] = ()
    age_bands: Annotated[tuple[AgeBand, ...], Meta(max_length=6)] = ()


class Step(Message):
    """One step of a pathway.

    ``kinds`` are the organizations that it involves, one of which is enough. A ``mandatory`` one is met by a
    referral to one of them: without it others are not issued. ``by_law`` says that no edit may take it out.
    """

    code: PathwayCode
    words: Wording
    kinds: Annotated[tuple[OrganizationKind, ...], Meta(max_length=20)] = ()
    mandatory: bool = False
    by_law: bool = False
    only_for: OnlyFor | None = None


class Pathway(Message):
    """The standard procedure for some needs and vulnerabilities, each of which is enough for it to apply.

    ``priority`` is the least that a referral for one of its ``needs`` has; ``emergencies`` say when it is an
    emergency. ``ask`` and ``do_not_ask`` are about questions; ``sources`` are laws and standards.
    """

    code: PathwayCode
    title: Wording
    priority: Priority
    steps: Annotated[tuple[Step, ...], Meta(min_length=1, max_length=12)]
    needs: Annotated[tuple[Need, ...], Meta(max_length=50)] = ()
    vulnerabilities: Annotated[tuple[Vulnerability, ...], Meta(max_length=18)] = ()
    emergencies: Wordings = ()
    ask: Wordings = ()
    do_not_ask: Wordings = ()
    documents: Wordings = ()
    warnings: Wordings = ()
    sources: Annotated[tuple[Sentence, ...], Meta(max_length=12)] = ()


class PathwayView(Reply):
    """A version of a pathway. ``shipped`` is one that came with Relevo; ``organization`` edited it otherwise.

    ``newer_edition`` is that of the text that has come with Relevo since the network's own was made from it.
    ``page`` is the printable page, where one was asked for.
    """

    version: str
    pathway: Pathway
    shipped: bool
    newer_edition: int | None = None
    at: datetime | None = None
    organization: str | None = None
    note: str | None = None
    page: str | None = None


class PageWanted(Message):
    """In which language and form a printable page is wanted."""

    language: Tongue = "es"
    form: Literal["text", "html"] = "text"


class GetPathways(Message):
    """Pathways in force: those with these codes, or all. With ``version``, that one version of one code."""

    codes: Annotated[tuple[PathwayCode, ...], Meta(max_length=50)] = ()
    version: PathwayVersion | None = None
    page: PageWanted | None = None


class Pathways(Reply):
    """In the order of their codes; what does not exist is left out."""

    items: tuple[PathwayView, ...]


class GetGuide(Message):
    """What applies to somebody. Nothing of it is stored. ``age_band`` leaves out steps for other ages."""

    needs: Annotated[tuple[Need, ...], Meta(max_length=50)] = ()
    vulnerabilities: Annotated[tuple[Vulnerability, ...], Meta(max_length=18)] = ()
    age_band: AgeBand | None = None
    page: PageWanted | None = None


class MandatoryStep(Reply):
    """A step without which a referral is not issued: ``step`` is its name, ``<pathway>.<code>``."""

    step: str
    words: Wording
    kinds: tuple[OrganizationKind, ...]
    only_for: OnlyFor | None = None


class Guide(Reply):
    """The pathways that apply, the highest least priority of them, and their mandatory steps."""

    pathways: tuple[PathwayView, ...]
    least_priority: Priority | None = None
    mandatory_steps: tuple[MandatoryStep, ...] = ()


class EditPathway(Message):
    """A coordinator's new version of a pathway, whole. ``expected_version`` is the one that it was made from.

    Without it, it must be a pathway of a new code. ``note`` says why.
    """

    idempotency_key: Key
    pathway: Pathway
    note: Text
    expected_version: PathwayVersion | None = None


class PathwayReply(Reply):
    """The pathway after an edit."""

    item: PathwayView
    replayed: bool = False


class ListVersions(Message):
    """The versions of a pathway that there have been: the last 100."""

    code: PathwayCode


GET_PATHWAYS = Operation(PART, "get_pathways", GetPathways, Pathways)
GET_GUIDE = Operation(PART, "get_guide", GetGuide, Guide)
EDIT_PATHWAY = Operation(PART, "edit_pathway", EditPathway, PathwayReply)
LIST_VERSIONS = Operation(PART, "list_pathway_versions", ListVersions, Pathways)
