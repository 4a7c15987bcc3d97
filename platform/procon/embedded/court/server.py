"""The imitated court on a socket of this machine.

A server of its own and not an ASGI application: it has to cut the line in the middle of an answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from io import BytesIO
from typing import Any

import pikepdf
from msgspec import Struct

from procon.embedded.court.book import ALL_BEHAVIOURS, Behaviour, Court, Outcome
from procon.embedded.court.soap import (
    DELIVER,
    WSDL,
    SoapFault,
    answer,
    delivery_of,
    fault_xml,
    name_of,
    operation_of,
    outcome_xml,
)

ADDRESS = "127.0.0.1"
PATH = "/intercomunicacao"
CONTROL = "/controle"
HEAD_MOST = 64 * 1024
BODY_MOST = 200 * 1024 * 1024
READ_SECONDS = 30.0


class _Request(Struct, frozen=True):
    method: str
    path: str
    query: str
    body: bytes


class _Reply(Struct, frozen=True):
    status: int
    body: bytes
    media_type: str = "text/xml; charset=utf-8"


class CourtServer:
    """Serves one court while the block is open; `port` 0 takes a free one.

    Args:
        slow_seconds: how long a slow answer takes.
    """

    def __init__(self, court: Court, *, port: int = 0, slow_seconds: float = 30.0) -> None:
        self.court, self.port = court, port
        self._slow = slow_seconds
        self._server: asyncio.Server | None = None

    @property
    def endpoint(self) -> str:
        """Where the service is."""
        return f"http://{ADDRESS}:{self.port}{PATH}"

    async def __aenter__(self) -> CourtServer:
        self._server = await asyncio.start_server(self._meet, ADDRESS, self.port, limit=HEAD_MOST)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request, one answer, then the line is closed."""
        try:
            async with asyncio.timeout(READ_SECONDS):
                request = await _read(reader)
            reply = await self._reply(request)
            if reply is not None:
                await _write(writer, reply)
        except (TimeoutError, ValueError, ConnectionError, asyncio.IncompleteReadError):
            pass  # whoever called has gone, or does not speak HTTP
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _reply(self, request: _Request) -> _Reply | None:
        """None cuts the line."""
        if request.path.startswith(CONTROL):
            return self._control(request)
        if request.path != PATH:
            return _Reply(404, b"")
        if request.method == "GET":
            wsdl = WSDL.read_bytes().replace(b"ENDPOINT", self.endpoint.encode())
            return _Reply(200, wsdl) if request.query.lower() == "wsdl" else _Reply(404, b"")
        try:
            operation = operation_of(request.body)
            if name_of(operation) != DELIVER:
                return _Reply(200, answer(self.court, operation))
            return await self._deliver(operation)
        except (SoapFault, ValueError) as error:
            return _Reply(500, fault_xml(str(error)))

    async def _deliver(self, operation: Any) -> _Reply | None:
        delivery = delivery_of(operation)
        meets = self.court.plan.pop(0) if self.court.plan else ""
        if meets == "cut":
            return None
        if meets == "down":
            return _Reply(503, b"<html>Service Unavailable</html>", "text/html")
        if meets == "fault":
            return _Reply(500, fault_xml("Erro interno do tribunal."))
        if meets == "refuse":
            outcome = Outcome(False, "Documento em desacordo com as regras deste tribunal.")
            return _Reply(200, outcome_xml(outcome, b""))
        outcome = self.court.deliver(delivery)
        if meets == "lost":
            return None
        if meets == "slow":
            await asyncio.sleep(self._slow)
        receipt = await asyncio.to_thread(_receipt, outcome) if outcome.success else b""
        return _Reply(200, outcome_xml(outcome, receipt))

    def _control(self, request: _Request) -> _Reply:
        """What a test or a demonstration tells the court to do; no court has this."""
        told = json.loads(request.body or b"{}")
        number = str(told.get("numero", ""))
        if "homologar" in told and not self.court.confirm(number, confirmed=told["homologar"]):
            return _Reply(404, b"{}", "application/json")
        self.court.plan += [_behaviour(one) for one in told.get("proximas", ())]
        cases = [
            {
                "numero": one.number.digits,
                "protocolo": one.protocol,
                "referencia": one.delivery.header,
                "documentos": len(one.delivery.documents),
            }
            for one in self.court.cases.values()
        ]
        return _Reply(200, json.dumps({"processos": cases}).encode(), "application/json")


async def _read(reader: asyncio.StreamReader) -> _Request:
    """Raises ValueError or asyncio's errors for anything but one small HTTP/1.1 request."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    method, target, _version = first.split(" ")
    fields = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines if line)
    }
    length = int(fields.get("content-length", "0"))
    if not 0 <= length <= BODY_MOST:
        raise ValueError("too large")
    path, _, query = target.partition("?")
    return _Request(method, path, query, await reader.readexactly(length))


async def _write(writer: asyncio.StreamWriter, reply: _Reply) -> None:
    head = (
        f"HTTP/1.1 {reply.status} .\r\nContent-Type: {reply.media_type}\r\n"
        f"Content-Length: {len(reply.body)}\r\nConnection: close\r\n\r\n"
    )
    writer.write(head.encode("latin-1") + reply.body)
    await writer.drain()


def _receipt(outcome: Outcome) -> bytes:
    """A one-page PDF that carries protocol and number in its data."""
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.docinfo[pikepdf.Name.Title] = f"Recibo {outcome.protocol} {outcome.number}"
        out = BytesIO()
        pdf.save(out)
    return out.getvalue()


def _behaviour(text: object) -> Behaviour:
    for one in ALL_BEHAVIOURS:
        if text == one:
            return one
    raise ValueError(f"unknown behaviour: {text}")
