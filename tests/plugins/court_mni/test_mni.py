"""The client against the imitated court, which was written from the specification alone."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest

from plugins.court_mni.mni_support import (
    PASSWORD,
    REFERENCE,
    VARIABLE,
    file,
    filing,
    gateway,
    pdf,
    photo,
    question,
)
from procon.embedded.court import Court, CourtServer
from procon.embedded.court.book import Behaviour
from procon.ext.cnj import parse_court_number
from procon.ext.ports import CourtSilent
from procon_court_mni.settings import MniSettings
from support.cities import CNPJ, CPF


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, PASSWORD)


@pytest.fixture
async def serving() -> AsyncIterator[CourtServer]:
    async with CourtServer(Court(password=PASSWORD), slow_seconds=5) as server:
        yield server


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


async def test_a_petition_becomes_a_case_of_the_court(serving: CourtServer) -> None:
    answer = await gateway(serving.endpoint).submit_petition(filing())
    (case,) = serving.court.cases.values()
    assert (answer.state, answer.court_number, answer.protocol) == (
        "delivered",
        case.number.printed,
        case.protocol,
    )
    assert answer.receipt.startswith(b"%PDF-")
    got = case.delivery
    assert (got.case_class, got.locality, got.value) == (436, "0114", "1234.56")
    assert got.poles == (("AT", "Ana & Souza <b>", CPF), ("PA", "Loja Exemplo", CNPJ))
    assert (got.subjects, got.sent_at) == ((7771,), "20261125150000")
    assert got.header == {"referencia-externa": REFERENCE, "processo-procon": "2026.000123-4"}
    assert [one.description for one in got.documents] == ["peticao.pdf"]


async def test_an_agreement_has_its_own_class_and_its_end(serving: CourtServer) -> None:
    way = gateway(serving.endpoint)
    answer = await way.submit_agreement(filing(kind="agreement"))
    (case,) = serving.court.cases.values()
    assert case.delivery.case_class == 12_374
    asked = question(kind="agreement", court_number=answer.court_number)
    assert (await way.status(asked)).state == "delivered"
    serving.court.confirm(case.number.digits)
    found = await way.status(asked)
    assert (found.state, found.message) == ("homologated", "Homologação de transação")


async def test_a_court_that_does_not_confirm(serving: CourtServer) -> None:
    way = gateway(serving.endpoint)
    answer = await way.submit_agreement(filing(kind="agreement"))
    number = parse_court_number(answer.court_number).digits
    serving.court.confirm(number, confirmed=False)
    found = await way.status(question(kind="agreement", court_number=answer.court_number))
    assert found.state == "rejected"


async def test_false_on_http_200_is_a_refusal(serving: CourtServer) -> None:
    serving.court.plan = ["refuse"]
    answer = await gateway(serving.endpoint).submit_petition(filing())
    assert (answer.state, answer.message) == (
        "refused",
        "Documento em desacordo com as regras deste tribunal.",
    )
    assert serving.court.cases == {}


@pytest.mark.parametrize(
    ("behaviour", "arrived", "there"),
    [
        ("slow", True, 1),
        ("lost", True, 1),
        ("cut", True, 0),
        ("fault", True, 0),
        ("down", False, 0),
    ],
)
async def test_silence_says_how_sure_it_is(
    serving: CourtServer, behaviour: Behaviour, arrived: bool, there: int
) -> None:
    serving.court.plan = [behaviour]
    way = gateway(serving.endpoint, timeout_seconds=1)
    with pytest.raises(CourtSilent) as caught:
        await way.submit_petition(filing())
    assert (caught.value.arrived, len(serving.court.cases)) == (arrived, there)
    found = await way.status(question())
    assert found.state == ("delivered" if there else "absent")
    if there:
        (case,) = serving.court.cases.values()
        assert (found.court_number, found.protocol) == (case.number.printed, case.protocol)


async def test_nobody_at_the_address_means_nothing_arrived() -> None:
    with pytest.raises(CourtSilent) as caught:
        await gateway(f"http://127.0.0.1:{free_port()}/x").submit_petition(filing())
    assert caught.value.arrived is False


async def test_where_listing_proves_nothing_a_person_looks(serving: CourtServer) -> None:
    found = await gateway(serving.endpoint, lookup="person").status(question())
    assert found.state == "unknown"


async def test_another_procons_case_is_not_taken_for_ours(serving: CourtServer) -> None:
    await gateway(serving.endpoint, user="procon-vizinho").submit_petition(filing())
    assert (await gateway(serving.endpoint).status(question())).state == "absent"
    mine = gateway(serving.endpoint)
    await mine.submit_petition(filing(reference="outra"))
    assert (await mine.status(question())).state == "absent"


async def test_a_conflict_of_competence_is_answered_with_a_choice() -> None:
    moment = [datetime(2026, 11, 27, 21, 0, tzinfo=UTC)]
    court = Court(password=PASSWORD, competences=("7", "9"), now=lambda: moment[0])
    async with CourtServer(court) as server:
        answer = await gateway(server.endpoint, competences=("8", "9")).submit_petition(filing())
        (case,) = court.cases.values()
        assert answer.state == "delivered"
        assert case.delivery.parameters["competencia"] == "9"
        assert len(case.delivery.parameters["protocolo-originario"]) == 20
        refused = await gateway(server.endpoint).submit_petition(filing())
        assert refused.state == "refused"
        assert "Competências: 7, 9." in refused.message
        assert len(court.cases) == 1


@pytest.mark.parametrize(
    ("later", "first_stands"),
    [
        (timedelta(hours=1), True),
        # Friday; the next business day is Monday, up to its last second.
        (timedelta(days=3, hours=2, minutes=59, seconds=59), True),
        (timedelta(days=3, hours=3), False),
    ],
)
async def test_the_first_moment_stands_until_the_next_business_day_ends(
    later: timedelta, first_stands: bool
) -> None:
    first = datetime(2026, 11, 27, 21, 0, tzinfo=UTC)
    moments = [first, first + later]
    court = Court(
        password=PASSWORD,
        competences=("7", "9"),
        now=lambda: moments[0] if court.deliveries == 0 else moments[1],
    )
    async with CourtServer(court) as server:
        await gateway(server.endpoint, competences=("9",)).submit_petition(filing())
    (case,) = court.cases.values()
    assert case.at == (first if first_stands else first + later)


async def test_what_is_too_large_comes_in_parts_and_photos_as_pdf(serving: CourtServer) -> None:
    serving.court.limit = 100 * 1024
    large = file("EVID", "extrato.pdf", pdf(pages=6, noise=30_000))
    more = (
        large,
        file("EVID", "nota.jpg", photo(), "image/jpeg"),
        file("EVID", "porta.mov", b"\0\0\0\x14ftypqt  ", "video/quicktime"),
        file("EVID", "uma.pdf", pdf(pages=1, noise=200_000)),
    )
    answer = await gateway(serving.endpoint, file_kib=100).submit_petition(filing(*more))
    assert answer.state == "delivered"
    (case,) = serving.court.cases.values()
    names = [one.description for one in case.delivery.documents]
    assert names == [
        "peticao.pdf",
        *(f"extrato.pdf (parte {n} de 2)" for n in (1, 2)),
        "nota.jpg",
    ]
    assert max(len(one.body) for one in case.delivery.documents) <= 100 * 1024
    assert answer.message.endswith(
        "Não foi junto: porta.mov (fica no Procon). Não foi junto: uma.pdf (fica no Procon)."
    )
    for one in case.delivery.documents:
        assert one.hash == hashlib.sha256(one.body).hexdigest()


async def test_a_text_that_does_not_fit_is_refused_here(serving: CourtServer) -> None:
    big = file("PET", "peticao.pdf", pdf(noise=150_000))
    answer = await gateway(serving.endpoint, file_kib=100).submit_petition(filing(files=(big,)))
    assert answer.state == "refused"
    assert serving.court.deliveries == 0


async def test_a_wrong_password_is_refused_and_never_told(
    serving: CourtServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv(VARIABLE, "senha-errada-mesmo")
    way = gateway(serving.endpoint)
    answer = await way.submit_petition(filing())
    assert (answer.state, answer.message) == ("refused", "Falha no login. Acesso não autorizado.")
    with pytest.raises(CourtSilent) as caught:
        await way.status(question())
    serving.court.plan = ["cut"]
    with pytest.raises(CourtSilent) as cut:
        await way.submit_petition(filing())
    seen = "\n".join((caplog.text, repr(caught.value), repr(cut.value), repr(answer), repr(way)))
    assert "senha-errada-mesmo" not in seen
    assert cut.value.__cause__ is None


async def test_without_a_secret_nothing_leaves(
    serving: CourtServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(CourtSilent) as caught:
        await gateway(serving.endpoint).submit_petition(filing())
    assert (caught.value.arrived, serving.court.deliveries) == (False, 0)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>ok</html>",
        b"",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>",
        b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><r/></e:Body>'
        b"</e:Envelope>",
    ],
)
async def test_an_answer_that_is_none_may_hide_a_delivery(body: bytes) -> None:
    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(meet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(CourtSilent) as caught:
            await gateway(f"http://127.0.0.1:{port}/x").submit_petition(filing())
    assert caught.value.arrived is True


async def test_the_service_describes_itself(serving: CourtServer) -> None:
    async with httpx.AsyncClient() as http:
        found = await http.get(f"{serving.endpoint}?wsdl")
        odd = await http.post(serving.endpoint, content=b"<x/>")
    assert f'location="{serving.endpoint}"' in found.text
    assert found.text.count("soapAction=") == 6
    assert odd.status_code == 500
    assert "envelope SOAP 1.1 esperado" in odd.text


def test_a_password_never_travels_in_the_open() -> None:
    with pytest.raises(msgspec.ValidationError, match="https"):
        msgspec.convert({"endpoint": "http://tribunal.example/mni"}, MniSettings)
    assert msgspec.convert({"endpoint": "https://tribunal.example/mni"}, MniSettings).user == ""
