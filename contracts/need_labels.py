"""What people read for each need, vulnerability and state, in Spanish and in English."""

from enum import StrEnum

from contracts.codes import Need, NeedGroup, State, Vulnerability

_STATES = (
    "AGU Aguascalientes,BCN Baja California,BCS Baja California Sur,CAM Campeche,COA Coahuila,COL Colima,"
    "CHP Chiapas,CHH Chihuahua,CMX Ciudad de México,DUR Durango,GUA Guanajuato,GRO Guerrero,HID Hidalgo,"
    "JAL Jalisco,MEX Estado de México,MIC Michoacán,MOR Morelos,NAY Nayarit,NLE Nuevo León,OAX Oaxaca,"
    "PUE Puebla,QUE Querétaro,ROO Quintana Roo,SLP San Luis Potosí,SIN Sinaloa,SON Sonora,TAB Tabasco,"
    "TAM Tamaulipas,TLA Tlaxcala,VER Veracruz,YUC Yucatán,ZAC Zacatecas"
)
# The names of states are the same in both languages, save for two.
_ENGLISH_STATES = {"Ciudad de México": "Mexico City", "Estado de México": "State of Mexico"}


def _states() -> dict[StrEnum, tuple[str, str]]:
    pairs = (entry.split(" ", 1) for entry in _STATES.split(","))
    return {State(code): (name, _ENGLISH_STATES.get(name, name)) for code, name in pairs}


