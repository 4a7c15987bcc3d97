"""The hearing while it is held: presence, clauses, acceptance, the end."""

from __future__ import annotations

import asyncio
import re
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from hearings.hearings_support import (
    ANALYST,
    CONCILIATOR,
    begin,
    booked,
    choices,
    errors_of,
    hearing,
    notice_of,
    status_of,
    words,
)
from notices.notices_support import Inbox
from procon.auth.actor import Actor
from procon.hearings.live.commands import minutes_digest
from procon.hearings.live.stream import changes
from procon.hearings.queries import clauses_of, parties_of, verdicts_of
from support.cities import CPF_OTHER, City, MovingClock, citizen, staff, supplier
from support.web import Web

CONSUMER = citizen()
COMPANY = supplier()
PAYS = "A empresa devolverá R$ 300,00 ao consumidor, em 3 parcelas, por Pix."
ENDS = "Cumprido o acordo, nada mais há a pedir."


class Table:
    """One hearing as its conciliator and its parties use it over HTTP."""

    def __init__(self, web: Web, city: City, hearing_id: UUID) -> None:
        self.web, self.city, self.id = web, city, hearing_id
        self.desk = f"/equipe/audiencias/{hearing_id}"
        self.own = f"/audiencias/{hearing_id}"

    async def came(self, side: str, name: str) -> None:
        form = {"parte": side, "nome": name, "papel": "consumidor", "documento": "RG"}
        answer = await self.web.post(self.city, f"{self.desk}/presenca", form, actor=CONCILIATOR)
        assert answer.status_code == 303

    async def write(self, text: str) -> UUID:
        form = {"texto": text}
        answer = await self.web.post(self.city, f"{self.desk}/clausulas", form, actor=CONCILIATOR)
        assert answer.status_code == 303
        async with self.city.scope() as tx:
            return (await clauses_of(tx, self.id))[-1].id

    async def accept(self, actor: Actor, clause: UUID, version: int = 1) -> str:
        path = f"{self.own}/clausulas/{clause}/aceitar"
        answer = await self.web.post(self.city, path, {"versao": str(version)}, actor=actor)
        assert answer.status_code == 303
        return answer.headers["set-cookie"]

    async def object(self, actor: Actor, clause: UUID, why: str) -> int:
        path = f"{self.own}/clausulas/{clause}/objetar"
        form = {"versao": "1", "motivo": why}
        return (await self.web.post(self.city, path, form, actor=actor)).status_code

    async def digest(self) -> str:
        async with self.city.scope() as tx:
            return minutes_digest(self.id, await clauses_of(tx, self.id))

    async def aloud(self, side: str) -> None:
        form = {"parte": side, "termo": await self.digest()}
        answer = await self.web.post(self.city, f"{self.desk}/aceite", form, actor=CONCILIATOR)
        assert answer.status_code == 303

    async def close(self, result: str, **more: str) -> tuple[int, str, str]:
        form = {"resultado": result, **more}
        answer = await self.web.post(self.city, f"{self.desk}/encerrar", form, actor=CONCILIATOR)
        return answer.status_code, notice_of(answer.text), answer.text


@pytest.fixture
async def table(web: Web, city: City, clock: MovingClock) -> Table:
    """A hearing that begins now."""
    _, hearing_id = await booked(city)
    await begin(city, clock, hearing_id)
    return Table(web, city, hearing_id)


async def case_of(city: City, hearing_id: UUID) -> UUID:
    return (await hearing(city, hearing_id)).case_id


def days_after(clock: MovingClock, city: City, *days: int) -> list[date]:
    today = clock().astimezone(ZoneInfo(city.tenant.timezone)).date()
    return [today + timedelta(days=n) for n in days]


async def test_both_sides_read_each_sentence_and_answer_it(table: Table, city: City) -> None:
    web = table.web
    await table.came("consumer", "Ana Souza")
    clause = await table.write(PAYS)
    for actor in (CONSUMER, COMPANY):
        text = words((await web.get(city, f"{table.own}/ao-vivo", actor=actor)).text)
        assert PAYS in text
        assert "Consumidor: ainda não respondeu" in text
        assert "Ana Souza (Consumidor, documento: RG)" in text
        assert "Ainda não chegou: empresa." in text
    await table.accept(CONSUMER, clause)
    assert await table.object(COMPANY, clause, "São 5 parcelas.") == 303
    text = words((await web.get(city, table.desk, actor=CONCILIATOR)).text)
    assert "Consumidor: aceita Empresa: não aceita “São 5 parcelas.”" in text


