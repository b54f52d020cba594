"""What stands on the page that a person is given: in plain words, to her, and nothing of anybody else. Pure.

No member is named, nor anybody of her household: of children for whom she cares she is told what is held, and
of all others only how many they are. What a child itself has said is read to it, and not printed.
"""

from collections.abc import Iterable, Iterator

from contracts.ages import CHILDREN
from contracts.referrals import Household, PersonView, Referral
from services.referrals.pages import Part, parts
from services.referrals.records import sharing
from services.referrals.records.held import Held
from services.referrals.records.words import Words


def title(say: Words) -> str:
    """Return what stands above it."""
    return say("Lo que guardamos sobre usted", "What we hold about you")


def subtitle(held: Held, say: Words) -> str:
    """Return who printed it, and when, and of which referrals."""
    folios = ", ".join(one.referral.folio for one in held.referrals)
    return f"{held.sender} · {say.day(held.printed_at)} · {folios}"


# Of what organizations wrote, so many stand there, the newest.
MOST_WRITINGS = 12


def parts_of(
    held: Held, say: Words, longest: int | None = None, most: int = MOST_WRITINGS
) -> tuple[Part, ...]:
    """Return its parts; texts that are longer than that are cut, and so many at ``most`` were written."""
    return parts(
        (
            Part(say("Cuide esta hoja", "Take care of this sheet"), tuple(_care(say)), boxed=True),
            Part(say("Quién es usted", "Who you are"), _cut(_person(held, say), longest, say)),
            Part(say("Qué pidió", "What you asked for"), tuple(_needs(held, say))),
            Part(say("Notas sobre usted", "Notes about you"), _cut(_notes(held, say), longest, say)),
            Part(
                say("Lo que se escribió de su caso", "What was written about your case"),
                (*_cut(_writings(held, say, most), longest, say), *_unread(held, say, most)),
            ),
            Part(
                say("Con quién se comparte, y con qué base", "With whom it is shared, and on what basis"),
                _cut(sharing.shared(held, say), longest, say),
            ),
            Part(say("Hasta cuándo se guarda", "Until when it is kept"), tuple(sharing.kept(held, say))),
            Part(say("Quién lo ha visto", "Who has seen it"), tuple(sharing.seen(held, say))),
            Part(say("Lo que usted puede pedir", "What you can ask for"), tuple(sharing.rights(held, say))),
        )
    )


def _cut(items: Iterable[str], longest: int | None, say: Words) -> tuple[str, ...]:
    if longest is None:
        return tuple(items)
    more = say("… (sigue: pida que se lo lean)", "… (there is more: ask to have it read to you)")
    return tuple(one if len(one) <= longest else one[:longest].rstrip() + more for one in items)


def _care(say: Words) -> Iterator[str]:
    yield say(
        "Guárdela donde no la vea nadie que pueda hacerle daño. Si no tiene dónde, pida que se la lean y "
        "que la destruyan.",
        "Keep it where nobody who may harm you sees it. If you have no such place, ask to have it read "
        "to you and destroyed.",
    )


def _person(held: Held, say: Words) -> Iterator[str]:
    person = held.own.person
    if person is None or person.age_band is None:
        yield say("Ya no se guarda nada de quién es usted.", "Nothing of who you are is kept any more.")
        return
    yield from _identity(person, say)
    yield "; ".join(_circumstances(person, say))
    if held.own.household is not None:
        yield from _household(held.own.household, say, held.as_caregiver)


def _identity(person: PersonView, say: Words) -> Iterator[str]:
    named = (
        (say("Nombre", "Name"), person.name),
        (say("Quiere que le digan", "Wants to be called"), person.alias),
        (say("Nacimiento", "Born"), person.birth_date and say.day(person.birth_date)),
    )
    said = [f"{name}: {value}" for name, value in named if value]
    if said:
        yield "; ".join(said)
    contact = person.safe_contact
    if contact is not None:
        leave = say("se puede dejar mensaje", "a message may be left")
        leave_not = say("no se deja mensaje", "no message is left")
        told = (
            say.code(contact.channel),
            contact.value,
            contact.hours,
            leave if contact.may_leave_message else leave_not,
            contact.say and say(f"se dice: {contact.say}", f"what is said: {contact.say}"),
            contact.avoid and say(f"hay que evitar a: {contact.avoid}", f"to be avoided: {contact.avoid}"),
        )
        yield say("Contacto seguro: ", "Safe contact: ") + "; ".join(one for one in told if one)
    if person.instructions:
        yield say("Indicaciones: ", "Instructions: ") + person.instructions


