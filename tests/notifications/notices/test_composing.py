"""What mails say in both languages, how they are made, and what never stands in one."""

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from contracts.catalogue import Shape, shape_of
from contracts.codes import Deadline, Need, NeedGroup, Priority
from contracts.labels import LABELS
from contracts.notices import NOTICE_LABELS, USUAL, NoticeTopic, topic_of
from contracts.notifications import PROGRESSED, TOLD_TYPES, WEBHOOK_DISABLED, FeedSubject, FeedTold
from contracts.progress import Progress, SentReferral
from contracts.telling import T2_TYPES
from contracts.webhooks import WEBHOOK_LABELS, DisabledReason
from services.notifications.notices.composing import Composer, Letter, short, subject_of
from services.notifications.notices.words import NEWS, PLAIN_NEWS, endpoint_of, words_of
from tests.notifications.notices.postman import SENT, entry_of

AT = datetime(2026, 11, 22, 19, 5, tzinfo=UTC)
# As long as one is.
LINK = f"https://relevo.example.org/unsubscribe/{'abcDEF_-9' * 11}"
RELATIONS = ("sender", "receiver", "coordinator")


def bytes_of(*entries: FeedTold, language: str = "es") -> bytes:
    """A mail as it goes over the line."""
    letter = Letter("maria@example.org", "id1", AT, language, "America/Mexico_City", LINK)
    return Composer("relevo@example.org", "911").update(letter, entries).as_bytes()


def mail_of(*entries: FeedTold, language: str = "es") -> EmailMessage:
    """A mail as its reader gets it."""
    read: Any = message_from_bytes(bytes_of(*entries, language=language), policy=default)
    assert isinstance(read, EmailMessage)
    return read


def parts_of(mail: EmailMessage) -> tuple[str, str]:
    """The text and the HTML."""
    text, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    return text.get_content(), html.get_content()


@pytest.mark.parametrize(
    ("language", "subject", "do"),
    [
        ("es", "REL-7K3F9M-2P: Llegó una referencia", "Respóndala en Relevo."),
        ("en", "REL-7K3F9M-2P: A referral has come", "Answer it in Relevo."),
    ],
)
def test_a_mail_names_the_folio_and_what_to_do_as_text_and_html(language: str, subject: str, do: str) -> None:
    mail = mail_of(entry_of(folio="REL-7K3F9M-2P"), language=language)
    assert mail["Subject"] == subject
    assert mail.get_content_type() == "multipart/alternative"
    assert mail["Content-Language"] == language
    for text in parts_of(mail):
        assert "REL-7K3F9M-2P" in text
        assert do in text
        assert LINK in text
    assert f'lang="{language}"' in parts_of(mail)[1]


def test_the_headers_let_a_reader_unsubscribe_by_one_click_and_machines_keep_silent() -> None:
    mail = mail_of(entry_of())
    # To the letter: whoever reads it decodes no words in it (RFC 8058).
    assert f"\r\nList-Unsubscribe: <{LINK}>\r\n".encode() in bytes_of(entry_of())
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == "<id1@example.org>"
    assert mail["Date"].datetime == AT
    assert [str(one) for one in mail["To"].addresses] == ["maria@example.org"]
    assert mail["From"].addresses[0].addr_spec == "relevo@example.org"


def test_several_are_counted_and_named_as_far_as_a_subject_goes() -> None:
    some = [entry_of(folio=f"REL-00000{one}-00") for one in range(4)]
    assert subject_of(some[:2], "es") == "2 novedades: REL-000000-00 y REL-000001-00"
    assert subject_of(some[:2], "en") == "2 updates: REL-000000-00 and REL-000001-00"
    assert subject_of(some, "es") == "4 novedades"
    assert all(one.referral and one.referral.folio in parts_of(mail_of(*some))[0] for one in some)


