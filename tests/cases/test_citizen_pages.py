"""The consumer's pages, as a person reads them."""

from __future__ import annotations

from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest

from cases.cases_support import (
    HOSTILE,
    answered,
    errors_of,
    events_of,
    issued,
    next_step,
    returned,
    status_of,
    words,
)
from procon.answers.commands import rate_answer
from procon.cases.commands import expire_due, redirect_case, write_note
from procon.cases.moves import move
from procon.portal.render import date_and_hour
from procon.settings import Settings
from support.cities import CPF_OTHER, City, MovingClock, citizen, filed, staff, supplier
from support.web import Web

GOOD = {"resolvido": "sim", "nota": "5", "motivo": "Entregaram."}


def said(when, city: City) -> str:
    return date_and_hour(when, ZoneInfo(city.tenant.timezone))


async def test_my_account_lists_only_ones_own_cases(web: Web, city: City, other: City) -> None:
    mine = await filed(city, supplier_name="Loja da Ana", cnpj=None)
    await filed(city, actor=citizen(CPF_OTHER, "Rui Dias"), supplier_name="Loja do Rui", cnpj=None)
    await filed(other, supplier_name="Loja de Fora", cnpj=None)
    for path in ("/minha-conta", "/processos"):
        page = await web.get(city, path, actor=citizen())
        assert page.status_code == 200
        assert page.headers["Cache-Control"] == "no-store"
        text = words(page.text)
        assert f"Loja da Ana , processo {mine.number}" in text
        assert "Em análise no Procon" in text
        assert "Loja do Rui" not in text and "Loja de Fora" not in text


async def test_an_empty_account_says_where_to_begin(web: Web, city: City) -> None:
    text = words((await web.get(city, "/minha-conta", actor=citizen())).text)
    assert text == (
        "Minhas reclamações Você ainda não tem reclamações neste Procon. Se você reclamou em um"
        " posto de atendimento, entre com a conta gov.br do mesmo CPF que informou lá."
        " Fazer uma reclamação"
    )


async def test_each_state_says_what_happens_whose_turn_it_is_and_until_when(
    web: Web, city: City, settings: Settings
) -> None:
    case, path = await filed(city), ""
    path = f"/processos/{case.number}"
    body = city.tenant.name
    assert next_step((await web.get(city, path, actor=citizen())).text) == (
        "O que acontece agora O Procon vai ler a sua reclamação Se estiver tudo certo, avisamos a"
        " empresa e começa o prazo dela para responder. Se faltar algo, pedimos a você. A cada"
        f" passo, avisamos por e-mail. De quem é a vez {body}"
        " Até quando O prazo começa quando avisarmos a empresa"
    )
    deadline = await issued(city, case, settings)
    page = (await web.get(city, path, actor=citizen())).text
    assert next_step(page) == (
        "O que acontece agora A empresa precisa responder Enviamos a sua reclamação a Loja"
        " Exemplo. Quando a resposta chegar, avisamos por e-mail e você lê aqui."
        f" De quem é a vez Loja Exemplo Até quando {said(deadline.due_at, city)}"
    )
    assert deadline.explanation in words(page)
    assert words(page, r"<ol class=\"govuk-list\">.*?</ol>").count("º dia") == 10
    await answered(city, case)
    page = (await web.get(city, path, actor=citizen())).text
    assert next_step(page).startswith(
        "O que acontece agora Leia a resposta e diga se resolveu Se o problema foi resolvido"
    )
    assert "De quem é a vez Você Até quando " in next_step(page)


