"""The city's deadline rules: how each is, how it was, and changing it."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post

from procon.auth.http import actor_of
from procon.kernel.errors import Invalid
from procon.portal.render import page
from procon.settings_desk.decide import decide
from procon.settings_desk.rules.forms import parse_change, typed
from procon.settings_desk.rules.pages import (
    HERE,
    proposal_of,
    rule_page,
    rule_today,
    rules_page,
)
from procon.tenancy.http import request_scope

AnyRequest = Request[Any, Any, Any]
_SETTINGS = {"permission": "staff:settings"}


@get(HERE, opt=_SETTINGS)
async def rule_list(request: AnyRequest) -> Response[str]:
    """Every rule as it is in force today."""
    async with request_scope(request) as tx:
        content = await rules_page(tx)
    return page(request, "settings_desk/rules.html", content)


@get(f"{HERE}/{{key:str}}", opt=_SETTINGS)
async def rule(request: AnyRequest) -> Response[str]:
    """One rule with its history and the form that changes it."""
    async with request_scope(request) as tx:
        content = await rule_page(tx, request.path_params["key"])
    return page(request, "settings_desk/rule.html", content)


@post(f"{HERE}/{{key:str}}", opt=_SETTINGS)
async def change_rule(request: AnyRequest) -> Response[str]:
    """First what would move, then the new version."""
    key, form = request.path_params["key"], await request.form()
    try:
        async with request_scope(request) as tx:
            found = await rule_today(tx, key)
            change = parse_change(found, form)
            proposal = proposal_of(found, change, typed(form), tx, actor_of(request))
        return await decide(request, proposal)
    except Invalid as refusal:
        async with request_scope(request) as tx:
            content = await rule_page(tx, key, form=typed(form), errors=refusal.fields)
        return page(request, "settings_desk/rule.html", content, status=422)


def handlers() -> list[Any]:
    """Route handlers of this folder."""
    return [rule_list, rule, change_rule]