NEED_LABELS: dict[type[StrEnum], dict[StrEnum, tuple[str, str]]] = {
    NeedGroup: {
        NeedGroup.PROTECTION: ("Protección", "Protection"),
        NeedGroup.HEALTH: ("Salud", "Health"),
        NeedGroup.LEGAL: ("Asistencia legal y documentos", "Legal help and documents"),
        NeedGroup.SHELTER: ("Alojamiento", "Shelter"),
        NeedGroup.BASIC: ("Necesidades básicas", "Basic needs"),
        NeedGroup.MOBILITY: ("Traslado, retorno y reunificación", "Transport, return and reunification"),
        NeedGroup.INTEGRATION: ("Integración", "Integration"),
        NeedGroup.OTHER: ("Otra", "Other"),
    },
    Need: {
        Need.CHILD_PROTECTION: ("Protección de niñas, niños y adolescentes", "Child protection"),
        Need.GENDER_BASED_VIOLENCE: ("Violencia de género", "Gender-based violence"),
        Need.HUMAN_TRAFFICKING: ("Trata de personas", "Human trafficking"),
        Need.VICTIM_OF_CRIME: ("Víctima de delito", "Victim of crime"),
        Need.MISSING_PERSON: ("Persona desaparecida o no localizada", "Missing person"),
        Need.INTERNATIONAL_PROTECTION: ("Refugio o protección internacional", "International protection"),
        Need.EMERGENCY_MEDICAL_CARE: ("Urgencia médica", "Emergency medical care"),
        Need.MEDICAL_CARE: ("Atención médica", "Medical care"),
        Need.PRENATAL_CARE: ("Atención prenatal", "Prenatal care"),
        Need.POSTNATAL_CARE: ("Atención posparto y al recién nacido", "Postnatal care"),
        Need.SEXUAL_REPRODUCTIVE_HEALTH: ("Salud sexual y reproductiva", "Sexual and reproductive health"),
        Need.MENTAL_HEALTH: ("Salud mental", "Mental health"),
        Need.PSYCHOSOCIAL_SUPPORT: ("Apoyo psicosocial", "Psychosocial support"),
        Need.MEDICINES: ("Medicamentos", "Medicines"),
        Need.COMMUNICABLE_DISEASE: ("Enfermedad transmisible", "Communicable disease"),
        Need.DISABILITY_SUPPORT: ("Apoyo por discapacidad", "Disability support"),
        Need.LEGAL_ASSISTANCE: ("Asesoría jurídica", "Legal assistance"),
        Need.ACCESS_TO_JUSTICE: ("Acceso a la justicia", "Access to justice"),
        Need.MIGRATION_REGULARIZATION: ("Regularización migratoria", "Migration regularization"),
        Need.LEGAL_IDENTITY: ("Documentos de identidad", "Identity documents"),
        Need.BIRTH_REGISTRATION: ("Registro de nacimiento", "Birth registration"),
        Need.CONSULAR_ASSISTANCE: ("Asistencia consular", "Consular assistance"),
        Need.EMERGENCY_SHELTER: ("Alojamiento de emergencia", "Emergency shelter"),
        Need.TEMPORARY_ACCOMMODATION: ("Alojamiento temporal", "Temporary accommodation"),
        Need.FOOD: ("Alimentación", "Food"),
        Need.NON_FOOD_ITEMS: ("Ropa, cobijas y artículos básicos", "Clothing, blankets and other items"),
        Need.HYGIENE: ("Higiene y aseo personal", "Hygiene"),
        Need.CASH_ASSISTANCE: ("Apoyo económico", "Cash assistance"),
        Need.COMMUNICATION: ("Llamadas y comunicación con la familia", "Calls and contact with family"),
        Need.SAFE_TRANSPORT: ("Traslado seguro", "Safe transport"),
        Need.ACCOMPANIMENT: ("Acompañamiento", "Accompaniment"),
        Need.VOLUNTARY_RETURN: ("Retorno voluntario asistido", "Assisted voluntary return"),
        Need.RESETTLEMENT: ("Reasentamiento", "Resettlement"),
        Need.FAMILY_REUNIFICATION: ("Reunificación familiar", "Family reunification"),
        Need.FUNERAL_OR_REPATRIATION: (
            "Servicios funerarios o repatriación de restos",
            "Funeral or repatriation of remains",
        ),
        Need.EMPLOYMENT: ("Empleo", "Employment"),
        Need.JOB_SKILLS: ("Capacitación para el trabajo", "Job skills"),
        Need.EDUCATION: ("Educación", "Education"),
        Need.RECOGNITION_OF_STUDIES: ("Revalidación de estudios", "Recognition of studies"),
        Need.CHILDCARE: ("Cuidado infantil", "Childcare"),
        Need.INTERPRETATION: ("Interpretación", "Interpretation"),
        Need.INFORMATION: ("Información y orientación", "Information and advice"),
        Need.OTHER: ("Otra", "Other"),
    },
    Vulnerability: {
        Vulnerability.UNACCOMPANIED_CHILD: (
            "Niña, niño o adolescente no acompañado",
            "Unaccompanied child",
        ),
        Vulnerability.SEPARATED_CHILD: ("Niña, niño o adolescente separado", "Separated child"),
        Vulnerability.ACCOMPANIED_CHILD: ("Niña, niño o adolescente acompañado", "Accompanied child"),
        Vulnerability.PREGNANT: ("Embarazada", "Pregnant"),
        Vulnerability.LACTATING: ("En periodo de lactancia", "Lactating"),
        Vulnerability.SINGLE_PARENT_FAMILY: ("Familia monoparental", "Single-parent family"),
        Vulnerability.OLDER_PERSON: ("Persona mayor", "Older person"),
        Vulnerability.DISABILITY: ("Persona con discapacidad", "Person with a disability"),
        Vulnerability.LGBTIQ: ("Persona LGBTIQ+", "LGBTIQ+ person"),
        Vulnerability.SURVIVOR_OF_GENDER_BASED_VIOLENCE: (
            "Sobreviviente de violencia de género",
            "Survivor of gender-based violence",
        ),
        Vulnerability.SURVIVOR_OF_TRAFFICKING: ("Sobreviviente de trata", "Survivor of trafficking"),
        Vulnerability.SURVIVOR_OF_TORTURE: ("Sobreviviente de tortura", "Survivor of torture"),
        Vulnerability.VICTIM_OF_CRIME: ("Víctima de delito", "Victim of crime"),
        Vulnerability.AT_IMMEDIATE_RISK: ("En riesgo inmediato", "At immediate risk"),
        Vulnerability.SERIOUS_MEDICAL_CONDITION: ("Condición médica grave", "Serious medical condition"),
        Vulnerability.INDIGENOUS: ("Persona indígena", "Indigenous person"),
        Vulnerability.STATELESS: ("Persona apátrida", "Stateless person"),
        Vulnerability.INTERNALLY_DISPLACED: (
            "Persona desplazada internamente",
            "Internally displaced person",
        ),
    },
    State: _states(),
}
