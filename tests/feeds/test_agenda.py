"""The calendar feed: its secret address, and whose deadlines stand in it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from icalendar import Calendar

from companies.companies_support import MEMBER_CPF, invited
from lawyers.lawyers_support import file, issued, lawyer
from procon.auth.accounts.commands import sign_in
from procon.auth.actor import Actor
from procon.auth.oidc import Identity
from procon.cases.commands import Opened, assign, issue_cip
from procon.cases.moves import extend_deadline
from procon.cases.queries import detail_by_id
from procon.settings import Settings
from support.cities import CNPJ, CPF, CPF_OTHER, City, MovingClock, citizen, filed, staff, supplier
from support.web import Web

HERE = "/minha-conta/agenda"


async def account(
    city: City, kind: str, *, cpf: str | None = None, cnpj: str | None = None, role: str = ""
) -> Actor:
    """Somebody who has an account here, as the session knows them."""
    identity = Identity(
        iss="https://govbr.example",
        sub=uuid4().hex,
        name="Ana Souza",
        cpf=cpf,
        email="ana@example.com",
        email_verified=True,
        cnpj=cnpj,
    )
    roles = frozenset({role}) if role else frozenset[str]()
    async with city.scope() as tx:
        return (await sign_in(tx, identity=identity, kind=kind, roles=roles)).actor()  # type: ignore[arg-type]  # an AccountKind


async def with_cip(city: City, **more: Any) -> Opened:
    opened = await filed(city, **more)
    async with city.scope() as tx:
        await issue_cip(tx, actor=staff(), case_id=opened.id)
    return opened


async def made(web: Web, city: City, actor: Actor, key: str = "") -> str:
    """The path of a new feed."""
    answer = await web.post(city, HERE, {"_chave": key or uuid4().hex}, actor=actor)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    found = re.search(r'value="http://[^/"]+(/agenda/[A-Za-z0-9_-]{43}\.ics)"', answer.text)
    assert found
    return found[1]


async def entries(web: Web, city: City, path: str) -> list[Any]:
    """The feed as a calendar program reads it: nobody is signed in."""
    answer = await web.get(city, path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    return list(Calendar.from_ical(answer.text).walk("VEVENT"))


async def test_own_deadlines_and_nobody_elses(web: Web, city: City, other: City) -> None:
    mine = await with_cip(city, actor=citizen(CPF))
    await with_cip(city, actor=citizen(CPF_OTHER, "Outra Pessoa"))
    await with_cip(other, actor=citizen(CPF))
    person = await account(city, "citizen", cpf=CPF)
    path = await made(web, city, person)
    async with city.scope() as tx:
        case = await detail_by_id(tx, mine.id)
    assert case is not None
    assert case.deadline is not None
    [entry] = await entries(web, city, path)
    assert entry.decoded("dtstart") == case.deadline.due_day
    assert entry.decoded("dtend") == case.deadline.due_day + timedelta(days=1)
    assert entry["summary"] == f"Fim do prazo: Resposta da empresa à CIP ({mine.number})"
    assert f"/processos/{mine.number}" in entry["description"]
    assert entry["uid"].startswith(f"prazo-{mine.id}-cip_answer-")
    # The address is of this city only.
    assert (await web.get(other, path)).status_code == 404


async def test_a_moved_deadline_keeps_its_entry(web: Web, city: City) -> None:
    mine = await with_cip(city)
    path = await made(web, city, await account(city, "citizen", cpf=CPF))
    [before] = await entries(web, city, path)
    async with city.scope() as tx:
        case = await detail_by_id(tx, mine.id)
        assert case is not None
        assert case.deadline is not None
        later = msgspec.structs.replace(
            case.deadline,
            due_at=case.deadline.due_at + timedelta(days=1),
            due_day=case.deadline.due_day + timedelta(days=1),
        )
        await extend_deadline(tx, actor=staff(), case_id=mine.id, deadline=later, reason="Pedido.")
    [after] = await entries(web, city, path)
    assert after["uid"] == before["uid"]
    assert after["sequence"] > before["sequence"]
    assert after.decoded("dtstart") == later.due_day


async def test_each_kind_sees_its_own(web: Web, city: City) -> None:
    told = await with_cip(city)
    await filed(city)  # in triage: nothing runs
    elsewhere = await with_cip(city, cnpj="11444777000161", supplier_name="Outra Loja")
    company = await account(city, "supplier", cpf=CPF_OTHER, cnpj=CNPJ)
    [entry] = await entries(web, city, await made(web, city, company))
    assert f"/fornecedor/processos/{told.number}" in entry["description"]
    analyst = await account(city, "staff", cpf=CPF_OTHER, role="analyst")
    path = await made(web, city, analyst)
    assert await entries(web, city, path) == []
    assert analyst.account_id is not None
    async with city.scope() as tx:
        await assign(
            tx, actor=analyst, case_id=elsewhere.id, to=analyst.account_id, to_name="Ana Souza"
        )
    [entry] = await entries(web, city, path)
    assert f"/equipe/processos/{elsewhere.number}" in entry["description"]


async def test_the_address_is_shown_once_and_ends(web: Web, city: City) -> None:
    await with_cip(city)
    person = await account(city, "citizen", cpf=CPF)
    assert "Ligar a agenda" in (await web.get(city, HERE, actor=person)).text
    key = uuid4().hex
    path = await made(web, city, person, key)
    assert await made(web, city, person, key) == path  # one form sent twice
    shown = await web.get(city, HERE, actor=person)
    assert "A sua agenda está ligada desde" in shown.text
    assert path not in shown.text
    async with city.scope() as tx:
        rows = await tx.fetch("SELECT encode(token_hash, 'escape') FROM feed_token")
    assert len(rows) == 1
    assert path[8:51] not in rows[0][0]
    # Another one ends the first; ending ends all.
    second = await made(web, city, person)
    assert (await web.get(city, path)).status_code == 404
    assert (await web.get(city, second)).status_code == 200
    ended = await web.post(city, f"{HERE}/encerrar", {}, actor=person)
    assert ended.status_code == 303
    assert (await web.get(city, second)).status_code == 404
    stale = await web.post(city, HERE, {"_chave": key}, actor=person)
    assert stale.status_code == 409


async def test_a_disabled_account_has_no_feed(web: Web, city: City) -> None:
    person = await account(city, "citizen", cpf=CPF)
    path = await made(web, city, person)
    async with city.scope() as tx:
        await tx.execute("UPDATE account SET disabled_at = $1", tx.now)
    assert (await web.get(city, path)).status_code == 404


@pytest.mark.parametrize(
    "name", ["x.ics", "a" * 43, f"{'a' * 43}.ics", "%00.ics", f"{'é' * 43}.ics", "a" * 3_000]
)
async def test_unknown_addresses_are_not_there(web: Web, city: City, name: str) -> None:
    assert (await web.get(city, f"/agenda/{name}")).status_code == 404


async def test_who_came_by_a_code_has_no_account_to_hang_it_on(web: Web, city: City) -> None:
    opened = await with_cip(city)
    guest = supplier(case_id=opened.id)
    assert "entre com a sua conta" in (await web.get(city, HERE, actor=guest)).text
    refused = await web.post(city, HERE, {"_chave": uuid4().hex}, actor=guest)
    assert refused.status_code == 403
    assert (await web.get(city, HERE)).status_code == 303
    person = await account(city, "citizen", cpf=CPF)
    assert (await web.post(city, HERE, {"_chave": "\0"}, actor=person)).status_code == 409


async def test_text_cannot_add_lines_of_its_own(web: Web, city: City) -> None:
    await with_cip(city, cnpj=None, supplier_name="Loja; A, B\\n\r\nBEGIN:VEVENT")
    [entry] = await entries(
        web, city, await made(web, city, await account(city, "citizen", cpf=CPF))
    )
    assert "Loja; A, B" in entry["description"]


async def test_an_old_deadline_leaves_the_feed(web: Web, city: City, clock: MovingClock) -> None:
    await with_cip(city)
    path = await made(web, city, await account(city, "citizen", cpf=CPF))
    clock.forward(days=60)
    assert await entries(web, city, path) == []
    assert datetime.now(UTC) < clock()


async def test_a_member_has_a_feed_as_the_company_until_they_are_one_no_more(
    web: Web, city: City
) -> None:
    told = await with_cip(city)
    person = await account(city, "citizen", cpf=MEMBER_CPF)
    acting = msgspec.structs.replace(person, kind="supplier", roles=frozenset({"supplier"}))
    await invited(web, city, "answers")
    own = await made(web, city, person)
    path = await made(web, city, acting)
    assert await entries(web, city, own) == []  # as a consumer there is nothing
    [entry] = await entries(web, city, path)
    assert f"/fornecedor/processos/{told.number}" in entry["description"]
    async with city.scope() as tx:
        await tx.execute("UPDATE company_member SET removed_at = $1", tx.now)
    assert await entries(web, city, path) == []


async def test_a_lawyer_sees_the_clients_deadlines_while_the_mandate_lasts(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    await filed(city, actor=citizen(CPF_OTHER, "Outra Pessoa"))
    await issued(city, case, settings)
    advocate = await lawyer(city)
    sent = await file(web, city, advocate, case.number)
    assert sent.status_code == 303, sent.text
    me = await account(city, "citizen", cpf=advocate.cpf)
    path = await made(web, city, me)
    [entry] = await entries(web, city, path)
    assert f"/advogado/processos/{case.number}" in entry["description"]
    async with city.scope() as tx:
        await tx.execute("UPDATE lawyer SET status = 'refused'")
    assert await entries(web, city, path) == []
