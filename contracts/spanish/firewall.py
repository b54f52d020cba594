"""Spanish for what the firewall refuses, and exceptions to it, by the English template."""

FIREWALL = {
    "The sender is behind the firewall: it is told that this was received and that it ended, no more. Decide "
    "without it; once you have accepted you may refer on. A coordinator can speak with it.": (
        "A la institución que refiere solo se le avisa que esto se recibió y que terminó, nada más: nadie "
        "ahí puede responder. Decida sin ella; cuando haya aceptado puede referir a otra institución. La "
        "coordinación puede hablar con ella."
    ),
    "Nobody behind the firewall overrides a step: nobody there could review it.": (
        "Una institución de este tipo no omite ningún paso: nadie ahí podría revisarlo."
    ),
    "Nobody behind the firewall keeps the network, or audits it.": (
        "Una institución de este tipo no coordina la red ni la audita."
    ),
    "By exception an authority behind the firewall receives only with her consent that names it.": (
        "Por excepción, una autoridad de este tipo recibe solo con el consentimiento de la "
        "persona que la nombre."
    ),
    "{why} Name the receiver here, by its organization's id, once she has been told who that is and "
    "agrees.": (
        "{why} Nombre aquí a la institución que recibe, por su identificador, cuando la persona sepa quién "
        "es y esté de acuerdo."
    ),
    "There is no such exception.": "No existe esa excepción.",
    "The exception is not in force any more.": "La excepción ya no está vigente.",
    "No exception was made: some fields are not right.": (
        "No se hizo ninguna excepción: algunos campos no son correctos."
    ),
    "There is one in force for that service and need: end that first.": (
        "Ya hay una vigente para ese servicio y esa necesidad: termine primero esa."
    ),
    "The exception was there, and is not any more: try again.": (
        "La excepción estaba y ya no está: inténtelo de nuevo."
    ),
    "Does not offer that service.": "No ofrece ese servicio.",
    "Is not behind the firewall: it needs none.": "No es de un tipo que necesite una excepción.",
    "Must be within a year.": "Debe ser dentro de un año a lo más.",
    "A coordinator has to verify the organization before it can send referrals.": (
        "Una coordinación tiene que verificar a la institución antes de que pueda enviar referencias."
    ),
}
