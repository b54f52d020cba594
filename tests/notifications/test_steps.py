"""Who hears of mandatory steps: the sender; and of what is overdue, who keeps the network."""

import msgspec

from contracts.codes import Side
from contracts.events import ASIDE_EVENTS, AsideEvent
from services.notifications.policy import audience
from tests.notifications.conftest import event_of


def test_the_sender_hears_of_steps_and_coordinators_of_those_that_are_overdue() -> None:
    outline = msgspec.structs.asdict(event_of("referral", 3))
    event = AsideEvent(**outline, told=Side.SENDER, coordinators=("red", "sender"))
    sender = [("sender", "sender")]
    assert audience(ASIDE_EVENTS["step_overdue"].type, event) == [*sender, ("red", "coordinator")]
    for name in ("overridden", "override_reviewed", "message_sent"):
        assert audience(ASIDE_EVENTS[name].type, event) == sender