async def test_a_changed_sentence_has_to_be_answered_again(table: Table, city: City) -> None:
    clause = await table.write(PAYS)
    await table.accept(CONSUMER, clause)
    path = f"{table.desk}/clausulas/{clause}"
    form = {"versao": "1", "texto": PAYS.replace("3 parcelas", "5 parcelas")}
    done = await table.web.post(city, path, form, actor=CONCILIATOR)
    assert done.status_code == 303
    stale = await table.web.post(city, path, form, actor=CONCILIATOR)
    assert (stale.status_code, notice_of(stale.text)) == (
        409,
        "Esta cláusula mudou enquanto você lia. Veja abaixo como ela está agora.",
    )
    # An answer to the former text says so too, and counts for nothing.
    await table.accept(COMPANY, clause, version=1)
    text = words((await table.web.get(city, table.own, actor=COMPANY)).text)
    assert "Consumidor: ainda não respondeu Empresa: ainda não respondeu" in text
    async with city.scope() as tx:
        assert [one.side for one in await verdicts_of(tx, table.id)] == ["consumer"]


async def test_a_ready_made_clause_needs_its_blanks_filled(table: Table, city: City) -> None:
    page = await table.web.get(city, f"{table.desk}?modelo=devolver", actor=CONCILIATOR)
    assert "A empresa devolverá ao consumidor R$ ___" in page.text
    form = {"texto": "A empresa devolverá R$ ___."}
    refused = await table.web.post(city, f"{table.desk}/clausulas", form, actor=CONCILIATOR)
    assert refused.status_code == 422
    assert errors_of(refused.text) == [("texto", "Ainda há um espaço ___ para preencher.")]
    assert "A empresa devolverá R$ ___." in refused.text


async def test_a_party_says_by_itself_that_it_is_here(table: Table, city: City) -> None:
    await table.web.post(city, f"{table.own}/presenca", actor=COMPANY)
    await table.web.post(city, f"{table.own}/presenca", actor=COMPANY)
    async with city.scope() as tx:
        [came] = await parties_of(tx, table.id)
    assert (came.side, came.name) == ("supplier", "Loja Exemplo")
    path = f"{table.desk}/presenca/{came.id}/retirar"
    assert (await table.web.post(city, path, actor=CONCILIATOR)).status_code == 303
    assert (await table.web.post(city, path, actor=CONCILIATOR)).status_code == 404


async def test_nothing_is_written_long_before_the_hearing(web: Web, city: City) -> None:
    _, hearing_id = await booked(city)
    table = Table(web, city, hearing_id)
    form = {"texto": PAYS}
    early = await web.post(city, f"{table.desk}/clausulas", form, actor=CONCILIATOR)
    assert (early.status_code, notice_of(early.text)) == (
        409,
        "A audiência ainda não começou. A página abre uma hora antes.",
    )


async def test_only_who_belongs_to_the_hearing_sees_or_does_anything(
    table: Table, city: City, other: City
) -> None:
    clause = await table.write(PAYS)
    web, stranger = table.web, citizen(CPF_OTHER, "Rui Alves")
    for path in (
        table.own,
        f"{table.own}/ao-vivo",
        f"{table.own}/fluxo",
        f"{table.own}/sala",
        f"{table.own}/convite.ics",
        f"{table.own}/aceitar",
        f"{table.own}/clausulas/{clause}/objetar",
    ):
        assert (await web.get(city, path, actor=stranger)).status_code == 403, path
        assert (await web.get(city, path, actor=supplier("44555666000181"))).status_code == 403
        assert (await web.get(other, path, actor=CONSUMER)).status_code == 404, path
        unknown = path.replace(str(table.id), str(UUID(int=7)))
        assert (await web.get(city, unknown, actor=CONSUMER)).status_code == 404, path
    for act in ("presenca", "codigo", "aceitar", f"clausulas/{clause}/aceitar"):
        path = f"{table.own}/{act}"
        assert (await web.post(city, path, actor=stranger)).status_code == 403, path
        assert (await web.post(other, path, actor=CONSUMER)).status_code == 404, path
    # The staff of another city, and staff who do not conduct hearings.
    assert (await web.get(other, table.desk, actor=CONCILIATOR)).status_code == 404
    form = {"texto": ENDS}
    for actor, status in ((staff("attendant"), 403), (CONCILIATOR, 404)):
        where = city if status == 403 else other
        answer = await web.post(where, f"{table.desk}/clausulas", form, actor=actor)
        assert answer.status_code == status
    # The conciliator cannot speak as a party.
    answer = await web.post(city, f"{table.own}/presenca", actor=CONCILIATOR)
    assert answer.status_code == 403
    async with city.scope() as tx:
        assert [one.text for one in await clauses_of(tx, table.id)] == [PAYS]
        assert await verdicts_of(tx, table.id) == []


