"""An organization keeps its entry true through the public API, and others say what is not."""

from tests.flows.cast import Cast
from tests.flows.client import Client, Json
from tests.flows.test_membership import Network, network, sent

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
    found = await network.casa.ask(
        """query ($id: ID) { service(id: $id) {
          history(first: 10) { nodes { version action by fields organizationId clientId } }
        } }""",
        id=service["id"],
    )
    changes = found["service"]["history"]["nodes"]
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
