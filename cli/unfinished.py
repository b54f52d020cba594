"""Exchanges of keys that have begun and not ended, and the command that goes on, as far as the files tell.

Whoever looks may not see every folder: an operator under compose sees its own and what is public. Its own is
exchanged with all others, as the last.
"""

import json
from pathlib import Path

from cli import signing
from cli.keys import NEXT_SEED, OLD_PUBLIC, PUBLIC, SEED, USERS
from cli.rotation import FOLDER
from services.referrals.masters import NEXT, OLD, file_of


def unfinished(folder: Path, *, is_embedded: bool) -> list[str]:
    """Return a sentence for each exchange in that folder of keys that has not ended.

    ``is_embedded`` says that the network of this folder runs on this machine, where one command does all.
    """
    return [
        sentence
        for sentence in (_of_parts(folder, is_embedded=is_embedded), _of_master(folder), _of_tokens(folder))
        if sentence is not None
    ]


def _of_parts(folder: Path, *, is_embedded: bool) -> str | None:
    seen = [user for user in USERS if (folder / user / SEED).exists()]
    upcoming = [user for user in seen if (folder / user / NEXT_SEED).exists()]
    exchanged = [user for user in seen if (folder / user / OLD_PUBLIC).exists()]
    if upcoming:
        said, option = "the parts' next nkeys are made and not in place", ""
        # Nobody may use a next key before the bus knows all of them.
        if set(seen) - {*upcoming, *exchanged}:
            said, option = "not all of the parts' next nkeys are made", " --prepare"
    elif exchanged or _has_two(folder):
        said, option = "the parts' old nkeys are good still", " --forget"
    else:
        return None
    return _go_on(said, "rotate-parts" + ("" if is_embedded else option))


def _has_two(folder: Path) -> bool:
    """Whether two keys of anybody are good."""
    try:
        public = json.loads((folder / PUBLIC).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False  # without it nobody could have asked the parts anything: they say so
    return any(isinstance(keys, list) and len(keys) > 1 for keys in public.values())


def _of_master(folder: Path) -> str | None:
    at = folder / FOLDER
    if file_of(at, NEXT) or file_of(at, OLD):
        return _go_on("two master keys are there, of which one opens only some persons", "rotate-master")
    return None


def _of_tokens(folder: Path) -> str | None:
    if (folder / signing.FOLDER / signing.NEXT).exists():
        return _go_on("the next key of access tokens is made and does not sign", "rotate-tokens")
    return None


def _go_on(said: str, command: str) -> str:
    return f"{said}: go on with `relevo keys {command}` (docs/keys.md)"
