"""The supplier's way in, its answer and its receipt, as a person reads them."""

from __future__ import annotations

import asyncio
import hashlib
import re
from datetime import timedelta
from types import SimpleNamespace
from typing import cast
from urllib.parse import quote

import pytest
from redis.asyncio import Redis

from cases.cases_support import (
    HOSTILE,
    answered,
    code_of,
    errors_of,
    events_of,
    issued,
    next_step,
    status_of,
    words,
)
from procon.answers.commands import access_code, enter_with_code, issue_cip_with_code
from procon.answers.queries import answers_of_case
from procon.answers.routes import CODE_TRIES
from procon.cases.commands import correct_supplier, declare_wrong_company, expire_due
from procon.kernel.chain import canonical
from procon.kernel.errors import NotFound
from procon.parties.commands import register_supplier
from procon.settings import Settings
from support.cities import CNPJ, City, MovingClock, citizen, filed, staff, supplier
from support.web import Web, token_in

KEY = "0123456789abcdef0123456789abcdef"
OTHER_CNPJ = "11444777000161"


def path_of(number: str) -> str:
    return f"/fornecedor/processos/{number}"


async def test_the_code_opens_its_case_and_nothing_else(
    web: Web, city: City, settings: Settings
) -> None:
    case, rival = await filed(city), await filed(city)
    await issued(city, case, settings)
    await issued(city, rival, settings)
    typed = code_of(city, case, settings).replace("-", " ").lower()
    async with await web.client(city) as browser:
        form = token_in((await browser.get("/fornecedor")).text)
        entered = await browser.post("/fornecedor/codigo", data={"_csrf": form, "codigo": typed})
        assert (entered.status_code, entered.headers["Location"]) == (303, path_of(case.number))
        page = await browser.get(path_of(case.number))
        assert page.status_code == 200
        assert (await browser.get(path_of(rival.number))).status_code == 403
        door = words((await browser.get("/fornecedor")).text)
    assert f"Você entrou com o código do processo {case.number}." in door
    assert rival.number not in door
    assert await events_of(city, case) == ["case_opened", "cip_issued", "supplier_entered"]


async def test_entering_again_is_logged_once(web: Web, city: City, settings: Settings) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    code = {"codigo": code_of(city, case, settings)}
    for _ in range(2):
        assert (await web.post(city, "/fornecedor/codigo", code)).status_code == 303
    await web.get(city, path_of(case.number), actor=supplier())
    assert await events_of(city, case) == ["case_opened", "cip_issued", "supplier_entered"]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Digite o código de acesso que veio no e-mail ou na carta."),
        ("7K3M", "O código tem 12 letras e números, como 7K3M-9QXA-2D5F."),
        (
            "7K3M-9QXA-2D5F",
            "Este código não confere. Veja de novo no e-mail ou na carta que recebeu.",
        ),
        ("'; DROP TABLE answer; --", "O código tem 12 letras e números, como 7K3M-9QXA-2D5F."),
    ],
)
async def test_a_wrong_code_is_refused_in_plain_words(
    web: Web, city: City, typed: str, sentence: str
) -> None:
    await web.app.state.redis.flushdb()
    page = await web.post(city, "/fornecedor/codigo", {"codigo": typed})
    assert (page.status_code, errors_of(page.text)) == (422, [("codigo", sentence)])
    assert "set-cookie" not in page.headers


async def test_the_other_citys_code_does_not_open_here(
    web: Web, city: City, other: City, settings: Settings
) -> None:
    case = await filed(other)
    await issued(other, case, settings)
    page = await web.post(city, "/fornecedor/codigo", {"codigo": code_of(other, case, settings)})
    assert errors_of(page.text) == [
        ("codigo", "Este código não confere. Veja de novo no e-mail ou na carta que recebeu.")
    ]


async def test_guessing_codes_stops_and_only_in_this_city(
    web: Web, city: City, other: City
) -> None:
    await web.app.state.redis.flushdb()
    guess = {"codigo": "7K3M-9QXA-2D5F"}
    seen = [
        (await web.post(city, "/fornecedor/codigo", guess)).status_code
        for _ in range(CODE_TRIES + 1)
    ]
    assert seen == [422] * CODE_TRIES + [429]
    page = await web.post(city, "/fornecedor/codigo", guess)
    assert re.search(
        r"Não foi possível conferir o código agora\. Espere \d+ minutos? e tente de novo\.",
        words(page.text),
    )
    assert (await web.post(other, "/fornecedor/codigo", guess)).status_code == 422
    await web.app.state.redis.flushdb()


