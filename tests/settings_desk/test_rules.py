"""A city changes its rules: versions, bounds, and what moves."""

from __future__ import annotations

from datetime import UTC, date, datetime

import asyncpg
import pytest

from procon.deadlines.queries import deadline_for, rule_in_force
from settings_desk.settings_support import (
    RULES,
    admin,
    case_of,
    confirm,
    date_fields,
    deadline_of,
    log_of,
    ticked,
    with_cip,
)
from support.cities import City, citizen, staff, supplier
from support.web import Web


def change(
    when: datetime, amount: int = 20, unit: str = "uteis", seen: int = 0
) -> dict[str, object]:
    return {
        "quantidade": str(amount),
        "unidade": unit,
        "inicio": "next_working_day",
        "recesso": "",
        "base_legal": "Decreto municipal nº 10/2026, art. 2º",
        "versao": str(seen),
        **date_fields("vale_de", when),
        **date_fields("vale_ate", None),
    }


async def test_a_change_is_shown_first_and_done_after(web: Web, city: City, other: City) -> None:
    opened, theirs = await with_cip(city), await with_cip(other)
    before = await deadline_of(city, opened)
    data = change(before.start_at)
    shown = await web.post(city, f"{RULES}/cip_answer", data, actor=admin())
    assert shown.status_code == 200
    assert "1 prazo passa a terminar depois." in shown.text
    assert opened.number in shown.text
    assert ticked(shown.text) == [str(opened.id)]
    # Only looked at.
    assert await deadline_of(city, opened) == before
    async with city.scope() as tx:
        assert (await rule_in_force(tx, key="cip_answer", on=before.start_day)).amount == 10

    chosen = {**data, "mudar": [str(opened.id)]}
    assert await confirm(web, city, f"{RULES}/cip_answer", chosen, admin()) == f"{RULES}/cip_answer"
    after = await deadline_of(city, opened)
    async with city.scope() as tx:
        counted = await deadline_for(tx, key="cip_answer", start_at=before.start_at)
    assert after == counted
    assert (after.amount, after.unit, after.rule_version) == (20, "uteis", "2026.1+cidade.1")
    assert after.due_at > before.due_at
    assert (await case_of(city, opened)).due_at == after.due_at
    last = (await log_of(city, opened))[-1].act.event
    assert last.topic == "deadline_extended"  # type: ignore[union-attr]  # an ActRecorded
    assert "Decreto municipal nº 10/2026" in last.detail  # type: ignore[union-attr]  # as above
    # The other city's rule and case are as they were.
    async with other.scope() as tx:
        assert (await rule_in_force(tx, key="cip_answer", on=before.start_day)).amount == 10
    assert (await deadline_of(other, theirs)).rule_version == "2026.1"


async def test_unticked_and_shortened_deadlines_stay(web: Web, city: City) -> None:
    opened = await with_cip(city)
    before = await deadline_of(city, opened)
    await confirm(web, city, f"{RULES}/cip_answer", change(before.start_at), admin())
    assert await deadline_of(city, opened) == before
    # A shorter rule never takes time away from who was told a date, ticked or not.
    data = change(before.start_at, amount=5, unit="corridos", seen=1)
    shown = await web.post(city, f"{RULES}/cip_answer", data, actor=admin())
    assert ticked(shown.text) == []
    assert "1 prazo terminaria antes, mas fica como foi avisado" in shown.text
    chosen = {**data, "mudar": [str(opened.id)]}
    await confirm(web, city, f"{RULES}/cip_answer", chosen, admin())
    assert await deadline_of(city, opened) == before


async def test_each_day_has_the_rule_of_its_time(city: City, web: Web) -> None:
    async with city.scope() as tx:
        now = tx.now
    later = datetime(now.year + 1, 3, 1, 12, tzinfo=UTC)
    await confirm(web, city, f"{RULES}/appeal", change(later, amount=15), admin())
    until = change(later, amount=30, unit="corridos", seen=1) | date_fields("vale_ate", later)
    await confirm(web, city, f"{RULES}/appeal", until, admin())
    async with city.scope() as tx:
        found = {
            day: await rule_in_force(tx, key="appeal", on=day)
            for day in (date(later.year, 2, 27), later.date(), date(later.year, 3, 2))
        }
    assert [(r.amount, r.unit, r.version) for r in found.values()] == [
        (10, "corridos", "2026.1"),
        (30, "corridos", "2026.1+cidade.2"),
        (15, "uteis", "2026.1+cidade.1"),
    ]
    page = await web.get(city, f"{RULES}/appeal", actor=admin())
    assert "Versão 2: 30 dias corridos" in page.text
    assert "Versão 1: 15 dias úteis" in page.text
    assert "Rosa Prado" in page.text


