"""The worker's part: gather the files, hand them to the gateway, keep what it answers.

Nothing leaves before the try is noted, and nothing leaves twice before the court was asked:
a try whose answer was lost stays "in doubt" until the court, or a person, has said what is there.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from procon.cases.queries import detail_by_id
from procon.courts.commands import ASK_TOPIC, SEND_TOPIC, Sending, put_ask
from procon.courts.outcomes import Package, begin_try, end_try, take_answer
from procon.courts.petition import CODES, TITLES
from procon.courts.queries import FileRef, HandoverRow, handover_by_id, to_ask
from procon.ext.ports import (
    CourtAnswer,
    CourtFile,
    CourtFiling,
    CourtGateway,
    CourtQuestion,
    CourtSilent,
)
from procon.jobs.outbox import Handler, Work
from procon.kernel.documents import format_cnpj, format_cpf
from procon.kernel.errors import Refused
from procon.kernel.money import format_brl
from procon.letters.models import Brand
from procon.letters.typeset.press import Press, letterhead
from procon.letters.typeset.render import typeset
from procon.tenancy.keys import object_key
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Database, Tx, tenant_scope

TRIES_MOST = 6
_NOBODY_KNOWS = (
    "A resposta do tribunal se perdeu e o sistema não tem como saber se o envio chegou. Confira no"
    " sistema do tribunal antes de enviar de novo."
)
_NO_FILE = "Um arquivo do processo não pôde ser lido agora. Nada foi enviado."


class CourtOffice(Struct, frozen=True):
    """What handovers need from the installation. `gateway_of`: city → its way into a court."""

    gateway_of: Callable[[Tenant], CourtGateway]
    press: Press


class _Ready(Struct, frozen=True):
    """A handover that is to be sent, with all that is needed to print it."""

    row: HandoverRow
    number: str
    brand: Brand
    at: datetime


def handlers(office: CourtOffice) -> dict[str, Handler]:
    """Topic → handler."""

    async def send(work: Work) -> None:
        await _send(work, office)

    async def ask(work: Work) -> None:
        await _ask(work, office)

    return {SEND_TOPIC: send, ASK_TOPIC: ask}


async def follow(db: Database, tenant: Tenant) -> None:
    """Ask once a day what became of agreements that are before the court."""
    async with tenant_scope(db, tenant) as tx:
        for handover_id in await to_ask(tx):
            await tx.execute("UPDATE court_handover SET ask_at = NULL WHERE id = $1", handover_id)
            await put_ask(tx, handover_id)


async def _send(work: Work, office: CourtOffice) -> None:
    sending = msgspec.json.decode(work.payload, type=Sending)
    gateway = office.gateway_of(work.tenant)
    # The files first: as long as a try is noted, it may have reached the court.
    async with tenant_scope(work.db, work.tenant) as tx:
        ready = await _ready(tx, sending, letterhead(office.press, work.tenant))
    if ready is None:
        return
    try:
        filing = await _filing(ready, work.tenant, office.press)
    except (Refused, LookupError):
        await _silent(work, sending, ready.row, in_doubt=ready.row.in_doubt, begun=False)
        return
    async with tenant_scope(work.db, work.tenant) as tx:
        row = await begin_try(tx, sending)
    if row is None:
        return
    answer, in_doubt = CourtAnswer("absent"), row.in_doubt
    try:
        if row.in_doubt:
            answer = await _first_ask(gateway, row, filing.at)
        if answer.state == "absent":
            in_doubt = False
            answer = await _submit(gateway, filing)
    except CourtSilent as silence:
        in_doubt = in_doubt or silence.arrived
        await _silent(work, sending, row, in_doubt=in_doubt, reason=silence.reason)
        return
    if answer.state in {"unknown", "absent"}:
        async with tenant_scope(work.db, work.tenant) as tx:
            reason = answer.message or _NOBODY_KNOWS
            await end_try(tx, sending, in_doubt=True, reason=reason, last=True)
        return
    await _keep(work, office, row, answer)


async def _first_ask(gateway: CourtGateway, row: HandoverRow, at: datetime) -> CourtAnswer:
    """What became of the try that may have arrived. Only the way that it took can tell."""
    if row.attempts >= TRIES_MOST or gateway.title != row.via:
        return CourtAnswer("unknown")
    return await gateway.status(_question(row, at))


async def _silent(
    work: Work,
    sending: Sending,
    row: HandoverRow,
    *,
    in_doubt: bool,
    reason: str = _NO_FILE,
    begun: bool = True,
) -> None:
    """Write down why no answer came, and let the outbox come back later, unless enough is enough.

    Raises:
        ConnectionError: so that the outbox tries again.
    """
    last = row.attempts + 1 >= TRIES_MOST
    async with tenant_scope(work.db, work.tenant) as tx:
        await end_try(tx, sending, in_doubt=in_doubt, reason=reason, last=last, begun=begun)
    if not last:
        raise ConnectionError(reason)


async def _ask(work: Work, office: CourtOffice) -> None:
    async with tenant_scope(work.db, work.tenant) as tx:
        row = await handover_by_id(tx, msgspec.json.decode(work.payload, type=UUID))
        now = tx.now
    if row is None or row.status not in {"delivered", "error"}:
        return
    try:
        answer = await office.gateway_of(work.tenant).status(_question(row, now))
    except CourtSilent as silence:
        raise ConnectionError(silence.reason) from silence
    if answer.state not in {"unknown", "absent", "packed"}:
        await _keep(work, office, row, answer)
    elif row.status == "delivered":
        async with tenant_scope(work.db, work.tenant) as tx:
            await take_answer(tx, row.id, answer, store=office.press.store)


async def _keep(work: Work, office: CourtOffice, row: HandoverRow, answer: CourtAnswer) -> None:
    package = None
    if answer.state == "packed":
        sha256 = hashlib.sha256(answer.package).hexdigest()
        key = object_key(work.tenant.slug, "courts", str(row.id), f"{row.round}.zip")
        await office.press.store(key, answer.package, "application/zip")
        package = Package(key, sha256)
    elif answer.state == "delivered" and not answer.receipt:
        answer = await _with_receipt(office.gateway_of(work.tenant), row, answer)
    async with tenant_scope(work.db, work.tenant) as tx:
        await take_answer(tx, row.id, answer, store=office.press.store, package=package)


async def _with_receipt(
    gateway: CourtGateway, row: HandoverRow, answer: CourtAnswer
) -> CourtAnswer:
    """A receipt is good to have, but a delivery counts without it."""
    question = _question(row, row.first_sent_at or row.prepared_at)
    question = msgspec.structs.replace(
        question,
        court_number=answer.court_number or row.court_number,
        protocol=answer.protocol or row.protocol,
    )
    try:
        receipt = await gateway.receipt(question)
    except CourtSilent:
        return answer
    return msgspec.structs.replace(answer, receipt=receipt)


async def _ready(tx: Tx, sending: Sending, brand: Brand) -> _Ready | None:
    row = await handover_by_id(tx, sending.handover_id)
    case = await detail_by_id(tx, row.case_id) if row is not None else None
    if row is None or case is None or row.status != "sent" or row.package_key:
        return None
    return _Ready(row, case.number, brand, tx.now.astimezone(ZoneInfo(tx.tenant.timezone)))


async def _submit(gateway: CourtGateway, filing: CourtFiling) -> CourtAnswer:
    submit: Callable[[CourtFiling], Awaitable[CourtAnswer]] = gateway.submit_petition
    if filing.kind == "agreement":
        submit = gateway.submit_agreement
    return await submit(filing)


async def _filing(ready: _Ready, tenant: Tenant, press: Press) -> CourtFiling:
    row, facts = ready.row, ready.row.facts
    main = await asyncio.to_thread(print_text, ready)
    name = "peticao.pdf" if row.kind == "petition" else "homologacao.pdf"
    files = [
        CourtFile(
            CODES[row.kind],
            name,
            TITLES[row.kind],
            "application/pdf",
            main,
            hashlib.sha256(main).hexdigest(),
        )
    ]
    for ref in facts.files:
        files.append(_file(ref, await press.fetch(ref.key)))
    return CourtFiling(
        reference=str(row.id),
        kind=row.kind,
        case_number=ready.number,
        body=tenant.name,
        city=tenant.city,
        uf=tenant.uf,
        subject=facts.subject,
        value=row.value,
        author=facts.author,
        defendant=facts.defendant,
        text=row.text,
        files=tuple(files),
        at=ready.at,
    )


def _file(ref: FileRef, body: bytes) -> CourtFile:
    """Raises LookupError when the bytes are not those that were approved."""
    if hashlib.sha256(body).hexdigest() != ref.sha256:
        raise LookupError(f"{ref.key}: not the file that was approved")
    return CourtFile(ref.code, ref.name, ref.title, ref.media_type, body, ref.sha256)


def print_text(ready: _Ready) -> bytes:
    """The text as a PDF on the city's letterhead; the same handover always looks the same."""
    row, facts = ready.row, ready.row.facts
    listed = [f"{one.title} (SHA-256 {one.sha256})" for one in facts.files]
    text = row.text
    if listed or facts.left_out:
        text = "\n\n".join((text, "DOCUMENTOS QUE ACOMPANHAM", *listed, *facts.left_out))
    author, defendant = facts.author.document, facts.defendant.document
    shown = (
        ("Processo no Procon", ready.number),
        ("CPF do consumidor", format_cpf(author) if author else ""),
        ("CNPJ da empresa", format_cnpj(defendant) if defendant else ""),
        ("Valor da causa", "" if row.value is None else format_brl(row.value)),
        ("SHA-256 do texto aprovado", row.sha256),
    )
    piece = {
        "kind": "text",
        "title": TITLES[row.kind],
        "facts": [pair for pair in shown if pair[1]],
        "text": text,
        "reason": "",
        "link": "",
        "qr": "",
        "rows": [],
    }
    stamp = {"code": "", "title": TITLES[row.kind], "document_title": TITLES[row.kind], "qr": ""}
    return typeset(
        "autos_texts",
        {"pieces": [piece], "case_number": ready.number},
        brand=ready.brand,
        stamp=stamp,
        at=row.prepared_at,
    )


def _question(row: HandoverRow, at: datetime) -> CourtQuestion:
    return CourtQuestion(
        reference=str(row.id),
        kind=row.kind,
        since=row.first_sent_at or row.prepared_at,
        at=at,
        court_number=row.court_number,
        protocol=row.protocol,
    )