def _circumstances(person: PersonView, say: Words) -> Iterator[str]:
    if person.age_band is not None:
        yield say("Edad: ", "Age: ") + say.code(person.age_band)
    if person.gender is not None:
        yield say("Género: ", "Gender: ") + say.code(person.gender)
    if person.languages:
        yield say("Idiomas: ", "Languages: ") + ", ".join(person.languages)
    if person.needs_interpreter:
        yield say("Necesita intérprete", "Needs an interpreter")
    if person.vulnerabilities:
        yield say("Necesita más cuidado por: ", "Needs more care for: ") + ", ".join(
            map(say.code, person.vulnerabilities)
        )


def _household(household: Household, say: Words, as_caregiver: bool) -> Iterator[str]:
    count = len(household.members)
    if not count:
        return
    yield say(
        f"Personas que van con usted: {count}. Lo que se guarda de ellas es suyo, y lo pide cada una.",
        f"Persons who are with you: {count}. What is held about them is theirs, and they ask for it.",
    )
    if not as_caregiver:
        return
    for member in household.members:
        if member.age_band in CHILDREN:
            told = [
                say.code(member.age_band),
                say.code(member.gender),
                *map(say.code, member.vulnerabilities),
            ]
            yield say("Niña, niño o adolescente a su cuidado: ", "Child in your care: ") + ", ".join(told)


def _needs(held: Held, say: Words) -> Iterator[str]:
    for one in held.referrals:
        referral = one.referral
        need = say.code(referral.need) if referral.need else say.code(referral.need_group)
        told = [need]
        if referral.priority is not None:
            told.append(say("prioridad: ", "priority: ") + say.code(referral.priority).lower())
        if referral.state is not None:
            told.append(say.code(referral.state))
        if referral.places:
            told.append(", ".join(f"{place.count} {place.unit}" for place in referral.places))
        yield f"{referral.folio}: {'; '.join(told)}"


def _notes(held: Held, say: Words) -> Iterator[str]:
    known = dict.fromkeys(
        (note.category, note.text)
        for one in held.referrals
        for note in (one.referral.person and one.referral.person.notes) or ()
    )
    for category, text in known:
        yield f"{say.code(category)}: {text}"
    if any(_hides_notes(one.referral) for one in held.referrals):
        yield say(
            "Puede haber notas que solo imprime quien atiende su caso: pídaselas.",
            "There may be notes that only your caseworker prints: ask for them.",
        )


def _writings(held: Held, say: Words, most: int) -> Iterator[str]:
    written = [(writing, one) for one in held.referrals for writing in one.writings]
    written.sort(key=lambda one: one[0].at)
    for writing, shared in written[max(0, len(written) - most) :]:
        other = shared.receiver or say("la institución que recibe", "the receiving organization")
        who = held.sender if writing.by_sender else other
        yield f"{say.day(writing.at)}, {who}: {writing.text}"


def _unread(held: Held, say: Words, most: int) -> Iterator[str]:
    """How much was written that does not stand here."""
    written = sum(len(one.writings) for one in held.referrals)
    unread = sum(one.unread for one in held.referrals) + max(0, written - most)
    if unread:
        yield say(
            f"Preguntas, mensajes y comentarios de las instituciones que no están aquí: {unread}. Pida que "
            "se los lean.",
            f"Questions, messages and comments of the organizations that do not stand here: {unread}. Ask to "
            "have them read to you.",
        )


def _hides_notes(referral: Referral) -> bool:
    return (
        referral.person is not None and referral.person.age_band is not None and referral.person.notes is None
    )
