"""Many cases at once: look, do, undo; two people at once."""

from __future__ import annotations

import asyncio
import re
from uuid import UUID, uuid4

import pytest

from desk.desk_support import acts_of, colleague, indexed, words
from procon.auth.actor import Actor
from procon.cases.commands import assign, redirect_case, write_note
from procon.desk.texts.commands import save_macro
from procon.desk.texts.forms import MacroForm
from support.cities import SUPPLIER_EMAIL, City, MovingClock, filed, staff
from support.web import Web

Data = dict[str, object]


def hidden(page: str) -> Data:
    """The fields of the form that does it."""
    form = page[page.index('action="/equipe/lote/fazer"') :]
    form = form[: form.index("</form>")]
    found: Data = {}
    for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form):
        if name == "caso":
            found.setdefault("caso", []).append(value)  # type: ignore[attr-defined]  # a list
        else:
            found[name] = value
    return found


async def look(web: Web, city: City, actor: Actor, data: Data) -> str:
    """The preview, with its fields filled in."""
    page = await web.post(city, "/equipe/lote", {"conferir": "sim", **data}, actor=actor)
    assert page.status_code == 200, words(page.text)
    return page.text


async def do(web: Web, city: City, actor: Actor, data: Data) -> str:
    """Preview and confirm; the path of the result."""
    done = await web.post(
        city, "/equipe/lote/fazer", hidden(await look(web, city, actor, data)), actor=actor
    )
    assert done.status_code == 303
    return str(done.headers["Location"])


async def owners(city: City) -> dict[str, str]:
    async with city.scope() as tx:
        rows = await tx.fetch("SELECT number, assigned_name FROM case_file")
    return {row["number"]: row["assigned_name"] for row in rows}


async def test_assign_says_before_what_will_not_change(web: Web, city: City, other: City) -> None:
    me, caio = staff(), await colleague(city)
    first, ended, his = await filed(city), await filed(city), await filed(city)
    foreign = await filed(other)
    assert caio.account_id is not None
    async with city.scope() as tx:
        await redirect_case(tx, actor=me, case_id=ended.id, body="ANAC", reason="Voo.")
    async with city.scope() as tx:
        await assign(tx, actor=me, case_id=his.id, to=caio.account_id, to_name=caio.name)
    chosen = [str(one.id) for one in (first, ended, his, foreign)]
    data: Data = {"acao": "assign", "responsavel": str(caio.account_id), "caso": chosen}
    page = await look(web, city, me, data)
    read = words(page)
    assert "3 processos escolhidos" in read
    assert "1 processo vai mudar" in read
    assert "2 processos não vão mudar" in read
    assert f"{ended.number} Ana Souza contra Loja Exemplo: já terminou" in read
    assert f"{his.number} Ana Souza contra Loja Exemplo: já é de Caio Reis" in read
    assert await owners(city) == {first.number: "", ended.number: "", his.number: "Caio Reis"}
    where = await do(web, city, me, data)
    assert await owners(city) == {
        first.number: "Caio Reis",
        ended.number: "",
        his.number: "Caio Reis",
    }
    read = words((await web.get(city, where, actor=me)).text)
    assert "Passar para Caio Reis: 1 processo mudou" in read
    assert f"{ended.number} : Este processo já terminou." in read
    assert (await web.get(other, where, actor=staff())).status_code == 404


async def test_undo_touches_only_what_is_unchanged(web: Web, city: City, other: City) -> None:
    me, caio = staff(), await colleague(city)
    before = await colleague(city, "Eva Nunes")
    assert before.account_id is not None
    plain, owned, moved = [await filed(city) for _ in range(3)]
    async with city.scope() as tx:
        await assign(tx, actor=me, case_id=owned.id, to=before.account_id, to_name=before.name)
    ids = [str(one.id) for one in (plain, owned, moved)]
    where = await do(
        web, city, me, {"acao": "assign", "responsavel": str(caio.account_id), "caso": ids}
    )
    async with city.scope() as tx:
        await write_note(tx, actor=caio, case_id=moved.id, text="Já liguei.")
    foreign = await web.post(other, f"{where}/desfazer", actor=staff())
    assert foreign.status_code == 404
    not_mine = await web.post(city, f"{where}/desfazer", actor=staff(name="Davi Melo"))
    assert not_mine.status_code == 403
    undone = await web.post(city, f"{where}/desfazer", actor=me)
    assert undone.status_code == 303
    assert await owners(city) == {
        plain.number: "",
        owned.number: "Eva Nunes",
        moved.number: "Caio Reis",
    }
    read = words((await web.get(city, where, actor=me)).text)
    assert f"{moved.number} : mudou depois, ficou como está" in read
    assert f"{plain.number} : desfeito" in read
    again = await web.post(city, f"{where}/desfazer", actor=me)
    assert again.status_code == 409
    assert await acts_of(city, plain.id) == ["case_opened", "case_assigned", "act_recorded"]


