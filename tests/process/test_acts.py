"""The way from a bad rating to the register, on the pages, by everybody in turn."""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from procon.auth.actor import Actor
from procon.cases.jobs import expire
from procon.cases.log import entries, verify_log
from support.cities import City, MovingClock, citizen, filed, staff, supplier
from support.web import Web

ANA = citizen()
SHOP = supplier()
ANALYST, AUTHORITY = staff("analyst", name="Bia Lima"), staff("authority", name="Rui Paz")


async def put(city: City, case_id: UUID, status: str) -> None:
    async with city.scope() as tx:
        await tx.execute(
            "UPDATE case_file SET status = $2, cip_round = 1 WHERE id = $1", case_id, status
        )


async def state(city: City, case_id: UUID) -> tuple[str, str]:
    async with city.scope() as tx:
        row = await tx.fetchrow("SELECT status, outcome FROM case_file WHERE id = $1", case_id)
        return row["status"], row["outcome"]


def key_in(html: str) -> str:
    found = re.search(r'name="_chave"[^>]*value="([0-9a-f]{32})"', html)
    assert found, "the form has no key"
    return found[1]


async def do(
    web: Web, city: City, actor: Actor, path: str, *, checked: bool = True, **fields: str
) -> tuple[int, str]:
    """Open the act's page and send its form, through the last look when there is one."""
    shown = await web.get(city, path, actor=actor)
    assert shown.status_code == 200, shown.headers.get("location", shown.text[:500])
    data = {"_chave": key_in(shown.text), **fields}
    sent = await web.post(city, path, data, actor=actor)
    if sent.status_code == 200 and checked:
        assert "Confira antes de continuar" in sent.text
        sent = await web.post(city, path, {**data, "conferido": "sim"}, actor=actor)
    return sent.status_code, sent.text


async def test_the_whole_process(web: Web, city: City, clock: MovingClock) -> None:
    opened = await filed(city)
    await put(city, opened.id, "unsolved")
    office = f"/equipe/processos/{opened.number}/atos"
    firm = f"/fornecedor/processos/{opened.number}/atos"
    mine = f"/processos/{opened.number}/atos"
    done = (303, "")
    assert await do(web, city, ANALYST, f"{office}/open_complaint", texto="Persiste.") == done
    assert await do(web, city, ANALYST, f"{office}/notify_supplier", texto="Explique.") == done
    assert await do(web, city, SHOP, f"{firm}/file_defence", texto="Entregamos.") == done
    assert await state(city, opened.id) == ("defended", "")
    assert await do(web, city, ANA, f"{mine}/add_statement", texto="Não chegou.") == done
    assert await do(web, city, ANALYST, f"{office}/send_to_decision", texto="Parecer.") == done
    given = {"texto": "Procede.", "resultado": "FUND_NAO_ATENDIDA"}
    assert await do(web, city, AUTHORITY, f"{office}/decide", **given) == done
    assert await do(web, city, SHOP, f"{firm}/appeal", texto="Não concordamos.") == done
    assert await do(web, city, ANA, f"{mine}/counter_appeal", texto="Mantenham.") == done
    assert await do(web, city, AUTHORITY, f"{office}/decide_appeal", **given) == done
    assert await do(web, city, ANALYST, f"{office}/register") == done
    assert await do(web, city, ANALYST, f"{office}/archive", texto="Fim.") == done
    assert await state(city, opened.id) == ("closed", "FUND_NAO_ATENDIDA")
    async with city.scope() as tx:
        number = await tx.fetchval(
            "SELECT complaint_number FROM case_file WHERE id = $1", opened.id
        )
        codes = [
            row[0]
            for row in await tx.fetch(
                "SELECT code FROM filing WHERE case_id = $1 AND code <> '' ORDER BY filed_at",
                opened.id,
            )
        ]
        verdict = await verify_log(tx, opened.id)
    assert number == f"1/{clock().year}"
    assert codes == ["DEF", "MAN", "MT", "DEC1", "REC", "CRZ", "DEC2"]
    assert (verdict.entries, verdict.broken_at) == (12, 0)
    page = await web.get(city, f"/processos/{opened.number}", actor=ANA)
    for words in ("Reclamação fundamentada não atendida", "Não concordamos.", "Procede."):
        assert words.lower() in page.text.lower()


async def test_staff_see_who_is_told_before_it_leaves(web: Web, city: City) -> None:
    opened = await filed(city)
    await put(city, opened.id, "unsolved")
    path = f"/equipe/processos/{opened.number}/atos/open_complaint"
    status, text = await do(web, city, ANALYST, path, checked=False, texto="<b>Sim</b>")
    assert status == 200
    assert "ana@example.com" in text and "juridico@loja.example" in text
    assert "&lt;b&gt;Sim&lt;/b&gt;" in text
    assert await state(city, opened.id) == ("unsolved", "")


