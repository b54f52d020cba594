"""The federal entity that an address lies in, from whatever its source calls it."""

import re

from contracts.codes import State
from contracts.inegi import INEGI_STATE
from services.directory.text import fold

# Names in use, and the abbreviations of the post and of plates, without accents, spaces and dots.
_NAMES: dict[State, tuple[str, ...]] = {
    State.AGU: ("aguascalientes", "ags"),
    State.BCN: ("bajacalifornia", "bajacalifornianorte", "bc"),
    State.BCS: ("bajacaliforniasur",),
    State.CAM: ("campeche", "camp"),
    State.COA: ("coahuila", "coahuiladezaragoza", "coah"),
    State.COL: ("colima",),
    State.CHP: ("chiapas", "chis"),
    State.CHH: ("chihuahua", "chih"),
    State.CMX: ("ciudaddemexico", "cdmx", "distritofederal", "df"),
    State.DUR: ("durango", "dgo"),
    State.GUA: ("guanajuato", "gto"),
    State.GRO: ("guerrero",),
    State.HID: ("hidalgo", "hgo"),
    State.JAL: ("jalisco",),
    State.MEX: ("mexico", "estadodemexico", "edodemexico", "edomex"),
    State.MIC: ("michoacan", "michoacandeocampo", "mich"),
    State.MOR: ("morelos",),
    State.NAY: ("nayarit",),
    State.NLE: ("nuevoleon", "nl"),
    State.OAX: ("oaxaca",),
    State.PUE: ("puebla",),
    State.QUE: ("queretaro", "queretarodearteaga", "qro"),
    State.ROO: ("quintanaroo", "qroo"),
    State.SLP: ("sanluispotosi",),
    State.SIN: ("sinaloa",),
    State.SON: ("sonora",),
    State.TAB: ("tabasco",),
    State.TAM: ("tamaulipas", "tamps"),
    State.TLA: ("tlaxcala", "tlax"),
    State.VER: ("veracruz", "veracruzdeignaciodelallave"),
    State.YUC: ("yucatan",),
    State.ZAC: ("zacatecas",),
}
_MEXICO = frozenset({"", "mx", "mex", "mexico", "estadosunidosmexicanos"})
_OTHER_SIGNS = re.compile(r"[^a-z0-9]")


def _key(text: str) -> str:
    return _OTHER_SIGNS.sub("", fold(text))


def _codes() -> dict[str, State]:
    """ISO codes with and without the country, INEGI keys with and without the zero, p-codes, names."""
    codes: dict[str, State] = {}
    for state in State:
        codes[state.lower()] = codes[f"mx{state.lower()}"] = state
    for key, state in INEGI_STATE.items():
        codes[key] = codes[key.lstrip("0")] = codes[f"mx{key}"] = state
    for state, names in _NAMES.items():
        for name in names:
            codes[name] = codes[f"estadode{name}"] = state
    return codes


_STATES = _codes()


def find_state(state_province: str | None, country: str | None) -> State | None:
    """Return the state that HSDS address fields name, or None: unknown, or of another country.

    An address without a country is taken to be in Mexico if its state is.
    """
    if _key(country or "") not in _MEXICO:
        return None
    return _STATES.get(_key(state_province or ""))
