"""Spanish for what the referrals and the notifications services refuse, by the English template."""

_TITLES = {
    "The referral has changed": "La referencia cambió",
    "The external id is taken": "El identificador externo ya está en uso",
    "Nobody can say whether there is a place": "Nadie puede decir si hay lugar",
    "Fewer places than were asked for": "Menos lugares de los que se pidieron",
    "The receiver answers by telephone": "La institución que recibe responde por teléfono",
    "The person's data was erased": "Los datos de la persona se borraron",
    "The pathway has changed": "La ruta de atención cambió",
    "The cursor is too old": "El cursor es demasiado antiguo",
    "A caregiver is suspected of harm": "Se sospecha daño de una persona cuidadora",
}

_WHO = {
    "A caregiver is suspected of harm, and could find a sheet of paper: read to the child what is held about "
    "it.": (
        "Se sospecha daño de una persona cuidadora, que podría encontrar una hoja: léale a la niña, niño o "
        "adolescente lo que se guarda."
    ),
    "The member whom you name works on no referrals of your organization: name a caseworker or manager.": (
        "Quien usted nombra no atiende referencias de su institución: nombre a quien las atienda o coordine."
    ),
    (
        "The directory knows no member of your organization by the name that you give (Relevo-On-Behalf-Of): "
        "a manager invites her first (inviteMember)."
    ): (
        "El directorio no conoce a ninguna persona integrante de su institución con el nombre que usted da "
        "(Relevo-On-Behalf-Of): antes la invita una persona manager (inviteMember)."
    ),
    "Where there is no second member, a coordinator reviews.": (
        "Donde no hay otra persona integrante, revisa la coordinación."
    ),
    (
        "Which step it is, is not shown to a coordinator, who reviews what waits and names none: leave step "
        "out, and hear the reason by telephone."
    ): (
        "A la coordinación no se le muestra qué paso es: revisa lo que espera y no nombra ninguno. No dé "
        "step, y pregunte el motivo por teléfono."
    ),
    "That is for the two parties of a referral.": "Eso corresponde a las dos partes de una referencia.",
    "That is for the {side} of a referral.": "Eso corresponde a {side}.",
    (
        "The need of this referral is sensitive, and a service's name may tell it: to redirect it takes a "
        "caseworker or a manager; of a client, the scope referrals:read_person."
    ): (
        "La necesidad de esta referencia es sensible y el nombre de un servicio puede revelarla: para "
        "redirigirla hace falta una persona caseworker o manager; un sistema, el permiso "
        "referrals:read_person."
    ),
    "Only those of its sender may correct a referral who may read it.": (
        "Una referencia solo la corrige quien, en la institución que refiere, puede leerla."
    ),
    "Somebody else has written in this draft: it takes who may read it.": (
        "Otra persona ha escrito en este borrador: lo cambia quien puede leerlo."
    ),
    "Only who receives a referral can refer on from it.": (
        "Solo quien recibe una referencia puede referir desde ella a otra institución."
    ),
    "To read referrals needs a role in an organization.": (
        "Para leer referencias hace falta un rol en una institución."
    ),
    "This client lacks the scope referrals:read.": "A este cliente le falta el permiso referrals:read.",
    "This client lacks the scope {scope}.": "A este cliente le falta el permiso {scope}.",
    "Only a member or a client of an organization can {action} a referral.": (
        "Solo una persona integrante o un cliente de una institución puede {action} una referencia."
    ),
    "A coordinator has to verify the organization before it can {action} referrals.": (
        "La coordinación tiene que verificar la institución antes de que pueda {action} referencias."
    ),
    "To {action} a referral takes one of the roles {roles}.": (
        "Para {action} una referencia hace falta uno de los roles {roles}."
    ),
    "No client can {action} a referral but a coordinator's, for a member whom it names: ask a coordinator "
    "of the network.": (
        "Ningún cliente puede {action} una referencia, salvo uno de la coordinación, por una persona "
        "integrante a la que nombre: pídaselo a la coordinación de la red."
    ),
    "It takes one of the roles {roles}.": "Hace falta uno de los roles {roles}.",
    "It takes a member who answers for it: name the one (Relevo-On-Behalf-Of).": (
        "Hace falta una persona integrante que responda por ello: nómbrela (Relevo-On-Behalf-Of)."
    ),
    "Whoever overrode the step does not review it: a second member does.": (
        "Quien omitió el paso no lo revisa: lo revisa otra persona integrante."
    ),
    "That is for those of its sender who may read the referral.": (
        "Eso corresponde a quien, en la institución que refiere, puede leer la referencia."
    ),
    "To give a referral to somebody else, or to take it from them, takes a manager.": (
        "Para asignar una referencia a otra persona, o quitársela, hace falta el rol manager."
    ),
    "Only a coordinator of the network may do that; of a client, with directory:write.": (
        "Eso solo lo hace la coordinación de la red; si es un cliente, con directory:write."
    ),
}

