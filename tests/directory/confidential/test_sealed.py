"""What is sealed follows what its source says: changed, unchanged, made public, sent again without it."""

import json
from copy import deepcopy
from typing import Any

from chassis.seal import Sealer
from contracts.codes import Visibility
from contracts.directory import (
    GET_ADDRESSES,
    GET_ORGANIZATIONS,
    GET_SERVICES,
    IMPORT_RECORDS,
    Address,
    ImportRecord,
    ImportRecords,
    Service,
)
from contracts.rpc import Actor, Ids
from services.directory import ids
from services.directory.confidential.store import PRIVATE_LOCATIONS
from services.directory.store import Store
from tests.directory import cast
from tests.directory.conftest import Ask, AskFor

OTHER = cast.organization(cast.CLINIC)


def beds(visibility: str = "private", street: str = "Calle del Canario 12", **changes: Any) -> ImportRecord:
    given = cast.service(cast.BEDS, **changes)
    place = given.record["service_at_locations"][0]["location"]
    place["relevo"]["visibility"] = visibility
    place["addresses"][0]["address_1"] = street
    return given


async def take(operator: Ask, source: str, *records: ImportRecord) -> list[str]:
    reply = await operator(IMPORT_RECORDS, ImportRecords(source=source, records=records))
    return [one.outcome for one in reply.outcomes]


async def kept(store: Store, source: str) -> list[str]:
    """The sealed documents of the source's beds."""
    noun = ids.derived("service", source, "s-camas")
    return sorted([one["_id"] async for one in store.db[PRIVATE_LOCATIONS].find({"noun": noun})])


async def address(ask_for: AskFor, source: str, owner: str = "o-ceiba") -> Address | None:
    actor = Actor(kind="member", id="mb_1", organization=ids.derived("organization", source, owner))
    location = ids.derived("location", source, "l-canario")
    return (await ask_for(actor, GET_ADDRESSES, Ids(ids=(location,)))).items[0]


async def shown(operator: Ask, source: str, service: str = "s-camas") -> Service:
    found = (await operator(GET_SERVICES, Ids(ids=(ids.derived("service", source, service),)))).items[0]
    assert found is not None
    return found


async def test_a_new_street_is_an_update_and_leaves_nothing_of_the_old_one(
    operator: Ask, store: Store, ask_for: AskFor
) -> None:
    source = "moved"
    await take(operator, source, cast.organization(cast.SHELTER), beds())
    before = await kept(store, source)
    assert len(before) == 1
    assert await take(operator, source, beds()) == ["unchanged"]
    assert await take(operator, source, beds(street="Calle Nueva 7")) == ["updated"]
    after = await kept(store, source)
    assert len(after) == 1
    assert after != before
    assert (await address(ask_for, source) or Address(location="")).street == "Calle Nueva 7"
    assert await take(operator, source, beds(street="Calle Nueva 7")) == ["unchanged"]


async def test_a_place_made_public_is_sealed_no_more_and_one_made_private_is_shown_no_more(
    operator: Ask, store: Store, ask_for: AskFor
) -> None:
    source = "opened"
    await take(operator, source, cast.organization(cast.SHELTER), beds())
    assert await take(operator, source, beds("public")) == ["updated"]
    assert await kept(store, source) == []
    assert (await shown(operator, source)).locations[0].street == "Calle del Canario 12"
    assert await address(ask_for, source) is None
    assert await take(operator, source, beds("network")) == ["updated"]
    (place,) = (await shown(operator, source)).locations
    assert (place.visibility, place.street, place.phones) == (Visibility.NETWORK, None, ())
    assert await address(ask_for, source) is not None


async def test_a_record_sent_back_as_it_is_kept_changes_nothing(
    operator: Ask, store: Store, ask_for: AskFor
) -> None:
    source = "returned"
    await take(operator, source, cast.organization(cast.SHELTER), beds())
    document = await store.collection("service").find_one({"_id": ids.derived("service", source, "s-camas")})
    assert document is not None
    back = ImportRecord(kind="service", record=json.loads(document["record"]))
    assert await take(operator, source, back) == ["unchanged"]
    renamed = ImportRecord(kind="service", record={**back.record, "name": "Camas nuevas"})
    assert await take(operator, source, renamed) == ["updated"]
    assert (await address(ask_for, source) or Address(location="")).street == "Calle del Canario 12"


async def test_an_address_under_a_lost_key_is_null_until_its_source_sends_it_again(
    operator: Ask, store: Store, ask_for: AskFor
) -> None:
    source = "lost-key"
    await take(operator, source, cast.organization(cast.SHELTER), beds())
    (one,) = await kept(store, source)
    place = store.db[PRIVATE_LOCATIONS]
    document = await place.find_one({"_id": one})
    assert document is not None
    await place.delete_one({"_id": one})
    under_another = {**document, "_id": f"{one}x", "sealed": Sealer(bytes(32)).seal("other", {})}
    await place.insert_one(under_another)
    assert await address(ask_for, source) is None
    assert await take(operator, source, beds()) == ["updated"]
    assert await kept(store, source) == [one]
    assert await address(ask_for, source) is not None