async def test_minutes_are_accepted_with_a_code_from_the_mail(
    table: Table, city: City, inbox: Inbox
) -> None:
    web = table.web
    await table.write(PAYS)
    digest = await table.digest()
    async with await web.client(city, CONSUMER) as browser:
        sent = await browser.post(f"{table.own}/codigo")
        assert sent.headers["Location"] == f"{table.own}/aceitar?enviado=sim"
        page = await browser.get(sent.headers["Location"])
        assert "a•••@example.com" in page.text
        [mail] = [m for m in inbox.mails() if "aceitar o termo" in str(m["Subject"])]
        found = re.search(r"^ {4}(\d{6})\s*$", mail.get_content(), re.MULTILINE)
        assert found
        wrong = f"{(int(found[1]) + 1) % 1_000_000:06d}"
        no = await browser.post(f"{table.own}/aceitar", data={"termo": digest, "codigo": wrong})
        assert (no.status_code, notice_of(no.text)) == (
            409,
            "Este código não confere. Veja no e-mail e digite de novo.",
        )
        other_text = {"termo": "0" * 64, "codigo": found[1]}
        moved = await browser.post(f"{table.own}/aceitar", data=other_text)
        assert notice_of(moved.text) == (
            "O termo mudou enquanto você lia. Leia de novo antes de aceitar."
        )
        # The company's browser cannot use the consumer's code.
        async with await web.client(city, COMPANY) as company:
            form = {"termo": digest, "codigo": found[1]}
            foreign = await company.post(f"{table.own}/aceitar", data=form)
            assert foreign.status_code == 409
        form = {"termo": digest, "codigo": found[1]}
        done = await browser.post(f"{table.own}/aceitar", data=form)
        assert (done.status_code, done.headers["Location"]) == (303, table.own)
    async with city.scope() as tx:
        [given] = await verdicts_of(tx, table.id)
    assert (given.side, given.verdict, given.method, given.digest, given.clause_id) == (
        "consumer",
        "accepts",
        "code",
        digest,
        None,
    )


async def test_an_objection_and_a_missing_acceptance_block_the_agreement(
    table: Table, city: City, clock: MovingClock
) -> None:
    first, *_ = days_after(clock, city, 30)
    agreement = {"total": "300,00", "parcelas": f"{first:%d/%m/%Y}; 300,00; Pix"}
    nobody = await table.close("agreement", **agreement)
    assert nobody[:2] == (
        409,
        "Ninguém do consumidor está na lista de presença. Marque quem veio, ou registre a"
        " ausência.",
    )
    await table.came("consumer", "Ana Souza")
    await table.came("supplier", "Edu Reis")
    empty = await table.close("agreement", **agreement)
    assert empty[:2] == (409, "Escreva as cláusulas do acordo antes de encerrar.")
    clause = await table.write(PAYS)
    assert await table.object(COMPANY, clause, "São 5 parcelas.") == 303
    objected = await table.close("agreement", **agreement)
    assert objected[:2] == (
        409,
        "Há objeção da empresa a uma cláusula. Mude a cláusula, retire-a, ou encerre sem acordo.",
    )
    assert "300,00; Pix" in objected[2]
    # The company cannot accept the whole either while it objects to a part.
    form = {"parte": "supplier", "termo": await table.digest()}
    aloud = await table.web.post(city, f"{table.desk}/aceite", form, actor=CONCILIATOR)
    assert aloud.status_code == 409
    await table.accept(COMPANY, clause)
    await table.aloud("supplier")
    half = await table.close("agreement", **agreement)
    assert half[:2] == (409, "Falta o aceite do termo da parte do consumidor.")
    await table.aloud("consumer")
    # A sentence more, and what was accepted is another text.
    await table.write(ENDS)
    more = await table.close("agreement", **agreement)
    assert more[:2] == (
        409,
        "Falta o aceite do termo da parte do consumidor e da empresa.",
    )
    assert await status_of(city, await case_of(city, table.id)) == ("hearing_set", "")


