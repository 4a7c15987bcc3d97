"""The register of companies: look up, correct, merge, undo."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post

from procon.auth.http import actor_of
from procon.desk.companies.commands import merge, unmerge
from procon.desk.companies.pages import (
    Typed,
    companies_page,
    company_page,
    merge_page,
    parse_company,
)
from procon.kernel.errors import Conflict, Invalid
from procon.parties.commands import edit_supplier
from procon.portal.render import page, plural, redirect
from procon.tenancy.http import request_scope
from procon.tenancy.scope import Tx

AnyRequest = Request[Any, Any, Any]

_DESK = {"permission": "staff:desk"}
_TRIAGE = {"permission": "staff:triage"}
_MERGE = {"permission": "staff:merge"}
_ALL = "/equipe/empresas"
_ONE = f"{_ALL}/{{supplier_id:uuid}}"


@get(_ALL, opt=_DESK)
async def companies(request: AnyRequest) -> Response[str]:
    """Companies by name or CNPJ (`?q=`)."""
    async with request_scope(request) as tx:
        content = await companies_page(tx, text=str(request.query_params.get("q", "")))
    return page(request, "desk/companies.html", content)


@get(_ONE, opt=_DESK)
async def company(request: AnyRequest) -> Response[str]:
    """One company."""
    return await _show(request, None, {}, "", 200)


@post(_ONE, opt=_TRIAGE)
async def edit(request: AnyRequest) -> Response[str]:
    """Correct trade name and e-mail."""
    posted = await request.form()
    typed = Typed(*(str(posted.get(name, "")) for name in Typed.__struct_fields__))
    try:
        form = parse_company(typed)
        async with request_scope(request) as tx:
            await _edit(tx, _id(request), form)
    except Invalid as refusal:
        return await _show(request, typed, refusal.fields, "", 422)
    except Conflict as refusal:
        return await _show(request, typed, {}, refusal.reason, 409)
    return redirect(request, f"{_ALL}/{_id(request)}", notice="Cadastro guardado.")


@get(f"{_ONE}/unir/{{other:uuid}}", opt=_MERGE)
async def confirm(request: AnyRequest) -> Response[str]:
    """What would move, before anything does."""
    async with request_scope(request) as tx:
        content = await merge_page(tx, kept=_id(request), merged=request.path_params["other"])
    return page(request, "desk/merge.html", content)


@post(f"{_ONE}/unir/{{other:uuid}}", opt=_MERGE)
async def unite(request: AnyRequest) -> Response[str]:
    """Make both entries one."""
    kept = _id(request)
    async with request_scope(request) as tx:
        moved = await merge(
            tx, actor=actor_of(request), kept=kept, merged=request.path_params["other"]
        )
    many = plural(moved, "processo mudou", "processos mudaram")
    return redirect(request, f"{_ALL}/{kept}", notice=f"Cadastros unidos: {many} de cadastro.")


@post(f"{_ALL}/unioes/{{merge_id:uuid}}/desfazer", opt=_MERGE)
async def separate(request: AnyRequest) -> Response[str]:
    """Undo a merge."""
    merge_id: UUID = request.path_params["merge_id"]
    async with request_scope(request) as tx:
        kept, back, stayed = await unmerge(tx, actor=actor_of(request), merge_id=merge_id)
    notice = f"União desfeita: {plural(back, 'processo voltou', 'processos voltaram')}."
    if stayed:
        notice += f" {plural(stayed, 'ficou', 'ficaram')}, porque a empresa mudou depois."
    return redirect(request, f"{_ALL}/{kept}", notice=notice)


def handlers() -> list[Any]:
    """The slice's routes."""
    return [companies, company, edit, confirm, unite, separate]


def _id(request: AnyRequest) -> UUID:
    found: UUID = request.path_params["supplier_id"]
    return found


async def _edit(tx: Tx, supplier_id: UUID, form: Typed) -> None:
    await edit_supplier(
        tx,
        supplier_id=supplier_id,
        trade_name=form.fantasia,
        email=form.email,
        before=(form.antes_fantasia, form.antes_email),
    )


async def _show(
    request: AnyRequest, form: Typed | None, errors: dict[str, str], problem: str, status: int
) -> Response[str]:
    async with request_scope(request) as tx:
        content = await company_page(
            tx,
            actor=actor_of(request),
            supplier_id=_id(request),
            form=form,
            errors=errors,
            problem=problem,
        )
    return page(request, "desk/company.html", content, status=status)
