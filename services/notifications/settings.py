"""The settings of the notifications service: those that every part has, and those of its channels."""

import re
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from chassis.settings import PartSettings
from services.notifications.notices.address import is_address

DATABASE = "relevo_notifications"


class Settings(PartSettings):
    """Delivery channels have theirs here."""

    # For tests: webhooks also to this machine and its neighbours, and by http.
    webhooks_anywhere: bool = False
    # The server that takes mail; without one, the folder that keeps it; without that none is sent.
    smtp_host: str | None = None
    smtp_port: int = Field(default=587, ge=1, le=65_535)
    # By STARTTLS, by TLS from the first byte, or (a server on this machine only) by neither.
    smtp_tls: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str | None = None
    smtp_password_file: Path | None = None
    mail_from: str = "relevo@localhost.localdomain"
    mail_folder: Path | None = None
    # By which gateways short messages may be sent, by Apprise's names, separated by commas.
    message_gateways: str = ""
    # What clients call the gateway: links in mails lead there.
    public_url: str = "http://127.0.0.1:8080"
    # The network's telephone for emergencies, for a mail that says whom to call.
    emergency_phone: str = Field(default="911", min_length=3)

    @field_validator("mail_from")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if not is_address(value):
            raise ValueError("must be an e-mail address, as relevo@example.org")
        return value

    @field_validator("public_url")
    @classmethod
    def _no_slash(cls, value: str) -> str:
        if not re.match(r"https?://", value):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _no_password_in_plain(self) -> Self:
        if self.smtp_user and self.smtp_tls == "none":
            raise ValueError("RELEVO_SMTP_USER: no password is sent without TLS; set RELEVO_SMTP_TLS")
        if self.smtp_user and self.smtp_password_file is None:
            raise ValueError("RELEVO_SMTP_USER needs RELEVO_SMTP_PASSWORD_FILE")
        return self

    @property
    def gateways(self) -> frozenset[str]:
        """The gateways for short messages."""
        return frozenset(one.strip() for one in self.message_gateways.split(",") if one.strip())

    @property
    def smtp_password(self) -> str | None:
        """The first line of the file that holds it.

        Raises:
            SystemExit: the file cannot be read.
        """
        if self.smtp_password_file is None:
            return None
        try:
            return self.smtp_password_file.read_text(encoding="utf-8").split("\n", 1)[0].strip()
        except OSError as error:
            message = f"relevo: RELEVO_SMTP_PASSWORD_FILE cannot be read ({error.strerror})"
            raise SystemExit(message) from None
