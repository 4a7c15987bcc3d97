"""What happens to a case brings its letters: by the real commands, the outbox and the worker."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID, uuid4

import pytest

from letters.letters_support import text_of
from procon.answers.commands import access_code, issue_cip_with_code, submit_answer
from procon.app import work_handlers
from procon.auth.actor import Actor
from procon.auth.ratelimit import allow, subject
from procon.cases.commands import Complaint, Opened, complete_case, open_case, return_case
from procon.cases.log import entries
from procon.evidence.storage import Store
from procon.jobs.outbox import drain, parked
from procon.letters.commands import letter_key
from procon.letters.jobs import KINDS, handlers
from procon.letters.queries import Letter, case_letters
from procon.letters.routes import TRIES, TRIES_PERIOD
from procon.letters.typeset.press import Press, letterhead
from procon.letters.typeset.render import grouped
from procon.parties.commands import register_person, register_supplier
from procon.portal.themes import load_themes
from procon.settings import Settings
from procon.tenancy.keys import key
from support.cities import (
    CPF,
    CPF_OTHER,
    SUPPLIER_EMAIL,
    City,
    MovingClock,
    citizen,
    filed,
    staff,
    supplier,
)
from support.web import Web

ANSWER = "Vamos entregar a geladeira na sexta-feira."


def squeezed(text: str) -> str:
    return "".join(text.split())


async def worked(city: City, settings: Settings) -> None:
    """The worker's round, twice: the second must change nothing."""
    for _ in range(2):
        await drain(city.db, city.tenant, work_handlers(settings))


async def letters_of(city: City, case_id: UUID) -> list[Letter]:
    async with city.scope() as tx:
        return await case_letters(tx, case_id)


async def printed(settings: Settings, city: City, letter: Letter) -> str:
    pdf = await Store(settings).get(letter_key(city.slug, letter.id))
    assert hashlib.sha256(pdf).digest() == letter.sha256
    return text_of(pdf)


async def cip_issued(city: City, settings: Settings, case_id: UUID) -> None:
    async with city.scope() as tx:
        await issue_cip_with_code(
            tx, actor=staff(name="Bia Lima"), case_id=case_id, secret=settings.secret_key
        )


async def answered(city: City, case_id: UUID) -> str:
    async with city.scope() as tx:
        receipt = await submit_answer(
            tx, actor=supplier(), case_id=case_id, text=ANSWER, idempotency_key=uuid4().hex
        )
    return receipt.sha256


async def file_attached(city: City, case_id: UUID, state: str) -> None:
    """A file of the case, put there without its bytes: only its row is on a letter."""
    kept = state == "kept"
    async with city.scope() as tx:
        opened_at = await tx.fetchval("SELECT created_at FROM case_file WHERE id = $1", case_id)
        await tx.execute(
            "INSERT INTO evidence_file (id, owner_kind, owner_id, case_id, attached_to, object_key,"
            " upload_id, name, declared_size, size, sha256, media_type, state, reason, parts,"
            " uploaded_by, created_at, attached_at) VALUES ($1, 'draft', $1, $2, $2, $3, '',"
            " 'nota.pdf', 2048, $4, $5, $6, $7, '', $8, 'citizen:', $9, $9)",
            uuid4(),
            case_id,
            f"{city.slug}/evidence/{uuid4()}",
            2048 if kept else None,
            "ab" * 32 if kept else "",
            "application/pdf" if kept else "",
            state,
            '{"1":"' + "cd" * 32 + '"}',
            opened_at,
        )


async def test_a_filed_complaint_has_one_receipt_for_its_consumer_alone(
    web: Web, city: City, other: City, settings: Settings
) -> None:
    opened = await filed(city)
    await worked(city, settings)
    [letter] = await letters_of(city, opened.id)
    assert (letter.kind, letter.number, letter.case_number) == (
        "filing_receipt",
        None,
        opened.number,
    )
    path = f"/documentos/{letter.code}"
    given = await web.get(city, path, actor=citizen())
    assert given.status_code == 200
    assert hashlib.sha256(given.content).digest() == letter.sha256
    assert (await web.get(city, path, actor=citizen(CPF_OTHER))).status_code == 403
    assert (await web.get(other, path, actor=citizen())).status_code == 404
    assert (await web.get(city, path, actor=Actor(kind="vendor"))).status_code == 403
    text = text_of(given.content)
    for said in (
        opened.number,
        "Ana Souza",
        "***.982.247-**",
        "A loja não entregou a geladeira.",
        "Receber a geladeira.",
        "Produtos › Eletrodoméstico",
        "a empresa tem 10 dias corridos para responder",
        f"http://{city.host}/processos/{opened.number}".removeprefix("http://"),
        grouped(letter.code),
    ):
        assert squeezed(said) in text
    assert CPF not in text
    assert "529.982" not in text


