"""The demonstration network: plainly invented, complete, and as good as any directory that is read."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cli.demo.network import counted_at, records
from cli.hsds import workbench
from cli.hsds.draft import Draft
from cli.hsds.reading import Found
from contracts.codes import Intake, Need, OrganizationKind, State, Visibility
from contracts.inegi import INEGI_STATE

RECORDS = records()
ORGANIZATIONS = [record.record for record in RECORDS if record.kind == "organization"]
SERVICES = [record.record for record in RECORDS if record.kind == "service"]


def nested(value: Any) -> Iterator[dict[str, Any]]:
    """Every object inside, however deep."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from nested(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from nested(inner)


def locations() -> list[dict[str, Any]]:
    return [place["location"] for service in SERVICES for place in service["service_at_locations"]]


def test_it_is_some_forty_organizations_with_one_to_four_services_each() -> None:
    assert 38 <= len(ORGANIZATIONS) <= 46
    assert 80 <= len(SERVICES) <= 100
    count = Counter(service["organization_id"] for service in SERVICES)
    assert count.keys() == {organization["id"] for organization in ORGANIZATIONS}
    assert set(count.values()) <= {1, 2, 3, 4}


def test_organizations_stand_before_services_and_the_network_is_the_same_each_time() -> None:
    kinds = [record.kind for record in RECORDS]
    assert kinds == sorted(kinds)
    assert records() == RECORDS


def test_places_are_counted_when_the_network_is_loaded() -> None:
    now = datetime.now(UTC)
    counted = counted_at(RECORDS, now)
    moments = [unit["updated"] for one in counted for unit in one.record.get("service_capacities", ())]
    assert set(moments) == {now.isoformat()}
    assert len(moments) > 10
    assert [one.record["id"] for one in counted] == [one.record["id"] for one in RECORDS]


def test_every_id_is_its_own() -> None:
    ids = [record.record["id"] for record in RECORDS]
    assert len(ids) == len(set(ids))
    for record in RECORDS:
        inner = [one["id"] for one in nested(record.record) if "id" in one]
        assert len(inner) == len(set(inner))


def test_everything_says_that_it_is_fictional() -> None:
    assert all(record.record["relevo"]["fictional"] is True for record in RECORDS)
    for organization in ORGANIZATIONS:
        assert "Ejemplo" in organization["name"]
        assert re.search(r"\(fictici[ao]\)$", organization["name"])
    everything = [one for record in RECORDS for one in nested(record.record)]
    numbers = [one["number"] for one in everything if "number" in one]
    assert numbers
    assert all(re.fullmatch(r"\+52 000 \d{3} \d{4}", number) for number in numbers)
    text = json.dumps([record.record for record in RECORDS])
    assert set(re.findall(r"[\w-]+\.(\w+)\"", text)) == {"invalid"}


def test_no_number_is_given_out_twice() -> None:
    own = [phone["number"] for record in RECORDS for phone in record.record["phones"]]
    own += [
        record.record["relevo"]["emergency_phone"]["number"]
        for record in RECORDS
        if "emergency_phone" in record.record["relevo"]
    ]
    assert len(own) == len(set(own))


def test_every_code_is_known_and_every_kind_and_need_is_there() -> None:
    kinds = {OrganizationKind(organization["relevo"]["kind"]) for organization in ORGANIZATIONS}
    needs = {Need(need) for service in SERVICES for need in service["relevo"]["needs"]}
    assert kinds == set(OrganizationKind)
    assert needs == set(Need)
    assert all(Visibility(location["relevo"]["visibility"]) for location in locations())


def test_it_lies_in_three_states_in_real_municipalities(shared: Callable[[str], Path]) -> None:
    real = {
        (INEGI_STATE[one["cve_entidad"]], one["nom_municipio"])
        for one in json.loads(shared("inegi/municipios.json").read_text())
    }
    addresses = [location["addresses"][0] for location in locations()]
    ours = {(State(address["state_province"]), address["region"]) for address in addresses}
    assert {state for state, _ in ours} == {State.CHP, State.OAX, State.TAB}
    assert ours <= real


def test_coordinates_are_no_finer_than_a_municipality() -> None:
    for location in locations():
        for axis in ("latitude", "longitude"):
            assert round(location[axis], 2) == location[axis]
        assert 14 <= location["latitude"] <= 19
        assert -98 <= location["longitude"] <= -91


def test_where_a_shelter_stands_is_private() -> None:
    shelters = {one["id"] for one in ORGANIZATIONS if one["relevo"]["kind"] == OrganizationKind.SHELTER}
    assert len(shelters) >= 8
    for service in SERVICES:
        for place in service["service_at_locations"]:
            private = place["location"]["relevo"]["visibility"] == Visibility.PRIVATE
            assert private == (service["organization_id"] in shelters)


def test_all_take_referrals_in_the_network_but_one_by_telephone_and_those_behind_the_firewall() -> None:
    kind = {one["id"]: OrganizationKind(one["relevo"]["kind"]) for one in ORGANIZATIONS}
    firewalled = {OrganizationKind.POLICE, OrganizationKind.MIGRATION_AUTHORITY}
    for service in SERVICES:
        expected = Intake.NONE if kind[service["organization_id"]] in firewalled else Intake.NETWORK
        # The one that docs/what-else-by-api.md asks.
        expected = Intake.TELEPHONE if service["id"] == "interpretes-sur-interpretes" else expected
        assert Intake(service["relevo"]["intake"]) == expected


def test_it_reads_like_any_directory_and_nothing_in_it_needs_mending() -> None:
    with workbench.temporary() as bench:
        draft = Draft(bench, "3.1", "json")
        for one in RECORDS:
            draft.take(Found(one.kind, one.record, "network.toml", None))
        reading = draft.finish()
        assert [item.record for item in reading.items] == RECORDS
        assert not reading.refused
        assert {mend.what for item in reading.items for mend in item.mended} == set()


def test_every_record_has_what_hsds_demands() -> None:
    assert all(record.record["name"] and record.record["description"] for record in RECORDS)
    assert {service["status"] for service in SERVICES} == {"active"}
    capacities = [one for service in SERVICES for one in service.get("service_capacities", ())]
    assert len(capacities) > 40
    for capacity in capacities:
        assert 0 <= capacity["available"] <= capacity["maximum"]
        assert capacity["unit"]["identifier"]
