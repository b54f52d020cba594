"""Exchanging the master key of the referrals' vault while everything goes on, from wherever it stopped.

The new key is beside the old one before anything is wrapped with it, and the old one until nothing is: a
process that dies anywhere leaves both, and the next run goes on. The files are those of
``services.referrals.masters``; either key may be a file or sealed by a KMS.
"""

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path

from chassis.archive import make_durable
from cli import keys
from cli.exits import CommandError, Exit
from cli.operator import Operator
from contracts.keys import PART, REWRAP_KEYS, RewrapKeys, Rewrapped
from services.referrals.kms import SETTING, Kms, KmsError
from services.referrals.masters import (
    CURRENT,
    MASTER_KEY_BYTES,
    NEXT,
    OLD,
    SEALED,
    Masters,
    file_of,
    sealed_name,
)

FOLDER = "referrals"
# A replica that has just made a key with the old one has stored it by then, or sees the new one.
SETTLE_SECONDS = 2.0
# Whoever has not said anything for so long has no more to say.
HEARD_SECONDS = 1.0

Progress = Callable[[int, int], None]


class Rotation:
    """One exchange of the key in a folder; ``kms`` names the settings of the KMS, where one is used."""

    def __init__(self, folder: Path, kms: Path | None = None) -> None:
        self._at = folder / FOLDER
        try:
            self._kms = Kms(kms) if kms else None
        except KmsError as error:
            raise CommandError(str(error), Exit.USAGE) from None

    def prepare(self, *, sealed: bool | None = None) -> bool:
        """Put the new key beside the old one; False where there is one, of a run that did not end.

        ``sealed`` has it sealed by the KMS, or not; None keeps it as the present one is.

        Raises:
            CommandError: the folder has no master key, or cannot be written, or the KMS does not answer.
        """
        self._target()
        if file_of(self._at, NEXT) or file_of(self._at, OLD):
            return False
        current = file_of(self._at, CURRENT)
        to_kms = sealed if sealed is not None else current is not None and current.suffix == SEALED
        if to_kms and self._kms is None:
            raise CommandError(f"{SETTING} has to name the settings of the KMS", Exit.USAGE)
        key = os.urandom(MASTER_KEY_BYTES)
        try:
            if to_kms and self._kms is not None:
                keys.write(self._at / sealed_name(NEXT), self._kms.seal(key))
            else:
                keys.write(self._at / NEXT, key)
        except KmsError as error:
            raise CommandError(str(error), Exit.UNREACHABLE) from None
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
        target = self._target()
        await _everywhere(operator, target)
        done = await _rewrap(operator, target, most, progress)
        self._put_in_place()
        await asyncio.sleep(SETTLE_SECONDS)
        # What was made in the very moment in which the new key came.
        done += await _rewrap(operator, target, most, progress)
        await _everywhere(operator, target)
        if old := file_of(self._at, OLD):
            old.unlink()
        return done

    def _target(self) -> str:
        """Which master key is the newest, as every replica has to know it."""
        try:
            return Masters(self._at, self._kms).known().target
        except KmsError as error:
            raise CommandError(str(error), Exit.UNREACHABLE) from None
        except SystemExit as error:
            raise CommandError(str(error).removeprefix("relevo: "), Exit.NOT_WRITABLE) from error

    def _put_in_place(self) -> None:
        new, current = file_of(self._at, NEXT), file_of(self._at, CURRENT)
        if new is None:
            return
        if current is not None and file_of(self._at, OLD) is None:
            keys.write(self._at / (OLD.removesuffix(".key") + current.suffix), current.read_bytes())
        if current is not None and current.suffix != new.suffix:
            # Killed here there is none in its place, and the new one counts where it is.
            current.unlink()
        new.replace(self._at / (CURRENT.removesuffix(".key") + new.suffix))
        make_durable(self._at)


async def _everywhere(operator: Operator, target: str) -> None:
    """Ask every replica that runs which master key it wraps with.

    Raises:
        CommandError: nobody answered, or one wraps with another.
    """
    inbox = operator.bus.nc.new_inbox()
    answers: asyncio.Queue[bytes] = asyncio.Queue()

    async def hear(message: object) -> None:
        answers.put_nowait(message.data)  # type: ignore[attr-defined]

    subscription = await operator.bus.subscribe(inbox, hear)
    said: list[str] = []
    try:
        await operator.bus.nc.publish(f"$SRV.STATS.relevo-{PART}", b"", reply=inbox)
        while True:
            stats = json.loads(await asyncio.wait_for(answers.get(), HEARD_SECONDS))
            said.append(stats["endpoints"][0].get("data", {}).get("master", ""))
    except TimeoutError:
        pass
    finally:
        await subscription.unsubscribe()
    if not said:
        raise CommandError(f"{PART} did not answer; is it running?", Exit.UNREACHABLE)
    without = sum(one != target for one in said)
    if without:
        raise CommandError(
            f"{without} of {len(said)} replicas have not got the new master key: put it beside the old one"
            " everywhere, and run this again",
            Exit.REFUSED,
        )


async def _rewrap(operator: Operator, target: str, most: int, progress: Progress) -> int:
    done = 0
    while True:
        reply: Rewrapped = await operator.ask(REWRAP_KEYS, RewrapKeys(target=target, most=most))
        done += reply.done
        progress(done, reply.left)
        if not reply.left:
            return done
        if not reply.done and reply.unreadable:
            raise CommandError(
                f"{reply.left} data keys open with neither master key: put the one back that wrapped them",
                Exit.WRONG,
            )
