"""Invitations, reminders, the video room, and the signed minutes."""

from __future__ import annotations

import base64
from datetime import UTC, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pikepdf
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12
from icalendar import Calendar
from joserfc import jwt
from joserfc.jwk import OctKey
from msgspec import structs
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from hearings.hearings_support import (
    ANALYST,
    CONCILIATOR,
    begin,
    booked,
    choices,
    hearing,
    notice_of,
    status_of,
)
from hearings.test_live import PAYS, Table, days_after
from notices.notices_support import Inbox, worked
from procon.app import work_handlers
from procon.cases.moves import move
from procon.evidence.storage import Store
from procon.hearings.commands import reschedule_hearing
from procon.hearings.jobs import remind
from procon.hearings.minutes.sign import FIELD, demo_certificate, signer_of
from procon.hearings.video import JitsiRoom, video_room
from procon.jobs.outbox import drain
from procon.kernel.errors import Refused
from procon.letters.commands import letter_key
from procon.letters.queries import case_letters
from procon.settings import Settings
from support.cities import SUPPLIER_EMAIL, City, MovingClock, citizen, supplier
from support.web import Web

BOTH = ["ana@example.com", SUPPLIER_EMAIL]
SIGNING = "signing"


def calendars(inbox: Inbox) -> list[tuple[str, str, int, str]]:
    """(recipient, method, sequence, start) of each invitation that came, by recipient."""
    found = []
    for mail in inbox.mails():
        for file in mail.iter_attachments():
            if file.get_content_type() != "text/calendar":
                continue
            content = file.get_content()
            calendar = Calendar.from_ical(content)
            [event] = calendar.walk("VEVENT")
            method = str(calendar["METHOD"])
            assert file["Content-Type"].params["method"] == method
            start = event.decoded("dtstart").astimezone(UTC).isoformat()
            found.append((str(mail["X-Envelope-To"]), method, int(event["SEQUENCE"]), start))
    return sorted(found)


async def test_invitations_follow_the_hearing_as_it_is_moved_and_cancelled(
    city: City, settings: Settings, inbox: Inbox, web: Web
) -> None:
    case, hearing_id = await booked(city)
    first = (await hearing(city, hearing_id)).starts_at.isoformat()
    await worked(city, settings)
    assert calendars(inbox) == [(to, "REQUEST", 0, first) for to in BOTH]
    slot = (await choices(city))[2]
    async with city.scope() as tx:
        await reschedule_hearing(
            tx,
            actor=ANALYST,
            side="staff",
            hearing_id=hearing_id,
            slot_id=slot.id,
            reason="Sala em reforma.",
        )
    await worked(city, settings)
    second = slot.starts_at.isoformat()
    assert calendars(inbox) == [
        one for to in BOTH for one in ((to, "REQUEST", 0, first), (to, "REQUEST", 1, second))
    ]
    path = f"/equipe/processos/{case.number}/audiencia/cancelar"
    await web.post(city, path, {"motivo": "As partes pediram."}, actor=ANALYST)
    await worked(city, settings)
    assert [one for one in calendars(inbox) if one[1] == "CANCEL"] == [
        (to, "CANCEL", 2, second) for to in BOTH
    ]


async def test_a_case_that_settles_before_frees_its_hour(
    city: City, settings: Settings, inbox: Inbox
) -> None:
    case, hearing_id = await booked(city)
    await worked(city, settings)
    slot_id = (await hearing(city, hearing_id)).slot_id
    async with city.scope() as tx:
        await move(
            tx,
            actor=citizen(),
            side="consumer",
            case_id=case.id,
            transition="withdraw",
            text="Desisto.",
        )
    await worked(city, settings)
    assert (await hearing(city, hearing_id)).status == "cancelled"
    assert slot_id in {one.id for one in await choices(city)}
    assert [one[:3] for one in calendars(inbox) if one[1] == "CANCEL"] == [
        (to, "CANCEL", 1) for to in BOTH
    ]


async def test_the_calendar_file_is_for_download_too(web: Web, city: City) -> None:
    case, hearing_id = await booked(city)
    answer = await web.get(city, f"/audiencias/{hearing_id}/convite.ics", actor=supplier())
    assert answer.headers["content-type"].startswith("text/calendar")
    calendar = Calendar.from_ical(answer.content)
    [event] = calendar.walk("VEVENT")
    assert str(calendar["METHOD"]) == "PUBLISH"
    assert str(event["UID"]) == f"{hearing_id}@{city.host}"
    assert str(event["URL"]).endswith(f"/fornecedor/processos/{case.number}/audiencia")


