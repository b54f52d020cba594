"""``editPathway``: how the coordinators of a network make a pathway their own."""

from typing import Annotated

import strawberry

from contracts import pathways as contract
from contracts.codes import AgeBand, Need, OrganizationKind, Priority, Vulnerability
from contracts.rpc import Message
from gateway.context import Info
from gateway.schema.asking import struct_of
from gateway.schema.deed import Deed, DeedInput, DeedPayload, carry_out
from gateway.schema.pathways import Pathway


@strawberry.input(description="A sentence for people, in both languages: one line, up to 400 characters.")
class WordsInput:
    """Becomes ``contracts.pathways.Wording``."""

    es: str = strawberry.field(description="In Spanish, as used in Mexico.")
    en: str = strawberry.field(description="In English.")


@strawberry.input(description="Whom a step is for. Of each list that is not empty, one has to fit.")
class PathwayConditionInput:
    """Becomes ``contracts.pathways.OnlyFor``."""

    needs: list[Need] | None = strawberry.field(description="Who has one of these needs.", default=None)
    vulnerabilities: list[Vulnerability] | None = strawberry.field(
        description="Who has one of these.", default=None
    )
    age_bands: list[AgeBand] | None = strawberry.field(
        description="Who is of one of these ages.", default=None
    )


@strawberry.input(description="One step of a pathway.")
class PathwayStepInput:
    """Becomes ``contracts.pathways.Step``."""

    code: str = strawberry.field(
        description="Its name within the pathway: lower-case letters, digits and `_`."
    )
    words: WordsInput = strawberry.field(description="What to do.")
    kinds: list[OrganizationKind] | None = strawberry.field(
        description="The kinds of organization that it involves; a mandatory step needs one.", default=None
    )
    mandatory: bool = strawberry.field(
        description="Whether referrals of the person are not issued before one to such an organization is.",
        default=False,
    )
    by_law: bool = strawberry.field(
        description="Whether the law asks for it. Such a step that came with Relevo stays: its words only "
        "may change.",
        default=False,
    )
    only_for: PathwayConditionInput | None = strawberry.field(
        description="Whom it is for; all without it.", default=None
    )


@strawberry.input(description="A pathway, whole: it fits on one printed page.")
class PathwayInput:
    """Becomes ``contracts.pathways.Pathway``."""

    code: str = strawberry.field(description="Its name: lower-case letters, digits and `_`.")
    title: WordsInput = strawberry.field(description="What it is called.")
    needs: list[Need] | None = strawberry.field(
        description="The needs, each of which makes it apply. One of your own that names neither needs nor "
        "vulnerabilities applies to nobody any more.",
        default=None,
    )
    vulnerabilities: list[Vulnerability] | None = strawberry.field(
        description="The vulnerabilities, as `needs`.", default=None
    )
    priority: Priority = strawberry.field(
        description="The least priority of a referral for one of its needs; it is shown as `leastPriority`."
    )
    emergencies: list[WordsInput] | None = strawberry.field(
        description="When it is an emergency.", default=None
    )
    steps: list[PathwayStepInput] = strawberry.field(description="What to do, in this order: up to 12.")
    ask: list[WordsInput] | None = strawberry.field(description="Questions to ask.", default=None)
    do_not_ask: list[WordsInput] | None = strawberry.field(description="Questions not to ask.", default=None)
    documents: list[WordsInput] | None = strawberry.field(description="Which papers help.", default=None)
    warnings: list[WordsInput] | None = strawberry.field(description="What to take care of.", default=None)
    sources: list[str] | None = strawberry.field(
        description="The laws and standards that it rests on.", default=None
    )


@strawberry.input(description="A new version of a pathway. It names nobody.")
class EditPathwayInput(DeedInput):
    """Becomes ``contracts.pathways.EditPathway``."""

    pathway: PathwayInput = strawberry.field(description="The whole of it, as it is to be.")
    note: str = strawberry.field(description="Why: everybody who reads its versions sees it.")
    expected_version: str | None = strawberry.field(
        description="The `version` in force that you have edited. Leave it out for one of a new code.",
        default=None,
    )


@strawberry.type(description="What became of `editPathway`.")
class EditPathwayPayload(DeedPayload):
    """Read from ``deed.Deed``."""

    pathway: Pathway | None = strawberry.field(
        description="The version that is now in force. Null if refused."
    )


STRUCTS: dict[type, type[Message]] = {
    WordsInput: contract.Wording,
    PathwayConditionInput: contract.OnlyFor,
    PathwayStepInput: contract.Step,
    PathwayInput: contract.Pathway,
    EditPathwayInput: contract.EditPathway,
}


async def edit_pathway(
    info: Info, input: Annotated[EditPathwayInput, strawberry.argument(description="The edit.")]
) -> Deed:
    """Make a new version of a pathway, in force for the whole network within seconds; every version is kept.

    For coordinators; of a client, with `DIRECTORY_WRITE`. What the law asks for stays.
    """
    done = await carry_out(info, contract.EDIT_PATHWAY, struct_of(input, STRUCTS))
    if done.reply is None:
        return Deed(user_errors=done.errors)
    return Deed(pathway=done.reply.item, replayed=done.reply.replayed)
