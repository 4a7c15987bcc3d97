"""Acts of the procedure bring their documents; others are asked for, or come ready made."""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from hearings.hearings_support import STREET, booked, hearing
from letters.documents_support import (
    WHY,
    act,
    detail,
    letters_of,
    opened,
    pdf_of,
    printed,
    squeezed,
    worked,
)
from letters.test_register import Shelf
from procon.agreements.schedule import Instalment
from procon.cases.moves import move, record_act
from procon.kernel.errors import NotFound
from procon.kernel.ids import readable_code
from procon.letters.commands import issue_letter_for, issue_pdf, letter_key
from procon.letters.queries import letter_by_id
from procon.letters.typeset.render import grouped
from procon.process.queries import filings_of_case
from procon.settings import Settings
from support.cities import CPF, CPF_OTHER, City, citizen, staff, supplier
from support.web import Web

HOSTILE = 'Fato: #eval("read(1)") $x$ *n* {{ 7*7 }} {% x %}'
PDF = b"%PDF-1.7\n% ata assinada em outro lugar\n%%EOF\n"


async def test_an_act_sends_its_document_once_to_both_parties(
    web: Web, city: City, other: City, settings: Settings
) -> None:
    case_id = await opened(city)
    await worked(city, settings)
    [letter] = await letters_of(city, case_id, "TAB")
    case = await detail(city, case_id)
    assert (letter.number, letter.title, letter.wording_version) == (
        1,
        "Termo de abertura de reclamação",
        0,
    )
    text = await printed(settings, city, letter)
    for said in (WHY, case.number, "Ana Souza", "***.982.247-**", "11.222.333/0001-81", "Bia Lima"):
        assert squeezed(said) in text
    assert CPF not in text
    async with city.scope() as tx:
        await tx.execute("UPDATE outbox SET done_at = NULL WHERE topic = 'case_moved/letter'")
    await worked(city, settings)
    assert await letters_of(city, case_id, "TAB") == [letter]
    path = f"/documentos/{letter.code}"
    for actor, place in (
        (citizen(), f"/processos/{case.number}"),
        (supplier(), f"/fornecedor/processos/{case.number}"),
        (staff("analyst"), f"/equipe/processos/{case.number}"),
    ):
        assert path in (await web.get(city, place, actor=actor)).text
        assert (await web.get(city, path, actor=actor)).content == await pdf_of(
            settings, city, letter
        )
    assert (await web.get(city, path, actor=citizen(CPF_OTHER))).status_code == 403
    assert (await web.get(other, path, actor=citizen())).status_code == 404
    found = await web.get(city, f"/verificar?codigo={letter.code}")
    assert f"Termo de abertura de reclamação nº 1/{letter.year}" in found.text
    assert "Não emitimos" in (await web.get(other, f"/verificar?codigo={letter.code}")).text


async def test_the_whole_way_to_a_decision_has_its_documents(
    city: City, settings: Settings
) -> None:
    case_id = await opened(city, narrative=HOSTILE)
    await act(city, case_id, "notify_supplier", text="Explique a demora.")
    await act(city, case_id, "file_defence", text="Entregamos hoje.")
    await act(city, case_id, "send_to_decision", text="A defesa não prova a entrega.")
    await act(city, case_id, "decide", text=f"Relatório. {HOSTILE}", outcome="FUND_NAO_ATENDIDA")
    await worked(city, settings)
    [notice] = await letters_of(city, case_id, "TNF")
    text = await printed(settings, city, notice)
    assert "Explique a demora.".replace(" ", "") in text
    assert "às23h59" in text
    [decision] = await letters_of(city, case_id, "DEC1")
    text = await printed(settings, city, decision)
    # The reasons are a filing, of which the log holds only the hash.
    assert squeezed(HOSTILE) in text
    assert squeezed("Resultado: Reclamação fundamentada não atendida") in text
    async with city.scope() as tx:
        assert await tx.fetchval("SELECT count(*) FROM letter WHERE kind = 'CIP'") == 0


