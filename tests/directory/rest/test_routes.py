"""Every route: valid by the specification's schemas, each record once, and again only when it has changed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from chassis.rpc import Caller
from contracts.capacity import SET_CAPACITY, SetCapacity, UnitCapacity
from contracts.codes import Need
from services.directory import ids
from tests.directory import cast
from tests.directory.rest.conftest import Directory, Take
from tests.directory.schemas import FOLDER, mistakes, needs_schemas, schema
from tests.servers import eventually

Json = dict[str, Any]
SHELTER = ids.derived("organization", cast.SOURCE, "o-ceiba")


def openapi() -> Json:
    """The specification's own description of the API."""
    loaded: Json = msgspec.json.decode((FOLDER / "openapi.json").read_bytes())
    return loaded


def envelope(item: Json) -> Json:
    """The schema of a page of such records: every property of a page is required here."""
    page = openapi()["components"]["schemas"]["Page"]
    properties = page["properties"] | {"contents": {"type": "array", "items": item}}
    return {"type": "object", "properties": properties, "required": list(properties)}


def inner(*path: str) -> Json:
    """A schema inside that of a service: taxonomies and terms have no compiled file of their own."""
    found = schema("service")
    for step in path:
        found = found["properties"][step]
        found = found.get("items", found)
    return found


ITEMS: dict[str, tuple[Callable[[], Json], Json]] = {
    "/services": (lambda: schema("service_list"), {}),
    "/services full": (lambda: schema("service"), {"full": "true"}),
    "/services minimal": (lambda: schema("service_list"), {"minimal": "true"}),
    "/organizations": (lambda: schema("organization_list"), {}),
    "/organizations full": (lambda: schema("organization"), {"full": "true"}),
    "/organizations full_service": (lambda: schema("organization"), {"full_service": "true", "per_page": 20}),
    "/service_at_locations": (lambda: schema("service_at_location_list"), {}),
    "/service_at_locations full": (lambda: inner("service_at_locations"), {"full": "true"}),
    "/taxonomies": (lambda: inner("attributes", "taxonomy_term", "taxonomy_detail"), {}),
    "/taxonomy_terms": (lambda: inner("attributes", "taxonomy_term"), {}),
}
ONE: dict[str, Callable[[], Json]] = {
    "/services": lambda: schema("service"),
    "/organizations": lambda: schema("organization"),
    # The specification gives this path the schema of a service.
    "/service_at_locations": lambda: schema("service"),
    "/taxonomies": ITEMS["/taxonomies"][0],
    "/taxonomy_terms": ITEMS["/taxonomy_terms"][0],
}


@needs_schemas
@pytest.mark.parametrize("name", ITEMS)
async def test_every_page_of_every_list_is_valid(directory: Directory, name: str) -> None:
    item, parameters = ITEMS[name]
    path = name.split(maxsplit=1)[0]
    number = 1
    while True:
        page = await directory.json(path, **{"per_page": 100, **parameters, "page": number})
        assert mistakes(page, envelope(item())) == []
        if page["last_page"]:
            break
        number += 1


@needs_schemas
@pytest.mark.parametrize("path", ONE)
async def test_every_record_by_its_id_is_valid(directory: Directory, path: str) -> None:
    for record in (await directory.json(path, per_page=25))["contents"]:
        one = await directory.json(f"{path}/{record['id']}")
        assert one["id"] == record["id"]
        assert mistakes(one, ONE[path]()) == []


@needs_schemas
async def test_every_line_of_a_stream_is_valid_and_there_once(directory: Directory) -> None:
    answer = await directory.get("/services", format="ndjson", full="true")
    assert answer.headers["content-type"] == "application/x-ndjson"
    lines = [msgspec.json.decode(line) for line in answer.text.splitlines()]
    assert len(lines) == len({line["id"] for line in lines}) == directory.services
    assert [problem for line in lines[::7] for problem in mistakes(line, schema("service"))] == []


@pytest.mark.parametrize("path", ONE)
async def test_pages_show_each_record_once(directory: Directory, path: str) -> None:
    streamed = (await directory.get(path, format="ndjson")).text.splitlines()
    paged = await directory.pages(path, per_page=37)
    assert sorted(one["id"] for one in paged) == sorted(msgspec.json.decode(line)["id"] for line in streamed)
    assert len({one["id"] for one in paged}) == len(paged) > 0


