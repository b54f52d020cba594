"""Exchanging the master key of the referrals' vault while everything goes on, from wherever it stopped.

The new key is beside the old one before anything is wrapped with it, and the old one until nothing is: a
process that dies anywhere leaves both, and the next run goes on. The files are those of
``services.referrals.masters``.
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from chassis.settings import key_name, read_key
from cli import keys
from cli.exits import CommandError, Exit
from cli.operator import Operator
from contracts.keys import REWRAP_KEYS, RewrapKeys, Rewrapped

FOLDER = "referrals"
CURRENT, NEXT, OLD = "master.key", "master.next.key", "master.old.key"
BYTES = keys.RANDOM[f"{FOLDER}/{CURRENT}"]
# A replica that has just made a key with the old one has stored it by then, or sees the new one.
SETTLE_SECONDS = 2.0

Progress = Callable[[int, int], None]


class Rotation:
    """One exchange of the key in a folder."""

    def __init__(self, folder: Path) -> None:
        self._at = folder / FOLDER

    def prepare(self) -> bool:
        """Put the new key beside the old one; False where there is one, of a run that did not end.

        Raises:
            CommandError: the folder has no master key, or cannot be written.
        """
        try:
            read_key(self._at / CURRENT, BYTES)
            if (self._at / NEXT).exists() or (self._at / OLD).exists():
                return False
            keys.write(self._at / NEXT, os.urandom(BYTES))
        except SystemExit as error:
            raise CommandError(str(error).removeprefix("relevo: "), Exit.NOT_WRITABLE) from error
        except OSError as error:
            sentence = f"{self._at} cannot be written: {error.strerror}"
            raise CommandError(sentence, Exit.NOT_WRITABLE) from error
        return True

    async def carry_out(self, operator: Operator, most: int, progress: Progress) -> int:
        """Wrap every data key with the new one, put it in the old one's place; return how many were wrapped.

        Raises:
            CommandError: the network cannot be reached, a replica has not got the new key, or some data keys
                open with neither. Nothing is lost by that: the next run goes on.
        """
        target = key_name(read_key(self._newest, BYTES))
        done = await _rewrap(operator, target, most, progress)
        if (self._at / NEXT).exists():
            if not (self._at / OLD).exists():
                keys.write(self._at / OLD, read_key(self._at / CURRENT, BYTES))
            (self._at / NEXT).replace(self._at / CURRENT)
            keys.make_durable(self._at)
        await asyncio.sleep(SETTLE_SECONDS)
        # What was made in the very moment in which the new key came.
        done += await _rewrap(operator, target, most, progress)
        (self._at / OLD).unlink(missing_ok=True)
        return done

    @property
    def _newest(self) -> Path:
        return self._at / NEXT if (self._at / NEXT).exists() else self._at / CURRENT


async def _rewrap(operator: Operator, target: str, most: int, progress: Progress) -> int:
    done = 0
    while True:
        reply: Rewrapped = await operator.ask(REWRAP_KEYS, RewrapKeys(target=f"local:{target}", most=most))
        done += reply.done
        progress(done, reply.left)
        if not reply.left:
            return done
        if not reply.done and reply.unreadable:
            raise CommandError(
                f"{reply.left} data keys open with neither master key: put the one back that wrapped them",
                Exit.WRONG,
            )
