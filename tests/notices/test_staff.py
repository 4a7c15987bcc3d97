"""What the staff do when the e-mail is not enough, on their pages."""

from __future__ import annotations

import html
import io
import re
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from notices.notices_support import (
    ANALYST,
    BOUNCING,
    Inbox,
    acts,
    documents,
    notices,
    states,
    with_cip,
    worked,
)
from procon.answers.commands import access_code
from procon.cases.log import entries
from procon.cases.queries import detail_by_id
from procon.evidence.queries import files_of_case
from procon.ext.events import ActRecorded
from procon.kernel.errors import Invalid
from procon.letters.queries import case_letters
from procon.notices.commands import note_reading, take_bounce
from procon.notices.queries import Notice, effective_at
from procon.notices.staff.forms import Typed, parse_edital, parse_letter, tracking_fits
from procon.notices.staff.pages import ACTS
from procon.settings import Settings
from support.cities import CPF_OTHER, City, MovingClock, citizen, staff, supplier
from support.web import Web

TRACKING = "AA123456785BR"
ADDRESS = {
    "destinatario": "Loja Exemplo",
    "endereco": "Rua das Acácias, 50\nCentro\nVila das Flores – SP",
    "cep": "13010-000",
}


def picture() -> bytes:
    """A small picture, as a telephone would send it."""
    kept = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(kept, "PNG")
    return kept.getvalue()


def words(page: str) -> str:
    body = page[page.index("<main") :]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def day(when: date, name: str = "quando") -> dict[str, str]:
    return {
        f"{name}_dia": str(when.day),
        f"{name}_mes": str(when.month),
        f"{name}_ano": str(when.year),
    }


def today(city: City, clock: MovingClock) -> date:
    return clock().astimezone(ZoneInfo(city.tenant.timezone)).date()


async def act(
    web: Web, city: City, notice: Notice, name: str, fields: dict[str, str]
) -> tuple[int, str]:
    """Send an act's form; the answer's status and words."""
    async with city.scope() as tx:
        number = await tx.fetchval("SELECT number FROM case_file WHERE id = $1", notice.case_id)
    path = f"/equipe/processos/{number}/avisos/{notice.id}/{name}"
    sent = await web.post(city, path, {"_chave": uuid4().hex, **fields}, actor=ANALYST)
    return sent.status_code, words(sent.text) if sent.text else ""


async def sentences(city: City, case_id: UUID) -> list[str]:
    async with city.scope() as tx:
        found = [entry.act.event for entry in await entries(tx, case_id, internal=True)]
    return [event.sentence for event in found if isinstance(event, ActRecorded)]


