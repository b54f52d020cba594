"""Who may do what: one table of roles and scopes for every action, and one for what they let a reader see."""

from dataclasses import dataclass

from contracts.codes import Role, Scope
from contracts.rpc import Actor
from contracts.sentences import Sentence

SENDER = "sender"
RECEIVER = "receiver"
COORDINATOR = "coordinator"
SYSTEM = "system"
# No party, and nobody who acts: an agreement lets it see the outline.
SUBSCRIBER = "subscriber"

_SENDS = frozenset({Role.INTAKE, Role.CASEWORKER, Role.MANAGER})
_WORKS = frozenset({Role.CASEWORKER, Role.MANAGER})
_MANAGES = frozenset({Role.MANAGER})

# (action, side): the member's roles, one of which is needed, and the client's scope. What the system
# does, nobody else may; a coordinator may act for either side.
ROLES: dict[tuple[str, str], tuple[frozenset[Role], Scope | None]] = {
    ("draft", SENDER): (_SENDS, Scope.REFERRALS_SEND),
    ("update_draft", SENDER): (_SENDS, Scope.REFERRALS_SEND),
    ("send", SENDER): (_SENDS, Scope.REFERRALS_SEND),
    ("issue", SENDER): (_SENDS, Scope.REFERRALS_SEND),
    ("reply", SENDER): (_WORKS, Scope.REFERRALS_SEND),
    ("refuse_redirect", SENDER): (_WORKS, Scope.REFERRALS_SEND),
    ("confirm_redirect", SENDER): (_WORKS, Scope.REFERRALS_SEND),
    ("cancel", SENDER): (_WORKS, Scope.REFERRALS_SEND),
    ("correct", SENDER): (_WORKS, Scope.REFERRALS_SEND),
    ("acknowledge", SENDER): (_WORKS, Scope.REFERRALS_SEND),
    ("withdraw_consent", SENDER): (_WORKS, Scope.REFERRALS_SEND),
    # By a second member; or by a coordinator where there is none, or it is overdue.
    ("review_basis", SENDER): (_WORKS, Scope.REFERRALS_SEND),
    # A system can neither void nor erase: that takes a person who answers for it. A coordinator's names one.
    ("void", SENDER): (_MANAGES, None),
    ("erase", SENDER): (_MANAGES, None),
    ("receive", RECEIVER): (_WORKS, Scope.REFERRALS_ANSWER),
    ("ask", RECEIVER): (_WORKS, Scope.REFERRALS_ANSWER),
    ("waitlist", RECEIVER): (_WORKS, Scope.REFERRALS_ANSWER),
    ("accept", RECEIVER): (_WORKS, Scope.REFERRALS_ANSWER),
    ("decline", RECEIVER): (_WORKS, Scope.REFERRALS_ANSWER),
    ("propose_redirect", RECEIVER): (_WORKS, Scope.REFERRALS_ANSWER),
    ("reschedule", RECEIVER): (_WORKS, Scope.REFERRALS_ANSWER),
    ("start", RECEIVER): (_WORKS, Scope.REFERRALS_ANSWER),
    ("pause", RECEIVER): (_WORKS, Scope.REFERRALS_ANSWER),
    ("resume", RECEIVER): (_WORKS, Scope.REFERRALS_ANSWER),
    ("complete", RECEIVER): (_WORKS, Scope.REFERRALS_ANSWER),
    ("end", RECEIVER): (_WORKS, Scope.REFERRALS_ANSWER),
    ("cancel", RECEIVER): (_WORKS, Scope.REFERRALS_ANSWER),
    ("reopen", RECEIVER): (_WORKS, Scope.REFERRALS_ANSWER),
    ("confirm_erasure", RECEIVER): (_WORKS, Scope.REFERRALS_ANSWER),
    # Its receiver's to do, as the sender of a new one.
    ("refer_on", RECEIVER): (_WORKS, Scope.REFERRALS_SEND),
    ("lapse_redirect", SYSTEM): (frozenset(), None),
    ("expire", SYSTEM): (frozenset(), None),
}

# Who records, on the sender's side, what a receiver has answered by telephone.
RECORDING: tuple[frozenset[Role], Scope | None] = (_WORKS, Scope.REFERRALS_SEND)

