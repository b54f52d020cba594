"""With whom her data is shared, on what basis, until when, who saw it, and what she can ask for. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from contracts.codes import Basis, OrganizationKind, ReferralStatus
from contracts.referrals import Referral
from services.referrals.consenting import BINDING
from services.referrals.fields import T2, T3
from services.referrals.records.held import Held, Shared
from services.referrals.records.words import Words


def shared(held: Held, say: Words) -> Iterator[str]:
    """Yield for each referral who receives it, on what basis, and what that receiver can see now."""
    for one in held.referrals:
        told = [*_receiver(one, say), *_basis(one.referral, say), _open_to(one, say)]
        yield f"{one.referral.folio}: " + ". ".join(told) + "."


def _receiver(shared: Shared, say: Words) -> Iterator[str]:
    if shared.receiver is None:
        yield say("A nadie todavía", "With nobody yet")
        return
    kind = f" ({say.code(shared.receiver_kind)})" if shared.receiver_kind else ""
    yield f"{shared.receiver}{kind}; {say.code(ReferralStatus(shared.referral.status)).lower()}"


def _basis(referral: Referral, say: Words) -> Iterator[str]:
    consent = referral.consent
    if consent is None:
        return
    told = [say.code(Basis(consent.basis))]
    told += [say.code(consent.method).lower()] if consent.method else []
    told += [say("dado el ", "given on ") + say.day(consent.given_at)] if consent.given_at else []
    told += [say("vale hasta el ", "good until ") + say.day(consent.until)] if consent.until else []
    told += (
        [say("retirado el ", "withdrawn on ") + say.day(consent.withdrawn_at)] if consent.withdrawn_at else []
    )
    told += (
        [say("usted se opuso el ", "you objected on ") + say.day(consent.objected_at)]
        if consent.objected_at
        else []
    )
    yield ", ".join(told)
    if consent.reason:
        yield say("Por qué sin consentimiento: ", "Why without consent: ") + consent.reason
    if consent.purpose:
        yield say("Para qué: ", "What for: ") + consent.purpose
    if consent.categories:
        yield say("Notas que aceptó compartir: ", "Notes that you agreed to share: ") + ", ".join(
            map(say.code, consent.categories)
        )
    if consent.withheld:
        yield say("Usted no quiso que se le dijera: ", "You did not want it to be told: ") + ", ".join(
            map(say.code, consent.withheld)
        )


def _open_to(shared: Shared, say: Words) -> str:
    if shared.receiver is None:
        return say("Todavía no se ha enviado", "It has not been sent yet")
    if T3 in shared.open_to_receiver:
        return say(
            "Hoy puede ver quién es usted, su contacto y las notas que aceptó",
            "Today it can see who you are, your contact and the notes that you agreed to",
        )
    if T2 in shared.open_to_receiver:
        return say(
            "Hoy puede ver qué necesita y sus circunstancias, pero no quién es usted",
            "Today it can see what you need and your circumstances, but not who you are",
        )
    return say("Hoy ya no puede ver nada sobre usted", "Today it can see nothing about you any more")


def kept(held: Held, say: Words) -> Iterator[str]:
    """Yield until when what is kept."""
    kept_for = held.kept
    first, rest = _days(kept_for.t3, say), _days(kept_for.t2, say)
    for one in held.referrals:
        if one.ended_at is None:
            yield say(
                f"{one.referral.folio}: nombre, contacto y notas, {first} tras su fin; lo demás, {rest}.",
                f"{one.referral.folio}: name, contact and notes for {first} after its end; all else {rest}.",
            )
        else:
            until, last = say.day(one.ended_at + kept_for.t3), say.day(one.ended_at + kept_for.t2)
            yield say(
                f"{one.referral.folio}: nombre, contacto y notas hasta el {until}; lo demás hasta el {last}.",
                f"{one.referral.folio}: name, contact and notes until {until}; all else until {last}.",
            )
    yield say(
        "Después quedan el folio, fechas y códigos, sin nada que diga quién es usted.",
        "Afterwards a folio, dates and codes remain, with nothing that says who you are.",
    )


def _days(span: timedelta, say: Words) -> str:
    return say(f"{span.days} días", f"{span.days} days")


def seen(held: Held, say: Words) -> Iterator[str]:
    """Yield which kinds of organizations saw who she is, or notes about her, on which days."""
    kinds: dict[OrganizationKind | None, list[date]] = {}
    for one in held.seen:
        kinds.setdefault(one.kind, []).append(one.day)
    for kind, days in kinds.items():
        name = say.code(kind) if kind else say("Otra institución", "Another organization")
        yield f"{name}: {_listed(sorted(set(days)), say)}"
    if not kinds:
        yield say(
            "Nadie ha abierto su nombre, contacto o notas.",
            "Nobody has opened your name, contact or notes.",
        )


# So many days are named of each kind: the last; before them only how many there were.
MOST_DAYS = 6


def _listed(days: Sequence[date], say: Words) -> str:
    last = ", ".join(map(say.day, days[-MOST_DAYS:]))
    before = len(days) - MOST_DAYS
    if before <= 0:
        return last
    return say(f"{last}, y {before} días antes", f"{last}, and on {before} days before")


def rights(held: Held, say: Words) -> Iterator[str]:
    """Yield what she can ask for, and of whom."""
    yield say(
        f"Pregunte, corrija o pida que se borre: en {held.sender}, con el folio de arriba.",
        f"Ask, have it corrected or have it erased: at {held.sender}, with the folio above.",
    )
    bases = {one.referral.consent.basis for one in held.referrals if one.referral.consent}
    if bases - BINDING:
        yield say(
            "Puede retirar su consentimiento cuando quiera y sin decir por qué: se borran su nombre, "
            "contacto y notas, y se pide a quien recibió que borre sus copias. La atención empezada sigue.",
            "You can withdraw your consent at any time, and need not say why: your name, contact and "
            "notes are erased, and whoever received them is asked to erase its copies. Care begun goes on.",
        )
    if bases & {Basis.LEGAL_OBLIGATION, Basis.BEST_INTERESTS_OF_THE_CHILD}:
        yield say(
            "Donde la base es la ley o el interés superior de la niñez puede oponerse: se anota, y lo ven "
            "las dos instituciones.",
            "Where the basis is the law or the best interests of the child you can object: that is "
            "recorded, and both organizations see it.",
        )
    yield say(
        "Si no está de acuerdo con lo que le respondan, puede acudir a la autoridad de protección de datos o "
        "a la comisión de derechos humanos.",
        "If you do not agree with the answer, you can turn to the data protection authority or the "
        "human rights commission.",
    )
