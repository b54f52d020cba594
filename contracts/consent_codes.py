"""What a consent says of a child and of what is withheld, how it stands, and what is still out there."""

from enum import StrEnum

from contracts.labels import Label


class ChildView(StrEnum):
    """What a child says to its referral."""

    AGREES = "agrees"
    DISAGREES = "disagrees"
    NOT_ASKED = "not_asked"


class WithheldField(StrEnum):
    """What she may withhold from a receiver, beside the vulnerabilities and notes that she does not name.

    Not her age band: who receives must know whether it is a child.
    """

    GENDER = "gender"
    LANGUAGES = "languages"
    HOUSEHOLD = "household"
    NAME = "name"
    ALIAS = "alias"
    BIRTH_DATE = "birth_date"
    SAFE_CONTACT = "safe_contact"
    INSTRUCTIONS = "instructions"
    CHILD_VIEW = "child_view"


class ConsentState(StrEnum):
    """How a consent, or another basis, stands; the first that holds."""

    WITHDRAWN = "withdrawn"
    OVERDUE = "overdue"
    UNDER_REVIEW = "under_review"
    ENDED = "ended"
    NOT_CONFIRMED = "not_confirmed"
    RUN_OUT = "run_out"
    IN_FORCE = "in_force"


class ReceiverHolds(StrEnum):
    """What a receiver has of the person now."""

    SHOWN = "shown"
    COPIES = "copies"
    ERASED = "erased"


CONSENT_LABELS: dict[type[StrEnum], dict[StrEnum, Label]] = {
    ChildView: {
        ChildView.AGREES: Label("Está de acuerdo", "Agrees"),
        ChildView.DISAGREES: Label("No está de acuerdo", "Disagrees"),
        ChildView.NOT_ASKED: Label("No se le preguntó", "Was not asked"),
    },
    WithheldField: {
        WithheldField.GENDER: Label("Género", "Gender"),
        WithheldField.LANGUAGES: Label("Idiomas", "Languages"),
        WithheldField.HOUSEHOLD: Label("Grupo familiar", "Household"),
        WithheldField.NAME: Label("Nombre", "Name"),
        WithheldField.ALIAS: Label("Cómo le dicen", "What she is called"),
        WithheldField.BIRTH_DATE: Label("Fecha de nacimiento", "Birth date"),
        WithheldField.SAFE_CONTACT: Label("Contacto seguro", "Safe contact"),
        WithheldField.INSTRUCTIONS: Label("Indicaciones", "Instructions"),
        WithheldField.CHILD_VIEW: Label("Lo que opina la niña, niño o adolescente", "A child's own view"),
    },
    ConsentState: {
        ConsentState.WITHDRAWN: Label("Retirado", "Withdrawn"),
        ConsentState.OVERDUE: Label("Revisión u otra base, vencida", "Review, or another basis, overdue"),
        ConsentState.UNDER_REVIEW: Label("En revisión", "Under review"),
        ConsentState.ENDED: Label("Terminó con la referencia", "Over with its referral"),
        ConsentState.NOT_CONFIRMED: Label("La revisión no la confirmó", "Not confirmed by its review"),
        ConsentState.RUN_OUT: Label("Venció el plazo que dio", "Run out"),
        ConsentState.IN_FORCE: Label("Vigente", "In force"),
    },
    ReceiverHolds: {
        ReceiverHolds.SHOWN: Label("Puede ver los datos", "May see the data now"),
        ReceiverHolds.COPIES: Label("Ya no los ve; puede tener copias", "Sees no more; may have copies"),
        ReceiverHolds.ERASED: Label("Dice que borró sus copias", "Says that its copies are erased"),
    },
}