async def test_reminders_go_out_once_each_a_week_a_day_and_an_hour_before(
    city: City, other: City, settings: Settings, inbox: Inbox, clock: MovingClock
) -> None:
    _, hearing_id = await booked(city)
    await worked(city, settings)
    starts = (await hearing(city, hearing_id)).starts_at

    async def reminded() -> list[tuple[str, str]]:
        for one in (city, other, city):
            await remind(one.db, one.tenant, settings.url)
        await worked(city, settings)
        return [
            (to, subject.partition(",")[0])
            for to, subject in inbox.subjects()
            if subject.startswith("Lembrete")
        ]

    assert await reminded() == []
    told: list[tuple[str, str]] = []
    for before, soon in (
        (timedelta(days=7), "daqui a 7 dias"),
        (timedelta(days=1), "amanhã"),
        (timedelta(hours=1), "hoje"),
    ):
        clock.shift += starts - before - timedelta(minutes=1) - clock()
        assert await reminded() == told
        clock.forward(minutes=2)
        told += [(to, f"Lembrete: audiência {soon}") for to in BOTH]
        assert await reminded() == told


async def test_the_video_room_opens_half_an_hour_before(
    web: Web, city: City, clock: MovingClock
) -> None:
    _, hearing_id = await booked(city, kind="video")
    await begin(city, clock, hearing_id, minutes=-31)
    room = f"/audiencias/{hearing_id}/sala"
    early = await web.get(city, room, actor=citizen())
    assert (early.status_code, early.headers["Location"]) == (303, f"/audiencias/{hearing_id}")
    clock.forward(minutes=2)
    open_now = await web.get(city, room, actor=citizen())
    token = (await hearing(city, hearing_id)).room_token
    assert open_now.headers["Location"] == f"https://meet.example/{token}"
    assert len(token) == 24
    page = await web.get(city, f"/audiencias/{hearing_id}", actor=supplier())
    assert room in page.text


def test_a_citys_video_is_chosen_by_its_manifest(city: City, clock: MovingClock) -> None:
    def chosen(**ports: str) -> str:
        tenant = structs.replace(city.tenant, ports=ports)
        found = video_room(tenant, template="", secret_of={"secret://KEY": "s" * 32}.__getitem__)
        return found.address(room="r/1", name="Ana", leads=False, now=clock())

    assert chosen() == ""
    assert chosen(video="template", video_url="https://x.example/{hearing}?a=1") == (
        "https://x.example/r%2F1?a=1"
    )
    for wrong in (
        {"video": "template", "video_url": "https://x.example/"},
        {"video": "template", "video_url": "https://x.example/{hearing}{name}"},
        {"video": "template", "video_url": "http://x.example/{hearing}"},
        {"video": "template", "video_url": "https://me@x.example/{hearing}"},
        {"video": "zoom"},
        {"video": "jitsi", "video_url": "https://x.example", "video_secret": "secret://NONE"},
    ):
        with pytest.raises(Refused, match="sala de vídeo"):
            chosen(**wrong)
    jitsi = chosen(
        video="jitsi",
        video_url="https://x.example/",
        video_app="procon",
        video_secret="secret://KEY",
    )
    assert jitsi.startswith("https://x.example/r%2F1?jwt=")
    token = parse_qs(urlsplit(jitsi).query)["jwt"][0]
    claims = jwt.decode(token, OctKey.import_key("s" * 32), algorithms=["HS256"]).claims
    assert (claims["aud"], claims["room"], claims["sub"]) == ("procon", "r/1", "x.example")
    assert claims["exp"] - claims["nbf"] == 630
    assert claims["moderator"] is False
    lead = JitsiRoom("https://x.example", "procon", "s" * 32)
    leads = lead.address(room="r", name="Bia", leads=True, now=clock())
    token = parse_qs(urlsplit(leads).query)["jwt"][0]
    claims = jwt.decode(token, OctKey.import_key("s" * 32), algorithms=["HS256"]).claims
    assert (claims["moderator"], claims["context"]["user"]["name"]) == (True, "Bia")


async def minutes_of(city: City, settings: Settings, case_id: UUID) -> bytes:
    """The one set of minutes among the case's documents."""
    async with city.scope() as tx:
        [letter] = [one for one in await case_letters(tx, case_id) if one.kind == "TAU"]
    return await Store(settings).get(letter_key(city.slug, letter.id))


