"""Spanish for what is refused of how members are written to, by the English template."""

NOTICES = {
    "Not set up": "No está configurado",
    "This network does not write by this channel: nobody has set it up.": (
        "Esta red no escribe por este medio: nadie lo ha configurado."
    ),
    "Too many codes were asked for today; try tomorrow.": (
        "Hoy se pidieron demasiados códigos; inténtelo mañana."
    ),
    "It is not the code that was sent last, or it is too old; ask for a new one.": (
        "No es el último código que se envió, o ya venció; pida uno nuevo."
    ),
    "Say which member, or act on behalf of one (Relevo-On-Behalf-Of).": (
        "Diga qué integrante, o actúe en nombre de alguien (Relevo-On-Behalf-Of)."
    ),
    "Quiet hours begin and end at different times.": (
        "Las horas de silencio empiezan y terminan a horas distintas."
    ),
    "The preferences are not right.": "Las preferencias no son correctas.",
    "Must be an e-mail address, as maria@example.org, in plain letters.": (
        "Debe ser una dirección de correo, como maria@example.org, sin acentos."
    ),
    "Must be the URL of one recipient at a gateway, without ? and #, as tgram://TOKEN/CHAT.": (
        "Debe ser la URL de una sola persona en una pasarela, sin ? ni #, como tgram://TOKEN/CHAT."
    ),
    "This network writes by these gateways only: {gateways}.": (
        "Esta red escribe solo por estas pasarelas: {gateways}."
    ),
    "The preferences changed again and again; nothing was done. Try again.": (
        "Las preferencias cambiaron una y otra vez; no se hizo nada. Inténtelo de nuevo."
    ),
}
