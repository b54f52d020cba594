"""The referrals service's requests: which action answers which operation, and for whom."""

from functools import partial

from chassis.identity import OPERATOR
from chassis.rpc import Server
from contracts import (
    assignment,
    changes,
    consents,
    correcting,
    deadlines,
    drafts,
    erasing,
    lists,
    redirects,
    sent,
    talk,
)
from contracts import referrals as contract
from contracts.assignment import AssignReferral
from contracts.changes import Change as ChangeRequest
from contracts.consents import ReviewBasis, WithdrawConsent
from contracts.correcting import CorrectReferral
from contracts.deadlines import AwaitedList, DueList, GetAwaited, ListDue
from contracts.drafts import DraftReferral, SendReferral, UpdateDraft
from contracts.erasing import Erase, EraseByFolio, Erasures
from contracts.groups import GET_GROUPS, ISSUE_GROUP, GetGroups, GroupReply, Groups, IssueGroup
from contracts.keys import REWRAP_KEYS, RewrapKeys, Rewrapped
from contracts.lists import CountReferrals, ListReferrals, ReferralCounts, ReferralList
from contracts.onward import REFER_ON, ReferOn
from contracts.redirects import ConfirmRedirect, ProposeRedirect
from contracts.referrals import (
    FindReferral,
    FoundReferral,
    GetHistory,
    GetReferrals,
    History,
    IssueReferral,
    ReferralReply,
    Referrals,
)
from contracts.rpc import Actor
from contracts.sent import FindSent, FoundSent, ListSent, SentList
from contracts.talk import GetMessages, MarkRead, MessageReply, Messages, SendMessage
from services.referrals.actions import (
    assign,
    basis,
    change,
    correct,
    draft,
    erase,
    group,
    issue,
    message,
    onward,
    read,
    redirect,
    rewrapping,
    upcoming,
    withdraw,
)
from services.referrals.actions import sent as sending
from services.referrals.boxes import actions as boxes
from services.referrals.means import Means

# One operation for each action, by its name in the table.
CHANGES = (
    changes.RECEIVE,
    changes.ACCEPT,
    changes.ASK,
    changes.REPLY,
    changes.WAITLIST,
    changes.RESCHEDULE,
    changes.PAUSE,
    changes.RESUME,
    changes.REOPEN,
    changes.DECLINE,
    changes.START,
    changes.COMPLETE,
    changes.END,
    changes.CANCEL,
    changes.VOID,
    changes.ACKNOWLEDGE,
    redirects.REFUSE_REDIRECT,
    consents.CONFIRM_ERASURE,
)


# Whoever writes to members asks what of it is still to be done, and whose it is.
NOTIFICATIONS = frozenset({"notifications"})


