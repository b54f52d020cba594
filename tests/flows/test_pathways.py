"""Pathways through the public API: what applies to somebody, printed, edited by coordinators, kept."""

from gateway.ids import global_id
from tests.flows.cast import Cast
from tests.flows.test_matching import coordinator_of

GUIDE = """query ($needs: [Need!]!, $vulnerabilities: [Vulnerability!]!, $age: AgeBand) {
  pathway(needs: $needs, vulnerabilities: $vulnerabilities, ageBand: $age) {
    leastPriority mandatorySteps { step words { es en } kinds onlyFor { vulnerabilities ageBands } }
    pathways { code version shipped notice { es } title { text } leastPriority
      emergencies { es } steps { code mandatory byLaw kinds words { text } } ask { es } doNotAsk { es }
      documents { es } warnings { es } sources page(form: TEXT) } } }"""
WHOLE = """query ($codes: [String!], $version: String) { pathways(codes: $codes, version: $version) {
  code version newerEdition editedAt note organization { id } title { es en } needs vulnerabilities
  leastPriority emergencies { es en } ask { es en } doNotAsk { es en } documents { es en } warnings { es en }
  sources steps { code mandatory byLaw kinds words { es en }
    onlyFor { needs vulnerabilities ageBands } } } }"""
EDIT = """mutation ($input: EditPathwayInput!) { editPathway(input: $input) {
  replayed pathway { code version shipped } userErrors { code path message } } }"""
READ_ONLY = ("version", "newerEdition", "editedAt", "note", "organization")


async def test_a_child_alone_is_told_to_the_authority_and_the_page_says_so(cast: Cast) -> None:
    asked = {"needs": ["TEMPORARY_ACCOMMODATION"], "vulnerabilities": ["UNACCOMPANIED_CHILD", "PREGNANT"]}
    guide = (await cast.shelter.ask(GUIDE, **asked, age="ADOLESCENT"))["pathway"]
    assert guide["leastPriority"] == "URGENT"
    assert [(one["step"], one["kinds"]) for one in guide["mandatorySteps"]] == [
        ("unaccompanied_child.child_protection_authority", ["CHILD_PROTECTION"])
    ]
    assert [one["code"] for one in guide["pathways"]] == ["pregnancy", "unaccompanied_child"]
    for pathway in guide["pathways"]:
        assert pathway["notice"]["es"].startswith("Borrador")
        assert pathway["page"].startswith(pathway["title"]["text"].upper())
        assert "OBLIGATORIO" in pathway["page"] or pathway["code"] == "pregnancy"
        assert all(pathway[name] for name in ("emergencies", "steps", "ask", "doNotAsk", "documents"))
    nobody = (await cast.third.ask(GUIDE, needs=["FOOD"], vulnerabilities=[]))["pathway"]
    assert nobody == {"leastPriority": None, "mandatorySteps": [], "pathways": []}


async def test_all_nine_are_there_with_a_page_in_both_languages(cast: Cast) -> None:
    pages = "{ pathways { code es: page(language: ES) en: page(language: EN) } }"
    found = (await cast.third.ask(pages))["pathways"]
    shipped = {
        "unaccompanied_child", "pregnancy", "gender_based_violence", "trafficking", "victim_of_crime",
        "medical_emergency", "international_protection", "missing_person", "voluntary_return",
    }  # fmt: skip
    assert shipped <= {one["code"] for one in found}
    for one in found:
        for language in ("es", "en"):
            assert one[language].startswith(f'<!doctype html><html lang="{language}">')


async def test_coordinators_edit_a_pathway_and_its_old_version_stays(cast: Cast) -> None:
    (before,) = (await cast.shelter.ask(WHOLE, codes=["international_protection"]))["pathways"]
    pathway = {name: value for name, value in before.items() if name not in READ_ONLY}
    pathway["priority"] = pathway.pop("leastPriority")
    pathway["title"] = {"es": "Refugio", "en": "Refuge"}
    edit = {
        "idempotencyKey": "edit-1",
        "pathway": pathway,
        "note": "Revisada",
        "expectedVersion": before["version"],
    }
    refused = (await cast.shelter.ask(EDIT, input=edit))["editPathway"]
    assert [error["code"] for error in refused["userErrors"]] == ["FORBIDDEN"]
    async with coordinator_of(cast) as coordinator:
        wrong = {
            **edit,
            "pathway": {**pathway, "steps": [{**pathway["steps"][0], "mandatory": True, "kinds": []}]},
        }
        refused = (await coordinator.ask(EDIT, input=wrong))["editPathway"]
        assert [error["path"] for error in refused["userErrors"]] == [["pathway", "steps", "0", "kinds"]]
        made = (await coordinator.ask(EDIT, input=edit))["editPathway"]
        assert (made["userErrors"], made["pathway"]["shipped"]) == ([], False)
        again = (await coordinator.ask(EDIT, input=edit))["editPathway"]
        assert (again["replayed"], again["pathway"]) == (True, made["pathway"])
        stale = (await coordinator.ask(EDIT, input={**edit, "idempotencyKey": "edit-2"}))["editPathway"]
        assert [(error["code"], error["path"]) for error in stale["userErrors"]] == [
            ("STALE_VERSION", ["expectedVersion"])
        ]
    (now,) = (await cast.third.ask(WHOLE, codes=["international_protection"]))["pathways"]
    assert (now["version"], now["title"]["es"]) == (made["pathway"]["version"], "Refugio")
    assert now["organization"] == {"id": global_id("Organization", cast.organizations["coordinacion"])}
    old = {"codes": ["international_protection"], "version": before["version"]}
    assert (await cast.third.ask(WHOLE, **old))["pathways"] == [before]
    versions = 'query { pathwayVersions(code: "international_protection") { version note } }'
    assert (await cast.third.ask(versions))["pathwayVersions"] == [
        {"version": now["version"], "note": "Revisada"},
        {"version": before["version"], "note": None},
    ]
