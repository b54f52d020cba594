"""The codes of acceptance rules and of matching, each with its words in Spanish and English.

A rule says whom a service is for: ``{dimension, operator, values, effect}``. Values are codes (lower case, as
in ``codes.py`` and here), whole numbers, times of day (``08:30``), two-letter countries (ISO 3166-1) or
languages (BCP 47), by the dimension.
"""

from enum import StrEnum

from contracts.labels import Label


class RuleDimension(StrEnum):
    """What a rule looks at."""

    AGE = "age"
    GENDER = "gender"
    HOUSEHOLD_SIZE = "household_size"
    HOUSEHOLD_COMPOSITION = "household_composition"
    VULNERABILITY = "vulnerability"
    LANGUAGE = "language"
    DOCUMENT = "document"
    NIGHTS = "nights"
    NATIONALITY = "nationality"
    MIGRATION_STATUS = "migration_status"
    NEED = "need"
    SENDER_KIND = "sender_kind"
    ARRIVAL_TIME = "arrival_time"
    STATE = "state"
    MUNICIPALITY = "municipality"


class RuleOperator(StrEnum):
    """How a rule compares; each dimension allows some."""

    IN = "in"
    NOT_IN = "not_in"
    BETWEEN = "between"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    EQUALS = "equals"
    PRESENT = "present"
    ABSENT = "absent"


class RuleEffect(StrEnum):
    """What follows where the rule's condition holds, or does not."""

    REQUIRE = "require"
    EXCLUDE = "exclude"
    ASSESS = "assess"


class HouseholdComposition(StrEnum):
    """Who comes together, the person included; children are under 18."""

    SINGLE_WOMAN = "single_woman"
    SINGLE_MAN = "single_man"
    SINGLE_PERSON = "single_person"
    WOMAN_WITH_CHILDREN = "woman_with_children"
    MAN_WITH_CHILDREN = "man_with_children"
    FAMILY = "family"
    ADULTS = "adults"
    UNACCOMPANIED_CHILD = "unaccompanied_child"


class DocumentKind(StrEnum):
    """Papers that a person has, or has not."""

    IDENTITY_DOCUMENT = "identity_document"
    PASSPORT = "passport"
    CONSULAR_ID = "consular_id"
    BIRTH_CERTIFICATE = "birth_certificate"
    POPULATION_KEY = "population_key"
    MIGRATION_DOCUMENT = "migration_document"
    ASYLUM_CERTIFICATE = "asylum_certificate"
    MEDICAL_RECORD = "medical_record"
    CRIME_REPORT = "crime_report"


class MigrationStatus(StrEnum):
    """How a person stands with the migration law."""

    NATIONAL = "national"
    WITHOUT_DOCUMENTS = "without_documents"
    ASYLUM_SEEKER = "asylum_seeker"
    REFUGEE = "refugee"
    COMPLEMENTARY_PROTECTION = "complementary_protection"
    HUMANITARIAN_VISITOR = "humanitarian_visitor"
    VISITOR = "visitor"
    TEMPORARY_RESIDENT = "temporary_resident"
    PERMANENT_RESIDENT = "permanent_resident"


class RuleStatus(StrEnum):
    """Whether a rule is applied. Those on nationality and migration status wait for a coordinator."""

    ACTIVE = "active"
    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"


class ReviewDecision(StrEnum):
    """What a coordinator says to a rule that waits."""

    APPROVE = "approve"
    REFUSE = "refuse"


class Verdict(StrEnum):
    """What matching says of a service."""

    ELIGIBLE = "eligible"
    ASSESS = "assess"
    INELIGIBLE = "ineligible"


class RuleOutcome(StrEnum):
    """What one rule comes to for one person."""

    MET = "met"
    NOT_MET = "not_met"
    ASSESS = "assess"
    ASK = "ask"
    WAIVED = "waived"
    NOTE = "note"


class RuleSource(StrEnum):
    """Where a rule comes from: the organization's own, or one of those that follow from what is known."""

    ACCEPTANCE = "acceptance"
    STATUS = "status"
    INTAKE = "intake"
    VERIFIED = "verified"
    RECEIVER = "receiver"
    OWN_SERVICE = "own_service"
    AGE_LIMITS = "age_limits"
    LANGUAGES = "languages"
    OPENING_HOURS = "opening_hours"
    SERVICE_AREA = "service_area"
    REQUIRED_DOCUMENTS = "required_documents"
    CAPACITY = "capacity"