_WHERE_IT_STANDS = {
    "There is no such referral.": "No existe esa referencia.",
    "There is no such referral of yours.": "Su institución no tiene esa referencia.",
    "{action} is not possible for the {side} while the referral is {status}; possible now: {possible}.": (
        "{action} no es posible para {side} mientras la referencia está en {status}; posible ahora: "
        "{possible}."
    ),
    "The end was acknowledged before: there is nothing more to do. The loop is closed.": (
        "El término ya se había confirmado: no hay nada más que hacer. El ciclo está cerrado."
    ),
    "{action} is not possible any more: the draft was changed {most} times; possible now: {possible}.": (
        "{action} ya no es posible: este borrador se cambió {most} veces; posible ahora: {possible}."
    ),
    "{action} is not possible any more: such changes were made {most} times for the {side}; "
    "possible now: {possible}.": (
        "{action} ya no es posible: cambios así se hicieron {most} veces por {side}; "
        "posible ahora: {possible}."
    ),
    "REFER_ON is not possible for the receiver while the referral is {status}: it takes one that is "
    "accepted, "
    "and not ended.": (
        "REFER_ON no es posible para la institución que recibe mientras la referencia está en {status}: hace "
        "falta una aceptada que no haya terminado."
    ),
    "The referral is at version {version} ({status}), not {expected}: read it, and decide again.": (
        "La referencia está en la versión {version} ({status}), no en la {expected}: léala y decida de nuevo."
    ),
    "A draft, or what was entered in error, is nobody's work.": (
        "Un borrador, o lo que se registró por error, no es trabajo de nadie."
    ),
    "The draft was there, and is not any more: try again.": "El borrador ya no está: inténtelo de nuevo.",
    "The group was there, and is not any more: try again.": "El caso ya no está: inténtelo de nuevo.",
    "The referral was there, and is not any more: try again.": (
        "La referencia ya no está: inténtelo de nuevo."
    ),
    "The referral changed again and again; nothing was done. Try again.": (
        "La referencia cambió una y otra vez; no se hizo nada. Inténtelo de nuevo."
    ),
    "The pathway changed again and again; nothing was done. Try again.": (
        "La ruta cambió una y otra vez; no se hizo nada. Inténtelo de nuevo."
    ),
    "This referral has another external id of your organization.": (
        "Esta referencia tiene otro identificador externo de su institución."
    ),
    "Your organization gave this external id to another referral.": (
        "Su institución dio este identificador externo a otra referencia."
    ),
    "The person's data was erased: nothing can be added to it. Leave notes out.": (
        "Los datos de la persona se borraron: no se les puede agregar nada. Omita las notas."
    ),
    "The directory did not answer.": "El directorio no respondió.",
    "The directory cannot be asked for places now. Try again, or accept without a hold.": (
        "Ahora no se puede preguntar por lugares al directorio. Inténtelo de nuevo, o acepte sin apartar "
        "lugar."
    ),
    "The sender asked for more places. Ask it: once it has corrected that, accept.": (
        "La institución que refiere pidió más lugares. Pregúntele: cuando lo haya corregido, acepte."
    ),
    "Are fewer than were asked for.": "Son menos de los que se pidieron.",
    "Is for those who may see what the sender asked for. Leave it out: then as many are kept as were asked "
    "for.": (
        "Es de quien puede ver lo que pidió la institución que refiere. Omítalo: entonces se apartan tantos "
        "como se pidieron."
    ),
    "As many places as are needed could not be kept. Let somebody accept who may see how many that is, or "
    "accept without a hold.": (
        "No se pudieron apartar los lugares que hacen falta. Que acepte quien puede ver cuántos son, o "
        "acepte sin apartar lugar."
    ),
}

