"""A member: a person who acts for an organization, known to the network by an opaque reference only."""

from typing import Any

from contracts.codes import Role
from contracts.directory import CreateMember, Member
from contracts.membership import InviteMember, OwnMember
from contracts.standing import MemberStatus
from services.directory import ids


def document(request: CreateMember) -> dict[str, Any]:
    """Return a new member's document. Its id is made from organization and reference: there is one only."""
    return {
        "_id": ids.derived("member", request.organization, request.reference),
        "organization": request.organization,
        "reference": request.reference,
        "roles": sorted(set(request.roles)),
    }


def made(member_id: str, organization: str, request: InviteMember, entry: dict[str, Any]) -> dict[str, Any]:
    """Return the document of a member whom a manager invites, with the idempotency entry of that request."""
    return {
        "_id": member_id,
        "organization": organization,
        "reference": request.reference,
        "roles": sorted(set(request.roles)),
        "status": MemberStatus.ACTIVE,
        "created": entry["at"],
        "idempotency": [entry],
    }


def is_active(stored: dict[str, Any]) -> bool:
    """Whether the member acts for its organization."""
    return bool(stored.get("status", MemberStatus.ACTIVE) == MemberStatus.ACTIVE)


def own_view(stored: dict[str, Any]) -> OwnMember:
    """Return the member as its organization sees it."""
    return OwnMember(
        id=stored["_id"],
        organization=stored["organization"],
        reference=stored["reference"],
        roles=tuple(Role(role) for role in stored["roles"]),
        status=MemberStatus(stored.get("status", MemberStatus.ACTIVE)),
    )


def view(stored: dict[str, Any]) -> Member:
    """Return the member."""
    return Member(
        id=stored["_id"],
        organization=stored["organization"],
        reference=stored["reference"],
        roles=tuple(Role(role) for role in stored["roles"]),
    )
