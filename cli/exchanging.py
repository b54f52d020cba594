"""Exchanging the keys by which the parts connect to the bus and sign their requests, while all goes on.

Of each user two are good in between: its own, and the next or the last one. So the bus and everybody know the
new key before anybody uses it, and the old one until nobody does. Killed anywhere, it goes on by being run
again: the files say how far it has come.
"""

from pathlib import Path

from chassis.archive import make_durable
from cli import keys
from cli.exits import CommandError, Exit
from cli.keys import NEXT_SEED, OLD_PUBLIC, SEED, USERS


class PartsRotation:
    """One exchange of the keys in a folder. After each step the bus has to read its users anew."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def prepare(self) -> bool:
        """Make the next keys, and have them accepted; False where there are some already.

        Raises:
            CommandError: the folder has no keys, or cannot be written.
        """
        lacks = [user for user in USERS if not self._is_begun(user)]
        for user in lacks:
            self._write(user, NEXT_SEED, keys.new_seed())
        self._publish()
        return bool(lacks)

    def put_in_place(self) -> bool:
        """Have everybody use its next key from its next connection on; False where all do.

        Raises:
            CommandError: as ``prepare``.
        """
        ready = [user for user in USERS if (self._folder / user / NEXT_SEED).exists()]
        for user in ready:
            at = self._folder / user
            self._write(user, OLD_PUBLIC, f"{keys.public_of(at / SEED)}\n".encode())
            (at / NEXT_SEED).replace(at / SEED)
            make_durable(at)
        self._publish()
        return bool(ready)

    def forget(self, *users: str) -> None:
        """Accept the old keys of those users no more; of all, where none is named.

        Whoever is still connected by one is cut off, and a part then comes back with its new one.

        Raises:
            CommandError: as ``prepare``; or the next keys are not in place.
        """
        chosen = users or USERS
        if any((self._folder / user / NEXT_SEED).exists() for user in chosen):
            raise CommandError("the new keys are not in place yet: run it without --forget", Exit.USAGE)
        for user in chosen:
            (self._folder / user / OLD_PUBLIC).unlink(missing_ok=True)
        self._publish(*chosen)

    def is_exchanged(self, user: str) -> bool:
        """Whether that user's new key is in place, and its old one still good."""
        return (self._folder / user / OLD_PUBLIC).exists()

    def public(self, user: str) -> str:
        """Return the public half of what that user connects with."""
        return keys.public_of(self._folder / user / SEED)

    def _is_begun(self, user: str) -> bool:
        return any((self._folder / user / name).exists() for name in (NEXT_SEED, OLD_PUBLIC))

    def _publish(self, *forgotten: str) -> None:
        try:
            keys.publish(self._folder, forgotten)
        except keys.KeysError as error:
            raise CommandError(str(error), Exit.NOT_WRITABLE) from error
        except OSError as error:
            sentence = f"the keys in {self._folder} cannot be read or written: {error.strerror}"
            raise CommandError(sentence, Exit.NOT_WRITABLE) from error

    def _write(self, user: str, name: str, content: bytes) -> None:
        try:
            keys.write(self._folder / user / name, content)
        except OSError as error:
            sentence = f"{self._folder / user} cannot be written: {error.strerror}"
            raise CommandError(sentence, Exit.NOT_WRITABLE) from error