async def test_deadlines_pass_by_themselves(web: Web, city: City, clock: MovingClock) -> None:
    """No defence: revelia. No appeal: final. Nothing is done before the end."""
    opened = await filed(city)
    await put(city, opened.id, "complaint_open")
    office = f"/equipe/processos/{opened.number}/atos"
    await do(web, city, ANALYST, f"{office}/notify_supplier", texto="Explique.")
    await expire(city.db, city.tenant)
    assert await state(city, opened.id) == ("notified", "")
    clock.forward(days=45)
    await expire(city.db, city.tenant)
    assert await state(city, opened.id) == ("in_default", "")
    await do(web, city, ANALYST, f"{office}/send_to_decision", texto="Parecer.")
    given = {"texto": "Procede.", "resultado": "FUND_ATENDIDA"}
    await do(web, city, AUTHORITY, f"{office}/decide", **given)
    clock.forward(days=60)
    await expire(city.db, city.tenant)
    assert await state(city, opened.id) == ("final", "FUND_ATENDIDA")


async def test_a_late_defence_is_taken_and_marked(web: Web, city: City, clock: MovingClock) -> None:
    opened = await filed(city)
    await put(city, opened.id, "complaint_open")
    path = f"/equipe/processos/{opened.number}/atos/notify_supplier"
    await do(web, city, ANALYST, path, texto="Explique.")
    clock.forward(days=45)
    firm = f"/fornecedor/processos/{opened.number}/atos/file_defence"
    assert (await do(web, city, SHOP, firm, texto="Desculpem o atraso."))[0] == 303
    async with city.scope() as tx:
        late = await tx.fetchval(
            "SELECT late FROM filing WHERE case_id = $1 AND code = 'DEF'", opened.id
        )
    assert late is True
    assert await state(city, opened.id) == ("defended", "")


async def test_twice_the_same_form_is_one_act(web: Web, city: City) -> None:
    opened = await filed(city)
    await put(city, opened.id, "defended")
    path = f"/processos/{opened.number}/atos/add_statement"
    key = key_in((await web.get(city, path, actor=ANA)).text)
    for _ in range(2):
        sent = await web.post(city, path, {"_chave": key, "texto": "Uma vez."}, actor=ANA)
        assert sent.status_code == 303
    async with city.scope() as tx:
        assert await tx.fetchval("SELECT count(*) FROM filing") == 1
        log = await entries(tx, opened.id, internal=True)
    assert [entry.kind for entry in log] == ["case_opened", "case_moved"]


@pytest.mark.parametrize("text", ["", " \n\0 "])
async def test_an_empty_text_keeps_the_case_where_it_is(web: Web, city: City, text: str) -> None:
    opened = await filed(city)
    await put(city, opened.id, "decided")
    path = f"/processos/{opened.number}/atos/appeal"
    status, page = await do(web, city, ANA, path, texto=text)
    assert status == 422
    assert "Escreva: por que a decisão deve mudar." in page
    assert await state(city, opened.id) == ("decided", "")


async def test_who_decides_second_sees_what_happened(web: Web, city: City) -> None:
    opened = await filed(city)
    await put(city, opened.id, "for_decision")
    path = f"/equipe/processos/{opened.number}/atos/decide"
    key = key_in((await web.get(city, path, actor=AUTHORITY)).text)
    given = {"texto": "Procede.", "resultado": "FUND_ATENDIDA"}
    await do(web, city, staff("authority", name="Eva Sá"), path, **given)
    second = {"_chave": key, "texto": "Não procede.", "resultado": "NAO_FUNDAMENTADA"}
    late = await web.post(city, path, {**second, "conferido": "sim"}, actor=AUTHORITY)
    assert late.status_code == 409
    assert "Decidido, prazo de recurso" in late.text
    assert "Não procede." in late.text
    assert await state(city, opened.id) == ("decided", "FUND_ATENDIDA")


async def test_the_wrong_person_is_refused(web: Web, city: City, other: City) -> None:
    opened = await filed(city)
    await put(city, opened.id, "decided")
    path = f"/processos/{opened.number}/atos/appeal"
    stranger = citizen(cpf="11144477735", name="Outro")
    assert (await web.get(city, path, actor=stranger)).status_code == 403
    assert (await web.get(other, path, actor=ANA)).status_code == 404
    firm = f"/fornecedor/processos/{opened.number}/atos/appeal"
    assert (await web.get(city, firm, actor=ANA)).status_code == 403
    unknown = f"/processos/{opened.number}/atos/nada"
    assert (await web.get(city, unknown, actor=ANA)).status_code == 404
    systems = f"/processos/{opened.number}/atos/become_final"
    assert (await web.get(city, systems, actor=ANA)).status_code == 404


async def test_undoing_a_closure_brings_the_case_back(web: Web, city: City) -> None:
    opened = await filed(city)
    await put(city, opened.id, "unsolved")
    office = f"/equipe/processos/{opened.number}/atos"
    given = {"texto": "Não procede.", "resultado": "NAO_FUNDAMENTADA"}
    await do(web, city, ANALYST, f"{office}/close_unfounded", **given)
    assert await state(city, opened.id) == ("closed", "NAO_FUNDAMENTADA")
    await do(web, city, ANALYST, f"{office}/undo_closing", texto="Foi engano.")
    assert await state(city, opened.id) == ("unsolved", "")


async def test_a_returned_case_that_nobody_completes_ends(
    web: Web, city: City, clock: MovingClock
) -> None:
    opened = await filed(city)
    form = {"motivo": "Falta a nota."}
    await web.post(city, f"/equipe/processos/{opened.number}/devolver", form, actor=ANALYST)
    clock.forward(days=60)
    await expire(city.db, city.tenant)
    assert await state(city, opened.id) == ("closed", "CONSUMIDOR_NAO_RETORNOU")
