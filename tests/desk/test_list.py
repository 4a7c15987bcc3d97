"""The list of cases: filters, pages, saved filters, export."""

from __future__ import annotations

import csv
import io
import re

import pytest

from cases.cases_support import issued
from desk.desk_support import colleague, indexed, numbers, words
from procon.cases.commands import assign
from procon.desk.lists.commands import add_tag
from procon.desk.lists.export import csv_text, harmless
from procon.desk.lists.forms import Filter, parse_cursor, parse_query, query_of
from procon.desk.lists.queries import PAGE_SIZE, list_cases
from procon.settings import Settings
from support.cities import CPF_OTHER, City, citizen, filed, staff
from support.web import Web

LIST = "/equipe/processos"


async def test_each_filter_narrows(web: Web, city: City, other: City, settings: Settings) -> None:
    caio = await colleague(city)
    first = await filed(city, narrative="A geladeira não gela.")
    second = await filed(
        city,
        actor=citizen(CPF_OTHER, "José Dias"),
        supplier_name="Café Ideal",
        cnpj=None,
        narrative="O café veio velho.",
    )
    await filed(other)
    await issued(city, first, settings)
    async with city.scope() as tx:
        await assign(tx, actor=staff(), case_id=first.id, to=caio.account_id, to_name="Caio Reis")  # type: ignore[arg-type]  # a colleague has an account
        await add_tag(tx, actor=staff(), case_id=second.id, tag="urgente")
        now = tx.now
    await indexed(city)
    today, later = f"{now:%Y-%m-%d}", "2199-01-01"
    for query, hits in (
        ("", [first, second]),
        ("estado=triage", [second]),
        ("estado=triage&estado=cip_issued", [first, second]),
        (f"responsavel={caio.account_id}", [first]),
        ("responsavel=ninguem", [second]),
        ("responsavel=eu", []),
        ("assunto=PRO", [first, second]),
        ("assunto=FIN", []),
        ("empresa=cafe", [second]),
        ("empresa=11.222.333/0001-81", [first]),
        ("texto=velhos", [second]),
        ("etiqueta=urgente", [second]),
        ("canal=online", [first, second]),
        ("canal=post", []),
        ("posto=Centro", []),
        ("resultado=RESOLVIDA", []),
        (f"prazo_de={today}", [first]),
        (f"prazo_ate={today}", []),
        (f"aberto_de={later}", []),
        (f"aberto_ate={later}", [first, second]),
        ("ordem=aberto", [second, first]),
        ("ordem=mudanca", [first, second]),
        (
            f"estado=cip_issued&assunto=PRO&canal=online&empresa=loja&texto=gelar&prazo_de={today}",
            [first],
        ),
    ):
        found = await web.get(city, f"{LIST}?{query}", actor=staff())
        assert found.status_code == 200
        assert numbers(found.text) == [case.number for case in hits], query


@pytest.mark.parametrize(
    "query",
    [
        "estado=inventado&estado=%00",
        "prazo_de=2026-02-30",
        "aberto_de=99999-01-01",
        "responsavel=nao-e-uuid",
        "depois=lixo",
        "depois=%F0%9F%92%A9",
        "ordem=id;DROP",
        "texto=%26%20%7C!",
        "texto=%00",
        "empresa=%25",
    ],
)
async def test_a_query_that_cannot_be_read_asks_for_nothing_bad(
    web: Web, city: City, query: str
) -> None:
    await filed(city)
    found = await web.get(city, f"{LIST}?{query}", actor=staff())
    assert found.status_code == 200


async def test_each_condition_can_be_taken_away(web: Web, city: City) -> None:
    query = "estado=closed&estado=triage&responsavel=eu&prazo_de=2026-03-01"
    page = await web.get(city, f"{LIST}?{query}", actor=staff())
    read = words(page.text)
    for said in (
        "Situação: Em análise no Procon ×",
        "Responsável: Eu ×",
        "Prazo a partir de: 01/03/2026 ×",
    ):
        assert said in read
    for rest in (
        "estado=closed&amp;responsavel=eu&amp;prazo_de=2026-03-01",
        "estado=closed&amp;estado=triage&amp;prazo_de=2026-03-01",
        "estado=closed&amp;estado=triage&amp;responsavel=eu",
    ):
        assert f'href="{LIST}?{rest}"' in page.text


def test_a_filter_has_one_form() -> None:
    query = "texto=p%C3%A3o&estado=triage&estado=closed&prazo_de=2026-03-01&ordem=aberto&x=1"
    wanted = parse_query(query)
    assert query_of(wanted) == (
        "estado=closed&estado=triage&prazo_de=2026-03-01&texto=p%C3%A3o&ordem=aberto"
    )
    assert parse_query(query_of(wanted)) == wanted
    assert query_of(Filter()) == ""


