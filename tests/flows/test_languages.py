"""What is refused is said in the language of whoever asks, through the public API; codes stay what they "
"are."""

import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from contracts.languages import ENGLISH, SPANISH
from contracts.spanish import SPANISH as WORDS
from tests.flows.cast import Cast
from tests.flows.client import AnswerError, Client, Json, mutation_of
from tests.flows.test_one_referral import changed, issued, soon
from tests.flows.test_steps import BOY, STEP

# What a refusal has in each of the languages: code, path, message.
Told = dict[str, list[tuple[str, tuple[str, ...], str]]]


@pytest.fixture
async def shelter(cast: Cast) -> AsyncIterator[Client]:
    """The shelter's client, of which a test says what it speaks."""
    yield cast.shelter
    cast.shelter.language = None


async def refused(client: Client, mutation: str, **inputs: Any) -> Told:
    """Why a change is refused, asked in both languages."""
    told: Told = {}
    for language in (SPANISH, ENGLISH):
        client.language = language
        given = {"idempotencyKey": str(uuid.uuid4()), **inputs}
        payload: Json = (await client.ask(mutation_of(mutation), input=given))[mutation]
        told[language] = [(one["code"], tuple(one["path"]), one["message"]) for one in payload["userErrors"]]
    client.language = None
    return told


async def test_every_wrong_field_is_told_in_both_languages_with_its_value(
    cast: Cast, shelter: Client
) -> None:
    issue = cast.issue()
    issue["person"] |= {"birthDate": "1850-01-01", "vulnerabilities": ["PREGNANT", "PREGNANT"]}
    issue["consent"] |= {"givenAt": "2050-01-01T00:00:00Z"}
    told = await refused(shelter, "issueReferral", **issue)
    assert [(code, path) for code, path, _ in told[SPANISH]] == [
        (code, path) for code, path, _ in told[ENGLISH]
    ]
    for (_, path, spanish), (_, _, english) in zip(told[SPANISH], told[ENGLISH], strict=True):
        assert WORDS[english] == spanish, path
    assert ("INVALID", ("person", "birthDate"), "Debe estar dentro de los últimos 120 años.") in told[SPANISH]


async def test_what_may_be_done_instead_is_said_in_both_languages(cast: Cast, shelter: Client) -> None:
    referral = (await issued(cast))["id"]
    told = await refused(shelter, "acknowledgeReferral", referral=referral)
    ((code, _, spanish),) = told[SPANISH]
    ((_, _, english),) = told[ENGLISH]
    assert code == "WRONG_STATUS"
    assert spanish.startswith("ACKNOWLEDGE no es posible para la institución que refiere mientras la ")
    assert "está en SENT" in spanish
    assert english.startswith("ACKNOWLEDGE is not possible for the sender while the referral is SENT;")
    assert "CANCEL" in spanish
    assert "CANCEL" in english


async def test_an_end_that_was_acknowledged_is_not_acknowledged_again(cast: Cast, shelter: Client) -> None:
    referral = (await issued(cast))["id"]
    await changed(cast.hospital, "declineReferral", referral, reason="NO_CAPACITY")
    await changed(shelter, "acknowledgeReferral", referral)
    told = await refused(shelter, "acknowledgeReferral", referral=referral)
    ((code, path, spanish),) = told[SPANISH]
    assert (code, path) == ("WRONG_STATUS", ())
    assert spanish.startswith("El término ya se había confirmado")
    assert told[ENGLISH][0][2].startswith("The end was acknowledged before")


async def test_places_after_acceptance_are_refused_with_what_to_do_instead(
    cast: Cast, shelter: Client
) -> None:
    referral = (await issued(cast))["id"]
    await changed(cast.hospital, "acceptReferral", referral, arriveBy=soon())
    told = await refused(shelter, "correctReferral", referral=referral, places=[{"unit": "bed", "count": 1}])
    for language in (SPANISH, ENGLISH):
        ((code, path, message),) = told[language]
        assert (code, path) == ("INVALID", ("places",))
        assert "cancelReferral" in message


async def test_a_mandatory_step_is_named_in_the_words_of_its_pathway(cast: Cast, shelter: Client) -> None:
    told = await refused(shelter, "issueReferral", **cast.issue(need="EDUCATION", person=BOY))
    spanish, english = ([one for one in told[language] if one[0] == "STEP_MISSING"] for language in told)
    assert f"Falta el paso obligatorio {STEP}:" in spanish[0][2]
    assert f"The mandatory step {STEP} is missing:" in english[0][2]
    assert "Refer to" not in spanish[0][2]


async def test_what_is_refused_of_a_question_and_of_a_request_is_told_in_spanish_unless_asked_otherwise(
    cast: Cast, shelter: Client
) -> None:
    for language, words in ((None, "Una página tiene de 1 a 100 filas"), ("en", "A page has 1 to 100 rows")):
        shelter.language = language
        with pytest.raises(AnswerError) as error:
            await shelter.ask("{ referrals(box: INBOX, first: 0) { nodes { id } } }")
        assert words in error.value.errors[0]["message"]
        headers = {"accept-language": language} if language else {}
        async with httpx.AsyncClient(base_url=shelter.url, headers=headers) as stranger:
            answer = (await stranger.post("/graphql", json={"query": "{ __typename }"})).json()
        assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert ("Envíe un token" in answer["errors"][0]["message"]) == (language is None)
