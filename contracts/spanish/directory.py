"""Spanish for what the directory refuses, by the English template; of its public API as well."""

_TITLES = {
    "The client's id or secret is not right": "El identificador o el secreto del cliente no es correcto",
    "No such organization": "No existe esa institución",
    "No such client": "No existe ese cliente",
    "No such service": "No existe ese servicio",
    "No such record": "No existe ese registro",
    "No such thing": "No existe",
    "Only reading": "Solo lectura",
    "Not possible": "No es posible",
    "Not ready": "Todavía no está listo",
    "The member is there already": "La persona integrante ya está",
    "It has changed": "Cambió",
    "Not enough places": "No hay lugares suficientes",
}

_WHO = {
    "The client is unknown or revoked, or its secret is another.": (
        "El cliente no existe o se revocó, o su secreto es otro."
    ),
    "It takes the role {role}; of a client, the scope {scope}.": (
        "Hace falta el rol {role}; si es un cliente, el permiso {scope}."
    ),
    "It takes the scope directory:read or referrals:send.": (
        "Hace falta el permiso directory:read o referrals:send."
    ),
    "Only a coordinator of the network may do that.": "Eso solo lo hace la coordinación de la red.",
    "A coordinator has to verify the organization first.": (
        "Primero la coordinación tiene que verificar la institución."
    ),
    "A coordinator has to verify your own organization first.": (
        "Primero la coordinación tiene que verificar su propia institución."
    ),
    "No coordinator has verified your organization yet.": (
        "La coordinación todavía no ha verificado su institución."
    ),
    "Only a verified organization that is active can keep the network.": (
        "Solo una institución verificada y activa puede coordinar la red."
    ),
    "Only its own organization says how many places a service has.": (
        "Solo su propia institución dice cuántos lugares tiene un servicio."
    ),
    "Only a member or a client of an organization can suggest a correction.": (
        "Solo una persona integrante o un cliente de una institución puede sugerir una corrección."
    ),
    "Only an organization's member or client may do this.": (
        "Esto solo lo hace una persona integrante o un cliente de una institución."
    ),
    "An organization of this kind sees the public directory only.": (
        "Una institución de este tipo ve solo el directorio público."
    ),
    "Nobody reviews the rules of the own organization.": "Nadie revisa las reglas de su propia institución.",
    "Nobody decides on the own organization; ask another coordinator.": (
        "Nadie decide sobre su propia institución; pídalo a otra persona de la coordinación."
    ),
    "To propose an organization needs the role manager; of a client, directory:write.": (
        "Para proponer una institución hace falta el rol manager; si es un cliente, directory:write."
    ),
    "The client has scopes that you lack, so its secret is not yours to have.": (
        "El cliente tiene permisos que a usted le faltan: no puede tener su secreto."
    ),
    "An organization of this kind cannot have {scopes}.": (
        "Una institución de este tipo no puede tener {scopes}."
    ),
    "A client can give only the scopes that it has itself, not {scopes}.": (
        "Un cliente solo puede dar los permisos que él mismo tiene, no {scopes}."
    ),
}