def test_an_emergency_says_so_first() -> None:
    one = entry_of(priority=Priority.EMERGENCY, folio="REL-7K3F9M-2P")
    assert subject_of([one, entry_of()], "es").startswith("EMERGENCIA: 2 novedades")
    assert "EMERGENCY REL-7K3F9M-2P" in parts_of(mail_of(one, language="en"))[0]


@pytest.mark.parametrize("name", ["overdue", "escalated"])
def test_of_an_emergency_whose_receiver_is_silent_a_mail_says_whom_to_call(name: str) -> None:
    def said(language: str = "es", **values: Any) -> str:
        usual = {"priority": Priority.EMERGENCY, "deadline": Deadline.RECEIVE, "relation": "sender"}
        entry = entry_of(f"referrals.referral.{name}.v1", **{**usual, **values})
        return " ".join(parts_of(mail_of(entry, language=language)))

    for relation in ("sender", "coordinator"):
        assert said(relation=relation).count("llame al 911.") == 2
        assert said("en", relation=relation).count("or nobody answers, call 911.") == 2
    assert said().count("Nadie ha confirmado que la recibió.") == 2
    assert "911" not in said(relation="receiver")
    assert said(relation="receiver").count("Respóndala ahora en Relevo.") == 2
    assert "911" in said(deadline=Deadline.DECIDE)
    for other in ({"deadline": Deadline.REPLY}, {"priority": Priority.URGENT}):
        assert "911" not in said(**other)


def test_times_are_by_her_clock() -> None:
    entry = entry_of(at=AT)
    assert "22 nov, 13:05" in parts_of(mail_of(entry))[0]
    assert "22 Nov, 13:05" in parts_of(mail_of(entry, language="en"))[0]


def needs() -> set[str]:
    """Every word for a need or a group of needs, and every code of one."""
    labels = [label for kind in (Need, NeedGroup) for label in LABELS[kind].values()]
    words = {word.lower() for label in labels for word in (label.es, label.en)}
    return words | {code.value for kind in (Need, NeedGroup) for code in kind} - {"other", "information"}


@pytest.mark.parametrize("language", ["es", "en"])
def test_no_mail_of_any_type_says_a_need_or_its_group(language: str) -> None:
    entries = [
        entry_of(one, relation=relation, deadline=deadline)
        for one in TOLD_TYPES
        for relation in RELATIONS
        for deadline in (None, Deadline.ARRIVE)
    ]
    mail = mail_of(*entries, language=language)
    # "Otro" and the like name no need by themselves.
    said = " ".join((mail["Subject"], *parts_of(mail))).lower()
    found = {word for word in needs() if re.search(rf"\b{re.escape(word)}\b", said)}
    assert found <= {"otro", "other", "información", "information"}
    assert "referral1" not in said, "an id says who asks what"


@pytest.mark.parametrize("one", sorted(T2_TYPES))
def test_what_tells_circumstances_by_being_there_is_news_like_any_other(one: str) -> None:
    assert words_of(entry_of(one)) == NEWS
    assert words_of(entry_of("referrals.referral.overdue.v1", deadline=Deadline.ARRIVE)) == NEWS


def test_a_sender_behind_the_firewall_reads_how_far_it_has_come() -> None:
    entry = FeedTold(
        event="e",
        type="referrals.referral.progressed.v1",
        at=AT,
        relation="sender",
        sent=SentReferral(folio="REL-7K3F9M-2P", progress=Progress.RECEIVED),
    )
    assert subject_of([entry], "es") == "REL-7K3F9M-2P: Recibida"


def test_what_is_about_no_referral_names_no_folio() -> None:
    entry = FeedTold(
        event="e",
        type="directory.service.review_due.v1",
        at=AT,
        relation="owner",
        subject=FeedSubject(kind="service", id="s"),
    )
    assert subject_of([entry], "en") == "A service's entry is to be confirmed"
    assert "Relevo" in parts_of(mail_of(entry))[0]