_INPUTS = {
    "Some inputs are not right.": "Algunos datos no son correctos.",
    "Must be given.": "Es obligatorio.",
    "Give one of {inputs}.": "Indique uno de estos: {inputs}.",
    "Give one of {inputs}, not both.": "Indique uno de estos, no ambos: {inputs}.",
    "Give one of the two.": "Indique uno de los dos.",
    "Give a folio or an external id: one of the two.": (
        "Indique un folio o un identificador externo: uno de los dos."
    ),
    "Must be within the last 30 days, and not in the future.": (
        "Debe estar dentro de los últimos 30 días, y no en el futuro."
    ),
    "Must be in the future, within {days} days.": "Debe ser en el futuro, dentro de {days} días.",
    "Must not be in the future.": "No debe ser en el futuro.",
    "Must be in the future.": "Debe ser en el futuro.",
    "Must be within the last 120 years.": "Debe estar dentro de los últimos 120 años.",
    "Must be an IANA name, as America/Mexico_City.": "Debe ser un nombre de IANA, como America/Mexico_City.",
    "The reason `OTHER` needs a note.": "El motivo `OTHER` necesita una nota.",
    "To accept with `withoutHold` needs a reason.": "Para aceptar con `withoutHold` hace falta un motivo.",
    "Give `places` or `withoutHold`, not both.": "Indique `places` o `withoutHold`, no ambos.",
    "Is no id of a service.": "No es el identificador de un servicio.",
    "Is no id of a member.": "No es el identificador de una persona integrante.",
    "Must be after `since`.": "Debe ser posterior a `since`.",
    "Is no folio, as REL-7K3F9M-2P, and no id of a client, member, organization, service, exception or "
    "agreement.": (
        "No es un folio, como REL-7K3F9M-2P, ni el id de un cliente, integrante, institución, servicio, "
        "excepción o acuerdo."
    ),
    "There is a pathway {code}: say which version of it you have edited.": (
        "Ya existe la ruta {code}: indique qué versión editó."
    ),
    "Is as it is now: nothing would change.": "Es igual a la que está en vigor: nada cambiaría.",
    "The basis was reviewed before: there is nothing more to do.": (
        "La base ya se había revisado: no hay nada más que hacer."
    ),
    "The person's data was erased before: there is nothing more to do.": (
        "Los datos de la persona ya se habían borrado: no hay nada más que hacer."
    ),
    "Must be given for this channel.": "Es obligatorio con este medio.",
    "Must not be before the person arrived.": "No debe ser anterior a la llegada de la persona.",
    "Must not be given where there is no channel.": "No debe indicarse si no hay medio de contacto.",
    "Must be given where the basis is not consent.": (
        "Es obligatorio cuando la base no es el consentimiento."
    ),
    "Must be given where the basis is consent.": "Es obligatorio cuando la base es el consentimiento.",
    "This basis is for children only.": "Esta base es solo para niñas, niños y adolescentes.",
    "Names a code twice.": "Nombra un código dos veces.",
    "Names a unit twice.": "Nombra una unidad dos veces.",
    "Names what only a child can be, and the age band is {band}.": (
        "Nombra lo que solo se aplica a niñas, niños y adolescentes, y el grupo de edad es {band}."
    ),
    "Does not agree with the age band {band}.": "No concuerda con el grupo de edad {band}.",
    "There are {given}; the limit is {most}.": "Hay {given}; el límite es {most}.",
    "Name at least one need.": "Nombre al menos una necesidad.",
    "Asks the same service for the same.": "Pide lo mismo al mismo servicio.",
    "Is another need's of this group.": "Es el de otra necesidad de este caso.",
    "Must be 1 to {most}.": "Debe ser de 1 a {most}.",
    "Give first or last: one of them.": "Indique first o last: uno de los dos.",
    "Is no position in this list.": "No es una posición de esta lista.",
    "Is no part of a folio: letters and digits as in REL-7K3F9M-2P, one at least.": (
        "No es parte de un folio: letras y dígitos como en REL-7K3F9M-2P, al menos uno."
    ),
    "Some conditions cannot be looked for.": "No se puede buscar por algunas de las condiciones.",
    "Is kept encrypted, and not searched for. Ask for its group: {group}.": (
        "Se guarda cifrado y no se busca por ello. Pida su grupo: {group}."
    ),
    "This is your own word: only who records another's says by whom and how it came.": (
        "Es su propia respuesta: solo quien registra la de otra institución dice de quién y por qué "
        "medio llegó."
    ),
    "The receiver's own id is for the receiver to give.": (
        "El identificador propio de la institución que recibe lo da ella misma."
    ),
    "Give both, who said it and by what channel, or neither.": (
        "Indique ambos, quién lo dijo y por qué medio, o ninguno."
    ),
}

