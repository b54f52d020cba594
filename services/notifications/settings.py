"""The settings of the notifications service: those that every part has."""

from chassis.settings import PartSettings


class Settings(PartSettings):
    """Delivery channels have theirs here."""

    # For tests: webhooks also to this machine and its neighbours, and by http.
    webhooks_anywhere: bool = False