async def test_minutes_are_signed_with_the_citys_certificate_and_verifiable(
    web: Web, city: City, settings: Settings, clock: MovingClock
) -> None:
    case, hearing_id = await booked(city)
    await begin(city, clock, hearing_id)
    table = Table(web, city, hearing_id)
    await table.came("consumer", "Ana Souza")
    await table.came("supplier", "Edu #eval(1) $x$ \\ Reis")
    await table.write(PAYS)
    await table.aloud("consumer")
    await table.aloud("supplier")
    [day] = days_after(clock, city, 30)
    done = await table.close("agreement", total="300", parcelas=f"{day:%d/%m/%Y}; 300,00; Pix")
    assert done[0] == 303
    await worked(city, settings)
    assert (await status_of(city, case.id))[0] == "agreed"
    pdf = await minutes_of(city, settings, case.id)

    certificate = load_pkcs12(
        demo_certificate(settings.assets_dir.parent / SIGNING, city.tenant), None
    ).cert
    assert certificate is not None
    pem = certificate.certificate.public_bytes(Encoding.PEM)
    roots = list(load_certs_from_pemder_data(pem))
    [signature] = PdfFileReader(BytesIO(pdf)).embedded_signatures
    verdict = await judged(signature, roots)
    assert signature.field_name == FIELD
    assert (verdict.intact, verdict.valid, verdict.trusted) == (True, True, True)
    assert verdict.coverage.name == "ENTIRE_FILE"

    with pikepdf.open(BytesIO(pdf)) as document:
        assert len(document.pages) >= 1
    changed = PdfFileReader(BytesIO(pdf.replace(b"/Producer", b"/Producex", 1)))
    forged = await judged(changed.embedded_signatures[0], roots)
    assert not forged.intact

    page = await web.get(city, f"/audiencias/{hearing_id}", actor=citizen())
    assert "Ler o termo assinado (PDF)" in page.text
    address = page.text.split('href="/documentos/')[1].split('"')[0]
    for actor in (citizen(), supplier(), CONCILIATOR):
        assert (await web.get(city, f"/documentos/{address}", actor=actor)).status_code in (
            200,
            303,
        )
    shown = await web.get(city, f"/verificar?codigo={address}")
    assert "Termo de audiência" in shown.text
    # The worker that does it again does nothing.
    await drain(city.db, city.tenant, work_handlers(settings))
    assert await minutes_of(city, settings, case.id) == pdf


async def judged(signature: object, roots: list[object]) -> Any:
    """pyHanko's verdict with the given roots of trust."""
    return await async_validate_pdf_signature(signature, ValidationContext(trust_roots=roots))


def test_a_citys_signer_is_chosen_by_its_manifest(city: City, tmp_path: Path) -> None:
    made = demo_certificate(tmp_path, city.tenant)
    assert demo_certificate(tmp_path, city.tenant) == made
    assert [path.name for path in tmp_path.iterdir()] == [f"{city.slug}.p12"]
    assert (tmp_path / f"{city.slug}.p12").stat().st_mode & 0o077 == 0
    secrets = {"secret://FILE": base64.b64encode(made).decode(), "secret://BAD": "%"}

    def sign(**ports: str) -> bytes:
        tenant = structs.replace(city.tenant, ports=ports)
        signer = signer_of(tenant, secret_of=secrets.__getitem__, demo_folder=None)
        return signer.sign(_blank(), reason="Teste", place="Aqui")

    assert sign() == _blank()
    assert (
        len(
            PdfFileReader(
                BytesIO(sign(signer="pkcs12", signer_file="secret://FILE"))
            ).embedded_signatures
        )
        == 1
    )
    for wrong in (
        {"signer": "stamp"},
        {"signer": "pkcs12", "signer_file": "secret://NONE"},
        {"signer": "pkcs12", "signer_file": "secret://BAD"},
    ):
        with pytest.raises(Refused, match="assinatura deste Procon"):
            sign(**wrong)


def _blank() -> bytes:
    document, out = pikepdf.new(), BytesIO()
    document.add_blank_page()
    document.save(out, static_id=True, deterministic_id=False)
    return out.getvalue()


async def test_minutes_of_an_absence_are_made_too(
    web: Web, city: City, settings: Settings, clock: MovingClock
) -> None:
    case, hearing_id = await booked(city)
    await begin(city, clock, hearing_id, minutes=16)
    table = Table(web, city, hearing_id)
    assert (await table.close("both_absent", observacao="Ninguém veio."))[0] == 303
    assert (await status_of(city, case.id))[0] == "consumer_absent"
    await worked(city, settings)
    assert (await minutes_of(city, settings, case.id)).startswith(b"%PDF-")
    again = await table.close("no_agreement")
    assert (again[0], notice_of(again[2])) == (409, "Esta audiência já foi encerrada.")