async def test_without_redis_no_code_is_tried(
    web: Web, city: City, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    async with Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.2) as dead:
        monkeypatch.setattr(web.app.state, "redis", dead, raising=False)
        page = await web.post(city, "/fornecedor/codigo", {"codigo": code_of(city, case, settings)})
    assert page.status_code == 429
    assert "Não foi possível conferir o código agora. Espere 1 minuto e tente de novo." in words(
        page.text
    )
    assert await events_of(city, case) == ["case_opened", "cip_issued"]


async def test_the_company_sees_the_request_and_how_its_deadline_was_counted(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city, narrative=HOSTILE)
    deadline = await issued(city, case, settings)
    page = (await web.get(city, path_of(case.number), actor=supplier())).text
    text = words(page)
    assert f"O que o consumidor contou {HOSTILE} O que o consumidor pede Receber" in text
    assert "<script>alert" not in page
    assert "Nome Ana Souza CPF ***.982.247-**" in text
    assert "52998224725" not in page and "529.982.247-25" not in page
    assert deadline.explanation in text
    assert next_step(page).startswith(
        "O que acontece agora A empresa precisa responder Leia o que o consumidor contou"
    )


async def test_the_companys_list_has_its_cases_by_deadline(
    web: Web, city: City, other: City, settings: Settings, clock: MovingClock
) -> None:
    first = await filed(city)
    await issued(city, first, settings)
    clock.forward(days=3)
    second = await filed(city)
    await issued(city, second, settings)
    triage = await filed(city)
    rival = await filed(city, supplier_name="Rival", cnpj=OTHER_CNPJ)
    await issued(city, rival, settings)
    outside = await filed(other)
    await issued(other, outside, settings)
    page = await web.get(city, "/fornecedor", actor=supplier(CNPJ))
    links = re.findall(r'href="/fornecedor/processos/([^"]+)"', page.text)
    assert links == [first.number, second.number]
    assert triage.number not in page.text and rival.number not in page.text