async def test_a_certidao_says_what_its_caller_knows(
    web: Web, city: City, settings: Settings
) -> None:
    case_id = await opened(city)
    letter_id, extra = (
        uuid4(),
        {
            "aviso.meio": "Carta com AR",
            "aviso.rastreio": "BR123456785BR",
            "aviso.resultado": "Recebida",
            "ato.texto": HOSTILE,
        },
    )
    for _ in range(2):
        async with city.scope() as tx:
            asked = await issue_letter_for(
                tx,
                actor=staff(name="Bia Lima"),
                case_id=case_id,
                code="CERT",
                extra=extra,
                letter_id=letter_id,
            )
        assert asked == letter_id
        await worked(city, settings)
    [letter] = await letters_of(city, case_id, "CERT")
    text = await printed(settings, city, letter)
    for said in ("Carta com AR", "BR123456785BR", "Resultado: Recebida", HOSTILE, "Bia Lima"):
        assert squeezed(said) in text
    page = await web.get(city, f"/verificar?codigo={letter.code}")
    assert f"Certidão nº 1/{letter.year}" in page.text


async def test_an_order_with_a_wrong_name_is_refused_at_once(city: City) -> None:
    case_id = await opened(city)
    async with city.scope() as tx:
        for code, extra in (("NADA", {}), ("CERT", {"aviso.cor": "azul"})):
            with pytest.raises(ValueError, match="unknown"):
                await issue_letter_for(tx, actor=staff(), case_id=case_id, code=code, extra=extra)
        with pytest.raises(NotFound):
            await issue_letter_for(tx, actor=staff(), case_id=uuid4(), code="CERT", extra={})


async def test_the_consumers_address_is_not_for_the_company(
    web: Web, city: City, settings: Settings
) -> None:
    case_id = await opened(city)
    async with city.scope() as tx:
        await issue_letter_for(
            tx,
            actor=staff(),
            case_id=case_id,
            code="OFI",
            extra={
                "destinatario.nome": "Ana Souza",
                "destinatario.endereco": "Rua das Rosas, 7\n13010-000 Cidade",
            },
        )
    await worked(city, settings)
    [letter] = await letters_of(city, case_id, "OFI")
    assert "RuadasRosas,7" in await printed(settings, city, letter)
    path, number = f"/documentos/{letter.code}", (await detail(city, case_id)).number
    assert (await web.get(city, path, actor=citizen())).status_code == 200
    assert (await web.get(city, path, actor=staff())).status_code == 200
    assert (await web.get(city, path, actor=supplier())).status_code == 403
    own = await web.get(city, f"/processos/{number}", actor=citizen())
    theirs = await web.get(city, f"/fornecedor/processos/{number}", actor=supplier())
    assert (path in own.text, path in theirs.text) == (True, False)


async def test_a_pdf_made_elsewhere_is_registered_as_it_is(
    web: Web, city: City, other: City
) -> None:
    case_id, shelf, letter_id = await opened(city), Shelf(), uuid4()
    code = readable_code(12)
    for _ in range(2):
        async with city.scope() as tx:
            issued = await issue_pdf(
                tx,
                actor=staff(),
                case_id=case_id,
                code="TAU",
                title="Termo de audiência",
                body=PDF,
                store=shelf.put,
                letter_id=letter_id,
                verification=code,
            )
        assert issued == letter_id
    assert shelf.kept == {letter_key(city.slug, letter_id): PDF}
    async with city.scope() as tx:
        letter = await letter_by_id(tx, letter_id)
    assert letter is not None
    assert (letter.kind, letter.code, letter.number, letter.size) == ("TAU", code, None, len(PDF))
    assert letter.sha256 == hashlib.sha256(PDF).digest() == letter.content_sha256
    page = await web.get(city, f"/verificar?codigo={grouped(code)}")
    assert "Termo de audiência" in page.text
    sent = await web.post(
        city, "/verificar", {"codigo": ""}, files={"arquivo": ("t.pdf", PDF, "application/pdf")}
    )
    page = await web.get(city, sent.headers["location"])
    assert "Este arquivo é idêntico ao documento que emitimos." in page.text
    page = await web.get(other, sent.headers["location"])
    assert "Não reconhecemos este arquivo." in page.text