async def test_a_letter_from_the_bounce_to_the_signed_card(
    web: Web, city: City, settings: Settings, clock: MovingClock
) -> None:
    opened = await with_cip(city, settings, email=BOUNCING)
    [_, letter] = await notices(city, opened.id, "supplier")
    listed = await web.get(city, "/equipe/avisos", actor=ANALYST)
    assert opened.number in listed.text
    assert "1 Cartas a preparar" in words(listed.text)

    status, shown = await act(web, city, letter, "ar", ADDRESS)
    assert status == 200
    for said in ("Confira antes", "Empresa: Loja Exemplo", "Rua das Acácias, 50", "CEP 13010-000"):
        assert said in shown
    assert await states(city, opened.id) == [("email", "bounced"), ("ar", "to_send")]
    status, shown = await act(web, city, letter, "ar", {**ADDRESS, "confirmar": "mudar"})
    assert (status, "Rua das Acácias, 50" in shown, "Confira antes" in shown) == (200, True, False)
    sure = {**ADDRESS, "confirmar": "sim"}
    assert await act(web, city, letter, "ar", sure) == (303, "")
    assert await states(city, opened.id) == [("email", "bounced"), ("ar", "printed")]
    assert await documents(city, opened.id) == ["AR"]
    base = f"/equipe/processos/{opened.number}/avisos/{letter.id}"
    code = access_code(settings.secret_key, city.slug, opened.id)
    assert code in (await web.get(city, base, actor=ANALYST)).text
    assert code not in (await web.get(city, base, actor=staff("inspector"))).text
    # A second click, or a colleague who was slower, prepares no second letter.
    assert (await act(web, city, letter, "ar", sure))[0] == 303
    assert await documents(city, opened.id) == ["AR"]

    now = today(city, clock)
    wrong = {"rastreio": "AA123456784BR", **day(now)}
    status, shown = await act(web, city, letter, "postagem", wrong)
    assert (status, "Confira o código" in shown) == (422, True)
    posted = {"rastreio": "aa 123 456 785 br", **day(now)}
    assert (await act(web, city, letter, "postagem", posted))[0] == 303
    [_, letter] = await notices(city, opened.id, "supplier")
    assert (letter.status, letter.tracking) == ("posted", TRACKING)

    clock.forward(days=6)
    came = {"resultado": "recebida", "quem": "João da Silva", **day(now + timedelta(days=5))}
    assert (await act(web, city, letter, "retorno", came))[0] == 303
    [_, letter] = await notices(city, opened.id, "supplier")
    known = datetime(
        *(now + timedelta(days=5)).timetuple()[:3], tzinfo=ZoneInfo(city.tenant.timezone)
    )
    assert (letter.status, letter.delivered_at, letter.effective_at) == ("delivered", known, known)
    async with city.scope() as tx:
        assert await effective_at(tx, case_id=opened.id, act="cip_issued") == known
    assert await acts(city, opened.id) == ["notice_bounced", *["notice_by_other_channel"] * 3]
    assert await documents(city, opened.id) == ["AR", "CERT"]
    await worked(city, settings)
    async with city.scope() as tx:
        printed = await case_letters(tx, opened.id)
    assert [one.kind for one in printed[-2:]] == ["AR", "CERT"]
    shown = (await web.get(city, base, actor=ANALYST)).text
    assert f'href="/documentos/{printed[-2].code}"' in shown
    assert code not in shown


async def test_a_mail_goes_again_to_the_right_address(
    web: Web, city: City, settings: Settings, inbox: Inbox
) -> None:
    opened = await with_cip(city, settings, email=BOUNCING)
    [mail, _] = await notices(city, opened.id, "supplier")
    status, shown = await act(web, city, mail, "reenviar", {"email": "isto não é"})
    assert status == 422
    right = {"email": "sac@loja.example"}
    status, shown = await act(web, city, mail, "reenviar", right)
    assert (status, "Confira antes" in shown, "sac@loja.example" in shown) == (200, True, True)
    sure = {**right, "confirmar": "sim"}
    assert await act(web, city, mail, "reenviar", sure) == (303, "")
    await worked(city, settings)
    assert await states(city, opened.id) == [
        ("email", "bounced"),
        ("ar", "unneeded"),
        ("email", "sent"),
    ]
    assert inbox.subjects()[-1] == (
        "sac@loja.example",
        f"Carta de Informações Preliminares {opened.number}",
    )
    async with city.scope() as tx:
        case = await detail_by_id(tx, opened.id)
        assert case is not None
        assert case.supplier_email == "sac@loja.example"
        seen = [entry.kind for entry in await entries(tx, opened.id, internal=False)]
        token = await tx.fetchval("SELECT token FROM message WHERE recipient = $1", right["email"])
        assert await take_bounce(tx, token=token, reason="550")
    assert seen.count("act_recorded") == 1, "the parties see the bounce, not the address"
    assert await states(city, opened.id) == [
        ("email", "bounced"),
        ("ar", "to_send"),
        ("email", "bounced"),
    ]