async def test_an_answer_gets_a_receipt_with_its_time_and_hash(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    path, form = path_of(case.number), {"_chave": KEY, "resposta": "Vamos  trocar.\r\nHoje. "}
    sent = await web.post(city, f"{path}/responder", form, actor=supplier())
    assert (sent.status_code, sent.headers["Location"]) == (303, f"{path}/recibo")
    async with city.scope() as tx:
        (answer,) = await answers_of_case(tx, case.id)
    assert answer.text == "Vamos  trocar.\nHoje."
    expected = canonical({"case": case.id, "text": answer.text, "files": []})
    assert answer.sha256 == hashlib.sha256(expected).hexdigest()
    receipt = words((await web.get(city, f"{path}/recibo", actor=supplier())).text)
    assert f"Resposta recebida Processo {case.number} Recebida dentro do prazo." in receipt
    assert f"Código de integridade da resposta (SHA-256) {answer.sha256}" in receipt
    assert re.search(r"Data e hora \d\d/\d\d/\d{4} às \d\dh\d\dmin\d\ds Prazo", receipt)
    assert "Empresa Loja Exemplo, CNPJ 11.222.333/0001-81 Enviada por Loja Exemplo" in receipt
    page = (await web.get(city, path, actor=supplier())).text
    assert "Resposta entregue" in next_step(page)
    assert "/responder" not in page


async def test_the_same_form_ten_times_at_once_is_one_answer(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    form, path = {"_chave": KEY, "resposta": "Uma vez só."}, path_of(case.number)
    sent = await asyncio.gather(
        *(web.post(city, f"{path}/responder", form, actor=supplier()) for _ in range(10))
    )
    assert {(one.status_code, one.headers["Location"]) for one in sent} == {(303, f"{path}/recibo")}
    async with city.scope() as tx:
        assert len(await answers_of_case(tx, case.id)) == 1
    assert (await events_of(city, case)).count("answer_submitted") == 1


async def test_one_key_on_two_cases_answers_both(web: Web, city: City, settings: Settings) -> None:
    cases = [await filed(city), await filed(city)]
    for case in cases:
        await issued(city, case, settings)
        form = {"_chave": KEY, "resposta": f"Sobre {case.number}."}
        sent = await web.post(city, f"{path_of(case.number)}/responder", form, actor=supplier())
        assert sent.status_code == 303
        async with city.scope() as tx:
            (answer,) = await answers_of_case(tx, case.id)
        assert answer.text == f"Sobre {case.number}."


async def test_a_second_answer_is_not_taken_and_not_lost(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    await answered(city, case, "A primeira.")
    form = {"_chave": KEY, "resposta": "A segunda, de um colega."}
    page = await web.post(city, f"{path_of(case.number)}/responder", form, actor=supplier())
    assert page.status_code == 409
    assert (
        "O que você escreveu não foi enviado, porque este processo já mudou de etapa. O texto está"
        " aqui para você copiar: A segunda, de um colega." in words(page.text)
    )
    async with city.scope() as tx:
        assert [one.text for one in await answers_of_case(tx, case.id)] == ["A primeira."]


async def test_the_last_second_of_the_deadline_is_still_in_time(
    web: Web, city: City, settings: Settings, clock: MovingClock
) -> None:
    case = await filed(city)
    deadline = await issued(city, case, settings)
    clock.shift += deadline.due_at - clock()  # the middle of 23:59:59
    async with city.scope() as tx:
        assert await expire_due(tx) == 0
    form = {"_chave": KEY, "resposta": "Por pouco."}
    await web.post(city, f"{path_of(case.number)}/responder", form, actor=supplier())
    async with city.scope() as tx:
        (answer,) = await answers_of_case(tx, case.id)
    assert answer.submitted_at - deadline.due_at < timedelta(seconds=1)
    assert answer.submitted_at > deadline.due_at
    assert not answer.late


@pytest.mark.parametrize("swept", [False, True])
async def test_a_late_answer_is_taken_and_marked(
    web: Web, city: City, settings: Settings, clock: MovingClock, swept: bool
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    clock.forward(days=30)
    if swept:
        async with city.scope() as tx:
            assert await expire_due(tx) == 1
        assert await status_of(city, case) == ("unanswered", "SEM_RESPOSTA")
    page = (await web.get(city, path_of(case.number), actor=supplier())).text
    assert next_step(page).startswith(
        "O que acontece agora O prazo terminou, mas você ainda pode responder"
    )
    form = {"_chave": KEY, "resposta": "Desculpe o atraso."}
    await web.post(city, f"{path_of(case.number)}/responder", form, actor=supplier())
    assert await status_of(city, case) == ("answered", "")
    receipt = await web.get(city, f"{path_of(case.number)}/recibo", actor=supplier())
    assert "Recebida depois do prazo." in words(receipt.text)
    seen = await web.get(city, f"/processos/{case.number}", actor=citizen())
    assert "Esta resposta chegou depois do prazo." in words(seen.text)


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"_chave": KEY, "resposta": "\u200b \n"}, "Escreva a resposta da empresa."),
        ({"_chave": KEY, "resposta": "a" * 20_001}, "A resposta pode ter até 20.000 caracteres."),
        (
            {"resposta": "Sem chave."},
            "Esta página ficou aberta por muito tempo. Envie de novo.",
        ),
    ],
)
async def test_an_answer_that_cannot_be_used_keeps_its_text(
    web: Web, city: City, settings: Settings, form: dict[str, str], sentence: str
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    page = await web.post(city, f"{path_of(case.number)}/responder", form, actor=supplier())
    assert (page.status_code, errors_of(page.text)) == (422, [("resposta", sentence)])
    area = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page.text, re.DOTALL)
    assert area and area.group(1) == form["resposta"]
    key = re.search(r'name="_chave" value="(\w+)"', page.text)
    again = (await web.get(city, path_of(case.number), actor=supplier())).text
    assert key and key.group(1) not in again  # one key for each session
    assert await status_of(city, case) == ("cip_issued", "")


