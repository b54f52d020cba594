"""The operator takes directories in and out: what changes nothing, what is told, how the commands end."""

import json
import os
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli.embedded.stack import Stack
from cli.exits import Exit
from tests.cli.running import relevo

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
HOUSE = {"id": "casa-rio", "name": "Casa Río", "description": "Fictional shelter"}
PLACE = {
    "id": "l-rio",
    "location_type": "physical",
    "name": "Canario",
    "latitude": 16.123456,
    "longitude": -92.654321,
    "addresses": [
        {"id": "d", "address_1": "Calle del Canario 12", "city": "Canarito", "address_type": "physical"}
    ],
    "relevo": {"visibility": "private", "municipality": "Comitán"},
}


def service(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"cuna-{number}",
        "name": f"Cunas {number}",
        "status": "active",
        "organization": HOUSE,
        "program": {"id": "g1", "name": "Invierno", "description": "Frío"},
        "funding": [{"id": "f1", "source": "Municipio"}],
        "service_at_locations": [{"id": f"sal-{number}", "location": PLACE}],
        **fields,
    }


# What may be said of hours and places; zones are names in some fields, and numbers in others.
SAID = {
    "schedules": [
        {
            "id": "h1",
            "freq": "WEEKLY",
            "byday": "MO,TU",
            "opens_at": "09:00",
            "closes_at": "17:00",
            "timezone": -6,
        }
    ],
    "phones": [{"id": "p1", "number": "+52 000 000 0000", "type": "voice"}],
    "languages": [{"id": "l1", "code": "tzo", "name": "tsotsil"}],
    "minimum_age": 0.5,
    "capacities": [
        {
            "id": "c1",
            "available": 3,
            "maximum": 5,
            "updated": datetime.now(UTC).isoformat(),
            "unit": {"id": "u1", "name": "bed"},
        }
    ],
    "relevo": {
        "needs": ["emergency_shelter"],
        "intake": "telephone",
        "timezone": "America/Tijuana",
        "exceptions": [{"date": "2026-12-25", "closed": True}],
    },
}


@pytest.fixture(scope="module")
def env(stack: Stack) -> dict[str, str]:
    return {"RELEVO_DATA_DIR": str(stack.data)}


Import = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def take(env: dict[str, str], tmp_path: Path) -> Import:
    """Import some services as a whole source; return the exit code and the report."""

    def take_them(source: str, services: list[dict[str, Any]], *more: str) -> tuple[int, dict[str, Any]]:
        path = tmp_path / f"{source}.json"
        path.write_text(json.dumps(services), encoding="utf-8")
        done = relevo("import", "hsds", str(path), "--source", source, "--json", *more, env=env)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    return take_them


def test_what_a_source_has_no_more_is_inactive_but_not_too_much_of_it(take: Import) -> None:
    assert take("fading", [service(number) for number in range(9)])[0] == 0
    code, report = take("fading", [service(number) for number in range(8)])
    assert (code, report["inactive"], report["held_back"]) == (0, 1, False)
    code, report = take("fading", [service(number) for number in range(2)])
    assert (code, report["inactive"], report["missing"], report["held_back"]) == (Exit.INCOMPLETE, 0, 6, True)
    code, report = take("fading", [service(number) for number in range(2)], "--accept-removals")
    assert (code, report["inactive"]) == (0, 6)
    code, report = take("fading", [service(number) for number in range(9)])
    assert (report["updated"], report["inactive"]) == (7, 0)


def test_nothing_is_taken_for_gone_where_something_could_not_be_read(take: Import) -> None:
    take("veiled", [service(number) for number in range(9)])
    code, report = take("veiled", [service(0), *(service(number) for number in range(1, 8)), {"odd": 1}])
    assert (code, report["inactive"]) == (Exit.INCOMPLETE, 0)
    assert "may be among what seems to be missing" in report["not_looked_for"]


@pytest.mark.parametrize("form", ["json", "ndjson", "csv", "zip"])
def test_the_directory_goes_out_and_coming_back_changes_nothing(
    env: dict[str, str], tmp_path: Path, take: Import, form: str
) -> None:
    take("circular", [service(1), service(2), service(3, **SAID)])
    path = tmp_path / {"csv": "tables", "zip": "directory.zip"}.get(form, f"directory.{form}")
    done = relevo("export", "hsds", str(path), "--format", form, "--json", env=env)
    assert done.returncode == 0, done.stderr
    written = json.loads(done.stdout)
    assert written["services"] >= 2
    text = _text(path)
    assert "Cunas 2" in text
    assert "America/Tijuana" in text
    for canary in ("Calle del Canario 12", "Canarito", "16.123456", "-92.654321"):
        assert canary not in text
    back = relevo("import", "hsds", str(path), "--source", "circular", "--json", env=env)
    report = json.loads(back.stdout)
    assert report["refused"] == []
    assert (report["taken"], report["updated"], report["inactive"]) == (0, 0, 0)
    assert report["unchanged"] == written["organizations"] + written["services"]


def _text(path: Path) -> str:
    if path.is_dir():
        return "".join(one.read_text(encoding="utf-8") for one in path.iterdir())
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            return "".join(archive.read(name).decode() for name in archive.namelist())
    return path.read_text(encoding="utf-8")


