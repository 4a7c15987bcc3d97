"""The city's calendar: a year at a glance, days in and out, a whole file, the outage log."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post

from procon.auth.http import actor_of
from procon.deadlines.queries import holiday_list
from procon.kernel.errors import Invalid, NotFound
from procon.portal.render import page
from procon.settings_desk.calendar import proposals
from procon.settings_desk.calendar.forms import (
    DAY_FIELDS,
    OUTAGE_FIELDS,
    parse_entry,
    parse_outage,
    parse_removal,
    read_csv,
    typed,
)
from procon.settings_desk.calendar.pages import (
    HERE,
    calendar_page,
    import_page,
    outages_page,
    year_of,
)
from procon.settings_desk.decide import decide
from procon.tenancy.http import request_scope

AnyRequest = Request[Any, Any, Any]
_SETTINGS = {"permission": "staff:settings"}
_NAME = "settings_desk/calendar.html"


@get(HERE, opt=_SETTINGS)
async def calendar(request: AnyRequest) -> Response[str]:
    """`?ano=`: that year, else this one."""
    async with request_scope(request) as tx:
        year = year_of(str(request.query_params.get("ano", "")), tx.now)
        content = await calendar_page(tx, year=year)
    return page(request, _NAME, content)


@post(HERE, opt=_SETTINGS)
async def add_day(request: AnyRequest) -> Response[str]:
    """A closed day, a half-day, a recess."""
    form = await request.form()
    fields = typed(form, DAY_FIELDS)
    try:
        entry = parse_entry(form)
        async with request_scope(request) as tx:
            proposal = proposals.adding(entry, fields, tx, actor_of(request))
        return await decide(request, proposal)
    except Invalid as refusal:
        async with request_scope(request) as tx:
            year = year_of(fields["data_ano"], tx.now)
            content = await calendar_page(tx, year=year, form=fields, errors=refusal.fields)
        return page(request, _NAME, content, status=422)


@post(f"{HERE}/remover", opt=_SETTINGS)
async def remove_day(request: AnyRequest) -> Response[str]:
    """Take one of the city's own entries out."""
    day, kind = parse_removal(await request.form())
    async with request_scope(request) as tx:
        entry = proposals.found_in(await holiday_list(tx, [day.year]), day, kind)
        if entry is None:
            raise NotFound("Esta data não está no calendário da cidade.")
        proposal = proposals.removing(entry, tx, actor_of(request))
    return await decide(request, proposal)


@get(f"{HERE}/importar", opt=_SETTINGS, sync_to_thread=False)
def import_form(request: AnyRequest) -> Response[str]:
    """Where to send the file, and how it has to look."""
    return page(request, "settings_desk/import.html", import_page())


@post(f"{HERE}/importar", opt=_SETTINGS)
async def import_file(request: AnyRequest) -> Response[str]:
    """All of the file, or nothing and which lines are wrong."""
    try:
        text = await read_csv(await request.form())
        async with request_scope(request) as tx:
            proposal = proposals.importing(text, tx, actor_of(request))
        return await decide(request, proposal)
    except Invalid as refusal:
        content = import_page(refusal.fields)
        return page(request, "settings_desk/import.html", content, status=422)


@get(f"{HERE}/fora-do-ar", opt=_SETTINGS)
async def outages(request: AnyRequest) -> Response[str]:
    """The outage log."""
    async with request_scope(request) as tx:
        content = await outages_page(tx)
    return page(request, "settings_desk/outages.html", content)


@post(f"{HERE}/fora-do-ar", opt=_SETTINGS)
async def log_outage(request: AnyRequest) -> Response[str]:
    """Which deadlines it moves, then the entry."""
    form = await request.form()
    fields = typed(form, OUTAGE_FIELDS)
    try:
        async with request_scope(request) as tx:
            outage = parse_outage(form, tx.tenant.timezone)
            proposal = proposals.logging(outage, fields, tx, actor_of(request))
        return await decide(request, proposal)
    except Invalid as refusal:
        async with request_scope(request) as tx:
            content = await outages_page(tx, form=fields, errors=refusal.fields)
        return page(request, "settings_desk/outages.html", content, status=422)


def handlers() -> list[Any]:
    """Route handlers of this folder."""
    return [calendar, add_day, remove_day, import_form, import_file, outages, log_outage]