async def test_the_receipt_is_verified_by_its_code_and_listed_on_the_case(
    web: Web, city: City, other: City, settings: Settings
) -> None:
    opened = await filed(city)
    await worked(city, settings)
    [letter] = await letters_of(city, opened.id)
    page = await web.get(city, f"/verificar?codigo={grouped(letter.code)}")
    assert "Este documento foi emitido por nós." in page.text
    assert "Recibo de registro da reclamação" in page.text
    page = await web.get(other, f"/verificar?codigo={letter.code}")
    assert "Não emitimos nenhum documento" in page.text
    case = await web.get(city, f"/processos/{opened.number}", actor=citizen())
    assert f'href="/documentos/{letter.code}">Recibo de registro da reclamação (PDF)' in case.text


async def test_work_that_is_done_again_gives_no_second_letter(
    city: City, settings: Settings, clock: MovingClock
) -> None:
    opened = await filed(city)
    await worked(city, settings)
    first = await letters_of(city, opened.id)
    clock.forward(minutes=5)
    async with city.scope() as tx:
        await tx.execute("UPDATE outbox SET done_at = NULL WHERE topic = 'case_opened/letter'")
    assert await drain(city.db, city.tenant, work_handlers(settings)) == 1
    assert await letters_of(city, opened.id) == first
    assert len(first) == 1
    await printed(settings, city, first[0])


async def test_the_counter_gives_a_page_with_post_and_attendant(
    city: City, settings: Settings
) -> None:
    opened = await filed_at_counter(city)
    await worked(city, settings)
    [letter] = await letters_of(city, opened.id)
    assert letter.kind == "counter_receipt"
    async with city.scope() as tx:
        assert letter.created_at == (await entries(tx, opened.id, internal=True))[0].act.at
    text = await printed(settings, city, letter)
    for said in ("Posto Centro", "José Carlos", opened.number, "Você lê a resposta"):
        assert squeezed(said) in text


async def filed_at_counter(city: City) -> Opened:
    async with city.scope() as tx:
        return await open_case(
            tx,
            actor=staff("attendant", name="José Carlos"),
            complaint=Complaint(subject="0403", narrative="Veio com defeito.", wish="Trocar."),
            person_id=await register_person(tx, cpf=CPF, name="Ana Souza", email=""),
            supplier_id=await register_supplier(
                tx, name="Loja Exemplo", cnpj=None, email=SUPPLIER_EMAIL
            ),
            channel="post",
            service_point="Posto Centro",
            idempotency_key=uuid4().hex,
        )


async def test_the_cip_says_what_the_act_said_and_no_access_code(
    web: Web, city: City, settings: Settings
) -> None:
    opened = await filed(city)
    async with city.scope() as tx:
        await return_case(tx, actor=staff(), case_id=opened.id, reason="Falta a data.")
    async with city.scope() as tx:
        await complete_case(tx, actor=citizen(), case_id=opened.id, text="Foi no dia 3.")
    await cip_issued(city, settings, opened.id)
    async with city.scope() as tx:
        event: Any = (await entries(tx, opened.id, internal=True))[-1].act.event
    await worked(city, settings)
    [receipt, letter] = await letters_of(city, opened.id)
    assert (receipt.kind, letter.kind, letter.number) == ("filing_receipt", "cip", 1)
    text = await printed(settings, city, letter)
    for said in (event.explanation, event.legal_basis, "Bia Lima", "Foi no dia 3.", "às 23h59"):
        assert squeezed(said) in text
    code = access_code(settings.secret_key, city.slug, opened.id)
    assert code not in text
    assert (await web.get(city, f"/documentos/{letter.code}", actor=supplier())).status_code == 200
    strange = supplier(cnpj="11444777000161")
    assert (await web.get(city, f"/documentos/{letter.code}", actor=strange)).status_code == 403


