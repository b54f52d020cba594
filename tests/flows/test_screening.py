"""Screening through the public API: answers at the door become a proposal with reasons, and a draft."""

from tests.flows.cast import Cast

QUESTIONNAIRE = """{ screening { version title { es en } before { es } questions {
  code several words { es en } answers { code words { es en } } askIf { question anyOf } } } }"""
SCREEN = """query ($input: ScreenInput!) { screen(input: $input) {
  version priority needs { need priority } vulnerabilities ageBand gender languages needsInterpreter
  unanswered
  reasons { because { question anyOf } words { text } needs priority }
  guide { leastPriority mandatorySteps { step } pathways { code } } } }"""
SEEN = """query ($id: ID!) { referral(id: $id) { status need priority state
  person { ageBand gender languages needsInterpreter vulnerabilities alias } } }"""
BOY = [
    {"question": "age", "answers": ["adolescent"]},
    {"question": "gender", "answers": ["male"]},
    {"question": "language", "answers": ["mam"]},
    {"question": "with_whom", "answers": ["nobody"]},
    {"question": "tonight", "answers": ["bed", "food"]},
]


async def test_a_boy_alone_is_screened_and_becomes_a_draft_for_the_authority(cast: Cast) -> None:
    asked = (await cast.third.ask(QUESTIONNAIRE))["screening"]
    assert {"age", "with_whom", "harm"} <= {question["code"] for question in asked["questions"]}
    proposal = (await cast.shelter.ask(SCREEN, input={"answers": BOY}))["screen"]
    assert proposal["version"] == asked["version"]
    assert (proposal["priority"], proposal["ageBand"], proposal["gender"]) == ("URGENT", "ADOLESCENT", "MALE")
    assert (proposal["languages"], proposal["needsInterpreter"]) == (["mam"], True)
    assert {(one["need"], one["priority"]) for one in proposal["needs"]} == {
        ("CHILD_PROTECTION", "URGENT"), ("EMERGENCY_SHELTER", "URGENT"), ("FOOD", "URGENT"),
        ("INTERPRETATION", "ROUTINE"),
    }  # fmt: skip
    assert proposal["vulnerabilities"] == ["UNACCOMPANIED_CHILD"]
    assert [one["step"] for one in proposal["guide"]["mandatorySteps"]] == [
        "unaccompanied_child.child_protection_authority"
    ]
    assert all(reason["words"]["text"] and reason["because"] for reason in proposal["reasons"])
    assert "harm" in proposal["unanswered"]
    draft = {"answers": BOY, "need": "CHILD_PROTECTION", "state": "CHP"}
    begun = await cast.shelter.change("draftFromScreening", key="boy", **draft)
    assert begun["userErrors"] == []
    seen = (await cast.shelter.ask(SEEN, id=begun["referral"]["id"]))["referral"]
    assert seen == {
        "status": "DRAFT", "need": "CHILD_PROTECTION", "priority": "URGENT", "state": "CHP",
        "person": {
            "ageBand": "ADOLESCENT", "gender": "MALE", "languages": ["mam"], "needsInterpreter": True,
            "vulnerabilities": ["UNACCOMPANIED_CHILD"], "alias": None,
        },
    }  # fmt: skip
    again = await cast.shelter.change("draftFromScreening", key="boy", **draft)
    assert (again["referral"]["id"], again["replayed"]) == (begun["referral"]["id"], True)
    for client in (cast.hospital, cast.third):
        assert (await client.ask(SEEN, id=begun["referral"]["id"]))["referral"] is None


async def test_what_is_no_answer_or_no_need_is_named_and_nothing_is_drafted(cast: Cast) -> None:
    wrong = [{"question": "age", "answers": ["adult"]}, {"question": "with_whom", "answers": ["nobody"]}]
    refused = await cast.shelter.change("draftFromScreening", answers=wrong)
    assert [error["path"] for error in refused["userErrors"]] == [["answers", "1", "question"]]
    without_age = [{"question": "tonight", "answers": ["bed"]}]
    refused = await cast.shelter.change("draftFromScreening", answers=without_age, need="FOOD")
    assert [error["path"] for error in refused["userErrors"]] == [["need"], ["answers"]]
    answer = await cast.shelter.raw(SCREEN, {"input": {"answers": wrong}})
    assert answer.json()["errors"][0]["extensions"]["code"] == "INVALID"
