"""The pathways that come with Relevo: all there, in both languages, on one page each."""

import hashlib
import json
from pathlib import Path

import pytest

from contracts.codes import AgeBand, Need, OrganizationKind, Priority, Vulnerability
from contracts.pathways import NOTICE, Pathway
from services.referrals import pages
from services.referrals.pathways import page
from services.referrals.pathways.pathway import Situation, Version, applies, mandatory
from services.referrals.pathways.shipped import FOLDER, DataError, documents, shipped, version_of

FROZEN = Path(__file__).parent / "editions.json"
SHIPPED = shipped()
V, N = Vulnerability, Need
GOOD = FOLDER.joinpath("pregnancy.yaml").read_text(encoding="utf-8")


def pathway(code: str) -> Pathway:
    return SHIPPED[code].pathway


def who(*codes: Need | Vulnerability, age: AgeBand | None = None) -> Situation:
    """Somebody with those needs and vulnerabilities."""
    return Situation(
        frozenset(code for code in codes if isinstance(code, Need)),
        frozenset(code for code in codes if isinstance(code, Vulnerability)),
        age,
    )


def applying(situation: Situation) -> set[str]:
    return {code for code, version in SHIPPED.items() if applies(version.pathway, situation)}


@pytest.mark.parametrize(
    ("situation", "codes"),
    [
        (who(V.UNACCOMPANIED_CHILD), {"unaccompanied_child"}),
        (who(V.SEPARATED_CHILD), {"unaccompanied_child"}),
        (who(V.PREGNANT), {"pregnancy"}),
        (who(N.PRENATAL_CARE), {"pregnancy"}),
        (who(N.GENDER_BASED_VIOLENCE), {"gender_based_violence"}),
        (who(V.SURVIVOR_OF_GENDER_BASED_VIOLENCE), {"gender_based_violence"}),
        (who(N.HUMAN_TRAFFICKING), {"trafficking"}),
        (who(V.SURVIVOR_OF_TRAFFICKING), {"trafficking"}),
        (who(N.VICTIM_OF_CRIME), {"victim_of_crime"}),
        (who(V.SURVIVOR_OF_TORTURE), {"victim_of_crime"}),
        (who(N.EMERGENCY_MEDICAL_CARE), {"medical_emergency"}),
        (who(N.INTERNATIONAL_PROTECTION), {"international_protection"}),
        (who(N.MISSING_PERSON), {"missing_person"}),
        (who(N.VOLUNTARY_RETURN), {"voluntary_return"}),
        (who(N.FOOD, V.OLDER_PERSON), set()),
        (who(N.VOLUNTARY_RETURN, V.PREGNANT), {"voluntary_return", "pregnancy"}),
    ],
)
def test_the_pathways_of_a_situation_are_those_of_the_domain(situation: Situation, codes: set[str]) -> None:
    assert applying(situation) == codes


def test_nine_pathways_are_shipped() -> None:
    assert len(SHIPPED) == 9


@pytest.mark.parametrize("code", SHIPPED)
def test_each_has_steps_questions_documents_warnings_and_sources(code: str) -> None:
    found = pathway(code)
    parts = (found.emergencies, found.steps, found.ask, found.do_not_ask, found.documents, found.warnings)
    assert all(parts)
    assert found.sources
    assert any(step.kinds for step in found.steps)


@pytest.mark.parametrize("tongue", page.TONGUES)
@pytest.mark.parametrize("code", SHIPPED)
def test_each_fits_on_one_page_and_says_that_it_is_a_draft(code: str, tongue: str) -> None:
    assert tongue in {"es", "en"}
    text = page.page(pathway(code), "1", tongue)  # type: ignore[arg-type]
    lines = text.splitlines()
    assert len(lines) <= pages.LONGEST
    assert max(map(len, lines)) <= pages.WIDTH
    notice = NOTICE.es if tongue == "es" else NOTICE.en
    assert notice in text.replace("\n", " ")
    html = page.html(pathway(code), "1", tongue)  # type: ignore[arg-type]
    assert f'<html lang="{tongue}">' in html
    assert "http" not in html.partition("<body>")[0]


def test_what_stands_in_a_pathway_is_no_html_of_the_page(tmp_path: Path) -> None:
    script = "<script>alert(1)</script>"
    evil = GOOD.replace("Embarazo, parto y puerperio", script, 1).replace("Pregunte primero", script, 1)
    shown = page.html(parsed(evil, tmp_path).pathway, "1", "es")
    assert "<script>" not in shown
    # The title stands there twice.
    assert shown.count("&lt;script&gt;") == 3


