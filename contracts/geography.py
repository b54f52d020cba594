"""States and municipalities: the table that an operator installs, and what everybody may look up in it."""

from typing import Annotated, Literal

from msgspec import Meta

from contracts.codes import State
from contracts.directory import PART, Name
from contracts.rpc import FieldProblem, Ids, Message, Operation, Page, Reply

MOST_MUNICIPALITIES = 500

# Wide enough for what was swapped: that is refused by itself, in words, and not with its whole batch.
Degrees = Annotated[float, Meta(ge=-360, le=360)]


class MunicipalityRecord(Message):
    """A municipality of INEGI: its key of five digits (state and municipality) and its name.

    A centre is given whole or not at all, in degrees (WGS 84).
    """

    code: Annotated[str, Meta(pattern=r"^(0[1-9]|[12][0-9]|3[0-2])[0-9]{3}\Z")]
    name: Name
    population: Annotated[int, Meta(ge=0, le=100_000_000)] | None = None
    latitude: Degrees | None = None
    longitude: Degrees | None = None


class ImportMunicipalities(Message):
    """Up to 500 municipalities. What is there already is brought up to date; nothing is taken away."""

    municipalities: Annotated[tuple[MunicipalityRecord, ...], Meta(max_length=MOST_MUNICIPALITIES)]


class MunicipalityOutcome(Reply):
    """What became of the municipality at the same place of the batch."""

    outcome: Literal["created", "updated", "unchanged", "refused"]
    problems: tuple[FieldProblem, ...] = ()


class MunicipalitiesImported(Reply):
    """One outcome for each, in order; and how many there are now."""

    outcomes: tuple[MunicipalityOutcome, ...]
    total: int


class Municipality(Reply):
    """A municipality. ``pcode`` is that of humanitarian data: MX and INEGI's key.

    Its centre, in degrees, is the one that was published (``municipality``), else the mean of the public
    places of services there (``services``), else its state's (``state``): ``precision`` says which.
    """

    code: str
    pcode: str
    name: str
    state: State
    latitude: float
    longitude: float
    precision: str
    population: int | None = None


class Municipalities(Reply):
    """The municipalities in the order of the codes; null for one that is not installed."""

    items: tuple[Municipality | None, ...]


class ListMunicipalities(Message):
    """Municipalities, by name: of a state, with names whose words begin so."""

    page: Page
    state: State | None = None
    text: Annotated[str, Meta(max_length=200)] | None = None


class MunicipalityList(Reply):
    """One page; ``positions`` are the rows' own, for the next page."""

    items: tuple[Municipality, ...]
    positions: tuple[tuple[str, ...], ...]
    has_next: bool
    has_previous: bool
    total: int | None = None


IMPORT_MUNICIPALITIES = Operation(PART, "import_municipalities", ImportMunicipalities, MunicipalitiesImported)
GET_MUNICIPALITIES = Operation(PART, "get_municipalities", Ids, Municipalities)
LIST_MUNICIPALITIES = Operation(PART, "list_municipalities", ListMunicipalities, MunicipalityList)
