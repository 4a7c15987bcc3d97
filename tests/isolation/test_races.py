"""Two at once, and time running out: one outcome, and it is the right one."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from procon.cases.commands import (
    Complaint,
    assign,
    expire_due,
    issue_cip,
    mark_answered,
    mark_rated,
    open_case,
    redirect_case,
)
from procon.cases.jobs import expire
from procon.cases.log import Verdict, verify_log
from procon.kernel.case_number import format_case_number
from procon.kernel.errors import Conflict
from procon.parties.commands import register_person, register_supplier
from support.cities import CPF, City, MovingClock, citizen, filed, staff, supplier


async def states(city: City) -> list[tuple[str, str]]:
    """(status, outcome) of every case, oldest first."""
    async with city.scope() as tx:
        rows = await tx.fetch("SELECT status, outcome FROM case_file ORDER BY number")
    return [tuple(row) for row in rows]


async def kinds(city: City) -> list[str]:
    """Every act in the city's log, in order."""
    async with city.scope() as tx:
        rows = await tx.fetch("SELECT payload::jsonb #>> '{event,kind}' FROM case_log ORDER BY id")
    return [row[0] for row in rows]


async def numbers(city: City) -> list[int]:
    """The running part of every case's number."""
    async with city.scope() as tx:
        rows = await tx.fetch("SELECT number FROM case_file ORDER BY number")
        year = tx.now.year
    wanted = {format_case_number(year, n): n for n in range(1, 50)}
    return [wanted[row[0]] for row in rows]


async def test_ten_clicks_at_once_open_one_case(city: City) -> None:
    ana = citizen()
    async with city.scope() as tx:
        person = await register_person(tx, cpf=CPF, name=ana.name, email="ana@example.com")
        shop = await register_supplier(tx, name="Loja", cnpj=None, email="loja@example.com")
    complaint = Complaint(subject="0403", narrative="Não entregaram.", wish="A geladeira.")

    async def click() -> tuple[str, bool]:
        async with city.scope() as tx:
            opened = await open_case(
                tx,
                actor=ana,
                complaint=complaint,
                person_id=person,
                supplier_id=shop,
                channel="online",
                idempotency_key="one-form",
            )
        return opened.number, opened.new

    found = await asyncio.gather(*(click() for _ in range(10)))
    assert len({number for number, _ in found}) == 1
    assert sorted(new for _, new in found) == [False] * 9 + [True]
    assert (await states(city), await kinds(city)) == ([("triage", "")], ["case_opened"])


async def test_the_same_key_in_another_city_is_another_case(cities: tuple[City, City]) -> None:
    assert [(await filed(each, key="one-form")).new for each in cities] == [True, True]


async def test_a_case_that_is_rolled_back_leaves_no_gap_in_the_numbers(city: City) -> None:
    await filed(city)
    ana = citizen()
    with pytest.raises(ZeroDivisionError):
        async with city.scope() as tx:
            row = await tx.fetchrow("SELECT person_id, supplier_id FROM case_file")
            await open_case(
                tx,
                actor=ana,
                complaint=Complaint(subject="0403", narrative="x", wish="x"),
                person_id=row[0],
                supplier_id=row[1],
                channel="online",
                idempotency_key="lost",
            )
            raise ZeroDivisionError
    await filed(city)
    assert await numbers(city) == [1, 2]


async def test_many_at_once_get_numbers_without_gap_or_double(city: City) -> None:
    await asyncio.gather(*(filed(city, key=f"k{n}") for n in range(12)))
    assert await numbers(city) == list(range(1, 13))


async def test_each_city_counts_for_itself(cities: tuple[City, City]) -> None:
    await filed(cities[0])
    await filed(cities[1])
    assert [await numbers(each) for each in cities] == [[1], [1]]


async def test_two_of_the_staff_decide_at_once_and_one_is_told(city: City) -> None:
    case = await filed(city)
    together = asyncio.Barrier(2)

    async def issue() -> str:
        async with city.scope() as tx:
            await together.wait()
            await issue_cip(tx, actor=staff("analyst"), case_id=case.id)
        return "issued"

    async def redirect() -> str:
        async with city.scope() as tx:
            await together.wait()
            await redirect_case(
                tx, actor=staff("analyst"), case_id=case.id, body="ANATEL", reason="Telefonia."
            )
        return "redirected"

    first, second = await asyncio.gather(issue(), redirect(), return_exceptions=True)
    won = [each for each in (first, second) if isinstance(each, str)]
    lost = [each for each in (first, second) if isinstance(each, Conflict)]
    assert (len(won), len(lost)) == (1, 1)
    status = {"issued": "cip_issued", "redirected": "redirected"}[won[0]]
    assert [state for state, _ in await states(city)] == [status]
    assert lost[0].code == f"case-is-at-{status}"
    assert len(await kinds(city)) == 2


