"""Installing the table of municipalities, and looking things up in it."""

from chassis import paging
from chassis.paging import Key
from chassis.problems import InvalidError
from contracts.geography import (
    ImportMunicipalities,
    ListMunicipalities,
    Municipalities,
    MunicipalitiesImported,
    MunicipalityList,
    MunicipalityOutcome,
    MunicipalityRecord,
)
from contracts.rpc import FieldProblem, Ids
from contracts.sentences import Sentence
from services.directory.geography import municipality
from services.directory.geography.current import Geography
from services.directory.geography.table import Municipality
from services.directory.text import sort_name, words

MOST_IDS = 100


async def import_municipalities(
    geography: Geography, request: ImportMunicipalities
) -> MunicipalitiesImported:
    """Take each municipality that is right, refuse each that is not, and say so in the batch's order.

    It is in this replica's table at once, in the others' within seconds; services and organizations are
    then resolved anew (``rereading.py``).
    """
    given = request.municipalities
    known = await geography.store.get_many({one.code for one in given})
    changes: dict[str, dict[str, object]] = {}
    outcomes = []
    for one in given:
        outcome = _outcome(one, known.get(one.code), one.code in changes)
        if outcome.outcome in {"created", "updated"}:
            changes[one.code] = municipality.document(one)
        outcomes.append(outcome)
    await geography.store.save(changes)
    await geography.refresh()
    return MunicipalitiesImported(outcomes=tuple(outcomes), total=len(geography.table))


async def get_municipalities(geography: Geography, request: Ids) -> Municipalities:
    """Return the municipalities of these INEGI keys or p-codes, in their order; null for one unknown.

    Raises:
        InvalidError: more than 100.
    """
    if len(request.ids) > MOST_IDS:
        sentence = Sentence("Ask for {most} ids at most, not {given}.", most=MOST_IDS, given=len(request.ids))
        raise InvalidError(sentence, (FieldProblem(path=("ids",), message=sentence),))
    table = geography.table
    found = [table.municipality(code) for code in request.ids]
    return Municipalities(items=tuple(municipality.view(one, table) if one else None for one in found))


async def list_municipalities(geography: Geography, request: ListMunicipalities) -> MunicipalityList:
    """Return a page of the municipalities that fit, by name.

    Raises:
        InvalidError: the page is not right.
    """
    table = geography.table
    beginnings = words(request.text)
    rows: dict[Key, Municipality] = {
        (sort_name(one.name), one.code): one
        for one in table.all()
        if request.state in (None, one.state) and _is_called(one, beginnings)
    }
    page = paging.cut(sorted(rows), request.page)
    return MunicipalityList(
        items=tuple(municipality.view(rows[key], table) for key in page.keys),
        positions=tuple(page.keys),
        has_next=page.has_next,
        has_previous=page.has_previous,
        total=len(rows),
    )


def _outcome(
    given: MunicipalityRecord, known: dict[str, object] | None, repeated: bool
) -> MunicipalityOutcome:
    wrong = municipality.problems(given)
    if repeated:
        words_ = "An earlier municipality of the batch has this code."
        wrong = (FieldProblem(path=("code",), message=words_, code="DUPLICATE"),)
    if wrong:
        return MunicipalityOutcome(outcome="refused", problems=wrong)
    if known is None:
        return MunicipalityOutcome(outcome="created")
    fields = municipality.document(given)
    same = all(known.get(field) == value for field, value in fields.items())
    return MunicipalityOutcome(outcome="unchanged" if same else "updated")


def _is_called(one: Municipality, beginnings: list[str]) -> bool:
    own = words(one.name)
    return all(any(word.startswith(beginning) for word in own) for beginning in beginnings)
