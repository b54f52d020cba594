"""Addresses: which are right, and how little of one is shown."""

import re

# What every server takes without an extension, and no list of addresses: as a form on the web takes it.
_PART = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@(?=.{{1,189}}\Z){_PART}(?:\.{_PART})+")
WRONG = "Must be an e-mail address, as maria@example.org, in plain letters."


def is_address(text: str) -> bool:
    """Whether it is one address for mail."""
    return _ADDRESS.fullmatch(text) is not None


def shown(address: str) -> str:
    """Return of an address what its owner knows it by, and a stranger does not: ``m…@example.org``."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}…@{domain}"