async def test_the_cards_picture_is_kept_with_the_case(
    web: Web, city: City, settings: Settings, clock: MovingClock
) -> None:
    opened = await with_cip(city, settings, email=BOUNCING)
    [_, letter] = await notices(city, opened.id, "supplier")
    now = today(city, clock)
    await act(web, city, letter, "ar", {**ADDRESS, "confirmar": "sim"})
    await act(web, city, letter, "postagem", {"rastreio": TRACKING, **day(now)})
    path = f"/equipe/processos/{opened.number}/avisos/{letter.id}/retorno"
    fields = {"_chave": uuid4().hex, "resultado": "devolvida", "texto": "mudou-se", **day(now)}
    files = {"arquivo": ("ar.png", picture(), "image/png")}
    sent = await web.post(city, path, fields, actor=ANALYST, files=files)
    assert sent.status_code == 303
    async with city.scope() as tx:
        assert [file.name for file in await files_of_case(tx, opened.id)] == ["ar.png"]
    assert await states(city, opened.id) == [("email", "bounced"), ("ar", "bounced")]
    back = await web.get(city, "/equipe/avisos?fila=sem-caminho", actor=ANALYST)
    assert opened.number in back.text
    # A second letter, to another address.
    again = {**ADDRESS, "cep": "13020-000", "confirmar": "sim"}
    assert (await act(web, city, letter, "ar", again))[0] == 303
    assert await states(city, opened.id) == [
        ("email", "bounced"),
        ("ar", "bounced"),
        ("ar", "printed"),
    ]


async def test_a_spontaneous_appearance_makes_up_for_the_notice(
    web: Web, city: City, settings: Settings, clock: MovingClock
) -> None:
    opened = await with_cip(city, settings, email=BOUNCING)
    [mail, _] = await notices(city, opened.id, "supplier")
    clock.forward(days=1)
    came = {"quem": "Rui Prado", "hora": "11h30", "texto": "No balcão.", **day(today(city, clock))}
    assert await act(web, city, mail, "comparecimento", came) == (303, "")
    assert await states(city, opened.id) == [
        ("email", "bounced"),
        ("ar", "unneeded"),
        ("spontaneous", "delivered"),
    ]
    async with city.scope() as tx:
        log = await entries(tx, opened.id, internal=False)
    event = log[-1].act.event
    assert isinstance(event, ActRecorded)
    assert (event.act, event.norm) == (
        "Comparecimento espontâneo",
        "Decreto nº 2.181/1997, art. 42, § 3º",
    )
    assert event.sentence.startswith("A empresa compareceu por conta própria em ")
    assert await documents(city, opened.id) == ["CERT"]
    # What is known needs no edital any more.
    late = {"quem": "Rui", "hora": "10:00", "texto": "x", **day(today(city, clock))}
    assert (await act(web, city, mail, "pessoal", late))[0] == 303
    assert await documents(city, opened.id) == ["CERT"]


async def test_a_party_is_told_in_person(
    web: Web, city: City, settings: Settings, clock: MovingClock
) -> None:
    opened = await with_cip(city, settings, email="")
    [portal, _] = await notices(city, opened.id, "supplier")
    future = {"quem": "Rui", "hora": "23:59", "texto": "No posto", **day(today(city, clock))}
    status, shown = await act(web, city, portal, "pessoal", future)
    assert (status, "Esta hora ainda não chegou." in shown) == (422, True)
    clock.forward(hours=3)
    done = {**future, "hora": "14:30"}
    assert (await act(web, city, portal, "pessoal", done))[0] == 303
    found = await notices(city, opened.id, "supplier")
    assert [(one.channel, one.status) for one in found] == [
        ("portal", "available"),
        ("ar", "unneeded"),
        ("personal", "delivered"),
    ]
    assert found[-1].escalated_from == portal.id
    assert "Rui recebeu a notificação em mãos" in found[-1].detail


