"""The examples refer a person and answer, one to the other; a lost answer or a mistake does no harm."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.examples.deaf import DeafLine
from tests.examples.parties import BOTH, NEEDS_NODE, NODE, PROGRAMS, Parties, a_case, run, told

CANARY = "Nombre-Canario-7731"
OTHER = {"python": "javascript", "javascript": "python"}


@NEEDS_NODE
def test_javascript_is_well_formed() -> None:
    subprocess.run([NODE or "", "--check", PROGRAMS["javascript"][1]], check=True)


@NEEDS_NODE
@pytest.mark.parametrize("example", list(PROGRAMS))
async def test_what_one_issues_the_other_answers_to_the_end(
    parties: Parties, tmp_path: Path, example: str
) -> None:
    case = a_case(tmp_path, f"whole-{example}")
    (issued,) = await told(example, parties.shelter, "issue", str(case))
    assert (issued["what"], issued["status"], issued["replayed"]) == ("issued", "SENT", False)
    answered = await told(OTHER[example], parties.hospital, "answer", issued["folio"])
    assert [line["status"] for line in answered] == ["RECEIVED", "ACCEPTED", "IN_PROGRESS", "COMPLETED"]
    for party in (parties.hospital, parties.shelter):
        nothing = await run(OTHER[example], party, "answer", issued["folio"])
        assert (nothing.returncode, nothing.stdout) == (1, "")
        assert nothing.stderr == "refused: nothing to answer: it is COMPLETED, or not sent to us\n"
    for _ in range(2):
        (closed,) = await told(example, parties.shelter, "acknowledge", issued["folio"])
        assert (closed["status"], closed["version"]) == ("COMPLETED", 6)


@pytest.mark.parametrize("example", BOTH)
async def test_issued_again_it_is_the_same_referral(parties: Parties, tmp_path: Path, example: str) -> None:
    case = a_case(tmp_path, f"again-{example}")
    (first,) = await told(example, parties.shelter, "issue", str(case))
    (again,) = await told(example, parties.shelter, "issue", str(case))
    assert (again["folio"], again["replayed"]) == (first["folio"], True)


@pytest.mark.parametrize("example", BOTH)
async def test_answer_that_is_lost_makes_no_second_referral(
    parties: Parties, tmp_path: Path, example: str
) -> None:
    case = a_case(tmp_path, f"lost-{example}")
    with DeafLine(parties.shelter.url, b"issueReferral") as line:
        (issued,) = await told(example, parties.shelter.at(line.url), "issue", str(case))
        assert line.lost == 1
    assert issued["replayed"], "it was done before its answer was lost"


@pytest.mark.parametrize("example", BOTH)
async def test_refusal_names_code_and_place_and_the_case_put_right_is_issued(
    parties: Parties, tmp_path: Path, example: str
) -> None:
    consent = {"basis": "VITAL_INTEREST"}
    case = a_case(tmp_path, f"refused-{example}", consent=consent)
    refused = await run(example, parties.shelter, "issue", str(case))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "refused: REQUIRED at consent.reason\n"
    a_case(tmp_path, f"refused-{example}", consent={**consent, "reason": "She is unconscious (fictional)"})
    (issued,) = await told(example, parties.shelter, "issue", str(case))
    assert not issued["replayed"]


@pytest.mark.parametrize("example", BOTH)
async def test_case_that_was_changed_after_it_was_sent_makes_no_second_referral(
    parties: Parties, tmp_path: Path, example: str
) -> None:
    case = a_case(tmp_path, f"changed-{example}")
    await told(example, parties.shelter, "issue", str(case))
    a_case(tmp_path, f"changed-{example}", priority="ROUTINE")
    for _ in range(2):
        refused = await run(example, parties.shelter, "issue", str(case))
        assert (refused.returncode, refused.stderr) == (
            1,
            "refused: IDEMPOTENCY_KEY_REUSED at idempotencyKey\n",
        )


MISTAKES = {
    "a field that there is not": {"nickname": CANARY},
    "a date that is none": {"birthDate": CANARY},
    "a code that is none": {"gender": CANARY},
    "a name that is too long": {"name": CANARY * 100},
}


@pytest.mark.parametrize("example", BOTH)
@pytest.mark.parametrize("mistake", MISTAKES)
async def test_mistake_in_a_case_prints_nothing_of_the_person(
    parties: Parties, tmp_path: Path, example: str, mistake: str
) -> None:
    person = {"ageBand": "ADULT", "gender": "FEMALE", "alias": CANARY, **MISTAKES[mistake]}
    case = a_case(tmp_path, f"mistake-{example}", person=person)
    refused = await run(example, parties.shelter, "issue", str(case))
    assert refused.returncode == 1
    assert refused.stderr.startswith("refused: ")
    assert CANARY not in refused.stderr + refused.stdout


@pytest.mark.parametrize("example", BOTH)
async def test_case_that_is_no_json_is_not_quoted(parties: Parties, tmp_path: Path, example: str) -> None:
    case = a_case(tmp_path, f"broken-{example}")
    case.write_text(json.dumps({"person": CANARY})[:-2], encoding="utf-8")
    refused = await run(example, parties.shelter, "issue", str(case))
    assert refused.returncode == 1
    assert CANARY not in refused.stderr


@pytest.mark.parametrize("example", BOTH)
async def test_referral_of_others_is_as_if_it_were_not_there(parties: Parties, example: str) -> None:
    refused = await run(example, parties.hospital, "answer", "REL-000000-00")
    assert (refused.returncode, refused.stderr) == (1, "refused: NOT_FOUND at folio\n")


@pytest.mark.parametrize("example", BOTH)
async def test_wrong_secret_and_wrong_words_say_so(parties: Parties, example: str) -> None:
    assert (await run(example, parties.shelter, "dance")).returncode == 2
    wrong = type(parties.shelter)(
        parties.shelter.url, type(parties.shelter.credentials)("cl_nobody", "rs_no")
    )
    refused = await run(example, wrong, "answer", "REL-000000-00")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("refused: no token")
