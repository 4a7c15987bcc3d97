"""Checking a sheet without doing anything, then doing it row by row."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from procon.answers.commands import submit_answer
from procon.answers.sheet.queries import (
    ANSWERABLE,
    Row,
    Sheet,
    SheetState,
    Target,
    sheet_of,
    targets,
)
from procon.answers.sheet.reading import MOST_TEXT, Line
from procon.auth.actor import Actor
from procon.cases.access import get_case_by_id, require_power
from procon.cases.pages import status_label
from procon.jobs.outbox import put_out
from procon.kernel.case_number import canonical_case_number
from procon.kernel.errors import Conflict, Forbidden
from procon.kernel.ids import new_id
from procon.kernel.text import clean
from procon.tenancy.scope import Tx

TOPIC = "answers/sheet"
KEPT_FOR = timedelta(days=30)
UNCONFIRMED_FOR = timedelta(hours=24)
_CHUNK = 1000
_NOT_FOUND = "Processo não encontrado. Confira o número na coluna Processo."
_READS = "A sua função nesta empresa é só de leitura."


async def check_sheet(tx: Tx, *, actor: Actor, name: str, lines: list[Line]) -> UUID:
    """Look at each row and keep what would happen. No answer is given.

    Rows without an answer are left out.

    Raises:
        Forbidden: nobody's account asks.
    """
    if actor.account_id is None:
        raise Forbidden("Para usar a planilha, entre com a conta da empresa.")
    written = [line for line in lines if line.text.strip()]
    numbers = {line.line: _canonical(line.number) for line in written}
    known = await targets(tx, actor=actor, numbers=sorted(set(numbers.values()) - {""}))
    first: dict[UUID, int] = {}
    rows = [
        _checked(line, numbers[line.line], known.get(numbers[line.line]), first) for line in written
    ]
    sheet_id = new_id()
    person = msgspec.structs.replace(actor, session_id="")
    await tx.execute(
        "INSERT INTO answer_sheet (id, account_id, actor, name, state, total, made_at)"
        " VALUES ($1, $2, $3, $4, 'checked', $5, $6)",
        sheet_id,
        actor.account_id,
        msgspec.json.encode(person).decode(),
        name,
        len(rows),
        tx.now,
    )
    for start in range(0, len(rows), _CHUNK):
        await _keep_rows(tx, sheet_id, rows[start : start + _CHUNK])
    return sheet_id


async def confirm_sheet(tx: Tx, *, actor: Actor, sheet_id: UUID) -> Sheet:
    """Have the good rows answered. A second time: nothing more.

    Raises:
        NotFound; Conflict: there is no row to send.
    """
    await tx.fetchval("SELECT id FROM answer_sheet WHERE id = $1 FOR UPDATE", sheet_id)
    sheet = await sheet_of(tx, actor=actor, sheet_id=sheet_id)
    if sheet.state != "checked":
        return sheet
    ready = await tx.fetchval(
        "SELECT count(*) FROM answer_sheet_row WHERE sheet_id = $1 AND state = 'ok'", sheet_id
    )
    if not ready:
        raise Conflict("Nenhuma linha desta planilha pode ser enviada.", code="sheet-empty")
    await tx.execute(
        "UPDATE answer_sheet SET state = 'sending', confirmed_at = $2 WHERE id = $1",
        sheet_id,
        tx.now,
    )
    await put_out(tx, topic=TOPIC, payload=str(sheet_id), effect_key=f"sheet/{sheet_id}/0")
    return await sheet_of(tx, actor=actor, sheet_id=sheet_id)


async def answer_row(tx: Tx, *, actor: Actor, sheet_id: UUID, row: Row) -> None:
    """Give the answer of one row by the same command as the page's form.

    Raises:
        Refused: what has changed since the check.
    """
    if row.case_id is None:
        return
    case = await get_case_by_id(tx, actor=actor, case_id=row.case_id)
    await require_power(tx, actor=actor, case=case, power="file")
    receipt = await submit_answer(
        tx,
        actor=actor,
        case_id=case.id,
        text=row.text,
        idempotency_key=f"sheet/{sheet_id}/{case.id}",
    )
    late = ", depois do prazo" if receipt.late else ""
    await mark_row(tx, row, "sent", f"Respondido{late}.")


async def mark_row(tx: Tx, row: Row, state: str, sentence: str) -> None:
    """What came of a row."""
    await tx.execute(
        "UPDATE answer_sheet_row SET state = $2, sentence = $3 WHERE id = $1",
        row.id,
        state,
        sentence,
    )


async def go_on(tx: Tx, *, sheet_id: UUID, line: int) -> None:
    """More rows wait: another piece of work, after this line."""
    await put_out(tx, topic=TOPIC, payload=str(sheet_id), effect_key=f"sheet/{sheet_id}/{line}")


async def finish_sheet(tx: Tx, sheet_id: UUID) -> None:
    """No row is left."""
    await set_state(tx, sheet_id, "done")


async def set_state(tx: Tx, sheet_id: UUID, state: SheetState) -> None:
    """Move a sheet on."""
    await tx.execute(
        "UPDATE answer_sheet SET state = $2, done_at = $3 WHERE id = $1", sheet_id, state, tx.now
    )


async def forget_sheets(tx: Tx) -> int:
    """Delete sheets that nobody confirmed for a day, and old ones: the answers stay elsewhere."""
    done = await tx.execute(
        "DELETE FROM answer_sheet WHERE (state = 'checked' AND made_at < $1) OR made_at < $2",
        tx.now - UNCONFIRMED_FOR,
        tx.now - KEPT_FOR,
    )
    return int(done.rpartition(" ")[2])


def _canonical(number: str) -> str:
    try:
        return canonical_case_number(number.lstrip("'"))
    except ValueError:
        return ""


def _checked(
    line: Line, number: str, target: Target | None, first: dict[UUID, int]
) -> tuple[Any, ...]:
    """The row as it is kept: line, number, case, text, state, sentence."""
    text = clean(line.text, MOST_TEXT + 1, multiline=True)
    sentence = _fault(text, target)
    if not sentence and target is not None and target.id in first:
        sentence = f"Este processo já está na linha {first[target.id]}. Deixe só uma resposta."
    if target is not None and not sentence:
        first[target.id] = line.line
    shown = number or line.number
    if sentence:
        # The text of a wrong row is not needed any more; the person has it in the sheet.
        return (line.line, shown, None, "", "error", sentence)
    case_id = target.id if target else None
    return (line.line, shown, case_id, text, "ok", "Pode ser enviada.")


def _fault(text: str, target: Target | None) -> str:
    if target is None:
        return _NOT_FOUND
    if not target.may_answer:
        return _READS
    if target.status not in ANSWERABLE:
        label = status_label(target.status, target.outcome).text
        return f"Este processo não espera uma resposta agora ({label})."
    if not text:
        return "A resposta está vazia."
    if len(text) > MOST_TEXT:
        return "A resposta pode ter até 20.000 caracteres."
    return ""


async def _keep_rows(tx: Tx, sheet_id: UUID, rows: list[tuple[Any, ...]]) -> None:
    columns = list(zip(*rows, strict=True))
    await tx.execute(
        "INSERT INTO answer_sheet_row (id, sheet_id, line, number, case_id, text, state, sentence)"
        " SELECT id, $2, line, number, case_id, text, state, sentence FROM unnest($1::uuid[],"
        " $3::int[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::text[])"
        " AS r(id, line, number, case_id, text, state, sentence)",
        [new_id() for _ in rows],
        sheet_id,
        *(list(column) for column in columns),
    )