async def test_two_take_one_case_at_once_and_one_is_told(city: City) -> None:
    case = await filed(city)
    together = asyncio.Barrier(2)

    async def take(name: str) -> str:
        me = staff("analyst", name=name)
        assert me.account_id is not None
        async with city.scope() as tx:
            await together.wait()
            await assign(tx, actor=me, case_id=case.id, to=me.account_id, to_name=name, seen=None)
        return name

    found = await asyncio.gather(take("Bia"), take("Caio"), return_exceptions=True)
    assert sorted(type(each).__name__ for each in found) == ["Conflict", "str"]
    async with city.scope() as tx:
        held = await tx.fetchval("SELECT assigned_name FROM case_file")
    assert [each for each in found if isinstance(each, str)] == [held]


async def test_acts_at_once_keep_the_log_whole(city: City) -> None:
    case = await filed(city)

    async def act() -> None:
        bia = staff("analyst", name="Bia")
        assert bia.account_id is not None
        async with city.scope() as tx:
            await assign(tx, actor=bia, case_id=case.id, to=bia.account_id, to_name="Bia")

    await asyncio.gather(*(act() for _ in range(8)))
    async with city.scope() as tx:
        assert await verify_log(tx, case.id) == Verdict(entries=9, broken_at=0)


async def answered(city: City) -> None:
    """A case whose CIP the supplier has answered in time."""
    case = await filed(city, key=uuid4().hex)
    async with city.scope() as tx:
        await issue_cip(tx, actor=staff("analyst"), case_id=case.id)
        await mark_answered(tx, actor=supplier(), case_id=case.id, sha256="0" * 64)


async def test_unrated_ends_without_a_verdict_and_never_as_solved(
    city: City, clock: MovingClock
) -> None:
    await answered(city)
    async with city.scope() as tx:
        due = await tx.fetchval("SELECT due_at FROM case_file")
    clock.shift = due - clock() + clock.shift
    await expire(city.db, city.tenant)
    assert await states(city) == [("answered", "")], "the last second belongs to the deadline"
    clock.forward(seconds=3)
    await expire(city.db, city.tenant)
    assert await states(city) == [("closed", "SEM_AVALIACAO")]
    assert (await kinds(city))[-1] == "rating_expired"


async def test_expiring_twice_or_by_two_workers_happens_once(
    city: City, clock: MovingClock
) -> None:
    for _ in range(5):
        await answered(city)
    clock.forward(days=365)
    await asyncio.gather(*(expire(city.db, city.tenant) for _ in range(2)))
    await expire(city.db, city.tenant)
    assert await states(city) == [("closed", "SEM_AVALIACAO")] * 5
    assert (await kinds(city)).count("rating_expired") == 5


async def test_no_answer_in_time_is_no_answer_until_it_comes(
    city: City, clock: MovingClock
) -> None:
    case = await filed(city)
    async with city.scope() as tx:
        await issue_cip(tx, actor=staff("analyst"), case_id=case.id)
    clock.forward(days=365)
    await expire(city.db, city.tenant)
    assert await states(city) == [("unanswered", "SEM_RESPOSTA")]
    async with city.scope() as tx:
        assert await expire_due(tx) == 0
        late = await mark_answered(tx, actor=supplier(), case_id=case.id, sha256="0" * 64)
    assert (late, await states(city)) == (True, [("answered", "")])


async def test_rating_and_expiry_at_once_leave_one_verdict(city: City, clock: MovingClock) -> None:
    await answered(city)
    async with city.scope() as tx:
        case_id = await tx.fetchval("SELECT id FROM case_file")
    clock.forward(days=365)

    async def rate() -> None:
        async with city.scope() as tx:
            await mark_rated(tx, actor=citizen(), case_id=case_id, solved=True, stars=5, why="")

    rated, _ = await asyncio.gather(rate(), expire(city.db, city.tenant), return_exceptions=True)
    outcome = "SEM_AVALIACAO" if isinstance(rated, Conflict) else "RESOLVIDA"
    assert await states(city) == [("closed", outcome)]
    last = {"SEM_AVALIACAO": "rating_expired", "RESOLVIDA": "answer_rated"}[outcome]
    assert (await kinds(city))[2:] == ["answer_submitted", last]
