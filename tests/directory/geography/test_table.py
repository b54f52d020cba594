"""States and municipalities: found by code and by name, with a centre each."""

from zoneinfo import ZoneInfo

import pytest

from contracts.codes import State
from contracts.inegi import INEGI_STATE
from services.directory.geography.states import STATES
from services.directory.geography.table import Centre, Municipality, Precision, Table

TABLE = Table(
    [
        Municipality("07078", "San Cristóbal de las Casas", State.CHP),
        Municipality("07089", "Tapachula", State.CHP, centre=Centre(14.9, -92.3, Precision.MUNICIPALITY)),
        Municipality("07041", "La Independencia", State.CHP),
        Municipality("20043", "Heroica Ciudad de Juchitán de Zaragoza", State.OAX),
        Municipality("20208", "San Juan Mixtepec", State.OAX),
        Municipality("20209", "San Juan Mixtepec", State.OAX),
        Municipality("20210", "San Juan Ñumí", State.OAX),
        Municipality("01001", "Aguascalientes", State.AGU),
    ]
)


@pytest.mark.parametrize(
    ("name", "state", "code"),
    [
        ("San Cristobal de Las Casas", "CHP", "07078"),
        ("SAN CRISTÓBAL LAS CASAS", "CHP", "07078"),
        ("S. Cristóbal de las Casas", "CHP", "07078"),
        ("San Cristóbal", "CHP", "07078"),
        ("Mpio. de Tapachula", "CHP", "07089"),
        ("Tapachula de Córdova y Ordóñez", "CHP", "07089"),
        ("Juchitán de Zaragoza", "OAX", "20043"),
        ("juchitan", "OAX", "20043"),
        ("07089", "CHP", "07089"),
        ("89", "CHP", "07089"),
        ("MX07089", None, "07089"),
        ("7089", None, "07089"),
        ("Tapachula", None, "07089"),
        ("Tapachula", "OAX", None),
        ("07089", "OAX", None),
        ("San Juan", "OAX", None),
        ("San Juan Mixtepec", "OAX", None),
        ("", "CHP", None),
        ("de la", "CHP", None),
        ("Ciudad Inventada", "CHP", None),
    ],
)
def test_a_municipality_is_found_however_it_is_written_and_never_guessed(
    name: str, state: str | None, code: str | None
) -> None:
    assert TABLE.find_municipality(name, State(state) if state else None) == code


def test_a_centre_is_the_municipalitys_else_its_states() -> None:
    assert TABLE.centre("07089") == Centre(14.9, -92.3, Precision.MUNICIPALITY)
    assert TABLE.centre("07078") == Centre(16.5, -92.5, Precision.STATE)
    assert TABLE.centre("07") == TABLE.centre("MX07") == Centre(16.5, -92.5, Precision.STATE)
    assert TABLE.centre("99999") is None


def test_there_are_32_states_each_with_key_place_code_centre_and_zone() -> None:
    assert len(STATES) == 32 == len(State)
    for key, state in INEGI_STATE.items():
        facts = STATES[state]
        assert (facts.state, facts.key, facts.pcode) == (state, key, f"MX{key}")
        assert 14 < facts.latitude < 33
        assert -119 < facts.longitude < -86
        assert ZoneInfo(facts.zone)
    municipality = TABLE.municipality("MX07089")
    assert municipality is not None
    assert municipality.pcode == "MX07089"
