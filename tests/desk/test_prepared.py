"""Macros, text modules and assignment rules; presence; a page that has grown old."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from uuid import UUID

from desk.desk_support import acts_of, colleague, words
from procon.cases.commands import assign
from procon.desk.presence import others_here
from procon.desk.texts.rules import assign_by_rule, handlers
from procon.jobs.outbox import drain
from support.cities import CPF_OTHER, City, citizen, filed, staff
from support.web import Web

SETTINGS = "/equipe/configuracoes"


async def test_a_macro_on_one_case(web: Web, city: City, other: City) -> None:
    admin, me, case = staff("cityadmin"), await colleague(city), await filed(city)
    form = {
        "nome": "Urgente",
        "nota": "Ligar hoje.",
        "responsavel": "eu",
        "etiqueta": "Muito Urgente",
    }
    kept = await web.post(city, f"{SETTINGS}/macros", form, actor=admin)
    assert kept.status_code == 303
    twice = await web.post(city, f"{SETTINGS}/macros", form, actor=admin)
    assert "Este nome já está em uso." in words(twice.text)
    page = await web.get(city, f"{SETTINGS}/macros", actor=admin)
    macro_id = re.search(r"macros\?editar=([0-9a-f-]{36})", page.text)
    assert macro_id is not None
    path = f"/equipe/processos/{case.number}"
    used = await web.post(city, f"{path}/macro", {"macro": macro_id[1]}, actor=me)
    assert used.status_code == 303
    read = words((await web.get(city, path, actor=me)).text)
    assert "Responsável Caio Reis" in read
    assert "Etiquetas muito-urgente" in read
    assert "Caio Reis: Ligar hoje." in read
    foreign = await web.post(
        other, f"{SETTINGS}/macros", {**form, "id": macro_id[1]}, actor=staff("cityadmin")
    )
    assert foreign.status_code == 404
    gone = await web.post(city, f"{SETTINGS}/macros/{macro_id[1]}/apagar", actor=admin)
    assert gone.status_code == 303
    refused = await web.post(city, f"{path}/macro", {"macro": macro_id[1]}, actor=me)
    assert refused.status_code == 422
    assert "Escolha uma macro." in words(refused.text)


async def test_a_macro_must_do_something_and_name_the_staff(web: Web, city: City) -> None:
    refused = await web.post(
        city,
        f"{SETTINGS}/macros",
        {"nome": "", "responsavel": str(UUID(int=1))},
        actor=staff("cityadmin"),
    )
    assert refused.status_code == 422
    read = words(refused.text)
    for sentence in ("Dê um nome.", "Escolha alguém da equipe."):
        assert sentence in read
    denied = await web.get(city, f"{SETTINGS}/macros", actor=staff("analyst"))
    assert denied.status_code == 403


async def test_a_text_module_goes_behind_what_was_typed(web: Web, city: City) -> None:
    admin, me, case = staff("cityadmin"), staff(), await filed(city)
    module = {"nome": "Nota fiscal", "texto": "Envie a nota fiscal.\n<b>Obrigado.</b>"}
    assert (await web.post(city, f"{SETTINGS}/textos", module, actor=admin)).status_code == 303
    path = f"/equipe/processos/{case.number}"
    page = await web.get(city, path, actor=me)
    module_id = re.search(r'<option value="([0-9a-f-]{36})" data-texto="Envie', page.text)
    assert module_id is not None
    shown = await web.post(
        city,
        f"{path}/devolver",
        {"motivo": "Olá, Ana.", "inserir": "motivo", "modulo": module_id[1]},
        actor=me,
    )
    assert shown.status_code == 200
    assert "Olá, Ana.\n\nEnvie a nota fiscal.\n&lt;b&gt;Obrigado.&lt;/b&gt;</textarea>" in (
        shown.text
    )
    assert await acts_of(city, case.id) == ["case_opened"]
    odd = await web.post(
        city, f"{path}/nota", {"nota": "a", "inserir": "__class__", "modulo": "x"}, actor=me
    )
    assert odd.status_code == 200


async def test_a_page_that_has_grown_old_keeps_what_was_typed(web: Web, city: City) -> None:
    me, case, caio = staff(), await filed(city), await colleague(city)
    path = f"/equipe/processos/{case.number}"
    page = await web.get(city, path, actor=me)
    seen = re.search(r'name="versao" value="(\d+)"', page.text)
    assert seen is not None
    await web.post(
        city,
        f"{path}/corrigir-empresa",
        {"empresa_certa": "Loja Certa", "versao": seen[1]},
        actor=caio,
    )
    late = await web.post(
        city, f"{path}/devolver", {"motivo": "Envie a nota.", "versao": seen[1]}, actor=me
    )
    assert late.status_code == 409
    read = words(late.text)
    assert "Este processo mudou enquanto você escrevia." in read
    assert "por Caio Reis (equipe do Procon)" in read
    assert "Você tinha escrito: Envie a nota." in read
    assert await acts_of(city, case.id) == ["case_opened", "supplier_corrected"]
    now = re.search(r'name="versao" value="(\d+)"', late.text)
    assert now is not None
    done = await web.post(
        city, f"{path}/devolver", {"motivo": "Envie a nota.", "versao": now[1]}, actor=me
    )
    assert done.status_code == 303


async def test_two_acts_on_one_version_have_one_winner(web: Web, city: City) -> None:
    case = await filed(city)
    path = f"/equipe/processos/{case.number}"
    form = {"empresa_certa": "Loja Certa", "versao": "1"}
    both = await asyncio.gather(
        *(web.post(city, f"{path}/corrigir-empresa", form, actor=staff()) for _ in range(2))
    )
    assert sorted(one.status_code for one in both) == [303, 409]


async def test_presence_names_the_others_for_seconds(web: Web, city: City, other: City) -> None:
    me, caio, case = staff(name="Bia Lima"), await colleague(city), await filed(city)
    path = f"/equipe/processos/{case.number}/presenca"
    headers = {"HX-Request": "true"}
    assert "também" not in (await web.get(city, path, actor=me, headers=headers)).text
    seen = await web.get(city, path, actor=caio, headers=headers)
    assert "Bia Lima também está com este processo aberto." in words(seen.text)
    assert "<html" not in seen.text
    both = await web.get(city, path, actor=staff(name="Eva Nunes"), headers=headers)
    assert "Bia Lima, Caio Reis também estão" in words(both.text)
    # The same number in the other city is another case.
    await filed(other)
    foreign = await web.get(other, path, actor=staff(), headers=headers)
    assert "também" not in foreign.text
    assert (await web.get(city, path, actor=citizen())).status_code == 403
    async with city.scope() as tx:
        later = tx.now + timedelta(seconds=41)
    gone = await others_here(
        web.app.state.redis, slug=city.slug, case_id=case.id, actor=caio, now=later
    )
    assert gone == ()


async def test_rules_give_new_cases_in_turn(web: Web, city: City, other: City) -> None:
    admin = staff("cityadmin")
    caio, eva = await colleague(city), await colleague(city, "Eva Nunes")
    foreign = await colleague(other, "Otávio Reis")
    wrong = await web.post(
        city,
        f"{SETTINGS}/distribuicao",
        {"area": "XXX", "pessoas": str(foreign.account_id)},
        actor=admin,
    )
    assert wrong.status_code == 422
    assert "Marque de 1 a 30 pessoas." in words(wrong.text)
    for area, people in (("FIN", [eva]), ("PRO", [caio, eva])):
        data = {"area": area, "pessoas": [str(one.account_id) for one in people]}
        kept = await web.post(city, f"{SETTINGS}/distribuicao", data, actor=admin)
        assert kept.status_code == 303
    read = words((await web.get(city, f"{SETTINGS}/distribuicao", actor=admin)).text)
    assert "Quando a área é Produtos: Caio Reis, Eva Nunes" in read
    cases = [await filed(city, actor=citizen(cpf)) for cpf in ("52998224725", CPF_OTHER) * 2]
    mine = await filed(city)
    assert eva.account_id is not None
    async with city.scope() as tx:
        await assign(tx, actor=eva, case_id=mine.id, to=eva.account_id, to_name="Eva Nunes")
    await drain(city.db, city.tenant, handlers())
    async with city.scope() as tx:
        rows = await tx.fetch("SELECT assigned_name FROM case_file ORDER BY number")
    assert [row[0] for row in rows] == ["Caio Reis", "Eva Nunes"] * 2 + ["Eva Nunes"]
    async with city.scope() as tx:  # delivered again: nothing more happens
        await assign_by_rule(tx, cases[0].id)
        assert await tx.fetchval("SELECT sum(turn) FROM assignment_rule") == 4
    assert await acts_of(city, mine.id) == ["case_opened", "case_assigned"]
