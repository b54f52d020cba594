"""What else HSDS says of a service or an organization: languages, areas, costs, terms, identifiers."""

import strawberry


@strawberry.type(description="A language that a service is given in.")
class SpokenLanguage:
    """Read from ``contracts.details.Language``."""

    code: str | None = strawberry.field(description="Its BCP 47 tag, where the source has one.")
    name: str | None = strawberry.field(description="Its name, as the source writes it.")
    interpreter: bool = strawberry.field(
        description="Whether it takes an interpreter; else the staff speak it."
    )


@strawberry.type(description="An area that a service is for (HSDS `service_area`).")
class ServiceArea:
    """Read from ``contracts.details.ServiceArea``."""

    name: str | None = strawberry.field(description="Its name.")
    description: str | None = strawberry.field(description="Which area it is, in words.")
    extent_type: str | None = strawberry.field(description="How its source outlines it: `geojson`, `text`.")
    uri: str | None = strawberry.field(description="Where it is described.")


@strawberry.type(description="What a service costs (HSDS `cost_option`).")
class CostOption:
    """Read from ``contracts.details.CostOption``."""

    option: str | None = strawberry.field(description="For whom, or for what.")
    amount: float | None = strawberry.field(description="How much.")
    currency: str | None = strawberry.field(description="The currency, as its source writes it.")
    amount_description: str | None = strawberry.field(description="What the amount is for: an hour, a day.")
    valid_from: str | None = strawberry.field(description="From when, ISO 8601.")
    valid_to: str | None = strawberry.field(description="Until when, ISO 8601.")


@strawberry.type(description="A term of somebody's taxonomy that was given to a thing.")
class TaxonomyTerm:
    """Read from ``contracts.details.TaxonomyTerm``."""

    id: str | None = strawberry.field(description="Its id in the imported directory.")
    code: str | None = strawberry.field(description="Its code in the taxonomy.")
    name: str | None = strawberry.field(description="The term.")
    taxonomy: str | None = strawberry.field(description="The taxonomy's name.")


@strawberry.type(description="An organization's id in a register of somebody else.")
class OrganizationIdentifier:
    """Read from ``contracts.details.Identifier``."""

    identifier: str = strawberry.field(description="The id there.")
    identifier_scheme: str | None = strawberry.field(description="The register's code.")
    identifier_type: str | None = strawberry.field(description="What sort of id it is.")