async def test_the_answer_has_a_receipt_against_the_cips_deadline(
    web: Web, city: City, settings: Settings
) -> None:
    opened = await filed(city)
    await cip_issued(city, settings, opened.id)
    async with city.scope() as tx:
        due = await tx.fetchval("SELECT due_at FROM case_file WHERE id = $1", opened.id)
    sha256 = await answered(city, opened.id)
    async with city.scope() as tx:
        entry = (await entries(tx, opened.id, internal=True))[-1]
    await worked(city, settings)
    letters = await letters_of(city, opened.id)
    assert sorted(one.kind for one in letters) == ["answer_receipt", "cip", "filing_receipt"]
    letter = next(one for one in letters if one.kind == "answer_receipt")
    text = await printed(settings, city, letter)
    assert squeezed("Dentro do prazo") in text
    assert due.hour == 2  # 23:59:59 of the day before, in the city
    for said in (sha256, hashlib.sha256(ANSWER.encode()).hexdigest(), entry.hash, "42 caracteres"):
        assert squeezed(said) in text
    case = await web.get(city, f"/fornecedor/processos/{opened.number}", actor=supplier())
    assert f'href="/documentos/{letter.code}"' in case.text


async def test_a_late_answer_is_said_to_be_late(
    city: City, settings: Settings, clock: MovingClock
) -> None:
    opened = await filed(city)
    await cip_issued(city, settings, opened.id)
    clock.forward(days=40)
    await answered(city, opened.id)
    await worked(city, settings)
    letter = next(one for one in await letters_of(city, opened.id) if one.kind == "answer_receipt")
    assert "Depoisdoprazo" in await printed(settings, city, letter)


async def test_files_stand_on_the_letters_with_their_hash(city: City, settings: Settings) -> None:
    opened = await filed(city)
    await file_attached(city, opened.id, "kept")
    await worked(city, settings)
    [letter] = await letters_of(city, opened.id)
    text = await printed(settings, city, letter)
    assert "nota.pdfPDF2KB" + "ab" * 32 in text


async def test_a_file_under_check_delays_the_letter_once(
    city: City, settings: Settings, clock: MovingClock
) -> None:
    opened = await filed(city)
    await file_attached(city, opened.id, "checking")
    await worked(city, settings)
    assert await letters_of(city, opened.id) == []
    clock.forward(seconds=61)
    await worked(city, settings)
    [letter] = await letters_of(city, opened.id)
    text = await printed(settings, city, letter)
    assert "nota.pdf(emconferência:resumodaspartes)" in text


async def test_a_store_that_is_down_registers_nothing_and_the_letter_comes_later(
    city: City, settings: Settings, clock: MovingClock
) -> None:
    async def down(_key: str, _body: bytes, _media_type: str) -> None:
        raise OSError("store down")

    opened = await filed(city)
    themes = load_themes(settings.themes_dir)
    press = Press(down, Store(settings).get, settings.url, themes)
    await drain(city.db, city.tenant, handlers(press))
    assert await letters_of(city, opened.id) == []
    clock.forward(minutes=5)
    await worked(city, settings)
    assert [one.kind for one in await letters_of(city, opened.id)] == ["filing_receipt"]
    async with city.scope() as tx:
        assert await parked(tx) == []


def test_each_city_has_its_own_letterhead(cities: tuple[City, City], settings: Settings) -> None:
    store = Store(settings)
    press = Press(store.put, store.get, settings.url, load_themes(settings.themes_dir))
    first, second = (letterhead(press, city.tenant) for city in cities)
    assert first.logo_svg != second.logo_svg
    assert first.colour != second.colour
    assert first.check_url == f"http://{cities[0].host}/verificar"
    assert set(handlers(press)) == {f"{kind}/letter" for kind in (*KINDS, "case_moved")} | {
        "letters/order",
        "act_recorded/letter",
        "letters/batch",
        "letters/batch_join",
        "autos/build",
    }


async def test_too_many_checks_from_one_place_are_put_off(
    web: Web, city: City, other: City
) -> None:
    redis = web.app.state.redis
    name = key(city.slug, "limit", "verify", subject("127.0.0.1"))
    await redis.delete(name)
    for _ in range(TRIES):
        assert (await allow(redis, name, TRIES, TRIES_PERIOD)).allowed
    page = await web.post(city, "/verificar", {"codigo": "7K3M-9QXA-2D5F"})
    elsewhere = await web.post(other, "/verificar", {"codigo": "7K3M-9QXA-2D5F"})
    await redis.delete(name)
    assert page.status_code == 429
    assert "Foram muitas verificações seguidas. Espere um minuto e tente de novo." in page.text
    assert 'value="7K3M-9QXA-2D5F"' in page.text
    assert elsewhere.status_code == 303


@pytest.mark.parametrize("role", ["attendant", "analyst", "conciliator", "inspector"])
async def test_all_staff_may_download(web: Web, city: City, settings: Settings, role: str) -> None:
    opened = await filed(city)
    await worked(city, settings)
    [letter] = await letters_of(city, opened.id)
    given = await web.get(city, f"/documentos/{letter.code}", actor=staff(role))
    assert given.status_code == 200
