"""The 32 federal entities: INEGI key, p-code, a centre, and the time zone of most of their people."""

from dataclasses import dataclass

from contracts.codes import State
from contracts.inegi import INEGI_STATE
from contracts.zones import zone_of


@dataclass(frozen=True, slots=True)
class StateFacts:
    """A federal entity. ``key`` is INEGI's two digits; degrees are WGS 84; ``zone`` is an IANA name."""

    state: State
    key: str
    latitude: float
    longitude: float
    zone: str

    @property
    def pcode(self) -> str:
        """The place code (p-code) that humanitarian data uses: MX and INEGI's key."""
        return f"MX{self.key}"


# Centres: the centroids of INEGI's own web map (mapserver.inegi.org.mx), rounded to 0.1 degree, about 10 km.
_FACTS: dict[State, tuple[float, float]] = {
    State.AGU: (22.0, -102.4),
    State.BCN: (30.4, -115.2),
    State.BCS: (25.9, -111.8),
    State.CAM: (18.8, -90.3),
    State.COA: (27.3, -102.0),
    State.COL: (19.1, -103.9),
    State.CHP: (16.5, -92.5),
    State.CHH: (28.8, -106.5),
    State.CMX: (19.3, -99.1),
    State.DUR: (24.9, -104.9),
    State.GUA: (20.9, -101.1),
    State.GRO: (17.7, -99.9),
    State.HID: (20.5, -98.9),
    State.JAL: (20.5, -103.6),
    State.MEX: (19.5, -99.7),
    State.MIC: (19.2, -101.9),
    State.MOR: (18.7, -99.1),
    State.NAY: (21.8, -104.9),
    State.NLE: (25.6, -100.0),
    State.OAX: (17.1, -96.5),
    State.PUE: (18.8, -97.9),
    State.QUE: (20.9, -99.8),
    State.ROO: (19.5, -88.4),
    State.SLP: (22.6, -100.4),
    State.SIN: (24.7, -107.4),
    State.SON: (29.4, -110.5),
    State.TAB: (18.1, -92.9),
    State.TAM: (24.3, -98.6),
    State.TLA: (19.4, -98.2),
    State.VER: (19.3, -96.7),
    State.YUC: (20.7, -89.0),
    State.ZAC: (23.2, -102.9),
}

STATES: dict[State, StateFacts] = {
    state: StateFacts(state, key, *_FACTS[state], zone_of(state)) for key, state in INEGI_STATE.items()
}
