"""What is wrong with a request is said in words for people, with its place, and without what stood there."""

import json
from datetime import date
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from chassis.decoding import MOST, problem_of, problems_of
from contracts.directory import CreateOrganization, Name
from contracts.matching import Country, Municipality
from contracts.referrals import Language, Moment
from contracts.rpc import FieldProblem, Message

MARK = "Xochitl7"
Letter = Annotated[str, Meta(max_length=1)]


class Asked(Message):
    """One field of each kind that requests have."""

    name: Name
    language: Language | None = None
    country: Country | None = None
    town: Municipality | None = None
    count: Annotated[int, Meta(ge=1, le=99)] | None = None
    ratio: Annotated[float, Meta(gt=0, lt=2)] | None = None
    names: Annotated[tuple[Annotated[str, Meta(max_length=1)], ...], Meta(min_length=1, max_length=2)] = (
        "a",
    )
    at: Moment | None = None
    born: date | None = None
    yes: bool = False
    organization: CreateOrganization | None = None
    odd: Annotated[str, Meta(pattern="^x$")] | None = None


def problem(**fields: Any) -> FieldProblem:
    """What is said of a request with these fields."""
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.json.decode(json.dumps({"name": "Casa", **fields}).encode(), type=Asked)
    return problem_of(refused.value)


@pytest.mark.parametrize(("fields", "path", "words"), [
    ({"name": ""}, ("name",), "Must not be empty."),
    ({"name": "   "}, ("name",), "Must not be empty: something that can be read, on one line."),
    ({"name": "a" * 301}, ("name",), "Must have at most 300 characters."),
    ({"language": "spanish"}, ("language",), "Must be a language tag, as es or mam, or en-US."),
    ({"country": "mx"}, ("country",), "Must be a country's two capital letters, as MX or HN."),
    ({"town": "7089"}, ("town",), "Must be a municipality's five digits (INEGI), as 07089."),
    ({"odd": "y"}, ("odd",), "Is not of the form that it should have."),
    ({"count": 0}, ("count",), "Must be at least 1."),
    ({"count": 100}, ("count",), "Must be at most 99."),
    ({"count": "two"}, ("count",), "Must be a whole number or null."),
    ({"ratio": 0}, ("ratio",), "Must be more than 0."),
    ({"ratio": 2}, ("ratio",), "Must be less than 2."),
    ({"names": []}, ("names",), "Must not be empty."),
    ({"names": ["a", "bb"]}, ("names", "1"), "Must have at most 1 character."),
    ({"names": ["a", "b", "c"]}, ("names",), "Must have at most 2 entries."),
    ({"at": "2026-01-01T00:00:00"}, ("at",), "Needs Z or an offset from UTC, as 2026-01-31T17:00:00Z."),
    ({"at": "tomorrow"}, ("at",), "Must be a moment, as 2026-01-31T17:00:00Z."),
    ({"born": "31-12-1990"}, ("born",), "Must be a date, as 1990-12-31."),
    ({"yes": 1}, ("yes",), "Must be true or false."),
    ({"organization": {"name": "a", "kind": MARK}}, ("organization", "kind"),
     "Is none of the codes that may stand here."),
    ({"organization": {"kind": "shelter"}}, ("organization", "name"), "It is missing."),
    ({"organization": {"name": "a", "kind": "shelter", "nick": 1}}, ("organization", "nick"),
     "There is no such field."),
])  # fmt: skip
def test_what_is_wrong_is_said_with_what_would_be_right(
    fields: dict[str, Any], path: tuple[str, ...], words: str
) -> None:
    said = problem(**fields)
    assert (said.path, said.message) == (path, words)


def test_what_is_missing_has_a_code_of_its_own() -> None:
    assert problem(organization={"name": "a"}).code == "REQUIRED"
    assert problem(name="").code == "INVALID"


@given(
    st.sampled_from([field.name for field in msgspec.structs.fields(Asked)]),
    st.sampled_from(
        [MARK, [MARK], {"name": MARK}, {"kind": MARK, "name": "a"}, f"{MARK}' - at `$.name`", [[MARK]]]
    ),
)
def test_nothing_that_stood_there_is_repeated(field: str, wrong: Any) -> None:
    try:
        msgspec.json.decode(json.dumps({"name": "Casa", field: wrong}).encode(), type=Asked)
    except msgspec.ValidationError as error:
        said = problem_of(error)
        assert MARK not in str(said)
        assert "`" not in said.message
        assert "^" not in said.message


class Inner(Message):
    """Something inside."""

    name: Name
    letters: tuple[Letter, ...] = ()


class Outer(Message):
    """Structs in structs, lists and alternatives."""

    one: Inner
    many: Annotated[tuple[Inner, ...], Meta(max_length=3)] = ()
    maybe: Inner | None = None
    count: Annotated[int, Meta(ge=1)] | None = None


def paths_of(said: Any) -> list[tuple[str, str]]:
    """Where it is wrong, and with which code."""
    body = json.dumps(said).encode()
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.json.decode(body, type=Outer)
    found = problems_of(body, Outer, refused.value)
    assert problem_of(refused.value) in found
    return [(".".join(one.path), one.code) for one in found]


def test_everywhere_that_it_is_wrong_is_said_at_once() -> None:
    right = {"name": "Casa"}
    assert paths_of({
        "one": {"name": "", "letters": ["a", "bc", "d", 4], "more": 1},
        "many": [right, {"letters": []}, "x"],
        "maybe": {"name": "\u0000"},
        "count": 0,
    }) == [
        ("one.more", "INVALID"), ("one.name", "INVALID"), ("one.letters.1", "INVALID"),
        ("one.letters.3", "INVALID"), ("many.1.name", "REQUIRED"), ("many.2", "INVALID"),
        ("maybe.name", "INVALID"), ("count", "INVALID"),
    ]  # fmt: skip
    assert paths_of({"one": right, "many": [right] * 4}) == [("many", "INVALID")]
    assert paths_of({"one": right, "maybe": 3}) == [("maybe", "INVALID")]
    assert paths_of([]) == [("", "INVALID")]


def test_of_very_much_that_is_wrong_the_first_is_said() -> None:
    assert len(paths_of({"one": {"name": "Casa", "letters": ["ab"] * 500}})) == MOST