async def test_envelope_counts_right(directory: Directory) -> None:
    first = await directory.json("/services", per_page=10)
    pages = -(-directory.services // 10)
    counts = {key: value for key, value in first.items() if key != "contents"}
    assert counts == {
        "total_items": directory.services,
        "total_pages": pages,
        "page_number": 1,
        "size": 10,
        "first_page": True,
        "last_page": False,
        "empty": False,
    }
    last = await directory.json("/services", per_page=10, page=pages)
    assert (last["last_page"], last["size"]) == (True, directory.services - 10 * (pages - 1))
    beyond = await directory.json("/services", per_page=10, page=pages + 1)
    assert (beyond["contents"], beyond["empty"], beyond["last_page"]) == ([], True, True)


async def test_about_says_where_the_rest_stands(directory: Directory) -> None:
    assert await directory.json("/") == {
        "version": "3.0",
        "profile": "https://directorio.example/profile",
        "openapi_url": "https://directorio.example/openapi.json",
    }
    assert (await directory.json("/profile"))["schemas"].keys() >= {"organization", "service", "location"}


@needs_schemas
async def test_openapi_offers_every_path_and_parameter_of_the_specification(directory: Directory) -> None:
    specified, own = openapi(), await directory.json("/openapi.json")
    shared = specified["components"]["parameters"]
    for path, item in specified["paths"].items():
        wanted = {
            shared[one["$ref"].rpartition("/")[2]]["name"] if "$ref" in one else one["name"]
            for one in item["get"].get("parameters", ())
        }
        offered = {one["name"] for one in own["paths"][path]["get"].get("parameters", ())}
        assert wanted <= offered, path


async def test_service_is_found_by_its_organization_term_and_words(directory: Directory) -> None:
    clinic = ids.to_uuid(ids.derived("organization", cast.SOURCE, "o-clinica"))
    (found,) = (await directory.json("/services", organization_id=clinic))["contents"]
    assert found["name"] == "Consulta médica"
    terms = await directory.json("/taxonomy_terms", search="medical care")
    (term,) = [one for one in terms["contents"] if one.get("code") == Need.MEDICAL_CARE]
    by_term = await directory.pages("/services", taxonomy_term_id=term["id"])
    assert found["id"] in {one["id"] for one in by_term}
    assert all("medical_care" in one["relevo"]["needs"] for one in by_term)
    by_taxonomy = await directory.json("/services", taxonomy_id=term["taxonomy_id"])
    assert by_taxonomy["total_items"] >= len(by_term)
    assert term["parent_id"] in {
        one["id"] for one in await directory.pages("/taxonomy_terms", top_only="true", per_page=100)
    }
    searched = await directory.json("/services", search="CONSULTA medica")
    assert found["id"] in {one["id"] for one in searched["contents"]}
    assert (await directory.json("/services", search="consulta xyzzy"))["empty"]


async def test_place_is_found_by_postcode_and_by_distance_from_it(directory: Directory) -> None:
    (there,) = (await directory.json("/service_at_locations", postcode="00001"))["contents"]
    assert there["service"]["name"] == "Consulta médica"
    near = await directory.json("/service_at_locations", postcode="00001", proximity=100)
    assert near["contents"] == [there]
    (full,) = (await directory.json("/service_at_locations", postcode="00001", full="true"))["contents"]
    assert full["location"]["addresses"][0]["postal_code"] == "00001"


async def test_organization_has_its_services_by_name_or_whole(directory: Directory) -> None:
    shelter = ids.to_uuid(ids.derived("organization", cast.SOURCE, "o-ceiba"))
    named = (await directory.json(f"/organizations/{shelter}"))["services"]
    whole = (await directory.json(f"/organizations/{shelter}", full_service="true"))["services"]
    assert {one["name"] for one in named} == {one["name"] for one in whole} == {
        "Camas para mujeres", "Dormitorio", "Comedor"
    }  # fmt: skip
    assert "service_at_locations" in whole[0]
    assert "service_at_locations" not in named[0]


async def test_change_shows_within_moments_and_only_what_changed_has_been_modified_after(
    directory: Directory, take: Take
) -> None:
    clinic = ids.to_uuid(ids.derived("service", cast.SOURCE, "s-consulta"))
    before = await directory.get(f"/services/{clinic}")
    moments = [one["last_modified"] for one in await directory.pages("/services", per_page=100)]
    moment = max(moments, key=datetime.fromisoformat)
    await take(cast.service(cast.CONSULTATION, alert="Cerrado el lunes"))

    async def alert() -> str | None:
        found: str | None = (await directory.json(f"/services/{clinic}")).get("alert")
        return found

    await eventually(alert, lambda found: found == "Cerrado el lunes", within=10)
    after = datetime.fromisoformat(moment) + timedelta(milliseconds=1)
    changed = await directory.json("/services", modified_after=after.isoformat())
    assert [one["id"] for one in changed["contents"]] == [clinic]
    with_plus = moment.replace("Z", "+00:00")
    assert (await directory.get("/services", modified_after=with_plus)).status_code == 200
    again = await directory.http.get(f"/services/{clinic}", headers={"if-none-match": before.headers["etag"]})
    assert again.status_code == 200


@needs_schemas
async def test_places_are_those_that_are_free_now_and_known(
    directory: Directory, take: Take, rest_operator: Caller
) -> None:
    beds = ids.derived("service", cast.SOURCE, "s-camas")
    path, shelter = f"/services/{ids.to_uuid(beds)}", f"/organizations/{ids.to_uuid(SHELTER)}"

    async def free() -> list[int]:
        return [one["available"] for one in (await directory.json(path)).get("capacities", ())]

    assert await free() == []  # its source counted months ago
    said = [{"unit": {"name": "bed"}, "available": 3, "updated": datetime.now(UTC).isoformat()}]
    await take(cast.service(cast.BEDS, capacities=said))
    await eventually(free, lambda found: found == [3], within=10)
    first = await directory.get(path)
    stream = await directory.get("/services", format="ndjson", full="true")
    units = (UnitCapacity(unit="bed", maximum=9, available=2),)
    request = SetCapacity(service=beds, units=units, idempotency_key="cupo")
    await rest_operator.call(SET_CAPACITY, request, rest_operator.me)
    await eventually(free, lambda found: found == [2], within=10)
    one = await directory.http.get(path, headers={"if-none-match": first.headers["etag"]})
    assert one.status_code == 200
    assert mistakes(one.json(), schema("service")) == []
    again = await directory.get("/services", format="ndjson", full="true")
    assert again.headers["etag"] != stream.headers["etag"]
    nested = (await directory.json(shelter, full_service="true"))["services"]
    assert [2] in [[unit["available"] for unit in one.get("capacities", ())] for one in nested]


@pytest.mark.parametrize(
    ("path", "parameters"),
    [("/services", {}), ("/services", {"format": "ndjson"}), ("/organizations", {"full": "1"}), ("/", {})],
)
async def test_what_has_not_changed_is_not_sent_again(
    directory: Directory, path: str, parameters: Json
) -> None:
    first = await directory.get(path, **parameters)
    assert "max-age" in first.headers["cache-control"]
    tag = first.headers["etag"]
    for given in (tag, f'"x", W/{tag.removeprefix("W/")}', "*"):
        again = await directory.http.get(path, params=parameters, headers={"if-none-match": given})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = await directory.http.get(path, params=parameters, headers={"if-none-match": '"x"'})
    assert other.status_code == 200


async def test_head_is_get_without_the_body(directory: Directory) -> None:
    for path in ("/", "/services", "/services?format=ndjson"):
        got, head = await directory.http.get(path), await directory.http.head(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["etag"] == got.headers["etag"]


async def test_any_page_may_read_and_nobody_may_write(directory: Directory) -> None:
    answer = await directory.http.get("/services", headers={"origin": "https://mapa.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "last-modified" in answer.headers
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        refused = await directory.http.request(method, "/services")
        assert (refused.status_code, refused.json()["code"]) == (405, "ONLY_READING")
