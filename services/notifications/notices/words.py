"""What a mail says of each type of entry: what happened, and what to do, in Spanish and in English.

Never who, and never what for. What tells circumstances by being there (``contracts/telling.py``) is news like
any other here: a mail lies in a mailbox that others may read.
"""

import re
from typing import NamedTuple

from contracts.codes import Deadline, ReferralStatus
from contracts.events import (
    AGREEMENT_EVENTS,
    AUDIT_ATTESTED,
    CORRECTION_DECIDED,
    CORRECTION_SUGGESTED,
    EXCEPTION_ENDED,
    EXCEPTION_MADE,
    PROPOSAL_DECIDED,
    PROPOSAL_MADE,
    READING_FLAGGED,
    SERVICE_REVIEW_DUE,
)
from contracts.labels import Label
from contracts.notifications import (
    BROADCAST_ENDED,
    BROADCAST_SENT,
    NOTICES_STOPPED,
    WEBHOOK_DISABLED,
    FeedTold,
)
from contracts.progress import PROGRESS_LABELS, Progress
from contracts.telling import T2_DEADLINES, T2_TYPES, unanswered_emergency
from contracts.webhooks import WEBHOOK_LABELS, DisabledReason

MOST_OF_A_NAME = 80
_FOLIO = re.compile(r"REL-[0-9A-Z]{6}-[0-9A-Z*~$=]{2}")


class Words(NamedTuple):
    """What happened, and what to do."""

    what: Label
    do: Label


LOOK = Label("Véala en Relevo.", "Look at it in Relevo.")
ANSWER = Label("Respóndala en Relevo.", "Answer it in Relevo.")
DECIDE = Label("Decida en Relevo.", "Decide in Relevo.")
READ = Label("Léalo en Relevo.", "Read it in Relevo.")
ACT = Label(
    "Atiéndala ahora. Si nadie responde, llame: el teléfono está en la referencia.",
    "See to it now. If nobody answers, call: the telephone is on the referral.",
)
CALL = Label("Llame ahora: el teléfono está en la referencia.", "Call now: the telephone is on the referral.")
NOW = Label("Respóndala ahora en Relevo.", "Answer it in Relevo now.")
UNRECEIVED = Label("Nadie ha confirmado que la recibió", "Nobody has confirmed receiving it")
TELEPHONE = Label(
    "Llame ahora a quien debe recibirla: su teléfono está en la referencia. Si ahí no lo ve, o nadie "
    "contesta, llame al {phone}.",
    "Call whoever should receive it now: the telephone is on the referral. If you do not see it there, or "
    "nobody answers, call {phone}.",
)
NEWS = Words(Label("Hay una novedad", "There is news"), LOOK)
PLAIN_NEWS = Words(Label("Hay una novedad", "There is news"), READ)
DIRECTORY_DO = Label("Véalo en Relevo.", "Look at it in Relevo.")

# Consent and its end are circumstances of a person.
OF_DATA = Words(
    Label("Hay algo que atender sobre los datos", "Something is to be seen to about the data"), LOOK
)