_CONSENT = {
    "Must be given for whoever is under 18, from two years up: what the child was told and says to it, or "
    "why nobody could ask (NOT_ASKED).": (
        "Es obligatorio para toda persona menor de 18 años, desde los dos: qué se le explicó y qué dice, o "
        "por qué no se le pudo preguntar (NOT_ASKED)."
    ),
    "Is for children only.": "Es solo para niñas, niños y adolescentes.",
    "Must be given where nobody asked the child.": (
        "Es obligatorio si a la niña, niño o adolescente no se le preguntó."
    ),
    "Nobody agrees to what was not explained.": "Nadie está de acuerdo con lo que no se le explicó.",
    "The child disagrees, and so has not consented: give the consent of a caregiver, or another basis, as "
    "BEST_INTERESTS_OF_THE_CHILD.": (
        "La niña, niño o adolescente no está de acuerdo, así que no ha consentido: indique el consentimiento "
        "de la persona cuidadora u otra base, como BEST_INTERESTS_OF_THE_CHILD."
    ),
    "A caregiver who is suspected of harm is not asked: ask the child, or give another basis, as "
    "BEST_INTERESTS_OF_THE_CHILD.": (
        "A una persona cuidadora de quien se sospecha daño no se le pregunta: pregunte a la niña, niño o "
        "adolescente, o indique otra base, como BEST_INTERESTS_OF_THE_CHILD."
    ),
    "Whoever is with an unaccompanied child is no caregiver: ask the child, or give another basis, as "
    "BEST_INTERESTS_OF_THE_CHILD.": (
        "Quien va con una niña, niño o adolescente no acompañado no es su persona cuidadora: pregunte a la "
        "niña, niño o adolescente, o indique otra base, como BEST_INTERESTS_OF_THE_CHILD."
    ),
    "A caregiver who is suspected of harm might hear it: leave no message.": (
        "Podría enterarse una persona cuidadora de quien se sospecha daño: no deje mensajes."
    ),
    "A caregiver is suspected of harm: leave out of the household whom you suspect, or do not ask that it "
    "be kept together.": (
        "Se sospecha daño de una persona cuidadora: quite del grupo familiar a quien sospecha, o no pida que "
        "siga junto."
    ),
    "What a child says stands in the consent: correct that (correctReferral).": (
        "Lo que dice la niña, niño o adolescente está en el consentimiento: corríjalo (correctReferral)."
    ),
    "Is looked for in the outbox: of the consents that you have taken.": (
        "Se busca en las enviadas: entre los consentimientos que su institución ha recabado."
    ),
    "Nobody has to say why she withdraws her consent, and nothing of it would be left: leave it out.": (
        "Nadie tiene que decir por qué retira su consentimiento, y no quedaría nada de ello: omítalo."
    ),
    "Whoever said that this is the basis does not review it: a second member does.": (
        "Quien dijo que esta es la base no la revisa: lo hace una segunda persona."
    ),
    "No override of a step of this referral waits for a review.": (
        "Ninguna omisión de un paso de esta referencia espera una revisión."
    ),
    "Must be given: which override.": "Hay que indicar cuál de los pasos omitidos.",
    "The sender has a second member who reviews it, until it is overdue.": (
        "La institución que refiere tiene una segunda persona que la revisa, hasta que venza el plazo."
    ),
}

