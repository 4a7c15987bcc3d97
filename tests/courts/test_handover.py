"""From the case to the court: prepared, approved, sent once, whatever the network does."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest
from msgspec.structs import replace

from courts.courts_support import (
    ANALYST,
    NUMBER,
    Scripted,
    acts,
    approved,
    at,
    base,
    handovers,
    only,
    own,
    prepared,
    rounds,
    send,
    zip_of,
)
from procon.agreements.commands import Instalment, record_agreement
from procon.cases.commands import Opened
from procon.courts.jobs import TRIES_MOST, CourtOffice, follow
from procon.courts.queries import FileRef
from procon.evidence.storage import Store
from procon.ext.ports import CourtAnswer, CourtSilent
from procon.settings import Settings
from support.cities import CPF_OTHER, City, MovingClock, citizen, filed, staff, supplier
from support.web import Web

PDF = b"%PDF-1.7\n% recibo\n"
DELIVERED = CourtAnswer("delivered", "Recebido.", NUMBER, "P-1", PDF)
LOST = CourtSilent("O tribunal não respondeu a tempo.", arrived=True)
DOWN = CourtSilent("O tribunal está fora do ar.", arrived=False)


async def unsolved(city: City) -> Opened:
    case = await filed(city)
    await at(city, case, "unsolved")
    return case


async def agreed_case(city: City) -> Opened:
    case = await filed(city)
    await at(city, case, "agreed")
    async with city.scope() as tx:
        await record_agreement(
            tx,
            actor=ANALYST,
            case_id=case.id,
            source="hearing",
            text="A empresa devolve R$ 300,00.",
            instalments=[Instalment(tx.now.date() + timedelta(days=20), Decimal("300"))],
            total=Decimal("300"),
        )
    return case


async def test_a_city_without_a_court_has_none_of_it(
    web: Web, bare: City, court_city: City
) -> None:
    here, there = await unsolved(court_city), await unsolved(bare)
    path = f"/equipe/processos/{there.number}"
    assert "/justica" not in (await web.get(bare, path, actor=ANALYST)).text
    assert (await web.get(bare, base(there), actor=ANALYST)).status_code == 404
    assert (await web.get(bare, own(there), actor=citizen())).status_code == 404
    answer = await web.post(bare, f"{base(there)}/peticao", {"texto": "x"}, actor=ANALYST)
    assert answer.status_code == 404
    path = f"/equipe/processos/{here.number}"
    assert f'href="{base(here)}"' in (await web.get(court_city, path, actor=ANALYST)).text


async def test_the_petition_is_filled_from_the_case(web: Web, court_city: City) -> None:
    case = await unsolved(court_city)
    page = await web.get(court_city, f"{base(case)}/peticao", actor=ANALYST)
    assert page.status_code == 200
    for words in ("Juizado Especial Cível", "A loja não entregou a geladeira.", "529.982.247-25"):
        assert words in page.text


async def test_who_may_do_what(web: Web, court_city: City, other: City) -> None:
    case = await unsolved(court_city)
    await prepared(web, court_city, case)
    statuses = {
        name: (await web.get(court_city, base(case), actor=actor)).status_code
        for name, actor in {
            "analyst": ANALYST,
            "authority": staff("authority"),
            "attendant": staff("attendant"),
            "citizen": citizen(),
            "supplier": supplier(),
        }.items()
    }
    assert statuses == {
        "analyst": 200,
        "authority": 200,
        "attendant": 403,
        "citizen": 403,
        "supplier": 403,
    }
    stranger = citizen(cpf=CPF_OTHER)
    assert (await web.get(court_city, own(case), actor=stranger)).status_code == 403
    assert (await web.get(other, own(case), actor=citizen())).status_code == 404
    assert (await web.get(court_city, f"{base(case)}/outro", actor=ANALYST)).status_code == 404


async def test_nothing_goes_before_the_consumer_approved_this_very_text(
    web: Web, court_city: City
) -> None:
    case = await unsolved(court_city)
    first = await prepared(web, court_city, case)
    assert (await send(web, court_city, case)).status == "draft"
    await prepared(web, court_city, case, text="Outro texto.")
    stale = {"sha256": first.sha256}
    await web.post(court_city, f"{own(case)}/aprovar", stale, actor=citizen())
    assert (await only(court_city, case)).status == "draft"
    row = await only(court_city, case)
    shown = await web.get(court_city, own(case), actor=citizen())
    assert "Outro texto." in shown.text
    assert row.sha256 in shown.text
    await web.post(court_city, f"{own(case)}/aprovar", {"sha256": row.sha256}, actor=citizen())
    assert (await only(court_city, case)).status == "reviewed"
    # The staff change a word: it has to be approved again.
    changed = await prepared(web, court_city, case, text="Terceiro texto.")
    assert (changed.status, changed.approved_by) == ("draft", "")


async def test_who_has_no_internet_approves_at_the_counter(web: Web, court_city: City) -> None:
    case = await unsolved(court_city)
    row = await prepared(web, court_city, case)
    path = f"{base(case)}/peticao/aprovada"
    read = {"sha256": row.sha256, "conferi": "sim"}
    silent = await web.post(court_city, path, {"sha256": row.sha256}, actor=ANALYST)
    assert silent.status_code == 422
    await web.post(court_city, path, {**read, "sha256": "0" * 64}, actor=ANALYST)
    assert (await only(court_city, case)).status == "draft"
    refused = await web.post(court_city, path, read, actor=citizen())
    assert refused.status_code == 403
    await web.post(court_city, path, read, actor=ANALYST)
    row = await only(court_city, case)
    assert (row.status, row.approved_by) == ("reviewed", ANALYST.label)


async def test_the_consumer_asks_for_a_change(web: Web, court_city: City) -> None:
    case = await unsolved(court_city)
    await prepared(web, court_city, case)
    empty = await web.post(court_city, f"{own(case)}/mudar", {"texto": " "}, actor=citizen())
    assert empty.status_code == 422
    wish = {"texto": "O valor é <b>outro</b>."}
    await web.post(court_city, f"{own(case)}/mudar", wish, actor=citizen())
    page = await web.get(court_city, f"{base(case)}/peticao", actor=ANALYST)
    assert "O valor é &lt;b&gt;outro&lt;/b&gt;." in page.text
    assert (await only(court_city, case)).wish == "O valor é <b>outro</b>."


async def test_a_delivery_reaches_log_parties_and_pages(
    web: Web, court_city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await unsolved(court_city)
    await approved(web, court_city, case)
    court = Scripted(DELIVERED)
    await send(web, court_city, case)
    await rounds(court_city, clock, court.office(settings))
    row = await only(court_city, case)
    assert (row.status, row.court_number, row.protocol, row.in_doubt) == (
        "delivered",
        NUMBER,
        "P-1",
        False,
    )
    (filing,) = court.filings
    assert (filing.reference, filing.kind, str(filing.value)) == (
        str(row.id),
        "petition",
        "1234.56",
    )
    assert [one.code for one in filing.files] == ["PET"]
    assert filing.files[0].body.startswith(b"%PDF-")
    assert filing.files[0].sha256 == hashlib.sha256(filing.files[0].body).hexdigest()
    assert await acts(court_city, case) == [
        "court_prepared",
        "court_approved",
        "court_sent",
        "court_delivered",
    ]
    assert NUMBER in (await web.get(court_city, own(case), actor=citizen())).text
    assert "Baixar o comprovante" in (await web.get(court_city, own(case), actor=citizen())).text
    page = await web.get(court_city, f"/processos/{case.number}", actor=citizen())
    assert NUMBER in page.text


async def test_a_second_click_sends_once(
    web: Web, court_city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await unsolved(court_city)
    await approved(web, court_city, case)
    court = Scripted(DELIVERED)
    await send(web, court_city, case)
    await send(web, court_city, case)
    await rounds(court_city, clock, court.office(settings), times=2)
    await send(web, court_city, case)
    await rounds(court_city, clock, court.office(settings), times=2)
    assert (len(court.filings), (await only(court_city, case)).round) == (1, 1)
    # What went is what it was.
    late = await web.post(court_city, f"{base(case)}/peticao", {"texto": "x"}, actor=ANALYST)
    assert (late.status_code, late.headers["location"]) == (303, base(case))
    form = await web.get(court_city, f"{base(case)}/peticao", actor=ANALYST)
    assert form.status_code == 303
    assert (await only(court_city, case)).text == "Peço o que é meu."


async def test_a_lost_answer_is_asked_for_and_not_sent_twice(
    web: Web, court_city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await unsolved(court_city)
    await approved(web, court_city, case)
    court = Scripted(LOST)
    court.says = DELIVERED
    await send(web, court_city, case)
    await rounds(court_city, clock, court.office(settings))
    assert (await only(court_city, case)).in_doubt
    await rounds(court_city, clock, court.office(settings))
    row = await only(court_city, case)
    assert (len(court.filings), len(court.asked), row.status) == (1, 1, "delivered")
    assert court.asked[0].reference == str(row.id)


async def test_what_surely_did_not_arrive_is_sent_again(
    web: Web, court_city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await unsolved(court_city)
    await approved(web, court_city, case)
    court = Scripted(DOWN, DOWN, LOST, DELIVERED)
    await send(web, court_city, case)
    await rounds(court_city, clock, court.office(settings), times=4)
    # Asked only after the lost answer; the court had nothing, so it went once more.
    assert (len(court.filings), len(court.asked)) == (4, 1)
    assert (await only(court_city, case)).status == "delivered"


async def test_a_worker_that_dies_after_sending_asks_first(
    web: Web, court_city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await unsolved(court_city)
    await approved(web, court_city, case)
    court = Scripted()  # it has no answer: the handler dies of it, as of a power cut
    court.says = DELIVERED
    await send(web, court_city, case)
    await rounds(court_city, clock, court.office(settings), times=2)
    assert (len(court.filings), len(court.asked)) == (1, 1)
    assert (await only(court_city, case)).status == "delivered"


async def test_where_nobody_can_tell_a_person_looks(
    web: Web, court_city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await unsolved(court_city)
    await approved(web, court_city, case)
    court = Scripted(LOST, DELIVERED)
    court.says = CourtAnswer("unknown")
    await send(web, court_city, case)
    await rounds(court_city, clock, court.office(settings), times=3)
    row = await only(court_city, case)
    assert (row.status, row.in_doubt, len(court.filings)) == ("error", True, 1)
    path = f"{base(case)}/peticao/de-novo"
    refused = await web.post(court_city, path, {}, actor=ANALYST)
    assert refused.status_code == 422
    assert "Confira antes no sistema do tribunal" in refused.text
    assert (await web.post(court_city, path, {"conferi": "sim"}, actor=ANALYST)).status_code == 303
    await rounds(court_city, clock, court.office(settings))
    assert ((await only(court_city, case)).status, len(court.filings)) == ("delivered", 2)


async def test_what_was_in_doubt_and_is_there_is_entered_by_hand(
    web: Web, court_city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await unsolved(court_city)
    await approved(web, court_city, case)
    court = Scripted(LOST)
    court.says = CourtAnswer("unknown")
    await send(web, court_city, case)
    await rounds(court_city, clock, court.office(settings), times=2)
    path = f"{base(case)}/peticao/comprovante"
    wrong = await web.post(court_city, path, {"numero": NUMBER[:-1] + "5"}, actor=ANALYST)
    assert "Este número da Justiça não confere." in wrong.text
    done = await web.post(court_city, path, {"numero": NUMBER}, actor=ANALYST)
    assert done.status_code == 303
    await rounds(court_city, clock, court.office(settings), times=2)
    row = await only(court_city, case)
    assert (row.status, row.court_number, len(court.filings)) == ("delivered", NUMBER, 1)


async def test_a_court_that_stays_away_ends_with_a_person(
    web: Web, court_city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await unsolved(court_city)
    await approved(web, court_city, case)
    court = Scripted(*([DOWN] * 20))
    await send(web, court_city, case)
    await rounds(court_city, clock, court.office(settings), times=TRIES_MOST + 3)
    row = await only(court_city, case)
    assert (row.status, row.in_doubt, row.attempts) == ("error", False, TRIES_MOST)
    assert row.message == DOWN.reason
    # Nothing of it arrived, so nobody has to look before the next try.
    sent = await web.post(court_city, f"{base(case)}/peticao/de-novo", {}, actor=ANALYST)
    assert sent.status_code == 303


async def test_a_store_that_is_down_sends_nothing(
    web: Web, court_city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await unsolved(court_city)
    row = await approved(web, court_city, case)
    ref = FileRef("EVID", "a.pdf", "a.pdf", "application/pdf", "justa/none", 1, "0" * 64)
    async with court_city.scope() as tx:
        facts = msgspec.json.encode(replace(row.facts, files=(ref,))).decode()
        await tx.execute("UPDATE court_handover SET facts = $2 WHERE id = $1", row.id, facts)
    court = Scripted(DELIVERED)
    await send(web, court_city, case)
    await rounds(court_city, clock, court.office(settings), times=TRIES_MOST + 1)
    row = await only(court_city, case)
    assert (row.status, row.in_doubt, row.attempts) == ("error", False, TRIES_MOST)
    assert (court.filings, court.asked) == ([], [])


async def test_another_way_into_the_court_cannot_tell_of_the_first(
    web: Web, court_city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await unsolved(court_city)
    await approved(web, court_city, case)
    court = Scripted(LOST, DELIVERED)
    await send(web, court_city, case)
    await rounds(court_city, clock, court.office(settings))
    court.title = "Outro caminho"
    await rounds(court_city, clock, court.office(settings))
    row = await only(court_city, case)
    assert (row.status, row.in_doubt) == ("error", True)
    assert (len(court.filings), court.asked) == (1, [])


async def test_a_refusal_is_told_and_prepared_anew(
    web: Web, court_city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await unsolved(court_city)
    await approved(web, court_city, case)
    court = Scripted(CourtAnswer("refused", "Falta o endereço da empresa."), DELIVERED)
    await send(web, court_city, case)
    await rounds(court_city, clock, court.office(settings), times=2)
    assert (await only(court_city, case)).status == "refused"
    assert (
        "Falta o endereço da empresa."
        in (await web.get(court_city, own(case), actor=citizen())).text
    )
    row = await prepared(web, court_city, case, text="Com o endereço.")
    await web.post(court_city, f"{own(case)}/aprovar", {"sha256": row.sha256}, actor=citizen())
    await send(web, court_city, case)
    await rounds(court_city, clock, court.office(settings))
    assert [one.status for one in await handovers(court_city, case)] == ["refused", "delivered"]


async def test_an_agreement_is_confirmed_and_both_are_told(
    web: Web, court_city: City, clock: MovingClock, settings: Settings
) -> None:
    case = await agreed_case(court_city)
    row = await prepared(web, court_city, case, kind="homologacao", text="Homologue-se.")
    assert row.kind == "agreement"
    court = Scripted(DELIVERED)
    await send(web, court_city, case, "homologacao")
    await rounds(court_city, clock, court.office(settings))
    assert (await only(court_city, case)).status == "delivered"
    court.says = CourtAnswer("homologated", "Sentença homologatória.", NUMBER)
    clock.forward(days=1)
    await follow(court_city.db, court_city.tenant)
    await rounds(court_city, clock, court.office(settings))
    row = await only(court_city, case)
    assert (row.status, row.message) == ("homologated", "Sentença homologatória.")
    clock.forward(days=3)
    await follow(court_city.db, court_city.tenant)
    await rounds(court_city, clock, court.office(settings))
    assert len(court.asked) == 1
    assert (await acts(court_city, case))[-1] == "court_homologated"
    page = await web.get(court_city, f"/processos/{case.number}", actor=citizen())
    assert "A Justiça homologou o acordo" in page.text


async def test_an_agreement_needs_one(web: Web, court_city: City) -> None:
    case = await unsolved(court_city)
    sent = await web.post(
        court_city, f"{base(case)}/homologacao", {"texto": "Homologue-se."}, actor=ANALYST
    )
    assert (sent.status_code, sent.headers["location"]) == (303, base(case))
    assert await handovers(court_city, case) == []


async def test_the_package_goes_by_hand(
    web: Web,
    court_city: City,
    clock: MovingClock,
    court_office: CourtOffice,
    settings: Settings,
) -> None:
    case = await unsolved(court_city)
    await approved(web, court_city, case)
    await send(web, court_city, case)
    await rounds(court_city, clock, court_office, times=2)
    row = await only(court_city, case)
    assert (row.status, row.package_signed) == ("sent", False)
    body = await Store(settings).get(row.package_key)
    assert hashlib.sha256(body).hexdigest() == row.package_sha256
    with zip_of(body) as package:
        manifest = json.loads(package.read("manifest.json"))
        names = ["leia.html", "manifest.json", "arquivos/01-peticao.pdf"]
        assert package.namelist() == names
        assert manifest["case"] == case.number
        for file in manifest["files"]:
            assert hashlib.sha256(package.read(file["path"])).hexdigest() == file["sha256"]
    page = await web.get(court_city, base(case), actor=ANALYST)
    assert "Sem assinatura eletrônica" in page.text
    got = await web.get(court_city, f"{base(case)}/peticao/pacote", actor=ANALYST)
    assert got.status_code == 303
    done = await web.post(
        court_city,
        f"{base(case)}/peticao/comprovante",
        {"numero": "", "protocolo": "JEC 77/2026"},
        files={"comprovante": ("recibo.pdf", PDF, "application/pdf")},
        actor=ANALYST,
    )
    assert done.status_code == 303
    row = await only(court_city, case)
    assert (row.status, row.protocol, row.receipt_letter is not None) == (
        "delivered",
        "JEC 77/2026",
        True,
    )


@pytest.mark.parametrize("body", ["{}", "\0", "[]"])
async def test_odd_input_is_never_a_server_error(web: Web, court_city: City, body: str) -> None:
    case = await unsolved(court_city)
    await prepared(web, court_city, case)
    for path in ("peticao", "peticao/conferir", "peticao/comprovante", "peticao/resultado"):
        got = await web.post(court_city, f"{base(case)}/{path}", {"texto": body}, actor=ANALYST)
        assert got.status_code < 500
    for path in ("aprovar", "mudar"):
        got = await web.post(court_city, f"{own(case)}/{path}", {"texto": body}, actor=citizen())
        assert got.status_code < 500
