"""The staff's page of a case, and every act on it."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from desk.desk_support import acts_of, colleague, words
from procon.answers.commands import rate_answer, submit_answer
from procon.cases.commands import complete_case, issue_cip
from procon.cases.queries import CaseDetail, detail_by_id
from procon.tenancy.keys import schema_name
from procon.tenancy.scope import Database, raw_scope
from support.cities import City, citizen, filed, staff, supplier
from support.web import Web

ACTS = ("assumir", "distribuir", "nota", "devolver", "encaminhar", "fornecedor-email", "cip")


async def detail(city: City, case_id: object) -> CaseDetail:
    async with city.scope() as tx:
        found = await detail_by_id(tx, case_id)  # type: ignore[arg-type]  # always the id
    assert found is not None
    return found


async def test_the_whole_case(web: Web, city: City) -> None:
    me, case = staff(), await filed(city)
    async with city.scope() as tx:
        await issue_cip(tx, actor=me, case_id=case.id)
    async with city.scope() as tx:
        await submit_answer(
            tx, actor=supplier(), case_id=case.id, text="Vamos\nentregar.", idempotency_key="a"
        )
    async with city.scope() as tx:
        await rate_answer(
            tx, actor=citizen(), case_id=case.id, solved=False, stars=2, why="Não veio."
        )
    page = await web.get(city, f"/equipe/processos/{case.number}", actor=me)
    assert page.status_code == 200
    read = words(page.text)
    for sentence in (
        f"Processo {case.number}",
        "Não resolvido, em análise no Procon",
        "A loja não entregou a geladeira.",
        "Assunto Eletrodoméstico",
        "O que o consumidor pede Receber a geladeira.",
        "Vamos entregar.",
        "Problema não resolvido , nota 2 de 5",
        "CPF ***.982.247-**",
        "Mostrar o CPF completo 529.982.247-25",
        "CNPJ 11.222.333/0001-81",
        "A reclamação contra Loja Exemplo foi registrada pela internet.",
        "Quem Bia Lima (equipe do Procon)",
        "O consumidor disse que o problema não foi resolvido e deu nota 2 de 5.",
    ):
        assert sentence in read
    assert "Emitir a CIP" not in read
    assert "Abrir a reclamação" in read


async def test_take_and_loser_learns_who_has_it(web: Web, city: City) -> None:
    case, path = await filed(city), ""
    path = f"/equipe/processos/{case.number}"
    first, second = staff(name="Bia Lima"), staff(name="Davi Melo")
    taken = await web.post(city, f"{path}/assumir", {"visto": ""}, actor=first)
    assert (taken.status_code, taken.headers["Location"]) == (303, path)
    late = await web.post(city, f"{path}/assumir", {"visto": ""}, actor=second)
    assert late.status_code == 409
    read = words(late.text)
    assert "Outra pessoa da equipe ficou responsável antes." in read
    assert "por Bia Lima (equipe do Procon): Bia Lima ficou responsável pelo processo." in read
    assert (await detail(city, case.id)).assigned_to == first.account_id
    again = await web.post(city, f"{path}/assumir", {"visto": ""}, actor=first)
    assert again.status_code == 303
    assert await acts_of(city, case.id) == ["case_opened", "case_assigned"]


async def test_hand_over_to_a_colleague(web: Web, city: City, other: City) -> None:
    case = await filed(city)
    path = f"/equipe/processos/{case.number}"
    caio, foreign = await colleague(city), await colleague(other, "Eva Nunes")
    me = staff()
    shown = await web.get(city, path, actor=me)
    assert f'<option value="{caio.account_id}">Caio Reis</option>' in shown.text
    assert "Eva Nunes" not in shown.text
    wrong = await web.post(
        city, f"{path}/distribuir", {"responsavel": str(foreign.account_id)}, actor=me
    )
    assert wrong.status_code == 422
    assert "Escolha alguém da equipe." in words(wrong.text)
    done = await web.post(
        city, f"{path}/distribuir", {"responsavel": str(caio.account_id)}, actor=me
    )
    assert done.status_code == 303
    assert (await detail(city, case.id)).assigned_name == "Caio Reis"


async def test_note_is_escaped_internal_and_written_once(web: Web, city: City) -> None:
    case = await filed(city)
    path = f"/equipe/processos/{case.number}"
    me = staff("conciliator")
    for _ in range(2):
        text = "Ligar <script>alert(1)</script>\namanhã"
        assert (await web.post(city, f"{path}/nota", {"nota": text}, actor=me)).status_code == 303
    page = await web.get(city, path, actor=me)
    assert "Bia Lima: Ligar &lt;script&gt;alert(1)&lt;/script&gt;<br>amanhã" in page.text
    assert "Interno: só a equipe vê" in words(page.text)
    assert await acts_of(city, case.id) == ["case_opened", "note_written"]


async def test_return_to_the_consumer(web: Web, city: City) -> None:
    case = await filed(city)
    path, me = f"/equipe/processos/{case.number}", staff("attendant")
    shown = words((await web.get(city, path, actor=me)).text)
    assert shown.count("Quem recebe: Ana Souza (ana@example.com).") == 2
    empty = await web.post(city, f"{path}/devolver", {"motivo": " "}, actor=me)
    assert empty.status_code == 422
    assert "<title>Erro: " in empty.text
    assert 'href="#motivo"' in empty.text
    assert "Escreva o que falta. O consumidor vai ler este texto." in words(empty.text)
    done = await web.post(city, f"{path}/devolver", {"motivo": "Envie a nota."}, actor=me)
    assert done.status_code == 303
    assert (await detail(city, case.id)).status == "returned"
    twice = await web.post(city, f"{path}/devolver", {"motivo": "Envie <o> recibo."}, actor=me)
    assert twice.status_code == 409
    assert "Este processo mudou de etapa enquanto você decidia." in words(twice.text)
    assert "Você tinha escrito: Envie <o> recibo." in words(twice.text)
    assert "O Procon pediu ao consumidor o que faltava, até" in words(twice.text)
    async with city.scope() as tx:
        await complete_case(tx, actor=citizen(), case_id=case.id, text="Aqui está.")
    assert "O consumidor enviou o que faltava." in words((await web.get(city, path, actor=me)).text)


async def test_redirect_to_another_body(web: Web, city: City) -> None:
    case = await filed(city)
    path, me = f"/equipe/processos/{case.number}/encaminhar", staff()
    wrong = await web.post(
        city, path, {"orgao": "procon", "qual_orgao": "", "explicacao": "É lá."}, actor=me
    )
    assert wrong.status_code == 422
    assert "Escreva o nome do órgão ou da cidade." in words(wrong.text)
    assert ">\nÉ lá.</textarea>" in wrong.text
    form = {"orgao": "procon", "qual_orgao": "Jundiaí", "explicacao": "A loja é de lá."}
    assert (await web.post(city, path, form, actor=me)).status_code == 303
    found = await detail(city, case.id)
    assert (found.status, found.outcome) == ("redirected", "INCOMPETENCIA")
    shown = words((await web.get(city, f"/equipe/processos/{case.number}", actor=me)).text)
    assert "O Procon encaminhou o consumidor a quem pode ajudar: Procon de Jundiaí." in shown


async def test_cip_is_explained_before_it_is_issued(web: Web, city: City) -> None:
    case = await filed(city)
    path, me = f"/equipe/processos/{case.number}", staff()
    before = words((await web.get(city, f"{path}/cip", actor=me)).text)
    assert "Contamos 10 dias corridos a partir de" in before
    assert await acts_of(city, case.id) == ["case_opened"]
    assert (await web.post(city, f"{path}/cip", actor=me)).status_code == 303
    found = await detail(city, case.id)
    assert found.status == "cip_issued"
    assert found.deadline is not None
    assert found.deadline.explanation in before
    late = await web.post(city, f"{path}/cip", actor=staff(name="Davi Melo"))
    assert late.status_code == 409
    assert "por Bia Lima (equipe do Procon): O Procon avisou Loja Exemplo" in words(late.text)
    again = await web.get(city, f"{path}/cip", actor=me)
    assert again.status_code == 409
    assert "A CIP não pode ser emitida nesta etapa." in words(again.text)


async def test_cip_without_email_must_be_wanted(web: Web, city: City) -> None:
    case = await filed(city)
    path, me = f"/equipe/processos/{case.number}", staff()
    async with city.scope() as tx:
        await tx.execute("UPDATE supplier SET email = ''")
    refused = await web.post(city, f"{path}/cip", actor=me)
    assert refused.status_code == 422
    assert 'href="#sem_email"' in refused.text
    assert (await detail(city, case.id)).status == "triage"
    bad = await web.post(city, f"{path}/fornecedor-email", {"email_empresa": "x"}, actor=me)
    assert bad.status_code == 422
    good = {"email_empresa": "sac@loja.example"}
    assert (await web.post(city, f"{path}/fornecedor-email", good, actor=me)).status_code == 303
    assert (await detail(city, case.id)).supplier_email == "sac@loja.example"
    async with city.scope() as tx:
        await tx.execute("UPDATE supplier SET email = ''")
    wanted = await web.post(city, f"{path}/cip", {"sem_email": "sim"}, actor=me)
    assert wanted.status_code == 303
    assert (await detail(city, case.id)).status == "cip_issued"


async def test_two_deciding_at_once_one_wins(web: Web, city: City) -> None:
    case = await filed(city)
    path = f"/equipe/processos/{case.number}"
    answers = await asyncio.gather(
        web.post(city, f"{path}/cip", actor=staff(name="Bia Lima")),
        web.post(city, f"{path}/devolver", {"motivo": "Falta."}, actor=staff(name="Davi Melo")),
    )
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert len(await acts_of(city, case.id)) == 2


@pytest.mark.parametrize("act", ACTS)
async def test_the_other_citys_case_is_not_found(
    web: Web, city: City, other: City, act: str
) -> None:
    await filed(city)
    foreign = await filed(other)
    foreign = await filed(other)  # its number is free here
    path = f"/equipe/processos/{foreign.number}"
    filled = {"nota": "x", "motivo": "x", "orgao": "ans", "explicacao": "x", "visto": ""}
    answer = await web.post(city, f"{path}/{act}", filled, actor=staff())
    assert answer.status_code == 404
    assert (await web.get(city, path, actor=staff())).status_code == 404
    assert await acts_of(other, foreign.id) == ["case_opened"]


@pytest.mark.parametrize(
    ("act", "roles"),
    [(act, role) for act in ACTS for role in ("conciliator", "inspector") if act != "nota"]
    + [("cip", "attendant"), ("cip", "cityadmin")],
)
async def test_the_wrong_role_may_not(web: Web, city: City, act: str, roles: str) -> None:
    case = await filed(city)
    answer = await web.post(city, f"/equipe/processos/{case.number}/{act}", actor=staff(roles))
    assert answer.status_code == 403
    assert await acts_of(city, case.id) == ["case_opened"]


@pytest.mark.parametrize("actor", [citizen(), supplier()])
async def test_the_parties_do_not_come_in_here(web: Web, city: City, actor: object) -> None:
    case = await filed(city)
    for path in ("", "/verificar", "/cip"):
        found = await web.get(city, f"/equipe/processos/{case.number}{path}", actor=actor)  # type: ignore[arg-type]  # an Actor
        assert found.status_code == 403


async def test_only_what_may_be_done_is_offered(web: Web, city: City) -> None:
    case = await filed(city)
    path = f"/equipe/processos/{case.number}"
    for role, offered in (
        (
            "analyst",
            ["assumir", "devolver", "encaminhar", "fornecedor-email", "nota", "distribuir"],
        ),
        ("conciliator", ["nota"]),
    ):
        page = await web.get(city, path, actor=staff(role))
        shown = [act for act in ACTS if f'action="{path}/{act}"' in page.text]
        assert sorted(shown) == sorted(offered)
        assert (f'href="{path}/cip"' in page.text) == (role == "analyst")


async def test_verify_says_whether_the_log_is_whole(web: Web, city: City) -> None:
    case = await filed(city)
    path, me = f"/equipe/processos/{case.number}", staff()
    await web.post(city, f"{path}/nota", {"nota": "Conferido."}, actor=me)
    whole = words((await web.get(city, f"{path}/verificar", actor=me)).text)
    assert "O histórico está intacto" in whole
    assert "Conferimos 2 registros" in whole


async def test_verify_finds_the_first_changed_entry(web: Web, city: City, owner: Database) -> None:
    case, me = await filed(city), staff()
    path = f"/equipe/processos/{case.number}"
    for text in ("Um.", "Dois."):
        await web.post(city, f"{path}/nota", {"nota": text}, actor=me)
    async with raw_scope(owner) as connection:
        await connection.execute(
            f'UPDATE "{schema_name(city.slug)}".case_log SET payload ='
            " replace(payload, 'Um.', 'Uns.') WHERE seq = 2"
        )
    broken = words((await web.get(city, f"{path}/verificar", actor=me)).text)
    assert "O histórico não confere" in broken
    assert f"A partir do registro nº 2, o histórico do processo {case.number} não está" in broken


async def test_files_stand_with_the_complaint_or_the_answer(web: Web, city: City) -> None:
    case, me = await filed(city), staff()
    async with city.scope() as tx:
        await issue_cip(tx, actor=me, case_id=case.id)
    async with city.scope() as tx:
        answer = await submit_answer(
            tx, actor=supplier(), case_id=case.id, text="Segue.", idempotency_key="a"
        )
        for name, attached_to in (("nota.pdf", case.id), ("<b>.pdf", answer.answer_id)):
            await tx.execute(
                "INSERT INTO evidence_file (id, owner_kind, owner_id, case_id, attached_to,"
                " object_key, name, declared_size, size, sha256, media_type, state, uploaded_by,"
                " created_at, attached_at) VALUES ($1, 'case', $1, $2, $3, $4, $4, 9, 9, $5,"
                " 'application/pdf', 'kept', 'citizen:', $6, $6)",
                uuid4(),
                case.id,
                attached_to,
                name,
                "a" * 64,
                tx.now,
            )
    page = await web.get(city, f"/equipe/processos/{case.number}", actor=me)
    complaint, given = page.text.split("Resposta da empresa</h2>")
    assert ("nota.pdf" in complaint, "nota.pdf" in given) == (True, False)
    assert ("&lt;b&gt;.pdf" in complaint, "&lt;b&gt;.pdf" in given) == (False, True)
