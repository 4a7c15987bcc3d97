"""Each act becomes a notice, each notice an alert; what comes back goes on by letter."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from notices.conftest import move_to
from notices.notices_support import (
    ANALYST,
    BOUNCING,
    Inbox,
    acts,
    notices,
    states,
    told,
    with_cip,
    worked,
)
from procon.app import work_handlers
from procon.cases.commands import correct_supplier, declare_wrong_company
from procon.cases.moves import move
from procon.embedded.services import Services
from procon.jobs.outbox import drain
from procon.kernel.errors import NotFound
from procon.notices.commands import (
    Addressee,
    Told,
    note_reading,
    set_mail_choice,
    tell_side,
    write_message,
)
from procon.notices.jobs import handlers as notice_handlers
from procon.notices.jobs import tacit
from procon.notices.mail.message import read_bounce
from procon.notices.outcomes import take_bounce
from procon.notices.queries import Share, digital_share, effective_at
from procon.parties.commands import register_supplier
from procon.portal.render import date_and_hour
from procon.settings import Settings
from support.cities import SUPPLIER_EMAIL, City, MovingClock, citizen, filed, staff, supplier

DSN = """\
From: MAILER-DAEMON@mx.example
To: b+x@procon.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="x"

--x
Content-Type: text/plain

It did not work.
--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; juridico@loja.example
Action: {action}
Status: 5.1.1
Diagnostic-Code: smtp; 550 no such user

