"""Spanish for what is refused of webhooks, by the English template."""

WEBHOOKS = {
    "There is no such thing, or it is none of yours.": "No existe, o no es de su institución.",
    "It takes the scope {scope}.": "Hace falta el permiso {scope}.",
    "A coordinator has to verify the organization first.": (
        "Primero una persona coordinadora tiene que verificar la institución."
    ),
    "The organization has {most} webhook endpoints; delete one.": (
        "La institución ya tiene {most} direcciones de webhooks; elimine una."
    ),
    "The endpoint is not right.": "La dirección del webhook no es correcta.",
    "Must be a URL, as https://example.org/relevo.": "Debe ser una URL, como https://example.org/relevo.",
    "Must begin with https://.": "Debe empezar con https://.",
    "Must hold no user name and no password: what is sent is signed.": (
        "No debe llevar usuario ni contraseña: lo que se envía va firmado."
    ),
    "Must hold no fragment (#).": "No debe llevar fragmento (#).",
    "Must name no port, or 443, or one above 1023.": (
        "No debe nombrar puerto, o el 443, o uno mayor que 1023."
    ),
    "No feed holds this type.": "Ningún aviso es de este tipo.",
    "Give one of failed, deliveries and since.": "Dé uno de estos: failed, deliveries o since.",
    "Many endpoints are being tested now; try again in a moment.": (
        "Ahora se están probando muchos webhooks; inténtelo de nuevo en un momento."
    ),
    "The endpoint is not active; let it go on first.": ("El webhook no está activo; primero reanúdelo."),
    "The endpoint changed again and again; nothing was done. Try again.": (
        "El webhook cambió una y otra vez; no se hizo nada. Inténtelo de nuevo."
    ),
}
