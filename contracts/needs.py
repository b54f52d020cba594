"""Which needs are of one group, and which are a secret themselves."""

from contracts.codes import Need, NeedGroup

NEEDS_BY_GROUP: dict[NeedGroup, tuple[Need, ...]] = {
    NeedGroup.PROTECTION: (
        Need.CHILD_PROTECTION,
        Need.GENDER_BASED_VIOLENCE,
        Need.HUMAN_TRAFFICKING,
        Need.VICTIM_OF_CRIME,
        Need.MISSING_PERSON,
        Need.INTERNATIONAL_PROTECTION,
    ),
    NeedGroup.HEALTH: (
        Need.EMERGENCY_MEDICAL_CARE,
        Need.MEDICAL_CARE,
        Need.PRENATAL_CARE,
        Need.POSTNATAL_CARE,
        Need.SEXUAL_REPRODUCTIVE_HEALTH,
        Need.MENTAL_HEALTH,
        Need.PSYCHOSOCIAL_SUPPORT,
        Need.MEDICINES,
        Need.COMMUNICABLE_DISEASE,
        Need.DISABILITY_SUPPORT,
    ),
    NeedGroup.LEGAL: (
        Need.LEGAL_ASSISTANCE,
        Need.ACCESS_TO_JUSTICE,
        Need.MIGRATION_REGULARIZATION,
        Need.LEGAL_IDENTITY,
        Need.BIRTH_REGISTRATION,
        Need.CONSULAR_ASSISTANCE,
    ),
    NeedGroup.SHELTER: (
        Need.EMERGENCY_SHELTER,
        Need.TEMPORARY_ACCOMMODATION,
    ),
    NeedGroup.BASIC: (
        Need.FOOD,
        Need.NON_FOOD_ITEMS,
        Need.HYGIENE,
        Need.CASH_ASSISTANCE,
        Need.COMMUNICATION,
    ),
    NeedGroup.MOBILITY: (
        Need.SAFE_TRANSPORT,
        Need.ACCOMPANIMENT,
        Need.VOLUNTARY_RETURN,
        Need.RESETTLEMENT,
        Need.FAMILY_REUNIFICATION,
        Need.FUNERAL_OR_REPATRIATION,
    ),
    NeedGroup.INTEGRATION: (
        Need.EMPLOYMENT,
        Need.JOB_SKILLS,
        Need.EDUCATION,
        Need.RECOGNITION_OF_STUDIES,
        Need.CHILDCARE,
        Need.INTERPRETATION,
    ),
    NeedGroup.OTHER: (
        Need.INFORMATION,
        Need.OTHER,
    ),
}
GROUP_OF: dict[Need, NeedGroup] = {need: group for group, needs in NEEDS_BY_GROUP.items() for need in needs}
# The code itself is a secret: whoever may not see T2 gets the group only.
SENSITIVE_NEEDS = frozenset(
    {
        Need.CHILD_PROTECTION,
        Need.GENDER_BASED_VIOLENCE,
        Need.HUMAN_TRAFFICKING,
        Need.VICTIM_OF_CRIME,
        Need.INTERNATIONAL_PROTECTION,
        Need.SEXUAL_REPRODUCTIVE_HEALTH,
        Need.MENTAL_HEALTH,
        Need.COMMUNICABLE_DISEASE,
    }
)
