"""Rooms, hours, booking and moving: by staff, consumer and company."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from msgspec import structs

from desk.desk_support import colleague
from hearings.hearings_support import (
    ANALYST,
    CONCILIATOR,
    STREET,
    booked,
    choices,
    errors_of,
    hearing,
    hours,
    notice_of,
    ready,
    room,
    status_of,
    words,
)
from procon.cases.moves import move
from procon.deadlines.queries import calendar_for, deadline_for
from procon.hearings.commands import (
    book_hearing,
    may_choose,
    offer_hours,
    reschedule_hearing,
)
from procon.hearings.queries import hearings_for, slot_list
from procon.hearings.setup.commands import Made
from procon.kernel.errors import Conflict, Invalid
from procon.portal.render import date_and_hour
from support.cities import CPF_OTHER, City, MovingClock, citizen, filed, staff, supplier
from support.web import Web


async def test_hours_are_made_on_working_days_only_and_never_twice(city: City, other: City) -> None:
    room_id = await room(city)
    made = await hours(city, room_id, days=60)
    async with city.scope() as tx:
        found = await slot_list(tx, first=tx.now, last=tx.now + timedelta(days=90))
        calendar = await calendar_for(tx)
    zone = ZoneInfo(city.tenant.timezone)
    days = {one.starts_at.astimezone(zone).date() for one in found}
    assert len(found) == made.made == 4 * len(days)
    assert not days & set(calendar.closed)
    assert {day.weekday() for day in days} == {0, 1, 2, 3, 4}
    assert {f"{one.starts_at.astimezone(zone):%H:%M}" for one in found} == {
        "09:00",
        "09:40",
        "10:20",
        "11:00",
    }
    again = await hours(city, room_id, days=60)
    assert again == Made(0, made.made, made.closed_days)
    async with other.scope() as tx:
        assert await slot_list(tx, first=tx.now, last=tx.now + timedelta(days=90)) == []


async def test_one_conciliator_is_not_given_two_rooms_at_the_same_hour(city: City) -> None:
    first = await hours(city, await room(city), conciliator=True)
    second = await hours(city, await room(city, "Sala 2"), conciliator=True)
    third = await hours(city, await room(city, "Sala 3"))
    assert (second.made, second.taken) == (0, first.made)
    assert third.made == first.made


async def test_rooms_and_hours_are_made_on_their_pages(web: Web, city: City) -> None:
    admin = staff("cityadmin")
    typed = {
        "nome": "Sala azul",
        "tipo": "video",
        "endereco": "http://meet.example/{hearing}",
        "lugares": "0",
        "ativa": "sim",
    }
    wrong = await web.post(city, "/equipe/audiencias/salas", typed, actor=admin)
    assert wrong.status_code == 422
    assert [field for field, _ in errors_of(wrong.text)] == ["endereco", "lugares"]
    typed |= {"endereco": "https://meet.example/{hearing}", "lugares": "1"}
    done = await web.post(city, "/equipe/audiencias/salas", typed, actor=admin)
    assert (done.status_code, done.headers["Location"]) == (303, "/equipe/audiencias/salas")
    listed = await web.get(city, "/equipe/audiencias/salas", actor=ANALYST)
    assert "Sala azul" in listed.text
    refused = await web.post(city, "/equipe/audiencias/salas", typed, actor=ANALYST)
    assert refused.status_code == 403

    page = await web.get(city, "/equipe/audiencias/horarios", actor=ANALYST)
    room_id = page.text.split('<option value="')[1].split('"')[0]
    form = {
        "sala": room_id,
        "de": "01/01/2020",
        "ate": "31/01/2020",
        "dias": ["0", "1"],
        "abre": "09:00",
        "fecha": "12:00",
        "duracao": "40",
        "tolerancia": "15",
        "conciliador": "",
    }
    past = await web.post(city, "/equipe/audiencias/horarios", form, actor=ANALYST)
    assert errors_of(past.text) == [("de", "Este dia já passou. Escolha a partir de hoje.")]
    form |= {"de": "30/02/2027", "ate": "10/03/2027", "fecha": "09:20"}
    odd = await web.post(city, "/equipe/audiencias/horarios", form, actor=ANALYST)
    assert dict(errors_of(odd.text)) == {
        "de": "O dia 30/02/2027 não existe. Confira a data.",
        "fecha": "Entre o começo e o fim precisa caber pelo menos uma audiência.",
    }


async def test_the_staff_book_and_both_sides_read_when_and_where(
    web: Web, city: City, other: City
) -> None:
    case = await ready(city)
    await hours(city, await room(city))
    slot = (await choices(city))[0]
    path = f"/equipe/processos/{case.number}/audiencia"
    page = await web.get(city, path, actor=ANALYST)
    assert (page.status_code, str(slot.id) in page.text) == (200, True)
    done = await web.post(city, path, {"horario": str(slot.id)}, actor=ANALYST)
    assert (done.status_code, done.headers["Location"]) == (303, path)
    assert await status_of(city, case.id) == ("hearing_set", "")
    when = date_and_hour(slot.starts_at, ZoneInfo(city.tenant.timezone))
    for own, actor in (
        (f"/processos/{case.number}/audiencia", citizen()),
        (f"/fornecedor/processos/{case.number}/audiencia", supplier()),
    ):
        text = words((await web.get(city, own, actor=actor)).text)
        assert when in text
        assert STREET in text
        assert (await web.get(city, own, actor=citizen(CPF_OTHER, "Rui"))).status_code == 403
        assert (await web.get(other, own, actor=actor)).status_code == 404
    shown = await web.get(city, f"/processos/{case.number}", actor=citizen())
    assert when in words(shown.text)
    agenda = await web.get(
        city, f"/equipe/audiencias?dia={slot.starts_at:%Y-%m-%d}&ver=dia", actor=ANALYST
    )
    assert case.number in agenda.text


async def test_an_hour_in_the_past_or_too_soon_is_refused_with_the_reason(
    city: City, clock: MovingClock
) -> None:
    case = await ready(city)
    await hours(city, await room(city))
    async with city.scope() as tx:
        soon = (await slot_list(tx, first=tx.now, last=tx.now + timedelta(days=9)))[0]
        notice = await deadline_for(tx, key="hearing_notice", start_at=tx.now)
        with pytest.raises(Invalid) as early:
            await book_hearing(tx, actor=ANALYST, side="staff", case_id=case.id, slot_id=soon.id)
    assert early.value.fields == {
        "horario": "Este horário é cedo demais: a audiência só pode ser depois de"
        f" {notice.due_day:%d/%m/%Y}."
    }
    clock.forward(days=20)
    async with city.scope() as tx:
        with pytest.raises(Invalid) as late:
            await book_hearing(tx, actor=ANALYST, side="staff", case_id=case.id, slot_id=soon.id)
        with pytest.raises(Invalid) as none:
            await book_hearing(tx, actor=ANALYST, side="staff", case_id=case.id, slot_id=uuid4())
    assert late.value.fields == {"horario": "Este horário já passou. Escolha outro."}
    assert none.value.fields == {"horario": "Escolha um dos horários da lista."}
    assert await status_of(city, case.id) == ("complaint_open", "")


async def test_of_two_people_who_book_one_hour_at_once_one_wins(city: City) -> None:
    cases = [await ready(city), await ready(city, citizen(CPF_OTHER, "Rui Alves"))]
    await hours(city, await room(city))
    first, *free = await choices(city)

    async def book(case_id: UUID) -> str:
        try:
            async with city.scope() as tx:
                await book_hearing(
                    tx, actor=ANALYST, side="staff", case_id=case_id, slot_id=first.id
                )
        except Conflict as refusal:
            return refusal.reason
        return ""

    said = sorted(await asyncio.gather(*(book(case.id) for case in cases)))
    zone = ZoneInfo(city.tenant.timezone)
    following = "; ".join(date_and_hour(one.starts_at, zone) for one in free[:3])
    assert said == [
        "",
        f"Outra pessoa ficou com este horário um instante antes. Os próximos livres: {following}.",
    ]
    states = sorted([(await status_of(city, case.id))[0] for case in cases])
    assert states == ["complaint_open", "hearing_set"]


async def test_a_blocked_hour_cannot_be_booked_and_a_booked_one_not_blocked(
    web: Web, city: City
) -> None:
    case, hearing_id = await booked(city)
    block = "/equipe/audiencias/horarios/bloquear"
    taken = str((await hearing(city, hearing_id)).slot_id)
    await web.post(city, block, {"horario": taken, "bloquear": "sim"}, actor=ANALYST)
    async with city.scope() as tx:
        assert not await tx.fetchval("SELECT blocked FROM hearing_slot WHERE id = $1", UUID(taken))
    free = (await choices(city))[0]
    await web.post(city, block, {"horario": str(free.id), "bloquear": "sim"}, actor=ANALYST)
    path = f"/equipe/processos/{case.number}/audiencia/remarcar"
    form = {"horario": str(free.id), "motivo": "Sala em reforma."}
    refused = await web.post(city, path, form, actor=ANALYST)
    assert refused.status_code == 409
    assert notice_of(refused.text).startswith("Outra pessoa ficou com este horário")


async def test_the_consumer_chooses_the_hour_after_the_staff_have_offered_it(
    web: Web, city: City, other: City
) -> None:
    case = await ready(city)
    await hours(city, await room(city))
    slot = (await choices(city))[0]
    own = f"/processos/{case.number}/audiencia"
    form = {"horario": str(slot.id)}
    early = await web.post(city, f"{own}/marcar", form, actor=citizen())
    assert early.status_code == 403
    assert "ainda não abriu a escolha" in words(early.text)
    await web.post(city, f"/equipe/processos/{case.number}/audiencia/oferecer", actor=ANALYST)
    assert str(slot.id) in (await web.get(city, own, actor=citizen())).text
    # The company is invited; it does not choose.
    company = await web.post(city, f"/fornecedor{own}/marcar", form, actor=supplier())
    assert company.status_code == 403
    assert (await web.post(other, f"{own}/marcar", form, actor=citizen())).status_code == 404
    done = await web.post(city, f"{own}/marcar", form, actor=citizen())
    assert (done.status_code, done.headers["Location"]) == (303, own)
    assert await status_of(city, case.id) == ("hearing_set", "")
    again = await web.post(city, f"{own}/marcar", form, actor=citizen())
    assert again.status_code == 403


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [("open", True, True), ("offer", False, True), ("staff", False, False)],
)
async def test_when_the_consumer_chooses_is_the_citys_to_say(
    city: City, rule: str, before: bool, after: bool
) -> None:
    case = await ready(city)
    chosen = City(city.db, structs.replace(city.tenant, ports={"hearing_booking": rule}))
    async with chosen.scope() as tx:
        assert await may_choose(tx, side="consumer", case_id=case.id) is before
        await offer_hours(tx, actor=ANALYST, case_id=case.id)
        assert await may_choose(tx, side="consumer", case_id=case.id) is after
        assert await may_choose(tx, side="supplier", case_id=case.id) is False


async def test_each_side_moves_the_hearing_once_by_itself(web: Web, city: City) -> None:
    case, hearing_id = await booked(city)
    own = f"/processos/{case.number}/audiencia"
    free = await choices(city)
    no_reason = await web.post(
        city, f"{own}/remarcar", {"horario": str(free[4].id), "motivo": " "}, actor=citizen()
    )
    assert errors_of(no_reason.text) == [("motivo", "Conte o motivo. As duas partes vão ler.")]
    form = {"horario": str(free[4].id), "motivo": "Vou viajar."}
    assert (await web.post(city, f"{own}/remarcar", form, actor=citizen())).status_code == 303
    moved = await hearing(city, hearing_id)
    assert (moved.starts_at, moved.sequence, moved.moves_consumer, moved.moves_supplier) == (
        free[4].starts_at,
        1,
        1,
        0,
    )
    form = {"horario": str(free[5].id), "motivo": "De novo."}
    second = await web.post(city, f"{own}/remarcar", form, actor=citizen())
    assert second.status_code == 409
    assert notice_of(second.text) == (
        "Você já remarcou esta audiência uma vez. Se precisar mudar de novo, fale com o Procon:"
        " só a equipe pode remarcar agora."
    )
    # The other side still has its one time, and the staff any number.
    company = await web.post(city, f"/fornecedor{own}/remarcar", form, actor=supplier())
    assert company.status_code == 303
    form = {"horario": str(free[6].id), "motivo": "Sala em reforma."}
    path = f"/equipe/processos/{case.number}/audiencia/remarcar"
    assert (await web.post(city, path, form, actor=ANALYST)).status_code == 303
    kept = await hearing(city, hearing_id)
    assert (kept.sequence, kept.moves_consumer, kept.moves_supplier) == (3, 1, 1)
    text = words((await web.get(city, own, actor=citizen())).text)
    assert "o consumidor remarcou de" in text
    assert "Motivo: Vou viajar." in text


async def test_a_party_cannot_move_in_the_last_two_working_days(
    web: Web, city: City, clock: MovingClock
) -> None:
    case, hearing_id = await booked(city)
    found = await hearing(city, hearing_id)
    clock.shift += found.starts_at - timedelta(days=1) - clock()
    await hours(city, await room(city, "Sala 9"))
    slot = (await choices(city))[0]
    form = {"horario": str(slot.id), "motivo": "Vou viajar."}
    path = f"/processos/{case.number}/audiencia"
    refused = await web.post(city, f"{path}/remarcar", form, actor=citizen())
    assert refused.status_code == 409
    assert notice_of(refused.text).endswith(
        "dois dias úteis antes da audiência. Agora, fale com o Procon."
    )
    assert (await hearing(city, hearing_id)).slot_id == found.slot_id


async def test_the_same_hour_is_no_new_hour(city: City) -> None:
    _, hearing_id = await booked(city)
    slot_id = (await hearing(city, hearing_id)).slot_id
    async with city.scope() as tx:
        with pytest.raises(Invalid) as same:
            await reschedule_hearing(
                tx,
                actor=ANALYST,
                side="staff",
                hearing_id=hearing_id,
                slot_id=slot_id,
                reason="Nada.",
            )
    assert same.value.fields == {"horario": "A audiência já está neste horário. Escolha outro."}


async def test_a_case_that_is_not_there_yet_gets_no_hearing(web: Web, city: City) -> None:
    case = await filed(city)
    await hours(city, await room(city))
    slot = (await choices(city))[0]
    path = f"/equipe/processos/{case.number}/audiencia"
    refused = await web.post(city, path, {"horario": str(slot.id)}, actor=ANALYST)
    assert refused.status_code == 409
    assert await status_of(city, case.id) == ("triage", "")
    async with city.scope() as tx:
        assert await tx.fetchval("SELECT count(*) FROM hearing") == 0


async def test_cancelling_frees_the_hour_and_takes_the_case_back(web: Web, city: City) -> None:
    case, hearing_id = await booked(city)
    slot_id = (await hearing(city, hearing_id)).slot_id
    path = f"/equipe/processos/{case.number}/audiencia/cancelar"
    done = await web.post(city, path, {"motivo": "As partes pediram."}, actor=ANALYST)
    assert done.status_code == 303
    assert await status_of(city, case.id) == ("complaint_open", "")
    assert (await hearing(city, hearing_id)).status == "cancelled"
    assert slot_id in {one.id for one in await choices(city)}
    again = await web.post(city, path, {"motivo": "De novo."}, actor=ANALYST)
    assert (again.status_code, notice_of(again.text)) == (
        409,
        "Este processo não tem audiência marcada.",
    )


async def test_a_case_whose_closure_was_undone_gets_a_new_hour(web: Web, city: City) -> None:
    case, hearing_id = await booked(city)
    async with city.scope() as tx:
        await move(
            tx,
            actor=citizen(),
            side="consumer",
            case_id=case.id,
            transition="withdraw",
            text="Desisto.",
        )
        await tx.execute("UPDATE case_file SET status = 'hearing_set' WHERE id = $1", case.id)
        await tx.execute(
            "UPDATE hearing SET status = 'cancelled', closed_at = $2 WHERE id = $1",
            hearing_id,
            tx.now,
        )
    slot = (await choices(city))[0]
    path = f"/equipe/processos/{case.number}/audiencia"
    assert str(slot.id) in (await web.get(city, path, actor=ANALYST)).text
    done = await web.post(city, path, {"horario": str(slot.id)}, actor=ANALYST)
    assert done.status_code == 303
    assert await status_of(city, case.id) == ("hearing_set", "DESISTENCIA")


async def test_who_conducts_is_chosen_and_conducts_one_hearing_at_a_time(
    web: Web, city: City
) -> None:
    first, second = await room(city), await room(city, "Sala 2")
    for room_id in (first, second):
        await hours(city, room_id)
    person = await colleague(city, "Célia Prado", "conciliator")
    at = (await choices(city))[0].starts_at
    ids = []
    for actor in (citizen(), citizen(CPF_OTHER, "Rui Alves")):
        case = await ready(city, actor)
        slot = next(one for one in await choices(city) if one.starts_at == at)
        async with city.scope() as tx:
            ids.append(
                await book_hearing(
                    tx, actor=ANALYST, side="staff", case_id=case.id, slot_id=slot.id
                )
            )
    form = {"conciliador": str(person.account_id)}
    paths = [f"/equipe/audiencias/{one}/conciliador" for one in ids]
    assert (await web.post(city, paths[0], form, actor=ANALYST)).status_code == 303
    refused = await web.post(city, paths[1], form, actor=ANALYST)
    assert (refused.status_code, notice_of(refused.text)) == (
        409,
        "Célia Prado já conduz outra audiência neste horário.",
    )
    nobody = await web.post(city, paths[1], {"conciliador": "x"}, actor=ANALYST)
    assert errors_of(nobody.text) == [("conciliador", "Escolha uma pessoa da lista.")]
    assert [(await hearing(city, one)).conciliator_name for one in ids] == ["Célia Prado", ""]


async def test_everybody_has_an_agenda_of_their_own(city: City, other: City) -> None:
    case, hearing_id = await booked(city)
    for actor in (citizen(), supplier(), CONCILIATOR):
        async with city.scope() as tx:
            assert [(one.id, one.case_number) for one in await hearings_for(tx, actor=actor)] == [
                (hearing_id, case.number)
            ]
        async with other.scope() as tx:
            assert await hearings_for(tx, actor=actor) == []
    for stranger in (citizen(CPF_OTHER, "Rui"), supplier("44555666000181"), staff("conciliator")):
        async with city.scope() as tx:
            assert await hearings_for(tx, actor=stranger) == []