async def test_undo_ends_after_ten_minutes(web: Web, city: City, clock: MovingClock) -> None:
    me, case = staff(), await filed(city)
    where = await do(web, city, me, {"acao": "tag", "etiqueta": "Mutirão", "caso": str(case.id)})
    clock.forward(minutes=9, seconds=50)
    assert "Você pode desfazer até" in words((await web.get(city, where, actor=me)).text)
    clock.forward(seconds=20)
    late = await web.post(city, f"{where}/desfazer", actor=me)
    assert late.status_code == 409
    async with city.scope() as tx:
        assert await tx.fetchval("SELECT tag FROM case_tag") == "mutirão"


async def test_a_note_is_never_erased_but_said_to_be_wrong(web: Web, city: City) -> None:
    me, case = staff(), await filed(city)
    where = await do(web, city, me, {"acao": "note", "nota": "Ligar\n<b>", "caso": str(case.id)})
    assert (await web.post(city, f"{where}/desfazer", actor=me)).status_code == 303
    assert await acts_of(city, case.id) == ["case_opened", "note_written", "act_recorded"]
    page = await web.get(city, f"/equipe/processos/{case.number}", actor=me)
    assert "Bia Lima desfez a nota escrita em lote em" in words(page.text)


async def test_the_same_click_twice_does_it_once(web: Web, city: City) -> None:
    me, case = staff(), await filed(city)
    fields = hidden(await look(web, city, me, {"acao": "note", "nota": "x", "caso": str(case.id)}))
    both = await asyncio.gather(
        *(web.post(city, "/equipe/lote/fazer", fields, actor=me) for _ in range(2))
    )
    assert {one.status_code for one in both} == {303}
    assert len({one.headers["Location"] for one in both}) == 1
    assert (await acts_of(city, case.id)).count("note_written") == 1


async def test_two_people_on_the_same_cases(web: Web, city: City) -> None:
    """Neither waits for the other forever, and each is told what became of the cases."""
    caio, eva = await colleague(city), await colleague(city, "Eva Nunes")
    cases = [await filed(city) for _ in range(6)]
    ids = [str(case.id) for case in cases]
    looks = [
        hidden(
            await look(
                web,
                city,
                actor,
                {"acao": "assign", "responsavel": str(actor.account_id), "caso": order},
            )
        )
        for actor, order in ((caio, ids), (eva, ids[::-1]))
    ]
    done = await asyncio.gather(
        *(
            web.post(city, "/equipe/lote/fazer", fields, actor=actor)
            for fields, actor in zip(looks, (caio, eva), strict=True)
        )
    )
    assert [one.status_code for one in done] == [303, 303]
    assert len(set((await owners(city)).values())) == 1


async def test_moving_along_the_procedure_names_the_recipients(web: Web, city: City) -> None:
    me = staff()
    cases = [await filed(city), await filed(city)]
    async with city.scope() as tx:
        await redirect_case(tx, actor=me, case_id=cases[1].id, body="ANAC", reason="Voo.")
    data: Data = {
        "acao": "move",
        "ato": "withdraw",
        "texto": "O consumidor desistiu por telefone.",
        "caso": [str(case.id) for case in cases],
    }
    offered = await look(web, city, me, data)
    read = words(offered)
    assert "1 processo vai mudar" in read
    assert "1 processo não vai mudar" in read
    assert "Isto avisa as partes e não dá para desfazer." in read
    where = await do(web, city, me, data)
    assert await acts_of(city, cases[0].id) == ["case_opened", "case_moved"]
    assert await acts_of(city, cases[1].id) == ["case_opened", "case_redirected"]
    assert (await web.post(city, f"{where}/desfazer", actor=me)).status_code == 409


async def test_cips_go_only_to_companies_that_can_be_told(web: Web, city: City) -> None:
    me = staff()
    cases = [await filed(city), await filed(city, supplier_name="Sem E-mail", cnpj=None)]
    async with city.scope() as tx:
        await tx.execute("UPDATE supplier SET email = '' WHERE name = 'Sem E-mail'")
    data: Data = {"acao": "cip", "caso": [str(case.id) for case in cases]}
    read = words(await look(web, city, me, data))
    assert "a empresa não tem e-mail: emita este pela página do processo" in read
    assert f"Empresa: Loja Exemplo ({SUPPLIER_EMAIL})" in read
    assert "Isto avisa as partes e não dá para desfazer." in read
    where = await do(web, city, me, data)
    assert await acts_of(city, cases[0].id) == ["case_opened", "cip_issued"]
    assert await acts_of(city, cases[1].id) == ["case_opened"]
    assert (await web.post(city, f"{where}/desfazer", actor=me)).status_code == 409