# What changes nothing of a referral, and so is no row of its table: for the two parties; to a coordinator is
# left a review. Who marks messages as read has to be one that can read them.
ASIDES: dict[tuple[str, str], tuple[frozenset[Role], Scope | None]] = {
    ("write about", SENDER): (_WORKS, Scope.REFERRALS_SEND),
    ("write about", RECEIVER): (_WORKS, Scope.REFERRALS_ANSWER),
    ("assign", SENDER): (_WORKS, Scope.REFERRALS_SEND),
    ("assign", RECEIVER): (_WORKS, Scope.REFERRALS_ANSWER),
    ("override a step of", SENDER): (_WORKS, Scope.REFERRALS_SEND),
    ("review an override of", SENDER): (_WORKS, Scope.REFERRALS_SEND),
    ("review an override of", COORDINATOR): (_MANAGES, Scope.REFERRALS_SEND),
    ("report a step of", SENDER): (_WORKS, Scope.REFERRALS_SEND),
    ("print the record of", SENDER): (_WORKS, Scope.REFERRALS_READ_PERSON),
    ("mark what is read of", SENDER): (_WORKS, Scope.REFERRALS_READ_PERSON),
    ("mark what is read of", RECEIVER): (_WORKS, Scope.REFERRALS_READ_PERSON),
}

# What a coordinator's client does by that scope, but only for a member whom it names.
FOR_A_MEMBER: dict[str, Scope] = {"void": Scope.REFERRALS_SEND, "erase": Scope.REFERRALS_SEND}

# What each role or scope lets its holder see of a referral of the own organization, stages permitting.
# T4 is the caseworkers' alone; a manager who needs it is a caseworker as well.
TIERS: dict[Role | Scope, frozenset[str]] = {
    Role.INTAKE: frozenset({"T1"}),
    Role.VIEWER: frozenset({"T1"}),
    Role.CASEWORKER: frozenset({"T1", "T2", "T3", "T4", "parties"}),
    Role.MANAGER: frozenset({"T1", "T2", "T3", "parties"}),
    Scope.REFERRALS_READ: frozenset({"T1"}),
    Scope.REFERRALS_READ_PERSON: frozenset({"T2", "T3", "parties"}),
    Scope.REFERRALS_READ_SENSITIVE: frozenset({"T4"}),
}


@dataclass(frozen=True)
class Party:
    """Somebody with a say in a referral: who it is, and on which side of it (one of the first four above).

    ``records`` says of a sender that it records the answers of its receiver, which answers by telephone;
    ``needs``, of a subscriber, which needs its agreements name.
    """

    relation: str
    actor: Actor
    records: bool = False
    needs: frozenset[str] = frozenset()

    def is_for(self, side: str) -> bool:
        """Whether what that side may do is this party's; a coordinator may act for either of the two."""
        if self.relation == COORDINATOR:
            return side != SYSTEM
        return side == self.relation or (self.records and side == RECEIVER)

    def may(self, action: str, side: str) -> bool:
        """Whether the roles or scopes allow the action on that side."""
        if not self.is_for(side):
            return False
        # A coordinator's client has its scopes as any other: not each of them is made to act for others.
        if self.relation == SYSTEM or (self.relation == COORDINATOR and self.actor.kind != "client"):
            return True
        roles, scope = RECORDING if self._is_recording(side) else ROLES[action, side]
        if self.actor.kind != "client":
            return not roles.isdisjoint(self.actor.roles)
        if self.relation == COORDINATOR and self.actor.on_behalf_of is not None:
            scope = scope or FOR_A_MEMBER.get(action)
        return scope is not None and scope in self.actor.scopes

    def _is_recording(self, side: str) -> bool:
        return self.relation == SENDER and side == RECEIVER

    def may_beside(self, action: str) -> bool:
        """Whether this party may do that on its own side, beside the referral's course."""
        roles, scope = ASIDES.get((action, self.relation), (frozenset(), None))
        if self.actor.kind != "client":
            return not roles.isdisjoint(self.actor.roles)
        return scope is not None and scope in self.actor.scopes


def lacking(action: str, side: str, party: Party) -> Sentence:
    """Say what this party's actor lacks to take the action on that side: for the refusal."""
    is_recorded = party.relation == SENDER and side == RECEIVER
    roles, scope = RECORDING if is_recorded else (ROLES | ASIDES)[action, side]
    actor = party.actor
    if actor.kind == "client":
        if scope is not None:
            return Sentence("This client lacks the scope {scope}.", scope=scope)
        words = (
            "No client can {action} a referral but a coordinator's, for a member whom it names: "
            "ask a coordinator of the network."
        )
        return Sentence(words, action=Sentence(action))
    words = "To {action} a referral takes one of the roles {roles}."
    return Sentence(words, action=Sentence(action), roles=", ".join(sorted(roles)))


def tiers_of(actor: Actor) -> frozenset[str]:
    """The tiers that the actor's roles or scopes open within its own organization."""
    granted: set[str] = set()
    for name in actor.scopes if actor.kind == "client" else actor.roles:
        granted |= TIERS.get(name, frozenset())  # type: ignore[call-overload] # codes are their strings
    return frozenset(granted)