_STANDING = {
    "There is no such {what}.": "No se encontró {what}.",
    "The {what} is at version {version}, not {expected}: read it, and decide again.": (
        "Cambió {what}: está en la versión {version}, no en la {expected}. Lea de nuevo y decida."
    ),
    "The {noun} changed again and again; nothing was done. Try again.": (
        "Cambió {noun} una y otra vez; no se hizo nada. Inténtelo de nuevo."
    ),
    "The places changed again and again; nothing was done. Try again.": (
        "Los lugares cambiaron una y otra vez; no se hizo nada. Inténtelo de nuevo."
    ),
    "The place changed again and again; not all of it was done. Try again.": (
        "El lugar cambió una y otra vez; no se hizo todo. Inténtelo de nuevo."
    ),
    "The client changed again and again; nothing was done. Try again.": (
        "El cliente cambió una y otra vez; no se hizo nada. Inténtelo de nuevo."
    ),
    "The member changed again and again; nothing was done. Try again.": (
        "Los datos de la persona integrante cambiaron una y otra vez; no se hizo nada. Inténtelo de nuevo."
    ),
    "The client is revoked; make another.": "El cliente está revocado; cree otro.",
    "The member is there already with other roles: change those.": (
        "La persona integrante ya está, con otros roles: cambie esos."
    ),
    "The organization has {most} members; that is the limit.": (
        "La institución tiene {most} personas integrantes; ese es el límite."
    ),
    "The organization has {most} clients; revoke one that is not needed.": (
        "La institución tiene {most} clientes; revoque uno que no haga falta."
    ),
    "{most} proposals of your organization wait for a coordinator; that is the limit.": (
        "{most} propuestas de su institución esperan a la coordinación; ese es el límite."
    ),
    "This client has suggested {most} corrections in a day; go on tomorrow.": (
        "Este cliente sugirió {most} correcciones en un día; siga mañana."
    ),
    "A proposal is verified or rejected; {decision} is for organizations.": (
        "Una propuesta se verifica o se rechaza; {decision} es para instituciones."
    ),
    "The proposal is {status} already.": "La propuesta ya está en {status}.",
    "The correction is {status} already.": "La corrección ya está en {status}.",
    "The organization is {status}, and verified: {decision} is not possible.": (
        "La institución está en {status}, y verificada: {decision} no es posible."
    ),
    "The organization is {status}, and not verified: {decision} is not possible.": (
        "La institución está en {status}, y sin verificar: {decision} no es posible."
    ),
    "Another organization says that it is confidential: it stays hidden.": (
        "Otra institución dice que es confidencial: sigue oculto."
    ),
    "The address is not here any more: its source has to send it again.": (
        "La dirección ya no está aquí: su fuente tiene que enviarla de nuevo."
    ),
    "A place was hidden just now; nothing was done. Try again.": (
        "Se acaba de ocultar un lugar; no se hizo nada. Inténtelo de nuevo."
    ),
}

_PLACES = {
    "The service counts no places: name none.": "El servicio no cuenta lugares: no nombre ninguno.",
    "Some of what was said of the places is not right.": "Algo de lo que se dijo de los lugares no es "
    "correcto.",
    "Some of the places are not right.": "Algunos de los lugares no son correctos.",
    "A service has {most} units at most.": "Un servicio tiene {most} unidades como máximo.",
    "Give available or occupied: one of them, not both.": "Indique available u occupied: uno de los dos.",
    "Must be given: nobody has said yet how many there are.": (
        "Es obligatorio: nadie ha dicho todavía cuántos hay."
    ),
    "The service counts no such unit.": "El servicio no cuenta esa unidad.",
    "The service counts no such unit; it counts {units}.": (
        "El servicio no cuenta esa unidad; cuenta {units}."
    ),
    "What is removed has no numbers: give none.": "Lo que se quita no tiene números: no indique ninguno.",
    "{free} free and {held} held would be more than the maximum of {maximum}.": (
        "{free} libres y {held} apartados serían más que el máximo de {maximum}."
    ),
    "{held} held and {occupied} occupied: say evenIfTaken, too, if it is to go all the same.": (
        "{held} apartados y {occupied} ocupados: indique también evenIfTaken si aun así hay que quitarla."
    ),
    "Not enough places.": "No hay lugares suficientes.",
    "{unit}: {asked} asked for, {free} free.": "{unit}: se piden {asked}, hay {free} libres.",
    "Say how many of which unit: {units}.": "Diga cuántos y de qué unidad: {units}.",
}

