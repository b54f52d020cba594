"""Spanish for what is refused of broadcasts, by the English template."""

BROADCASTS = {
    "Must be in the future.": "Debe estar en el futuro.",
    "Must be within {most} days.": "Debe ser dentro de {most} días.",
    "Behind the firewall nobody is told where people on the move arrive, or find no place.": (
        "A las autoridades policiales y migratorias no se les dice adónde llegan las personas en movilidad, "
        "ni dónde no hay lugar."
    ),
    "Nobody was alerted.": "No se avisó a nadie.",
    "It is for more than {most} organizations: say of which kinds, states or needs.": (
        "Es para más de {most} instituciones: diga de qué tipos, entidades o necesidades."
    ),
    "No verified organization is of these kinds, states and needs.": (
        "Ninguna institución verificada es de esos tipos, entidades y necesidades."
    ),
    "There is no such service.": "No existe ese servicio.",
    "The alert is not in force any more.": "El aviso ya no está vigente.",
    "The alert changed again and again; nothing was done. Try again.": (
        "El aviso cambió una y otra vez; no se hizo nada. Inténtelo de nuevo."
    ),
    "A viewer cannot do that.": "Quien solo consulta no puede hacerlo.",
}
