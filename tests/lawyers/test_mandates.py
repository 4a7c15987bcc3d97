"""From the inscription to the end of a mandate, through the pages."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from msgspec import structs

from lawyers.lawyers_support import (
    PDF,
    errors_of,
    file,
    issued,
    lawyer,
    mandate_id,
    path,
    person,
)
from procon.auth.mandates.model import Oab
from procon.settings import Settings
from support.cities import CNPJ, CPF, CPF_OTHER, City, MovingClock, citizen, filed, staff, supplier
from support.web import Web


async def status(web: Web, city: City, actor: object, number: str) -> int:
    return (await web.get(city, path(number), actor=actor)).status_code  # type: ignore[arg-type]


async def test_register_verify_mandate_see_and_be_revoked_in_an_open_tab(
    web: Web, city: City, other: City
) -> None:
    case = await filed(city)
    me = person(1, "Otávio Brandão")
    form = {"tipo": "principal", "uf": "SP", "oab": "OAB/SP 123.456"}
    files = {"carteira": ("carteira.pdf", PDF, "application/pdf")}
    sent = await web.post(city, "/advogado/cadastro", form, actor=me, files=files)
    assert (sent.status_code, sent.headers["Location"]) == (303, "/advogado")
    assert (
        "O Procon vai conferir o seu cadastro" in (await web.get(city, "/advogado", actor=me)).text
    )
    early = await file(web, city, me, case.number)
    assert early.status_code == 403
    desk = await web.get(city, "/equipe/advogados", actor=staff("analyst"))
    assert "OAB/SP 123.456" in desk.text
    decide = desk.text.split('action="/equipe/advogados/')[1].split("/decidir")[0]
    card = await web.get(city, f"/equipe/advogados/{decide}/carteira", actor=staff("analyst"))
    assert card.status_code == 303
    done = await web.post(
        city,
        f"/equipe/advogados/{decide}/decidir",
        {"decisao": "conferido"},
        actor=staff("analyst"),
    )
    assert done.status_code == 303
    assert await status(web, city, me, case.number) == 403
    sent = await file(web, city, me, case.number)
    assert (sent.status_code, sent.headers["Location"]) == (303, path(case.number))
    async with await web.client(city, me) as tab:
        seen = await tab.get(path(case.number))
        assert seen.status_code == 200
        assert "Você está atuando por <strong>Ana Souza</strong>" in seen.text
        assert "A loja não entregou a geladeira." in seen.text
        assert (await tab.get(f"/processos/{case.number}")).status_code == 200
        gone = await web.post(
            city,
            f"/minha-conta/representantes/{await mandate_id(city, me)}/revogar",
            actor=citizen(),
        )
        assert gone.status_code == 303
        late = await tab.get(path(case.number))
        assert late.status_code == 403
        assert "A sua procuração neste processo terminou em" in late.text
        assert "revogação pelo cliente" in late.text
        assert (await tab.get(f"/processos/{case.number}")).status_code == 403
        posted = await tab.post(
            f"{path(case.number)}/atos/withdraw", data={"texto": "x", "_chave": uuid4().hex}
        )
        assert posted.status_code == 403
    log = (await web.get(city, f"/processos/{case.number}", actor=citizen())).text
    assert "Otávio Brandão (OAB/SP 123.456) passou a representar Ana Souza." in log
    assert "Ana Souza encerrou a procuração de Otávio Brandão (OAB/SP 123.456)." in log
    assert (await web.get(other, path(case.number), actor=me)).status_code == 404


async def test_one_oab_number_belongs_to_one_person(web: Web, city: City, other: City) -> None:
    await lawyer(city, 123456)
    second = person(2, "Outra Pessoa")
    form = {"tipo": "principal", "uf": "SP", "oab": "123456"}
    files = {"carteira": ("c.pdf", PDF, "application/pdf")}
    page = await web.post(city, "/advogado/cadastro", form, actor=second, files=files)
    assert page.status_code == 422
    assert errors_of(page.text)[0][0] == "oab"
    assert "já está cadastrado aqui em outra conta" in page.text
    # In another state it is another number; in another city another register.
    elsewhere = await web.post(
        city, "/advogado/cadastro", {**form, "uf": "MG"}, actor=second, files=files
    )
    assert elsewhere.status_code == 303
    assert (
        await web.post(other, "/advogado/cadastro", form, actor=second, files=files)
    ).status_code == 303


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"tipo": "principal", "uf": "SP", "oab": "12345678"}, "oab"),
        ({"tipo": "principal", "uf": "SP", "oab": "abc"}, "oab"),
        ({"tipo": "principal", "uf": "XX", "oab": "123"}, "uf"),
        ({"tipo": "principal", "uf": "SP", "oab": "123-E"}, "oab"),
        ({"tipo": "juiz", "uf": "SP", "oab": "123"}, "tipo"),
        ({"tipo": "principal", "uf": "SP", "oab": "123\x00"}, "carteira"),
        ({"tipo": "estagiario", "uf": "SP", "oab": "9", "supervisor": "8"}, "supervisor_uf"),
        (
            {
                "tipo": "estagiario",
                "uf": "SP",
                "oab": "9",
                "supervisor": "8",
                "supervisor_uf": "SP",
            },
            "supervisor",
        ),
    ],
)
async def test_an_inscription_that_cannot_be_says_which_field(
    web: Web, city: City, form: dict[str, str], field: str
) -> None:
    page = await web.post(city, "/advogado/cadastro", form, actor=person(3, "Ivo"))
    assert (page.status_code, [name for name, _ in errors_of(page.text)]) == (422, [field])


async def test_a_card_that_is_no_picture_is_not_taken(web: Web, city: City) -> None:
    form = {"tipo": "principal", "uf": "SP", "oab": "77"}
    files = {"carteira": ("c.pdf", b"MZ\x90\x00 not a card", "application/pdf")}
    page = await web.post(city, "/advogado/cadastro", form, actor=person(4, "Ivo"), files=files)
    assert (page.status_code, [name for name, _ in errors_of(page.text)]) == (422, ["carteira"])


async def test_a_refused_inscription_says_why_and_may_be_sent_again(web: Web, city: City) -> None:
    me = await lawyer(city, 55, verified=False)
    desk = (await web.get(city, "/equipe/advogados", actor=staff("authority"))).text
    decide = f"/equipe/advogados/{desk.split('/equipe/advogados/')[1].split('/')[0]}/decidir"
    silent = await web.post(city, decide, {"decisao": "recusado"}, actor=staff("authority"))
    assert silent.status_code == 422
    assert "Escreva o motivo." in silent.text
    form = {"decisao": "recusado", "motivo": "A foto está ilegível."}
    assert (await web.post(city, decide, form, actor=staff("authority"))).status_code == 303
    assert "A foto está ilegível." in (await web.get(city, "/advogado", actor=me)).text
    again = await web.post(city, decide, {"decisao": "conferido"}, actor=staff("authority"))
    assert again.status_code == 303  # with the sentence that it was decided
    assert (await web.post(city, decide, form, actor=staff("attendant"))).status_code == 403
    files = {"carteira": ("c.pdf", PDF, "application/pdf")}
    new = {"tipo": "principal", "uf": "SP", "oab": "55"}
    assert (
        await web.post(city, "/advogado/cadastro", new, actor=me, files=files)
    ).status_code == 303


async def test_a_simple_mandate_opens_its_case_only_and_a_special_one_all(
    web: Web, city: City
) -> None:
    first, second = await filed(city), await filed(city, supplier_name="B", cnpj=None)
    foreign = await filed(city, actor=citizen(CPF_OTHER, "Caio"))
    simple, special = await lawyer(city, 1001), await lawyer(city, 1002, name="Lia")
    assert (await file(web, city, simple, first.number)).status_code == 303
    assert (await file(web, city, special, first.number, scope="todos")).status_code == 303
    assert [await status(web, city, simple, c.number) for c in (first, second, foreign)] == [
        200,
        403,
        403,
    ]
    assert [await status(web, city, special, c.number) for c in (first, second, foreign)] == [
        200,
        200,
        403,
    ]
    home = (await web.get(city, "/advogado", actor=special)).text
    assert path(first.number) in home and path(second.number) in home
    assert path(foreign.number) not in home
    assert path(second.number) not in (await web.get(city, "/advogado", actor=simple)).text
    later = await filed(city)
    assert [await status(web, city, a, later.number) for a in (simple, special)] == [403, 200]


async def test_a_procuracao_needs_number_and_client_to_match(
    web: Web, city: City, other: City, settings: Settings
) -> None:
    case, elsewhere = await filed(city), await filed(other)
    me = await lawyer(city, 1003)
    for more in (
        {"document": CPF_OTHER},
        {"side": "supplier", "document": CNPJ},  # the company has not been told yet
    ):
        page = await file(web, city, me, case.number, **more)
        assert (page.status_code, [name for name, _ in errors_of(page.text)]) == (422, ["numero"])
    for number in ("2026/999999", "lixo", "\x00"):
        page = await file(web, city, me, number)
        assert (page.status_code, errors_of(page.text)[0][0]) == (422, "numero")
    assert elsewhere.number == case.number  # each city counts from 1: this one is the city's own
    await issued(city, case, settings)
    sent = await file(web, city, me, case.number, side="supplier", document=CNPJ)
    assert sent.status_code == 303
    assert await status(web, city, me, case.number) == 200
    empty = await file(web, city, await lawyer(city, 1004), case.number, body=b"")
    assert (empty.status_code, errors_of(empty.text)[0][0]) == (422, "procuracao")


async def test_nobody_stands_on_both_sides(web: Web, city: City, settings: Settings) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    me = await lawyer(city, 1005)
    assert (
        await file(web, city, me, case.number, side="supplier", document=CNPJ)
    ).status_code == 303
    page = await file(web, city, me, case.number)
    assert page.status_code == 422
    assert "já representa a outra parte" in page.text
    online = await web.post(
        city,
        "/minha-conta/representantes",
        {"_chave": uuid4().hex, "uf": "SP", "oab": "1005", "processo": ""},
        actor=citizen(),
    )
    assert (online.status_code, errors_of(online.text)[0][0]) == (422, "oab")


async def test_a_companys_lawyer_answers_for_it_but_is_not_the_consumer(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    me = await lawyer(city, 1006)
    await file(web, city, me, case.number, side="supplier", document=CNPJ)
    seen = await web.get(city, path(case.number), actor=me)
    assert "Responder pela empresa" in seen.text
    consumers = await web.get(city, f"/processos/{case.number}", actor=me)
    assert consumers.status_code == 403
    assert "Abra-o pela página Advocacia" in consumers.text
    form = {"_chave": uuid4().hex, "resposta": "Entregamos amanhã."}
    twice = [
        await web.post(city, f"{path(case.number)}/responder", form, actor=me) for _ in range(2)
    ]
    assert [one.status_code for one in twice] == [303, 303]
    rated = await web.post(
        city,
        f"/processos/{case.number}/avaliar",
        {"resolvido": "sim", "nota": "5", "motivo": ""},
        actor=me,
    )
    assert rated.status_code == 403
    async with city.scope() as tx:
        rows = await tx.fetch("SELECT text FROM answer")
        assert [row["text"] for row in rows] == ["Entregamos amanhã."]
        assert await tx.fetchval("SELECT status FROM case_file") == "answered"


async def test_substabelecimento_with_reserve_both_act_and_the_client_ends_both(
    web: Web, city: City
) -> None:
    case = await filed(city)
    first, second = await lawyer(city, 1007), await lawyer(city, 1008, name="Lia Prado")
    await file(web, city, first, case.number, powers=["file", "delegate"])
    given = await mandate_id(city, first)
    form = {
        "_chave": uuid4().hex,
        "uf": "SP",
        "oab": "1008",
        "reserva": "com",
        "poderes": ["file", "settle"],
    }
    address = f"/advogado/procuracoes/{given}/substabelecer"
    assert (await web.post(city, address, form, actor=first)).status_code == 303
    assert [await status(web, city, a, case.number) for a in (first, second)] == [200, 200]
    async with city.scope() as tx:
        powers = await tx.fetchval("SELECT powers FROM mandate WHERE parent_id = $1", given)
    assert powers == ["file"]  # nobody gives what they do not have
    log = (await web.get(city, f"/processos/{case.number}", actor=citizen())).text
    assert "passou os poderes de Ana Souza a Lia Prado (OAB/SP 1.008), com reserva" in log
    await web.post(city, f"/minha-conta/representantes/{given}/revogar", actor=citizen())
    assert [await status(web, city, a, case.number) for a in (first, second)] == [403, 403]


async def test_substabelecimento_without_reserve_ends_the_first(web: Web, city: City) -> None:
    case = await filed(city)
    first, second = await lawyer(city, 1009), await lawyer(city, 1010, name="Lia Prado")
    await file(web, city, first, case.number, scope="todos")
    address = f"/advogado/procuracoes/{await mandate_id(city, first)}/substabelecer"
    assert (await web.get(city, address, actor=first)).status_code == 200
    form = {"_chave": uuid4().hex, "uf": "SP", "oab": "1010", "reserva": "sem"}
    assert (await web.post(city, address, form, actor=first)).status_code == 303
    assert [await status(web, city, a, case.number) for a in (first, second)] == [403, 200]
    late = (await web.get(city, path(case.number), actor=first)).text
    assert "substabelecimento sem reserva" in late
    async with city.scope() as tx:
        rows = await tx.fetch("SELECT end_kind, cardinality(powers) AS n FROM mandate ORDER BY id")
    assert [(row["end_kind"], row["n"]) for row in rows] == [("substabelecimento", 7), ("", 7)]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"oab": "1011", "reserva": "com", "poderes": ["file"]}, "oab"),  # oneself
        ({"oab": "4040", "reserva": "com", "poderes": ["file"]}, "oab"),  # unknown
        ({"oab": "1012", "reserva": "com", "poderes": ["file"]}, "oab"),  # not verified
        ({"oab": "1012", "reserva": "talvez", "poderes": ["file"]}, "reserva"),
        ({"oab": "1012", "reserva": "com"}, "poderes"),
    ],
)
async def test_powers_go_only_to_who_may_have_them(
    web: Web, city: City, form: dict[str, object], field: str
) -> None:
    case = await filed(city)
    first = await lawyer(city, 1011)
    await lawyer(city, 1012, verified=False)
    await file(web, city, first, case.number, scope="todos")
    address = f"/advogado/procuracoes/{await mandate_id(city, first)}/substabelecer"
    page = await web.post(city, address, {"_chave": uuid4().hex, "uf": "SP", **form}, actor=first)
    assert (page.status_code, [name for name, _ in errors_of(page.text)]) == (422, [field])


async def test_without_the_power_nobody_passes_powers_on(web: Web, city: City) -> None:
    case = await filed(city)
    first, second = await lawyer(city, 1013), await lawyer(city, 1014)
    await file(web, city, first, case.number, powers=["file"])
    address = f"/advogado/procuracoes/{await mandate_id(city, first)}/substabelecer"
    form = {
        "_chave": uuid4().hex,
        "uf": "SP",
        "oab": "1014",
        "reserva": "com",
        "poderes": ["file"],
    }
    assert (await web.post(city, address, form, actor=first)).status_code == 403
    assert (await web.post(city, address, form, actor=second)).status_code == 404


async def test_renuncia_holds_ten_days_or_until_somebody_else_is_there(
    web: Web, city: City, clock: MovingClock
) -> None:
    case = await filed(city)
    first, second = await lawyer(city, 1015), await lawyer(city, 1016, name="Lia Prado")
    await file(web, city, first, case.number)
    address = f"/advogado/procuracoes/{await mandate_id(city, first)}/renunciar"
    assert (await web.post(city, address, actor=first)).status_code == 303
    assert (
        "Continua a representar até"
        in (await web.get(city, f"/processos/{case.number}", actor=citizen())).text
    )
    clock.forward(days=9, hours=23)
    assert await status(web, city, first, case.number) == 200
    clock.forward(hours=2)
    late = await web.get(city, path(case.number), actor=first)
    assert (late.status_code, "renúncia do advogado" in late.text) == (403, True)
    async with await web.client(city, first) as browser:
        assert (await browser.post(address)).status_code == 303
        told = (await browser.get("/advogado/procuracoes")).text
    assert "Esta procuração já terminou ou está no fim." in told
    await file(web, city, second, case.number)
    assert await status(web, city, second, case.number) == 200


async def test_renuncia_ends_at_once_when_another_lawyer_comes_or_is_there(
    web: Web, city: City
) -> None:
    case = await filed(city)
    first, second = await lawyer(city, 1017), await lawyer(city, 1018, name="Lia Prado")
    await file(web, city, first, case.number)
    address = f"/advogado/procuracoes/{await mandate_id(city, first)}/renunciar"
    await web.post(city, address, actor=first)
    assert await status(web, city, first, case.number) == 200
    await file(web, city, second, case.number)
    assert [await status(web, city, a, case.number) for a in (first, second)] == [403, 200]
    third = await lawyer(city, 1019, name="Rui")
    await file(web, city, third, case.number)
    address = f"/advogado/procuracoes/{await mandate_id(city, third)}/renunciar"
    await web.post(city, address, actor=third)
    assert [await status(web, city, a, case.number) for a in (second, third)] == [200, 403]


async def test_a_mandate_ends_with_its_last_day(web: Web, city: City, clock: MovingClock) -> None:
    case = await filed(city)
    me = await lawyer(city, 1020)
    end = (clock() + timedelta(days=20)).date()
    validity = {"validade_dia": end.day, "validade_mes": end.month, "validade_ano": end.year}
    await file(web, city, me, case.number, **validity)
    assert await status(web, city, me, case.number) == 200
    clock.forward(days=21)
    late = await web.get(city, path(case.number), actor=me)
    assert (late.status_code, "fim da validade" in late.text) == (403, True)


@pytest.mark.parametrize(
    "day", [("30", "2", "2027"), ("29", "2", "2027"), ("1", "1", "2020"), ("1", "1", "9" * 30)]
)
async def test_a_validity_that_cannot_be_is_refused(
    web: Web, city: City, day: tuple[str, str, str]
) -> None:
    case = await filed(city)
    parts = dict(zip(("validade_dia", "validade_mes", "validade_ano"), day, strict=True))
    page = await file(web, city, await lawyer(city, 1021), case.number, **parts)
    assert (page.status_code, [name for name, _ in errors_of(page.text)]) == (422, ["validade"])


async def test_a_trainee_sees_and_files_only_beside_the_supervisor(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    boss = await lawyer(city, 1022)
    trainee = await lawyer(city, 1023, name="Téo", kind="estagiario", supervisor=Oab("SP", "1022"))
    assert (await file(web, city, trainee, case.number)).status_code == 403
    await file(web, city, boss, case.number, scope="todos")
    given = await mandate_id(city, boss)
    form = {"_chave": uuid4().hex, "uf": "SP", "oab": "1023-E", "reserva": "sem"}
    address = f"/advogado/procuracoes/{given}/substabelecer"
    page = await web.post(city, address, form, actor=boss)
    assert (page.status_code, errors_of(page.text)[0][0]) == (422, "reserva")
    form |= {"reserva": "com", "poderes": ["file", "settle", "withdraw", "delegate"]}  # type: ignore[dict-item]
    assert (await web.post(city, address, form, actor=boss)).status_code == 303
    seen = (await web.get(city, path(case.number), actor=trainee)).text
    assert "Poderes: enviar documentos, respostas e defesa." in seen
    refused = await web.get(city, f"{path(case.number)}/atos/withdraw", actor=trainee)
    assert (refused.status_code, "Estagiário não pode desistir" in refused.text) == (403, True)
    assert (
        await web.get(city, f"{path(case.number)}/atos/withdraw", actor=boss)
    ).status_code == 200
    own = f"/advogado/procuracoes/{await mandate_id(city, trainee)}/substabelecer"
    other = {**form, "_chave": uuid4().hex, "oab": "1022"}
    assert (await web.post(city, own, other, actor=trainee)).status_code == 403
    # The OAB suspended the supervisor: nobody is beside the trainee any more.
    async with city.scope() as tx:
        await tx.execute(
            "UPDATE lawyer SET status = 'refused', reason = 'x' WHERE oab_number = '1022'"
        )
    assert [await status(web, city, a, case.number) for a in (boss, trainee)] == [403, 403]


async def test_an_act_needs_its_power(web: Web, city: City, settings: Settings) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    me, full = await lawyer(city, 1024), await lawyer(city, 1025, name="Lia")
    await file(web, city, me, case.number, powers=["file"])
    await file(web, city, full, case.number, powers=["file", "withdraw"])
    address = f"{path(case.number)}/atos/withdraw"
    refused = await web.get(city, address, actor=me)
    assert refused.status_code == 403
    assert "A sua procuração não inclui o poder de desistir" in refused.text
    # The consumer's own address of the same form says so too, before anything is written.
    own = await web.get(city, f"/processos/{case.number}/atos/withdraw", actor=me)
    assert own.status_code == 403
    assert "A sua procuração não inclui o poder de desistir" in own.text
    assert "/atos/withdraw" not in (await web.get(city, path(case.number), actor=me)).text
    assert "/atos/withdraw" in (await web.get(city, path(case.number), actor=full)).text
    form = {"_chave": uuid4().hex, "texto": "O cliente desistiu."}
    look = await web.post(city, address, form, actor=full)
    assert (look.status_code, "Confira antes de continuar" in look.text) == (200, True)
    done = await web.post(city, address, {**form, "conferido": "sim"}, actor=full)
    assert (done.status_code, done.headers["Location"]) == (303, path(case.number))
    async with city.scope() as tx:
        assert await tx.fetchval("SELECT status FROM case_file") == "closed"


async def test_the_client_gives_powers_online_and_the_lawyer_may_act(web: Web, city: City) -> None:
    case, second = await filed(city), await filed(city, supplier_name="B", cnpj=None)
    me = await lawyer(city, 1026)
    page = (await web.get(city, "/minha-conta/representantes", actor=citizen())).text
    assert f"Só o processo {case.number}" in page
    form = {
        "_chave": uuid4().hex,
        "uf": "SP",
        "oab": "1.026",
        "processo": case.number,
        "poderes": ["file"],
    }
    ana = citizen()
    for _ in range(2):  # a double click is one mandate
        sent = await web.post(city, "/minha-conta/representantes", form, actor=ana)
        assert sent.status_code == 303
    again = {**form, "_chave": uuid4().hex}
    twice = await web.post(city, "/minha-conta/representantes", again, actor=ana)
    assert (twice.status_code, errors_of(twice.text)[0][0]) == (422, "oab")
    assert [await status(web, city, me, c.number) for c in (case, second)] == [200, 403]
    stranger = citizen(CPF_OTHER, "Caio")
    address = f"/minha-conta/representantes/{await mandate_id(city, me)}/revogar"
    assert (await web.post(city, address, actor=stranger)).status_code == 404
    foreign = await web.post(
        city, "/minha-conta/representantes", {**form, "_chave": uuid4().hex}, actor=stranger
    )
    assert (foreign.status_code, errors_of(foreign.text)[0][0]) == (422, "processo")


async def test_a_company_gives_and_ends_powers(web: Web, city: City, settings: Settings) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    me = await lawyer(city, 1027)
    form = {"_chave": uuid4().hex, "uf": "SP", "oab": "1027", "processo": ""}
    sent = await web.post(city, "/fornecedor/representantes", form, actor=supplier())
    assert (sent.status_code, sent.headers["Location"]) == (303, "/fornecedor/representantes")
    assert await status(web, city, me, case.number) == 200
    by_code = supplier(case_id=case.id)
    page = await web.post(
        city, "/fornecedor/representantes", {**form, "_chave": uuid4().hex}, actor=by_code
    )
    assert (page.status_code, errors_of(page.text)[0][0]) == (422, "oab")
    address = f"/fornecedor/representantes/{await mandate_id(city, me)}/revogar"
    assert (await web.post(city, address, actor=by_code)).status_code == 404
    assert (await web.post(city, address, actor=supplier())).status_code == 303
    assert await status(web, city, me, case.number) == 403


async def test_the_staff_refuses_a_paper(web: Web, city: City) -> None:
    case = await filed(city)
    me = await lawyer(city, 1028)
    await file(web, city, me, case.number)
    base = f"/equipe/processos/{case.number}/partes"
    page = (await web.get(city, base, actor=staff("analyst"))).text
    assert "Otávio Brandão, OAB/SP 1.028" in page
    document = page.split('href="/arquivos/')[1].split('"')[0]
    opened = await web.get(city, f"/arquivos/{document}", actor=staff("analyst"))
    assert opened.status_code == 303
    stranger = await web.get(city, f"/arquivos/{document}", actor=person(40, "Zoé"))
    assert stranger.status_code == 403
    form = {"procuracao": str(await mandate_id(city, me)), "motivo": "Sem assinatura."}
    attendant = await web.post(city, f"{base}/recusar-procuracao", form, actor=staff("attendant"))
    assert attendant.status_code == 403
    done = await web.post(city, f"{base}/recusar-procuracao", form, actor=staff("analyst"))
    assert done.status_code == 303
    late = await web.get(city, path(case.number), actor=me)
    assert (late.status_code, "recusa do documento pelo Procon" in late.text) == (403, True)


async def test_ten_thousand_guesses_are_not_answered(web: Web, city: City) -> None:
    case = await filed(city)
    me = await lawyer(city, 1029)
    answers = [
        await file(web, city, me, case.number, document=CPF_OTHER, scope="x") for _ in range(21)
    ]
    assert {one.status_code for one in answers} == {422}
    assert "Espere alguns minutos" in answers[-1].text
    assert "Espere alguns minutos" not in answers[-2].text
    assert (await file(web, city, me, case.number, document=CPF)).status_code == 422
    await web.app.state.redis.flushdb()


async def test_a_company_is_named_as_the_one_for_whom_the_lawyer_acted(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    me = await lawyer(city, 1030)
    await file(web, city, me, case.number, side="supplier", document=CNPJ)
    form = {"_chave": uuid4().hex, "resposta": "Vamos entregar."}
    await web.post(city, f"{path(case.number)}/responder", form, actor=me)
    async with city.scope() as tx:
        author = await tx.fetchval("SELECT author FROM answer")
        label = await tx.fetchval(
            "SELECT payload::jsonb->>'actor' FROM case_log"
            " WHERE payload::jsonb->'event'->>'kind' = 'answer_submitted'"
        )
    assert author == "Otávio Brandão, por procuração, OAB/SP 1.030"
    assert label == f"supplier:{me.account_id}"
    page = (await web.get(city, f"/processos/{case.number}", actor=citizen())).text
    assert "Otávio Brandão, por procuração, OAB/SP 1.030 (empresa)" in page


async def test_the_consumers_own_pages_ask_for_the_power_too(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    me = await lawyer(city, 1031)
    await file(web, city, me, case.number, powers=["receive_notice"])
    page = await web.get(city, f"/processos/{case.number}", actor=me)
    assert "Você está atuando por Ana Souza (por procuração, OAB/SP 1.031)." in page.text
    form = {"_chave": uuid4().hex, "texto": "x", "conferido": "sim"}
    for act in ("withdraw", "add_statement"):
        done = await web.post(city, f"/processos/{case.number}/atos/{act}", form, actor=me)
        assert done.status_code == 403
    assert (await web.post(city, f"{path(case.number)}/responder", form, actor=me)).status_code in {
        403,
        422,
    }
    async with city.scope() as tx:
        assert await tx.fetchval("SELECT status FROM case_file") == "cip_issued"


async def test_a_procuracao_is_given_with_a_silver_account(web: Web, city: City) -> None:
    await filed(city)
    me = await lawyer(city, 1032)
    bronze = structs.replace(citizen(), level="bronze")
    form = {"_chave": uuid4().hex, "uf": "SP", "oab": "1032", "processo": ""}
    page = await web.post(city, "/minha-conta/representantes", form, actor=bronze)
    assert (page.status_code, "nível prata" in page.text.lower()) == (403, True)
    given = await web.post(city, "/minha-conta/representantes", form, actor=citizen())
    assert given.status_code == 303
    # Ending it needs no level: nobody is kept in a mandate by their account.
    address = f"/minha-conta/representantes/{await mandate_id(city, me)}/revogar"
    assert (await web.post(city, address, actor=bronze)).status_code == 303


async def test_a_second_inscription_while_one_counts_is_refused(web: Web, city: City) -> None:
    me = await lawyer(city, 1033)
    form = {"tipo": "principal", "uf": "RJ", "oab": "5"}
    files = {"carteira": ("c.pdf", PDF, "application/pdf")}
    page = await web.post(city, "/advogado/cadastro", form, actor=me, files=files)
    assert (page.status_code, "já tem um cadastro" in page.text) == (422, True)
    shown = await web.get(city, "/advogado/cadastro", actor=me)
    assert (shown.status_code, shown.headers["Location"]) == (303, "/advogado")
    by_mail = structs.replace(person(50, "Eva"), cpf=None)
    assert (
        await web.post(city, "/advogado/cadastro", form, actor=by_mail, files=files)
    ).status_code == 403
