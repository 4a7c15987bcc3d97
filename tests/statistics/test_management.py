"""The office's figures: exact, and each number is what its list holds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from procon.answers.commands import submit_answer
from procon.cases.commands import issue_cip, mark_rated
from support.cities import City, MovingClock, filed, staff, supplier
from support.planting import Seed, plant
from support.web import Web

CHIEF = staff("cityadmin", name="Vilma Rocha")
DAYS = timedelta(days=1)
ROW = re.compile(
    r'<th scope="row"[^>]*>([^<]+)</th><td[^>]*><a class="govuk-link" href="([^"]+)">(\d+)</a></td>'
)
TILE = re.compile(
    r'href="([^"]+)"><span class="pg-cartao__numero">(\d+)</span>'
    r' <span class="pg-cartao__rotulo">([^<]+)<'
)
LATE = re.compile(r'<td[^>]*><a class="govuk-link" href="([^"]+prazo_ate[^"]+)">(\d+)</a></td>')


def plain(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


async def listed(web: Web, city: City, href: str) -> int:
    """How many cases the staff's list shows at this address."""
    found = await web.get(city, unescape(href), actor=CHIEF)
    assert found.status_code == 200
    return len(set(re.findall(r'href="/equipe/processos/(P[0-9a-f]{12})"', found.text)))


async def a_backlog(city: City, clock: MovingClock, carla: UUID) -> None:
    zone = ZoneInfo(city.tenant.timezone)
    now = clock()
    noon = now.astimezone(zone).replace(hour=12, minute=0, second=0, microsecond=0)
    late, today = noon - DAYS, noon.replace(hour=23, minute=59, second=59)
    new = Seed(status="triage", outcome="", cip_round=0)

    def old(days: int, **more: object) -> Seed:
        return replace(new, at=noon - days * DAYS, **more)

    await plant(city, 3, old(0))
    await plant(city, 2, old(10, channel="post"))
    await plant(city, 4, old(11, status="cip_issued", due_at=late, assigned=(carla, "Carla Dias")))
    await plant(city, 1, old(30, status="cip_issued", due_at=today, assigned=(carla, "Carla Dias")))
    await plant(city, 5, old(31, status="for_decision", subject="0101"))
    await plant(city, 6, old(91, status="unsolved", due_at=late))
    await plant(city, 7, Seed(at=noon - 40 * DAYS, closed=30 * DAYS, solved=True))


async def test_every_number_is_what_its_list_holds(
    web: Web, city: City, other: City, clock: MovingClock
) -> None:
    await a_backlog(city, clock, uuid4())
    await plant(other, 9, Seed(status="triage", outcome="", at=clock()))
    html = (await web.get(city, "/gestao", actor=CHIEF)).text
    rows = {label: (int(count), href) for label, href, count in ROW.findall(html)}
    tiles = {label: (int(count), href) for href, count, label in TILE.findall(html)}
    assert {label: count for label, (count, _) in rows.items()} == {
        "Em análise no Procon": 5,
        "Aguardando a empresa": 5,
        "Pronto para decisão": 5,
        "Não resolvido, em análise no Procon": 6,
        "Até 10 dias": 5,
        "De 11 a 30 dias": 5,
        "De 31 a 90 dias": 5,
        "Mais de 90 dias": 6,
        "Carla Dias": 5,
        "Sem responsável": 16,
        "Pela internet": 19,
        "No atendimento presencial": 2,
        "Produtos": 16,
        "Assuntos financeiros": 5,
    }
    assert (tiles["Abertos"][0], tiles["Vencidos"][0]) == (21, 10)
    late = [int(count) for _, count in LATE.findall(html) if int(count)]
    assert sorted(late) == [4, 6]
    for label, (count, href) in (rows | tiles).items():
        assert (label, await listed(web, city, href)) == (label, count)
    for href, number in LATE.findall(html):
        assert await listed(web, city, href) == int(number)


async def test_time_by_stage_comes_from_the_log(web: Web, city: City, clock: MovingClock) -> None:
    """Through the product's own acts: 2 days of triage, 3 of waiting, 5 until the rating."""
    for _ in range(2):
        opened = await filed(city)
        clock.forward(days=2)
        async with city.scope() as tx:
            await issue_cip(tx, actor=staff("analyst"), case_id=opened.id)
        clock.forward(days=3)
        async with city.scope() as tx:
            await submit_answer(
                tx,
                actor=supplier(),
                case_id=opened.id,
                text="Enviamos.",
                idempotency_key=opened.id.hex,
            )
        clock.forward(days=5)
        async with city.scope() as tx:
            await mark_rated(
                tx, actor=CHIEF, case_id=opened.id, solved=True, stars=5, why="Chegou."
            )
    text = plain((await web.get(city, "/gestao", actor=CHIEF)).text)
    assert "Em análise no Procon 0 0 2,0 dias" in text
    assert "Aguardando a empresa 0 0 3,0 dias" in text
    assert "Respondido, falta a avaliação 0 0 5,0 dias" in text
    assert "Até o encerramento 10,0 dias (2 casos)" in text


async def test_paper_that_was_not_printed(web: Web, city: City, other: City) -> None:
    case = (await plant(city, 1, Seed()))[0]
    async with city.scope() as tx:
        for number in range(4):
            await tx.execute(
                "INSERT INTO letter (id, case_id, kind, code, case_number, sha256, content_sha256,"
                " size, data, template_version, created_at, created_by, title)"
                " VALUES ($1, $2, 'filing_receipt', $3, 'P', $5, $5, 1, '{}', 'x', $4, '', '')",
                uuid4(),
                case,
                f"CODE{number:08}",
                tx.now if number else datetime(2024, 5, 5, tzinfo=UTC),
                bytes(32),
            )
    text = plain((await web.get(city, "/gestao", actor=CHIEF)).text)
    assert "3 documentos emitidos em arquivo" in text
    assert "18 folhas a menos, ou R$ 4,50 ." in text
    elsewhere = plain((await web.get(other, "/gestao", actor=CHIEF)).text)
    assert "0 documentos emitidos em arquivo" in elsewhere


async def test_only_who_runs_the_office_sees_them(web: Web, city: City) -> None:
    assert (await web.get(city, "/gestao", actor=staff("analyst"))).status_code == 403
    assert (await web.get(city, "/gestao")).status_code == 303
    assert (await web.get(city, "/gestao", actor=staff("authority"))).status_code == 200
