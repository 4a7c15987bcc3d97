"""The spreadsheet: out, in, the report, the confirmation."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile

from procon.answers.sheet.commands import check_sheet, confirm_sheet
from procon.answers.sheet.pages import sheet_page, sheets_page
from procon.answers.sheet.queries import exported
from procon.answers.sheet.reading import read_sheet, wrong
from procon.answers.sheet.writing import as_csv, as_xlsx
from procon.auth.http import actor_of
from procon.kernel.errors import Conflict, Forbidden, Invalid
from procon.kernel.text import clean
from procon.portal.render import page, redirect
from procon.tenancy.http import request_scope

AnyRequest = Request[Any, Any, Any]

_READ = {"permission": "supplier:read"}
_ANSWER = {"permission": "supplier:answer"}
_BASE = "/fornecedor/planilha"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@get(_BASE, opt=_READ)
async def sheets(request: AnyRequest) -> Response[Any]:
    """Download, upload, and earlier sheets."""
    async with request_scope(request) as tx:
        content = await sheets_page(tx, actor_of(request))
    return page(request, "answers/sheets.html", content)


@get(f"{_BASE}/processos.xlsx", opt=_READ)
async def download_xlsx(request: AnyRequest) -> Response[bytes]:
    """The open cases as a workbook."""
    async with request_scope(request) as tx:
        rows = await exported(tx, actor=actor_of(request))
    return _file(await asyncio.to_thread(as_xlsx, rows), "processos.xlsx", _XLSX)


@get(f"{_BASE}/processos.csv", opt=_READ)
async def download_csv(request: AnyRequest) -> Response[bytes]:
    """The open cases as text."""
    async with request_scope(request) as tx:
        rows = await exported(tx, actor=actor_of(request))
    return _file(await asyncio.to_thread(as_csv, rows), "processos.csv", "text/csv; charset=utf-8")


@post(_BASE, opt=_ANSWER)
async def upload(request: AnyRequest) -> Response[Any]:
    """Check a sheet; nothing is answered yet."""
    actor = actor_of(request)
    if actor.account_id is None:
        raise Forbidden("Para usar a planilha, entre com a conta da empresa.")
    try:
        name, lines = await _read(request)
    except Invalid as refusal:
        async with request_scope(request) as tx:
            content = await sheets_page(tx, actor, errors=refusal.fields)
        return page(request, "answers/sheets.html", content, status=422)
    async with request_scope(request) as tx:
        sheet_id = await check_sheet(tx, actor=actor, name=name, lines=lines)
    return redirect(request, f"{_BASE}/{sheet_id}")


@get(f"{_BASE}/{{sheet_id:uuid}}", opt=_READ)
async def report(request: AnyRequest) -> Response[Any]:
    """Row by row what would happen, or what happened."""
    async with request_scope(request) as tx:
        content = await sheet_page(tx, actor_of(request), _id(request))
    return page(request, "answers/sheet.html", content)


@get(f"{_BASE}/{{sheet_id:uuid}}/andamento", opt=_READ)
async def progress(request: AnyRequest) -> Response[Any]:
    """How far it is; the report's page asks for this by itself."""
    async with request_scope(request) as tx:
        content = await sheet_page(tx, actor_of(request), _id(request))
    return page(request, "answers/sheet_progress.html", content)


@post(f"{_BASE}/{{sheet_id:uuid}}/enviar", opt=_ANSWER)
async def confirm(request: AnyRequest) -> Response[Any]:
    """Send the good rows."""
    try:
        async with request_scope(request) as tx:
            await confirm_sheet(tx, actor=actor_of(request), sheet_id=_id(request))
    except Conflict as refusal:
        path = f"{_BASE}/{_id(request)}"
        return redirect(request, path, notice=refusal.reason, kind="important")
    notice = "As respostas estão sendo enviadas. Você pode fechar esta página."
    return redirect(request, f"{_BASE}/{_id(request)}", notice=notice)


def handlers() -> list[Any]:
    """The folder's routes."""
    return [sheets, download_xlsx, download_csv, upload, report, progress, confirm]


async def _read(request: AnyRequest) -> tuple[str, list[Any]]:
    """The file of the form as rows, read beside the event loop."""
    posted = (await request.form()).get("planilha")
    if not isinstance(posted, UploadFile) or not posted.filename:
        raise wrong("Escolha a planilha preenchida.")
    lines = await asyncio.to_thread(read_sheet, posted.file)
    if not any(line.text.strip() for line in lines):
        raise wrong("Nenhuma linha tem resposta. Preencha a coluna Resposta e envie de novo.")
    return clean(posted.filename, 120), lines


def _file(body: bytes, name: str, media_type: str) -> Response[bytes]:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return Response(body, media_type=media_type, headers=headers)


def _id(request: AnyRequest) -> UUID:
    return UUID(str(request.path_params["sheet_id"]))
