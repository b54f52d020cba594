"""An operator may give the id that a partner has."""

import pytest

from cli.ids import api_id, directory_id
from gateway.ids import global_id


def test_an_id_of_the_public_api_is_unwrapped() -> None:
    assert directory_id(global_id("Organization", "org_abc")) == "org_abc"


@pytest.mark.parametrize("given", ["org_abc", "", "ñ", "====", global_id("Service", "svc_abc"), "T3JnYW5p"])
def test_whatever_else_is_given_stays_as_it_is(given: str) -> None:
    assert directory_id(given) == given


def test_the_apis_id_is_the_one_that_the_gateway_gives() -> None:
    assert api_id("Member", "mb_abc") == global_id("Member", "mb_abc")
