"""Ids as people have them: the directory's own, or the public API's, which wrap them."""

import base64
import binascii


def directory_id(given: str) -> str:
    """Return the directory's id of what somebody gave; whatever is not an id of the API stays as it is."""
    try:
        kind, _, inner = base64.urlsafe_b64decode(given + "=" * (-len(given) % 4)).decode().partition(":")
    except (binascii.Error, ValueError):
        return given
    return inner if kind == "Organization" and inner else given
