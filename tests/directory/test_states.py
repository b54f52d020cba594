"""An address's state, from whatever its source calls it."""

import pytest

from contracts.codes import State
from contracts.inegi import INEGI_STATE
from services.directory.states import find_state


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("CHP", State.CHP),
        ("MX-OAX", State.OAX),
        ("07", State.CHP),
        ("7", State.CHP),
        ("MX20", State.OAX),
        ("Michoacán de Ocampo", State.MIC),
        ("NUEVO LEÓN", State.NLE),
        ("N.L.", State.NLE),
        ("Q. Roo", State.ROO),
        ("Estado de Tabasco", State.TAB),
        ("México", State.MEX),
        ("Edo. de México", State.MEX),
        ("Ciudad de México", State.CMX),
        ("Distrito Federal", State.CMX),
        (" San Luis Potosí ", State.SLP),
        ("Querétaro", State.QUE),
    ],
)
def test_a_state_is_known_by_its_iso_code_inegi_key_and_names(said: str, state: State) -> None:
    assert find_state(said, "MX") is state


@pytest.mark.parametrize("said", [None, "", "FL ", "Baja", "00", "33", "Guatemala"])
def test_what_is_no_state_of_mexico_is_none(said: str | None) -> None:
    assert find_state(said, "   ") is None


def test_another_countrys_state_of_the_same_name_is_none() -> None:
    assert find_state("COL", "CO") is None
    assert find_state("Durango", "US") is None
    assert find_state("Durango", "México") is State.DUR


def test_every_state_is_found_by_its_own_code_and_key() -> None:
    assert [find_state(state.value, None) for state in State] == list(State)
    assert {key: find_state(key, None) for key in INEGI_STATE} == INEGI_STATE
