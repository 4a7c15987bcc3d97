"""A proposal's whole way over HTTP: made, read, accepted, refused, countered, too late."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from agreements.agreements_support import (
    agreements,
    at_hour,
    consumer_path,
    dates,
    form,
    notice_of,
    offered,
    proposal_ids,
    sentences,
    supplier_path,
    today,
    topics,
    typed_day,
)
from cases.cases_support import HOSTILE, answered, errors_of, issued, status_of, words
from procon.agreements.kept.jobs import follow
from procon.auth.actor import Actor
from procon.auth.mandates.commands import Client, end, grant
from procon.auth.mandates.model import Oab
from procon.auth.mandates.registry import Card, decide_lawyer, register_lawyer
from procon.cases.commands import mark_rated
from procon.settings import Settings
from support.cities import CPF_OTHER, City, MovingClock, citizen, filed, staff, supplier
from support.web import Web

OTHER_CNPJ = "11444777000161"


async def test_a_proposal_is_reviewed_sent_read_and_accepted(
    web: Web, city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    company, person = supplier(), citizen()
    path = f"{supplier_path(case)}/proposta"
    first = await web.get(city, path, actor=company)
    assert "Fazer uma proposta ao consumidor" in words(first.text)
    review = await web.post(city, path, form(city, clock, passo="conferir"), actor=company)
    now = today(city, clock)
    start = typed_day(now + timedelta(days=20))
    assert review.status_code == 200
    assert f"{start} R$ 333,34" in words(review.text)
    assert "Quem recebe: o consumidor." in words(review.text)
    assert await proposal_ids(city, case) == []
    await offered(web, city, case, clock, company)
    page = await web.get(city, f"{consumer_path(case)}/proposta", actor=person)
    assert "A proposta da empresa" in words(page.text)
    assert "Devolução por Pix. Valor total R$ 1.000,00" in words(page.text)
    check = await web.get(city, f"{consumer_path(case)}/proposta/aceitar", actor=person)
    assert "vale como um contrato entre o consumidor e a empresa" in words(check.text)
    ((proposal_id, _),) = await proposal_ids(city, case)
    done = await web.post(
        city,
        f"{consumer_path(case)}/proposta/aceitar",
        {"proposta": proposal_id},
        actor=person,
    )
    assert (done.status_code, done.headers["Location"]) == (303, f"{consumer_path(case)}/acordo")
    assert await status_of(city, case) == ("agreed", "ACORDO")
    assert await agreements(city, case) == [("proposal", "running", Decimal("1000.00"))]
    assert [(amount, status) for _, _, amount, status in await dates(city, case)] == [
        (Decimal("333.34"), "open"),
        (Decimal("333.33"), "open"),
        (Decimal("333.33"), "open"),
    ]
    assert await topics(city, case) == ["proposal_made", "agreement_recorded", "settle"]
    for who, where in ((person, consumer_path(case)), (company, supplier_path(case))):
        seen = await web.get(city, f"{where}/acordo", actor=who)
        assert "Acordo feito entre as partes" in words(seen.text)


async def test_a_counter_proposal_replaces_the_first_and_the_company_accepts_it(
    web: Web, city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    company, person = supplier(), citizen()
    await offered(web, city, case, clock, company)
    ((first, _),) = await proposal_ids(city, case)
    page = await web.get(city, f"{consumer_path(case)}/proposta/contraproposta", actor=person)
    assert 'value="1.000,00"' in page.text
    assert 'id="parcelas" name="parcelas" type="text" value="3"' in page.text
    assert f'name="responde" value="{first}"' in page.text
    changed = form(city, clock, responde=first, valor="1.200,00", parcelas="1", _chave="a" * 32)
    sent = await web.post(city, f"{consumer_path(case)}/proposta", changed, actor=person)
    assert sent.status_code == 303
    (_, old), (second, new) = await proposal_ids(city, case)
    assert (old, new) == ("countered", "open")
    # The first can no longer be accepted, whoever still has its page open.
    late = await web.post(
        city, f"{consumer_path(case)}/proposta/aceitar", {"proposta": first}, actor=person
    )
    assert (late.status_code, late.headers["Location"]) == (303, f"{consumer_path(case)}/proposta")
    assert await agreements(city, case) == []
    seen = await web.get(city, f"{supplier_path(case)}/proposta", actor=company)
    assert "A contraproposta do consumidor" in words(seen.text)
    done = await web.post(
        city, f"{supplier_path(case)}/proposta/aceitar", {"proposta": second}, actor=company
    )
    assert done.headers["Location"] == f"{supplier_path(case)}/acordo"
    assert await agreements(city, case) == [("proposal", "running", Decimal("1200.00"))]
    assert await topics(city, case) == [
        "proposal_made",
        "proposal_countered",
        "agreement_recorded",
        "settle",
    ]


async def test_a_refusal_changes_nothing_but_the_proposal(
    web: Web, city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    company, person = supplier(), citizen()
    before = await status_of(city, case)
    await offered(web, city, case, clock, company)
    ((proposal_id, _),) = await proposal_ids(city, case)
    path = f"{consumer_path(case)}/proposta/recusar"
    assert (await web.get(city, path, actor=person)).status_code == 200
    long = await web.post(city, path, {"proposta": proposal_id, "motivo": "x" * 2001}, actor=person)
    assert (long.status_code, errors_of(long.text)) == (
        422,
        [("motivo", "O texto pode ter até 2.000 caracteres.")],
    )
    done = await web.post(city, path, {"proposta": proposal_id, "motivo": HOSTILE}, actor=person)
    assert done.status_code == 303
    assert await status_of(city, case) == before
    assert await proposal_ids(city, case) == [(proposal_id, "refused")]
    seen = await web.get(city, f"{supplier_path(case)}/proposta", actor=company)
    assert HOSTILE in words(seen.text)
    assert "<script>alert" not in seen.text
    # And the company may try again.
    await offered(web, city, case, clock, company, _chave="b" * 32)


async def test_sending_the_same_form_twice_makes_one_proposal(
    web: Web, city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    company = supplier()
    await offered(web, city, case, clock, company)
    await offered(web, city, case, clock, company)
    assert [status for _, status in await proposal_ids(city, case)] == ["open"]
    other_form = form(city, clock, _chave="c" * 32)
    path = f"{supplier_path(case)}/proposta"
    async with await web.client(city, company) as browser:
        answer = await browser.post(path, data=other_form)
        assert answer.status_code == 303
        assert notice_of((await browser.get(path)).text) == (
            "Já existe uma proposta sua esperando resposta neste processo."
        )
    assert [status for _, status in await proposal_ids(city, case)] == ["open"]


async def test_two_taps_on_accept_make_one_agreement(
    web: Web, city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    await offered(web, city, case, clock, supplier())
    ((proposal_id, _),) = await proposal_ids(city, case)
    person = citizen()
    path = f"{consumer_path(case)}/proposta/aceitar"
    taps = [web.post(city, path, {"proposta": proposal_id}, actor=person) for _ in range(4)]
    answers = await asyncio.gather(*taps)
    assert sorted(answer.headers["Location"] for answer in answers) == [
        f"{consumer_path(case)}/acordo",
        *[f"{consumer_path(case)}/proposta"] * 3,
    ]
    assert await agreements(city, case) == [("proposal", "running", Decimal("1000.00"))]
    assert (await topics(city, case)).count("settle") == 1


@pytest.mark.parametrize("turn", range(4))
async def test_accepting_while_it_is_withdrawn_one_wins(
    web: Web, city: City, clock: MovingClock, settings: Settings, turn: int
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    company, person = supplier(), citizen()
    await offered(web, city, case, clock, company)
    ((proposal_id, _),) = await proposal_ids(city, case)
    both = [
        web.post(
            city,
            f"{consumer_path(case)}/proposta/aceitar",
            {"proposta": proposal_id},
            actor=person,
        ),
        web.post(
            city,
            f"{supplier_path(case)}/proposta/retirar",
            {"proposta": proposal_id},
            actor=company,
        ),
    ]
    if turn % 2:
        both.reverse()
    answers = await asyncio.gather(*both)
    assert [answer.status_code for answer in answers] == [303, 303]
    ((_, status),) = await proposal_ids(city, case)
    if status == "accepted":
        assert await status_of(city, case) == ("agreed", "ACORDO")
        assert len(await agreements(city, case)) == 1
    else:
        assert status == "withdrawn"
        assert await status_of(city, case) == ("cip_issued", "")
        assert await agreements(city, case) == []


async def test_a_withdrawn_proposal_tells_who_comes_late_what_happened(
    web: Web, city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    company, person = supplier(), citizen()
    await offered(web, city, case, clock, company)
    ((proposal_id, _),) = await proposal_ids(city, case)
    path = f"{supplier_path(case)}/proposta"
    gone = await web.post(city, f"{path}/retirar", {"proposta": proposal_id}, actor=company)
    assert (gone.status_code, gone.headers["Location"]) == (303, path)
    async with await web.client(city, person) as browser:
        base = f"{consumer_path(case)}/proposta"
        late = await browser.post(f"{base}/aceitar", data={"proposta": proposal_id})
        assert late.headers["Location"] == base
        assert notice_of((await browser.get(base)).text) == (
            "Quem fez a proposta a retirou antes da resposta."
        )
        assert (await browser.get(f"{base}/aceitar")).status_code == 303


async def test_a_proposal_that_nobody_answers_ends_and_the_case_goes_on(
    web: Web, city: City, other: City, clock: MovingClock, settings: Settings
) -> None:
    case, elsewhere = await filed(city), await filed(other)
    for place, one in ((city, case), (other, elsewhere)):
        await issued(place, one, settings)
        await answered(place, one)
        async with place.scope() as tx:
            await mark_rated(
                tx, actor=citizen(), case_id=one.id, solved=False, stars=1, why="Nada."
            )
    company, person = supplier(), citizen()
    await offered(web, city, case, clock, company)
    await offered(web, other, elsewhere, clock, company)
    ((proposal_id, _),) = await proposal_ids(city, case)
    before = await status_of(city, case)
    await follow(city.db, city.tenant, settings.url)
    assert await proposal_ids(city, case) == [(proposal_id, "open")]
    at_hour(city, clock, days=11, hour=0)
    late = await web.post(
        city, f"{consumer_path(case)}/proposta/aceitar", {"proposta": proposal_id}, actor=person
    )
    assert late.headers["Location"] == f"{consumer_path(case)}/proposta"
    assert await agreements(city, case) == []
    seen = await web.get(city, f"{consumer_path(case)}/proposta", actor=person)
    assert "Terminou sem resposta" in words(seen.text)
    await follow(city.db, city.tenant, settings.url)
    await follow(city.db, city.tenant, settings.url)
    assert await proposal_ids(city, case) == [(proposal_id, "expired")]
    assert await status_of(city, case) == before
    assert (await sentences(city, case))[-1] == (
        "A proposta terminou sem resposta. O processo continua."
    )
    assert (await topics(city, case)).count("proposal_expired") == 1
    # The other city's is its own sweep's.
    assert [status for _, status in await proposal_ids(other, elsewhere)] == ["open"]


async def test_what_was_typed_is_kept_and_each_fault_is_named(
    web: Web, city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    path = f"{supplier_path(case)}/proposta"
    wrong = form(
        city, clock, valor="1,000.00", primeira="29/02/2027", linhas="", texto=HOSTILE, passo=""
    )
    page = await web.post(city, path, wrong, actor=supplier())
    assert (page.status_code, errors_of(page.text)) == (
        422,
        [
            ("valor", "Digite o valor em reais, como 1.234,56."),
            ("primeira", "O dia 29/02/2027 não existe. Confira a data."),
        ],
    )
    assert 'value="1,000.00"' in page.text
    assert 'value="29/02/2027"' in page.text
    assert HOSTILE in words(page.text)
    assert await proposal_ids(city, case) == []


async def test_going_back_from_the_review_keeps_everything(
    web: Web, city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    first = today(city, clock) + timedelta(days=20)
    lines = f"{typed_day(first)}; 400; entrada\n{typed_day(first + timedelta(days=9))}; 600"
    typed = form(city, clock, linhas=lines, passo="corrigir")
    page = await web.post(city, f"{supplier_path(case)}/proposta", typed, actor=supplier())
    assert page.status_code == 200
    assert lines in page.text
    assert "Há um problema" not in page.text


async def test_a_proposal_may_not_outlive_its_first_date(
    web: Web, city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    first = today(city, clock) + timedelta(days=5)
    typed = form(city, clock, primeira=typed_day(first))
    page = await web.post(city, f"{supplier_path(case)}/proposta", typed, actor=supplier())
    assert (page.status_code, errors_of(page.text)) == (
        422,
        [
            (
                "validade",
                f"A proposta vale até depois da primeira data ({typed_day(first)})."
                " Escolha uma validade menor.",
            )
        ],
    )


async def test_the_first_proposal_is_the_companys(
    web: Web, city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    path = f"{consumer_path(case)}/proposta"
    async with await web.client(city, citizen()) as browser:
        assert (await browser.post(path, data=form(city, clock))).status_code == 303
        assert notice_of((await browser.get(path)).text) == (
            "A primeira proposta é da empresa. Você pode responder a ela."
        )
    assert await proposal_ids(city, case) == []


async def test_before_the_company_knows_and_after_the_end_nothing_is_offered(
    web: Web, city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await filed(city)
    path = f"{supplier_path(case)}/proposta"
    early = await web.post(city, path, form(city, clock), actor=supplier())
    assert early.status_code == 403
    await issued(city, case, settings)
    await answered(city, case)
    async with city.scope() as tx:
        await mark_rated(tx, actor=citizen(), case_id=case.id, solved=True, stars=5, why="")
    async with await web.client(city, supplier()) as browser:
        assert (await browser.post(path, data=form(city, clock))).status_code == 303
        assert notice_of((await browser.get(path)).text) == (
            "Este processo já mudou de etapa, e as partes não podem mais fazer acordo por aqui."
        )
    assert await proposal_ids(city, case) == []


@pytest.mark.parametrize(
    "tail", ["proposta", "proposta/contraproposta", "proposta/aceitar", "proposta/recusar"]
)
async def test_only_the_cases_own_parties_come_in_each_by_its_own_door(
    web: Web, city: City, other: City, settings: Settings, tail: str
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    company, person = f"{supplier_path(case)}/{tail}", f"{consumer_path(case)}/{tail}"
    strangers = [
        (citizen(CPF_OTHER, "Rui"), person),
        (supplier(OTHER_CNPJ), company),
        (supplier(case_id=uuid4()), company),
        (citizen(), company),
        (supplier(), person),
        (staff("authority"), person),
        (staff("authority"), company),
    ]
    for actor, path in strangers:
        assert (await web.get(city, path, actor=actor)).status_code == 403
        assert (await web.post(city, path, {}, actor=actor)).status_code in {403, 405}
    for actor, path in ((citizen(), person), (supplier(), company)):
        assert (await web.get(other, path, actor=actor)).status_code == 404
    assert (await web.get(city, person)).status_code == 303


async def test_another_cases_proposal_is_not_found_in_this_one(
    web: Web, city: City, clock: MovingClock, settings: Settings
) -> None:
    case, second = await filed(city), await filed(city, cnpj=OTHER_CNPJ, supplier_name="Outra")
    for one in (case, second):
        await issued(city, one, settings)
    await offered(web, city, case, clock, supplier())
    ((proposal_id, _),) = await proposal_ids(city, case)
    for act in ("aceitar", "recusar"):
        answer = await web.post(
            city,
            f"{consumer_path(second)}/proposta/{act}",
            {"proposta": proposal_id},
            actor=citizen(),
        )
        assert answer.status_code == 404
    wrong = await web.post(
        city,
        f"{supplier_path(second)}/proposta/retirar",
        {"proposta": proposal_id},
        actor=supplier(OTHER_CNPJ),
    )
    assert wrong.status_code == 404
    own = await web.post(
        city,
        f"{supplier_path(case)}/proposta/aceitar",
        {"proposta": proposal_id},
        actor=supplier(),
    )
    assert own.headers["Location"] == f"{supplier_path(case)}/proposta"
    assert await proposal_ids(city, case) == [(proposal_id, "open")]


async def test_the_cases_page_says_what_is_on_the_table(
    web: Web, city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    company, person, office = supplier(), citizen(), staff("analyst")

    async def box(path: str, actor: Actor) -> str:
        return words((await web.get(city, path, actor=actor)).text)

    desk = f"/equipe/processos/{case.number}"
    assert "Fazer uma proposta" in await box(supplier_path(case), company)
    assert "Proposta de acordo" not in await box(consumer_path(case), person)
    await offered(web, city, case, clock, company)
    until = typed_day(today(city, clock) + timedelta(days=10))
    assert "Sua proposta espera resposta" in await box(supplier_path(case), company)
    seen = await box(consumer_path(case), person)
    assert "A empresa fez uma proposta Leia e diga se aceita." in seen
    assert f"Vale até {until}" in seen
    assert "Ler e responder" in seen
    assert "A empresa fez uma proposta A outra parte ainda não respondeu." in await box(
        desk, office
    )
    ((proposal_id, _),) = await proposal_ids(city, case)
    await web.post(
        city, f"{consumer_path(case)}/proposta/aceitar", {"proposta": proposal_id}, actor=person
    )
    for path, actor in ((supplier_path(case), company), (consumer_path(case), person)):
        assert "Datas cumpridas 0 de 3" in await box(path, actor)
    at_hour(city, clock, days=21, hour=9)
    assert "Enviar comprovante" in await box(supplier_path(case), company)
    assert "Dizer se a empresa cumpriu" in await box(consumer_path(case), person)
    assert "Ver o acordo" in await box(desk, office)


async def test_a_lawyer_needs_the_power_to_settle(
    web: Web, city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    await offered(web, city, case, clock, supplier())
    ((proposal_id, _),) = await proposal_ids(city, case)
    lawyer, path = citizen(CPF_OTHER, "Dra. Eva"), f"{consumer_path(case)}/proposta"
    lawyer_id, key = uuid4(), uuid4().hex

    async def given(*powers: str) -> None:
        async with city.scope() as tx:
            person_id = await tx.fetchval("SELECT person_id FROM case_file WHERE id = $1", case.id)
            await grant(
                tx,
                actor=citizen(),
                lawyer_id=lawyer_id,
                client=Client(person_id=person_id),
                case_id=case.id,
                powers=powers,
                origin="online",
                idempotency_key=f"{key}/{powers}",
            )

    async with city.scope() as tx:
        await register_lawyer(
            tx,
            actor=lawyer,
            lawyer_id=lawyer_id,
            oab=Oab("SP", "123456"),
            kind="principal",
            supervisor=None,
            card=Card("k", "carteira.pdf", "application/pdf", "0" * 64),
        )
        await decide_lawyer(tx, actor=staff(), lawyer_id=lawyer_id, verified=True)
    await given("receive_notice", "file")
    assert (await web.get(city, path, actor=lawyer)).status_code == 200
    refused = await web.post(city, f"{path}/aceitar", {"proposta": proposal_id}, actor=lawyer)
    assert refused.status_code == 403
    assert "A sua procuração não inclui o poder de fazer acordo." in words(refused.text)
    assert await agreements(city, case) == []
    async with city.scope() as tx:
        mandate = await tx.fetchval("SELECT id FROM mandate WHERE lawyer_id = $1", lawyer_id)
        await end(tx, actor=citizen(), mandate_id=mandate, kind="revogacao")
    await given("receive_notice", "file", "settle")
    done = await web.post(city, f"{path}/aceitar", {"proposta": proposal_id}, actor=lawyer)
    assert done.headers["Location"] == f"{consumer_path(case)}/acordo"
    assert await status_of(city, case) == ("agreed", "ACORDO")