async def test_only_a_pdf_of_a_known_kind_of_a_case_is_registered(city: City) -> None:
    case_id = await opened(city)
    given = {"actor": staff(), "title": "x", "store": Shelf().put}
    async with city.scope() as tx:
        for code, body in (("TAU", b"<html>"), ("XYZ", PDF)):
            with pytest.raises(ValueError, match="not a PDF"):
                await issue_pdf(tx, case_id=case_id, code=code, body=body, **given)  # type: ignore[arg-type]
        with pytest.raises(NotFound):
            await issue_pdf(tx, case_id=uuid4(), code="TAU", body=PDF, **given)  # type: ignore[arg-type]
        assert await tx.fetchval("SELECT count(*) FROM letter") == 0


async def test_the_notice_of_the_meeting_says_where_and_when(
    city: City, settings: Settings
) -> None:
    case, hearing_id = await booked(city)
    found = await hearing(city, hearing_id)
    await worked(city, settings)
    [letter] = await letters_of(city, case.id, "TNA")
    text = await printed(settings, city, letter)
    local = found.starts_at.astimezone(ZoneInfo(city.tenant.timezone))
    assert squeezed(f"Quando: {local:%d/%m/%Y às %Hh%M}") in text
    assert squeezed(f"Onde: Sala 1 (presencial): {STREET}") in text


async def test_an_agreement_is_printed_with_its_dates(city: City, settings: Settings) -> None:
    case_id = await opened(city)
    agreed = [
        Instalment(date(2027, 2, 10), Decimal("800.00"), ""),
        Instalment(date(2027, 3, 10), Decimal("850.50"), ""),
    ]
    async with city.scope() as tx:
        await tx.execute(
            "INSERT INTO agreement (id, case_id, source, text, total, agreed_at, status)"
            " VALUES ($1, $1, 'proposal', $2, 1650.50, $3, 'running')",
            case_id,
            f"A empresa devolve o valor. {HOSTILE}",
            tx.now,
        )
        for n, one in enumerate(agreed, start=1):
            await tx.execute(
                "INSERT INTO agreement_instalment (id, agreement_id, n, due_on, amount, what,"
                " status) VALUES ($1, $2, $3, $4, $5, '', 'open')",
                uuid4(),
                case_id,
                n,
                one.due_on,
                one.amount,
            )
        await move(tx, actor=staff(), side="staff", case_id=case_id, transition="settle")
    await worked(city, settings)
    [letter] = await letters_of(city, case_id, "ACO")
    text = await printed(settings, city, letter)
    assert "1ª,até10/02/2027:R$800,00" in text
    assert "2ª,até10/03/2027:R$850,50" in text
    assert squeezed(HOSTILE) in text


async def test_what_a_party_files_has_a_receipt_with_its_hash(
    city: City, settings: Settings
) -> None:
    case_id = await opened(city)
    await act(city, case_id, "notify_supplier", text="Explique.")
    await act(city, case_id, "file_defence", text="Entregamos hoje.")
    async with city.scope() as tx:
        [filing] = [one for one in await filings_of_case(tx, case_id) if one.code == "DEF"]
    await worked(city, settings)
    [letter] = await letters_of(city, case_id, "REP")
    text = await printed(settings, city, letter)
    for said in ("Documento: Defesa", "Enviado por: Loja Exemplo", "Dentro do prazo"):
        assert squeezed(said) in text
    assert filing.sha256 in text
    # The words themselves stay with the filing, and nobody of the staff signs a receipt.
    assert squeezed("Entregamos hoje.") not in text
    assert "assinaturaeletrônica" not in text


async def test_a_mandate_has_a_receipt_in_its_case(city: City, settings: Settings) -> None:
    case_id = await opened(city)
    async with city.scope() as tx:
        for topic in ("mandate_filed", "mandate_revoked"):
            await record_act(
                tx,
                actor=citizen(name="Helena Prado"),
                case_id=case_id,
                topic=topic,
                sentence="Helena Prado (OAB/SP 123456) passou a representar Ana Souza.",
                act="Juntada de procuração",
                norm="CPC, arts. 104 e 105",
                detail=HOSTILE,
            )
    await worked(city, settings)
    [letter] = await letters_of(city, case_id, "PROC")
    text = await printed(settings, city, letter)
    for said in ("passou a representar Ana Souza", "Por: Helena Prado", HOSTILE):
        assert squeezed(said) in text
