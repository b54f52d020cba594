"""Telephone numbers, and whom to call in an emergency."""

import strawberry

from contracts import directory


@strawberry.type(description="A telephone number, as its source wrote it.")
class Phone:
    """Read from ``contracts.directory.Phone``."""

    number: str = strawberry.field(description="The number.")
    extension: str | None = strawberry.field(description="The extension to ask for.")
    description: str | None = strawberry.field(description="What it is for, or when it is answered.")


def first_of(*phones: directory.Phone | None) -> directory.Phone | None:
    """The first of these that is a number."""
    return next((phone for phone in phones if phone is not None and phone.number.strip()), None)
