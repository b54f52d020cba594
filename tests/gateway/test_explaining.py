"""What GraphQL itself finds wrong is explained in Spanish beside its English, to whoever asks for Spanish."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from contracts.spanish import documents
from gateway import explaining
from gateway.context import Context
from gateway.execution import Params, RefusedDocumentError
from tests.gateway.test_words import ENGINE, ISSUE


async def refused(query: str, language: str, **variables: Any) -> list[dict[str, Any]]:
    """The errors of a document that is refused."""
    try:
        operation = ENGINE.prepare(Params(query=query, variables=variables))
        await ENGINE.execute(operation, cast("Context", SimpleNamespace(language=language)))
    except RefusedDocumentError as refusal:
        errors: list[dict[str, Any]] = refusal.response_in(language)["errors"]
        return errors
    return []


WRONG: list[tuple[str, str]] = [
    ("{", "Error de sintaxis: se esperaba Name y hay <EOF>."),
    ("{ a(b: ) }", "Error de sintaxis: no se esperaba ')'."),
    ("{ viewer { nope } }", "El tipo 'Viewer' no tiene el campo 'nope'."),
    ("{ vieweer }", "El tipo 'Query' no tiene el campo 'vieweer'. ¿Quiso decir 'viewer'?"),
    ("{ viewer }", "El campo 'viewer' es de tipo 'Viewer!': indique cuáles de sus campos pide. ¿Quiso decir"),
    ("{ viewer { feedHead { x } } }", "que no tiene campos: quite las llaves que lo siguen."),
    ("{ referral(nope: 1) { id } }", "El campo 'Query.referral' no tiene el argumento 'nope'."),
    (
        "{ referrals(first: 1) { nodes { id } } }",
        "Falta el argumento 'Query.referrals(box:)', de tipo 'Box!'.",
    ),
    ("{ codes(kind: NOPE) { code } }", "No es uno de los valores de 'CodeKind'"),
    ("{ referral(id: 7.5) { id } }", "El valor no es de tipo ID."),
    ("query ($x: ID) { viewer { feedHead } }", "La variable '$x' no se usa."),
    ("{ referral(id: $x) { id } }", "La variable '$x' no está declarada."),
    ("query ($x: Int) { referral(id: $x) { id } }", "es de tipo 'Int', y donde se usa se espera 'ID'."),
    ("{ node(id: 1) { folio } }", "El tipo 'Node' no tiene el campo 'folio'. ¿Quiso decir 'Referral'?"),
    ("{ referral(id: 1) { id id: folio } }", "Los campos 'id' no pueden llevar el mismo nombre"),
    ("{ ...F }", "No existe el fragmento 'F'."),
    ("query ($x: Nope) { referral(id: $x) { id } }", "No existe el tipo 'Nope'. ¿Quiso decir 'Node', "),
]


@pytest.mark.parametrize(("query", "words"), WRONG, ids=range(len(WRONG)))
async def test_a_document_is_explained(query: str, words: str) -> None:
    error = (await refused(query, "es"))[0]
    assert words in error["extensions"]["explanation"]
    (english, *_) = await refused(query, "en")
    assert english["message"] == error["message"], "what developers look up stays"
    assert set(english["extensions"]) == {"code"}


async def test_a_variable_is_explained_with_its_place() -> None:
    given = {"idempotencyKey": "k", "need": "FOODS", "person": {"ageBand": "ADULT"}, "nickname": "x"}
    told = {error["extensions"]["explanation"] for error in await refused(ISSUE, "es", input=given)}
    for words in (
        "'$input.need': No es uno de los valores de 'Need': vea codes(kind: NEED). ¿Quiso decir 'FOOD'?",
        "'$input.person': A 'PersonInput' le falta el campo obligatorio 'gender'.",
        "'$input': A 'IssueReferralInput' le falta el campo obligatorio 'service'.",
    ):
        assert words in told
    assert any(one.startswith("'$input': Hay un campo que 'IssueReferralInput' no tiene.") for one in told)
    pause = "mutation ($i: PauseReferralInput!) { pauseReferral(input: $i) { replayed } }"
    given = {"referral": "r", "idempotencyKey": "k", "reason": "OTHER", "resumeAt": "mañana"}
    (error,) = await refused(pause, "es", i=given)
    assert error["extensions"]["explanation"].startswith(
        "'$i.resumeAt': Debe ser de tipo 'DateTime', que se escribe así: 2026-"
    )


@pytest.mark.parametrize("code", sorted(documents.OF_CODE))
def test_what_nobody_has_put_into_spanish_is_explained_by_its_code(code: str) -> None:
    told = explaining.extensions("Something new.", code, "es")
    assert told == {"code": code, "explanation": documents.OF_CODE[code]}
