"""The checker sees what it is there to see: each kind of violation is planted in a right history."""

import random

from tests.flows.checker import Asked, Told, Violation, awaited, check, follow

EVENTS = ("sent", "received", "accepted", "completed")
REFERRALS = [f"r{number}" for number in range(20)]
RECORD = [
    Asked(referral, event, version, folio=f"REL-{referral}")
    for version, event in enumerate(EVENTS, 1)
    for referral in REFERRALS
]


def told(record: list[Asked]) -> list[Told]:
    """A feed that is right: each referral's changes in order, the referrals in any."""
    rest = [
        Told(asked.referral, asked.event, asked.version, asked.folio or "")
        for asked in record
        if asked.referral and asked.version
    ]
    referrals = [entry.referral for entry in rest]
    random.Random(7).shuffle(referrals)  # noqa: S311 - any order will do
    return [rest.pop(next(i for i, e in enumerate(rest) if e.referral == referral)) for referral in referrals]


def kinds(violations: list[Violation]) -> list[str]:
    return sorted(violation.kind for violation in violations)


def test_a_right_history_passes() -> None:
    feed = told(RECORD)
    assert feed != [Told(a.referral or "", a.event, a.version or 0, a.folio or "") for a in RECORD]
    assert check(RECORD, {"sender": feed, "receiver": told(RECORD)}) == []


def test_a_planted_loss_is_seen_in_the_feed_that_has_it() -> None:
    feed = told(RECORD)
    for place in range(len(feed)):
        short = feed[:place] + feed[place + 1 :]
        assert check(RECORD, {"sender": feed, "receiver": short}) == [
            Violation("lost", "receiver", feed[place])
        ]


def test_a_planted_duplicate_is_seen_wherever_it_stands() -> None:
    feed = told(RECORD)
    for place in range(len(feed) + 1):
        twice = [*feed[:place], feed[30], *feed[place:]]
        found = check(RECORD, {"sender": twice, "receiver": feed})
        assert Violation("duplicate", "sender", feed[30]) in found


def test_a_planted_swap_within_a_referral_is_seen() -> None:
    feed = told(RECORD)
    first, second = (
        place for place, entry in enumerate(feed) if entry.referral == "r3" and entry.version > 2
    )
    swapped = list(feed)
    swapped[first], swapped[second] = feed[second], feed[first]
    assert kinds(check(RECORD, {"sender": swapped, "receiver": feed})) == ["swapped"]


def test_two_referrals_have_no_order_between_them() -> None:
    feed = told(RECORD)
    assert check(RECORD, {"sender": sorted(feed, key=lambda entry: entry.referral), "receiver": feed}) == []


def test_a_planted_invention_is_seen() -> None:
    feed = told(RECORD)
    inventions = [
        Told("r0", "cancelled", 5, "REL-r0"),  # a change that nobody asked for
        Told("r0", "received", 7, "REL-r0"),  # a change that was asked for, made once more
        Told("r0", "received", 2, "REL-r1"),  # another referral's folio
        Told("stranger", "sent", 1, "REL-stranger"),  # a referral that nobody issued
    ]
    for invention in inventions:
        found = check(RECORD, {"sender": feed, "receiver": [*feed, invention]})
        assert found == [Violation("invented", "receiver", invention)]


def test_a_change_without_an_answer_may_have_happened_or_not_but_once_and_for_both() -> None:
    record = [*RECORD, Asked("r0", "acknowledged", None)]
    without, entry = told(RECORD), Told("r0", "acknowledged", 5, "REL-r0")
    assert check(record, {"sender": without, "receiver": without}) == []
    with_it = [*without, entry]
    assert check(record, {"sender": with_it, "receiver": with_it}) == []
    assert check(record, {"sender": with_it, "receiver": without}) == [Violation("lost", "receiver", entry)]
    assert kinds(check(record, {"sender": [*with_it, entry], "receiver": with_it})) == ["duplicate"]
    early = [entry, *without]
    assert kinds(check(record, {"sender": early, "receiver": with_it})) == ["swapped"]


