"""What is cut out of a record: everything of a confidential place, wherever in the record it stands."""

import json
import re
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import State
from services.directory import ids, record
from services.directory.confidential.cut import Cut, cut
from services.directory.geography.table import Municipality, Table
from services.directory.record import Imported
from tests.directory import cast

SUCHIATE = Table([Municipality("07087", "Suchiate", State.CHP)])
CANARY = "Qx9canario"


def cut_out(given: dict[str, Any], table: Table | None = None, secret: frozenset[str] = frozenset()) -> Cut:
    return cut(given, cast.SOURCE, "service s-camas", table or Table(), secret)


def beds(**changes: Any) -> dict[str, Any]:
    return {**deepcopy(cast.BEDS), **changes}


def place_of(given: dict[str, Any]) -> dict[str, Any]:
    place: dict[str, Any] = given["service_at_locations"][0]["location"]
    return place


def left(found: Cut) -> list[str]:
    text = json.dumps(found.record, ensure_ascii=False)
    return [canary for canary in (*cast.CANARIES, CANARY) if canary in text]


@pytest.mark.parametrize("visibility", ["network", "private", "secreta", "", 7])
def test_a_place_that_is_not_said_to_be_public_leaves_a_stub(visibility: object) -> None:
    given = beds()
    place_of(given)["relevo"]["visibility"] = visibility
    found = cut_out(given)
    assert left(found) == []
    assert set(place_of(found.record)) == {"id", "location_type", "relevo"}


def test_a_stub_says_municipality_and_state_and_its_id_is_ours() -> None:
    found = cut_out(beds(), SUCHIATE)
    location = ids.derived("location", cast.SOURCE, "l-canario")
    assert place_of(found.record) == {
        "id": location,
        "location_type": "physical",
        "relevo": {
            "visibility": "private",
            "municipality": "Suchiate",
            "municipality_code": "07087",
            "state": "CHP",
            "sealed": True,
        },
    }
    (hidden,) = found.hidden
    assert hidden.location == location
    assert hidden.content["place"] == place_of(cast.BEDS)


def test_a_municipality_that_is_an_address_is_cut_out_too() -> None:
    given = beds()
    place_of(given)["addresses"][0]["region"] = f"{CANARY} 12, colonia Centro"
    assert left(cut_out(given)) == []


def test_a_record_without_confidential_places_comes_back_as_it_is() -> None:
    given = deepcopy(cast.CONSULTATION)
    found = cut_out(given)
    assert found == Cut(given)
    assert found.record is given


def test_what_came_as_stubs_stays_so_and_seals_nothing_anew() -> None:
    once = cut_out(beds())
    twice = cut_out(once.record)
    assert twice.record == once.record
    assert twice.hidden == ()
    assert twice.stubs == (once.hidden[0].location,)
    # A stub that brings an address after all is no stub.
    filled = deepcopy(once.record)
    place_of(filled)["addresses"] = [{"address_1": CANARY}]
    assert left(cut_out(filled)) == []
    assert cut_out(filled).hidden[0].location == once.hidden[0].location


def test_what_stands_around_a_place_goes_with_it_but_its_hours() -> None:
    given = beds()
    given["service_at_locations"][0] |= {
        "description": CANARY,
        "phones": [{"number": CANARY}],
        "contacts": [{"name": CANARY}],
        "schedules": [
            {"id": CANARY, "freq": "WEEKLY", "byday": "MO", "opens_at": "20:00", "closes_at": "08:00",
             "notes": CANARY, "description": CANARY, "schedule_link": CANARY, "attributes": [CANARY]}
        ],
    }  # fmt: skip
    found = cut_out(given)
    assert left(found) == []
    (around,) = found.record["service_at_locations"]
    assert around["schedules"] == [
        {"freq": "WEEKLY", "byday": "MO", "opens_at": "20:00", "closes_at": "08:00"}
    ]
    assert "sal1" not in json.dumps(found.record)


def test_rows_that_refer_to_the_place_go_and_those_of_others_stay() -> None:
    given = beds(
        phones=[{"number": CANARY, "location_id": "l-canario"}, {"number": "555 1", "service_id": "s-camas"}],
        contacts=[{"name": CANARY, "service_at_location_id": "sal1"}],
        metadata=[
            {"resource_id": "a1", "resource_type": "address", "previous_value": CANARY},
            {"resource_id": "a1", "resource_type": "service", "previous_value": "another table's a1"},
            {"field_name": "address_1", "previous_value": CANARY},
        ],
        attributes=[
            {"link_id": "l-canario", "link_entity": "location", "value": CANARY},
            {"link_entity": "location", "value": CANARY},
        ],
    )
    found = cut_out(given)
    assert left(found) == []
    assert found.record["phones"] == [{"number": "555 1", "service_id": "s-camas"}]
    assert [row["resource_type"] for row in found.record["metadata"]] == ["service"]


