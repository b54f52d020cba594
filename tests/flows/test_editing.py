"""An organization keeps its entry true through the public API, and others say what is not."""

from tests.flows.cast import Cast
from tests.flows.client import Client, Json
from tests.flows.test_membership import Network, network, sent
from tests.servers import eventually

__all__ = ["network"]
SHOWN = "service { id name description status version verifiedAt nextReview phones { number } }"
CORRECTION = "correction { id status applied suggester { id } }"


async def made(casa: Client) -> Json:
    payload = await sent(
        casa,
        "createService",
        SHOWN,
        name="Comedor (ficticio)",
        needs=["FOOD"],
        intake="NETWORK",
        states=["CHP"],
    )
    assert payload["userErrors"] == []
    service: Json = payload["service"]
    return service


async def test_a_service_is_made_edited_closed_and_its_history_tells(network: Network) -> None:
    service = await made(network.casa)
    edited = await sent(
        network.casa,
        "updateService",
        SHOWN,
        service=service["id"],
        expectedVersion=1,
        name="Comedor del puente",
        phones=[{"number": "555 0103"}],
        schedules=[{"byday": "MO,TU", "opensAt": "08:00", "closesAt": "14:00"}],
    )
    assert (edited["service"]["name"], edited["service"]["version"]) == ("Comedor del puente", 2)
    stale = await sent(
        network.casa, "updateService", SHOWN, service=service["id"], expectedVersion=1, description=None
    )
    assert [error["code"] for error in stale["userErrors"]] == ["STALE_VERSION"]
    assert stale["service"]["version"] == 2
    closed = await sent(network.casa, "closeService", SHOWN, service=service["id"], temporarily=True)
    assert closed["service"]["status"] == "temporarily closed"
    confirmed = await sent(network.casa, "confirmService", SHOWN, service=service["id"])
    assert confirmed["service"]["nextReview"] > confirmed["service"]["verifiedAt"]
    document = """query ($id: ID) { service(id: $id) {
      history(first: 10) { nodes { version action by fields organizationId clientId } }
    } }"""

    async def history() -> list[Json]:
        found = await network.casa.ask(document, id=service["id"])
        nodes: list[Json] = found["service"]["history"]["nodes"]
        return nodes

    # Each entry is carried over a moment after its change.
    changes = await eventually(history, lambda found: len(found) == 4)
    assert [one["action"] for one in changes] == ["created", "edited", "edited", "confirmed"]
    assert changes[1]["fields"] == ["name", "phones", "schedules"]
    assert changes[1]["organizationId"] == network.organization


async def test_what_is_not_right_is_named_as_the_input_is_written(network: Network) -> None:
    service = await made(network.casa)
    wrong = await sent(
        network.casa,
        "updateService",
        SHOWN,
        service=service["id"],
        timezone="Luna",
        minimumAge=9,
        schedules=[{"opensAt": "8 y media"}],
    )
    assert {tuple(error["path"]) for error in wrong["userErrors"]} == {
        ("timezone",),
        ("schedules", "0", "opensAt"),
    }
    crossed = await sent(
        network.casa, "updateService", SHOWN, service=service["id"], minimumAge=9, maximumAge=3
    )
    assert [error["path"] for error in crossed["userErrors"]] == [["minimumAge"]]


async def test_a_third_organization_touches_nothing_and_suggests(network: Network, cast: Cast) -> None:
    service = await made(network.casa)
    real = await sent(cast.hospital, "updateService", SHOWN, service=service["id"], name="Mío")
    absent = await sent(cast.hospital, "updateService", SHOWN, service="bm90aGluZw", name="Mío")
    assert real == absent
    one = await sent(
        cast.hospital,
        "suggestCorrection",
        CORRECTION,
        service=service["id"],
        field="NAME",
        text="Comedor corregido",
    )
    box = "{ corrections(box: TO_DECIDE, first: 10) { nodes { id text suggester { id } service { id } } } }"
    (seen,) = (await network.casa.ask(box))["corrections"]["nodes"]
    assert (seen["id"], seen["suggester"]) == (one["correction"]["id"], None)
    done = await sent(network.casa, "decideCorrection", CORRECTION, correction=seen["id"], accept=True)
    assert done["correction"]["applied"]
    found = await cast.hospital.ask("query ($id: ID) { service(id: $id) { name } }", id=service["id"])
    assert found["service"]["name"] == "Comedor corregido"
    mine = "{ corrections(box: SUGGESTED, last: 1) { nodes { status } } }"
    assert (await cast.hospital.ask(mine))["corrections"]["nodes"] == [{"status": "ACCEPTED"}]