async def test_an_address_is_sealed_anew_where_it_got_lost(operator: Ask, store: Store) -> None:
    source = "lost"
    await take(operator, source, cast.organization(cast.SHELTER), beds())
    (one,) = await kept(store, source)
    await store.db[PRIVATE_LOCATIONS].delete_one({"_id": one})
    assert await take(operator, source, beds()) == ["updated"]
    assert await kept(store, source) == [one]


async def test_a_place_that_one_record_hides_is_shown_by_no_other_of_its_source(
    operator: Ask, store: Store
) -> None:
    def elsewhere(**changes: Any) -> ImportRecord:
        given = beds("public", id="s-consulta-2", organization_id="o-clinica", **changes)
        given.record["service_at_locations"][0]["location"].pop("relevo")
        return given

    # In the same batch, and whichever comes first.
    source = "shared"
    await take(operator, source, cast.organization(cast.SHELTER), OTHER, elsewhere(), beds())
    assert (await shown(operator, source, "s-consulta-2")).locations[0].street is None
    # In a later one.
    source = "shared-later"
    await take(operator, source, cast.organization(cast.SHELTER), OTHER, beds())
    await take(operator, source, elsewhere())
    (place,) = (await shown(operator, source, "s-consulta-2")).locations
    assert (place.visibility, place.street) == (Visibility.PRIVATE, None)
    document = await store.collection("service").find_one(
        {"_id": ids.derived("service", source, "s-consulta-2")}
    )
    assert "Canario" not in repr(document)
    # In an earlier one, which showed it.
    source = "shared-before"
    await take(operator, source, cast.organization(cast.SHELTER), OTHER, elsewhere())
    assert (await shown(operator, source, "s-consulta-2")).locations[0].street == "Calle del Canario 12"
    await take(operator, source, beds())
    assert (await shown(operator, source, "s-consulta-2")).locations[0].street is None
    document = await store.collection("service").find_one(
        {"_id": ids.derived("service", source, "s-consulta-2")}
    )
    assert "Canario" not in repr(document)


async def test_records_that_share_a_place_do_not_hide_it_from_each_other_for_ever(
    operator: Ask, store: Store, ask_for: AskFor
) -> None:
    def elsewhere(**changes: Any) -> ImportRecord:
        given = beds("public", id="s-consulta-2", organization_id="o-clinica", **changes)
        given.record["service_at_locations"][0] |= {"description": "Por el patio"}
        return given

    source = "let-go"
    await take(operator, source, cast.organization(cast.SHELTER), OTHER, elsewhere(), beds())
    assert (await shown(operator, source, "s-consulta-2")).locations[0].street is None
    # The one whose word it was lets go: the other, which never said so, shows it again, whole.
    assert await take(operator, source, beds("public")) == ["updated"]
    assert (await shown(operator, source)).locations[0].street == "Calle del Canario 12"
    there = await shown(operator, source, "s-consulta-2")
    assert (there.locations[0].visibility, there.locations[0].street) == (
        Visibility.PUBLIC,
        "Calle del Canario 12",
    )
    document = await store.collection("service").find_one({"_id": there.id})
    assert "Por el patio" in repr(document)
    assert "by_others" not in repr(document)
    assert [one async for one in store.db[PRIVATE_LOCATIONS].find({"noun": there.id})] == []
    assert await take(operator, source, elsewhere()) == ["unchanged"]
    # It says so itself now: then the first one's word is not needed.
    own = elsewhere()
    own.record["service_at_locations"][0]["location"]["relevo"]["visibility"] = "private"
    await take(operator, source, own)
    assert (await shown(operator, source)).locations[0].street is None
    assert await take(operator, source, beds("public")) == ["unchanged"]
    assert (await shown(operator, source)).locations[0].street is None


async def test_each_organization_is_told_what_its_own_records_say(operator: Ask, ask_for: AskFor) -> None:
    source = "two"
    theirs = beds(street="Por la puerta de atrás 1", id="s-visita", organization_id="o-clinica")
    await take(operator, source, cast.organization(cast.SHELTER), OTHER, beds(), theirs)
    own, other = await address(ask_for, source), await address(ask_for, source, "o-clinica")
    assert own is not None
    assert other is not None
    assert (own.street, other.street) == ("Calle del Canario 12", "Por la puerta de atrás 1")


async def test_a_telephone_of_the_organizations_own_place_is_not_the_organizations(operator: Ask) -> None:
    place = deepcopy(cast.BEDS["service_at_locations"][0]["location"])
    await take(operator, "org-place", cast.organization(cast.SHELTER, locations=[place]))
    found = ids.derived("organization", "org-place", "o-ceiba")
    organization = (await operator(GET_ORGANIZATIONS, Ids(ids=(found,)))).items[0]
    assert organization is not None
    assert [phone.number for phone in organization.phones] == ["555 0001"]
    assert [one.street for one in organization.locations] == [None]