_EDITING = {
    "Nothing was changed: some fields are not right.": "No se cambió nada: algunos campos no son correctos.",
    "Give at least one field to change.": "Indique al menos un campo que cambiar.",
    "It must be given.": "Es obligatorio.",
    "Say why.": "Diga por qué.",
    "Say to the organization why.": "Diga a la institución por qué.",
    "The text is no good value of {field}; reject it, and edit the service instead.": (
        "El texto no es un buen valor de {field}; recházela y edite el servicio."
    ),
    "The lowest age is above the highest.": "La edad mínima es mayor que la máxima.",
    "It is no time zone of IANA, such as America/Mexico_City.": (
        "No es una zona horaria de IANA, como America/Mexico_City."
    ),
    "The language is there already.": "El idioma ya está.",
    "The point is far outside the state. In Mexico latitude is 14 to 33, longitude -119 to -86.": (
        "El punto está muy lejos de la entidad. En México la latitud va de 14 a 33, y la longitud de "
        "-119 a -86."
    ),
    "It is no municipality of that state, or its table is not installed.": (
        "No es un municipio de esa entidad, o su tabla no está instalada."
    ),
    "Give both or neither of the two.": "Indique los dos, o ninguno.",
    "Your organization has no such place.": "Su institución no tiene ese lugar.",
    "Give location or place: one of them.": "Indique location o place: uno de los dos.",
    "It tells street, postal code or coordinates of a place of yours that is hidden: leave them out.": (
        "Dice la calle, el código postal o las coordenadas de un lugar suyo que está oculto: omítalos."
    ),
    "The {noun} {id} ({name}) tells street, postal code or coordinates of the place in its {field}: edit "
    "that "
    "first, then hide the place.": (
        "En {field}, {noun} {id} ({name}) dice la calle, el código postal o las coordenadas del lugar: "
        "edite eso "
        "primero y después oculte el lugar."
    ),
    "It is WEEKLY, MONTHLY, DAILY or YEARLY.": "Es WEEKLY, MONTHLY, DAILY o YEARLY.",
    "Its days are MO to SU, separated by commas.": "Sus días van de MO a SU, separados por comas.",
    "It is neither hours from UTC nor a zone of IANA.": (
        "No es una diferencia en horas con UTC ni una zona de IANA."
    ),
    "It is no date, such as 2026-03-01.": "No es una fecha, como 2026-03-01.",
    "It needs a date, and may not end before it begins.": (
        "Necesita una fecha, y no puede terminar antes de empezar."
    ),
    "It ends before it begins.": "Termina antes de empezar.",
    "It is no time of day, such as 08:30.": "No es una hora del día, como 08:30.",
    "It is closed, or has hours from opens_at to closes_at.": (
        "Está cerrado, o tiene horario de opens_at a closes_at."
    ),
}

_RULES = {
    "The service has no such rule.": "El servicio no tiene esa regla.",
    "This rule needs no approval.": "Esta regla no necesita aprobación.",
    "The rules are not right; see fields.": "Las reglas no son correctas; vea los campos.",
    "Nobody could satisfy this rule together with the earlier ones that look at the same.": (
        "Nadie podría cumplir esta regla junto con las anteriores que miran lo mismo."
    ),
    "Nobody could ever satisfy this rule.": "Nadie podría cumplir nunca esta regla.",
    "{dimension} is compared by one of: {operators}.": "{dimension} se compara con uno de: {operators}.",
    "A rule on {dimension} needs its reason, for a coordinator to approve.": (
        "Una regla sobre {dimension} necesita su motivo, para que la coordinación la apruebe."
    ),
    "{operator} takes {wanted} values, not {given}.": "{operator} lleva {wanted} valores, no {given}.",
    "{operator} takes at least {wanted} values, not {given}.": (
        "{operator} lleva al menos {wanted} valores, no {given}."
    ),
    "Is no value of {dimension}: give {wanted}.": "No es un valor de {dimension}: indique {wanted}.",
    "one of {codes}": "uno de {codes}",
    "one like {example}": "uno como {example}",
    "one like {example} up to {most}": "uno como {example}, hasta {most}",
    "Ends before it begins: give the lower number first.": (
        "Termina antes de empezar: indique primero el número menor."
    ),
    "Begins and ends at the same minute.": "Empieza y termina en el mismo minuto.",
    "This rule says nothing: it keeps nobody out.": "Esta regla no dice nada: no deja fuera a nadie.",
    "An earlier rule says the same.": "Una regla anterior dice lo mismo.",
    "Stands there twice.": "Está dos veces.",
    "vulnerabilities names what only a child can be, of an adult.": (
        "vulnerabilities nombra, de una persona adulta, lo que solo se aplica a niñas, niños y adolescentes."
    ),
    "A point has latitude and longitude.": "Un punto tiene latitud y longitud.",
    "No state begins with these two digits.": "Ninguna entidad empieza con estos dos dígitos.",
    "The municipality lies in another state.": "El municipio está en otra entidad.",
    "age and age_band do not agree: give one of them.": "age y age_band no concuerdan: indique uno de "
    "los dos.",
}

