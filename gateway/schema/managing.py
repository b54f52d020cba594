"""What an organization's managers do with its members and clients."""

from typing import Annotated

import strawberry

from contracts import membership as contract
from contracts.codes import Role, Scope
from gateway.context import Info
from gateway.ids import part_id_or_nothing
from gateway.schema.deed import Answer, Deed, DeedInput, DeedPayload, carry_out
from gateway.schema.membership import Member, OrganizationClient


@strawberry.input(description="A person who shall act for your organization.")
class InviteMemberInput(DeedInput):
    """Becomes ``contracts.membership.InviteMember``."""

    reference: str = strawberry.field(
        description="What your own system calls the person: up to 100 visible ASCII characters that mean "
        "nothing to anybody else. No name, and no e-mail address."
    )
    roles: list[Role] = strawberry.field(description="What the person may do; roles combine.")


@strawberry.input(description="Other roles for a member.")
class ChangeMemberRolesInput(DeedInput):
    """Becomes ``contracts.membership.ChangeMember``."""

    member: strawberry.ID = strawberry.field(description="Which member.")
    roles: list[Role] = strawberry.field(description="All that the person may do from now on.")


@strawberry.input(description="A member who acts for your organization no longer.")
class RemoveMemberInput(DeedInput):
    """Becomes ``contracts.membership.RemoveMember``."""

    member: strawberry.ID = strawberry.field(description="Which member.")


@strawberry.input(description="A system that shall act for your organization.")
class CreateClientInput(DeedInput):
    """Becomes ``contracts.membership.AddClient``."""

    name: str = strawberry.field(description="What people call this system.")
    scopes: list[Scope] = strawberry.field(
        description="What it may do. A client can give only what it may do itself."
    )


@strawberry.input(description="A new secret for a client.")
class RotateClientSecretInput(DeedInput):
    """Becomes ``contracts.membership.RotateClient``."""

    client: strawberry.ID = strawberry.field(description="Which client.")
    overlap_seconds: int = strawberry.field(
        description="For so long the old secret goes on working: 0 to 604,800 (seven days).",
        default=contract.OVERLAP_SECONDS,
    )


@strawberry.input(description="A client that shall work no longer.")
class RevokeClientInput(DeedInput):
    """Becomes ``contracts.membership.EndClient``."""

    client: strawberry.ID = strawberry.field(description="Which client.")


@strawberry.type
class MemberPayload(DeedPayload):
    """Read from ``deed.Deed``."""

    member: Member | None = strawberry.field(description="The member as it now is. Null if it was refused.")


@strawberry.type(description="What became of `inviteMember`.")
class InviteMemberPayload(MemberPayload):
    """Read from ``deed.Deed``."""


@strawberry.type(description="What became of `changeMemberRoles`.")
class ChangeMemberRolesPayload(MemberPayload):
    """Read from ``deed.Deed``."""


@strawberry.type(description="What became of `removeMember`.")
class RemoveMemberPayload(MemberPayload):
    """Read from ``deed.Deed``."""


@strawberry.type
class ClientPayload(DeedPayload):
    """Read from ``deed.Deed``."""

    client: OrganizationClient | None = strawberry.field(
        description="The client as it now is. Null if it was refused."
    )


@strawberry.type
class SecretPayload(ClientPayload):
    """Read from ``deed.Deed``."""

    secret: str | None = strawberry.field(
        description="The new secret. It is shown this once: null if `replayed`. If the answer was lost with "
        "it, rotate the secret once more under another key."
    )


@strawberry.type(description="What became of `createClient`.")
class CreateClientPayload(SecretPayload):
    """Read from ``deed.Deed``."""


@strawberry.type(description="What became of `rotateClientSecret`.")
class RotateClientSecretPayload(SecretPayload):
    """Read from ``deed.Deed``."""


@strawberry.type(description="What became of `revokeClient`.")
class RevokeClientPayload(ClientPayload):
    """Read from ``deed.Deed``."""


async def invite_member(
    info: Info, input: Annotated[InviteMemberInput, strawberry.argument(description="The member.")]
) -> Deed:
    """Add a person to your organization. For managers (scope `DIRECTORY_WRITE`)."""
    request = contract.InviteMember(
        idempotency_key=input.idempotency_key, reference=input.reference, roles=tuple(input.roles)
    )
    return _of_member(await carry_out(info, contract.INVITE_MEMBER, request))


async def change_member_roles(
    info: Info, input: Annotated[ChangeMemberRolesInput, strawberry.argument(description="The roles.")]
) -> Deed:
    """Give a member other roles. For managers (scope `DIRECTORY_WRITE`)."""
    request = contract.ChangeMember(
        idempotency_key=input.idempotency_key,
        member=part_id_or_nothing("Member", input.member),
        roles=tuple(input.roles),
    )
    return _of_member(await carry_out(info, contract.CHANGE_MEMBER, request))


async def remove_member(
    info: Info, input: Annotated[RemoveMemberInput, strawberry.argument(description="The member.")]
) -> Deed:
    """Remove a member; inviting the same reference brings it back. For managers (scope `DIRECTORY_WRITE`)."""
    request = contract.RemoveMember(
        idempotency_key=input.idempotency_key, member=part_id_or_nothing("Member", input.member)
    )
    return _of_member(await carry_out(info, contract.REMOVE_MEMBER, request))


async def create_client(
    info: Info, input: Annotated[CreateClientInput, strawberry.argument(description="The client.")]
) -> Deed:
    """Make a client of your organization, and get its secret, once. For managers (`DIRECTORY_WRITE`)."""
    request = contract.AddClient(
        idempotency_key=input.idempotency_key, name=input.name, scopes=tuple(input.scopes)
    )
    return _of_client(await carry_out(info, contract.ADD_CLIENT, request))


async def rotate_client_secret(
    info: Info, input: Annotated[RotateClientSecretInput, strawberry.argument(description="The client.")]
) -> Deed:
    """Give a client a new secret, while the old one works on. For managers (scope `DIRECTORY_WRITE`)."""
    request = contract.RotateClient(
        idempotency_key=input.idempotency_key,
        client=part_id_or_nothing("Client", input.client),
        overlap_seconds=input.overlap_seconds,
    )
    return _of_client(await carry_out(info, contract.ROTATE_CLIENT, request))


async def revoke_client(
    info: Info, input: Annotated[RevokeClientInput, strawberry.argument(description="The client.")]
) -> Deed:
    """Revoke a client at once: its streams end within five seconds. For managers (`DIRECTORY_WRITE`)."""
    request = contract.EndClient(
        idempotency_key=input.idempotency_key, client=part_id_or_nothing("Client", input.client)
    )
    return _of_client(await carry_out(info, contract.END_CLIENT, request))


def _of_member(done: Answer[contract.MemberReply]) -> Deed:
    if done.reply is None:
        return Deed(user_errors=done.errors)
    return Deed(member=done.reply.member, replayed=done.reply.replayed)


def _of_client(done: Answer[contract.ClientReply]) -> Deed:
    if done.reply is None:
        return Deed(user_errors=done.errors)
    return Deed(client=done.reply.client, secret=done.reply.secret, replayed=done.reply.replayed)