CHILD, ADULT = AgeBand.ADOLESCENT, AgeBand.ADULT


@pytest.mark.parametrize(
    ("code", "situation", "steps"),
    [
        ("unaccompanied_child", who(V.UNACCOMPANIED_CHILD, age=CHILD), ["child_protection_authority"]),
        ("unaccompanied_child", who(V.SEPARATED_CHILD, age=CHILD), ["child_protection_authority"]),
        ("unaccompanied_child", who(N.CHILD_PROTECTION, V.ACCOMPANIED_CHILD, age=CHILD), []),
        ("gender_based_violence", who(N.GENDER_BASED_VIOLENCE, age=CHILD), ["child_protection_authority"]),
        ("gender_based_violence", who(N.GENDER_BASED_VIOLENCE, age=ADULT), []),
        ("trafficking", who(V.SURVIVOR_OF_TRAFFICKING, age=CHILD), ["child_protection_authority"]),
        ("trafficking", who(V.SURVIVOR_OF_TRAFFICKING, age=ADULT), []),
        ("voluntary_return", who(N.VOLUNTARY_RETURN, V.UNACCOMPANIED_CHILD, age=CHILD), ["best_interests"]),
        ("voluntary_return", who(N.VOLUNTARY_RETURN, age=ADULT), []),
        ("pregnancy", who(V.UNACCOMPANIED_CHILD, age=CHILD), []),
    ],
)
def test_a_child_without_family_or_harmed_is_told_to_the_authority(
    code: str, situation: Situation, steps: list[str]
) -> None:
    found = mandatory(pathway(code), [situation])
    assert [step.code for step in found] == steps
    assert all(step.kinds == (OrganizationKind.CHILD_PROTECTION,) and step.by_law for step in found)


def test_the_least_priorities_are_those_of_the_field() -> None:
    emergencies = {code for code in SHIPPED if pathway(code).priority is Priority.EMERGENCY}
    urgent = {code for code in SHIPPED if pathway(code).priority is Priority.URGENT}
    assert emergencies == {"medical_emergency"}
    assert urgent == {"unaccompanied_child", "gender_based_violence", "trafficking", "missing_person"}
    assert "72" in pathway("gender_based_violence").emergencies[0].es


def parsed(text: str, folder: Path) -> Version:
    path = folder / "pregnancy.yaml"
    path.write_text(text, encoding="utf-8")
    return version_of(path)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("edition: 1", "edition: 0", "edition a number"),
        ("code: pregnancy", "code: embarazo", "must be that of its name"),
        ("code: pregnancy", "code: pregnancy\ncode: pregnancy", "duplicate key"),
        ("needs: [prenatal_care, postnatal_care]", "needs: [prenatal]", "Invalid enum value"),
        ("priority: routine", "prioridad: routine", "unknown field|missing required field"),
        ("- code: prenatal_care", "- code: danger_signs", "Another step has this code"),
        ("- code: card", "- code: card\n    by_law: true", "is mandatory"),
        ("needs: [prenatal_care, postnatal_care]\nvulnerabilities: [pregnant]", "", "applies to nobody"),
        ('    en: "Ask about', '    ingles: "Ask about', "field"),
        ("code: pregnancy", "code: [pregnancy", "pregnancy.yaml"),
    ],
)
def test_a_file_that_is_wrong_is_named_with_what_is_wrong(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    assert old in GOOD
    with pytest.raises(DataError, match=told) as refused:
        parsed(GOOD.replace(old, new, 1), tmp_path)
    assert str(refused.value).startswith("pregnancy.yaml: ")


def test_a_pathway_that_does_not_fit_on_a_page_is_refused(tmp_path: Path) -> None:
    long = "x " * 190
    more = "".join(f"\n  - es: '{long}'\n    en: '{long}'" for _ in range(8))
    with pytest.raises(DataError, match="one page"):
        parsed(GOOD.replace("\nask:", f"\nask:{more}", 1), tmp_path)


def test_a_text_that_changed_has_another_edition() -> None:
    """The version that a referral names must go on meaning the same text.

    Where this fails: raise ``edition`` in the file, and write what is shown into ``editions.json``.
    """
    digests = {
        f"{version_of(file).pathway.code}@{version_of(file).edition}": hashlib.sha256(
            file.read_bytes()
        ).hexdigest()
        for file in documents(FOLDER)
    }
    known = json.loads(FROZEN.read_text(encoding="utf-8"))
    assert digests.items() <= known.items(), json.dumps(digests, indent=1)