# By the event's name; where the two sides have different things to do, the other side's is beside it.
_OF_REFERRALS: dict[str, Words] = {
    "sent": Words(Label("Se envió", "It was sent"), LOOK),
    "received": Words(Label("Se confirmó de recibida", "It was received"), LOOK),
    "info_requested": Words(Label("Se hizo una pregunta", "A question was asked"), LOOK),
    "replied": Words(Label("Se respondió la pregunta", "The question was answered"), LOOK),
    "waitlisted": Words(Label("Quedó en lista de espera", "It is on the waiting list"), LOOK),
    "accepted": Words(Label("Se aceptó", "It was accepted"), LOOK),
    "declined": Words(Label("No se aceptó", "It was declined"), LOOK),
    "redirect_proposed": Words(Label("Se propuso otro servicio", "Another service was proposed"), LOOK),
    "redirect_refused": Words(Label("No se aceptó el otro servicio", "The other service was refused"), LOOK),
    "redirected": Words(Label("Pasó a otro servicio", "It went to another service"), LOOK),
    "rescheduled": Words(Label("Se reprogramó", "It was rescheduled"), LOOK),
    "started": Words(Label("Comenzó la atención", "It is in progress"), LOOK),
    "paused": Words(Label("Está en pausa", "It is on hold"), LOOK),
    "resumed": Words(Label("Se reanudó", "It goes on"), LOOK),
    "completed": Words(Label("Se completó", "It was completed"), LOOK),
    "ended": Words(Label("Terminó sin completarse", "It ended without being completed"), LOOK),
    "cancelled": Words(Label("Se canceló", "It was cancelled"), LOOK),
    "expired": Words(Label("Venció", "It expired"), LOOK),
    "voided": Words(Label("Se anuló", "It was voided"), LOOK),
    "reopened": Words(Label("Se reabrió", "It was reopened"), LOOK),
    "acknowledged": Words(Label("Se leyó el final", "Its end was acknowledged"), LOOK),
    "corrected": Words(Label("Se corrigió", "It was corrected"), LOOK),
    "message_sent": Words(Label("Hay un mensaje", "There is a message"), READ),
    "assigned": Words(Label("Se asignó", "It was assigned"), LOOK),
    "reminded": Words(Label("Un plazo está por vencer", "A deadline is near"), ANSWER),
    "overdue": Words(Label("Se venció un plazo", "A deadline has passed"), ACT),
    "escalated": Words(Label("Nadie ha respondido", "Nobody has answered"), CALL),
    "consent_withdrawn": OF_DATA,
    "objected": OF_DATA,
    "basis_reviewed": OF_DATA,
    "erasure_confirmed": Words(Label("Se confirmó un borrado", "An erasure was confirmed"), LOOK),
    "person_erased": Words(Label("Se borraron datos", "Data was erased"), LOOK),
    "erased": Words(Label("Se borraron datos", "Data was erased"), LOOK),
    "flagged": Words(Label("Una institución fue desactivada", "An organization was deactivated"), LOOK),
    "unflagged": Words(
        Label("La institución está activa de nuevo", "The organization is active again"), LOOK
    ),
    "unchanged": Words(Label("Lleva meses sin cambios", "Unchanged for months"), DECIDE),
}
_OF_SIDES: dict[tuple[str, str], Words] = {
    ("sent", "receiver"): Words(Label("Llegó una referencia", "A referral has come"), ANSWER),
    ("info_requested", "sender"): Words(Label("Le hacen una pregunta", "You are asked a question"), ANSWER),
    ("replied", "receiver"): Words(Label("Respondieron su pregunta", "Your question was answered"), ANSWER),
    ("declined", "sender"): Words(
        Label("No se aceptó", "It was declined"),
        Label("Busque otro servicio en Relevo.", "Look for another service in Relevo."),
    ),
    ("redirect_proposed", "sender"): Words(
        Label("Le proponen otro servicio", "Another service is proposed to you"), DECIDE
    ),
    ("expired", "sender"): Words(
        Label("Venció sin respuesta", "It expired without an answer"),
        Label("Busque otro servicio en Relevo.", "Look for another service in Relevo."),
    ),
}
_OF_AGREEMENTS: dict[str, Words] = {
    "proposed": Words(Label("Se propuso un acuerdo", "An agreement was proposed"), DIRECTORY_DO),
    "accepted": Words(Label("Se aceptó un acuerdo", "An agreement was accepted"), DIRECTORY_DO),
    "refused": Words(Label("No se aceptó un acuerdo", "An agreement was refused"), DIRECTORY_DO),
    "ended": Words(Label("Terminó un acuerdo", "An agreement ended"), DIRECTORY_DO),
}
_OF_OTHERS: dict[str, Words] = {
    BROADCAST_SENT: Words(Label("Aviso de la coordinación", "Alert from a coordinator"), READ),
    BROADCAST_ENDED: Words(Label("Terminó un aviso", "A coordinator's alert is over"), READ),
    NOTICES_STOPPED: Words(
        Label("A una dirección no se le entrega más", "Nothing is delivered to an address any more"),
        DIRECTORY_DO,
    ),
    SERVICE_REVIEW_DUE.type: Words(
        Label("Toca confirmar los datos de un servicio", "A service's entry is to be confirmed"),
        DIRECTORY_DO,
    ),
    CORRECTION_SUGGESTED.type: Words(
        Label("Le sugieren una corrección", "A correction was suggested"), DECIDE
    ),
    CORRECTION_DECIDED.type: Words(
        Label("Se decidió su corrección", "Your correction was decided"), DIRECTORY_DO
    ),
    PROPOSAL_MADE.type: Words(Label("Se propuso una institución", "An organization was proposed"), DECIDE),
    PROPOSAL_DECIDED.type: Words(Label("Se decidió su propuesta", "Your proposal was decided"), DIRECTORY_DO),
    WEBHOOK_DISABLED: Words(
        Label("Se desactivó un webhook", "A webhook was disabled"),
        Label(
            "Repare el receptor, o cámbielo con un cliente vigente, y reactívelo: se enviará lo que llegó "
            "mientras tanto.",
            "Mend the receiver, or change it with a client that is in force, and let it go on: what came "
            "meanwhile will be sent.",
        ),
    ),
    **{AGREEMENT_EVENTS[name].type: words for name, words in _OF_AGREEMENTS.items()},
    EXCEPTION_MADE.type: Words(
        Label("Se hizo una excepción para una autoridad", "An exception was made for an authority"),
        DIRECTORY_DO,
    ),
    EXCEPTION_ENDED.type: Words(
        Label("Terminó una excepción para una autoridad", "An exception for an authority ended"),
        DIRECTORY_DO,
    ),
    AUDIT_ATTESTED.type: Words(
        Label("Hasta dónde llega una bitácora", "How far an audit has come"),
        Label("Guárdelo fuera de Relevo.", "Keep it outside Relevo."),
    ),
    READING_FLAGGED.type: Words(
        Label("Alguien leyó más de lo usual", "Somebody has read more than usual"),
        Label("Revíselo en Relevo.", "Look into it in Relevo."),
    ),
}


