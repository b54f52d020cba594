"""Spanish for what is refused of agreements, by the English template."""

AGREEMENTS = {
    "An organization of this kind has no agreements.": "Una institución de este tipo no tiene acuerdos.",
    "An organization of this kind hears of no others' referrals.": (
        "Una institución de este tipo no recibe avisos de referencias ajenas."
    ),
    "It takes the role {role}.": "Hace falta el papel {role}.",
    "Nothing was proposed: some fields are not right.": (
        "No se propuso nada: algunos campos no son correctos."
    ),
    "The organization has {most} agreements or proposals; end one.": (
        "La institución ya tiene {most} acuerdos o propuestas; termine uno."
    ),
    "{most} proposals a day to one organization; try tomorrow.": (
        "{most} propuestas al día a una misma institución; inténtelo mañana."
    ),
    "There is no such organization.": "No existe esa institución.",
    "Is your own organization.": "Es su propia institución.",
    "Is behind the firewall: it has no referrals to tell of.": (
        "Está tras la barrera de protección: no tiene referencias de las que avisar."
    ),
    "Is not verified.": "No está verificada.",
    "Is a secret itself: of it the group is told, {group}.": (
        "Es un secreto en sí misma: de ella se avisa el grupo, {group}."
    ),
    "Is of none of the groups that you name.": "No es de ninguno de los grupos que usted nombra.",
    "The subscriber may hear of no others' referrals now.": (
        "La institución que lo propuso no puede recibir ahora avisos de referencias ajenas."
    ),
    "Its last day is over.": "Ya pasó su último día.",
    "Only the organization whose referrals they are answers it.": (
        "Solo responde la institución de cuyas referencias se trata."
    ),
    "The agreement is {status}: there is nothing to answer.": (
        "El acuerdo está en {status}: no hay nada que responder."
    ),
    "The agreement is {status}: there is nothing to end.": (
        "El acuerdo está en {status}: no hay nada que terminar."
    ),
    "The agreement waits for your answer: refuse it.": "El acuerdo espera su respuesta: rechácelo.",
    "The agreement changed again and again; nothing was done. Try again.": (
        "El acuerdo cambió una y otra vez; no se hizo nada. Inténtelo de nuevo."
    ),
}