_SENDING = {
    "The referral was not issued: some fields are not right.": (
        "La referencia no se emitió: algunos campos no son correctos."
    ),
    "Nothing was issued: some inputs are not right.": "No se emitió nada: algunos datos no son correctos.",
    "The draft was not kept: some fields are not right.": (
        "El borrador no se guardó: algunos campos no son correctos."
    ),
    "The draft was not sent: it is not all there, or not right.": (
        "El borrador no se envió: faltan datos, o no son correctos."
    ),
    "Nothing was corrected: some fields are not right.": (
        "No se corrigió nada: algunos campos no son correctos."
    ),
    "Is for those who may read the notes. Leave it out: then it stays as it was.": (
        "Es para quienes pueden leer las notas. Omítalo: entonces queda como estaba."
    ),
    ("Must be given: this service may not count the places that were asked for before; it counts {units}."): (
        "Indíquelo: es posible que este servicio no cuente los lugares que se pidieron antes; cuenta {units}."
    ),
    "Must be given: the receiver is not told of the household, and counts its places.": (
        "Indíquelo: a la institución que recibe no se le dice del grupo familiar, y cuenta sus lugares."
    ),
    "Give at least one field that is to be corrected.": "Indique al menos un campo que haya que corregir.",
    "The receiver has accepted and keeps the places that were asked for: write to it, and if it needs to "
    "keep "
    "others, cancel this referral (cancelReferral) and issue a new one.": (
        "La institución que recibe ya aceptó y aparta los lugares que se pidieron: escríbale y, si tiene que "
        "apartar otros, cancele esta referencia (cancelReferral) y emita una nueva."
    ),
    "There is no such service.": "No existe ese servicio.",
    "There is no such location.": "No existe ese lugar.",
    "The service is not active.": "El servicio no está activo.",
    "The service takes no referrals.": "El servicio no recibe referencias.",
    "Nobody has verified its organization: it would not hear.": (
        "Nadie ha verificado a su institución: no se enteraría."
    ),
    "Is a service of your own organization.": "Es un servicio de su propia institución.",
    "Its organization is behind the firewall.": (
        "A una institución de este tipo no se le pueden enviar datos de personas."
    ),
    "A consent is for the organization that receives this referral: it names no other.": (
        "El consentimiento es para la institución que recibe esta referencia: no nombra a ninguna otra."
    ),
    "A prosecutor receives only with written consent that names it, or on a legal obligation.": (
        "Una fiscalía recibe solo con consentimiento escrito que la nombre, o por obligación legal."
    ),
    "While she or her group needs international protection, or whoever refers cannot know it, a consulate "
    "receives only with written consent that names it.": (
        "Mientras la persona o su caso necesite protección internacional, o quien refiere no pueda saberlo, "
        "un consulado recibe solo con consentimiento escrito que lo nombre."
    ),
    "Must be given: without written consent that names it a consulate receives until a day that you say, and "
    "that it is not told.": (
        "Es obligatorio: sin consentimiento escrito que lo nombre, un consulado recibe hasta el día que "
        "usted indique, y ese día no se le dice."
    ),
    "Is named of nobody: neither of the person, nor of who is with her.": (
        "No se dice de nadie: ni de la persona ni de quienes van con ella."
    ),
    "The pathway {pathway} asks for {least} at least for {need}: give that priority, or a higher one.": (
        "La ruta {pathway} pide al menos {least} para {need}: dé esa prioridad o una mayor."
    ),
    "Must be given: nothing of her may be seen any more in that referral.": (
        "Es obligatorio: en aquella referencia ya no se puede ver nada de la persona."
    ),
    "It was not referred on: some inputs are missing.": "No se refirió a otra institución: faltan datos.",
    "It was not done: some inputs are not right.": "No se hizo: algunos datos no son correctos.",
    "Was given before the service was proposed: it is for another receiver.": (
        "Se dio antes de que se propusiera el servicio: es para otra institución."
    ),
    "Another service is proposed now: ask for consent for that one.": (
        "Ahora se propone otro servicio: pida el consentimiento para ese."
    ),
    "Is a service of the sender itself.": "Es un servicio de la misma institución que refiere.",
    "Is the service that was asked.": "Es el servicio al que ya se pidió.",
    "Has redirected it already: refuse it.": "Ese servicio ya la redirigió: no la acepte.",
}