# What these compare with is no code: numbers, times of day, languages, keys of municipalities.
UNCODED = frozenset(
    {
        RuleDimension.AGE,
        RuleDimension.HOUSEHOLD_SIZE,
        RuleDimension.LANGUAGE,
        RuleDimension.NIGHTS,
        RuleDimension.ARRIVAL_TIME,
        RuleDimension.MUNICIPALITY,
    }
)

_TABLE: dict[type[StrEnum], dict[StrEnum, tuple[str, str]]] = {
    RuleDimension: {
        RuleDimension.AGE: ("Edad", "Age"),
        RuleDimension.GENDER: ("Género", "Gender"),
        RuleDimension.HOUSEHOLD_SIZE: ("Número de personas", "Number of people"),
        RuleDimension.HOUSEHOLD_COMPOSITION: ("Composición del grupo", "Who comes together"),
        RuleDimension.VULNERABILITY: ("Vulnerabilidad", "Vulnerability"),
        RuleDimension.LANGUAGE: ("Idioma", "Language"),
        RuleDimension.DOCUMENT: ("Documentos", "Documents"),
        RuleDimension.NIGHTS: ("Noches", "Nights"),
        RuleDimension.NATIONALITY: ("Nacionalidad", "Nationality"),
        RuleDimension.MIGRATION_STATUS: ("Situación migratoria", "Migration status"),
        RuleDimension.NEED: ("Necesidad", "Need"),
        RuleDimension.SENDER_KIND: ("Institución que refiere", "Kind of sender"),
        RuleDimension.ARRIVAL_TIME: ("Hora de llegada", "Time of arrival"),
        RuleDimension.STATE: ("Entidad donde está", "State where the person is"),
        RuleDimension.MUNICIPALITY: ("Municipio donde está", "Municipality where the person is"),
    },
    RuleOperator: {
        RuleOperator.IN: ("Es uno de", "Is one of"),
        RuleOperator.NOT_IN: ("No es ninguno de", "Is none of"),
        RuleOperator.BETWEEN: ("Entre, con ambos extremos", "Between, both ends included"),
        RuleOperator.AT_LEAST: ("Como mínimo", "At least"),
        RuleOperator.AT_MOST: ("Como máximo", "At most"),
        RuleOperator.EQUALS: ("Es", "Is"),
        RuleOperator.PRESENT: ("Hay alguno", "There is some"),
        RuleOperator.ABSENT: ("No hay ninguno", "There is none"),
    },
    RuleEffect: {
        RuleEffect.REQUIRE: ("Solo si se cumple", "Only where it holds"),
        RuleEffect.EXCLUDE: ("No si se cumple", "Not where it holds"),
        RuleEffect.ASSESS: ("Se valora si se cumple", "Decided case by case where it holds"),
    },
    HouseholdComposition: {
        HouseholdComposition.SINGLE_WOMAN: ("Mujer sola", "Single woman"),
        HouseholdComposition.SINGLE_MAN: ("Hombre solo", "Single man"),
        HouseholdComposition.SINGLE_PERSON: (
            "Persona sola de otro género",
            "Single person of another gender",
        ),
        HouseholdComposition.WOMAN_WITH_CHILDREN: ("Mujer con niñas o niños", "Woman with children"),
        HouseholdComposition.MAN_WITH_CHILDREN: ("Hombre con niñas o niños", "Man with children"),
        HouseholdComposition.FAMILY: ("Familia", "Family"),
        HouseholdComposition.ADULTS: ("Personas adultas juntas", "Adults together"),
        HouseholdComposition.UNACCOMPANIED_CHILD: (
            "Niña, niño o adolescente sin acompañante",
            "Unaccompanied child",
        ),
    },
    DocumentKind: {
        DocumentKind.IDENTITY_DOCUMENT: ("Documento de identidad", "Identity document"),
        DocumentKind.PASSPORT: ("Pasaporte", "Passport"),
        DocumentKind.CONSULAR_ID: ("Matrícula consular", "Consular identity card"),
        DocumentKind.BIRTH_CERTIFICATE: ("Acta de nacimiento", "Birth certificate"),
        DocumentKind.POPULATION_KEY: ("CURP", "Population registry key (CURP)"),
        DocumentKind.MIGRATION_DOCUMENT: ("Documento migratorio", "Migration document"),
        DocumentKind.ASYLUM_CERTIFICATE: (
            "Constancia de solicitud de refugio",
            "Certificate of an asylum claim",
        ),
        DocumentKind.MEDICAL_RECORD: ("Expediente o receta médica", "Medical record or prescription"),
        DocumentKind.CRIME_REPORT: ("Denuncia", "Report of a crime"),
    },
    MigrationStatus: {
        MigrationStatus.NATIONAL: ("Persona mexicana", "Mexican national"),
        MigrationStatus.WITHOUT_DOCUMENTS: ("Sin documentos migratorios", "Without migration documents"),
        MigrationStatus.ASYLUM_SEEKER: ("Solicitante de refugio", "Asylum seeker"),
        MigrationStatus.REFUGEE: ("Persona refugiada", "Refugee"),
        MigrationStatus.COMPLEMENTARY_PROTECTION: ("Protección complementaria", "Complementary protection"),
        MigrationStatus.HUMANITARIAN_VISITOR: ("Visitante por razones humanitarias", "Humanitarian visitor"),
        MigrationStatus.VISITOR: ("Visitante", "Visitor"),
        MigrationStatus.TEMPORARY_RESIDENT: ("Residente temporal", "Temporary resident"),
        MigrationStatus.PERMANENT_RESIDENT: ("Residente permanente", "Permanent resident"),
    },
    RuleStatus: {
        RuleStatus.ACTIVE: ("Se aplica", "Applied"),
        RuleStatus.PENDING: (
            "Espera la aprobación de la coordinación; no se aplica",
            "Waits for a coordinator's approval; not applied",
        ),
        RuleStatus.APPROVED: (
            "Aprobada por la coordinación; se aplica",
            "Approved by a coordinator; applied",
        ),
        RuleStatus.REFUSED: (
            "Rechazada por la coordinación; no se aplica",
            "Refused by a coordinator; not applied",
        ),
    },
    ReviewDecision: {
        ReviewDecision.APPROVE: ("Aprobar", "Approve"),
        ReviewDecision.REFUSE: ("Rechazar", "Refuse"),
    },
    Verdict: {
        Verdict.ELIGIBLE: ("Puede ser recibida", "Eligible"),
        Verdict.ASSESS: (
            "Hay que preguntar o valorar",
            "Something has to be asked, or the service decides case by case",
        ),
        Verdict.INELIGIBLE: ("No puede ser recibida", "Not eligible"),
    },
    RuleOutcome: {
        RuleOutcome.MET: ("Se cumple", "Met"),
        RuleOutcome.NOT_MET: ("No se cumple", "Not met: this alone makes the service ineligible"),
        RuleOutcome.ASSESS: ("El servicio lo valora", "The service decides case by case"),
        RuleOutcome.ASK: (
            "Falta un dato: hay que preguntarlo",
            "Something is not known of the person: ask it",
        ),
        RuleOutcome.WAIVED: (
            "No se le puede exigir a esta persona",
            "It must not keep this person out, and does not count",
        ),
        RuleOutcome.NOTE: ("Conviene saberlo", "Good to know; it does not change the verdict"),
    },
    RuleSource: {
        RuleSource.ACCEPTANCE: ("Regla de admisión del servicio", "An acceptance rule of the service"),
        RuleSource.STATUS: ("Si el servicio está activo", "Whether the service is active"),
        RuleSource.INTAKE: ("Si recibe referencias", "Whether it takes referrals"),
        RuleSource.VERIFIED: (
            "Si la coordinación verificó a la institución",
            "Whether its organization is verified",
        ),
        RuleSource.RECEIVER: ("Qué institución recibe", "What kind of organization receives"),
        RuleSource.OWN_SERVICE: ("Servicio propio", "Whether it is your own service"),
        RuleSource.AGE_LIMITS: ("Límites de edad", "Its age limits"),
        RuleSource.LANGUAGES: ("Idiomas e intérprete", "Its languages and interpreters"),
        RuleSource.OPENING_HOURS: ("Horario", "Its opening hours"),
        RuleSource.SERVICE_AREA: ("Zona que atiende", "The area that it serves"),
        RuleSource.REQUIRED_DOCUMENTS: ("Documentos que pide", "The documents that it asks for"),
        RuleSource.CAPACITY: ("Cupo", "Its capacity"),
    },
}

ACCEPTANCE_LABELS: dict[type[StrEnum], dict[StrEnum, Label]] = {
    kind: {code: Label(*words) for code, words in labels.items()} for kind, labels in _TABLE.items()
}

# Whoever is told apart by these is told apart by where she comes from: a coordinator has to agree.
REVIEWED = frozenset({RuleDimension.NATIONALITY, RuleDimension.MIGRATION_STATUS})
