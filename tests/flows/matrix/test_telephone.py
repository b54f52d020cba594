"""Whom to telephone, as entries of the feed say it: to each reader what the referral itself says to it."""

from tests.flows.matrix.knowing import Case
from tests.flows.matrix.scene import LAST_RESORT, RECEIVER, SENDER, Scene
from tests.flows.matrix.test_matrix import READERS, stand

LATE = "referrals.referral.overdue.v1"
PAGE = f"""query ($after: String) {{ events(after: $after, first: 60, types: ["{LATE}"]) {{ nodes {{
  relation referralId deadline emergencyPhone {{ number }}
  referral {{ emergencyPhone {{ number }} }} }} }} }}"""


async def test_an_entry_names_no_telephone_that_its_reader_may_not_know(scene: Scene) -> None:
    shown = set()
    for sensitive in (False, True):
        told, truth = await stand(scene, Case("SENT", sensitive, "EMERGENCY"))
        for reader in READERS:
            answer = await scene.ask(reader, PAGE, after=scene.heads.get(reader.side))
            nodes = ((answer.get("data") or {}).get("events") or {}).get("nodes") or []
            for one in nodes:
                if one["referralId"] != told.id:
                    continue
                assert one["deadline"] == "DECIDE"
                own = one["referral"] and one["referral"]["emergencyPhone"]
                assert one["emergencyPhone"] == (None if one["relation"] == "RECEIVER" else own), reader.name
                shown.add((sensitive, reader.side, own and own["number"]))
        number = truth["emergencyPhone"]["number"]
        assert number != LAST_RESORT
        assert (sensitive, SENDER.side, number) in shown
        assert (sensitive, RECEIVER.side, number) in shown
    assert (True, SENDER.side, LAST_RESORT) in shown


async def test_once_somebody_has_answered_there_is_nobody_to_telephone(scene: Scene) -> None:
    for status in ("RECEIVED", "ACCEPTED", "DECLINED"):
        told, _ = await stand(scene, Case(status, priority="EMERGENCY"))
        answer = await scene.ask(SENDER, PAGE, after=scene.heads[SENDER.side])
        nodes = answer["data"]["events"]["nodes"]
        assert [one["emergencyPhone"] for one in nodes if one["referralId"] == told.id] == [None]