_BESIDE = {
    "Give one of member, reference and nobody.": "Indique uno de estos: member, reference o nobody.",
    "There is no such member of your organization who could work on it.": (
        "Su institución no tiene esa persona integrante, o no puede trabajar en ella."
    ),
    "Your side has written {most} messages on this referral: telephone.": (
        "Su institución ya escribió {most} mensajes en esta referencia: llame por teléfono."
    ),
    "The receiver answers by telephone and would not read the message.": (
        "La institución que recibe responde por teléfono y no leería el mensaje."
    ),
    "There are {count} messages.": "Hay {count} mensajes.",
    "The referral is {status}, or its consent has run out: the receiver would not read the message. "
    "Telephone.": (
        "La referencia está en {status}, o su consentimiento venció: la institución que recibe no leería el "
        "mensaje. Llame por teléfono."
    ),
    "Does not meet the step: it takes one in the same state, to one of the step's kinds.": (
        "No cumple el paso: hace falta una en la misma entidad, a una institución de los tipos del paso."
    ),
    "Is no step of this referral that is {statuses}.": (
        "No es un paso de esta referencia que esté en {statuses}."
    ),
    "Nothing was done.": "No se hizo nada.",
    "Nothing was reported.": "No se informó nada.",
    "Give the referral that took it, or say how it was taken: one of the two.": (
        "Indique la referencia con la que se cumplió, o diga cómo se cumplió: uno de los dos."
    ),
    "The mandatory step {step} is missing: {words} Refer to an organization of kind {kinds} first, and name "
    "that referral as the one that this follows; or override the step.": (
        "Falta el paso obligatorio {step}: {words} Refiera primero a una institución de tipo {kinds} y "
        "nombre esa "
        "referencia como la que esta sigue; u omita el paso con un motivo."
    ),
    "Is overridden twice.": "Se omite dos veces.",
    "Is no mandatory step that is missing here.": "No es un paso obligatorio que falte aquí.",
}

