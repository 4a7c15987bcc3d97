"""One document for many cases: confirmed by name, printed in pieces, joined in one file."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID, uuid4

import pikepdf
import pytest

from letters.documents_support import letters_of, opened, printed, squeezed, worked
from letters.letters_support import text_of
from procon.app import work_handlers
from procon.cases.log import entries
from procon.cases.queries import detail_by_id
from procon.evidence.storage import Store
from procon.jobs.outbox import drain
from procon.kernel.errors import Invalid, NotFound
from procon.letters.batch import jobs
from procon.letters.batch.commands import joined_key, merge_letters
from procon.letters.batch.queries import batch_by_id, progress_of
from procon.letters.wording.commands import change_wording
from procon.settings import Settings
from support.cities import City, citizen, filed, staff, supplier
from support.web import Web

PAGE = "/equipe/cartas/lotes"
ANALYST = staff("analyst", name="Bia Lima")
WORDS = "O atendimento muda de endereço em dezembro."


async def numbers_of(city: City, ids: list[UUID]) -> list[str]:
    async with city.scope() as tx:
        return [case.number for one in ids if (case := await detail_by_id(tx, one))]


async def merged(city: City, ids: list[UUID], **more: Any) -> UUID:
    fields = {"code": "OFI", "words": WORDS, "idempotency_key": uuid4().hex, **more}
    async with city.scope() as tx:
        return await merge_letters(tx, actor=ANALYST, case_ids=ids, **fields)


async def test_from_the_form_to_one_file_to_print(
    web: Web, city: City, other: City, settings: Settings
) -> None:
    ids = [(await filed(city)).id for _ in range(3)]
    numbers = await numbers_of(city, ids)
    form = {"_chave": str(uuid4()), "modelo": "OFI", "texto": WORDS}
    form["processos"] = f"{numbers[2]}, {numbers[0]}\n{numbers[1]} {numbers[0]}"
    asked = await web.post(city, PAGE, {**form, "acao": "conferir"}, actor=ANALYST)
    assert asked.status_code == 200
    assert "3 documentos" in asked.text
    assert asked.text.count("Ana Souza") == 3
    async with city.scope() as tx:
        assert await tx.fetchval("SELECT count(*) FROM letter_batch") == 0
    sent = await web.post(city, PAGE, {**form, "acao": "emitir"}, actor=ANALYST)
    again = await web.post(city, PAGE, {**form, "acao": "emitir"}, actor=ANALYST)
    place = sent.headers["location"]
    assert (sent.status_code, again.headers["location"]) == (303, place)
    waiting = await web.get(city, place, actor=ANALYST)
    assert "Emitimos 0 de 3." in waiting.text
    assert f'hx-get="{place}/andamento"' in waiting.text
    assert f'href="{place}">Atualizar</a>' in waiting.text
    assert (await web.get(city, f"{place}/pdf", actor=ANALYST)).status_code == 404
    await worked(city, settings)
    part = await web.get(city, f"{place}/andamento", actor=ANALYST)
    assert "Pronto: 3 documentos emitidos." in part.text
    assert "hx-get" not in part.text
    file = await web.get(city, f"{place}/pdf", actor=ANALYST)
    assert (file.status_code, f"/{city.slug}/letter_batches/" in file.headers["location"]) == (
        303,
        True,
    )
    whole = await Store(settings).get(joined_key(city.slug, UUID(place.rpartition("/")[2])))
    text = text_of(whole)
    places = [text.index(f"processo{number}") for number in (numbers[2], numbers[0], numbers[1])]
    assert places == sorted(places)
    assert (await web.get(other, place, actor=ANALYST)).status_code == 404


async def test_each_case_gets_its_own_letter_and_its_log_says_so(
    city: City, settings: Settings
) -> None:
    ids = [(await filed(city)).id for _ in range(3)]
    await merged(city, ids)
    await worked(city, settings)
    await worked(city, settings)
    letters = [(await letters_of(city, one, "OFI")) for one in ids]
    assert [len(one) for one in letters] == [1, 1, 1]
    assert [one[0].number for one in letters] == [1, 2, 3]
    text = await printed(settings, city, letters[1][0])
    for said in (WORDS, (await numbers_of(city, ids))[1], "Bia Lima"):
        assert squeezed(said) in text
    async with city.scope() as tx:
        log = await entries(tx, ids[1], internal=True)
    assert [e.act.event.topic for e in log if e.kind == "act_recorded"] == ["letter_issued"]  # type: ignore[union-attr]
    assert log[-1].act.actor == ANALYST.label


async def test_a_piece_that_is_tried_again_prints_the_same_letters(
    city: City, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [(await filed(city)).id for _ in range(3)]
    monkeypatch.setattr("procon.letters.batch.commands.CHUNK", 2)
    monkeypatch.setattr(jobs, "CHUNK", 2)
    kept = jobs.__dict__["_enter"]

    async def dies(*_: object) -> None:
        raise OSError("the worker died here")

    monkeypatch.setattr(jobs, "_enter", dies)
    batch_id = await merged(city, ids)
    handlers = work_handlers(settings)
    await drain(city.db, city.tenant, handlers)
    async with city.scope() as tx:
        assert (await progress_of(tx, batch_id)).waiting == 3
        given = await tx.fetch("SELECT number, code FROM letter_batch_item ORDER BY place")
        await tx.execute("UPDATE outbox SET available_at = $1 WHERE done_at IS NULL", tx.now)
    monkeypatch.setattr(jobs, "_enter", kept)
    await worked(city, settings)
    found = [(await letters_of(city, one, "OFI"))[0] for one in ids]
    assert [(one.number, one.code) for one in found] == [tuple(row) for row in given]
    assert [one.number for one in found] == [1, 2, 3]
    async with city.scope() as tx:
        batch = await batch_by_id(tx, batch_id)
    assert batch is not None
    assert batch.state == "ready"
    with pikepdf.open(
        io.BytesIO(await Store(settings).get(joined_key(city.slug, batch_id)))
    ) as pdf:
        assert len(pdf.pages) == 3


async def test_the_words_that_were_confirmed_are_printed(city: City, settings: Settings) -> None:
    case_id = await opened(city)
    await merged(city, [case_id])
    async with city.scope() as tx:
        await change_wording(tx, actor=ANALYST, code="OFI", title="Ofício", body="Depois.", seen=0)
    await worked(city, settings)
    [letter] = await letters_of(city, case_id, "OFI")
    assert letter.wording_version == 0
    assert "Depois." not in await printed(settings, city, letter)


async def test_a_letter_that_is_too_long_is_said_and_stops_no_other(
    web: Web, city: City, settings: Settings
) -> None:
    long, short = await filed(city), await filed(city)
    await worked(city, settings)
    async with city.scope() as tx:
        lines = "linha\n" * 4_000
        await tx.execute("UPDATE case_file SET narrative = $2 WHERE id = $1", long.id, lines)
        body = "{{processo.relato}}"
        await change_wording(tx, actor=ANALYST, code="OFI", title="Ofício", body=body, seen=0)
    batch_id = await merged(city, [long.id, short.id])
    await worked(city, settings)
    assert await letters_of(city, long.id, "OFI") == []
    assert len(await letters_of(city, short.id, "OFI")) == 1
    page = await web.get(city, f"{PAGE}/{batch_id}", actor=ANALYST)
    assert "Pronto: 1 documento emitido." in page.text
    assert long.number in page.text
    assert "O texto é longo demais para uma carta" in page.text


async def test_what_is_no_case_of_this_city_is_named(web: Web, city: City, other: City) -> None:
    elsewhere = (await numbers_of(other, [(await filed(other)).id]))[0]
    here = await filed(city)
    form = {"modelo": "", "processos": f"banana, {here.number}", "texto": WORDS}
    page = await web.post(city, PAGE, {**form, "acao": "emitir"}, actor=ANALYST)
    assert page.status_code == 422
    assert "Escolha o documento." in page.text
    assert "Não encontramos: banana." in page.text
    assert WORDS in page.text
    if elsewhere != here.number:
        form = {"modelo": "OFI", "processos": elsewhere, "acao": "emitir"}
        page = await web.post(city, PAGE, form, actor=ANALYST)
        assert f"Não encontramos: {elsewhere}." in page.text
    with pytest.raises(NotFound):
        await merged(city, [here.id, uuid4()])
    with pytest.raises(Invalid):
        await merged(city, [])
    with pytest.raises(Invalid):
        await merged(city, [here.id], code="NADA")


@pytest.mark.parametrize("actor", [citizen(), supplier(), staff("attendant")])
async def test_who_may_not_write_letters_sees_nothing(web: Web, city: City, actor: Any) -> None:
    for path in (PAGE, f"{PAGE}/{uuid4()}", f"{PAGE}/{uuid4()}/pdf"):
        assert (await web.get(city, path, actor=actor)).status_code == 403
    assert (await web.post(city, PAGE, {}, actor=actor)).status_code == 403


async def test_a_cases_page_leads_to_its_own_document(web: Web, city: City) -> None:
    number = (await filed(city)).number
    link = f"/equipe/cartas/lotes?processos={number}"
    assert link in (await web.get(city, f"/equipe/processos/{number}", actor=ANALYST)).text
    other_role = await web.get(city, f"/equipe/processos/{number}", actor=staff("conciliator"))
    assert link not in other_role.text
    form = await web.get(city, link, actor=ANALYST)
    assert number in form.text.split("<textarea", 1)[1].split("</textarea>", 1)[0]
