"""After each date: asked, told, proved, decided. Nothing counts as kept by silence."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import httpx
import pytest

from agreements.agreements_support import (
    agreed,
    agreements,
    at_hour,
    consumer_path,
    dates,
    notice_of,
    questions,
    supplier_path,
    today,
    topics,
    working_day,
)
from answers.test_answer_files import hidden_of, photo, send_file
from cases.cases_support import errors_of, issued, status_of, words
from procon.agreements.commands import Instalment, record_agreement
from procon.agreements.kept.jobs import follow
from procon.cases.commands import Opened
from procon.cases.moves import move
from procon.kernel.errors import Invalid
from procon.settings import Settings
from support.cities import CPF_OTHER, City, MovingClock, citizen, filed, staff, supplier
from support.web import Web


async def running(
    city: City, clock: MovingClock, settings: Settings, *amounts: str, ahead: int = 10
) -> Opened:
    """A case with an agreement: the first date a Tuesday, the others a week apart each."""
    case = await filed(city)
    await issued(city, case, settings)
    first = working_day(city, clock, ahead=ahead)
    await agreed(
        city,
        case,
        *(
            Instalment(first + timedelta(days=7 * n), Decimal(amount))
            for n, amount in enumerate(amounts)
        ),
    )
    return case


async def say(
    web: Web, city: City, case: Opened, instalment: str, verdict: str, *, text: str = ""
) -> httpx.Response:
    """The consumer's word about a date."""
    data = {"data": instalment, "resposta": verdict, "texto": text}
    return await web.post(city, f"{consumer_path(case)}/acordo", data, actor=citizen())


async def past(city: City, clock: MovingClock, case: Opened, n: int, *, by: int, hour: int) -> None:
    """Move to `by` days after date number `n` (from 0)."""
    due = (await dates(city, case))[n][1]
    at_hour(city, clock, days=(due - today(city, clock)).days + by, hour=hour)


async def test_the_consumer_is_asked_once_a_working_day_after_the_date_and_not_at_night(
    city: City, other: City, clock: MovingClock, settings: Settings
) -> None:
    case = await running(city, clock, settings, "100", "200")
    await running(other, clock, settings, "100")

    async def round_at(by: int, hour: int) -> list[tuple[str, str]]:
        await past(city, clock, case, 0, by=by, hour=hour)
        await follow(city.db, city.tenant, settings.url)
        return await questions(city)

    assert await round_at(0, 23) == []
    assert await round_at(1, 7) == []
    asked = [
        ("ana@example.com", f"A empresa cumpriu? Acordo do processo {case.number}"),
        ("juridico@loja.example", f"Envie o comprovante: acordo do processo {case.number}"),
    ]
    assert await round_at(1, 9) == asked
    assert await round_at(1, 10) == asked
    assert await questions(other) == []
    async with city.scope() as tx:
        body = await tx.fetchval("SELECT body FROM message WHERE subject LIKE 'A empresa cumpriu%'")
    address = settings.url(city.host, f"{consumer_path(case)}/acordo")
    assert address in body
    # The second date is asked after by itself.
    await past(city, clock, case, 1, by=1, hour=9)
    await follow(city.db, city.tenant, settings.url)
    assert len(await questions(city)) == 4