async def test_an_edital_counts_from_its_day(
    web: Web, city: City, settings: Settings, clock: MovingClock
) -> None:
    opened = await with_cip(city, settings, email=BOUNCING)
    [mail, _] = await notices(city, opened.id, "supplier")
    now = today(city, clock)
    counts = now + timedelta(days=10)
    fields = {
        "texto": "Fica notificada a empresa.",
        "onde": "Diário Oficial",
        **day(now),
        **day(counts, "vale"),
    }
    status, shown = await act(web, city, mail, "edital", fields)
    assert (status, "Edital, em Diário Oficial" in shown) == (200, True)
    sure = {**fields, "confirmar": "sim"}
    assert (await act(web, city, mail, "edital", sure))[0] == 303
    assert await documents(city, opened.id) == ["EDI", "CERT"]
    for days, known in ((0, False), (11, True)):
        clock.forward(days=days)
        async with city.scope() as tx:
            found = await effective_at(tx, case_id=opened.id, act="cip_issued")
        assert (found is not None) is known


async def test_only_the_right_people_of_the_right_city(
    web: Web, city: City, other: City, settings: Settings
) -> None:
    opened = await with_cip(city, settings, email=BOUNCING)
    [mail, letter] = await notices(city, opened.id, "supplier")
    base = f"/equipe/processos/{opened.number}/avisos"
    for path in (base, f"{base}/{mail.id}", f"{base}/{letter.id}/ar"):
        assert (await web.get(city, path, actor=ANALYST)).status_code == 200
        assert (await web.get(other, path, actor=ANALYST)).status_code == 404
        assert (await web.get(city, path, actor=citizen())).status_code == 403
    assert (
        await web.get(city, f"{base}/{letter.id}/ar", actor=staff("attendant"))
    ).status_code == 403
    assert (await web.get(city, f"{base}/{mail.id}", actor=staff("attendant"))).status_code == 200
    for path in (f"{base}/{uuid4()}", f"{base}/{uuid4()}/ar", f"{base}/{mail.id}/nada"):
        assert (await web.get(city, path, actor=ANALYST)).status_code == 404
    path = f"{base}/{letter.id}/ar"
    sure = {**ADDRESS, "confirmar": "sim"}
    assert (await web.post(other, path, sure, actor=ANALYST)).status_code == 404
    assert (await web.post(city, path, sure, actor=supplier())).status_code == 403
    assert await states(city, opened.id) == [("email", "bounced"), ("ar", "to_send")]
    empty = await web.get(other, "/equipe/avisos", actor=ANALYST)
    assert opened.number not in empty.text


async def test_the_consumers_address_stays_out_of_what_the_company_reads(
    web: Web, city: City, settings: Settings, clock: MovingClock
) -> None:
    opened = await with_cip(city, settings)
    [mail] = await notices(city, opened.id, "consumer")
    secret = {
        **ADDRESS,
        "destinatario": "Ana Souza",
        "endereco": "Rua Secreta, 7",
        "confirmar": "sim",
    }
    assert (await act(web, city, mail, "ar", secret))[0] == 303
    assert await documents(city, opened.id) == ["OFI"]
    [_, letter] = await notices(city, opened.id, "consumer")
    now = today(city, clock)
    posted = {"rastreio": TRACKING, **day(now)}
    await act(web, city, letter, "postagem", posted)
    came = {"resultado": "recebida", "quem": "Ana", **day(now)}
    await act(web, city, letter, "retorno", came)
    async with city.scope() as tx:
        certified = await tx.fetchval(
            "SELECT payload FROM outbox WHERE payload::jsonb ->> 'code' = 'CERT'"
        )
        ordered = await tx.fetchval(
            "SELECT payload FROM outbox WHERE payload::jsonb ->> 'code' = 'OFI'"
        )
    assert "Rua Secreta" not in certified
    assert "Rua Secreta" not in ordered
    assert not [one for one in await sentences(city, opened.id) if "Rua Secreta" in one]
    page = await web.get(city, f"/fornecedor/processos/{opened.number}/avisos", actor=supplier())
    assert "Rua Secreta" not in page.text
    assert "Carta recebida" in words(page.text)
    own = await web.get(city, f"/processos/{opened.number}/avisos", actor=citizen())
    assert "Rua Secreta" in own.text


