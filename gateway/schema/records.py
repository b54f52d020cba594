"""``personalRecord``: what a sender holds about a person, to print it for her."""

from datetime import datetime
from typing import Annotated

import strawberry

from contracts import records as contract
from contracts.languages import ENGLISH
from gateway.context import Info
from gateway.ids import part_id_or_nothing
from gateway.schema.codes import Language
from gateway.schema.pathways import PageForm


@strawberry.type(description="One part of the page.")
class PersonalRecordPart:
    """Read from ``contracts.records.RecordPart``."""

    heading: str = strawberry.field(description="What stands above it.")
    items: list[str] = strawberry.field(description="Its lines, whole.")


@strawberry.type(description="What your organization holds about a person, in words for her.")
class PersonalRecord:
    """Read from ``contracts.records.PersonalRecord``."""

    title: str = strawberry.field(description="What stands above it all.")
    folios: list[str] = strawberry.field(
        description="The referrals that it is about: the one asked for, and the others of its case."
    )
    printed_at: datetime = strawberry.field(description="When.")
    parts: list[PersonalRecordPart] = strawberry.field(description="All of it.")
    page: str = strawberry.field(
        description="All of it on one page of letter paper; where it is too much, long texts are cut, and it "
        "says so. The HTML is a whole document and loads nothing. Print it, and keep no copy."
    )


async def personal_record(
    info: Info,
    referral: Annotated[
        strawberry.ID, strawberry.argument(description="A referral that you sent or drafted.")
    ],
    *,
    language: Annotated[
        Language | None,
        strawberry.argument(description="Of the page; by default the one of `Accept-Language`."),
    ] = None,
    form: Annotated[PageForm, strawberry.argument(description="Text or HTML.")] = PageForm.HTML,
    as_caregiver: Annotated[
        bool,
        strawberry.argument(
            description="Whether she cares for the children who are with her: then what is held about them "
            "stands there, too. Of all others only how many they are."
        ),
    ] = False,
    with_writings: Annotated[
        bool,
        strawberry.argument(
            description="Whether what the organizations wrote about her case (questions, messages, notes) "
            "stands there, the newest twelve. Read it before: it may name others. Else only how many it is."
        ),
    ] = False,
) -> contract.PersonalRecord | None:
    """What is held about the person of a referral, to be printed for her; null for one that is not yours.

    For the sender's caseworkers and managers, a client with `REFERRALS_READ_PERSON`; notes stand there if you
    may read them. Each time is an entry of the audit, of kind `EXPORT`. Refused with `CAREGIVER_SUSPECTED`
    where a caregiver of the child is suspected of harm: a sheet of paper is found; read it to the child.
    `POST /record` answers with the page itself.
    """
    tongue = language or info.context.language
    request = contract.PrintRecord(
        referral=part_id_or_nothing("Referral", referral),
        language="en" if tongue == ENGLISH else "es",
        form=form.value,
        as_caregiver=as_caregiver,
        with_writings=with_writings,
    )
    return await info.context.clients.find(contract.PRINT_RECORD, request)
