"""Every way on which a referral comes to somebody: how it is asked for, and where it stands."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any

from gateway.execution import Params
from tests.flows.matrix.knowing import SUBSCRIBERS, Case, Json, Reader, may_look_up, side_of
from tests.flows.matrix.scene import ALL, Scene, Told

# What was found of the referral: none of it, or one object for each place at which it stood.
Found = list[Json | None]
Way = Callable[[Scene, Told, Reader], Awaitable[tuple[Json, Found]]]


def _query(document: str, *path: str, **names: str) -> Way:
    async def ask(scene: Scene, told: Told, reader: Reader) -> tuple[Json, Found]:
        variables: dict[str, Any] = {one: getattr(told, what) for one, what in names.items()}
        answer = await scene.ask(reader, f"{document} {ALL}", **variables)
        at: Any = answer.get("data")
        for one in path:
            at = at and at[one]
        return answer, at if isinstance(at, list) else [at]

    return ask


def _listed(order: str, edges: str) -> Way:
    document = f"""query ($box: Box!, $folio: String) {{
      referrals(box: $box, first: 5, orderBy: {order}, filter: {{ folio: $folio }}) {{ {edges} }} }} {ALL}"""

    async def ask(scene: Scene, told: Told, reader: Reader) -> tuple[Json, Found]:
        heard: Json = {}
        found: Found = []
        for box in ("INBOX", "OUTBOX", "DRAFTS"):
            answer = await scene.ask(reader, document, box=box, folio=told.folio)
            heard[box] = answer
            page = (answer.get("data") or {}).get("referrals") or {}
            found += page.get("nodes") or [edge["node"] for edge in page.get("edges") or ()]
        return heard, found or [None]

    return ask


async def _counted(scene: Scene, told: Told, reader: Reader) -> tuple[Json, Found]:
    """Counts say as many as the lists have rows; nothing of the row itself."""
    document = """query ($box: Box!, $folio: String) { referralCounts(box: $box, filter: { folio: $folio }) {
      total byStatus { status count } } }"""
    heard, rows = {}, 0
    for box in ("INBOX", "OUTBOX", "DRAFTS"):
        heard[box] = await scene.ask(reader, document, box=box, folio=told.folio)
        rows += ((heard[box].get("data") or {}).get("referralCounts") or {}).get("total", 0)
    return heard, [{} for _ in range(rows)] or [None]


async def _own_id(scene: Scene, told: Told, reader: Reader) -> tuple[Json, Found]:
    """By the id that the reader's own side gave it."""
    ids = {
        "sender": f"{scene.mark} s {_NEED[told.sensitive]}",
        "receiver": told.own["receiver"]["externalId"],
    }
    document = f"query ($it: String) {{ referral(externalId: $it) {{ ...All }} }} {ALL}"
    heard, found = {}, []
    for side, it in ids.items():
        heard[side] = await scene.ask(reader, document, it=it)
        one = (heard[side].get("data") or {}).get("referral")
        found += [one] if one else []
    return heard, found or [None]


_NEED = {False: "MEDICAL_CARE", True: "GENDER_BASED_VIOLENCE"}


def _repeated(mutation: str) -> Way:
    """A change that was made long ago is repeated by its key: it answers with the referral as it is now."""

    async def ask(scene: Scene, told: Told, reader: Reader) -> tuple[Json, Found]:
        side, document, given = told.changes[mutation]
        if (reader.side, reader.kind) != (side, "member"):
            return {}, [None]  # a key is its caller's: to anybody else this would be a change of its own
        answer = await scene.ask(reader, document, input=given)
        return answer, [answer["data"][mutation]["referral"] if answer.get("data") else None]

    return ask


def _stale(mutation: str, **inputs: Any) -> Way:
    """A change that was decided upon another version: it is refused, and shows the referral as it is now."""
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    document = f"""mutation ($input: {kind}!) {{ {mutation}(input: $input) {{
      referral {{ ...All }} replayed userErrors {{ code path message }} }} }} {ALL}"""

    async def ask(scene: Scene, told: Told, reader: Reader) -> tuple[Json, Found]:
        given = {
            "referral": told.id, "idempotencyKey": f"{scene.mark} stale", "expectedVersion": 9_999, **inputs,
        }  # fmt: skip
        answer = await scene.ask(reader, document, input=given)
        return answer, [answer["data"][mutation]["referral"] if answer.get("data") else None]

    return ask