async def test_another_companys_case_goes_back_to_the_staff(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    path, actor = f"{path_of(case.number)}/empresa-errada", supplier()
    form_page = words((await web.get(city, path, actor=actor)).text)
    assert "foi aberto contra Loja Exemplo ." in form_page
    empty = await web.post(city, path, {"motivo": ""}, actor=actor)
    assert (empty.status_code, errors_of(empty.text)) == (
        422,
        [("motivo", "Conte por que o caso não é da sua empresa.")],
    )
    async with await web.client(city, actor) as browser:
        sent = await browser.post(path, data={"motivo": "Somos outra loja."})
        assert (sent.status_code, sent.headers["Location"]) == (303, "/fornecedor")
        home = words((await browser.get("/fornecedor")).text)
        assert (await browser.get(path_of(case.number))).status_code == 403
    assert f"Obrigado. O Procon vai conferir o processo {case.number}." in home
    assert await status_of(city, case) == ("triage", "")
    code = {"codigo": code_of(city, case, settings)}
    assert errors_of((await web.post(city, "/fornecedor/codigo", code)).text) == [
        ("codigo", "Este código não vale agora: o processo voltou para análise do Procon.")
    ]


async def test_who_may_open_the_companys_pages(
    web: Web, city: City, other: City, settings: Settings
) -> None:
    case = await filed(city)
    path = path_of(case.number)
    assert (await web.get(city, path, actor=supplier())).status_code == 403
    await issued(city, case, settings)
    rival = supplier(OTHER_CNPJ)
    form = {"_chave": KEY, "resposta": "Não é meu."}
    for page in ("", "/recibo", "/empresa-errada"):
        assert (await web.get(city, path + page, actor=rival)).status_code == 403
        assert (await web.get(city, path + page, actor=citizen())).status_code == 403
        assert (await web.get(city, path + page, actor=staff())).status_code == 403
        assert (await web.get(other, path + page, actor=supplier())).status_code == 404
        nobody = await web.get(city, path + page)
        assert (nobody.status_code, nobody.headers["Location"]) == (
            303,
            f"/entrar?voltar={quote(path + page, safe='')}",
        )
    for actor, status in ((rival, 403), (citizen(), 403), (staff(), 403)):
        sent = await web.post(city, f"{path}/responder", form, actor=actor)
        assert sent.status_code == status
    assert (await web.post(other, f"{path}/responder", form, actor=supplier())).status_code == 404
    assert (await web.get(city, f"{path}/recibo", actor=supplier())).status_code == 404
    assert await status_of(city, case) == ("cip_issued", "")


async def test_the_suppliers_host_counts_the_companys_cases_in_every_city(
    web: Web, city: City, other: City, settings: Settings
) -> None:
    for _ in range(2):
        await issued(city, await filed(city), settings)
    answered_case = await filed(other)
    await issued(other, answered_case, settings)
    await answered(other, answered_case)
    page = await _on_suppliers_host(web, settings, signed_in=True)
    assert words(page, r"<ul class=\"govuk-list\">.*?</ul>") == (
        f"{city.tenant.name} , {city.tenant.city} ({city.tenant.uf})"
        " 2 processos esperam resposta"
        f" {other.tenant.name} , {other.tenant.city} ({other.tenant.uf})"
        " Nenhum processo espera resposta"
    )
    page = await _on_suppliers_host(web, settings, signed_in=False)
    assert re.findall(r'<li class="govuk-!-margin-bottom-4"><a [^>]*href="([^"]+)"', page) == [
        settings.url(one.host, "/fornecedor") for one in (city, other)
    ]
    assert "espera" not in words(page, r"<ul class=\"govuk-list\">.*?</ul>")


async def test_a_citys_pages_do_not_exist_on_the_suppliers_host(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    site = suppliers_site(settings)
    path, form = path_of(case.number), {"_chave": KEY, "resposta": "Aqui não.", "codigo": "A" * 12}
    for page in (path, f"{path}/recibo", f"{path}/empresa-errada"):
        assert (await web.get(site, page, actor=supplier())).status_code == 404
    for page in (f"{path}/responder", "/fornecedor/codigo"):
        assert (await web.post(site, page, form, actor=supplier())).status_code in {404, 422}
    assert await status_of(city, case) == ("cip_issued", "")


def suppliers_site(settings: Settings) -> City:
    """The suppliers' host, as far as the client needs to know it."""
    return cast(City, SimpleNamespace(host=settings.suppliers_host, slug="fornecedores"))


async def _on_suppliers_host(web: Web, settings: Settings, *, signed_in: bool) -> str:
    actor = supplier() if signed_in else None
    page = await web.get(suppliers_site(settings), "/fornecedor", actor=actor)
    assert page.status_code == 200
    return page.text


async def test_after_a_correction_only_the_new_code_opens_the_case(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    me = staff("analyst")
    async with city.scope() as tx:
        await issue_cip_with_code(tx, actor=me, case_id=case.id, secret=settings.secret_key)
        first = await enter_with_code(tx, code=access_code(settings.secret_key, city.slug, case.id))
        await declare_wrong_company(tx, actor=first, case_id=case.id, text="Não vendemos isso.")
        right = await register_supplier(tx, name="Outra Loja Ltda.", email="x@outra.example")
        await correct_supplier(tx, actor=me, case_id=case.id, supplier_id=right)
        await issue_cip_with_code(tx, actor=me, case_id=case.id, secret=settings.secret_key)
        with pytest.raises(NotFound):
            await enter_with_code(tx, code=access_code(settings.secret_key, city.slug, case.id))
        second = await enter_with_code(
            tx, code=access_code(settings.secret_key, city.slug, case.id, 2)
        )
    path = f"/fornecedor/processos/{case.number}"
    assert (await web.get(city, path, actor=first)).status_code == 403
    assert "Outra Loja Ltda." in (await web.get(city, path, actor=second)).text
