"""Ids: the same for the same source, and fit to be a token of a NATS subject."""

import re

from services.directory import ids

TOKEN = re.compile(r"[a-z]{2,3}_[a-z2-7]{26}")


def test_the_same_source_and_id_give_the_same_id_forever() -> None:
    assert ids.derived("organization", "cuenca", "1") == "org_bzxp3yc2zmg55wvr7hnllvamwm"


def test_neighbouring_parts_do_not_run_together() -> None:
    assert ids.derived("service", "a", "bc") != ids.derived("service", "ab", "c")
    assert ids.derived("service", "a", "b") != ids.derived("organization", "a", "b")


def test_any_source_id_gives_one_token() -> None:
    for source_id in ("", "a b.*>", "ñandú", "x" * 200, "\n"):
        assert TOKEN.fullmatch(ids.derived("service", "cuenca", source_id))


def test_fresh_ids_differ() -> None:
    made = {ids.fresh("client") for _ in range(100)}
    assert len(made) == 100
    assert all(TOKEN.fullmatch(one) for one in made)
