"""A city changes its calendar, imports a file, logs an outage, keeps its posts."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from procon.auth.actor import SYSTEM
from procon.cases.commands import expire_due
from procon.cases.moves import move
from procon.deadlines.calendar import Holiday
from procon.deadlines.commands import import_holidays
from procon.deadlines.compute import Deadline
from procon.deadlines.queries import deadline_for, holiday_list
from settings_desk.settings_support import (
    CALENDAR,
    OUTAGES,
    admin,
    case_of,
    confirm,
    date_fields,
    deadline_of,
    hidden_fields,
    log_of,
    ticked,
    with_cip,
)
from support.cities import City, MovingClock, staff
from support.web import Web

POSTS = "/equipe/configuracoes/postos"
YEARS = [2000, 2100]


def closed(day: date, kind: str = "feriado", name: str = "Padroeira") -> dict[str, object]:
    when = datetime.combine(day, time(), UTC)
    return {
        "tipo": kind,
        "nome": name,
        "suspende": "sim",
        **date_fields("data", when),
        **date_fields("ate", None),
    }


def down(first: datetime, last: datetime, note: str = "Queda de energia") -> dict[str, object]:
    return {
        **date_fields("fora_de", first),
        "hora_de": f"{first:%H:%M}",
        **date_fields("fora_ate", last),
        "hora_ate": f"{last:%H:%M}",
        "nota": note,
    }


async def own_days(city: City) -> list[Holiday]:
    async with city.scope() as tx:
        return await holiday_list(tx, YEARS)


async def recounted(city: City, deadline: Deadline) -> Deadline:
    async with city.scope() as tx:
        return await deadline_for(tx, key=deadline.rule_key, start_at=deadline.start_at)


async def test_a_holiday_on_the_last_day_moves_it(web: Web, city: City, other: City) -> None:
    opened, theirs = await with_cip(city), await with_cip(other)
    before, elsewhere = await deadline_of(city, opened), await deadline_of(other, theirs)
    data = closed(before.due_day)
    shown = await web.post(city, CALENDAR, data, actor=admin())
    assert shown.status_code == 200
    assert ticked(shown.text) == [str(opened.id)]
    assert f"{before.due_day:%d/%m/%Y}" in shown.text
    assert await own_days(city) == []  # only looked at

    again = {**hidden_fields(shown.text), "mudar": [str(opened.id), str(theirs.id), "x"]}
    await confirm(web, city, CALENDAR, again, admin())
    after = await deadline_of(city, opened)
    assert after == await recounted(city, before)
    assert after.due_day > before.due_day
    assert "Padroeira" in after.explanation
    assert await own_days(city) == [
        Holiday(before.due_day, before.due_day, "Padroeira", "feriado", True)
    ]
    assert await own_days(other) == []
    assert await deadline_of(other, theirs) == elsewhere


async def test_a_removed_holiday_takes_no_time_away(web: Web, city: City) -> None:
    opened = await with_cip(city)
    first = await deadline_of(city, opened)
    chosen = {**closed(first.due_day), "mudar": str(opened.id)}
    await confirm(web, city, CALENDAR, chosen, admin())
    longer = await deadline_of(city, opened)
    data: dict[str, object] = {"dia": first.due_day.isoformat(), "tipo": "feriado"}
    shown = await web.post(city, f"{CALENDAR}/remover", data, actor=admin())
    assert ticked(shown.text) == []
    assert "1 prazo terminaria antes, mas fica como foi avisado" in shown.text
    await confirm(web, city, f"{CALENDAR}/remover", data | {"mudar": str(opened.id)}, admin())
    assert await deadline_of(city, opened) == longer
    assert await own_days(city) == []
    gone = await web.post(city, f"{CALENDAR}/remover", data, actor=admin())
    assert gone.status_code == 404
    for wrong in ("2026-02-31", "\0", ""):
        answer = await web.post(
            city, f"{CALENDAR}/remover", {"dia": wrong, "tipo": "feriado"}, actor=admin()
        )
        assert answer.status_code == 404


async def test_a_holiday_outside_of_the_count_moves_nothing(web: Web, city: City) -> None:
    opened = await with_cip(city)
    before = await deadline_of(city, opened)
    for day in (before.start_day, before.due_day + timedelta(days=1)):
        shown = await web.post(city, CALENDAR, closed(day), actor=admin())
        assert shown.status_code == 200
        assert ticked(shown.text) == []
        assert "Nenhum prazo em aberto passa a terminar depois." in shown.text


async def test_recess_leaves_the_cip_alone_and_stops_the_defence(web: Web, city: City) -> None:
    cip, defence = await with_cip(city), await with_cip(city)
    async with city.scope() as tx:
        now = tx.now
    # Let the second case become a process with a defence running.
    async with city.scope() as tx:
        await tx.execute("UPDATE case_file SET status = 'unanswered' WHERE id = $1", defence.id)
        for act in ("open_complaint", "notify_supplier"):
            await move(
                tx, actor=staff(), side="staff", case_id=defence.id, transition=act, text="Sim."
            )
    before = await deadline_of(city, defence)
    assert before.rule_key == "reclamacao_defence"
    first = (now + timedelta(days=3)).date()
    last = first + timedelta(days=30)
    data = closed(first, "recesso", "Recesso") | date_fields(
        "ate", datetime.combine(last, time(), UTC)
    )
    shown = await web.post(city, CALENDAR, data, actor=admin())
    assert ticked(shown.text) == [str(defence.id)]
    await confirm(web, city, CALENDAR, data | {"mudar": str(defence.id)}, admin())
    after = await deadline_of(city, defence)
    assert after.due_day > last
    assert "Recesso" in after.explanation
    assert (await deadline_of(city, cip)).due_day < last


async def test_a_file_is_taken_whole_or_not_at_all(web: Web, city: City) -> None:
    opened = await with_cip(city)
    day = (await deadline_of(city, opened)).due_day
    path = f"{CALENDAR}/importar"
    good = f"data;nome;tipo\n{day:%d/%m/%Y};Padroeira;feriado\n24/12/2030;Véspera;meio expediente\n"
    wrong = good + "31/02/2030;Não existe;feriado\n29/02/2027;Nem este;feriado\n"
    for data, files in (
        ({}, {"arquivo": ("c.csv", wrong.encode())}),
        ({"csv": wrong}, None),
        ({"csv": wrong, "confirmado": "sim"}, None),
    ):
        answer = await web.post(city, path, data, actor=admin(), files=files)
        assert answer.status_code == 422
        assert "Linha 4: a data precisa existir" in answer.text
        assert "Linha 5: a data precisa existir" in answer.text
        assert await own_days(city) == []
    # As a spreadsheet of Windows saves it.
    shown = await web.post(
        city, path, {}, actor=admin(), files={"arquivo": ("c.csv", good.encode("cp1252"))}
    )
    assert shown.status_code == 200
    assert ticked(shown.text) == [str(opened.id)]
    assert await own_days(city) == []
    await confirm(web, city, path, {"csv": good, "mudar": str(opened.id)}, admin())
    assert [(one.name, one.kind) for one in await own_days(city)] == [
        ("Padroeira", "feriado"),
        ("Véspera", "meio_expediente"),
    ]
    assert (await deadline_of(city, opened)).due_day > day


@pytest.mark.parametrize("content", [b"", b"\0\0", b"\xff\xfe\x00", b"x" * 1_000_001, b"data;nome"])
async def test_a_file_that_is_none(web: Web, city: City, content: bytes) -> None:
    answer = await web.post(
        city, f"{CALENDAR}/importar", {}, actor=admin(), files={"arquivo": ("c.csv", content)}
    )
    assert answer.status_code == 422
    assert await own_days(city) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"data_dia": "31", "data_mes": "2", "data_ano": "2027"}, "Esta data não existe."),
        ({"data_dia": "29", "data_mes": "2", "data_ano": "2027"}, "Esta data não existe."),
        ({"data_ano": "1"}, "Escolha uma data entre 01/01/2000 e 31/12/2100."),
        ({"nome": ""}, "Escreva o nome"),
        ({"tipo": "folga"}, "Escolha o que acontece neste dia."),
        ({"tipo": "indisponibilidade"}, "Escolha o que acontece neste dia."),
        ({"tipo": "recesso"}, "Diga até quando vai o recesso."),
        (
            {"ate_dia": "1", "ate_mes": "1", "ate_ano": "2099"},
            "Só o recesso tem data final.",
        ),
        (
            {"tipo": "recesso", "ate_dia": "1", "ate_mes": "1", "ate_ano": "2099"},
            "O recesso passa de 90 dias.",
        ),
    ],
)
async def test_a_day_that_cannot_be(
    web: Web, city: City, change: dict[str, str], sentence: str
) -> None:
    answer = await web.post(city, CALENDAR, closed(date(2027, 3, 3)) | change, actor=admin())
    assert answer.status_code == 422
    assert sentence in answer.text
    assert await own_days(city) == []


async def test_a_calendar_that_leaves_no_day_is_refused(web: Web, city: City) -> None:
    opened = await with_cip(city)
    before = await deadline_of(city, opened)
    days = [before.due_day + timedelta(days=n) for n in range(1_500)]
    text = "data;nome\n" + "".join(f"{day:%d/%m/%Y};X\n" for day in days)
    path = f"{CALENDAR}/importar"
    answer = await web.post(city, path, {"csv": text, "confirmado": "sim"}, actor=admin())
    assert 400 <= answer.status_code < 500
    assert "há prazos que não terminariam nunca" in answer.text
    assert await own_days(city) == []


async def test_an_outage_on_the_last_day_gives_the_next_one(
    web: Web, city: City, other: City, clock: MovingClock
) -> None:
    opened, theirs = await with_cip(city), await with_cip(other)
    before = await deadline_of(city, opened)
    zone = ZoneInfo(city.tenant.timezone)
    noon = datetime.combine(before.due_day, time(12), zone)
    clock.forward(seconds=(noon + timedelta(hours=3) - clock()).total_seconds())
    short = down(noon, noon + timedelta(minutes=60))
    shown = await web.post(city, OUTAGES, short, actor=admin())
    assert ticked(shown.text) == []  # not longer than the rule's 60 minutes
    data = down(noon, noon + timedelta(minutes=61))
    shown = await web.post(city, OUTAGES, data, actor=admin())
    assert ticked(shown.text) == [str(opened.id)]
    assert "61 minutos" in shown.text
    await confirm(web, city, OUTAGES, data | {"mudar": str(opened.id)}, admin())
    after = await deadline_of(city, opened)
    assert after == await recounted(city, before)
    assert "Sistema fora do ar por 61 minutos" in after.explanation
    assert (after.due_day - before.due_day).days in {1, 2, 3, 4}
    assert "de " in (await log_of(city, opened))[-1].act.event.detail  # type: ignore[union-attr]  # an ActRecorded
    # Sent twice it is one entry; then nothing more is to be moved.
    again = await web.post(city, OUTAGES, data, actor=admin())
    assert ticked(again.text) == []
    page = await web.get(city, OUTAGES, actor=admin())
    assert "Queda de energia" in page.text
    assert "Sistema fora do ar por 61 minutos" in page.text
    assert (await deadline_of(other, theirs)).due_day == before.due_day
    assert "Queda de energia" not in (await web.get(other, OUTAGES, actor=admin())).text


async def test_an_outage_logged_the_day_after_still_helps(
    web: Web, city: City, clock: MovingClock
) -> None:
    opened = await with_cip(city)
    before = await deadline_of(city, opened)
    zone = ZoneInfo(city.tenant.timezone)
    noon = datetime.combine(before.due_day, time(12), zone)
    clock.forward(seconds=(before.due_at + timedelta(hours=10) - clock()).total_seconds())
    async with city.scope() as tx:
        assert await expire_due(tx) == 1
    data = down(noon, noon + timedelta(hours=4))
    shown = await web.post(city, OUTAGES, data, actor=admin())
    assert ticked(shown.text) == [str(opened.id)]
    await confirm(web, city, OUTAGES, data | {"mudar": str(opened.id)}, admin())
    held = await case_of(city, opened)
    assert held.due_at == (await recounted(city, before)).due_at
    assert held.due_at > before.due_at


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"hora_ate": "09:59"}, "O fim precisa vir depois do começo."),
        ({"hora_de": ""}, "Digite a hora como 14:30."),
        ({"hora_de": "25:00"}, "Digite a hora como 14:30."),
        ({"fora_de_dia": "31", "fora_de_mes": "2"}, "Esta data não existe."),
        ({"fora_ate_ano": "2099"}, "o fim ainda não chegou"),
        ({"fora_de_ano": "2020"}, "Confira a data"),
        ({"nota": "x" * 301}, "Escreva até 300 caracteres."),
    ],
)
async def test_an_outage_that_cannot_be(
    web: Web, city: City, change: dict[str, str], sentence: str
) -> None:
    async with city.scope() as tx:
        day = (tx.now - timedelta(days=2)).replace(hour=10, minute=0)
    data = down(day, day + timedelta(hours=2)) | change
    for confirmed in ({}, {"confirmado": "sim"}):
        answer = await web.post(city, OUTAGES, data | confirmed, actor=admin())
        assert answer.status_code == 422
        assert sentence in answer.text
    async with city.scope() as tx:
        assert await tx.fetchval("SELECT count(*) FROM outage") == 0


async def test_the_year_shows_every_closed_day(web: Web, city: City) -> None:
    async with city.scope() as tx:
        await import_holidays(
            tx,
            actor=SYSTEM,
            csv_text="data;nome;tipo;ate\n08/12/2027;Padroeira;feriado;\n"
            "20/12/2027;Recesso de fim de ano;recesso;20/01/2028\n"
            "24/12/2027;Véspera;meio expediente;\n",
        )
    page = await web.get(city, f"{CALENDAR}?ano=2027", actor=admin())
    assert page.status_code == 200
    for words in ("08/12/2027 (quarta-feira)", "Padroeira", "Meio expediente (Véspera)", "Natal",
                  "de 20/12/2027 (segunda-feira) a 20/01/2028 (quinta-feira)"):  # fmt: skip
        assert words in page.text
    for year in ("0", "99999", "x", "\0", "-1", ""):
        answer = await web.get(city, CALENDAR, actor=admin(), params={"ano": year})
        assert answer.status_code == 200


async def test_posts_open_change_and_close(web: Web, city: City, other: City) -> None:
    data = {"nome": "Posto Centro", "tipo": "fixo", "endereco": "Rua 1", "aberto": "sim"}
    made = await web.post(city, f"{POSTS}/novo", data, actor=admin())
    assert made.status_code == 303
    twice = await web.post(city, f"{POSTS}/novo", data, actor=admin())
    assert twice.status_code == 422
    assert "Já existe um posto com este nome." in twice.text
    async with city.scope() as tx:
        post_id = await tx.fetchval("SELECT id FROM service_point")
    change = {"nome": "Outro nome", "tipo": "movel", "endereco": "Rua 2", "horario": "8h às 17h"}
    assert (await web.post(city, f"{POSTS}/{post_id}", change, actor=admin())).status_code == 303
    async with city.scope() as tx:
        rows = await tx.fetch("SELECT name, kind, address, hours, active FROM service_point")
    assert [tuple(row) for row in rows] == [("Posto Centro", "movel", "Rua 2", "8h às 17h", False)]
    assert "Fechado" in (await web.get(city, POSTS, actor=admin())).text
    # Not the other city's.
    assert "Posto Centro" not in (await web.get(other, POSTS, actor=admin())).text
    for path in (f"{POSTS}/{post_id}",):
        assert (await web.get(other, path, actor=admin())).status_code == 404
        assert (await web.post(other, path, change, actor=admin())).status_code == 404
    wrong = await web.post(city, f"{POSTS}/novo", {"nome": "\0", "tipo": "x"}, actor=admin())
    assert wrong.status_code == 422


async def test_what_one_confirmation_cannot_move_the_next_one_does(
    web: Web, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("procon.settings_desk.impact.MOST", 1)
    cases = [await with_cip(city), await with_cip(city)]
    day = (await deadline_of(city, cases[0])).due_day
    for _ in cases:
        shown = await web.post(city, CALENDAR, closed(day), actor=admin())
        [case_id] = ticked(shown.text)
        await confirm(web, city, CALENDAR, closed(day) | {"mudar": case_id}, admin())
    assert all([(await deadline_of(city, case)).due_day > day for case in cases])
    last = await web.post(city, CALENDAR, closed(day), actor=admin())
    assert ticked(last.text) == []
