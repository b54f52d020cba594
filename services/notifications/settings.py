"""The settings of the notifications service: those that every part has."""

from chassis.settings import PartSettings


class Settings(PartSettings):
    """Nothing of its own yet; delivery channels will add theirs."""
