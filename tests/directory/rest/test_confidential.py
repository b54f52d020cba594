"""What a confidential place is known by is in no answer, whatever is asked, and finds nothing."""

from typing import Any

import pytest

from contracts.codes import State
from services.directory import ids
from services.directory.geography.table import Table
from services.directory.rest.finding import metres
from tests.directory import cast
from tests.directory.rest.conftest import STREET, Directory, Take, openly
from tests.servers import eventually

LISTS = ["/services", "/organizations", "/service_at_locations", "/taxonomies", "/taxonomy_terms"]
SHAPES: list[dict[str, Any]] = [
    {}, {"full": "true"}, {"full_service": "true"}, {"minimal": "true"}, {"format": "ndjson"},
    {"format": "ndjson", "full": "true"},
]  # fmt: skip
HIDDEN = {
    ids.to_uuid(ids.derived("service", cast.SOURCE, one)) for one in ("s-camas", "s-canario", "s-descuido")
}


def assert_silent(text: str) -> None:
    for canary in cast.CANARIES:
        assert canary not in text, canary


@pytest.mark.parametrize("path", LISTS)
async def test_no_list_says_it_in_any_shape(directory: Directory, path: str) -> None:
    for shape in SHAPES:
        number = 0
        while True:
            number += 1
            page = {} if "format" in shape else {"page": number}
            answer = await directory.get(path, **shape, **page)
            assert_silent(answer.text)
            assert_silent(str(answer.headers))
            if answer.status_code != 200 or "format" in shape or answer.json()["last_page"]:
                break


async def test_no_record_says_it(directory: Directory) -> None:
    for path in LISTS[:3]:
        for record in await directory.pages(path, per_page=100):
            assert_silent((await directory.get(f"{path}/{record['id']}")).text)
            if path == "/organizations":
                assert_silent((await directory.get(f"{path}/{record['id']}", full_service="true")).text)


async def test_place_is_there_with_its_state_only(directory: Directory) -> None:
    for hidden in HIDDEN:
        (place,) = (await directory.json(f"/services/{hidden}"))["service_at_locations"]
        assert place["location"].keys() == {"id", "location_type", "relevo"}
        assert place["location"]["relevo"]["visibility"] == "private"
        assert place["location"]["relevo"]["state"] == "CHP"


@pytest.mark.parametrize("canary", cast.CANARIES)
async def test_searching_for_it_finds_nothing_of_it(directory: Directory, canary: str) -> None:
    for path in LISTS:
        answer = await directory.get(path, search=canary, format="ndjson")
        assert answer.status_code == 200
        assert not any(hidden in answer.text for hidden in HIDDEN)


async def test_its_postcode_is_as_one_that_nobody_has(directory: Directory) -> None:
    theirs = await directory.json("/service_at_locations", postcode="30799")
    assert theirs == await directory.json("/service_at_locations", postcode="99998")
    far = [
        await directory.get("/service_at_locations", postcode=code, proximity=500_000)
        for code in ("30799", "99998")
    ]
    assert [one.status_code for one in far] == [422, 422]
    assert far[0].content == far[1].content


async def test_distance_to_it_is_the_distance_to_the_centre_of_where_it_is(directory: Directory) -> None:
    """Of these two places the state is known and no municipality."""
    centre = Table().state_centre(State.CHP)
    clinic = (16.75, -93.11)
    assert centre is not None
    told = metres(clinic, (centre.latitude, centre.longitude))
    hidden = metres(clinic, (14.123456, -92.654321))
    assert hidden - told > 100_000
    for within, found in ((told - 10, set()), (told + 10, HIDDEN), (hidden - 10, HIDDEN)):
        page = await directory.json(
            "/service_at_locations", postcode="00001", proximity=round(within), per_page=100
        )
        assert HIDDEN & {place["service"]["id"] for place in page["contents"]} == found


async def test_place_that_becomes_confidential_is_gone_from_every_answer(
    directory: Directory, take: Take
) -> None:
    async def shown() -> int:
        text = (await directory.get("/services", full="true", format="ndjson")).text
        found: int = (await directory.json("/service_at_locations", postcode="00077"))["size"]
        return text.count(STREET) + found

    await eventually(shown, lambda times: times == 4, within=10)
    tag = (await directory.get("/services", full="true", format="ndjson")).headers["etag"]
    await take(openly(1, visibility="network"))
    await eventually(shown, lambda times: times == 0, within=10)
    again = await directory.get("/services", full="true", format="ndjson")
    assert again.headers["etag"] != tag