--x--
"""


async def token_of(city: City, recipient: str) -> str:
    async with city.scope() as tx:
        return str(await tx.fetchval("SELECT token FROM message WHERE recipient = $1", recipient))


async def test_an_act_is_one_notice_and_one_mail_though_told_twice(
    city: City, other: City, settings: Settings, inbox: Inbox
) -> None:
    opened = await with_cip(city, settings)
    async with city.scope() as tx:
        await tx.execute(
            "UPDATE outbox SET done_at = NULL, available_at = created_at"
            " WHERE topic = 'cip_issued/tell'"
        )
    await worked(city, settings)
    [first, second] = await notices(city, opened.id)
    assert (first.side, first.channel, first.status, first.formal, first.act) == (
        "consumer",
        "email",
        "sent",
        False,
        "case_opened",
    )
    assert (second.side, second.address, second.status, second.formal, second.act) == (
        "supplier",
        SUPPLIER_EMAIL,
        "sent",
        True,
        "cip_issued",
    )
    assert second.effective_at is None
    assert second.tacit_due_at is not None
    assert second.tacit_due_at - second.made_at > timedelta(days=9)
    assert inbox.subjects() == [
        ("ana@example.com", f"Recebemos sua reclamação {opened.number}"),
        (SUPPLIER_EMAIL, f"Carta de Informações Preliminares {opened.number}"),
    ]
    async with other.scope() as tx:
        assert await tx.fetchval("SELECT count(*) FROM notice") == 0


async def test_the_return_path_names_the_message(
    city: City, settings: Settings, inbox: Inbox
) -> None:
    await filed(city)
    await worked(city, settings)
    token = await token_of(city, "ana@example.com")
    assert len(token) == 20
    [mail] = inbox.mails()
    assert str(mail["From"]) == f"{city.tenant.name} <{city.tenant.mail.sender}>"
    assert mail["Auto-Submitted"] == "auto-generated"


async def test_a_refused_address_makes_the_task_of_a_letter(
    city: City, settings: Settings, inbox: Inbox
) -> None:
    opened = await with_cip(city, settings, email=BOUNCING)
    assert await states(city, opened.id) == [("email", "bounced"), ("ar", "to_send")]
    [mail, letter] = await notices(city, opened.id, "supplier")
    assert letter.escalated_from == mail.id
    assert (letter.source, letter.act, letter.subject) == (mail.source, mail.act, mail.subject)
    assert mail.bounced_at is not None
    assert await acts(city, opened.id) == ["notice_bounced"]
    assert [to for to, _ in inbox.subjects()] == ["ana@example.com"]
    async with city.scope() as tx:
        reason = await tx.fetchval(
            "SELECT bounce_reason FROM message WHERE recipient = $1", BOUNCING
        )
    assert reason.startswith("550 5.1.1")


async def test_a_mail_that_only_informs_and_comes_back_makes_no_letter(
    city: City, settings: Settings
) -> None:
    opened = await filed(city, actor=citizen())
    async with city.scope() as tx:
        await tx.execute("UPDATE person SET email = 'bounce@example.com'")
    await worked(city, settings)
    assert await states(city, opened.id, "consumer") == [("email", "bounced")]
    assert await acts(city, opened.id) == []


async def test_who_has_no_address_is_told_by_letter_at_once(city: City, settings: Settings) -> None:
    opened = await with_cip(city, settings, email="")
    assert await states(city, opened.id) == [("portal", "available"), ("ar", "to_send")]


async def test_a_bounce_by_mail_is_taken_once_and_only_in_its_own_city(
    city: City, other: City, settings: Settings
) -> None:
    opened = await with_cip(city, settings)
    token = await token_of(city, SUPPLIER_EMAIL)
    async with other.scope() as tx:
        with pytest.raises(NotFound):
            await take_bounce(tx, token=token, reason="550")
    for news in (True, False):
        async with city.scope() as tx:
            assert await take_bounce(tx, token=token.upper(), reason="550 não existe") is news
    assert await states(city, opened.id) == [("email", "bounced"), ("ar", "to_send")]
    async with city.scope() as tx:
        with pytest.raises(NotFound):
            await take_bounce(tx, token="", reason="550")


async def test_one_reachable_person_of_a_side_is_enough(city: City, settings: Settings) -> None:
    opened = await filed(city)
    async with city.scope() as tx:
        await tell_side(
            tx,
            told=Told(
                source="event/probe",
                case_id=opened.id,
                side="supplier",
                act="probe",
                subject="Aviso",
                summary="Aviso",
                formal=True,
            ),
            people=(Addressee("Loja", BOUNCING), Addressee("Helena Prado", "helena@adv.example")),
            body_of=lambda to: f"Olá, {to.name}.",
        )
    await worked(city, settings)
    assert await states(city, opened.id) == [("email", "bounced"), ("email", "sent")]
    async with city.scope() as tx:
        await take_bounce(
            tx,
            token=await tx.fetchval(
                "SELECT token FROM message WHERE recipient = 'helena@adv.example'"
            ),
            reason="550",
        )
    assert await states(city, opened.id) == [
        ("email", "bounced"),
        ("email", "bounced"),
        ("ar", "to_send"),
    ]


async def test_a_mail_server_that_is_away_is_no_bounce(
    city: City, settings: Settings, clock: MovingClock, inbox: Inbox
) -> None:
    opened = await filed(city)
    away = work_handlers(settings) | notice_handlers_at(settings, port=1)
    await drain(city.db, city.tenant, away)
    assert await states(city, opened.id, "consumer") == [("email", "made")]
    clock.forward(minutes=5)
    await worked(city, settings)
    assert await states(city, opened.id, "consumer") == [("email", "sent")]
    assert len(inbox.subjects()) == 1


def notice_handlers_at(settings: Settings, *, port: int) -> dict[str, object]:
    """The delivery alone, to a server that is not there."""
    from jinja2 import Environment  # noqa: PLC0415 - only this test needs one

    from procon.notices.jobs import Post  # noqa: PLC0415

    post = Post(
        smtp_host="127.0.0.1",
        smtp_port=port,
        address_of=settings.url,
        code_of=lambda *_: "",
        texts=Environment(autoescape=True),
    )
    found = notice_handlers(post)
    return {"message/send": found["message/send"]}


async def test_reading_in_the_portal_counts_and_drops_the_letter(
    city: City, settings: Settings, clock: MovingClock
) -> None:
    opened = await with_cip(city, settings, email=BOUNCING)
    async with city.scope() as tx:
        await note_reading(tx, actor=staff(), side="staff", case_id=opened.id)
    assert await states(city, opened.id) == [("email", "bounced"), ("ar", "to_send")]
    for minutes in (0, 10):
        clock.forward(minutes=minutes)
        async with city.scope() as tx:
            await note_reading(tx, actor=supplier(), side="supplier", case_id=opened.id)
            if not minutes:
                first = tx.now
    assert await states(city, opened.id) == [("email", "read"), ("ar", "unneeded")]
    async with city.scope() as tx:
        known = await effective_at(tx, case_id=opened.id, act="cip_issued")
        assert known == first
        assert await effective_at(tx, case_id=opened.id, act="cip_issued", side="consumer") is None
        assert await digital_share(tx) == Share(1, 1)
    [_, consumer] = [await notices(city, opened.id, side) for side in ("supplier", "consumer")]
    assert [one.opened_at for one in consumer] == [None]


async def test_what_nobody_opens_is_presumed_read(
    city: City, other: City, settings: Settings, clock: MovingClock
) -> None:
    opened = await with_cip(city, settings)
    [notice] = await notices(city, opened.id, "supplier")
    assert notice.tacit_due_at is not None
    async with city.scope() as tx:
        clock.shift += notice.tacit_due_at - tx.now
    assert await tacit(city.db, city.tenant) == 0, "the last second belongs to the reader"
    clock.forward(seconds=2)
    assert await tacit(other.db, other.tenant) == 0
    assert [await tacit(city.db, city.tenant) for _ in range(2)] == [1, 0]
    [notice] = await notices(city, opened.id, "supplier")
    assert (notice.status, notice.tacit_at, notice.effective_at) == (
        "presumed",
        notice.tacit_due_at,
        notice.tacit_due_at,
    )
    assert await acts(city, opened.id) == ["notice_presumed"]
    async with city.scope() as tx:
        await note_reading(tx, actor=supplier(), side="supplier", case_id=opened.id)
    [later] = await notices(city, opened.id, "supplier")
    assert (later.status, later.effective_at) == ("presumed", notice.tacit_due_at)
    assert later.opened_at is not None


async def test_what_came_back_is_never_presumed_read(
    city: City, settings: Settings, clock: MovingClock
) -> None:
    await with_cip(city, settings, email=BOUNCING)
    clock.forward(days=60)
    assert await tacit(city.db, city.tenant) == 0


async def test_nothing_counts_from_what_another_company_was_told(
    city: City, settings: Settings
) -> None:
    opened = await with_cip(city, settings)
    async with city.scope() as tx:
        await note_reading(tx, actor=supplier(), side="supplier", case_id=opened.id)
        await declare_wrong_company(tx, actor=supplier(), case_id=opened.id, text="Não somos.")
        right = await register_supplier(
            tx, name="Outra Loja", cnpj="11444777000161", email="outra@loja.example"
        )
        await correct_supplier(tx, actor=staff(), case_id=opened.id, supplier_id=right)
    await worked(city, settings)
    assert await states(city, opened.id) == [("email", "wrong_party")]
    async with city.scope() as tx:
        assert await effective_at(tx, case_id=opened.id, act="cip_issued") is None


async def test_an_act_tells_the_sides_that_it_names(
    city: City, settings: Settings, inbox: Inbox
) -> None:
    opened = await with_cip(city, settings)
    before = len(inbox.subjects())
    await told(city, opened.id, "A audiência foi marcada.", act="Designação de audiência")
    await worked(city, settings)
    subject = f"Designação de audiência: processo {opened.number}"
    assert inbox.subjects()[before:] == [("ana@example.com", subject), (SUPPLIER_EMAIL, subject)]
    [ana, shop] = inbox.mails()[before:]
    assert "A audiência foi marcada." in ana.get_content()
    assert f"http://{city.host}/processos/{opened.number}" in ana.get_content()
    assert "código de acesso" not in ana.get_content()
    assert "código de acesso deste processo:" in shop.get_content()
    assert "\n\n\n" not in ana.get_content()


async def test_a_company_hears_nothing_before_the_case_reached_it(
    city: City, settings: Settings
) -> None:
    opened = await filed(city)
    await told(city, opened.id, "Uma advogada passou a representar o consumidor.")
    await worked(city, settings)
    assert await states(city, opened.id, "supplier") == []
    assert len(await notices(city, opened.id, "consumer")) == 2


async def test_an_act_of_the_procedure_is_a_formal_notice_with_its_deadline(
    city: City, settings: Settings, inbox: Inbox
) -> None:
    opened = await with_cip(city, settings)
    before = len(inbox.subjects())
    async with city.scope() as tx:
        await tx.execute(
            "UPDATE case_file SET status = 'complaint_open', complaint_number = '1/2026'"
            " WHERE id = $1",
            opened.id,
        )
        moved = await move(
            tx,
            actor=ANALYST,
            side="staff",
            case_id=opened.id,
            transition="notify_supplier",
            text="Apresente a defesa.",
        )
    await worked(city, settings)
    assert moved.deadline is not None
    found = [one for one in await notices(city, opened.id) if one.act == "notify_supplier"]
    assert {(one.side, one.status, one.formal) for one in found} >= {("supplier", "sent", True)}
    [mail] = [one for one in inbox.mails()[before:] if one["X-Envelope-To"] == SUPPLIER_EMAIL]
    text = mail.get_content()
    until = date_and_hour(moved.deadline.due_at, ZoneInfo(city.tenant.timezone))
    assert f"Prazo: até {until}." in text
    assert moved.deadline.explanation in text
    assert "O que acontece agora: " in text
    assert "Apresente a defesa." in text


async def test_what_is_internal_is_told_to_nobody(city: City, settings: Settings) -> None:
    opened = await with_cip(city, settings)
    before = len(await notices(city, opened.id))
    await told(city, opened.id, "Suspeita de fraude.", internal=True)
    await worked(city, settings)
    assert len(await notices(city, opened.id)) == before


async def test_an_attachment_reaches_the_mail_sink(
    city: City, settings: Settings, inbox: Inbox
) -> None:
    content = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
    for _ in range(2):
        async with city.scope() as tx:
            await write_message(
                tx,
                effect_key="probe/invitation",
                case_id=None,
                recipient="ana@example.com",
                subject="Audiência",
                body="Segue o convite.",
                attachment=("convite.ics", "text/calendar; method=REQUEST; charset=utf-8", content),
            )
    await worked(city, settings)
    [mail] = inbox.mails()
    [part] = mail.iter_attachments()
    assert part.get_filename() == "convite.ics"
    assert part.get_content_type() == "text/calendar"
    assert part["Content-Type"].params["method"] == "REQUEST"
    assert part.get_payload(decode=True) == content


@pytest.mark.parametrize(
    "recipient",
    [
        "ana@example.com\r\nBcc: roubo@evil.example",
        "ana@example.com, roubo@evil.example",
        "Ana <ana@example.com>",
        "",
    ],
)
async def test_a_hostile_recipient_gets_nothing_and_blocks_nothing(
    city: City, settings: Settings, inbox: Inbox, recipient: str
) -> None:
    async with city.scope() as tx:
        await write_message(
            tx,
            effect_key=uuid4().hex,
            case_id=None,
            recipient=recipient,
            subject="Oi",
            body="Oi",
        )
    await worked(city, settings)
    assert inbox.mails() == []


async def test_hostile_names_add_no_header(city: City, settings: Settings, inbox: Inbox) -> None:
    opened = await filed(city, supplier_name="Loja\r\nBcc: roubo@evil.example\r\n\r\nCorpo")
    hostile = "Ato\r\nBcc: roubo@evil.example"
    await told(city, opened.id, "Veja {{ tenant }} <b>isto</b>", act=hostile)
    await worked(city, settings)
    mail = inbox.mails()[-1]
    assert mail["Bcc"] is None
    expected = f"Ato Bcc: roubo@evil.example: processo {opened.number}"
    assert str(mail["Subject"]) == expected
    assert str(mail["X-Envelope-To"]) == "ana@example.com"
    assert "Veja {{ tenant }} <b>isto</b>" in mail.get_content()


async def test_at_night_only_what_has_a_deadline_goes_out(
    city: City, settings: Settings, clock: MovingClock, inbox: Inbox
) -> None:
    zone = city.tenant.timezone
    move_to(clock, zone, hour=21)
    opened = await with_cip(city, settings)
    await told(city, opened.id, "Só para saber.")
    await worked(city, settings)
    subjects = [subject for _, subject in inbox.subjects()]
    assert subjects == [
        f"Recebemos sua reclamação {opened.number}",
        f"Carta de Informações Preliminares {opened.number}",
    ]
    move_to(clock, zone, hour=7, day=1)
    await worked(city, settings)
    assert len(inbox.subjects()) == 2
    clock.forward(minutes=61)
    await worked(city, settings)
    assert len(inbox.subjects()) == 4


def test_reports_of_mail_servers_are_read() -> None:
    assert read_bounce(DSN.format(action="failed").encode()) == "5.1.1 smtp; 550 no such user"
    assert read_bounce(DSN.format(action="delayed").encode()) == ""
    assert read_bounce(DSN.format(action="delivered").encode()) == ""
    assert read_bounce(b"From: ana@example.com\nSubject: Estou de ferias\n\nVolto logo") == ""
    daemon = b"From: <MAILER-DAEMON@mx.example>\nSubject: failure notice\n\nHi"
    assert read_bounce(daemon) == "failure notice"
    assert read_bounce(b"") == ""
    assert read_bounce(bytes(range(256))) == ""


async def test_the_mail_server_hands_a_report_to_the_command_line(
    services: Services, city: City, settings: Settings
) -> None:
    opened = await with_cip(city, settings)
    token = await token_of(city, SUPPLIER_EMAIL)

    async def bounce(name: str, mail: str) -> tuple[int, str]:
        ran = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "procon.cli", "notice", "bounce", name),
            env={**os.environ, **services.env()},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await asyncio.wait_for(ran.communicate(mail.encode()), 60)
        return ran.returncode or 0, out.decode()

    delayed = await bounce(token, DSN.format(action="delayed"))
    assert delayed == (0, "A mensagem não é uma devolução. Nada mudou.\n")
    assert await states(city, opened.id) == [("email", "sent")]
    address = f"b+{token}@procon.example"
    failed = await bounce(address, DSN.format(action="failed"))
    assert failed == (0, f"{city.slug}: devolução registrada.\n")
    assert await states(city, opened.id) == [("email", "bounced"), ("ar", "to_send")]


async def test_a_choice_of_fewer_mails_holds_back_no_deadline(
    city: City, settings: Settings, inbox: Inbox
) -> None:
    async with city.scope() as tx:
        await set_mail_choice(tx, addresses=["ana@example.com", SUPPLIER_EMAIL], only_formal=True)
    opened = await with_cip(city, settings)
    assert await states(city, opened.id, "consumer") == [("portal", "available")]
    assert await states(city, opened.id, "supplier") == [("email", "sent")]
    assert [to for to, _ in inbox.subjects()] == [SUPPLIER_EMAIL]
