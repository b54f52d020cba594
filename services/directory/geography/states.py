"""The 32 federal entities: INEGI key, p-code, a centre, and the time zone of most of their people."""

from dataclasses import dataclass

from contracts.codes import State
from contracts.inegi import INEGI_STATE


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


_CENTRAL = "America/Mexico_City"

# Centres: the centroids of INEGI's own web map (mapserver.inegi.org.mx), rounded to 0.1 degree, about 10 km.
# Zones: those of the Ley de los Husos Horarios of 2022 (IANA tzdata); where a state has several, that of
# its capital, but for Baja California, whose one zone is called Tijuana. A service's own zone goes first.
_FACTS: dict[State, tuple[float, float, str]] = {
    State.AGU: (22.0, -102.4, _CENTRAL),
    State.BCN: (30.4, -115.2, "America/Tijuana"),
    State.BCS: (25.9, -111.8, "America/Mazatlan"),
    State.CAM: (18.8, -90.3, "America/Merida"),
    State.COA: (27.3, -102.0, "America/Monterrey"),
    State.COL: (19.1, -103.9, _CENTRAL),
    State.CHP: (16.5, -92.5, _CENTRAL),
    State.CHH: (28.8, -106.5, "America/Chihuahua"),
    State.CMX: (19.3, -99.1, _CENTRAL),
    State.DUR: (24.9, -104.9, "America/Monterrey"),
    State.GUA: (20.9, -101.1, _CENTRAL),
    State.GRO: (17.7, -99.9, _CENTRAL),
    State.HID: (20.5, -98.9, _CENTRAL),
    State.JAL: (20.5, -103.6, _CENTRAL),
    State.MEX: (19.5, -99.7, _CENTRAL),
    State.MIC: (19.2, -101.9, _CENTRAL),
    State.MOR: (18.7, -99.1, _CENTRAL),
    State.NAY: (21.8, -104.9, "America/Mazatlan"),
    State.NLE: (25.6, -100.0, "America/Monterrey"),
    State.OAX: (17.1, -96.5, _CENTRAL),
    State.PUE: (18.8, -97.9, _CENTRAL),
    State.QUE: (20.9, -99.8, _CENTRAL),
    State.ROO: (19.5, -88.4, "America/Cancun"),
    State.SLP: (22.6, -100.4, _CENTRAL),
    State.SIN: (24.7, -107.4, "America/Mazatlan"),
    State.SON: (29.4, -110.5, "America/Hermosillo"),
    State.TAB: (18.1, -92.9, _CENTRAL),
    State.TAM: (24.3, -98.6, "America/Monterrey"),
    State.TLA: (19.4, -98.2, _CENTRAL),
    State.VER: (19.3, -96.7, _CENTRAL),
    State.YUC: (20.7, -89.0, "America/Merida"),
    State.ZAC: (23.2, -102.9, _CENTRAL),
}

STATES: dict[State, StateFacts] = {
    state: StateFacts(state, key, *_FACTS[state]) for key, state in INEGI_STATE.items()
}
