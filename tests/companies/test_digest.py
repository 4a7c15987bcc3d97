"""The summary: once for a day, only by day, only to who asked for it."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from cases.cases_support import issued
from companies.companies_support import MEMBER_CPF, OTHER_CPF, invited, member, messages
from procon.companies.jobs import digest
from procon.settings import Settings
from support.cities import City, MovingClock, citizen, filed
from support.web import Web

ADDRESS = f"{MEMBER_CPF}@empresa.example"


def move_to(city: City, clock: MovingClock, weekday: int, hour: int) -> None:
    """Forward to the next local day of the week at this hour."""
    zone = ZoneInfo(city.tenant.timezone)
    now = clock().astimezone(zone)
    day = now.date() + timedelta(days=(weekday - now.weekday()) % 7 or 7)
    clock.shift += datetime.combine(day, time(hour), zone) - now


async def summaries(city: City) -> list[tuple[str, str]]:
    return [(to, subject) for to, subject, _ in await messages(city) if "Resumo" in subject]


async def test_a_daily_summary_names_what_waits_once_a_day(
    web: Web, city: City, other: City, settings: Settings, clock: MovingClock
) -> None:
    await invited(web, city, "answers")
    await invited(web, city, "reads", cpf=OTHER_CPF)
    await web.post(city, "/fornecedor/avisos", {"frequencia": "daily"}, actor=member())
    move_to(city, clock, 1, 7)
    case, foreign = await filed(city), await filed(other, actor=citizen("11144477735", "Rita"))
    await issued(city, case, settings)
    await issued(other, foreign, settings)
    await digest(city.db, city.tenant, settings.url)
    assert await summaries(city) == []
    clock.forward(hours=2)
    for _ in range(2):
        await digest(city.db, city.tenant, settings.url)
    assert await summaries(city) == [(ADDRESS, "Resumo: 1 processo espera a empresa")]
    body = (await messages(city))[-1][2]
    assert f"- {case.number}, Ana Souza: responda até " in body
    assert "Rita" not in body
    clock.forward(days=1)
    await digest(city.db, city.tenant, settings.url)
    assert len(await summaries(city)) == 2
    await digest(other.db, other.tenant, settings.url)
    assert await summaries(other) == []


async def test_a_weekly_summary_comes_on_mondays_and_never_empty(
    web: Web, city: City, settings: Settings, clock: MovingClock
) -> None:
    await invited(web, city, "answers")
    await web.post(city, "/fornecedor/avisos", {"frequencia": "weekly"}, actor=member())
    move_to(city, clock, 0, 9)
    await digest(city.db, city.tenant, settings.url)
    assert await summaries(city) == []
    case = await filed(city)
    await issued(city, case, settings)
    move_to(city, clock, 4, 9)
    await digest(city.db, city.tenant, settings.url)
    assert await summaries(city) == []
    move_to(city, clock, 0, 9)
    await digest(city.db, city.tenant, settings.url)
    assert await summaries(city) == [(ADDRESS, "Resumo: 1 processo espera a empresa")]
