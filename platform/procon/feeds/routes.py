"""The person's calendar feed: making its secret address, ending it, and reading it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from litestar import Request, Response, get, post
from msgspec import Struct

from procon.auth.http import actor_of
from procon.auth.ratelimit import allow, subject
from procon.deadlines.typed import field
from procon.feeds.commands import make_token, revoke_tokens
from procon.feeds.ics import feed_text
from procon.feeds.queries import actor_of_token, dated_cases, feed_since
from procon.kernel.errors import Conflict, NotFound
from procon.kernel.text import is_form_key
from procon.portal.render import page, redirect
from procon.tenancy.http import request_scope, tenant_of
from procon.tenancy.keys import key

AnyRequest = Request[Any, Any, Any]
HERE = "/minha-conta/agenda"
# Calendar programs of a whole company may share one address.
READS, PERIOD = 600, timedelta(hours=1)
_OWN = {"permission": "account:own"}
_FILE = re.compile(r"([A-Za-z0-9_-]{43})\.ics\Z")


class AgendaPage(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether there is a feed. `address` is shown once, right after it was made."""

    key: str
    since: datetime | None
    by_code: bool
    address: str = ""
    subscribe: str = ""


@get(HERE, opt=_OWN)
async def agenda(request: AnyRequest) -> Response[str]:
    """What a feed is, and whether the person has one."""
    actor = actor_of(request)
    async with request_scope(request) as tx:
        since = await feed_since(tx, actor=actor)
    content = AgendaPage(uuid4().hex, since, by_code=actor.account_id is None)
    return page(request, "feeds/agenda.html", content)


@post(HERE, opt=_OWN)
async def make_agenda(request: AnyRequest) -> Response[str]:
    """A new address, shown on this page and never again."""
    form_key, settings = _form_key(await request.form()), request.app.state.settings
    async with request_scope(request) as tx:
        token = await make_token(
            tx, actor=actor_of(request), secret=settings.secret_key, idempotency_key=form_key
        )
        since = await feed_since(tx, actor=actor_of(request))
    address = settings.url(tenant_of(request).host, f"/agenda/{token}.ics")
    subscribe = "webcal:" + address.partition(":")[2]
    content = AgendaPage(uuid4().hex, since, False, address, subscribe)
    return page(request, "feeds/agenda.html", content)


@post(f"{HERE}/encerrar", opt=_OWN)
async def end_agenda(request: AnyRequest) -> Response[str]:
    """The address stops working at once."""
    async with request_scope(request) as tx:
        await revoke_tokens(tx, actor=actor_of(request))
    return redirect(request, HERE, notice="Agenda desligada. O endereço antigo não funciona mais.")


@get("/agenda/{name:str}", opt={"permission": "public"})
async def feed(request: AnyRequest) -> Response[bytes]:
    """The feed itself, for who knows the address."""
    if wait := await _too_often(request):
        headers = {"Retry-After": str(wait), "Cache-Control": "no-store"}
        return Response(b"", status_code=429, media_type="text/plain", headers=headers)
    found, state = _FILE.fullmatch(request.path_params["name"]), request.app.state
    async with request_scope(request) as tx:
        actor = await actor_of_token(tx, found[1]) if found else None
        if actor is None:
            raise NotFound("Esta agenda não existe ou foi desligada.")
        cases = await dated_cases(tx, actor=actor)
        meetings = await state.appointments(tx, actor=actor)
        text = feed_text(tx.tenant, cases, meetings, address_of=state.settings.url, now=tx.now)
    headers = {"Cache-Control": "no-store", "Content-Disposition": 'inline; filename="agenda.ics"'}
    return Response(text, media_type="text/calendar", headers=headers)


def handlers() -> list[Any]:
    """Route handlers of this slice."""
    return [agenda, make_agenda, end_agenda, feed]


def _form_key(form: Mapping[str, Any]) -> str:
    found = field(form, "_chave")
    if not is_form_key(found):
        raise Conflict("Esta página ficou aberta por muito tempo. Volte e tente de novo.")
    return found


async def _too_often(request: AnyRequest) -> int:
    """Seconds to wait, 0 when this reader may go on."""
    address = request.client.host if request.client else ""
    name = key(tenant_of(request).slug, "limit", "agenda", subject(address))
    decision = await allow(request.app.state.redis, name, READS, PERIOD)
    return 0 if decision.allowed else max(1, decision.retry_after)