async def test_an_agreement_in_three_instalments_is_recorded(
    table: Table, city: City, clock: MovingClock
) -> None:
    await table.came("consumer", "Ana Souza")
    await table.came("supplier", "Edu Reis")
    await table.write(PAYS)
    await table.aloud("consumer")
    await table.aloud("supplier")
    lines = [f"{day:%d/%m/%Y}; 100,00; Pix" for day in days_after(clock, city, 30, 60, 90)]
    short = await table.close("agreement", total="300,01", parcelas="\n".join(lines))
    assert short[0] == 422
    assert errors_of(short[2]) == [
        (
            "parcelas",
            "As parcelas somam R$\u00a0300,00, mas o valor total é R$\u00a0300,01. Corrija um"
            " dos dois.",
        )
    ]
    assert (await hearing(city, table.id)).status == "set"
    no_day = await table.close("agreement", total="100", parcelas="29/02/2027; 100,00; Pix")
    assert errors_of(no_day[2]) == [
        ("parcelas", "Linha 1: O dia 29/02/2027 não existe. Confira a data.")
    ]
    done = await table.close("agreement", total="300,00", parcelas="\n".join(lines))
    assert done[0] == 303
    case_id = await case_of(city, table.id)
    assert await status_of(city, case_id) == ("agreed", "ACORDO")
    async with city.scope() as tx:
        rows = await tx.fetch(
            "SELECT i.due_on, i.amount, i.what FROM agreement a JOIN agreement_instalment i"
            " ON i.agreement_id = a.id WHERE a.case_id = $1 ORDER BY i.n",
            case_id,
        )
    assert [tuple(row) for row in rows] == [
        (day, Decimal("100.00"), "Pix") for day in days_after(clock, city, 30, 60, 90)
    ]
    again = await table.close("agreement", total="300,00", parcelas="\n".join(lines))
    assert again[:2] == (409, "Esta audiência já foi encerrada.")
    late = await table.web.post(city, f"{table.desk}/clausulas", {"texto": ENDS}, actor=CONCILIATOR)
    assert late.status_code == 409


async def test_the_total_is_divided_into_equal_months(
    table: Table, city: City, clock: MovingClock
) -> None:
    await table.came("consumer", "Ana Souza")
    await table.came("supplier", "Edu Reis")
    await table.write(PAYS)
    await table.aloud("consumer")
    await table.aloud("supplier")
    [first] = days_after(clock, city, 30)
    done = await table.close("partial", total="100,00", quantas="3", primeira=first.isoformat())
    assert done[0] == 303
    case_id = await case_of(city, table.id)
    assert await status_of(city, case_id) == ("partly_agreed", "ACORDO_PARCIAL")
    async with city.scope() as tx:
        rows = await tx.fetch("SELECT amount FROM agreement_instalment ORDER BY n")
    assert [row[0] for row in rows] == [Decimal("33.34"), Decimal("33.33"), Decimal("33.33")]


async def test_an_agreement_need_not_be_money(table: Table, city: City, clock: MovingClock) -> None:
    await table.came("consumer", "Ana Souza")
    await table.came("supplier", "Edu Reis")
    await table.write("A empresa entregará a geladeira.")
    await table.aloud("consumer")
    await table.aloud("supplier")
    nothing = await table.close("agreement")
    assert errors_of(nothing[2]) == [
        ("parcelas", "Escreva pelo menos uma linha, ou diga em quantas vezes dividir.")
    ]
    [day] = days_after(clock, city, 10)
    done = await table.close("agreement", parcelas=f"{day:%d/%m/%Y}; ; Entregar a geladeira")
    assert done[0] == 303
    async with city.scope() as tx:
        row = await tx.fetchrow("SELECT due_on, amount, what FROM agreement_instalment")
    assert tuple(row) == (day, Decimal("0.00"), "Entregar a geladeira")


async def test_an_absence_is_recorded_only_after_the_tolerance_and_when_it_is_true(
    table: Table, city: City, clock: MovingClock
) -> None:
    await table.came("consumer", "Ana Souza")
    clock.forward(minutes=14)
    early = await table.close("supplier_absent")
    assert early[:2] == (
        409,
        "A tolerância ainda não terminou. Espere antes de registrar a ausência.",
    )
    text = words((await table.web.get(city, table.own, actor=CONSUMER)).text)
    assert "falta 1 minuto." in text
    clock.forward(minutes=1)
    false = await table.close("consumer_absent")
    assert false[:2] == (
        409,
        "A lista de presença tem gente do consumidor. Corrija a lista ou escolha outro resultado.",
    )
    assert (await table.close("supplier_absent"))[0] == 303
    state, _ = await status_of(city, await case_of(city, table.id))
    assert state == "supplier_absent"