class Api:
    """Answers what is asked of referrals; the folders beside have APIs of their own."""

    def __init__(self, means: Means) -> None:
        self._means = means

    def serve(self, server: Server) -> None:
        """Register every operation: the gateway's to ask, but for those that are an operator's."""
        server.add(contract.ISSUE, self.issue)
        server.add(drafts.DRAFT, self.draft)
        server.add(drafts.UPDATE_DRAFT, self.update_draft)
        server.add(drafts.SEND, self.send)
        for operation in CHANGES:
            server.add(operation, partial(self.change, operation.name))
        server.add(correcting.CORRECT, self.correct)
        server.add(consents.WITHDRAW_CONSENT, self.withdraw_consent)
        server.add(consents.REVIEW_BASIS, self.review_basis)
        server.add(redirects.PROPOSE_REDIRECT, self.propose_redirect)
        server.add(redirects.CONFIRM_REDIRECT, self.confirm_redirect)
        server.add(assignment.ASSIGN, self.assign)
        server.add(talk.SEND_MESSAGE, self.send_message)
        server.add(talk.MARK_READ, self.mark_read)
        server.add(talk.MESSAGES, self.messages)
        server.add(REFER_ON, self.refer_on)
        server.add(ISSUE_GROUP, self.issue_group)
        server.add(GET_GROUPS, self.get_groups)
        server.add(contract.GET, self.get)
        server.add(contract.FIND, self.find)
        server.add(lists.LIST, self.list)
        server.add(lists.COUNT, self.count)
        server.add(sent.FIND_SENT, self.find_sent)
        server.add(sent.LIST_SENT, self.list_sent)
        server.add(contract.HISTORY, self.history)
        server.add(deadlines.DUE, self.due, frozenset({OPERATOR}))
        server.add(deadlines.GET_AWAITED, self.get_awaited, NOTIFICATIONS)
        server.add(erasing.ERASE, self.erase)
        server.add(erasing.ERASE_BY_FOLIO, self.erase_by_folio, frozenset({OPERATOR}))
        server.add(REWRAP_KEYS, self.rewrap_keys, frozenset({OPERATOR}))

    async def issue(self, request: IssueReferral, actor: Actor) -> ReferralReply:
        return await issue.issue(self._means, request, actor)

    async def draft(self, request: DraftReferral, actor: Actor) -> ReferralReply:
        return await draft.draft(self._means, request, actor)

    async def update_draft(self, request: UpdateDraft, actor: Actor) -> ReferralReply:
        return await draft.update(self._means, request, actor)

    async def send(self, request: SendReferral, actor: Actor) -> ReferralReply:
        return await draft.send(self._means, request, actor)

    async def change(self, action: str, request: ChangeRequest, actor: Actor) -> ReferralReply:
        return await change.change(self._means, action, request, actor)

    async def correct(self, request: CorrectReferral, actor: Actor) -> ReferralReply:
        return await correct.correct(self._means, request, actor)

    async def withdraw_consent(self, request: WithdrawConsent, actor: Actor) -> ReferralReply:
        return await withdraw.withdraw(self._means, request, actor)

    async def review_basis(self, request: ReviewBasis, actor: Actor) -> ReferralReply:
        return await basis.review(self._means, request, actor)

    async def propose_redirect(self, request: ProposeRedirect, actor: Actor) -> ReferralReply:
        return await redirect.propose(self._means, request, actor)

    async def confirm_redirect(self, request: ConfirmRedirect, actor: Actor) -> ReferralReply:
        return await redirect.confirm(self._means, request, actor)

    async def assign(self, request: AssignReferral, actor: Actor) -> ReferralReply:
        return await assign.assign(self._means, request, actor)

    async def send_message(self, request: SendMessage, actor: Actor) -> MessageReply:
        return await message.send(self._means, request, actor)

    async def mark_read(self, request: MarkRead, actor: Actor) -> MessageReply:
        return await message.mark_read(self._means, request, actor)

    async def messages(self, request: GetMessages, actor: Actor) -> Messages:
        return await message.get(self._means, request, actor)

    async def refer_on(self, request: ReferOn, actor: Actor) -> ReferralReply:
        return await onward.refer_on(self._means, request, actor)

    async def issue_group(self, request: IssueGroup, actor: Actor) -> GroupReply:
        return await group.issue(self._means, request, actor)

    async def get_groups(self, request: GetGroups, actor: Actor) -> Groups:
        return await group.get(self._means, request, actor)

    async def get(self, request: GetReferrals, actor: Actor) -> Referrals:
        return await read.get(self._means, request, actor)

    async def find(self, request: FindReferral, actor: Actor) -> FoundReferral:
        return await read.find(self._means, request, actor)

    async def list(self, request: ListReferrals, actor: Actor) -> ReferralList:
        return await boxes.list_(self._means, request, actor)

    async def count(self, request: CountReferrals, actor: Actor) -> ReferralCounts:
        return await boxes.count(self._means, request, actor)

    async def find_sent(self, request: FindSent, actor: Actor) -> FoundSent:
        return await sending.find(self._means, request, actor)

    async def list_sent(self, request: ListSent, actor: Actor) -> SentList:
        return await sending.list_(self._means, request, actor)

    async def history(self, request: GetHistory, actor: Actor) -> History:
        return await read.history(self._means, request, actor)

    async def due(self, request: ListDue, _actor: Actor) -> DueList:
        return await upcoming.list_due(self._means, request)

    async def get_awaited(self, request: GetAwaited, _actor: Actor) -> AwaitedList:
        return await upcoming.get_awaited(self._means, request)

    async def erase(self, request: Erase, actor: Actor) -> ReferralReply:
        return await erase.erase(self._means, request, actor)

    async def erase_by_folio(self, request: EraseByFolio, actor: Actor) -> Erasures:
        return await erase.by_folio(self._means, request, actor)

    async def rewrap_keys(self, request: RewrapKeys, _actor: Actor) -> Rewrapped:
        return await rewrapping.rewrap(self._means, request)
