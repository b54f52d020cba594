"""States and municipalities in memory: by code, by name, and where their centres are. No I/O."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from contracts.codes import State
from contracts.inegi import INEGI_STATE
from services.directory.geography import names
from services.directory.geography.states import STATES

_STATE_DIGITS = 2
_CODE_DIGITS = 5


class Precision(StrEnum):
    """What a centre is the centre of."""

    MUNICIPALITY = "municipality"  # as its source published it
    SERVICES = "services"  # the mean of the public places of services in the municipality
    STATE = "state"


@dataclass(frozen=True, slots=True)
class Centre:
    """A point in degrees (WGS 84) that stands for a municipality or a state."""

    latitude: float
    longitude: float
    precision: Precision


@dataclass(frozen=True, slots=True)
class Municipality:
    """A municipality. ``code`` is INEGI's five digits; ``centre`` is None where nobody published one."""

    code: str
    name: str
    state: State
    population: int | None = None
    centre: Centre | None = None

    @property
    def pcode(self) -> str:
        """The place code (p-code) that humanitarian data uses: MX and INEGI's key."""
        return f"MX{self.code}"


class Table:
    """The municipalities that are installed (there may be none), and the 32 states, which always are.

    ``number`` grows with each change of what is installed; 0 is an empty table.
    """

    def __init__(self, municipalities: Iterable[Municipality] = (), number: int = 0) -> None:
        self.number = number
        self._by_code = {one.code: one for one in municipalities}
        self._by_name: dict[State, dict[names.Key, list[str]]] = {}
        for one in self._by_code.values():
            self._by_name.setdefault(one.state, {}).setdefault(names.key(one.name), []).append(one.code)

    def __len__(self) -> int:
        return len(self._by_code)

    def all(self) -> Iterable[Municipality]:
        """Every municipality, in the order of its code."""
        return (self._by_code[code] for code in sorted(self._by_code))

    def municipality(self, code: str) -> Municipality | None:
        """Return a municipality by INEGI key or p-code (``07089``, ``7089``, ``MX07089``), or None."""
        digits = code.strip().upper().removeprefix("MX")
        return self._by_code.get(digits.zfill(_CODE_DIGITS)) if digits.isdecimal() else None

    def find_municipality(self, name: str, state: State | None) -> str | None:
        """Return the code of the municipality of that name, however it is written; None if in doubt.

        The name may also be its code, or its three digits within the state. A name that is longer or
        shorter by words at its end is taken where one municipality only can be meant: "Tapachula de
        Córdova y Ordóñez", "San Cristóbal". Without a state it has to be the only one in the country.
        """
        bare = name.strip()
        if state is not None and bare.isdecimal() and len(bare) < _CODE_DIGITS - 1:
            bare = STATES[state].key + bare.zfill(_CODE_DIGITS - _STATE_DIGITS)
        by_code = self.municipality(bare)
        if by_code is not None:
            return by_code.code if state in (None, by_code.state) else None
        wanted = names.key(bare)
        if not wanted:
            return None
        places = [state] if state is not None else list(self._by_name)
        named = [self._by_name.get(place, {}) for place in places]
        exact = [code for one in named for code in one.get(wanted, ())]
        return _only(exact) if exact or state is None else _only(_alike(named[0], wanted))

    def centre(self, code: str) -> Centre | None:
        """Return a municipality's centre, else its state's, and which it is; None for an unknown code.

        ``code`` is the municipality's, or the two digits of a state.
        """
        municipality = self.municipality(code)
        if municipality is not None:
            return municipality.centre or self.state_centre(municipality.state)
        state = INEGI_STATE.get(code.strip().upper().removeprefix("MX")[:_STATE_DIGITS])
        return self.state_centre(state) if state else None

    def state_centre(self, state: State) -> Centre:
        """Return a state's centre."""
        return Centre(STATES[state].latitude, STATES[state].longitude, Precision.STATE)


def _alike(named: dict[names.Key, list[str]], wanted: names.Key) -> list[str]:
    """The municipalities whose name the wanted one begins with, the longest first; else those it begins."""
    for length in range(len(wanted) - 1, 0, -1):
        if wanted[:length] in named:
            return named[wanted[:length]]
    return [code for key, codes in named.items() if key[: len(wanted)] == wanted for code in codes]


def _only(codes: list[str]) -> str | None:
    return codes[0] if len(codes) == 1 else None
