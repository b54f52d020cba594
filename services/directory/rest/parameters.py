"""The query parameters of each route, by HSDS 3.0's openapi.json; any other is refused by its name."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from services.directory.text import words

DEFAULT_PER_PAGE = 50
MOST_PER_PAGE = 100
# Whole services inside organizations: a page of a hundred could have thousands.
MOST_FULL_SERVICE = 20
# The specification: "aim to return all services within one page". A row of it is about 150 bytes.
MOST_MINIMAL = 10_000
MOST_PAGE = 1_000_000
MOST_METRES = 500_000

# In a query a plus sign is a blank, and many forget it.
_BLANK_FOR_PLUS = re.compile(r"(?<=[\d:.]) (?=\d\d:?\d\d$)")


def _with_plus(value: Any) -> Any:
    return _BLANK_FOR_PLUS.sub("+", value) if isinstance(value, str) else value


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError("it is no moment that a calendar has") from None


def _has_words(value: str) -> str:
    if not words(value):
        raise ValueError("it has no letter and no digit to search for")
    return value


Search = Annotated[
    str,
    AfterValidator(_has_words),
    Field(max_length=200, description="Words; every one of them begins a word of what is found."),
]
Moment = Annotated[datetime, BeforeValidator(_with_plus), AfterValidator(_in_utc)]


class _Query(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Paging(_Query):
    """What every list takes."""

    search: Search | None = None
    page: int = Field(default=1, ge=1, le=MOST_PAGE, description="The number of the page, from 1.")
    per_page: int | None = Field(
        default=None,
        ge=1,
        le=MOST_MINIMAL,
        description=f"Records on a page: {DEFAULT_PER_PAGE} unless told, {MOST_PER_PAGE} at most,"
        f" {MOST_FULL_SERVICE} with full_service, {MOST_MINIMAL} with minimal.",
    )
    format: Literal["json", "ndjson"] = Field(
        default="json", description="ndjson streams everything, a record on each line, without pages."
    )

    @property
    def most(self) -> int:
        """The most records that a page of this kind may have."""
        return MOST_PER_PAGE

    @property
    def size(self) -> int:
        """How many records a page has."""
        return self.per_page or min(DEFAULT_PER_PAGE, self.most)


class _Filters(Paging):
    taxonomy_term_id: UUID | None = Field(default=None, description="With an attribute of this term.")
    taxonomy_id: UUID | None = Field(default=None, description="With an attribute of this taxonomy.")
    organization_id: UUID | None = Field(default=None, description="Of this organization.")
    modified_after: Moment | None = Field(default=None, description="Changed at that moment or after it.")
    full: bool = Field(default=False, description="With everything nested.")


class ServiceQuery(_Filters):
    """Of ``/services``."""

    minimal: bool = Field(default=False, description="Only id, name, status and modified_date.")

    @property
    def most(self) -> int:
        """Minimal rows are small."""
        return MOST_MINIMAL if self.minimal else MOST_PER_PAGE

    @property
    def size(self) -> int:
        """All on one page, where minimal asks for that."""
        return self.per_page or (MOST_MINIMAL if self.minimal else DEFAULT_PER_PAGE)


class SiteQuery(_Filters):
    """Of ``/service_at_locations``."""

    postcode: str | None = Field(
        default=None,
        pattern=r"^[0-9A-Za-z][0-9A-Za-z -]{2,11}$",
        description="At an address with this postal code, or for an area that names it.",
    )
    proximity: float | None = Field(
        default=None,
        gt=0,
        le=MOST_METRES,
        allow_inf_nan=False,
        description="Metres from the centre of the postal code. A confidential place counts as the centre"
        " of its municipality.",
    )


class OrganizationQuery(Paging):
    """Of ``/organizations``."""

    full: bool = Field(default=False, description="With everything nested.")
    full_service: bool = Field(default=False, description="With everything nested, services too.")

    @property
    def most(self) -> int:
        """Fewer where each may have many services."""
        return MOST_FULL_SERVICE if self.full_service else MOST_PER_PAGE


class OneOrganizationQuery(_Query):
    """Of one organization."""

    full_service: bool = Field(default=False, description="With all of each service, and not its name only.")


class TermQuery(Paging):
    """Of ``/taxonomy_terms``."""

    taxonomy_id: UUID | None = Field(default=None, description="Of this taxonomy.")
    top_only: bool = Field(default=False, description="Only terms that have no parent.")
    parent_id: UUID | None = Field(default=None, description="Only terms below this one.")


class NothingAsked(_Query):
    """Of one record: there is nothing to choose."""
