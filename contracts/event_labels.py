"""What each type of entry of a feed says, in Spanish and in English: for people and for developers."""

from contracts.events import (
    AGREEMENT_EVENTS,
    ARRIVAL_OVERDUE,
    ASIDE_EVENTS,
    AUDIT_ATTESTED,
    CORRECTION_DECIDED,
    CORRECTION_SUGGESTED,
    DEADLINE_EVENTS,
    EXCEPTION_ENDED,
    EXCEPTION_MADE,
    PROPOSAL_DECIDED,
    PROPOSAL_MADE,
    READING_FLAGGED,
    REFERRAL_EVENTS,
    SERVICE_REVIEW_DUE,
)
from contracts.labels import Label
from contracts.notifications import (
    BROADCAST_ENDED,
    BROADCAST_SENT,
    NOTICES_STOPPED,
    PROGRESSED,
    WEBHOOK_DISABLED,
)

_REFERRAL = {
    "sent": ("Se envió una referencia", "A referral was sent"),
    "received": ("Se recibió la referencia", "The referral was received"),
    "info_requested": ("Quien recibe hizo una pregunta", "The receiver asked a question"),
    "replied": ("Quien refiere contestó la pregunta", "The sender answered the question"),
    "waitlisted": ("Quedó en lista de espera", "It was put on the waiting list"),
    "accepted": ("Se aceptó la referencia", "The referral was accepted"),
    "declined": ("No se aceptó la referencia", "The referral was declined"),
    "redirect_proposed": ("Quien recibe propuso otro servicio", "The receiver proposed another service"),
    "redirect_refused": ("Quien refiere no quiso el otro servicio", "The sender refused the other service"),
    "redirected": ("Pasó a otro servicio", "It went on to another service"),
    "rescheduled": ("Cambió la cita o la llegada", "The appointment or the arrival was moved"),
    "started": ("La persona llegó y se le atiende", "The person arrived and is being helped"),
    "paused": ("La atención está en pausa", "Help rests for a while"),
    "resumed": ("La atención siguió", "Help went on"),
    "completed": ("La atención se completó", "It was completed"),
    "ended": ("Terminó sin completarse", "It ended without being completed"),
    "cancelled": ("Se canceló", "It was cancelled"),
    "expired": ("Venció sin respuesta", "It expired unanswered"),
    "voided": ("Se anuló por error de captura", "It was entered in error"),
    "reopened": ("Se abrió de nuevo", "It was opened again"),
    "acknowledged": ("Quien refiere leyó el final", "The sender has read the end"),
    "corrected": ("Quien refiere corrigió un dato", "The sender corrected it"),
    "consent_withdrawn": ("La persona retiró su consentimiento", "The person withdrew her consent"),
    "objected": ("La persona se opuso; queda registrado", "The person objected, which is recorded"),
    "erasure_confirmed": (
        "Quien recibe confirmó que borró los datos",
        "The receiver confirmed that it has erased the data",
    ),
    "basis_reviewed": ("Se revisó la base legal", "The lawful basis was reviewed"),
    "person_erased": ("Se borraron los datos de la persona", "The person's data was erased"),
    "flagged": ("Una de las partes fue desactivada", "A party's organization was deactivated"),
    "unflagged": ("La parte está activa de nuevo", "The party's organization is active again"),
}
_ASIDE = {
    "message_sent": ("La otra parte escribió un mensaje", "The other party wrote a message"),
    "assigned": ("Se asignó dentro de su institución", "It was given to a member of yours"),
    "person_flagged": (
        "Otra referencia del caso dice qué fue de la persona",
        "Another referral of the case says what became of the person",
    ),
    "person_unflagged": ("Eso ya no se dice", "That is said no longer"),
    "consent_needed": (
        "Falta consentimiento escrito que nombre a quien recibe",
        "Written consent that names the receiver is missing",
    ),
    "overridden": ("Se omitió un paso obligatorio", "A mandatory step was overridden"),
    "override_reviewed": ("Se revisó la omisión de un paso", "The override of a step was reviewed"),
    "step_overdue": ("Un paso obligatorio está atrasado", "A mandatory step is overdue"),
    "documents_demanded": (
        "Se pidieron documentos que nadie puede exigir",
        "Documents were demanded that nobody may demand",
    ),
}
_DEADLINE = {
    "reminded": ("Recordatorio: el plazo se acerca", "A reminder: a deadline comes near"),
    "arrival_asked": ("¿Llegó la persona?", "Did the person arrive?"),
    "overdue": ("Se pasó el plazo", "A deadline has passed"),
    "escalated": ("Emergencia sin atender", "An emergency that nobody attends to"),
    "unchanged": ("Sin cambios desde hace meses", "Unchanged for months"),
    "erased": (
        "Los datos se borraron por el tiempo sin cambios",
        "Erased, after half a year without a change",
    ),
}
_AGREEMENT = {
    "proposed": (
        "Se propuso un acuerdo para recibir avisos de referencias",
        "An agreement to hear of referrals was proposed",
    ),
    "accepted": ("Se aceptó el acuerdo", "The agreement was accepted"),
    "refused": ("No se aceptó el acuerdo", "The agreement was refused"),
    "ended": ("Terminó el acuerdo", "The agreement ended"),
}
_OTHERS = {
    ARRIVAL_OVERDUE.type: (
        "Hay lugares apartados y nadie reportó la llegada",
        "Places are held, and nobody reported the arrival",
    ),
    SERVICE_REVIEW_DUE.type: (
        "Toca confirmar los datos de un servicio suyo",
        "A service of yours has to be confirmed",
    ),
    CORRECTION_SUGGESTED.type: (
        "Alguien sugirió una corrección a su servicio",
        "Somebody suggested a correction of your service",
    ),
    CORRECTION_DECIDED.type: (
        "Se decidió la corrección que usted sugirió",
        "The correction that you suggested was decided",
    ),
    PROPOSAL_DECIDED.type: (
        "Se decidió la institución que usted propuso",
        "The organization that you proposed was decided on",
    ),
    PROPOSAL_MADE.type: ("Se propuso una institución", "An organization was proposed"),
    PROGRESSED: ("La referencia avanzó", "A referral has come further"),
    EXCEPTION_MADE.type: ("Se hizo una excepción", "An exception was made for an authority"),
    EXCEPTION_ENDED.type: ("Terminó una excepción", "An exception for an authority ended"),
    AUDIT_ATTESTED.type: (
        "Hasta dónde llega una bitácora, para guardarlo",
        "How far an audit has come, for you to keep",
    ),
    NOTICES_STOPPED: (
        "No se entrega más a la dirección de una persona integrante: se rechazó, no se pudo entregar, o se "
        "dio de baja",
        "Nothing more is delivered to a member's address: it was refused, could not be delivered to, or "
        "wants no more",
    ),
    BROADCAST_SENT: (
        "La coordinación avisa de algo a las instituciones",
        "A coordinator alerts organizations",
    ),
    BROADCAST_ENDED: ("La coordinación retiró un aviso", "A coordinator took an alert back"),
    WEBHOOK_DISABLED: ("Se desactivó un webhook suyo", "A webhook endpoint of yours was disabled"),
    READING_FLAGGED.type: (
        "Alguien leyó datos de muchas personas, más de lo usual",
        "Somebody has read of unusually many persons",
    ),
}
EVENT_LABELS: dict[str, Label] = {
    **{REFERRAL_EVENTS[name].type: Label(*words) for name, words in _REFERRAL.items()},
    **{ASIDE_EVENTS[name].type: Label(*words) for name, words in _ASIDE.items()},
    **{DEADLINE_EVENTS[name].type: Label(*words) for name, words in _DEADLINE.items()},
    **{AGREEMENT_EVENTS[name].type: Label(*words) for name, words in _AGREEMENT.items()},
    **{event_type: Label(*words) for event_type, words in _OTHERS.items()},
}