async def test_a_macro_does_all_of_it_and_undoes_all_of_it(web: Web, city: City) -> None:
    me, caio, case = staff(), await colleague(city), await filed(city)
    async with city.scope() as tx:
        form = MacroForm("Mutirão", "Levar ao mutirão.", str(caio.account_id), "mutirao")
        await save_macro(tx, actor=me, macro=form, macro_id=None)
        macro_id: UUID = await tx.fetchval("SELECT id FROM macro")
    where = await do(web, city, me, {"acao": "macro", "macro": str(macro_id), "caso": str(case.id)})
    assert await owners(city) == {case.number: "Caio Reis"}
    assert await acts_of(city, case.id) == ["case_opened", "case_assigned", "note_written"]
    await web.post(city, f"{where}/desfazer", actor=me)
    assert await owners(city) == {case.number: ""}
    async with city.scope() as tx:
        assert await tx.fetch("SELECT tag FROM case_tag") == []


async def test_a_macro_of_somebody_who_left_says_so(web: Web, city: City) -> None:
    me, case = staff(), await filed(city)
    async with city.scope() as tx:
        form = MacroForm("Antiga", "", str(uuid4()), "velha")
        await save_macro(tx, actor=me, macro=form, macro_id=None)
        macro_id: UUID = await tx.fetchval("SELECT id FROM macro")
    where = await do(web, city, me, {"acao": "macro", "macro": str(macro_id), "caso": str(case.id)})
    read = words((await web.get(city, where, actor=me)).text)
    assert "A pessoa da macro “Antiga” não faz mais parte da equipe." in read
    async with city.scope() as tx:
        assert await tx.fetch("SELECT tag FROM case_tag") == []


async def test_everything_that_a_filter_finds(web: Web, city: City, other: City) -> None:
    me = staff()
    cases = [await filed(city, narrative="Sem luz."), await filed(city, narrative="Sem gás.")]
    await filed(other, narrative="Sem luz.")
    await indexed(city, other)
    data: Data = {"acao": "tag", "etiqueta": "luz", "todos": "sim", "filtro": "texto=luz"}
    await do(web, city, me, data)
    async with city.scope() as tx:
        assert [row[0] for row in await tx.fetch("SELECT case_id FROM case_tag")] == [cases[0].id]
    async with other.scope() as tx:
        assert await tx.fetch("SELECT case_id FROM case_tag") == []


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"acao": "assign", "responsavel": "x"}, "Escolha quem fica responsável."),
        ({"acao": "tag", "etiqueta": " , "}, "Escreva a etiqueta."),
        ({"acao": "note", "nota": "\0"}, "Escreva a nota."),
        ({"acao": "macro", "macro": ""}, "Escolha uma macro."),
        ({"acao": "move", "ato": "decide"}, "Escolha o ato."),
        ({"acao": "destruir"}, "Escolha o que fazer."),
    ],
)
async def test_an_incomplete_act_is_asked_again(
    web: Web, city: City, data: Data, sentence: str
) -> None:
    case = await filed(city)
    page = await web.post(
        city, "/equipe/lote", {"conferir": "sim", "caso": str(case.id), **data}, actor=staff()
    )
    assert page.status_code == 422
    assert sentence in words(page.text)
    forged = {"caso": str(case.id), "_chave": uuid4().hex, **data}
    assert (await web.post(city, "/equipe/lote/fazer", forged, actor=staff())).status_code == 422
    assert await acts_of(city, case.id) == ["case_opened"]


async def test_nothing_ticked_and_not_allowed(web: Web, city: City) -> None:
    for caso in ("", "x", str(uuid4())):
        page = await web.post(city, "/equipe/lote", {"acao": "tag", "caso": caso}, actor=staff())
        assert page.headers["Location"] == "/equipe/processos"
    denied = await web.post(city, "/equipe/lote", {"acao": "tag"}, actor=staff("attendant"))
    assert denied.status_code == 403


async def test_letters_are_handed_to_the_letters_page(web: Web, city: City) -> None:
    case = await filed(city)
    page = await web.post(
        city, "/equipe/lote", {"acao": "letters", "caso": str(case.id)}, actor=staff()
    )
    assert 'action="/equipe/cartas/lotes"' in page.text
    assert f'name="processos" value="{case.number}"' in page.text
    model = re.search(r'<option value="(\w+)"', page.text)
    assert model is not None
    asked = await web.post(
        city,
        "/equipe/cartas/lotes",
        {"processos": case.number, "modelo": model[1]},
        actor=staff(),
    )
    assert asked.status_code == 200
    assert case.number in words(asked.text)
