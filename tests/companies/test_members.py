"""Who acts for a company: invited, limited, ended; asked of the database on every request."""

from __future__ import annotations

from uuid import uuid4

import pytest

from cases.cases_support import errors_of, issued, status_of, words
from companies.companies_support import (
    BRANCH,
    MEMBER_CPF,
    OTHER_CNPJ,
    OTHER_CPF,
    ROOT,
    invited,
    member,
    messages,
    person,
    token_of,
)
from procon.auth.companies.queries import companies_of, member_role, wants_immediate
from procon.settings import Settings
from support.cities import CNPJ, City, MovingClock, citizen, filed, staff, supplier
from support.web import Web, token_in

KEY = "0123456789abcdef0123456789abcdef"


def path_of(number: str) -> str:
    return f"/fornecedor/processos/{number}"


async def test_a_member_by_cpf_sees_past_cases_and_answers(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    assert (await web.get(city, path_of(case.number), actor=member())).status_code == 403
    await invited(web, city, "answers")
    inbox = await web.get(city, "/fornecedor", actor=member())
    assert case.number in words(inbox.text)
    async with await web.client(city, member()) as browser:
        assert (await browser.get(path_of(case.number))).status_code == 200
        form = {"_chave": KEY, "resposta": "Vamos entregar."}
        done = await browser.post(f"{path_of(case.number)}/responder", data=form)
        assert done.status_code == 303
        assert "Enviada por Rui Prado" in words(
            (await browser.get(f"{path_of(case.number)}/recibo")).text
        )


async def test_who_only_reads_cannot_answer_nor_send_the_case_away(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    await invited(web, city, "reads")
    async with await web.client(city, member()) as browser:
        page = words((await browser.get(path_of(case.number))).text)
        assert "A sua função na empresa é só de leitura." in page
        assert "Enviar a resposta" not in page
        form = {"_chave": KEY, "resposta": "Vamos entregar."}
        answer = await browser.post(f"{path_of(case.number)}/responder", data=form)
        assert answer.status_code == 403
        assert "A sua função na empresa não permite" in words(answer.text)
        away = await browser.post(f"{path_of(case.number)}/empresa-errada", data={"motivo": "x"})
        assert away.status_code == 403
        asked = {"dias": "3", "motivo": "Férias."}
        more = await browser.post(f"{path_of(case.number)}/mais-prazo", data=asked)
        assert more.status_code == 403
        assert (await browser.get("/fornecedor/empresa")).status_code == 403
    assert await status_of(city, case) == ("cip_issued", "")


async def test_a_membership_ends_in_an_open_session_the_second_it_expires(
    web: Web, city: City, settings: Settings, clock: MovingClock
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    member_id = await invited(web, city, "answers")
    async with city.scope() as tx:
        await tx.execute(
            "UPDATE company_member SET expires_at = $2 WHERE id = $1", member_id, tx.now
        )
    clock.reset()
    async with await web.client(city, member()) as browser:
        assert (await browser.get(path_of(case.number))).status_code == 403
        form = {"_chave": KEY, "resposta": "Vamos entregar."}
        refused = await browser.post(f"{path_of(case.number)}/responder", data=form)
        assert refused.status_code == 403
        door = words((await browser.get("/fornecedor")).text)
    assert "A sua conta não está mais ligada a nenhuma empresa nesta cidade." in door
    assert case.number not in door


async def test_a_typed_last_day_counts_to_its_end(
    web: Web, city: City, settings: Settings, clock: MovingClock
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    async with city.scope() as tx:
        zone_day = await tx.fetchval("SELECT ($1::timestamptz AT TIME ZONE $2)::date", tx.now,
                                     tx.tenant.timezone)  # fmt: skip
    end = {
        "validade_dia": str(zone_day.day),
        "validade_mes": str(zone_day.month),
        "validade_ano": str(zone_day.year),
    }
    await invited(web, city, "answers", **end)
    async with await web.client(city, member()) as browser:
        assert (await browser.get(path_of(case.number))).status_code == 200
        clock.forward(days=1)
        # The session itself lives long enough; only the membership has ended.
        assert (await browser.get(path_of(case.number))).status_code in {303, 403}
    assert (await web.get(city, path_of(case.number), actor=member())).status_code == 403


@pytest.mark.parametrize(
    ("day", "month", "year"),
    [
        ("31", "2", "2027"),
        ("29", "2", "2027"),
        ("1", "1", "1"),
        ("99", "99", "9999"),
        ("x", "", ""),
    ],
)
async def test_a_last_day_that_does_not_exist_is_refused(
    web: Web, city: City, day: str, month: str, year: str
) -> None:
    form = {
        "empresa": ROOT,
        "email": "rui@empresa.example",
        "funcao": "reads",
        "validade_dia": day,
        "validade_mes": month,
        "validade_ano": year,
        "_chave": KEY,
    }
    page = await web.post(city, "/fornecedor/empresa/convidar", form, actor=supplier())
    assert page.status_code == 422
    assert [field for field, _ in errors_of(page.text)] == ["validade"]


async def test_removing_ends_the_access_at_once(web: Web, city: City, settings: Settings) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    member_id = await invited(web, city, "answers")
    async with await web.client(city, member()) as browser:
        assert (await browser.get(path_of(case.number))).status_code == 200
        path = f"/fornecedor/empresa/pessoas/{member_id}/retirar"
        assert (await web.post(city, path, actor=supplier())).status_code == 303
        assert (await browser.get(path_of(case.number))).status_code == 403
    again = await web.post(city, path, actor=supplier())
    assert again.status_code == 404


async def test_a_branch_member_sees_only_the_branch(
    web: Web, city: City, settings: Settings
) -> None:
    head, branch = await filed(city), await filed(city, cnpj=BRANCH, supplier_name="Loja Filial")
    for case in (head, branch):
        await issued(city, case, settings)
    await invited(web, city, "answers", filial=BRANCH)
    async with await web.client(city, member()) as browser:
        inbox = words((await browser.get("/fornecedor")).text)
        assert (branch.number in inbox, head.number in inbox) == (True, False)
        assert (await browser.get(path_of(branch.number))).status_code == 200
        assert (await browser.get(path_of(head.number))).status_code == 403


async def test_the_head_offices_certificate_speaks_for_its_branches(
    web: Web, city: City, settings: Settings
) -> None:
    branch = await filed(city, cnpj=BRANCH, supplier_name="Loja Filial")
    await issued(city, branch, settings)
    assert branch.number in (await web.get(city, "/fornecedor", actor=supplier())).text
    seen = await web.get(city, path_of(branch.number), actor=supplier())
    assert seen.status_code == 200
    strange = await web.get(city, path_of(branch.number), actor=supplier(OTHER_CNPJ))
    assert strange.status_code == 403
    head = await filed(city)
    await issued(city, head, settings)
    upward = await web.get(city, path_of(head.number), actor=supplier(BRANCH))
    assert upward.status_code == 403


async def test_an_invitation_by_email_is_taken_once_by_its_reader(
    web: Web, city: City, other: City, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    form = {
        "empresa": ROOT,
        "nome": "Rui",
        "email": "rui@empresa.example",
        "funcao": "answers",
        "_chave": KEY,
    }
    sent = await web.post(city, "/fornecedor/empresa/convidar", form, actor=supplier())
    assert sent.status_code == 303
    (recipient, subject, body) = (await messages(city))[-1]
    assert (recipient, subject) == ("rui@empresa.example", "Convite: Loja Exemplo")
    token = token_of(body)
    nobody = await web.get(city, f"/fornecedor/convite/{token}")
    assert "Entre com a sua conta gov.br." in words(nobody.text)
    assert (await web.get(other, f"/fornecedor/convite/{token}")).status_code == 404
    reader = person()
    async with await web.client(city, reader) as browser:
        assert (
            "Aceitar e abrir os processos"
            in (await browser.get(f"/fornecedor/convite/{token}")).text
        )
        taken = await browser.post(f"/fornecedor/convite/{token}")
        assert (taken.status_code, taken.headers["Location"]) == (303, "/fornecedor")
        assert case.number in words((await browser.get("/fornecedor")).text)
        # The same browser goes on as the company now.
        assert (await browser.get("/minha-conta")).status_code == 403
    late = await web.post(city, f"/fornecedor/convite/{token}", actor=person(OTHER_CPF))
    assert late.status_code == 404
    async with city.scope() as tx:
        assert await member_role(tx, actor=member(), cnpj=CNPJ) == "answers"
        assert await member_role(tx, actor=reader, cnpj=CNPJ) is None
    async with other.scope() as tx:
        assert await companies_of(tx, actor=member()) == []


async def test_an_invitation_dies_after_fourteen_days(
    web: Web, city: City, clock: MovingClock
) -> None:
    form = {"empresa": ROOT, "email": "rui@empresa.example", "funcao": "reads", "_chave": KEY}
    await web.post(city, "/fornecedor/empresa/convidar", form, actor=supplier())
    token = token_of((await messages(city))[-1][2])
    clock.forward(days=14, seconds=1)
    assert (await web.get(city, f"/fornecedor/convite/{token}")).status_code == 404
    taken = await web.post(city, f"/fornecedor/convite/{token}", actor=person())
    assert taken.status_code == 404


async def test_a_person_goes_in_as_the_company_and_comes_back(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    await invited(web, city, "answers")
    stranger = await web.post(city, "/fornecedor/entrar", actor=person(OTHER_CPF))
    assert stranger.status_code == 403
    async with await web.client(city, person()) as browser:
        door = words((await browser.get("/fornecedor")).text)
        assert "Suas empresas Loja Exemplo" in door
        entered = await browser.post("/fornecedor/entrar")
        assert (entered.status_code, entered.headers["Location"]) == (303, "/fornecedor")
        page = (await browser.get("/fornecedor")).text
        assert case.number in words(page)
        browser.headers["X-CSRF-Token"] = token_in(page)
        back = await browser.post("/fornecedor/sair-da-empresa")
        assert (back.status_code, back.headers["Location"]) == (303, "/minha-conta")
        assert (await browser.get("/minha-conta")).status_code == 200
        assert (await browser.get(path_of(case.number))).status_code == 403


async def test_the_last_administrator_stays(web: Web, city: City) -> None:
    first = await invited(web, city, "admin")
    boss = member()
    path = f"/fornecedor/empresa/pessoas/{first}"
    alone = await web.post(city, f"{path}/retirar", actor=boss)
    assert alone.status_code == 409
    assert "A empresa precisa de pelo menos uma pessoa que administra." in words(alone.text)
    lower = await web.post(city, f"{path}/mudar", {"funcao": "reads"}, actor=boss)
    assert lower.status_code == 409
    form = {
        "empresa": ROOT,
        "email": "lia@empresa.example",
        "cpf": OTHER_CPF,
        "funcao": "admin",
        "_chave": KEY,
    }
    added = await web.post(city, "/fornecedor/empresa/convidar", form, actor=boss)
    assert added.status_code == 303
    assert (await web.post(city, f"{path}/retirar", actor=boss)).status_code == 303
    assert (await web.get(city, "/fornecedor/empresa", actor=boss)).status_code == 403
    assert (await web.get(city, "/fornecedor/empresa", actor=member(OTHER_CPF))).status_code == 200


async def test_only_administrators_of_that_company_manage_it(
    web: Web, city: City, other: City
) -> None:
    member_id = await invited(web, city, "answers")
    path = f"/fornecedor/empresa/pessoas/{member_id}"
    for actor in (member(), supplier(OTHER_CNPJ), supplier(BRANCH)):
        assert (await web.get(city, path, actor=actor)).status_code == 403
        for act in ("retirar", "mudar"):
            form = {"funcao": "admin"}
            assert (await web.post(city, f"{path}/{act}", form, actor=actor)).status_code == 403
        form = {"empresa": ROOT, "email": "x@y.example", "funcao": "admin", "_chave": KEY}
        refused = await web.post(city, "/fornecedor/empresa/convidar", form, actor=actor)
        assert refused.status_code == 403
    for actor in (citizen(), staff()):
        assert (await web.get(city, path, actor=actor)).status_code == 403
    assert (await web.get(other, path, actor=supplier())).status_code == 404
    assert (await web.get(city, path, actor=supplier())).status_code == 200


async def test_the_same_person_is_not_invited_twice(web: Web, city: City) -> None:
    await invited(web, city, "reads")
    form = {
        "empresa": ROOT,
        "email": "outro@empresa.example",
        "cpf": MEMBER_CPF,
        "funcao": "admin",
        "_chave": KEY,
    }
    again = await web.post(city, "/fornecedor/empresa/convidar", form, actor=supplier())
    assert (again.status_code, "Esta pessoa já está na lista." in words(again.text)) == (409, True)


async def test_a_mail_header_cannot_be_forged_by_a_companys_name(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city, supplier_name="Loja\r\nBcc: todos@exemplo.test")
    await issued(city, case, settings)
    await invited(web, city, "reads")
    subject = (await messages(city))[-1][1]
    assert subject == "Convite: Loja Bcc: todos@exemplo.test"


async def test_who_chose_a_summary_is_not_written_to_at_once(
    web: Web, city: City, other: City
) -> None:
    await invited(web, city, "answers")
    address = f"{MEMBER_CPF}@empresa.example"
    async with city.scope() as tx:
        assert await wants_immediate(tx, cnpj=CNPJ, email=address)
    wrong = await web.post(city, "/fornecedor/avisos", {"frequencia": "nunca"}, actor=member())
    assert wrong.status_code == 422
    done = await web.post(city, "/fornecedor/avisos", {"frequencia": "daily"}, actor=member())
    assert done.status_code == 303
    async with city.scope() as tx:
        assert not await wants_immediate(tx, cnpj=CNPJ, email=address)
        assert await wants_immediate(tx, cnpj=CNPJ, email="juridico@loja.example")
        assert await wants_immediate(tx, cnpj=OTHER_CNPJ, email=address)
    async with other.scope() as tx:
        assert await wants_immediate(tx, cnpj=CNPJ, email=address)


@pytest.mark.parametrize("token", ["x", "%00", "a" * 300])
async def test_a_strange_token_is_no_invitation(web: Web, city: City, token: str) -> None:
    assert (await web.get(city, f"/fornecedor/convite/{token}")).status_code == 404
    member_page = f"/fornecedor/empresa/pessoas/{uuid4()}"
    assert (await web.get(city, member_page, actor=supplier())).status_code == 404
