"""What people call a need when they look for help: words beside its label, in Spanish and in English.

Ours, from the words of shelters' own pages and hotlines; they are searched as the label is. A word may stand
at several needs: who types "refugio" may mean a bed or asylum, and finds both.
"""

from contracts.codes import Need

SAID = {
    Need.CHILD_PROTECTION: "menor niño niña adolescente infancia no acompañado unaccompanied minor child",
    Need.GENDER_BASED_VIOLENCE: "mujeres maltrato agresión violación abuso sexual pareja women rape abuse",
    Need.HUMAN_TRAFFICKING: "explotación esclavitud forzada exploitation slavery",
    Need.VICTIM_OF_CRIME: "asalto robo secuestro extorsión denuncia robbery kidnapping extortion",
    Need.MISSING_PERSON: "desaparición buscar búsqueda familiar missing search",
    Need.INTERNATIONAL_PROTECTION: "asilo refugiado solicitante asylum refugee",
    Need.EMERGENCY_MEDICAL_CARE: "emergencia hospital ambulancia herida sangrado accidente ambulance",
    Need.MEDICAL_CARE: "salud médico doctor clínica hospital consulta enfermo health doctor clinic",
    Need.PRENATAL_CARE: "embarazo embarazada ginecología ultrasonido parto pregnancy pregnant",
    Need.POSTNATAL_CARE: "bebé parto lactancia nacimiento newborn baby breastfeeding",
    Need.SEXUAL_REPRODUCTIVE_HEALTH: "anticonceptivo ginecología VIH ITS píldora condón contraception HIV",
    Need.MENTAL_HEALTH: "psicología psiquiatría terapia ansiedad depresión trauma psychology therapy",
    Need.PSYCHOSOCIAL_SUPPORT: "psicología escucha contención emocional counselling emotional",
    Need.MEDICINES: "medicina farmacia receta medicine pharmacy prescription",
    Need.COMMUNICABLE_DISEASE: "VIH tuberculosis vacuna infección HIV vaccine infection",
    Need.DISABILITY_SUPPORT: "silla de ruedas prótesis rehabilitación wheelchair rehabilitation",
    Need.LEGAL_ASSISTANCE: "abogado abogada legal derechos lawyer rights",
    Need.ACCESS_TO_JUSTICE: "denuncia abogado ministerio público complaint lawyer",
    Need.MIGRATION_REGULARIZATION: "papeles visa permiso residencia trámite estancia papers permit",
    Need.LEGAL_IDENTITY: "acta CURP pasaporte identificación papeles passport",
    Need.BIRTH_REGISTRATION: "acta bebé birth certificate",
    Need.CONSULAR_ASSISTANCE: "consulado embajada pasaporte consulate embassy",
    Need.EMERGENCY_SHELTER: "albergue refugio posada dormir cama techo hospedaje noche bed sleep night",
    Need.TEMPORARY_ACCOMMODATION: "albergue posada vivienda casa renta hospedaje housing rent",
    Need.FOOD: "comida comedor despensa alimentos agua desayuno meal kitchen water",
    Need.NON_FOOD_ITEMS: "zapatos abrigo pañales mochila clothes shoes diapers",
    Need.HYGIENE: "baño regadera ducha toallas sanitarias lavandería shower laundry",
    Need.CASH_ASSISTANCE: "dinero efectivo tarjeta money card",
    Need.COMMUNICATION: "teléfono internet wifi celular cargar telephone phone charging",
    Need.SAFE_TRANSPORT: "transporte camión autobús boleto viaje transport bus ticket",
    Need.ACCOMPANIMENT: "acompañar cita hospital trámite company",
    Need.VOLUNTARY_RETURN: "regresar regreso país return home",
    Need.RESETTLEMENT: "tercer país traslado third country",
    Need.FAMILY_REUNIFICATION: "reunir familia hijos padres family",
    Need.FUNERAL_OR_REPATRIATION: "muerte fallecido entierro cuerpo death burial",
    Need.EMPLOYMENT: "trabajo empleador vacante job work",
    Need.JOB_SKILLS: "taller curso oficio training course",
    Need.EDUCATION: "escuela clases estudiar primaria school classes",
    Need.RECOGNITION_OF_STUDIES: "título certificado apostilla diploma degree",
    Need.CHILDCARE: "guardería ludoteca niños nursery",
    Need.INTERPRETATION: "intérprete traductor traducción idioma interpreter translator",
    Need.INFORMATION: "informes ayuda módulo help desk",
}
