"""Representatives, several parties, who has looked, what time does; words of OAB numbers."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from uuid import uuid4

import pytest

from lawyers.lawyers_support import errors_of, file, issued, lawyer, mandate_id, path, person
from procon.auth.mandates.model import BadOab, Oab, parse_oab, power_for
from procon.auth.mandates.queries import parties_of, recipients_of
from procon.cases.access import (
    acting_powers,
    get_case_by_id,
    note_view,
    side_of,
)
from procon.cases.queries import detail_by_id
from procon.kernel.documents import complete_cnpj
from procon.kernel.errors import Forbidden
from procon.lawyers.jobs import watch_mandates
from procon.settings import Settings
from procon.tenancy.scope import Tx
from support.cities import CNPJ, CPF, City, MovingClock, citizen, filed, staff, supplier
from support.web import Web

SECOND_CNPJ = complete_cnpj("998877660001")


class Counting:
    """A transaction that counts its statements."""

    def __init__(self, tx: Tx) -> None:
        self._tx, self.count = tx, 0

    def __getattr__(self, name: str) -> object:
        if name in {"fetch", "fetchrow", "fetchval", "execute"}:
            self.count += 1
        return getattr(self._tx, name)


@pytest.mark.parametrize(
    ("text", "uf", "kind", "oab"),
    [
        ("123.456", "SP", "principal", Oab("SP", "123456")),
        ("OAB/SP 123456", "sp", "principal", Oab("SP", "123456")),
        ("012345-A", "MG", "suplementar", Oab("MG", "12345", "A")),
        ("98.765", "RJ", "estagiario", Oab("RJ", "98765", "E")),
        ("98765-e", "RJ", "estagiario", Oab("RJ", "98765", "E")),
        ("98765e", "RJ", "", Oab("RJ", "98765", "E")),
        ("１２３", "SP", "principal", Oab("SP", "123")),
    ],
)
def test_oab_numbers_as_people_write_them(text: str, uf: str, kind: str, oab: Oab) -> None:
    assert parse_oab(text, uf, kind) == oab


@pytest.mark.parametrize(
    ("text", "uf", "kind", "field"),
    [
        ("", "SP", "", "oab"),
        ("0", "SP", "", "oab"),
        ("12345678", "SP", "", "oab"),
        ("12-AB", "SP", "", "oab"),
        ("12", "", "", "uf"),
        ("12", "ZZ", "", "uf"),
        ("12-E", "SP", "principal", "oab"),
        ("12-A", "SP", "estagiario", "oab"),
        ("1\x00", "S\x00", "", "uf"),
    ],
)
def test_what_is_no_oab_number(text: str, uf: str, kind: str, field: str) -> None:
    with pytest.raises(BadOab) as caught:
        parse_oab(text, uf, kind)
    assert caught.value.field == field


def test_oab_numbers_are_shown_with_points() -> None:
    assert [str(Oab("SP", "1234567", "E")), str(Oab("AC", "7"))] == [
        "OAB/SP 1.234.567-E",
        "OAB/AC 7",
    ]


def test_special_acts_need_special_powers() -> None:
    acts = ("settle", "withdraw", "appeal", "fulfil", "file_defence", "add_statement")
    assert [power_for(act) for act in acts] == [
        "settle",
        "withdraw",
        "appeal",
        "receive_money",
        "file",
        "file",
    ]


async def test_who_stands_there_by_the_session_costs_no_query(
    city: City, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    me = await lawyer(city, 2001)
    async with city.scope() as tx:
        detail = await detail_by_id(tx, case.id)
        assert detail
        counts = []
        for actor in (citizen(), supplier(), staff(), me, person(9, "Nina")):
            counting = Counting(tx)
            await side_of(counting, actor=actor, case=detail)  # type: ignore[arg-type]
            counts.append(counting.count)
    assert counts == [0, 0, 0, 1, 1]


async def test_sides_and_powers(web: Web, city: City, settings: Settings) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    me = await lawyer(city, 2002)
    await file(web, city, me, case.number, powers=["settle"], side="supplier", document=CNPJ)
    async with city.scope() as tx:
        detail = await detail_by_id(tx, case.id)
        assert detail
        found = [
            (
                await side_of(tx, actor=actor, case=detail),
                len(await acting_powers(tx, actor=actor, case=detail)),
            )
            for actor in (staff(), citizen(), supplier(), me, person(9, "Nina"))
        ]
        powers = await acting_powers(tx, actor=me, case=detail)
    assert found == [("staff", 0), ("consumer", 7), ("supplier", 7), ("supplier", 1), ("", 0)]
    assert powers == {"settle"}


async def test_a_representative_sees_and_acts_for_the_consumer_until_it_ends(
    web: Web, city: City, other: City
) -> None:
    case, elsewhere = await filed(city), await filed(other)
    mother = person(11, "Dora Souza")
    page, base = f"/processos/{case.number}", f"/equipe/processos/{case.number}/partes"
    assert (await web.get(city, page, actor=mother)).status_code == 403
    shown = (await web.get(city, base, actor=staff("attendant"))).text
    consumer = re.findall(r'<option value="([0-9a-f-]{36})"', shown)[0]
    form = {
        "consumidor": consumer,
        "qualidade": "curador",
        "rep_nome": "Dora Souza",
        "rep_cpf": mother.cpf,
        "rep_email": "dora@example.com",
        "rep_documento": "Termo de curatela, 2ª Vara",
    }
    sent = await web.post(city, f"{base}/representante", form, actor=staff("attendant"))
    assert (sent.status_code, sent.headers["Location"]) == (303, base)
    assert (await web.get(city, page, actor=mother)).status_code == 200
    assert (await web.get(other, f"/processos/{elsewhere.number}", actor=mother)).status_code == 403
    async with city.scope() as tx:
        detail = await get_case_by_id(tx, actor=mother, case_id=case.id)
        assert await side_of(tx, actor=mother, case=detail) == "consumer"
        told = await recipients_of(tx, case=detail, side="consumer")
    assert [(one.email, one.role) for one in told] == [
        ("ana@example.com", "party"),
        ("dora@example.com", "representative"),
    ]
    twice = await web.post(city, f"{base}/representante", form, actor=staff("attendant"))
    assert twice.status_code == 303
    shown = (await web.get(city, base, actor=staff("attendant"))).text
    (entry,) = re.findall(r'name="representante" value="([^"]+)"', shown)
    ended = await web.post(
        city, f"{base}/representante/encerrar", {"representante": entry}, actor=staff("attendant")
    )
    assert ended.status_code == 303
    assert (await web.get(city, page, actor=mother)).status_code == 403


async def test_a_representatives_term_ends_by_itself(
    web: Web, city: City, clock: MovingClock
) -> None:
    case = await filed(city)
    base = f"/equipe/processos/{case.number}/partes"
    shown = (await web.get(city, base, actor=staff("attendant"))).text
    guardian, end = person(12, "Rui"), (clock() + timedelta(days=5)).date()
    form = {
        "consumidor": re.findall(r'<option value="([0-9a-f-]{36})"', shown)[0],
        "qualidade": "tutor",
        "rep_nome": "Rui",
        "rep_cpf": guardian.cpf,
        "rep_documento": "Termo de tutela",
        "validade_dia": end.day,
        "validade_mes": end.month,
        "validade_ano": end.year,
    }
    await web.post(city, f"{base}/representante", form, actor=staff("attendant"))
    page = f"/processos/{case.number}"
    assert (await web.get(city, page, actor=guardian)).status_code == 200
    clock.forward(days=6)
    assert (await web.get(city, page, actor=guardian)).status_code == 403


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ({}, {"consumidor", "qualidade", "rep_cpf", "rep_nome", "rep_documento"}),
        ({"rep_cpf": "1" * 11, "rep_email": "x"}, {"rep_email", "rep_cpf"}),
        ({"validade_dia": "31", "validade_mes": "2", "validade_ano": "2027"}, {"validade"}),
    ],
)
async def test_a_representative_that_cannot_be_says_which_fields(
    web: Web, city: City, form: dict[str, str], fields: set[str]
) -> None:
    case = await filed(city)
    base = f"/equipe/processos/{case.number}/partes"
    page = await web.post(city, f"{base}/representante", form, actor=staff("attendant"))
    assert page.status_code == 422
    assert fields <= {name for name, _ in errors_of(page.text)}


async def test_a_second_consumer_and_a_second_company_see_the_case(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    husband, company = person(13, "Beto Souza"), supplier(SECOND_CNPJ)
    base = f"/equipe/processos/{case.number}/partes"
    for act, form in (
        (
            "consumidor",
            {
                "pessoa_papel": "autor",
                "pessoa_documento": husband.cpf,
                "pessoa_nome": "Beto Souza",
                "pessoa_email": "beto@example.com",
            },
        ),
        (
            "empresa",
            {
                "empresa_papel": "corresponsavel",
                "empresa_documento": SECOND_CNPJ,
                "empresa_nome": "Fabricante S.A.",
                "empresa_email": "juridico@fabricante.example",
            },
        ),
    ):
        sent = await web.post(city, f"{base}/{act}", form, actor=staff("analyst"))
        assert (sent.status_code, sent.headers["Location"]) == (303, base)
        again = await web.post(city, f"{base}/{act}", form, actor=staff("analyst"))
        assert again.status_code == 303
    async with city.scope() as tx:
        detail = await detail_by_id(tx, case.id)
        assert detail
        parties = await parties_of(tx, detail)
        assert [(one.side, one.name, one.role) for one in parties] == [
            ("consumer", "Ana Souza", ""),
            ("supplier", "Loja Exemplo", ""),
            ("consumer", "Beto Souza", "autor"),
            ("supplier", "Fabricante S.A.", "corresponsavel"),
        ]
        sides = [await side_of(tx, actor=one, case=detail) for one in (husband, company)]
        told = await recipients_of(tx, case=detail, side="supplier")
    assert sides == ["consumer", "supplier"]
    assert [one.email for one in told] == ["juridico@fabricante.example", "juridico@loja.example"]
    assert (await web.get(city, f"/processos/{case.number}", actor=husband)).status_code == 200
    assert (
        await web.get(city, f"/fornecedor/processos/{case.number}", actor=company)
    ).status_code == 200
    mine = (await web.get(city, "/minha-conta", actor=husband)).text
    assert case.number in mine
    # A lawyer of the second company stands on its side too.
    me = await lawyer(city, 2003)
    filed_for = await file(
        web, city, me, case.number, side="supplier", document=SECOND_CNPJ, scope="todos"
    )
    assert filed_for.status_code == 303
    assert case.number in (await web.get(city, "/advogado", actor=me)).text
    shown = (await web.get(city, base, actor=staff("analyst"))).text
    for entry in re.findall(r'name="parte" value="([^"]+)"', shown):
        await web.post(city, f"{base}/remover", {"parte": entry}, actor=staff("analyst"))
    for actor, address in (
        (husband, f"/processos/{case.number}"),
        (company, f"/fornecedor/processos/{case.number}"),
        (me, path(case.number)),
    ):
        assert (await web.get(city, address, actor=actor)).status_code == 403


async def test_only_the_staff_changes_parties(web: Web, city: City, other: City) -> None:
    case = await filed(city)
    base = f"/equipe/processos/{case.number}/partes"
    form = {"pessoa_papel": "autor", "pessoa_documento": CPF, "pessoa_nome": "X"}
    assert (await web.post(city, f"{base}/consumidor", form, actor=citizen())).status_code == 403
    conciliator = staff("conciliator")
    assert (await web.post(city, f"{base}/consumidor", form, actor=conciliator)).status_code == 403
    assert (await web.get(city, base, actor=conciliator)).status_code == 200
    assert (await web.get(other, base, actor=staff("analyst"))).status_code == 404
    own = await web.post(city, f"{base}/consumidor", form, actor=staff("analyst"))
    assert own.status_code == 303  # "Já é parte deste processo."
    async with city.scope() as tx:
        assert await tx.fetchval("SELECT count(*) FROM case_party") == 0


async def test_who_looked_is_kept_once_an_hour_and_shown_in_plain_words(
    web: Web, city: City, other: City, clock: MovingClock
) -> None:
    case = await filed(city)
    me = await lawyer(city, 2004)
    await file(web, city, me, case.number)
    for _ in range(3):
        await web.get(city, path(case.number), actor=me)
    analyst = staff("analyst", name="Bia Lima")
    async with city.scope() as tx:
        detail = await detail_by_id(tx, case.id)
        assert detail
        for _ in range(2):
            await note_view(tx, actor=analyst, case=detail, side="staff")
        await note_view(tx, actor=person(15, "Curioso"), case=detail)
    page = await web.get(city, f"/processos/{case.number}/acessos", actor=citizen())
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))
    assert "Otávio Brandão Consumidor: por procuração, OAB/SP 2.004" in text
    assert "Bia Lima Equipe do Procon: análise" in text
    assert "Curioso" not in text
    async with city.scope() as tx:
        rows = await tx.fetch("SELECT name FROM case_view ORDER BY name")
    assert [row["name"] for row in rows] == ["Ana Souza", "Bia Lima", "Otávio Brandão"]
    clock.forward(hours=1)
    await web.get(city, path(case.number), actor=me)
    async with city.scope() as tx:
        assert await tx.fetchval("SELECT count(*) FROM case_view") == 4
    for actor in (me, analyst):
        seen = await web.get(city, f"/processos/{case.number}/acessos", actor=actor)
        assert seen.status_code == 200
    stranger = await web.get(city, f"/processos/{case.number}/acessos", actor=person(16, "Zé"))
    assert stranger.status_code == 403
    away = await web.get(other, f"/processos/{case.number}/acessos", actor=citizen())
    assert away.status_code == 404


async def test_views_are_never_changed(city: City) -> None:
    case = await filed(city)
    async with city.scope() as tx:
        detail = await detail_by_id(tx, case.id)
        assert detail
        await note_view(tx, actor=citizen(), case=detail)
    for statement in ("UPDATE case_view SET name = 'x'", "DELETE FROM case_view"):
        with pytest.raises(Exception, match="permission denied"):
            async with city.scope() as tx:
                await tx.execute(statement)


async def test_the_end_is_announced_twice_and_told_in_the_case(
    web: Web, city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await filed(city)
    me = await lawyer(city, 2005)
    end = (clock() + timedelta(days=30)).date()
    validity = {"validade_dia": end.day, "validade_mes": end.month, "validade_ano": end.year}
    await file(web, city, me, case.number, **validity)

    async def told() -> list[str]:
        for _ in range(2):
            await watch_mandates(city.db, city.tenant, settings.url)
        async with city.scope() as tx:
            rows = await tx.fetch(
                "SELECT recipient FROM message WHERE effect_key LIKE 'mandate/%' ORDER BY recipient"
            )
        return [row["recipient"] for row in rows]

    assert await told() == []
    clock.forward(days=16)
    both = ["ana@example.com", me.email]
    assert await told() == both
    clock.forward(days=5)
    assert await told() == both
    clock.forward(days=7)
    assert await told() == sorted(both * 2)  # type: ignore[type-var]
    clock.forward(days=4)
    assert await told() == sorted(both * 2)  # type: ignore[type-var]
    async with city.scope() as tx:
        row = await tx.fetchrow("SELECT end_kind, ended_at = expires_at AS same FROM mandate")
    assert (row["end_kind"], row["same"]) == ("expiry", True)
    log = (await web.get(city, f"/processos/{case.number}", actor=citizen())).text
    assert log.count("chegou ao fim da validade") == 1


async def test_notices_of_a_side_reach_its_lawyers_with_that_power(web: Web, city: City) -> None:
    case = await filed(city)
    told, untold = await lawyer(city, 2006), await lawyer(city, 2007, name="Lia")
    await file(web, city, told, case.number)
    await file(web, city, untold, case.number, powers=["file"])
    async with city.scope() as tx:
        detail = await detail_by_id(tx, case.id)
        assert detail
        found = await recipients_of(tx, case=detail, side="consumer")
    assert [(one.email, one.role) for one in found] == [
        ("ana@example.com", "party"),
        (told.email, "lawyer"),
    ]


async def test_two_forms_at_once_are_one_mandate(web: Web, city: City) -> None:
    case = await filed(city)
    await lawyer(city, 2008)
    form = {
        "_chave": uuid4().hex,
        "uf": "SP",
        "oab": "2008",
        "processo": case.number,
        "poderes": ["file"],
    }
    ana = citizen()
    answers = await asyncio.gather(
        *(web.post(city, "/minha-conta/representantes", form, actor=ana) for _ in range(5))
    )
    assert {one.status_code for one in answers} <= {303, 422}
    async with city.scope() as tx:
        assert await tx.fetchval("SELECT count(*) FROM mandate") == 1
        kinds = await tx.fetch(
            "SELECT count(*) FROM case_log WHERE payload LIKE '%mandate_granted%'"
        )
    assert kinds[0][0] == 1


async def test_a_mandate_never_opens_another_citys_case(web: Web, city: City, other: City) -> None:
    case, elsewhere = await filed(city), await filed(other)
    me = await lawyer(city, 2009)
    await file(web, city, me, case.number, scope="todos")
    async with other.scope() as tx:
        with pytest.raises(Forbidden):
            await get_case_by_id(tx, actor=me, case_id=elsewhere.id)
    given = await mandate_id(city, me)
    for address, actor in (
        (f"/minha-conta/representantes/{given}/revogar", citizen()),
        (f"/advogado/procuracoes/{given}/renunciar", await lawyer(other, 2009)),
    ):
        assert (await web.post(other, address, actor=actor)).status_code == 404
    own = (await web.get(city, "/advogado/procuracoes", actor=me)).text
    assert "Ana Souza" in own