def test_a_change_without_an_answer_does_not_excuse_what_comes_after_it() -> None:
    record = [
        Asked("r", "sent", 1, "REL-r"),
        Asked("r", "received", None),
        Asked("r", "accepted", 3, "REL-r"),
    ]
    feed = [
        Told("r", "sent", 1, "REL-r"),
        Told("r", "received", 2, "REL-r"),
        Told("r", "accepted", 3, "REL-r"),
    ]
    assert check(record, {"sender": feed, "receiver": feed}) == []
    assert kinds(check(record, {"sender": feed[:2], "receiver": feed})) == ["lost"]
    gap = [feed[0], feed[2]]  # version 3 was answered, so version 2 has happened
    assert kinds(check(record, {"sender": feed, "receiver": gap})) == ["lost"]
    assert kinds(check(record, {"sender": gap, "receiver": gap})) == ["lost", "lost"]


def test_an_issue_without_an_answer_explains_one_referral_and_no_more() -> None:
    record = [*RECORD, Asked(None, "sent", None)]
    one, two = Told("x", "sent", 1, "REL-x"), Told("y", "sent", 1, "REL-y")
    feed = told(RECORD)
    assert check(record, {"sender": [*feed, one], "receiver": [*feed, one]}) == []
    assert kinds(check(record, {"sender": [*feed, one], "receiver": feed})) == ["lost"]
    assert kinds(check(record, {"sender": [*feed, one, two], "receiver": [*feed, one, two]})) == [
        "invented",
        "invented",
    ]


def test_a_live_reader_must_see_all_of_the_feed_once_in_its_order() -> None:
    feed = told(RECORD)
    assert follow("live", feed, feed) == []
    assert follow("live", feed, feed[:-1]) == [Violation("lost", "live", feed[-1])]
    assert follow("live", feed, [*feed, feed[0]]) == [Violation("duplicate", "live", feed[0])]
    assert kinds(follow("live", feed, [feed[1], feed[0], *feed[2:]])) == ["swapped"]
    stranger = Told("x", "sent", 1, "REL-x")
    assert follow("live", feed, [*feed, stranger]) == [Violation("invented", "live", stranger)]


def test_what_is_told_to_somebody_else_is_a_leak_and_what_it_is_for_must_be_there() -> None:
    both, three = frozenset({"a", "b"}), frozenset({"a", "c"})
    record = [
        Asked("r", "sent", 1, "REL-r", told=both),
        Asked("r", "message_sent", 1, "REL-r", told=frozenset({"b"}), aside=True),
        Asked("r", "assigned", 1, "REL-r", told=frozenset({"a"}), aside=True),
        Asked("r", "assigned", 1, "REL-r", told=frozenset({"b"}), aside=True),
        Asked("r", "redirected", 2, "REL-r", told=both),
        Asked("s", "sent", 1, "REL-s", told=three),
    ]
    sent, wrote, given, moved = (
        Told("r", event, version, "REL-r")
        for event, version in (("sent", 1), ("message_sent", 1), ("assigned", 1), ("redirected", 2))
    )
    new = Told("s", "sent", 1, "REL-s")
    right = {"a": [sent, given, moved, new], "b": [sent, wrote, given, moved], "c": [new]}
    assert check(record, right) == []
    assert [awaited(record, name) for name in right] == [4, 4, 1]
    for name, entry in (("a", wrote), ("b", new), ("c", moved)):
        leaky = {**right, name: [*right[name], entry]}
        assert check(record, leaky) == [Violation("leaked", name, entry)]
    assert check(record, {**right, "c": []}) == [Violation("lost", "c", new)]
    late = {**right, "b": [sent, given, moved, wrote]}
    assert check(record, late) == [Violation("swapped", "b", wrote)]


def test_what_is_beside_a_course_and_went_unanswered_may_have_happened_and_takes_no_version() -> None:
    record = [
        Asked("r", "sent", 1, "REL-r"),
        Asked("r", "message_sent", None, aside=True),
        Asked("r", "received", 2, "REL-r"),
    ]
    feed = [Told("r", event, version, "REL-r") for event, version in (("sent", 1), ("received", 2))]
    wrote = Told("r", "message_sent", 1, "REL-r")
    assert check(record, {"a": feed}) == []
    assert check(record, {"a": [feed[0], wrote, feed[1]]}) == []
    assert kinds(check(record, {"a": [feed[0], wrote, feed[1]], "b": feed})) == ["lost"]
