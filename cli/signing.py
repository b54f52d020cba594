"""Exchanging the key that access tokens are signed with, while everything goes on.

The files are those of ``gateway.signing``: the next key is accepted before it signs, and of the one whose
place it took the public half remains until its last token has run out. So no client notices.
"""

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from chassis.archive import make_durable
from cli import keys
from cli.exits import CommandError, Exit

FOLDER = "gateway"
CURRENT, NEXT, OLD = "token.pem", "token.next.pem", "token.old.pub"


class TokenRotation:
    """One exchange of the key in a folder."""

    def __init__(self, folder: Path) -> None:
        self._at = folder / FOLDER

    def prepare(self) -> bool:
        """Put the next key beside the one that signs; False where there is one already.

        Raises:
            CommandError: the folder has no key that signs, or cannot be written.
        """
        self._public()
        if (self._at / NEXT).exists():
            return False
        self._write(NEXT, keys.new_token_key())
        return True

    def carry_out(self, *, forget: bool) -> None:
        """Have the next key sign; whatever stops this, it may be run again.

        ``forget`` accepts nothing any more that the old one has signed: every client needs a fresh token.

        Raises:
            CommandError: the folder cannot be written.
        """
        old = self._public()
        try:
            if forget:
                (self._at / OLD).unlink(missing_ok=True)
            else:
                self._write(OLD, old)
            (self._at / NEXT).replace(self._at / CURRENT)
            make_durable(self._at)
        except OSError as error:
            raise self._refused(error) from error

    def _public(self) -> bytes:
        try:
            key = load_pem_private_key((self._at / CURRENT).read_bytes(), password=None)
        except (OSError, ValueError) as error:
            sentence = f"{self._at / CURRENT} is no key that signs; `relevo keys init` makes one"
            raise CommandError(sentence, Exit.NOT_WRITABLE) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise CommandError(f"{self._at / CURRENT} must hold an Ed25519 key", Exit.NOT_WRITABLE)
        return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def _write(self, name: str, content: bytes) -> None:
        try:
            keys.write(self._at / name, content)
        except OSError as error:
            raise self._refused(error) from error

    def _refused(self, error: OSError) -> CommandError:
        return CommandError(
            f"{self._at} cannot be written: {os.strerror(error.errno or 0)}", Exit.NOT_WRITABLE
        )