def test_programs_and_funding_survive(env: dict[str, str], tmp_path: Path, take: Import) -> None:
    take("funded", [service(70)])
    path = tmp_path / "directory.ndjson"
    relevo("export", "hsds", str(path), env=env)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    (out,) = (one for one in lines if one["relevo"].get("source_id") == "cuna-70")
    assert out["program"]["name"] == "Invierno"
    assert out["funding"][0]["source"] == "Municipio"


def test_an_export_does_not_write_over_what_is_there(env: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    path.write_text("mine", encoding="utf-8")
    assert relevo("export", "hsds", str(path), env=env).returncode == Exit.USAGE
    assert path.read_text(encoding="utf-8") == "mine"
    assert relevo("export", "hsds", str(path), "--force", env=env).returncode == 0
    nowhere = relevo("export", "hsds", str(tmp_path / "nowhere" / "x.json"), env=env)
    assert nowhere.returncode == Exit.NOT_WRITABLE


def test_possible_duplicates_are_listed_and_decided(env: dict[str, str], take: Import) -> None:
    town = [{"id": "d", "city": "Pijijiapan", "state_province": "CHP", "country": "MX"}]
    place = {"id": "l", "location_type": "physical", "addresses": town}
    twins = [
        service(number, name="Ropero comunitario", service_at_locations=[{"id": "a", "location": place}])
        for number in (1, 2)
    ]
    _, report = take("twofold", twins)
    ours = [one for one in report["duplicates"]["items"] if one["members"][0]["name"].startswith("Ropero")]
    (found,) = ours
    assert (found["why"], len(found["members"])) == ("name", 2)
    shown = relevo("directory", "duplicates", "--source", "twofold", env=env)
    assert "Ropero comunitario" in shown.stdout
    assert relevo("directory", "duplicates", "--different", found["id"], env=env).returncode == 0
    again = relevo("directory", "duplicates", "--source", "twofold", "--json", env=env)
    assert found["id"] not in {one["id"] for one in json.loads(again.stdout)}
    assert relevo("directory", "duplicates", "--same", "none", env=env).returncode == Exit.REFUSED


def test_conflicts_are_none_where_nobody_edited(env: dict[str, str], take: Import) -> None:
    take("calm", [service(1)])
    done = relevo("import", "conflicts", "--source", "calm", env=env)
    assert (done.returncode, done.stdout) == (0, "")
    assert "no conflict waits" in done.stderr
    assert relevo("import", "conflicts", "--take", "svc_x:name", env=env).returncode == Exit.REFUSED


def test_a_report_says_who_can_help_nobody_yet_and_what_to_do(
    env: dict[str, str], tmp_path: Path, take: Import
) -> None:
    spelt = service(2, relevo={"needs": ["EMERGENCY_SHELTER", "food"]})
    _, report = take("hinted", [service(1), spelt])
    assert (report["without_needs"], report["unverified"]) == (1, 1)
    assert [one["count"] for one in report["mended"] if one["what"] == "need_case"] == [1]
    found = relevo("import", "hsds", str(tmp_path / "hinted.json"), "--source", "hinted", env=env)
    assert "1 services say no need" in found.stderr
    assert "relevo org verify" in found.stderr
    _, report = take("hinted", [service(1), spelt], "--verified")
    assert report["unverified"] == 0


def test_without_a_network_nothing_is_read_first(tmp_path: Path) -> None:
    done = relevo(
        "import",
        "hsds",
        "https://directory.invalid/",
        "--source",
        "x",
        env={"RELEVO_DATA_DIR": str(tmp_path)},
    )
    assert done.returncode in {Exit.UNREACHABLE, Exit.NOT_WRITABLE}
    assert "relevo up" in done.stderr


def test_a_packages_description_stands_for_its_folder(
    env: dict[str, str], tmp_path: Path, take: Import
) -> None:
    take("packed", [service(1)])
    folder = tmp_path / "tables"
    assert relevo("export", "hsds", str(folder), "--format", "csv", env=env).returncode == 0
    named = str(folder / "datapackage.json")
    back = relevo("import", "hsds", named, "--source", "packed", "--json", env=env)
    assert json.loads(back.stdout)["refused"] == []
    assert json.loads(back.stdout)["unchanged"] >= 2


def test_a_url_that_is_not_https_is_refused(tmp_path: Path) -> None:
    done = relevo(
        "import", "hsds", "http://directory.invalid/", "--source", "x", env={"RELEVO_DATA_DIR": str(tmp_path)}
    )
    assert done.returncode == Exit.BAD_INPUT
    assert "--allow-http" in done.stderr


@pytest.mark.skipif("RELEVO_TEST_FULL" not in os.environ, reason="it takes a minute: make test-full")
def test_a_whole_real_directory_goes_in_and_out_and_comes_back_unchanged(
    env: dict[str, str], tmp_path: Path
) -> None:
    miami = SHARED / "hsds-1.1-miami" / "datapackage.zip"
    if not miami.exists():
        pytest.skip("the package of Miami is not beside the project")
    first = relevo("import", "hsds", str(miami), "--source", "miami", "--json", env=env, within=600)
    assert json.loads(first.stdout)["services"]["taken"] == 4_089
    for form in ("ndjson", "zip"):
        path = tmp_path / f"directory.{form}"
        assert relevo("export", "hsds", str(path), env=env, within=600).returncode == 0
        back = relevo("import", "hsds", str(path), "--source", "miami", "--json", env=env, within=600)
        report = json.loads(back.stdout)
        assert report["refused"] == []
        assert (report["taken"], report["updated"], report["inactive"]) == (0, 0, 0)
        assert report["unchanged"] >= 5_163