async def test_the_schema_wins_over_the_manifest_and_the_bounds_over_both(city: City) -> None:
    day = date(2026, 11, 25)
    async with city.scope() as tx:
        for version, amount in ((1, 400), (2, 1)):
            await tx.execute(
                "INSERT INTO deadline_rule (id, key, version, amount, unit, start,"
                " suspended_by_recess, legal_basis, valid_from, changed_at, author) VALUES"
                " (gen_random_uuid(), 'appeal', $1, $2, 'minutos', 'next_day', true, 'X', $3, $4,"
                " '')",
                version,
                amount,
                day,
                tx.now,
            )
            rule = await rule_in_force(tx, key="appeal", on=day)
            assert (rule.amount, rule.unit) == ({1: 30, 2: 10}[version], "corridos")


@pytest.mark.parametrize(
    ("key", "wrong", "sentence"),
    [
        ("appeal", {"quantidade": "9"}, "Este prazo pode ter de 10 a 30."),
        ("appeal", {"quantidade": "31"}, "Este prazo pode ter de 10 a 30."),
        ("appeal", {"quantidade": "-1"}, "Digite a quantidade só com números."),
        ("appeal", {"quantidade": "99999999999999999999"}, "Digite a quantidade só com números."),
        ("appeal", {"unidade": "minutos"}, "Escolha como contar."),
        ("appeal", {"inicio": "yesterday"}, "Escolha quando a conta começa."),
        ("appeal", {"base_legal": ""}, "Diga qual norma da cidade define este prazo."),
        ("appeal", {"base_legal": "x" * 301}, "Escreva até 300 caracteres."),
        ("appeal", {"vale_de_dia": "31", "vale_de_mes": "2"}, "Esta data não existe."),
        ("appeal", {"vale_de_ano": "2000"}, "Escolha uma data entre um ano atrás e dois anos"),
        (
            "appeal",
            {"vale_ate_dia": "1", "vale_ate_mes": "1", "vale_ate_ano": "2001"},
            "O fim da vigência vem antes do começo.",
        ),
        ("lai_answer", {"inicio": "next_working_day", "unidade": "corridos"}, "a lei diz quando"),
    ],
)
async def test_what_is_out_of_bounds_is_said(
    web: Web, city: City, key: str, wrong: dict[str, str], sentence: str
) -> None:
    async with city.scope() as tx:
        now = tx.now
    for confirmed in ({}, {"confirmado": "sim"}):
        data = {**change(now, unit="corridos"), **wrong, **confirmed}
        answer = await web.post(city, f"{RULES}/{key}", data, actor=admin())
        assert answer.status_code == 422
        assert sentence in answer.text
    async with city.scope() as tx:
        assert await tx.fetchval("SELECT count(*) FROM deadline_rule") == 0


async def test_two_at_once_one_wins(web: Web, city: City) -> None:
    async with city.scope() as tx:
        now = tx.now
    await confirm(web, city, f"{RULES}/appeal", change(now, amount=15), admin())
    late = await web.post(
        city, f"{RULES}/appeal", change(now, amount=20) | {"confirmado": "sim"}, actor=admin()
    )
    assert late.status_code == 409
    assert "Outra pessoa mudou esta regra antes." in late.text
    async with city.scope() as tx:
        assert (await rule_in_force(tx, key="appeal", on=now.date())).amount == 15


async def test_versions_are_for_ever(city: City, web: Web) -> None:
    async with city.scope() as tx:
        now = tx.now
    await confirm(web, city, f"{RULES}/appeal", change(now, amount=15), admin())
    for statement in ("UPDATE deadline_rule SET amount = 30", "DELETE FROM deadline_rule"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with city.scope() as tx:
                await tx.execute(statement)


async def test_only_settings_people_come_in(web: Web, city: City) -> None:
    for path in (RULES, f"{RULES}/appeal"):
        assert (await web.get(city, path, actor=admin())).status_code == 200
        assert (await web.get(city, path, actor=staff("authority"))).status_code == 200
        for nobody in (staff("analyst"), citizen(), supplier()):
            assert (await web.get(city, path, actor=nobody)).status_code == 403
    first = "/equipe/configuracoes"
    assert RULES in (await web.get(city, first, actor=admin())).text
    shown = await web.get(city, first, actor=staff("analyst"))
    assert shown.status_code == 200
    assert RULES not in shown.text
    assert (await web.get(city, first, actor=citizen())).status_code == 403
    assert (await web.get(city, f"{RULES}/lunch", actor=admin())).status_code == 404
    assert (await web.post(city, f"{RULES}/lunch", {}, actor=admin())).status_code == 404
