"""A member: a person who acts for an organization, known to the network by an opaque reference only."""

from typing import Any

from contracts.codes import Role
from contracts.directory import CreateMember, Member
from services.directory import ids


def document(request: CreateMember) -> dict[str, Any]:
    """Return a new member's document. Its id is made from organization and reference: there is one only."""
    return {
        "_id": ids.derived("member", request.organization, request.reference),
        "organization": request.organization,
        "reference": request.reference,
        "roles": sorted(set(request.roles)),
    }


def view(stored: dict[str, Any]) -> Member:
    """Return the member."""
    return Member(
        id=stored["_id"],
        organization=stored["organization"],
        reference=stored["reference"],
        roles=tuple(Role(role) for role in stored["roles"]),
    )