_PATHWAYS = {
    "The pathway was not changed: some fields are not right.": (
        "La ruta no se cambió: algunos campos no son correctos."
    ),
    "The pathway {code} is at version {version}: read it, and edit that one.": (
        "La ruta {code} está en la versión {version}: léala y edite esa."
    ),
    "There is no pathway {code} yet: leave expected_version out to make one.": (
        "Todavía no hay una ruta {code}: omita expected_version para crearla."
    ),
    "Lacks the step {code}, which the law asks for: change its words only.": (
        "Falta el paso {code}, que la ley pide: cambie solo sus palabras."
    ),
    "Does not fit on one page: {lines} lines of {most} (in {language}).": (
        "No cabe en una página: {lines} líneas de {most} (en {language})."
    ),
    "Another step has this code.": "Otro paso tiene este código.",
    "What the law asks for is mandatory.": "Lo que la ley pide es obligatorio.",
    "A mandatory step has to say who meets it.": "Un paso obligatorio tiene que decir quién lo cumple.",
    "Names a kind that nobody is referred to.": "Nombra un tipo de institución al que no se refiere a nadie.",
    "Has a step that the law asks for: more may be named, none left out.": (
        "Tiene un paso que la ley pide: se pueden nombrar más, y no omitir ninguna."
    ),
    "The law asks for this: change its words only.": "La ley pide esto: cambie solo sus palabras.",
    "Some answers are not right.": "Algunas respuestas no son correctas.",
    "The answers propose no such need.": "Las respuestas no proponen esa necesidad.",
    "The answers propose no need.": "Las respuestas no proponen ninguna necesidad.",
    "Answer {question}: an estimate is enough.": "Responda {question}: basta una estimación.",
    "No draft was begun.": "No se empezó ningún borrador.",
    "Was answered before.": "Ya se respondió.",
    "There is no such question.": "No existe esa pregunta.",
    "Is not asked after these answers.": "No se pregunta después de estas respuestas.",
    "Has an answer that is not offered.": "Tiene una respuesta que no se ofrece.",
    "Takes one answer.": "Admite una sola respuesta.",
    "Says nothing and something at once.": "Dice nada y algo a la vez.",
}

_AUDIT = {
    "The audit is read for an organization.": "La auditoría se lee por una institución.",
    "To read the audit takes the role {role}.": "Para leer la auditoría hace falta el rol {role}.",
    "The audit could not be written: others wrote again and again. Try again.": (
        "La auditoría no se pudo escribir: otros escribieron una y otra vez. Inténtelo de nuevo."
    ),
    "The audit cannot be written now; nothing is shown without it.": (
        "La auditoría no se puede escribir ahora; sin ella no se muestra nada."
    ),
    "Another master key is in force here": "Aquí rige otra llave maestra",
    "This replica has not got the new master key: put it beside the old one everywhere.": (
        "Esta réplica no tiene la llave maestra nueva: póngala junto a la anterior en todas partes."
    ),
}

_FEED = {
    "The public feed is for members and clients.": (
        "Las novedades públicas son para personas integrantes y clientes."
    ),
    "Reading the feed takes the scope feed:read (of a member, a role).": (
        "Para leer las novedades hace falta el permiso feed:read (o, de una persona integrante, un rol)."
    ),
    "The feed was started anew since; read it again from the beginning.": (
        "Las novedades se empezaron de nuevo desde entonces; léalas otra vez desde el principio."
    ),
    "What came after this cursor is no longer kept; read from the oldest.": (
        "Lo que siguió a este cursor ya no se conserva; lea desde lo más antiguo."
    ),
    "The mark changed again and again; nothing was done. Try again.": (
        "La marca cambió una y otra vez; no se hizo nada. Inténtelo de nuevo."
    ),
    "The line to the feed broke; try again.": "Se cortó la línea con las novedades; inténtelo de nuevo.",
    "The feed is not there now; try again.": (
        "Las novedades no están disponibles ahora; inténtelo de nuevo."
    ),
}

REFERRALS = {
    **_TITLES,
    **_WHO,
    **_WHERE_IT_STANDS,
    **_INPUTS,
    **_CONSENT,
    **_SENDING,
    **_BESIDE,
    **_PATHWAYS,
    **_AUDIT,
    **_FEED,
}
