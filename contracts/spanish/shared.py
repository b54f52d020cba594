"""Spanish for what any part may say: titles, shapes of inputs, and the words that stand inside sentences."""

TITLES = {
    "Something went wrong here": "Algo falló aquí",
    "The request is not right": "La solicitud no es correcta",
    "Not allowed": "No permitido",
    "Not with this organization, these roles or scopes": "No con esta institución, estos roles o permisos",
    "Behind the firewall": "Fuera del alcance de este tipo de institución",
    "The organization is not verified": "La institución no está verificada",
    "Not possible from this status": "No es posible en este estado",
    "The key was used for something else": "La clave ya se usó para otra cosa",
    "Too many changes at once": "Demasiados cambios a la vez",
    "The actor cannot be verified": "No se puede comprobar quién actúa",
    "The reply is too large": "La respuesta es demasiado grande",
    "Too many requests at once": "Demasiadas solicitudes a la vez",
    "A part of the network did not answer": "Una parte de la red no respondió",
    "Not found": "No se encontró",
    "Too many": "Demasiados",
    "There is nothing here": "Aquí no hay nada",
    "Not by this method": "No con este método",
}

INPUTS = {
    "{input}: {words}": "{input}: {words}",
    "{before} {after}": "{before} {after}",
    "{before} or {other}": "{before} o {other}",
    "Is not of the form that it should have.": "No tiene la forma que debe tener.",
    "Must have at least {number} {unit}.": "Debe tener al menos {number} {unit}.",
    "Must have at most {number} {unit}.": "Debe tener como máximo {number} {unit}.",
    "Must have {number} {unit}.": "Debe tener {number} {unit}.",
    "character": "carácter",
    "characters": "caracteres",
    "entry": "elemento",
    "entries": "elementos",
    "Must be at least {number}.": "Debe ser {number} o más.",
    "Must be at most {number}.": "Debe ser {number} o menos.",
    "Must be more than {number}.": "Debe ser mayor que {number}.",
    "Must be less than {number}.": "Debe ser menor que {number}.",
    "Must be {kinds}.": "Debe ser {kinds}.",
    "text": "un texto",
    "a whole number": "un número entero",
    "a number": "un número",
    "true or false": "verdadero o falso (true o false)",
    "a list": "una lista",
    "an object": "un objeto",
    "null": "nulo (null)",
    "a moment, as 2026-01-31T17:00:00Z": "un momento, como 2026-01-31T17:00:00Z",
    "a date, as 1990-12-31": "una fecha, como 1990-12-31",
    "Must not be empty.": "No debe estar vacío.",
    "Needs Z or an offset from UTC, as 2026-01-31T17:00:00Z.": (
        "Necesita Z o una diferencia con UTC, como 2026-01-31T17:00:00Z."
    ),
    "Is none of the codes that may stand here.": "No es ninguno de los códigos que pueden ir aquí.",
    "There is no such field.": "No existe ese campo.",
    "It is missing.": "Falta.",
    "Must not be empty: something that can be read, on one line.": (
        "No debe estar vacío: algo legible, en una sola línea."
    ),
    "Must be text that can be read, without control characters.": (
        "Debe ser un texto legible, sin caracteres de control."
    ),
    "Must be text on one line, without blanks at its ends.": (
        "Debe ser un texto de una sola línea, sin espacios al principio ni al final."
    ),
    "Must be a language tag, as es or mam, or en-US.": (
        "Debe ser la etiqueta de un idioma, como es, mam o en-US."
    ),
    "Must be a country's two capital letters, as MX or HN.": (
        "Deben ser las dos letras mayúsculas de un país, como MX o HN."
    ),
    "Must be a municipality's five digits (INEGI), as 07089.": (
        "Deben ser los cinco dígitos de un municipio (INEGI), como 07089."
    ),
    "Must be an address that begins with http:// or https://.": (
        "Debe ser una dirección que empiece con http:// o https://."
    ),
    "Must be an e-mail address.": "Debe ser una dirección de correo electrónico.",
    "Must be an id of your own, without spaces and @: it names nobody.": (
        "Debe ser un identificador propio, sin espacios ni @: no nombra a nadie."
    ),
    "Must be a telephone number, as +52 993 000 0000.": (
        "Debe ser un número de teléfono, como +52 993 000 0000."
    ),
    "Must be lower-case letters, digits and . _ -, beginning with a letter or a digit.": (
        "Deben ser letras minúsculas, dígitos y . _ -, y empezar con una letra o un dígito."
    ),
    "Must be lower-case letters, digits and _, beginning with a letter.": (
        "Deben ser letras minúsculas, dígitos y _, y empezar con una letra."
    ),
    "Must be the name of a pathway and of a step of it, with a dot between.": (
        "Debe ser el nombre de una ruta y el de un paso de ella, con un punto en medio."
    ),
    "Must be a time of the day, as 07:00 or 22:30.": "Debe ser una hora del día, como 07:00 o 22:30.",
    "Must be a version, as 1 or 1.2.": "Debe ser una versión, como 1 o 1.2.",
}

