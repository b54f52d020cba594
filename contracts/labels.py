"""What people read for each code, in Spanish and in English: one table, and nowhere else.

The Spanish is that of shelters and institutions in Mexico. A label names the thing; it is no sentence,
and no code is ever translated on the wire.
"""

from enum import StrEnum
from typing import NamedTuple

from contracts.codes import (
    AgeBand,
    Basis,
    Box,
    CapacityStatus,
    Channel,
    ConsentMethod,
    ContactChannel,
    Deadline,
    Gender,
    Intake,
    NetworkRole,
    NoteCategory,
    OrganizationKind,
    PersonAccess,
    Priority,
    ReferralFlag,
    ReferralStatus,
    ReviewStatus,
    Role,
    Scope,
    Side,
    StepStatus,
    Visibility,
)
from contracts.need_labels import NEED_LABELS
from contracts.reasons import CancelReason, DeclineReason, EndReason, Outcome, PauseReason
from contracts.standing import (
    AgreementEnd,
    AgreementStatus,
    CorrectionStatus,
    MemberStatus,
    OrganizationStatus,
    ProposalStatus,
)


class Label(NamedTuple):
    """One code's words for people."""

    es: str
    en: str


_TABLE: dict[type[StrEnum], dict[StrEnum, tuple[str, str]]] = {
    OrganizationStatus: {
        OrganizationStatus.ACTIVE: ("Activa", "Active"),
        OrganizationStatus.DEACTIVATED: ("Desactivada", "Deactivated"),
    },
    ProposalStatus: {
        ProposalStatus.PROPOSED: ("Propuesta", "Proposed"),
        ProposalStatus.VERIFIED: ("Verificada", "Verified"),
        ProposalStatus.REJECTED: ("Rechazada", "Rejected"),
    },
    AgreementStatus: {
        AgreementStatus.PROPOSED: ("Propuesto", "Proposed"),
        AgreementStatus.IN_FORCE: ("Vigente", "In force"),
        AgreementStatus.REFUSED: ("Rechazado", "Refused"),
        AgreementStatus.ENDED: ("Terminado", "Ended"),
    },
    AgreementEnd: {
        AgreementEnd.SUBSCRIBER: ("Lo terminó quien recibe los avisos", "The subscriber ended it"),
        AgreementEnd.GRANTOR: (
            "Lo terminó la institución de las referencias",
            "The organization whose referrals they are ended it",
        ),
        AgreementEnd.RUN_OUT: ("Llegó su último día", "Its day came"),
        AgreementEnd.NOT_ELIGIBLE: (
            "Una de las dos instituciones ya no puede tenerlo",
            "One of the two may have none any more",
        ),
    },
    CorrectionStatus: {
        CorrectionStatus.OPEN: ("Por decidir", "To be decided"),
        CorrectionStatus.ACCEPTED: ("Aceptada", "Accepted"),
        CorrectionStatus.REJECTED: ("Rechazada", "Rejected"),
    },
    ReferralFlag: {
        ReferralFlag.SENDER_DEACTIVATED: (
            "La institución que refiere fue desactivada",
            "The sender was deactivated",
        ),
        ReferralFlag.RECEIVER_DEACTIVATED: (
            "La institución que recibe fue desactivada",
            "The receiver was deactivated",
        ),
        ReferralFlag.PERSON_DECEASED: (
            "Otra referencia del caso dice que la persona falleció",
            "Another referral of the case says that the person died",
        ),
        ReferralFlag.PERSON_MISSING: (
            "Otra referencia del caso dice que la persona está desaparecida",
            "Another referral of the case says that the person is missing",
        ),
        ReferralFlag.CONSENT_NEEDED: (
            "Falta el consentimiento escrito que nombre a quien recibe; sin él no ve nada de la persona",
            "Written consent that names the receiver is missing; without it, it sees nothing of the person",
        ),
    },
    MemberStatus: {
        MemberStatus.ACTIVE: ("Activa o activo", "Active"),
        MemberStatus.REMOVED: ("Dada o dado de baja", "Removed"),
    },
    OrganizationKind: {
        OrganizationKind.SHELTER: ("Albergue o casa del migrante", "Shelter"),
        OrganizationKind.CIVIL_SOCIETY: ("Organización de la sociedad civil", "Civil society organization"),
        OrganizationKind.HEALTH: ("Servicio de salud", "Health service"),
        OrganizationKind.LEGAL_AID: ("Asistencia jurídica", "Legal aid"),
        OrganizationKind.CONSULATE: ("Consulado", "Consulate"),
        OrganizationKind.CHILD_PROTECTION: (
            "Procuraduría de protección de niñas, niños y adolescentes",
            "Child protection authority",
        ),
        OrganizationKind.REFUGEE_COMMISSION: ("Comisión de ayuda a refugiados", "Refugee commission"),
        OrganizationKind.SOCIAL_SERVICES: ("Asistencia social (DIF y similares)", "Social services"),
        OrganizationKind.EDUCATION: ("Institución educativa", "Educational institution"),
        OrganizationKind.UN_AGENCY: ("Agencia de las Naciones Unidas", "United Nations agency"),
        OrganizationKind.INTERNATIONAL_ORGANIZATION: (
            "Organización internacional",
            "International organization",
        ),
        OrganizationKind.PROSECUTOR: ("Fiscalía", "Public prosecutor"),
        OrganizationKind.VICTIMS_COMMISSION: ("Comisión de atención a víctimas", "Victims' commission"),
        OrganizationKind.HUMAN_RIGHTS_COMMISSION: (
            "Comisión de derechos humanos",
            "Human rights commission",
        ),
        OrganizationKind.SEARCH_COMMISSION: ("Comisión de búsqueda de personas", "Search commission"),
        OrganizationKind.WOMENS_INSTITUTE: ("Instituto de las mujeres", "Women's institute"),
        OrganizationKind.CIVIL_REGISTRY: ("Registro civil", "Civil registry"),
        OrganizationKind.POLICE: (
            "Policía, Guardia Nacional o fuerzas armadas",
            "Police, National Guard or armed forces",
        ),
        OrganizationKind.MIGRATION_AUTHORITY: ("Autoridad migratoria", "Migration authority"),
        OrganizationKind.OTHER: ("Otra", "Other"),
    },
    Priority: {
        Priority.EMERGENCY: ("Emergencia", "Emergency"),
        Priority.URGENT: ("Urgente", "Urgent"),
        Priority.ROUTINE: ("Ordinaria", "Routine"),
    },
    ReferralStatus: {
        ReferralStatus.DRAFT: ("Borrador", "Draft"),
        ReferralStatus.SENT: ("Enviada", "Sent"),
        ReferralStatus.RECEIVED: ("Recibida", "Received"),
        ReferralStatus.INFO_REQUESTED: ("Se pidió información", "Information requested"),
        ReferralStatus.WAITLISTED: ("En lista de espera", "Waitlisted"),
        ReferralStatus.ACCEPTED: ("Aceptada", "Accepted"),
        ReferralStatus.DECLINED: ("Rechazada", "Declined"),
        ReferralStatus.REDIRECTED: ("Canalizada a otra institución", "Redirected"),
        ReferralStatus.IN_PROGRESS: ("En atención", "In progress"),
        ReferralStatus.ON_HOLD: ("En pausa", "On hold"),
        ReferralStatus.COMPLETED: ("Concluida", "Completed"),
        ReferralStatus.NOT_COMPLETED: ("No concluida", "Not completed"),
        ReferralStatus.CANCELLED: ("Cancelada", "Cancelled"),
        ReferralStatus.EXPIRED: ("Vencida", "Expired"),
        ReferralStatus.ENTERED_IN_ERROR: ("Registrada por error", "Entered in error"),
    },
    DeclineReason: {
        DeclineReason.NO_CAPACITY: ("Sin cupo", "No capacity"),
        DeclineReason.NOT_ELIGIBLE: ("No cumple los requisitos", "Not eligible"),
        DeclineReason.OUT_OF_AREA: ("Fuera del área de atención", "Out of area"),
        DeclineReason.SERVICE_UNAVAILABLE: ("Servicio no disponible", "Service unavailable"),
        DeclineReason.SAFETY_RISK: ("Riesgo de seguridad", "Safety risk"),
        DeclineReason.MISSING_DOCUMENTS: ("Faltan documentos", "Missing documents"),
        DeclineReason.LANGUAGE_UNAVAILABLE: ("Idioma no disponible", "Language unavailable"),
        DeclineReason.DUPLICATE: ("Duplicada", "Duplicate"),
        DeclineReason.INSUFFICIENT_INFORMATION: ("Información insuficiente", "Insufficient information"),
        DeclineReason.COULD_NOT_CONTACT: ("No se logró el contacto", "Could not contact"),
        DeclineReason.PERSON_DECLINED: ("La persona no quiso", "The person declined"),
        DeclineReason.OTHER: ("Otro", "Other"),
    },
    EndReason: {
        EndReason.NO_SHOW: ("No llegó", "Did not arrive"),
        EndReason.COULD_NOT_CONTACT: ("No se logró el contacto", "Could not contact"),
        EndReason.DECLINED_BY_PERSON: ("La persona no quiso", "The person declined"),
        EndReason.LEFT_BEFORE_SERVICE: ("Se retiró antes de ser atendida", "Left before the service"),
        EndReason.MOVED_ON: ("Siguió su camino", "Moved on"),
        EndReason.DETAINED: ("Detenida", "Detained"),
        EndReason.RETURNED: ("Retornada o deportada", "Returned or deported"),
        EndReason.MISSING: ("Desaparecida o no localizada", "Missing"),
        EndReason.DECEASED: ("Falleció", "Deceased"),
        EndReason.SAFETY_RISK: ("Riesgo de seguridad", "Safety risk"),
        EndReason.OTHER: ("Otro", "Other"),
    },
    CancelReason: {
        CancelReason.NEED_MET: ("Necesidad ya resuelta", "Need met"),
        CancelReason.PERSON_WITHDREW: ("La persona desistió", "The person withdrew"),
        CancelReason.COULD_NOT_CONTACT: ("No se logró el contacto", "Could not contact"),
        CancelReason.MOVED_ON: ("Siguió su camino", "Moved on"),
        CancelReason.DETAINED: ("Detenida", "Detained"),
        CancelReason.RETURNED: ("Retornada o deportada", "Returned or deported"),
        CancelReason.MISSING: ("Desaparecida o no localizada", "Missing"),
        CancelReason.DECEASED: ("Falleció", "Deceased"),
        CancelReason.SAFETY_RISK: ("Riesgo de seguridad", "Safety risk"),
        CancelReason.SENT_IN_ERROR: ("Enviada por error", "Sent in error"),
        CancelReason.OTHER: ("Otro", "Other"),
    },
    PauseReason: {
        PauseReason.WAITING_FOR_PERSON: ("En espera de la persona", "Waiting for the person"),
        PauseReason.WAITING_FOR_SERVICE: ("En espera del servicio", "Waiting for the service"),
        PauseReason.WAITING_FOR_DOCUMENTS: ("En espera de documentos", "Waiting for documents"),
        PauseReason.OTHER: ("Otro", "Other"),
    },
    Outcome: {
        Outcome.FULLY_MET: ("Necesidad resuelta", "Need fully met"),
        Outcome.PARTIALLY_MET: ("Necesidad resuelta en parte", "Need partially met"),
        Outcome.REFERRED_ON: ("Referida a otra institución", "Referred on"),
    },
    Role: {
        Role.INTAKE: ("Recepción", "Intake"),
        Role.VIEWER: ("Consulta", "Viewer"),
        Role.CASEWORKER: ("Responsable de casos", "Caseworker"),
        Role.MANAGER: ("Coordinación de la organización", "Manager"),
    },
    NetworkRole: {
        NetworkRole.COORDINATOR: ("Coordinación de la red", "Coordinator"),
        NetworkRole.AUDITOR: ("Auditoría", "Auditor"),
    },
    Scope: {
        Scope.DIRECTORY_READ: (
            "Leer el directorio; hoy basta cualquier token de acceso",
            "Read the directory; today any access token will do",
        ),
        Scope.DIRECTORY_WRITE: (
            "Actualizar el directorio; hoy no abre nada",
            "Write the directory; today it opens nothing",
        ),
        Scope.REFERRALS_SEND: ("Enviar referencias", "Send referrals"),
        Scope.REFERRALS_READ: ("Leer referencias", "Read referrals"),
        Scope.REFERRALS_ANSWER: ("Responder referencias", "Answer referrals"),
        Scope.REFERRALS_READ_PERSON: ("Leer los datos de la persona", "Read the person's data"),
        Scope.REFERRALS_READ_SENSITIVE: ("Leer notas sensibles", "Read sensitive notes"),
        Scope.FEED_READ: ("Leer las novedades", "Read the feed"),
        Scope.WEBHOOKS_MANAGE: ("Administrar webhooks", "Manage webhooks"),
        Scope.AGREEMENTS_MANAGE: ("Administrar acuerdos de avisos", "Manage agreements"),
        Scope.STATISTICS_READ: ("Leer estadísticas", "Read statistics"),
        Scope.AUDIT_READ: ("Leer el registro de auditoría", "Read the audit"),
    },
    Intake: {
        Intake.NETWORK: ("En la red", "In the network"),
        Intake.TELEPHONE: ("Solo por teléfono", "By telephone only"),
        Intake.NONE: ("No recibe referencias", "Takes no referrals"),
    },
    CapacityStatus: {
        CapacityStatus.KNOWN: ("Cupo conocido", "Known"),
        CapacityStatus.UNKNOWN: ("Cupo por confirmar", "Unknown: too old to be trusted"),
    },
    Channel: {
        Channel.TELEPHONE: ("Teléfono", "Telephone"),
        Channel.IN_PERSON: ("En persona", "In person"),
        Channel.MESSAGE: ("Mensaje", "Message"),
        Channel.EMAIL: ("Correo electrónico", "E-mail"),
    },
    ConsentMethod: {
        ConsentMethod.VERBAL: ("De palabra", "Verbal"),
        ConsentMethod.WRITTEN: ("Por escrito", "Written"),
        ConsentMethod.CAREGIVER: ("De la madre, padre o persona cuidadora", "By the caregiver"),
        ConsentMethod.TELEPHONE: ("Por teléfono", "By telephone"),
        ConsentMethod.MESSAGE: ("Por mensaje", "By message"),
        ConsentMethod.INTERPRETER_ASSISTED: ("Con intérprete", "With an interpreter"),
    },
    Basis: {
        Basis.CONSENT: ("Consentimiento", "Consent"),
        Basis.VITAL_INTEREST: ("Riesgo para la vida", "Vital interest"),
        Basis.BEST_INTERESTS_OF_THE_CHILD: ("Interés superior de la niñez", "Best interests of the child"),
        Basis.LEGAL_OBLIGATION: ("Obligación legal", "Legal obligation"),
    },
    NoteCategory: {
        NoteCategory.HEALTH: ("Salud", "Health"),
        NoteCategory.SEXUAL_HEALTH: ("Salud sexual", "Sexual health"),
        NoteCategory.MENTAL_HEALTH: ("Salud mental", "Mental health"),
        NoteCategory.VIOLENCE: ("Violencia", "Violence"),
        NoteCategory.TRAFFICKING: ("Trata de personas", "Trafficking"),
        NoteCategory.CHILD_PROTECTION: ("Protección de la niñez", "Child protection"),
        NoteCategory.ASYLUM: ("Refugio", "Asylum"),
        NoteCategory.NATIONALITY: ("Nacionalidad", "Nationality"),
        NoteCategory.ORIENTATION_IDENTITY: (
            "Orientación sexual e identidad de género",
            "Sexual orientation and gender identity",
        ),
        NoteCategory.CRIME: ("Delito", "Crime"),
    },
    AgeBand: {
        AgeBand.INFANT: ("0 a 1 año", "0 to 1 year"),
        AgeBand.YOUNG_CHILD: ("2 a 5 años", "2 to 5 years"),
        AgeBand.CHILD: ("6 a 11 años", "6 to 11 years"),
        AgeBand.ADOLESCENT: ("12 a 17 años", "12 to 17 years"),
        AgeBand.ADULT: ("18 a 59 años", "18 to 59 years"),
        AgeBand.OLDER_ADULT: ("60 años y más", "60 years and over"),
    },
    Gender: {
        Gender.FEMALE: ("Mujer", "Female"),
        Gender.MALE: ("Hombre", "Male"),
        Gender.NON_BINARY: ("No binario", "Non-binary"),
        Gender.OTHER: ("Otro", "Other"),
        Gender.UNKNOWN: ("No se preguntó", "Nobody asked"),
    },
    PersonAccess: {
        PersonAccess.FULL: ("Acceso completo", "Everything that may be seen is shown"),
        PersonAccess.NOT_YET_ACCEPTED: ("Se verá al aceptar", "Shown once the referral is accepted"),
        PersonAccess.NOT_CONSENTED: ("Sin consentimiento para verlo", "Not consented to"),
        PersonAccess.ROLE: ("Su función no lo permite", "Not for this role or these scopes"),
        PersonAccess.ERASED: ("Datos eliminados", "Erased"),
        PersonAccess.UNREADABLE: (
            "No se puede leer: avise a su operador",
            "Cannot be read: tell your operator",
        ),
        PersonAccess.ENDED: ("La referencia terminó", "The referral has ended"),
    },
    Visibility: {
        Visibility.PUBLIC: ("Público", "Public"),
        Visibility.NETWORK: ("Solo para la red", "Network only"),
        Visibility.PRIVATE: ("Confidencial", "Confidential"),
    },
    Deadline: {
        Deadline.RECEIVE: ("Acuse de recibo", "First sign of life"),
        Deadline.DECIDE: ("Aceptar o rechazar", "Decision"),
        Deadline.REPLY: ("Respuesta a una pregunta", "Reply to a question"),
        Deadline.REDIRECT: ("Decisión sobre otro servicio propuesto", "Decision on another service"),
        Deadline.REVIEW: ("Revisión de la lista de espera", "Review of the waiting list"),
        Deadline.ARRIVE: ("Llegada de la persona", "Arrival of the person"),
        Deadline.RESUME: ("Reanudación", "Going on after a pause"),
        Deadline.ACTIVITY: ("Cualquier novedad", "Any news"),
        Deadline.CONFIRM_ERASURE: (
            "Confirmación de que se borraron las copias propias",
            "Confirmation that the own copies are erased",
        ),
        Deadline.REVIEW_BASIS: ("Revisión de la base legal", "Review of the lawful basis"),
        Deadline.REVIEW_OVERRIDE: ("Revisión de un paso omitido", "Review of a step that was overridden"),
        Deadline.GIVE_BASIS: (
            "Consentimiento u otra base legal, o el retiro",
            "Consent or another lawful basis, or an end",
        ),
    },
    StepStatus: {
        StepStatus.DUE: ("Pendiente", "Due"),
        StepStatus.MET: ("Cumplido", "Taken"),
        StepStatus.OVERRIDDEN: ("Omitido con motivo, por revisar", "Overridden, to be reviewed"),
        StepStatus.CONFIRMED: ("Omitido con motivo, revisado", "Overridden, and confirmed"),
    },
    ReviewStatus: {
        ReviewStatus.DUE: ("Por revisar", "To be reviewed"),
        ReviewStatus.CONFIRMED: ("Revisada", "Confirmed"),
        ReviewStatus.NOT_CONFIRMED: ("No confirmada", "Not confirmed"),
    },
    Side: {
        Side.SENDER: ("Institución que refiere", "Sender"),
        Side.RECEIVER: ("Institución que recibe", "Receiver"),
    },
    ContactChannel: {
        ContactChannel.TELEPHONE: ("Llamada", "Telephone call"),
        ContactChannel.SMS: ("Mensaje de texto", "Text message"),
        ContactChannel.WHATSAPP: ("WhatsApp", "WhatsApp"),
        ContactChannel.EMAIL: ("Correo electrónico", "E-mail"),
        ContactChannel.IN_PERSON: ("En persona", "In person"),
        ContactChannel.NONE: ("Sin medio seguro", "No safe way"),
    },
    **NEED_LABELS,
    Box: {
        Box.INBOX: ("Recibidas", "Referrals to the organization"),
        Box.OUTBOX: ("Enviadas", "Referrals from the organization"),
        Box.DRAFTS: ("Borradores", "Referrals that the organization has not sent yet"),
    },
}

LABELS: dict[type[StrEnum], dict[StrEnum, Label]] = {
    kind: {code: Label(*words) for code, words in labels.items()} for kind, labels in _TABLE.items()
}