async def test_each_party_sees_its_notices_and_what_became_of_the_others(
    web: Web, city: City, other: City, settings: Settings
) -> None:
    opened = await with_cip(city, settings)
    path = f"/processos/{opened.number}/avisos"
    mine = words((await web.get(city, path, actor=citizen())).text)
    assert f"Recebemos sua reclamação {opened.number}" in mine
    assert "Carta de Informações Preliminares" in mine
    assert "juridico@loja.example" not in mine
    assert "ana@example.com" in mine
    theirs = words((await web.get(city, f"/fornecedor{path}", actor=supplier())).text)
    assert "juridico@loja.example" in theirs
    assert "ana@example.com" not in theirs
    assert (await web.get(city, path, actor=citizen(CPF_OTHER))).status_code == 403
    assert (await web.get(other, path, actor=citizen())).status_code == 404
    assert (await web.get(city, path, actor=ANALYST)).headers["location"].startswith("/equipe/")


async def test_the_account_lists_what_is_unread_and_keeps_the_choice(
    web: Web, city: City, other: City, settings: Settings
) -> None:
    opened = await with_cip(city, settings)
    mine = words((await web.get(city, "/minha-conta/avisos", actor=citizen())).text)
    assert "Você tem 1 aviso não lido" in mine
    assert "Carta de Informações" not in mine
    shop = words((await web.get(city, "/minha-conta/avisos", actor=supplier())).text)
    assert f"Carta de Informações Preliminares {opened.number}" in shop
    assert "Recebemos" not in shop
    for who in (citizen(), supplier()):
        there = words((await web.get(other, "/minha-conta/avisos", actor=who)).text)
        assert opened.number not in there
    async with city.scope() as tx:
        await note_reading(tx, actor=citizen(), side="consumer", case_id=opened.id)
    assert "Você já leu todos" in (await web.get(city, "/minha-conta/avisos", actor=citizen())).text
    chosen = await web.post(city, "/minha-conta/avisos", {"so_prazos": "sim"}, actor=citizen())
    assert chosen.status_code == 303
    again = await web.get(city, "/minha-conta/avisos", actor=citizen())
    assert re.search(r'name="so_prazos"[^>]*checked', again.text)


def test_forms_say_what_is_wrong() -> None:
    with pytest.raises(Invalid) as refused:
        parse_letter(Typed(cep="1", endereco="a\nb\nc\nd\ne", rastreio="x"))
    assert set(refused.value.fields) == {"destinatario", "endereco", "cep", "rastreio"}
    with pytest.raises(Invalid) as refused:
        parse_edital(
            Typed(
                texto="x",
                onde="y",
                quando_dia="29",
                quando_mes="2",
                quando_ano="2027",
                vale_dia="١",
                vale_mes="1",
                vale_ano="1",
            ),
            today=date(2027, 3, 1),
        )
    assert set(refused.value.fields) == {"quando", "vale"}
    assert tracking_fits(TRACKING)
    assert not tracking_fits("AA１２３456785BR")


@pytest.mark.parametrize(
    "value", [b"%00", b"%FF%FE", b"%ED%A0%80", b"9" * 5_000, b"-1", b"%D9%A1%D9%A2", b"a%0D%0AB:c"]
)
async def test_nothing_that_is_typed_is_our_fault(
    web: Web, city: City, settings: Settings, value: bytes
) -> None:
    opened = await with_cip(city, settings, email=BOUNCING)
    [mail, _] = await notices(city, opened.id, "supplier")
    body = b"&".join(name.encode() + b"=" + value for name in Typed.__struct_fields__)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    found: dict[str, int] = {}
    async with await web.client(city, ANALYST) as browser:
        for name in ACTS:
            path = f"/equipe/processos/{opened.number}/avisos/{mail.id}/{name}"
            for more in (b"", b"&confirmar=sim&resultado=recebida"):
                content = body.replace(b"confirmar=" + value, b"x=y") + more
                sent = await browser.post(path, content=content, headers=form)
                found[name] = max(found.get(name, 0), sent.status_code)
    assert found == dict.fromkeys(ACTS, 422)