@pytest.mark.parametrize("bad", ["REL-7K3F9M-2P\r\nBcc: x@example.org", "\n\nhola", "REL-<b>-00"])
def test_nothing_that_is_no_folio_gets_into_a_header_or_the_text(bad: str) -> None:
    mail = mail_of(entry_of(folio=bad), entry_of(SENT))
    assert mail["Bcc"] is None
    assert "<b>" not in parts_of(mail)[1]
    assert "\n" not in mail["Subject"]


@pytest.mark.parametrize("bad", ["x@example.org\r\nBcc: y@example.org", "a@b.org,c@d.org", "a b@c.org"])
def test_an_address_that_is_several_is_never_written_into_a_header(bad: str) -> None:
    letter = Letter(bad, "id1", AT, "es", "America/Mexico_City", LINK)
    with pytest.raises(ValueError):  # noqa: PT011 - the standard library's own words
        Composer("relevo@example.org", "911").update(letter, [entry_of()])


def test_a_short_message_says_the_folio_and_no_more() -> None:
    one = entry_of(folio="REL-7K3F9M-2P")
    assert short([one], "en") == "You have an update: REL-7K3F9M-2P"
    assert short([one], "es") == "Tiene una novedad: REL-7K3F9M-2P"


def test_every_code_of_notices_has_its_words_in_both_languages() -> None:
    for kind, labels in NOTICE_LABELS.items():
        assert set(labels) == set(kind)
        assert all(label.es.strip() and label.en.strip() for label in labels.values())


def test_every_type_that_is_told_has_a_topic_and_each_topic_a_usual_time() -> None:
    assert {topic_of(one) for one in TOLD_TYPES} == set(NoticeTopic) == set(USUAL)
    # What is of no topic is none that a feed can hold.
    with pytest.raises(KeyError):
        topic_of("referrals.referral.invented.v1")


@pytest.mark.parametrize("one", sorted({*TOLD_TYPES} - {*T2_TYPES, PROGRESSED}))
def test_every_type_that_is_told_has_words_of_its_own(one: str) -> None:
    if shape_of(one) is Shape.SUBJECT:
        about = FeedSubject(kind="service", id="s")
        entry = FeedTold(event="e", type=one, at=AT, relation="owner", subject=about)
    else:
        entry = entry_of(one)
    words = words_of(entry)
    assert words not in (NEWS, PLAIN_NEWS)
    for label in words:
        assert label.es.strip()
        assert label.en.strip()
        assert label.es != label.en


@pytest.mark.parametrize("reason", list(DisabledReason))
def test_of_a_disabled_webhook_the_mail_says_which_and_why_and_what_to_do(reason: DisabledReason) -> None:
    about = FeedSubject(kind="webhook_endpoint", id="whe_1", status=reason.value)
    entry = FeedTold(event="e", type=WEBHOOK_DISABLED, at=AT, relation="owner", subject=about)
    letter = Letter("maria@example.org", "id1", AT, "en", "America/Mexico_City", LINK)
    made = Composer("relevo@example.org", "911").update(letter, [entry], {"whe_1": "Case\n  system <2>"})
    read: Any = message_from_bytes(made.as_bytes(), policy=default)
    text, html = parts_of(read)
    why = WEBHOOK_LABELS[DisabledReason][reason].en
    assert f"The webhook «Case system <2>» was disabled: {why}" in " ".join(text.split())
    assert "let it go on" in text
    assert "<2>" not in html
    assert "whe_1" not in text
    assert read["Subject"] == "A webhook was disabled"


@pytest.mark.parametrize("description", ["", "https://example.org/hook?key=secret", "at //example.org"])
def test_an_address_is_no_name_of_a_webhook(description: str) -> None:
    about = FeedSubject(kind="webhook_endpoint", id="whe_1", status="gone")
    entry = FeedTold(event="e", type=WEBHOOK_DISABLED, at=AT, relation="owner", subject=about)
    assert endpoint_of(entry, description).es == "Se desactivó el webhook: Respondió que ya no existe (410)"