def endpoint_of(entry: FeedTold, description: str) -> Label:
    """What happened to a webhook: which, as its owner calls it, and why it was disabled.

    An address is no name: it may hold a secret.
    """
    name = " ".join(description.split())[:MOST_OF_A_NAME]
    shown = f" «{name}»" if name and "//" not in name else ""
    reasons = {one.value: label for one, label in WEBHOOK_LABELS[DisabledReason].items()}
    why = reasons.get((entry.subject and entry.subject.status) or "")
    es, en = (f": {why.es}", f": {why.en}") if why else ("", "")
    return Label(f"Se desactivó el webhook{shown}{es}", f"The webhook{shown} was disabled{en}")


def words_of(entry: FeedTold) -> Words:
    """What is said of an entry."""
    if entry.sent is not None:
        return Words(Label(*PROGRESS_LABELS[Progress][entry.sent.progress]), LOOK)
    if entry.referral is None:
        return _OF_OTHERS.get(entry.type, NEWS if entry.about else PLAIN_NEWS)
    if entry.type in T2_TYPES or _is_of_arrival(entry.referral.deadline):
        return NEWS
    name = entry.type.split(".")[2]
    if unanswered_emergency(entry) is not None:
        what = UNRECEIVED if entry.referral.status is ReferralStatus.SENT else _OF_REFERRALS[name].what
        return Words(what, NOW if entry.relation == "receiver" else TELEPHONE)
    return _OF_SIDES.get((name, entry.relation)) or _OF_REFERRALS.get(name, NEWS)


def _is_of_arrival(deadline: Deadline | None) -> bool:
    return deadline in T2_DEADLINES


def folio_of(entry: FeedTold) -> str | None:
    """The folio that an entry is about; None where it is about no referral, or says which no further.

    Whatever else should ever stand in its place is not written into a header.
    """
    about = entry.sent or entry.referral
    return about.folio if about is not None and _FOLIO.fullmatch(about.folio) else None