async def test_the_consumer_reads_the_answer_and_rates_it(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    path = f"/processos/{case.number}"
    await issued(city, case, settings)
    await answered(city, case, "Entregamos amanhã.\nDesculpe.")
    page = (await web.get(city, path, actor=citizen())).text
    assert "Entregamos amanhã.<br>Desculpe." in page
    done = await web.post(city, f"{path}/avaliar", GOOD, actor=citizen())
    assert (done.status_code, done.headers["Location"]) == (303, path)
    assert await status_of(city, case) == ("closed", "RESOLVIDA")
    page = (await web.get(city, path, actor=citizen())).text
    assert next_step(page) == (
        "O que acontece agora Problema resolvido, processo encerrado Você não precisa fazer mais"
        " nada. O processo continua aqui para consulta."
    )
    assert "O problema foi resolvido? Sim Nota 5 de 5 Motivo Entregaram." in words(page)
    assert "/avaliar" not in page


@pytest.mark.parametrize(
    ("form", "errors"),
    [
        (
            {},
            [
                ("resolvido", "Diga se o problema foi resolvido."),
                ("nota", "Escolha uma nota de 1 a 5."),
            ],
        ),
        ({"resolvido": "sim", "nota": "6"}, [("nota", "Escolha uma nota de 1 a 5.")]),
        (
            {"resolvido": "nao", "nota": "1", "motivo": " \u200b\n "},
            [("motivo", "Conte em poucas palavras o que ficou sem solução.")],
        ),
        (
            {"resolvido": "sim", "nota": "1", "motivo": "a" * 2001},
            [("motivo", "O motivo pode ter até 2.000 caracteres.")],
        ),
    ],
)
async def test_a_rating_that_cannot_be_used_changes_nothing(
    web: Web, city: City, settings: Settings, form: dict[str, str], errors: list[tuple[str, str]]
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    await answered(city, case)
    page = await web.post(city, f"/processos/{case.number}/avaliar", form, actor=citizen())
    assert page.status_code == 422
    assert errors_of(page.text) == errors
    assert "<title>Erro: Processo" in page.text
    assert await status_of(city, case) == ("answered", "")


async def test_a_wrong_rating_keeps_what_was_typed(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    await answered(city, case)
    form = {"resolvido": "nao", "motivo": HOSTILE}
    page = (await web.post(city, f"/processos/{case.number}/avaliar", form, actor=citizen())).text
    assert 'value="nao" checked' in page
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; {{ 7*7 }}" in page
    assert "<script>alert" not in page


async def test_rating_twice_keeps_the_first_verdict(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    path = f"/processos/{case.number}"
    await issued(city, case, settings)
    await answered(city, case)
    await web.post(city, f"{path}/avaliar", GOOD, actor=citizen())
    async with await web.client(city, citizen()) as browser:
        second = {"resolvido": "nao", "nota": "1", "motivo": "Mudei."}
        again = await browser.post(f"{path}/avaliar", data=second)
        assert (again.status_code, again.headers["Location"]) == (303, path)
        page = words((await browser.get(path)).text)
    assert "Este processo já mudou de etapa. Veja abaixo como ele está agora." in page
    assert "O problema foi resolvido? Sim Nota 5 de 5" in page
    assert await status_of(city, case) == ("closed", "RESOLVIDA")


async def test_unrated_is_never_called_solved(
    web: Web, city: City, settings: Settings, clock: MovingClock
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    await answered(city, case)
    clock.forward(days=40)
    async with city.scope() as tx:
        assert await expire_due(tx) == 1
    page = (await web.get(city, f"/processos/{case.number}", actor=citizen())).text
    assert next_step(page) == (
        "O que acontece agora Processo encerrado sem avaliação O prazo para avaliar terminou. Isso"
        " não quer dizer que o problema foi resolvido. Se ele continua, faça uma nova reclamação"
        " ou fale com o Procon."
    )
    assert await status_of(city, case) == ("closed", "SEM_AVALIACAO")


async def test_what_is_missing_is_asked_and_sent(web: Web, city: City) -> None:
    case = await filed(city)
    path = f"/processos/{case.number}"
    deadline = await returned(city, case, "Envie a <b>nota</b> fiscal.")
    page = (await web.get(city, path, actor=citizen())).text
    assert next_step(page) == (
        "O que acontece agora Falta algo na sua reclamação Escreva abaixo o que o Procon pediu."
        " Depois disso, a análise continua de onde parou. De quem é a vez Você"
        f" Até quando {said(deadline.due_at, city)}"
    )
    assert "Envie a &lt;b&gt;nota&lt;/b&gt; fiscal." in page
    empty = await web.post(city, f"{path}/completar", {"texto": " "}, actor=citizen())
    assert (empty.status_code, errors_of(empty.text)) == (
        422,
        [("texto", "Escreva o que o Procon pediu.")],
    )
    sent = await web.post(city, f"{path}/completar", {"texto": "Aqui está."}, actor=citizen())
    assert (sent.status_code, sent.headers["Location"]) == (303, path)
    assert await status_of(city, case) == ("triage", "")
    assert await events_of(city, case) == ["case_opened", "case_returned", "case_completed"]
    again = await web.post(city, f"{path}/completar", {"texto": "De novo."}, actor=citizen())
    assert again.status_code == 303
    assert len(await events_of(city, case)) == 3


async def test_after_the_deadline_the_case_can_still_be_completed(
    web: Web, city: City, clock: MovingClock
) -> None:
    case = await filed(city)
    await returned(city, case)
    clock.forward(days=40)
    page = (await web.get(city, f"/processos/{case.number}", actor=citizen())).text
    assert "O prazo terminou, mas ainda dá para completar" in next_step(page)
    sent = await web.post(
        city, f"/processos/{case.number}/completar", {"texto": "Agora."}, actor=citizen()
    )
    assert (sent.status_code, await status_of(city, case)) == (303, ("triage", ""))


async def test_a_redirected_case_names_the_body_that_helps(web: Web, city: City) -> None:
    case = await filed(city)
    async with city.scope() as tx:
        await redirect_case(
            tx, actor=staff(), case_id=case.id, body="Anatel", reason="É sobre sinal de rede."
        )
    page = (await web.get(city, f"/processos/{case.number}", actor=citizen())).text
    assert next_step(page) == (
        "O que acontece agora Quem pode ajudar você é outro órgão: Anatel É sobre sinal de rede."
        " De quem é a vez Você"
    )


async def test_the_staffs_notes_never_show(web: Web, city: City, settings: Settings) -> None:
    case = await filed(city)
    async with city.scope() as tx:
        await write_note(tx, actor=staff(), case_id=case.id, text="Consumidor nervoso.")
    await issued(city, case, settings)
    for path, actor in (
        (f"/processos/{case.number}", citizen()),
        (f"/fornecedor/processos/{case.number}", supplier()),
    ):
        page = await web.get(city, path, actor=actor)
        assert page.status_code == 200
        assert "nervoso" not in page.text


async def test_hostile_text_is_shown_as_text(web: Web, city: City) -> None:
    case = await filed(city, narrative=HOSTILE)
    page = (await web.get(city, f"/processos/{case.number}", actor=citizen())).text
    assert "<script>alert" not in page
    assert f"O que você contou {HOSTILE} O que você quer" in words(page)


async def test_who_may_open_a_case(web: Web, city: City, other: City, settings: Settings) -> None:
    case = await filed(city)
    path = f"/processos/{case.number}"
    rival = citizen(CPF_OTHER, "Rui Dias")
    nobody = await web.get(city, path)
    assert (nobody.status_code, nobody.headers["Location"]) == (
        303,
        f"/entrar?voltar={quote(path, safe='')}",
    )
    assert (await web.get(city, path, actor=rival)).status_code == 403
    assert (await web.get(other, path, actor=citizen())).status_code == 404
    assert (await web.get(city, "/processos/2026.000001-9", actor=citizen())).status_code == 404
    assert (await web.get(city, "/minha-conta", actor=supplier())).status_code == 403
    for actor, home in ((staff(), "/equipe"), (supplier(), "/fornecedor")):
        sent = await web.get(city, path, actor=actor)
        assert (sent.status_code, sent.headers["Location"]) == (303, home + path)
    await issued(city, case, settings)
    await answered(city, case)
    for actor, status in ((rival, 403), (supplier(), 403), (staff(), 403)):
        assert (await web.post(city, f"{path}/avaliar", GOOD, actor=actor)).status_code == status
    assert (await web.post(other, f"{path}/avaliar", GOOD, actor=citizen())).status_code == 404
    assert await status_of(city, case) == ("answered", "")


async def test_a_form_address_read_by_get_leads_back_to_the_case(web: Web, city: City) -> None:
    case = await filed(city)
    for act in ("avaliar", "completar"):
        sent = await web.get(city, f"/processos/{case.number}/{act}", actor=citizen())
        assert (sent.status_code, sent.headers["Location"]) == (303, f"/processos/{case.number}")


async def test_an_unsolved_case_goes_on_and_a_closed_one_shows_the_way(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    await answered(city, case)
    async with city.scope() as tx:
        await rate_answer(
            tx, actor=citizen(), case_id=case.id, solved=False, stars=1, why="Nada mudou."
        )
    page = (await web.get(city, f"/processos/{case.number}", actor=citizen())).text
    assert "O Procon vai decidir se abre um processo administrativo" in next_step(page)
    async with city.scope() as tx:
        await move(
            tx,
            actor=staff("analyst"),
            side="staff",
            case_id=case.id,
            transition="close_unfounded",
            text="O contrato previa o prazo.",
            outcome="NAO_FUNDAMENTADA",
        )
    page = (await web.get(city, f"/processos/{case.number}", actor=citizen())).text
    assert "Encerrado: reclamação não fundamentada" in next_step(page)
    assert "Juizado Especial Cível" in next_step(page)
