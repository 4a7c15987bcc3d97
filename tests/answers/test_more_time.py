"""More time: asked once, before the end, granted inside the rule or refused."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from cases.cases_support import errors_of, events_of, issued, words
from procon.answers.more_time.queries import most_days
from procon.cases.queries import CaseDetail, detail_by_id
from procon.deadlines.compute import Deadline
from procon.settings import Settings
from support.cities import City, MovingClock, citizen, filed, staff, supplier
from support.web import Web

REASON = "O gerente da loja está de férias."


def company(number: str) -> str:
    return f"/fornecedor/processos/{number}/mais-prazo"


def office(number: str) -> str:
    return f"/equipe/processos/{number}/mais-prazo"


async def now(city: City, case: object) -> CaseDetail:
    async with city.scope() as tx:
        found = await detail_by_id(tx, case.id)  # type: ignore[attr-defined]  # Opened
    assert found is not None
    return found


async def running(city: City, case: object) -> Deadline:
    deadline = (await now(city, case)).deadline
    assert deadline is not None
    return deadline


def request_in(page: str) -> str:
    found = re.search(r'name="pedido" value="([0-9a-f-]{36})"', page)
    assert found, page
    return found.group(1)


async def test_granted_days_are_counted_on_the_citys_calendar_and_logged(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    before = await issued(city, case, settings)
    page = words((await web.get(city, company(case.number), actor=supplier())).text)
    assert f"A empresa pode pedir até {before.amount} dias a mais" in page
    form = {"dias": "5", "motivo": REASON}
    asked = await web.post(city, company(case.number), form, actor=supplier())
    assert asked.status_code == 303
    # Nothing has moved yet.
    assert (await running(city, case)).due_at == before.due_at
    seen = await web.get(city, office(case.number), actor=staff())
    assert REASON in words(seen.text)
    assert case.number in words((await web.get(city, "/equipe/mais-prazo", actor=staff())).text)
    decision = {"decisao": "conceder", "dias": "4", "pedido": request_in(seen.text)}
    done = await web.post(city, office(case.number), decision, actor=staff())
    assert (done.status_code, done.headers["Location"]) == (303, f"/equipe/processos/{case.number}")
    after = await running(city, case)
    assert (after.amount, after.start_at, after.rule_version) == (
        before.amount + 4,
        before.start_at,
        f"{before.rule_version}+4",
    )
    # Ten days that ended on a weekend had moved to Monday; fourteen are counted as fourteen.
    assert after.steps[-1].number == before.amount + 4 or not after.steps[-1].counted
    assert (after.due_at > before.due_at, (after.due_day - after.start_day).days >= 14) == (
        True,
        True,
    )
    assert await events_of(city, case) == [
        "case_opened",
        "cip_issued",
        "act_recorded",
        "act_recorded",
    ]
    twice = await web.post(city, office(case.number), decision, actor=staff())
    assert (twice.status_code, twice.headers["Location"]) == (303, office(case.number))
    assert (await running(city, case)).due_at == after.due_at


async def test_one_request_for_one_deadline(web: Web, city: City, settings: Settings) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    form = {"dias": "5", "motivo": REASON}
    for _ in range(2):
        sent = await web.post(city, company(case.number), form, actor=supplier())
        assert sent.status_code == 303
    page = words((await web.get(city, company(case.number), actor=supplier())).text)
    assert "A empresa já fez o pedido para este prazo." in page
    seen = await web.get(city, office(case.number), actor=staff())
    decision = {"decisao": "conceder", "dias": "5", "pedido": request_in(seen.text)}
    await web.post(city, office(case.number), decision, actor=staff())
    # The longer deadline is the same deadline.
    await web.post(city, company(case.number), form, actor=supplier())
    async with city.scope() as tx:
        assert await tx.fetchval("SELECT count(*) FROM more_time") == 1


async def test_refusing_needs_words_and_moves_nothing(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    before = await issued(city, case, settings)
    form = {"dias": "5", "motivo": REASON}
    await web.post(city, company(case.number), form, actor=supplier())
    seen = await web.get(city, office(case.number), actor=staff())
    decision = {"decisao": "recusar", "pedido": request_in(seen.text)}
    silent = await web.post(city, office(case.number), decision, actor=staff())
    assert (silent.status_code, [f for f, _ in errors_of(silent.text)]) == (422, ["resposta"])
    decision["resposta"] = "O consumidor está sem geladeira."
    assert (await web.post(city, office(case.number), decision, actor=staff())).status_code == 303
    assert (await running(city, case)).due_at == before.due_at
    page = words((await web.get(city, company(case.number), actor=supplier())).text)
    assert "Não concedido" in page
    assert "O consumidor está sem geladeira." in page


async def test_after_the_end_nobody_asks_and_nothing_is_granted(
    web: Web, city: City, settings: Settings, clock: MovingClock
) -> None:
    asked, silent = await filed(city), await filed(city)
    before = await issued(city, asked, settings)
    await issued(city, silent, settings)
    form = {"dias": "5", "motivo": REASON}
    await web.post(city, company(asked.number), form, actor=supplier())
    clock.shift += before.due_at - clock() + timedelta(seconds=2)
    late = await web.post(city, company(silent.number), form, actor=supplier())
    assert (late.status_code, late.headers["Location"]) == (303, company(silent.number))
    async with city.scope() as tx:
        assert await tx.fetchval("SELECT count(*) FROM more_time") == 1


@pytest.mark.parametrize(
    ("days", "reason", "fields"),
    [
        ("", REASON, ["dias"]),
        ("0", REASON, ["dias"]),
        ("-3", REASON, ["dias"]),
        ("999", REASON, ["dias"]),
        ("١", REASON, ["dias"]),
        ("5", "", ["motivo"]),
        ("5", "x" * 2001, ["motivo"]),
    ],
)
async def test_what_cannot_be_asked(
    web: Web, city: City, settings: Settings, *, days: str, reason: str, fields: list[str]
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    form = {"dias": days, "motivo": reason}
    page = await web.post(city, company(case.number), form, actor=supplier())
    assert (page.status_code, [field for field, _ in errors_of(page.text)]) == (422, fields)


async def test_the_staff_grant_no_more_than_was_asked(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    before = await issued(city, case, settings)
    form = {"dias": "2", "motivo": REASON}
    await web.post(city, company(case.number), form, actor=supplier())
    seen = await web.get(city, office(case.number), actor=staff())
    decision = {"decisao": "conceder", "dias": "3", "pedido": request_in(seen.text)}
    page = await web.post(city, office(case.number), decision, actor=staff())
    assert (page.status_code, [f for f, _ in errors_of(page.text)]) == (422, ["dias"])
    assert (await running(city, case)).due_at == before.due_at


async def test_others_neither_ask_nor_decide(
    web: Web, city: City, other: City, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    form = {"dias": "2", "motivo": REASON}
    for actor in (supplier("11444777000161"), citizen(), staff()):
        sent = await web.post(city, company(case.number), form, actor=actor)
        assert sent.status_code == 403
    assert (await web.post(other, company(case.number), form, actor=supplier())).status_code == 404
    for actor in (supplier(), citizen(), staff("attendant")):
        sent = await web.post(city, office(case.number), {}, actor=actor)
        assert sent.status_code == 403
    async with city.scope() as tx:
        assert await tx.fetchval("SELECT count(*) FROM more_time") == 0


async def test_only_the_companys_own_deadlines_can_be_longer(
    city: City, settings: Settings
) -> None:
    case = await filed(city)
    deadline = await issued(city, case, settings)
    assert most_days(deadline, "cip_issued") == min(deadline.amount, 30 - deadline.amount)
    assert most_days(deadline, "answered") == 0
    assert most_days(deadline, "notified") == 0
    assert most_days(None, "cip_issued") == 0
