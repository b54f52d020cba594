"""Issuing several needs of one person at once: every check first, then one document that commits them all.

The group's document names its referrals and holds them, complete, in an outbox of its own. They are created
at once by the process that committed them, or by whoever comes next.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

import msgspec

from chassis.outbox import pending_insert
from chassis.problems import ContendedError, IdempotencyKeyReusedError, InvalidError, UnreachableError
from contracts.groups import GetGroups, Group, GroupReply, Groups, IssueGroup
from contracts.progress import sees_progress_only
from contracts.referrals import IssueReferral
from contracts.rpc import Actor, FieldProblem
from contracts.warnings import Warned
from services.referrals import grouping, tiers
from services.referrals.actions import children, warn
from services.referrals.actions.replying import count
from services.referrals.actions.reserving import admit, refuse_taken, reserve_external_id
from services.referrals.actions.stepping import judged as ruled
from services.referrals.actions.stepping import to
from services.referrals.alerting import inherited
from services.referrals.document import Document
from services.referrals.errors import ExternalIdTakenError
from services.referrals.fields import T2
from services.referrals.firewall.exception import fields_of
from services.referrals.firewall.passing import passage
from services.referrals.means import Means
from services.referrals.opening import open_all
from services.referrals.outlined import outline_of
from services.referrals.pathways import least
from services.referrals.pathways.steps import Ruling
from services.referrals.roles import SENDER, Party
from services.referrals.sealed import NOTHING, seal, unseal
from services.referrals.store import REFERRALS
from services.referrals.vault import ErasedError, key_of

NOT_ISSUED = "Nothing was issued: some inputs are not right."
T2_ONLY = frozenset({T2})


async def issue(means: Means, request: IssueGroup, actor: Actor) -> GroupReply:
    """Issue a group, or replay what this caller issued under the same key.

    Raises:
        NotVerifiedError, ForbiddenError: the caller may not issue.
        IdempotencyKeyReusedError: the key was used for another input.
        InvalidError: what is wrong, all of it at once; with ``partial`` only where nothing is right.
        UnreachableError: the directory did not answer.
    """
    admit(actor, "issue")
    return await _Issuing(
        means=means,
        request=request,
        actor=actor,
        now=means.now(),
        group=means.marks.group(actor, request.idempotency_key),
        fingerprint=means.marks.fingerprint("issue_group", request),
    ).run()


@dataclass(frozen=True)
class _Issuing:
    """One request being carried out."""

    means: Means
    request: IssueGroup
    actor: Actor
    now: datetime
    group: str
    fingerprint: str

    async def run(self) -> GroupReply:
        there = await self.means.store.group(self.group)
        if there is not None:
            return await self._replay(there)
        asked = [need.service for need in self.request.needs]
        found = await self.means.directory.services(asked)
        passages = {
            place: passed
            for place, one in enumerate(self.request.needs)
            if (passed := await passage(self.means, one.service, found[one.service][1], one.need))
        }
        judged = grouping.judge(self.request, self.actor.organization or "", found, self.now, passages)
        judged = judged.and_also(await self._taken(judged.right))
        rulings = await self._ruled(judged, found, judged.right)
        judged = judged.and_also({place: ruling.problems for place, ruling in rulings.items()})
        judged = judged.and_also(
            {
                place: least.problems(self.means.pathways, said)
                for place, said in enumerate(judged.requests)
                if said is not None
            }
        )
        # Whoever is left out takes no step for the others.
        rulings = await self._ruled(judged, found, judged.right)
        judged = judged.and_also({place: ruling.problems for place, ruling in rulings.items()})
        if judged.common or (judged.problems and not self.request.partial) or not judged.right:
            raise InvalidError(NOT_ISSUED, judged.problems)
        marks = await self._reserve_external_ids(judged.right)
        documents = await self._prepare(judged, marks, found, rulings)
        reply = await self._commit(documents, judged.problems)
        return msgspec.structs.replace(reply, warnings=self._warnings(judged.right, found))

    def _warnings(self, places: Sequence[int], found: grouping.Found) -> tuple[Warned, ...]:
        """What its sender should know of the needs that are issued, each at its place."""
        warnings: list[Warned] = []
        for place in places:
            need = self.request.needs[place]
            said, (service, _) = grouping.said_of(self.request, need), found[need.service]
            found_of = (*warn.of_said(self.means, said, service), *warn.of_consent(said)) if said else ()
            warnings += [
                msgspec.structs.replace(one, path=("needs", str(place), *one.path)) for one in found_of
            ]
        return tuple(warnings)

    async def _ruled(
        self, judged: grouping.Judged, found: grouping.Found, places: Sequence[int]
    ) -> dict[int, Ruling]:
        """What the pathways say of each of those needs: one may take the steps of the others."""
        said = {place: cast(IssueReferral, judged.requests[place]) for place in places}
        receivers = {place: found[one.service][1] for place, one in said.items()}
        met = {place: to(receivers[place], one) for place, one in said.items()}
        return {
            place: await ruled(
                self.means, one, receivers[place], one.overrides, self.actor, beside=met.values()
            )
            for place, one in said.items()
        }

    async def _taken(self, places: Sequence[int]) -> dict[int, tuple[FieldProblem, ...]]:
        """Of the needs whose external id is another referral's, that it is."""
        taken: dict[int, tuple[FieldProblem, ...]] = {}
        for place in places:
            given, child = self.request.needs[place].external_id, self._child(place)
            try:
                await refuse_taken(self.means, self.actor, given, child, self.now)
            except ExternalIdTakenError as error:
                taken[place] = error.fields
        return taken

    async def _reserve_external_ids(self, places: Sequence[int]) -> dict[int, str | None]:
        """The marks of the needs' external ids, by their place.

        Raises:
            InvalidError: somebody took one of them just now.
        """
        marks: dict[int, str | None] = {}
        for place in places:
            given, child = self.request.needs[place].external_id, self._child(place)
            try:
                marks[place] = await reserve_external_id(self.means, self.actor, given, child, self.now)
            except ExternalIdTakenError as error:
                problems = tuple(grouping.at(place, field) for field in error.fields)
                raise InvalidError(NOT_ISSUED, problems) from error
        return marks

    async def _prepare(
        self,
        judged: grouping.Judged,
        marks: dict[int, str | None],
        found: grouping.Found,
        rulings: dict[int, Ruling],
    ) -> list[Document]:
        """The documents of the referrals, with all that they name made durable."""
        prepared = await asyncio.gather(
            *(
                children.prepare(
                    self.means,
                    replace(self._of(place, judged, marks[place], found), ruling=rulings[place]),
                    self.actor,
                    moment,
                )
                for place, moment in zip(marks, grouping.moments(self.now, len(marks)), strict=True)
            ),
            return_exceptions=True,
        )
        documents = [one for one in prepared if not isinstance(one, BaseException)]
        failure = next((one for one in prepared if isinstance(one, BaseException)), None)
        if failure is not None:
            await children.release_all(self.means, documents)
            raise failure
        return documents

    def _of(
        self, place: int, judged: grouping.Judged, mark: str | None, found: grouping.Found
    ) -> children.Child:
        request = cast(IssueReferral, judged.requests[place])
        service, receiver = found[request.service]
        assert service is not None
        assert receiver is not None
        return children.Child(
            id=self._child(place),
            request=request,
            fingerprint=self.fingerprint,
            sender=self.actor.organization or "",
            service=service,
            receiver=receiver,
            links={
                **_named(self.means, self.group, receiver.id),
                "part": place,
                **fields_of(judged.passages.get(place)),
            },
            external_mark=mark,
        )

    def _child(self, place: int) -> str:
        return self.means.marks.child(self.group, str(place))

    async def _commit(self, documents: list[Document], refused: tuple[FieldProblem, ...]) -> GroupReply:
        group: Document = {
            "_id": self.group,
            "sender": self.actor.organization,
            "fingerprint": self.fingerprint,
            "created_at": documents[0]["created_at"],
            "referrals": [document["_id"] for document in documents],
            "refused": await self._sealed(documents[0], refused),
            # Nothing is ever added to it, and no event tells of it: its referrals have theirs.
            "n": 1,
            "pending": [pending_insert(REFERRALS, one["_id"], one, 1) for one in documents],
            "pending_since": self.now,
        }
        if not await self.means.store.insert_group(group):
            # Somebody issued the same a moment before: leave nothing of ours behind, and show theirs.
            there = await self.means.store.group(self.group)
            await children.give_back(self.means, there, group["pending"])
            if there is None:
                raise ContendedError("The group was there, and is not any more: try again.")
            return await self._replay(there)
        self.means.groups.kick(self.group)
        await children.create(self.means, group["pending"])
        for document in documents:
            count("issue", {}, document)
        return await self._reply(group, refused, replayed=False)

    async def _sealed(self, document: Document, refused: tuple[FieldProblem, ...]) -> bytes | None:
        """Why some needs were left out, for a replay: it may tell of the person, and is T2 of a referral."""
        if not refused:
            return None
        with await self.means.vault.fetch([document["key_t2"]]) as keys:
            return seal(keys, document["key_t2"], refused)

    async def _replay(self, there: Document) -> GroupReply:
        if there["fingerprint"] != self.fingerprint:
            raise IdempotencyKeyReusedError
        await children.create(self.means, there["pending"])
        reply = await self._replayed(there)
        places = [
            place for place in range(len(self.request.needs)) if self._child(place) in there["referrals"]
        ]
        with contextlib.suppress(UnreachableError):
            found = await self.means.directory.services(
                [self.request.needs[place].service for place in places]
            )
            return msgspec.structs.replace(reply, warnings=self._warnings(places, found))
        return reply

    async def _replayed(self, there: Document) -> GroupReply:
        refused: tuple[FieldProblem, ...] = ()
        if there["refused"] is not None:
            with await self.means.vault.fetch([key_of(there["refused"])]) as keys:
                try:
                    refused = unseal(keys, there["refused"], tuple[FieldProblem, ...])
                except ErasedError:
                    refused = ()
        return await self._reply(there, refused, replayed=True)

    async def _reply(
        self, group: Document, refused: tuple[FieldProblem, ...], *, replayed: bool
    ) -> GroupReply:
        """The group as it now is, with the referrals as their sender may see them."""
        members = {one["_id"]: one for one in await self.means.store.in_groups([group["_id"]])}
        issued = [members[one] for one in group["referrals"] if one in members]
        if sees_progress_only(self.actor):
            sent = tuple(outline_of(one) for one in issued)
            return GroupReply(sent=sent, refused=refused, replayed=replayed)
        party = Party(SENDER, self.actor)
        shown = tuple(tiers.view(one, party, NOTHING, self.now) for one in issued)
        request = GetGroups(ids=(group["_id"],), with_category=True)
        (seen,) = (await get(self.means, request, self.actor)).items
        # Whoever may issue and not read sees what it has issued: this once.
        outline = Group(
            id=group["_id"],
            created_at=group["created_at"],
            state=grouping.state_of(list(members.values()), party),
            referrals=tuple(one["_id"] for one in issued),
        )
        return GroupReply(shown=seen or outline, referrals=shown, refused=refused, replayed=replayed)