async def test_the_organization_edits_itself(network: Network) -> None:
    shown = "organization { name description version kind verified }"
    edited = await sent(network.casa, "updateOrganization", shown, description="Comida y cama.")
    assert edited["organization"]["description"] == "Comida y cama."
    assert (edited["organization"]["kind"], edited["organization"]["verified"]) == ("SHELTER", True)
    assert (await network.casa.ask("{ staleServices(first: 5) { nodes { id } } }"))["staleServices"][
        "nodes"
    ] == []


async def test_the_feed_tells_what_was_suggested_and_decided(network: Network, cast: Cast) -> None:
    # A page is of what the feed has, and shows the types asked for: others have told of much before.
    begun = {
        client: (await client.ask("{ viewer { feedHead } }"))["viewer"]["feedHead"]
        for client in (cast.hospital, cast.shelter)
    }
    service = await made(network.casa)
    one = await sent(
        cast.hospital,
        "suggestCorrection",
        CORRECTION,
        service=service["id"],
        field="OTHER",
        text="Cerrado los lunes",
    )
    correction = one["correction"]["id"]
    page = """query ($types: [String!], $after: String) { events(first: 100, after: $after, types: $types) {
      nodes { type relation subjectId serviceId referralId folio } } }"""

    async def told(client: Client, kind: str) -> list[Json]:
        found = await client.ask(page, types=[f"directory.correction.{kind}.v1"], after=begun.get(client))
        return [node for node in found["events"]["nodes"] if node["subjectId"] == correction]

    (entry,) = await eventually(lambda: told(network.casa, "suggested"))
    assert (entry["relation"], entry["serviceId"]) == ("OWNER", service["id"])
    assert (entry["referralId"], entry["folio"]) == (None, None)
    assert await told(cast.hospital, "suggested") == []
    await sent(network.casa, "decideCorrection", CORRECTION, correction=correction, accept=False)
    (outcome,) = await eventually(lambda: told(cast.hospital, "decided"))
    assert outcome["relation"] == "SUGGESTER"
    assert await told(cast.shelter, "decided") == []


async def test_a_new_service_brings_its_place_and_its_organization_says_who_sees_it(
    network: Network,
) -> None:
    shown = "service { id states locations { id visibility street address { street } } }"
    place = {
        "visibility": "PRIVATE",
        "state": "CHP",
        "street": "Calle Ficticia 5",
        "phones": [{"number": "555 0109"}],
    }
    inputs = {"name": "Dormitorio (ficticio)", "needs": ["FOOD"], "intake": "NETWORK"}
    payload = await sent(
        network.casa, "createService", shown, **inputs, locations=[{"place": place}, {}], states=["OAX"]
    )
    assert [error["path"] for error in payload["userErrors"]] == [["locations", "1"]]
    payload = await sent(
        network.casa, "createService", shown, **inputs, locations=[{"place": place}], states=["OAX"]
    )
    assert payload["userErrors"] == []
    assert payload["service"]["states"] == ["CHP", "OAX"]
    (there,) = payload["service"]["locations"]
    assert (there["visibility"], there["street"]) == ("PRIVATE", None)
    assert there["address"]["street"] == "Calle Ficticia 5"
    location = "location { id visibility street }"
    refused = await sent(
        network.coordinator, "setLocationVisibility", location, location=there["id"], visibility="PUBLIC"
    )
    assert [error["code"] for error in refused["userErrors"]] == ["NOT_FOUND"]
    opened = await sent(
        network.casa, "setLocationVisibility", location, location=there["id"], visibility="PUBLIC"
    )
    assert opened["userErrors"] == []
    assert opened["location"] == {"id": there["id"], "visibility": "PUBLIC", "street": "Calle Ficticia 5"}


async def test_a_hidden_street_cannot_be_told_in_the_name_of_its_service(network: Network) -> None:
    payload = await sent(
        network.casa,
        "createService",
        SHOWN,
        name="Albergue Calle Pozo Hondo 77",
        needs=["FOOD"],
        intake="NETWORK",
        alternateName="El de Pozo Hondo 77",
        locations=[{"place": {"visibility": "PRIVATE", "state": "CHP", "street": "Calle Pozo Hondo 77"}}],
    )
    assert payload["service"] is None
    assert {(*error["path"], error["code"]) for error in payload["userErrors"]} == {
        ("name", "TELLS_ADDRESS"),
        ("alternateName", "TELLS_ADDRESS"),
    }
    assert "Pozo" not in repr(payload)
