"""The time zones of the federal entities.

They are those of the Ley de los Husos Horarios of 2022 (IANA tzdata); where a state has several, that of its
capital, but for Baja California, whose one zone is called Tijuana. A service's own zone goes first.
"""

from contracts.codes import State

CENTRAL = "America/Mexico_City"
# All others keep central time.
_OTHERS: dict[State, str] = {
    State.BCN: "America/Tijuana",
    State.BCS: "America/Mazatlan",
    State.CAM: "America/Merida",
    State.COA: "America/Monterrey",
    State.CHH: "America/Chihuahua",
    State.DUR: "America/Monterrey",
    State.NAY: "America/Mazatlan",
    State.NLE: "America/Monterrey",
    State.ROO: "America/Cancun",
    State.SIN: "America/Mazatlan",
    State.SON: "America/Hermosillo",
    State.TAM: "America/Monterrey",
    State.YUC: "America/Merida",
}


def zone_of(state: State) -> str:
    """The IANA name of a federal entity's time zone."""
    return _OTHERS.get(state, CENTRAL)