def tied(means: Means, doc: Document, receiver: str) -> Document:
    """Return what ties the referral that takes another one's place to that one's group, if it has one."""
    if doc.get("group") is None:
        return {}
    return {**_named(means, doc["group"], receiver), "part": doc.get("part", 0), **inherited(doc)}


def _named(means: Means, group: str, receiver: str) -> Document:
    """The group's id, and the one by which the receiver knows it: another than every other receiver's."""
    return {"group": group, "case": means.marks.case(group, receiver)}


async def get(means: Means, request: GetGroups, actor: Actor) -> Groups:
    """Return the groups with those ids, in order; null for what the caller may not know of."""
    now = means.now()
    seen: dict[str, list[tuple[Document, Party]]] = {}
    for doc in await means.store.in_groups(set(request.ids)):
        party = tiers.party_of(doc, actor, now)
        if party is not None and tiers.may_read(party):
            seen.setdefault(grouping.group_of(doc, party) or "", []).append((doc, party))
    shown = {
        one: await _shown(means, one, seen[one], request.with_category) for one in request.ids if one in seen
    }
    return Groups(items=tuple(shown.get(one) for one in request.ids))


async def _shown(
    means: Means, group: str, members: list[tuple[Document, Party]], with_category: bool
) -> Group:
    members = sorted(members, key=lambda member: (member[0]["created_at"], member[0].get("part", 0)))
    docs, party = [doc for doc, _ in members], members[0][1]
    category = None
    # A receiver sees a part of the case: what it would be counted as by that is not what it is.
    if with_category and party.relation == SENDER:
        opened = await open_all(means, members, T2_ONLY, means.now())
        known = [one.circumstances for one in opened if one.circumstances is not None]
        category = grouping.category_of(known) if known else None
    return Group(
        id=group,
        created_at=docs[0]["created_at"],
        state=grouping.state_of(docs, party),
        referrals=tuple(doc["_id"] for doc in docs),
        category=category,
    )