async def test_a_hearing_without_agreement_ends_too(table: Table, city: City) -> None:
    await table.came("consumer", "Ana Souza")
    await table.came("supplier", "Edu Reis")
    assert errors_of((await table.close("?"))[2]) == [
        ("resultado", "Escolha o resultado da audiência.")
    ]
    assert (await table.close("no_agreement", observacao="Longe demais."))[0] == 303
    assert await status_of(city, await case_of(city, table.id)) == ("not_agreed", "SEM_ACORDO")
    page = words((await table.web.get(city, table.own, actor=CONSUMER)).text)
    assert "Resultado: Sem acordo" in page


async def test_a_hearing_goes_on_another_day_as_one_of_its_own(table: Table, city: City) -> None:
    slot = (await choices(city))[0]
    no_hour = await table.close("rescheduled", observacao="Falta um documento.")
    assert errors_of(no_hour[2]) == [("horario", "Escolha o novo horário.")]
    done = await table.close("rescheduled", horario=str(slot.id), observacao="Falta um documento.")
    assert done[0] == 303
    first = await hearing(city, table.id)
    assert (first.status, first.result) == ("moved", "rescheduled")
    assert (await status_of(city, first.case_id))[0] == "hearing_set"
    async with city.scope() as tx:
        rows = await tx.fetch(
            "SELECT slot_id, moves_consumer FROM hearing WHERE case_id = $1 AND status = 'set'",
            first.case_id,
        )
    assert [tuple(row) for row in rows] == [(slot.id, 0)]


async def test_of_two_who_close_at_once_one_wins(table: Table, city: City) -> None:
    await table.came("consumer", "Ana Souza")
    await table.came("supplier", "Edu Reis")
    done = await asyncio.gather(table.close("no_agreement"), table.close("no_agreement"))
    assert sorted(one[0] for one in done) == [303, 409]


async def test_the_part_is_sent_again_only_when_something_changed(table: Table, city: City) -> None:
    part = f"{table.own}/ao-vivo"
    seen = (await hearing(city, table.id)).revision
    same = await table.web.get(city, f"{part}?versao={seen}", actor=CONSUMER)
    assert (same.status_code, same.content) == (204, b"")
    await table.write(PAYS)
    async with await table.web.client(city, CONSUMER) as browser:
        fresh = await browser.get(f"{part}?versao={seen}", headers={"HX-Request": "true"})
    assert (fresh.status_code, PAYS in fresh.text, "<html" in fresh.text) == (200, True, False)
    assert f'data-revisao="{seen + 1}"' in fresh.text


async def test_the_stream_tells_each_change_and_the_end(table: Table, city: City) -> None:
    events = changes(city.db, city.tenant, table.id, every=0.01)
    first = await anext(events)
    assert (first.event, first.data) == (
        "mudou",
        str((await hearing(city, table.id)).revision),
    )
    await table.write(PAYS)
    second = await anext(events)
    assert (second.event, int(str(second.data))) == ("mudou", int(str(first.data)) + 1)
    await table.came("consumer", "Ana Souza")
    await table.came("supplier", "Edu Reis")
    assert (await table.close("no_agreement"))[0] == 303
    rest = [one async for one in events]
    assert [(one.event, one.data) for one in rest[-1:]] == [("fim", "held")]
    # And by HTTP, which ends at once when the hearing is over.
    answer = await table.web.get(city, f"{table.own}/fluxo", actor=CONSUMER)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "event: fim\r\ndata: held" in answer.text


async def test_a_stream_ends_by_itself(table: Table, city: City) -> None:
    events = changes(city.db, city.tenant, table.id, lasts=0, every=0)
    assert [one.event async for one in events] == ["mudou"]


async def test_what_is_said_aloud_needs_somebody_who_is_here(table: Table, city: City) -> None:
    clause = await table.write(PAYS)
    path = f"{table.desk}/clausulas/{clause}/voz"
    form = {"versao": "1", "voz": "objeta", "parte": "consumer", "motivo": "Quero à vista."}
    refused = await table.web.post(city, path, form, actor=ANALYST)
    assert (refused.status_code, notice_of(refused.text)) == (
        409,
        "Ninguém desta parte está na lista de presença.",
    )
    await table.came("consumer", "Ana Souza")
    assert (await table.web.post(city, path, form, actor=ANALYST)).status_code == 303
    async with city.scope() as tx:
        [said] = await verdicts_of(tx, table.id)
    assert (said.side, said.verdict, said.remark, said.method, said.author) == (
        "consumer",
        "objects",
        "Quero à vista.",
        "presence",
        "Ana Souza",
    )
