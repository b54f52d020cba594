"""Deadlines of referrals: what is awaited and by when, what an operator is shown of them."""

from enum import StrEnum

PART = "referrals"


class Deadline(StrEnum):
    """What is awaited, and has a time."""

    RECEIVE = "receive"
    DECIDE = "decide"
    REPLY = "reply"
    REDIRECT = "redirect"
    REVIEW = "review"
    ARRIVE = "arrive"
    RESUME = "resume"
    ACTIVITY = "activity"


class Side(StrEnum):
    """One of the two parties of a referral."""

    SENDER = "sender"
    RECEIVER = "receiver"