_LOOKING = {
    "Ask for {most} ids at most, not {given}.": "Pida {most} identificadores como máximo, no {given}.",
    "Give either first or last.": "Indique first o last: uno de los dos.",
    "It is not a position of this list.": "No es una posición de esta lista.",
    "It must be 1 to {most}, not {given}.": "Debe ser de 1 a {most}, no {given}.",
    "It has no letter and no digit to search for.": "No tiene ninguna letra ni dígito que buscar.",
    "Give 1 to {most} days, the first one first.": "Indique de 1 a {most} días, el primero primero.",
    "It needs Z or an offset from UTC.": "Necesita Z o una diferencia con UTC.",
    "Give a moment, or ask for what is open now: not both.": (
        "Indique un momento, o pida lo que está abierto ahora: no ambos."
    ),
    "Give latitude and longitude, or a municipality.": "Indique latitud y longitud, o un municipio.",
    "Give latitude and longitude, or a municipality: not both.": (
        "Indique latitud y longitud, o un municipio: no ambos."
    ),
    "No centre of it is known: give latitude and longitude.": (
        "No se conoce su centro: indique latitud y longitud."
    ),
    "It is not a cursor of a list by name: repeat the order it came from.": (
        "No es un cursor de una lista por nombre: repita el orden del que vino."
    ),
    "It is a cursor of another query: repeat that query with it, or begin anew.": (
        "Es un cursor de otra consulta: repita esa consulta con él, o empiece de nuevo."
    ),
    "To order by distance, say from where.": "Para ordenar por distancia, diga desde dónde.",
    "A ranked list goes forward only: give first and after.": (
        "Una lista por relevancia solo avanza: indique first y after."
    ),
}

_PUBLIC = {
    "There is no record with this id.": "No hay ningún registro con este identificador.",
    "It is given more than once: give it once.": "Se indica más de una vez: indíquelo una sola vez.",
    "There is no such parameter here.": "Aquí no existe ese parámetro.",
    "Its value is not right.": "Su valor no es correcto.",
    "The directory is being read: come again.": "El directorio se está leyendo: vuelva en un momento.",
    "The directory cannot be read now: come again.": (
        "El directorio no se puede leer ahora: vuelva en un momento."
    ),
    "Too many requests at once: come again.": "Demasiadas solicitudes a la vez: vuelva en un momento.",
    "Too many streams at once: come again.": "Demasiadas descargas a la vez: vuelva en un momento.",
    "It is not your request: tell whoever runs this.": (
        "No es por su solicitud: avise a quien opera este servicio."
    ),
    "It is a distance from a postal code: give postcode too.": (
        "Es una distancia desde un código postal: indique también postcode."
    ),
    "No public place with this postal code is known, to measure from.": (
        "No se conoce ningún lugar público con este código postal desde el cual medir."
    ),
    "A stream (format=ndjson) has no pages: leave it out.": (
        "Una descarga completa (format=ndjson) no tiene páginas: omítalo."
    ),
}

DIRECTORY = {
    **_TITLES,
    **_WHO,
    **_STANDING,
    **_PLACES,
    **_EDITING,
    **_RULES,
    **_LOOKING,
    **_PUBLIC,
}