def test_texts_that_repeat_the_street_the_postal_code_or_the_coordinates_lose_them() -> None:
    given = beds(
        description="Estamos en calle del canario, 12 (C.P. 30799), mapa: 14.1234567,-92.65432.",
        x_map={"lat": 14.123456, "zoom": 12, "price": 14.12},
    )
    found = cut_out(given)
    assert "canario" not in found.record["description"].lower()
    assert left(found) == []
    assert found.record["description"].count("(dirección reservada)") == 4
    assert found.record["x_map"] == {"lat": None, "zoom": 12, "price": 14.12}


@pytest.mark.parametrize(
    "text",
    [
        "AV. JUAREZ CANARIO #51",
        "avenida%20Ju%C3%A1rez%20Canario%2051",
        "av_juárez_canario_51, frente al parque",
        "en la Avenida Jua\u0301rez Canario, a dos cuadras",
        "Juárez Canario núm. 51",
        "C.P. 30799",
        "14,124; -92.6543",
    ],
)
def test_a_street_is_found_however_it_is_written(text: str) -> None:
    given = beds(description=text)
    place_of(given).update(latitude=14.12385, longitude=-92.65432)
    place_of(given)["addresses"] = [
        {"address_1": "Av. Juárez Canario No. 51, Col. Centro", "postal_code": 30799}
    ]
    told = cut_out(given).record["description"]
    assert not re.search("canario|51|30799|14,124|92.654", told, re.IGNORECASE)


@pytest.mark.parametrize("where", ["place", "Extension", "address", "joint", "record"])
def test_a_visibility_that_stands_in_another_place_hides_all_the_same(where: str) -> None:
    given = beds()
    place = place_of(given)
    del place["relevo"]
    said = {"visibility": "private"}
    if where == "place":
        place.update(said)
    elif where == "Extension":
        place["relevo"] = {"Visibility": "Private"}
    else:
        joint = given["service_at_locations"][0]
        holder = {"address": place["addresses"][0], "joint": joint, "record": given}[where]
        holder["relevo"] = {**holder.get("relevo", {}), **said}
    found = cut_out(given)
    assert left(found) == []
    assert [one.own for one in found.hidden] == [True]
    assert found.record["relevo"]["needs"] == given["relevo"]["needs"]


def test_a_region_that_is_no_municipality_of_the_table_is_cut_out() -> None:
    given = beds()
    place_of(given)["addresses"][0]["region"] = f"Barrio {CANARY.replace('9', '')}"
    assert CANARY.replace("9", "") not in json.dumps(cut_out(given, SUCHIATE).record)


def test_a_place_that_another_record_hides_is_hidden_here_though_it_is_said_to_be_public() -> None:
    given = beds()
    place_of(given)["relevo"] = {"visibility": "public"}
    secret = frozenset({ids.derived("location", cast.SOURCE, "l-canario")})
    found = cut_out(given, secret=secret)
    assert left(found) == []
    assert place_of(found.record)["relevo"]["visibility"] == "private"
    # Also where its address stands elsewhere, and a row only names it.
    given["service_at_locations"] = [{"id": "x", "location_id": "l-canario", "phones": [{"number": CANARY}]}]
    assert left(cut_out(given, secret=secret)) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("abc", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "location", "id"]), inner)
    ),
    max_leaves=12,
)


@given(JSON, st.lists(st.sampled_from(["location", "programs", "x"]), max_size=4))
def test_no_nesting_is_a_way_around_it(other: Any, path: list[str]) -> None:
    inner: Any = {**place_of(cast.BEDS), "more": [other, {"deep": CANARY}]}
    for step in path:
        inner = [{step: inner, "beside": other}] if step == "programs" else {step: inner, "beside": other}
    assert left(cut_out({"id": "1", "any": inner})) == []


def test_nothing_typed_and_nothing_kept_of_a_record_holds_it() -> None:
    given = cast.service(cast.BEDS, phones=[{"number": CANARY, "location_id": "l-canario"}])
    imported = record.read(cast.SOURCE, given, Table())
    assert isinstance(imported, Imported)
    kept = json.dumps(imported.fields, default=str, ensure_ascii=False)
    assert not [canary for canary in (*cast.CANARIES, CANARY) if canary in kept]
    assert imported.fields["phones"] == []
    (place,) = imported.fields["locations"]
    assert set(place) == {"id", "visibility", "municipality", "municipality_code", "state", "centre"}
    assert (place["municipality"], place["state"]) == ("Suchiate", "CHP")