REQUESTS = {
    "There is nothing at this path.": "En esta ruta no hay nada.",
    "This path answers {methods} only.": "Esta ruta responde solo a {methods}.",
    "This idempotencyKey was used for another input: take a new key for a new request.": (
        "Este idempotencyKey ya se usó con otros datos: tome una clave nueva para una solicitud nueva."
    ),
    "Nothing was done; try again in a moment.": "No se hizo nada; inténtelo de nuevo en un momento.",
    "The reply would be too large; ask for fewer.": "La respuesta sería demasiado grande; pida menos.",
    "{part} may not ask for {operation}.": "{part} no puede pedir {operation}.",
    "Some of it is not as it should be.": "Algo de la solicitud no es como debe ser.",
    "The body is not JSON.": "El cuerpo no es JSON.",
    "A part did not answer; repeat it with its key.": "Una parte no respondió; repítala con su clave.",
    "The bus is not there now; repeat it with its key.": (
        "La red interna no está disponible ahora; repítala con su clave."
    ),
    "The database or the bus is away; repeat it with its key.": (
        "La base de datos o la red interna no está disponible; repítala con su clave."
    ),
    "It is logged as trace {trace}.": "Quedó registrado con el rastro {trace}.",
    "The actor header was made for another request.": (
        "El encabezado de quien actúa se hizo para otra solicitud."
    ),
    "The actor header is stale; clocks may differ by two seconds.": (
        "El encabezado de quien actúa caducó; los relojes pueden diferir dos segundos."
    ),
    "{part} may not speak for this actor.": "{part} no puede hablar por quien actúa.",
    "The actor header is missing, or none of ours (are versions the same?).": (
        "El encabezado de quien actúa falta o no es de los nuestros (¿son iguales las versiones?)."
    ),
}

# With their article, as they stand in a sentence.
NOUNS = {
    "organization": "la institución",
    "service": "el servicio",
    "location": "el lugar",
    "client": "el cliente",
    "member": "la persona integrante",
    "proposal": "la propuesta",
    "correction": "la corrección",
    "list of rules": "la lista de reglas",
}

SIDES = {
    "sender": "la institución que refiere",
    "receiver": "la institución que recibe",
    "coordinator": "la coordinación",
    "system": "el sistema",
    "nothing": "nada",
}

# What somebody does with a referral: "Para {action} una referencia …".
ACTIONS = {
    "accept": "aceptar",
    "acknowledge": "confirmar el término de",
    "ask": "preguntar sobre",
    "assign": "asignar",
    "cancel": "cancelar",
    "complete": "completar",
    "confirm_erasure": "confirmar que se borraron las copias de",
    "confirm_redirect": "confirmar la redirección de",
    "correct": "corregir",
    "decline": "rechazar",
    "draft": "empezar",
    "end": "terminar",
    "expire": "vencer",
    "issue": "emitir",
    "lapse_redirect": "dejar vencer la redirección de",
    "mark what is read of": "marcar lo leído de",
    "print the record of": "imprimir lo que se guarda en",
    "override a step of": "omitir un paso de",
    "pause": "pausar",
    "propose_redirect": "proponer otro servicio para",
    "receive": "acusar recibo de",
    "refer_on": "referir a otra institución desde",
    "refuse_redirect": "no aceptar la redirección de",
    "reopen": "reabrir",
    "reply": "responder a las preguntas de",
    "report a step of": "informar un paso de",
    "reschedule": "cambiar la cita de",
    "resume": "reanudar",
    "review an override of": "revisar un paso omitido de",
    "send": "enviar",
    "review_basis": "revisar la base legal de",
    "start": "registrar la llegada de",
    "update_draft": "cambiar el borrador de",
    "void": "anular",
    "withdraw_consent": "retirar el consentimiento de",
    "erase": "borrar a la persona de",
    "waitlist": "poner en lista de espera",
    "write about": "escribir sobre",
}

SHARED = {**TITLES, **INPUTS, **REQUESTS, **NOUNS, **SIDES, **ACTIONS}