async def test_pages_neither_repeat_nor_skip(web: Web, city: City, settings: Settings) -> None:
    cases = [await filed(city) for _ in range(7)]
    for case in cases[::2]:
        await issued(city, case, settings)
    for order in ("prazo", "aberto", "mudanca"):
        seen: list[str] = []
        after = None
        while True:
            async with city.scope() as tx:
                found = await list_cases(tx, Filter(ordem=order), me=None, after=after, limit=2)
            seen += [row.number for row in found.rows]
            after = found.next
            if after is None:
                break
        assert sorted(seen) == sorted(case.number for case in cases), order
        async with city.scope() as tx:
            whole = await list_cases(tx, Filter(ordem=order), me=None)
        assert seen == [row.number for row in whole.rows]


async def test_the_next_page_is_a_link(web: Web, city: City) -> None:
    made = [await filed(city) for _ in range(PAGE_SIZE + 3)]
    first = await web.get(city, f"{LIST}?ordem=aberto&canal=online", actor=staff())
    link = re.search(r'href="(/equipe/processos\?[^"]*depois=[^"]+)"', first.text)
    assert link is not None
    second = await web.get(city, link[1].replace("&amp;", "&"), actor=staff())
    shown = numbers(first.text) + numbers(second.text)
    assert shown == [case.number for case in reversed(made)]
    assert parse_cursor("") is None


async def test_saved_filters_are_tabs_of_their_owner_or_of_all(
    web: Web, city: City, other: City
) -> None:
    bia, davi = staff(name="Bia Lima"), staff("attendant", name="Davi Melo")
    for name, shared in (("Meus vencidos", ""), ("Mutirão", "sim")):
        saved = await web.post(
            city,
            f"{LIST}/filtros",
            {"nome": name, "filtro": "estado=triage&depois=x", "compartilhado": shared},
            actor=bia,
        )
        assert saved.headers["Location"] == f"{LIST}?estado=triage"
    hers = words((await web.get(city, f"{LIST}?estado=triage", actor=bia)).text)
    assert "Todos Meus vencidos Mutirão" in hers
    page = await web.get(city, LIST, actor=davi)
    assert "Meus vencidos" not in page.text
    assert "Mutirão de Bia Lima" in words(page.text)
    foreign = await web.get(other, LIST, actor=staff())
    assert "Mutirão" not in foreign.text
    shared_id = re.search(
        r"filtros/([0-9a-f-]{36})/apagar",
        (await web.get(city, LIST, actor=staff("cityadmin"))).text,
    )
    assert shared_id is not None
    path = f"{LIST}/filtros/{shared_id[1]}/apagar"
    assert (await web.post(city, path, actor=davi)).status_code == 403
    assert (await web.post(other, path, actor=staff())).status_code == 404
    assert (await web.post(city, path, actor=bia)).status_code == 303
    assert (await web.post(city, path, actor=bia)).status_code == 404


async def test_a_filter_needs_a_name_and_keeps_what_was_typed(web: Web, city: City) -> None:
    refused = await web.post(
        city, f"{LIST}/filtros", {"nome": "x" * 61, "filtro": "texto=a"}, actor=staff()
    )
    assert refused.status_code == 422
    assert "Use no máximo 60 caracteres." in words(refused.text)
    assert f'value="{"x" * 61}"' in refused.text


async def test_the_export_cannot_be_run_by_a_spreadsheet(web: Web, city: City, other: City) -> None:
    case = await filed(city, actor=citizen(name="=HYPERLINK(1)"), supplier_name='+A;"1"')
    await filed(other)
    found = await web.get(city, "/equipe/processos.csv?canal=online", actor=staff())
    assert found.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert found.headers["Cache-Control"] == "no-store"
    rows = list(csv.reader(io.StringIO(found.text.removeprefix("\ufeff")), delimiter=";"))
    assert len(rows) == 2
    assert rows[1][0] == case.number
    assert rows[1][3:5] == ["'=HYPERLINK(1)", '\'+A;"1"']


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@a", "\t=1", "\r1", " =1", "＝1"])
def test_formulas_become_text(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"
    assert csv_text(["a"], [["2026.000001-4"]]).splitlines()[1] == '"2026.000001-4"'


async def test_only_the_staff_sees_the_list(web: Web, city: City) -> None:
    for path in (LIST, "/equipe/processos.csv"):
        assert (await web.get(city, path, actor=citizen())).status_code == 403