async def test_nobody_is_asked_on_a_weekend(
    city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    friday = working_day(city, clock, ahead=10) + timedelta(days=3)
    await agreed(city, case, Instalment(friday, Decimal(10)))
    for by in (1, 2):
        await past(city, clock, case, 0, by=by, hour=12)
        await follow(city.db, city.tenant, settings.url)
    assert await questions(city) == []
    await past(city, clock, case, 0, by=3, hour=12)
    await follow(city.db, city.tenant, settings.url)
    assert len(await questions(city)) == 2


async def test_all_dates_confirmed_the_agreement_is_kept_and_the_case_moves(
    web: Web, city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await running(city, clock, settings, "100", "200")
    (first, *_), (second, *_) = await dates(city, case)
    # Before the date too: who has the money need not wait.
    assert (await say(web, city, case, first, "sim")).status_code == 303
    assert (await say(web, city, case, first, "sim")).status_code == 303
    assert await agreements(city, case) == [("proposal", "running", Decimal("300.00"))]
    assert await status_of(city, case) == ("agreed", "ACORDO")
    await past(city, clock, case, 1, by=1, hour=9)
    page = await web.get(city, f"{consumer_path(case)}/acordo", actor=citizen())
    assert "A data passou. A empresa cumpriu?" in words(page.text)
    due = (await dates(city, case))[1][1]
    assert f"Sim, a empresa cumpriu o que vence em {due:%d/%m/%Y}" in words(page.text)
    assert (await say(web, city, case, second, "sim")).status_code == 303
    assert await agreements(city, case) == [("proposal", "fulfilled", Decimal("300.00"))]
    assert await status_of(city, case) == ("fulfilled", "ACORDO_CUMPRIDO")
    assert await topics(city, case) == [
        "agreement_recorded",
        "settle",
        "instalment_confirmed",
        "instalment_confirmed",
        "fulfil",
    ]
    await follow(city.db, city.tenant, settings.url)
    assert await questions(city) == []


async def test_a_no_before_the_date_is_refused_with_the_reason(
    web: Web, city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await running(city, clock, settings, "100")
    ((first, due, *_),) = await dates(city, case)
    at_hour(city, clock, days=(due - today(city, clock)).days, hour=22)
    async with await web.client(city, citizen()) as browser:
        path = f"{consumer_path(case)}/acordo"
        answer = await browser.post(path, data={"data": first, "resposta": "nao"})
        assert answer.status_code == 303
        assert notice_of((await browser.get(path)).text) == (
            f"A empresa tem até {due:%d/%m/%Y} para cumprir. Se ela não cumprir, avise aqui a"
            " partir do dia seguinte."
        )
        form = await browser.get(f"{path}/nao-cumpriu?data={first}")
        assert "A empresa ainda está no prazo." in words(form.text)
    assert [status for *_, status in await dates(city, case)] == ["open"]


async def test_denied_and_not_proven_in_time_the_agreement_is_broken(
    web: Web, city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await running(city, clock, settings, "100", "200")
    (first, *_), _ = await dates(city, case)
    await past(city, clock, case, 0, by=1, hour=9)
    form = await web.get(
        city, f"{consumer_path(case)}/acordo/nao-cumpriu?data={first}", actor=citizen()
    )
    assert "Avisar que não cumpriu" in words(form.text)
    assert (await say(web, city, case, first, "nao", text="Não caiu.")).status_code == 303
    assert [status for *_, status in await dates(city, case)] == ["late", "open"]
    page = await web.get(city, f"{supplier_path(case)}/acordo", actor=supplier())
    assert re.search(r"A empresa tem até [\d/]+ às 23h59 para comprovar\.", words(page.text))
    await follow(city.db, city.tenant, settings.url)
    assert await status_of(city, case) == ("agreed", "ACORDO")
    async with city.scope() as tx:
        end = await tx.fetchval(
            "SELECT check_due_at FROM agreement_instalment WHERE id = $1", UUID(first)
        )
    # The last second still belongs to the company.
    clock.forward(seconds=(end - clock()).total_seconds() + 0.5)
    await follow(city.db, city.tenant, settings.url)
    assert await status_of(city, case) == ("agreed", "ACORDO")
    clock.forward(seconds=2)
    await follow(city.db, city.tenant, settings.url)
    await follow(city.db, city.tenant, settings.url)
    assert await status_of(city, case) == ("broken", "ACORDO_DESCUMPRIDO")
    assert await agreements(city, case) == [("proposal", "broken", Decimal("300.00"))]
    assert [status for *_, status in await dates(city, case)] == ["broken", "open"]
    assert await topics(city, case) == [
        "agreement_recorded",
        "settle",
        "instalment_denied",
        "break_agreement",
    ]
    late = await say(web, city, case, first, "sim")
    assert late.status_code == 303
    assert [status for *_, status in await dates(city, case)] == ["broken", "open"]


async def proved(web: Web, city: City, case: Opened, instalment: str) -> str:
    """The company sends a receipt as a file; returns its page afterwards."""
    path = f"{supplier_path(case)}/acordo"
    async with await web.client(city, supplier()) as browser:
        back = await send_file(browser, (await browser.get(path)).text, "pix.png", photo("red"))
        form = {"_chave": hidden_of(back, "_chave"), "data": instalment, "texto": ""}
        for _ in range(2):  # a double click
            assert (await browser.post(path, data=form)).status_code == 303
        return (await browser.get(path)).text


async def test_a_proof_stops_the_clock_and_the_staff_decide_for_the_company(
    web: Web, city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await running(city, clock, settings, "100")
    ((first, *_),) = await dates(city, case)
    await past(city, clock, case, 0, by=1, hour=9)
    assert (await say(web, city, case, first, "nao")).status_code == 303
    page = words(await proved(web, city, case, first))
    assert "A empresa enviou comprovante e o consumidor diz que não: o Procon vai decidir." in page
    clock.forward(days=60)
    await follow(city.db, city.tenant, settings.url)
    assert await status_of(city, case) == ("agreed", "ACORDO")
    seen = await web.get(city, f"{consumer_path(case)}/acordo", actor=citizen())
    assert "pix.png" in seen.text
    listed = await web.get(city, "/equipe/acordos", actor=staff("analyst"))
    assert f"{case.number} Decidir" in words(listed.text)
    path = f"/equipe/processos/{case.number}/acordo"
    wrong = await web.post(city, path, {"data": first}, actor=staff("analyst"))
    assert (wrong.status_code, errors_of(wrong.text)) == (
        422,
        [
            ("resposta", "Escolha se foi cumprida ou não."),
            ("texto", "Escreva por quê. As partes vão ler este texto."),
        ],
    )
    decision = {"data": first, "resposta": "sim", "texto": "O Pix confere."}
    assert (await web.post(city, path, decision, actor=staff("attendant"))).status_code == 403
    done = await web.post(city, path, decision, actor=staff("analyst"))
    assert (done.status_code, done.headers["Location"]) == (303, path)
    assert await status_of(city, case) == ("fulfilled", "ACORDO_CUMPRIDO")
    assert await topics(city, case) == [
        "agreement_recorded",
        "settle",
        "instalment_denied",
        "proof_filed",
        "instalment_decided",
        "fulfil",
    ]
    async with city.scope() as tx:
        kept = await tx.fetch("SELECT side, kept FROM instalment_report ORDER BY id")
    assert [tuple(row) for row in kept] == [
        ("consumer", False),
        ("supplier", True),
        ("staff", True),
    ]


async def test_the_staff_may_decide_against_the_company_and_the_case_comes_back(
    web: Web, city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await running(city, clock, settings, "100", "50")
    (first, *_), _ = await dates(city, case)
    await proved(web, city, case, first)
    await past(city, clock, case, 0, by=1, hour=9)
    # The proof was there first, so nothing runs against the company.
    assert (await say(web, city, case, first, "nao")).status_code == 303
    async with city.scope() as tx:
        end = await tx.fetchval(
            "SELECT check_due_at FROM agreement_instalment WHERE id = $1", UUID(first)
        )
    assert end is None
    decision = {"data": first, "resposta": "nao", "texto": "O Pix foi para outra conta."}
    path = f"/equipe/processos/{case.number}/acordo"
    done = await web.post(city, path, decision, actor=staff("authority"))
    assert done.status_code == 303
    assert await status_of(city, case) == ("broken", "ACORDO_DESCUMPRIDO")
    again = await web.post(city, path, decision, actor=staff("authority"))
    assert again.status_code == 303
    assert (await topics(city, case)).count("break_agreement") == 1


async def test_a_proof_without_file_and_words_is_refused(
    web: Web, city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await running(city, clock, settings, "100")
    ((first, *_),) = await dates(city, case)
    path = f"{supplier_path(case)}/acordo"
    async with await web.client(city, supplier()) as browser:
        key = hidden_of((await browser.get(path)).text, "_chave")
        empty = await browser.post(path, data={"_chave": key, "data": first, "texto": " "})
        assert (empty.status_code, errors_of(empty.text)) == (
            422,
            [("texto", "Envie um arquivo ou escreva como a empresa cumpriu.")],
        )
        none = await browser.post(path, data={"_chave": key, "data": "", "texto": "Pix."})
        assert errors_of(none.text) == [("data", "Escolha de qual data se trata.")]


async def test_a_part_agreed_in_the_hearing_is_followed_while_the_rest_is_decided(
    web: Web, city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    first = working_day(city, clock, ahead=10)
    async with city.scope() as tx:
        await record_agreement(
            tx,
            actor=staff("conciliator"),
            case_id=case.id,
            source="hearing",
            text="Metade do valor.",
            instalments=[Instalment(first, Decimal(50))],
            total=Decimal(50),
        )
    await past(city, clock, case, 0, by=1, hour=9)
    ((date_id, *_),) = await dates(city, case)
    before = await status_of(city, case)
    assert (await say(web, city, case, date_id, "sim")).status_code == 303
    # The case is not in an agreement's state, so it stays where it is.
    assert await status_of(city, case) == before
    assert await agreements(city, case) == [("hearing", "fulfilled", Decimal("50.00"))]
    assert (await topics(city, case))[-1] == "agreement_fulfilled"


async def test_two_agreements_of_one_case_are_kept_when_both_are(
    web: Web, city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await running(city, clock, settings, "100")
    async with city.scope() as tx:
        await record_agreement(
            tx,
            actor=staff(),
            case_id=case.id,
            source="hearing",
            text="E um pedido de desculpas.",
            instalments=[Instalment(working_day(city, clock, ahead=3), Decimal(0), "Desculpas")],
            total=None,
        )
    for date_id, *_ in await dates(city, case):
        assert await status_of(city, case) == ("agreed", "ACORDO")
        assert (await say(web, city, case, date_id, "sim")).status_code == 303
    assert await status_of(city, case) == ("fulfilled", "ACORDO_CUMPRIDO")


async def test_an_ended_case_is_not_followed_any_more(
    city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await running(city, clock, settings, "100")
    async with city.scope() as tx:
        await move(
            tx, actor=citizen(), side="consumer", case_id=case.id, transition="withdraw", text="Sim"
        )
    await past(city, clock, case, 0, by=1, hour=9)
    await follow(city.db, city.tenant, settings.url)
    assert await questions(city) == []


async def test_instalments_that_do_not_add_up_are_no_agreement(
    city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    first = today(city, clock) + timedelta(days=5)
    with pytest.raises(Invalid) as caught:
        await agreed_total(city, case, Decimal(11), Instalment(first, Decimal(10)))
    assert list(caught.value.fields) == ["parcelas"]
    assert await agreements(city, case) == []


async def agreed_total(city: City, case: Opened, total: Decimal, *dated: Instalment) -> None:
    async with city.scope() as tx:
        await record_agreement(
            tx,
            actor=staff(),
            case_id=case.id,
            source="hearing",
            text="Acordo.",
            instalments=list(dated),
            total=total,
        )


async def test_strangers_see_no_agreement(
    web: Web, city: City, other: City, clock: MovingClock, settings: Settings
) -> None:
    case = await running(city, clock, settings, "100")
    ((first, *_),) = await dates(city, case)
    person, company = f"{consumer_path(case)}/acordo", f"{supplier_path(case)}/acordo"
    office = f"/equipe/processos/{case.number}/acordo"
    for actor, path in (
        (citizen(CPF_OTHER, "Rui"), person),
        (supplier("11444777000161"), company),
        (supplier(), person),
        (citizen(), company),
        (citizen(), office),
        (supplier(), "/equipe/acordos"),
    ):
        assert (await web.get(city, path, actor=actor)).status_code == 403
        answer = await web.post(city, path, {"data": first, "resposta": "sim"}, actor=actor)
        assert answer.status_code in {403, 405}
    for actor, path in ((citizen(), person), (supplier(), company), (staff(), office)):
        assert (await web.get(other, path, actor=actor)).status_code == 404
    unknown = await say(web, city, case, str(uuid4()), "sim")
    assert unknown.status_code == 404
    assert [status for *_, status in await dates(city, case)] == ["open"]


async def test_a_case_without_agreement_has_no_such_page(
    web: Web, city: City, settings: Settings
) -> None:
    case = await filed(city)
    await issued(city, case, settings)
    assert (
        await web.get(city, f"{consumer_path(case)}/acordo", actor=citizen())
    ).status_code == 404
    assert (
        await web.get(city, f"/equipe/processos/{case.number}/acordo", actor=staff())
    ).status_code == 404


async def test_the_list_sorts_those_that_run(
    web: Web, city: City, clock: MovingClock, settings: Settings
) -> None:
    behind = await running(city, clock, settings, "100", "100", ahead=3)
    fine = await running(city, clock, settings, "700", ahead=40)
    await past(city, clock, behind, 0, by=1, hour=9)
    late = await web.get(city, "/equipe/acordos?lista=atrasados", actor=staff("analyst"))
    assert f"{behind.number} Sem notícia" in words(late.text)
    assert fine.number not in late.text
    everything = words(
        (await web.get(city, "/equipe/acordos?lista=todos&pagina=9", actor=staff("analyst"))).text
    )
    assert everything.index(behind.number) < everything.index(fine.number)
    assert f"{fine.number} Em dia" in everything
    assert (
        await web.get(city, "/equipe/acordos?lista=%00&pagina=-1", actor=staff())
    ).status_code == 200
