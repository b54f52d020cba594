"""Spanish for what the gateway itself refuses, by the English template."""

GATEWAY = {
    "The request cannot be read": "La solicitud no se puede leer",
    "Ask by POST.": "Pida por POST.",
    "Ask by POST; for a stream as well.": "Pida por POST; también un flujo de eventos.",
    "Send an access token: Authorization: Bearer …, from /oauth/token.": (
        "Envíe un token de acceso: Authorization: Bearer …, de /oauth/token."
    ),
    (
        "The member whom you name (Relevo-On-Behalf-Of) was removed from your organization: name who acts "
        "now, or have her invited again (inviteMember)."
    ): (
        "A quien usted nombra (Relevo-On-Behalf-Of) se le dio de baja en su institución: nombre a quien "
        "actúa ahora, o pida que se le invite de nuevo (inviteMember)."
    ),
    "The member whom you named was removed from your organization.": (
        "A quien usted nombró se le dio de baja en su institución."
    ),
    "Relevo-On-Behalf-Of is 1 to 100 visible ASCII characters.": (
        "Relevo-On-Behalf-Of tiene de 1 a 100 caracteres ASCII visibles."
    ),
    "More than {rate} requests a second; wait a little.": (
        "Más de {rate} solicitudes por segundo; espere un poco."
    ),
    "This client has {most} streams; that is the limit.": "Este cliente tiene {most} flujos; ese es el "
    "límite.",
    "This client has {most} live subscriptions over all its connections; that is the limit. "
    "End one, or share one among several who listen.": (
        "Este cliente tiene {most} suscripciones en vivo en todas sus conexiones; ese es el límite. Termine "
        "una, o comparta una entre quienes escuchan."
    ),
    "This socket has {most} operations; that is the limit.": (
        "Este socket tiene {most} operaciones; ese es el límite."
    ),
    "A subscription needs Accept: {media}, or a WebSocket.": (
        "Una suscripción necesita Accept: {media}, o un WebSocket."
    ),
    "Something went wrong here; it is logged as trace {trace}.": (
        "Algo falló aquí; quedó registrado con el rastro {trace}."
    ),
    "A part of the network did not answer. Repeat the request, with the same idempotencyKey.": (
        "Una parte de la red no respondió. Repita la solicitud, con el mismo idempotencyKey."
    ),
    "The bus is not there now; come back with the cursor.": (
        "La red interna no está disponible ahora; vuelva con el cursor."
    ),
    "Accept one of {media}.": "Acepte (Accept) uno de {media}.",
    "Send the request as application/json, in UTF-8.": "Envíe la solicitud como application/json, en UTF-8.",
    "The body did not arrive within {seconds} seconds.": "El cuerpo no llegó en {seconds} segundos.",
    "The body has more than {limit} bytes; that is the limit.": (
        "El cuerpo tiene más de {limit} bytes; ese es el límite."
    ),
    "Name one of the document's operations: operationName is missing, or not one of them.": (
        "Nombre una de las operaciones del documento: falta operationName, o no es una de ellas."
    ),
    "The body is not a GraphQL request.": "El cuerpo no es una solicitud de GraphQL.",
    "The body is not JSON in UTF-8.": "El cuerpo no es JSON en UTF-8.",
    "The body nests too deep.": "El cuerpo anida demasiado.",
    "{argument} is a cursor of another organization's feed.": (
        "{argument} es un cursor de las novedades de otra institución."
    ),
    "{argument} is not a cursor of this list.": "{argument} no es un cursor de esta lista.",
    "{argument} is no id of a client or a member.": (
        "{argument} no es el id de un cliente ni de un integrante."
    ),
    "The document nests {value} brackets; the limit is {limit}.": (
        "El documento anida {value} paréntesis; el límite es {limit}."
    ),
    "The document is {value} fields deep; the limit is {limit}.": (
        "El documento tiene {value} campos de profundidad; el límite es {limit}."
    ),
    "The document would cost {value}; the limit is {limit}. Ask for shorter pages, or less.": (
        "El documento costaría {value}; el límite es {limit}. Pida páginas más cortas, o menos."
    ),
    "The document has more than {limit} tokens; that is the limit.": (
        "El documento tiene más de {limit} tokens; ese es el límite."
    ),
    "The document is more than a hundred fields deep.": (
        "El documento tiene más de cien campos de profundidad."
    ),
    "The fragment {name} contains itself.": "El fragmento {name} se contiene a sí mismo.",
    "The token expired; come back with a fresh one and your cursor.": (
        "El token venció; vuelva con uno nuevo y su cursor."
    ),
    "What you may do has changed; come back with a fresh token and your cursor.": (
        "Lo que usted puede hacer cambió; vuelva con un token nuevo y su cursor."
    ),
    "The client was revoked.": "El cliente fue revocado.",
    "The client was revoked; it gets no token any more.": "El cliente fue revocado; ya no recibe tokens.",
    "You have read nothing for a while; come back with your cursor.": (
        "Usted no ha leído nada desde hace rato; vuelva con su cursor."
    ),
    "This server stops; come back at once with your cursor.": (
        "Este servidor se detiene; vuelva enseguida con su cursor."
    ),
    "The access token has expired; get a fresh one at /oauth/token.": (
        "El token de acceso venció; pida uno nuevo en /oauth/token."
    ),
    "The access token is not one of ours; get one at /oauth/token.": (
        "El token de acceso no es de los nuestros; pida uno en /oauth/token."
    ),
    "A page has 1 to {most} rows, not {given}.": "Una página tiene de 1 a {most} filas, no {given}.",
    "Give first or last, 1 to {most}: one of them, not both.": (
        "Indique first o last, de 1 a {most}: uno de los dos."
    ),
    "Give id or sourceId: one of them, not both.": "Indique id o sourceId: uno de los dos.",
    "Give id, folio or externalId: one of them.": "Indique id, folio o externalId: uno de los tres.",
    "{argument} has {given} entries; the limit is {most}.": (
        "{argument} tiene {given} elementos; el límite es {most}."
    ),
    "types[{at}] does not exist; there are {types}.": "types[{at}] no existe; hay {types}.",
    "A version is one of exactly one code: give codes with one entry.": (
        "Una versión es de un solo código: indique codes con un elemento."
    ),
}
