"""Pages, box, job, guard and health of the notice board."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request, Response, get, post
from msgspec import Struct

from procon.sdk import (
    Action,
    Actor,
    CaseDetail,
    CaseTransition,
    Database,
    Health,
    Invalid,
    Panel,
    Refusal,
    Tenant,
    Tx,
    Work,
    actor_of,
    clean,
    new_id,
    page,
    redirect,
    request_scope,
    tenant_scope,
)
from procon_example.settings import BoardSettings

TEXT_MOST = 500
AnyRequest = Request[Any, Any, Any]


class NoticeRow(Struct, frozen=True):
    """One notice as read."""

    text: str
    author: str
    written_at: datetime


class BoardPage(Struct, frozen=True, forbid_unknown_fields=True):
    """The board, and the form with what was typed."""

    notices: tuple[NoticeRow, ...]
    opened_today: int
    typed: str = ""
    errors: Mapping[str, str] = {}


@get("/", opt={"permission": "example:read"})
async def show(request: AnyRequest) -> Response[Any]:
    """The board."""
    return await _page(request)


@post("/", opt={"permission": "example:write"})
async def write(request: AnyRequest) -> Response[Any]:
    """Put a notice up."""
    form = await request.form()
    try:
        text = _parse(form)
        async with request_scope(request) as tx:
            await tx.execute(
                "INSERT INTO example_notice (id, text, author, written_at) VALUES ($1, $2, $3, $4)",
                new_id(),
                text,
                actor_of(request).name,
                tx.now,
            )
    except Invalid as refusal:
        return await _page(request, typed=str(form.get("texto", "")), errors=refusal.fields)
    return redirect(request, "/p/example", notice="Recado publicado no mural.")


async def case_panel(
    tx: Tx, *, actor: Actor, side: str, case: CaseDetail, settings: BoardSettings
) -> Panel | None:
    """The newest notice, for the staff only."""
    if side != "staff":
        return None
    text = await tx.fetchval("SELECT text FROM example_notice ORDER BY written_at DESC LIMIT 1")
    if text is None:
        return None
    return Panel("Mural", text=text, actions=(Action("Ver o mural", "/p/example"),))


async def count_case(work: Work) -> None:
    """Count a case on the day it was opened, once however often the event comes."""
    async with tenant_scope(work.db, work.tenant) as tx:
        done = await tx.execute(
            "INSERT INTO example_counted (effect_key) VALUES ($1) ON CONFLICT DO NOTHING",
            work.effect_key,
        )
        if done == "INSERT 0 1":
            await tx.execute(
                "INSERT INTO example_opened AS o (day, cases) VALUES ($1, 1)"
                " ON CONFLICT (day) DO UPDATE SET cases = o.cases + 1",
                _today(tx),
            )


async def forget_old(db: Database, tenant: Tenant, settings: BoardSettings) -> None:
    """Take notices down that have been up for long enough."""
    async with tenant_scope(db, tenant) as tx:
        await tx.execute(
            "DELETE FROM example_notice WHERE written_at < $1",
            tx.now - timedelta(days=settings.days),
        )


async def freeze_register(
    _tx: Tx, transition: CaseTransition, settings: BoardSettings
) -> Refusal | None:
    """Nothing enters the register while the city says why not."""
    if transition.transition == "register" and settings.register_frozen:
        return Refusal(settings.register_frozen)
    return None


async def health(db: Database, tenant: Tenant, settings: BoardSettings) -> Health:
    """Well when the table answers."""
    async with tenant_scope(db, tenant) as tx:
        notices = await tx.fetchval("SELECT count(*) FROM example_notice")
    return Health(well=True, sentence=f"{notices} recado(s) no mural.")


def _today(tx: Tx) -> Any:
    return tx.now.astimezone(ZoneInfo(tx.tenant.timezone)).date()


def _parse(form: Mapping[str, Any]) -> str:
    typed = form.get("texto", "")
    text = clean(typed if isinstance(typed, str) else "", TEXT_MOST + 1, multiline=True)
    if not text:
        raise Invalid({"texto": "Escreva o recado."})
    if len(text) > TEXT_MOST:
        raise Invalid({"texto": f"O recado pode ter até {TEXT_MOST} caracteres."})
    return text


async def _page(
    request: AnyRequest, *, typed: str = "", errors: Mapping[str, str] | None = None
) -> Response[Any]:
    async with request_scope(request) as tx:
        rows = await tx.fetch(
            "SELECT text, author, written_at FROM example_notice ORDER BY written_at DESC LIMIT 50"
        )
        opened = await tx.fetchval("SELECT cases FROM example_opened WHERE day = $1", _today(tx))
    content = BoardPage(tuple(NoticeRow(*row) for row in rows), opened or 0, typed, errors or {})
    return page(request, "example/board.html", content, status=422 if errors else 200)
