"""Ids as people have them: the directory's own, or the public API's, which wrap them."""

import base64
import binascii

from cli.output import err


def directory_id(given: str) -> str:
    """Return the directory's id of what somebody gave; whatever is not an id of the API stays as it is."""
    try:
        kind, _, inner = base64.urlsafe_b64decode(given + "=" * (-len(given) % 4)).decode().partition(":")
    except (binascii.Error, ValueError):
        return given
    return inner if kind == "Organization" and inner else given


def api_id(kind: str, given: str) -> str:
    """Return what the public API calls a thing of that type."""
    return base64.urlsafe_b64encode(f"{kind}:{given}".encode()).rstrip(b"=").decode()


def tell_api_id(kind: str, given: str) -> None:
    """Say it to people, beside the id that a script reads."""
    err.print(f"relevo: its id in the API is {api_id(kind, given)}", soft_wrap=True)
