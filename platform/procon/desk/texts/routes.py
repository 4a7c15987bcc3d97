"""Macros, text modules and assignment rules of the city."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post

from procon.auth.accounts.queries import staff_list
from procon.auth.http import actor_of
from procon.desk.texts.commands import add_rule, delete_prepared, save_macro, save_module
from procon.desk.texts.forms import (
    MacroForm,
    ModuleForm,
    RuleForm,
    parse_macro,
    parse_module,
)
from procon.desk.texts.pages import checked_rule, macros_page, modules_page, rules_page
from procon.kernel.errors import Invalid, NotFound
from procon.kernel.text import typed_text
from procon.portal.render import page, redirect
from procon.tenancy.http import request_scope

AnyRequest = Request[Any, Any, Any]

_SETTINGS = {"permission": "staff:settings"}
_MACROS = "/equipe/configuracoes/macros"
_MODULES = "/equipe/configuracoes/textos"
_RULES = "/equipe/configuracoes/distribuicao"


@get(_MACROS, opt=_SETTINGS)
async def show_macros(request: AnyRequest) -> Response[str]:
    """All macros; `?editar=` opens one."""
    async with request_scope(request) as tx:
        content = await macros_page(tx, editing=_editing(request.query_params.get("editar", "")))
    return page(request, "desk/macros.html", content)


@post(_MACROS, opt=_SETTINGS)
async def keep_macro(request: AnyRequest) -> Response[str]:
    """Make or change a macro."""
    posted = await request.form()
    form = MacroForm(*(typed_text(posted, name) for name in MacroForm.__struct_fields__))
    editing = _editing(typed_text(posted, "id"))
    try:
        async with request_scope(request) as tx:
            staff = {one.id: one.name for one in await staff_list(tx)}
            macro = parse_macro(form, staff)
            await save_macro(tx, actor=actor_of(request), macro=macro, macro_id=editing)
    except Invalid as refusal:
        async with request_scope(request) as tx:
            content = await macros_page(tx, editing=editing, form=form, errors=refusal.fields)
        return page(request, "desk/macros.html", content, status=422)
    return redirect(request, _MACROS, notice=f"Macro “{macro.nome}” guardada.")


@post(f"{_MACROS}/{{row_id:uuid}}/apagar", opt=_SETTINGS)
async def drop_macro(request: AnyRequest) -> Response[str]:
    """Remove a macro; what it did stays done."""
    return await _drop(request, "macro", _MACROS, "Macro apagada.")


@get(_MODULES, opt=_SETTINGS)
async def show_modules(request: AnyRequest) -> Response[str]:
    """All text modules; `?editar=` opens one."""
    async with request_scope(request) as tx:
        content = await modules_page(tx, editing=_editing(request.query_params.get("editar", "")))
    return page(request, "desk/text-modules.html", content)


@post(_MODULES, opt=_SETTINGS)
async def keep_module(request: AnyRequest) -> Response[str]:
    """Make or change a text module."""
    posted = await request.form()
    form = ModuleForm(typed_text(posted, "nome"), typed_text(posted, "texto"))
    editing = _editing(typed_text(posted, "id"))
    try:
        module = parse_module(form)
        async with request_scope(request) as tx:
            await save_module(tx, actor=actor_of(request), module=module, module_id=editing)
    except Invalid as refusal:
        async with request_scope(request) as tx:
            content = await modules_page(tx, editing=editing, form=form, errors=refusal.fields)
        return page(request, "desk/text-modules.html", content, status=422)
    return redirect(request, _MODULES, notice=f"Texto “{module.nome}” guardado.")


@post(f"{_MODULES}/{{row_id:uuid}}/apagar", opt=_SETTINGS)
async def drop_module(request: AnyRequest) -> Response[str]:
    """Remove a text module; where it was inserted it stays."""
    return await _drop(request, "text_module", _MODULES, "Texto apagado.")


@get(_RULES, opt=_SETTINGS)
async def show_rules(request: AnyRequest) -> Response[str]:
    """All assignment rules."""
    async with request_scope(request) as tx:
        content = await rules_page(tx)
    return page(request, "desk/rules.html", content)


@post(_RULES, opt=_SETTINGS)
async def keep_rule(request: AnyRequest) -> Response[str]:
    """Put one more rule behind the others."""
    posted = await request.form()
    form = RuleForm(
        area=typed_text(posted, "area"),
        posto=typed_text(posted, "posto"),
        empresa=typed_text(posted, "empresa"),
        pessoas=tuple(str(one) for one in posted.getall("pessoas", [])),
    )
    try:
        async with request_scope(request) as tx:
            await add_rule(tx, actor=actor_of(request), rule=await checked_rule(tx, form))
    except Invalid as refusal:
        async with request_scope(request) as tx:
            content = await rules_page(tx, form=form, errors=refusal.fields)
        return page(request, "desk/rules.html", content, status=422)
    return redirect(request, _RULES, notice="Regra guardada. Vale para os próximos processos.")


@post(f"{_RULES}/{{row_id:uuid}}/apagar", opt=_SETTINGS)
async def drop_rule(request: AnyRequest) -> Response[str]:
    """Remove a rule; cases that it gave to somebody stay with them."""
    return await _drop(request, "assignment_rule", _RULES, "Regra apagada.")


def handlers() -> list[Any]:
    """The slice's routes."""
    return [
        show_macros,
        keep_macro,
        drop_macro,
        show_modules,
        keep_module,
        drop_module,
        show_rules,
        keep_rule,
        drop_rule,
    ]


async def _drop(request: AnyRequest, table: str, back: str, notice: str) -> Response[str]:
    async with request_scope(request) as tx:
        await delete_prepared(tx, table=table, row_id=request.path_params["row_id"])
    return redirect(request, back, notice=notice)


def _editing(text: str) -> UUID | None:
    """Which one is being changed; None for a new one. Raises NotFound."""
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise NotFound("Isto não existe mais.") from error