_ENTRY = """cursor event type at relation referralId folio fromStatus status version needGroup priority state
  deadline emergencyPhone { number } sentReferral { folio progress } referral { ...All }"""


async def _page_of_the_feed(scene: Scene, told: Told, reader: Reader) -> tuple[Json, Found]:
    """The referral as it is now stands in every entry that was ever told of it."""
    document = (
        f"""query ($after: String) {{ events(after: $after, first: 60) {{ nodes {{ {_ENTRY} }} }} }} {ALL}"""
    )
    answer = await scene.ask(reader, document, after=_head(scene, reader))
    nodes = ((answer.get("data") or {}).get("events") or {}).get("nodes") or []
    found = [one["referral"] for one in nodes if one["referralId"] == told.id]
    return answer, found[:2] or [None]


async def _live_feed(scene: Scene, told: Told, reader: Reader) -> tuple[Json, Found]:
    """The same as a subscription brings it: its first entry of this referral."""
    hears_nothing = reader.sees_progress_only or (reader.side in SUBSCRIBERS and reader.may_not_subscribe)
    if _head(scene, reader) is None or not (reader.rights and reader.verified) or hears_nothing:
        return {}, [None]  # it would wait for ever
    document = f"subscription ($after: String) {{ events(after: $after) {{ {_ENTRY} }} }} {ALL}"
    operation = scene.engine.prepare(Params(document, variables={"after": _head(scene, reader)}))
    async with aclosing(scene.engine.subscribe(operation, scene.context(reader))) as stream:
        async for response in stream:
            entry = (response.get("data") or {}).get("events")
            if entry is None:
                return response, [None]
            if entry["referralId"] == told.id:
                return response, [entry["referral"]]
    return {}, [None]


def _head(scene: Scene, reader: Reader) -> str | None:
    return scene.heads.get(reader.side)


async def _with_its_group(scene: Scene, told: Told, reader: Reader) -> tuple[Json, Found]:
    """As one of its case's referrals, the case found by the id that its side knows."""
    document = (
        f"query ($it: ID!) {{ node(id: $it) {{ ... on ReferralGroup {{ items {{ ...All }} }} }} }} {ALL}"
    )
    heard, found = {}, []
    for side, own in told.own.items():
        heard[side] = await scene.ask(reader, document, it=own["group"])
        group = (heard[side].get("data") or {}).get("node")
        found += [one for one in (group or {}).get("items") or () if one["id"] == told.id]
    return heard, found or [None]


WAYS: dict[str, Way] = {
    "by id": _query("query ($id: ID) { referral(id: $id) { ...All } }", "referral", id="id"),
    "by folio": _query("query ($it: String) { referral(folio: $it) { ...All } }", "referral", it="folio"),
    "by own id": _own_id,
    "node": _query("query ($id: ID!) { node(id: $id) { ...All } }", "node", id="id"),
    "nodes": _query("query ($id: ID!) { nodes(ids: [$id]) { ...All } }", "nodes", id="id"),
    "list": _listed("NEWEST", "nodes { ...All }"),
    "list by deadline": _listed("DEADLINE", "edges { node { ...All } }"),
    "counts": _counted,
    "group": _with_its_group,
    "a change repeated by the sender": _repeated("acknowledgeReferral"),
    "a change repeated by the receiver": _repeated("startReferral"),
    "a stale change of the sender": _stale("correctReferral", priority="ROUTINE"),
    "a stale change of the receiver": _stale("completeReferral", outcome="FULLY_MET"),
    "a page of the feed": _page_of_the_feed,
    "a live feed": _live_feed,
}
# Whoever may do nothing more than act is answered by these, too.
ANSWERS = frozenset(way for way in WAYS if "change" in way)
# Each finds it for everybody who may look it up; by the others it may be refused, or not be there.
ALWAYS = frozenset({"by id", "by folio", "node", "nodes"})
OF_PARTIES = frozenset({"by own id", "list", "list by deadline", "counts", "group"})


def must_find(way: str, reader: Reader, case: Case) -> bool:
    """Whether that way certainly brings the referral to that reader."""
    if not may_look_up(reader, case):
        return False
    if way in ALWAYS:
        # A folio is looked up by roles or scopes, of which a coordinator may have none.
        return side_of(reader, case) != "coordinator" or way != "by folio"
    return way in OF_PARTIES and side_of(reader, case) in {"sender", "receiver"}
