"""Mails as files, for a network on one machine that sends none: read them with `relevo mail`."""

import asyncio
import os
from email.message import EmailMessage
from pathlib import Path

from services.notifications.notices.smtp import Outcome


class MailFolder:
    """Keeps each mail as ``<id>.eml``, for its owner only. The same one again is the same file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, mail: EmailMessage, _to: str, _sender: str) -> Outcome:
        """Write a mail.

        Raises:
            OSError: it cannot be written.
        """
        await asyncio.to_thread(self._write, mail)
        return Outcome.TAKEN

    def _write(self, mail: EmailMessage) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = mail["Message-ID"].strip("<>").partition("@")[0]
        made = self._folder / f".{name}.part"
        opened = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(opened, "wb") as file:
            file.write(mail.as_bytes())
            file.flush()
            os.fsync(file.fileno())
        made.rename(self._folder / f"{name}.eml")
