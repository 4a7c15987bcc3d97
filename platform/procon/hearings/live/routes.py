"""The hearing as parties see it while it is held: clauses, presence, acceptance, the stream."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect, ServerSentEvent

from procon.auth.http import actor_of
from procon.auth.oidc.clients import resolve_secret
from procon.cases.access import require_power
from procon.cases.queries import CaseDetail
from procon.ext.workflow import Side
from procon.hearings.ics import FILE_NAME, Invitation, calendar_text
from procon.hearings.jobs import line_of
from procon.hearings.live import conduct
from procon.hearings.live.code import send_sign_code, use_sign_code
from procon.hearings.live.commands import (
    accept_minutes,
    judge_clause,
    minutes_digest,
    note_arrival,
    party_email,
)
from procon.hearings.live.forms import parse_digest, parse_verdict, parse_version
from procon.hearings.live.pages import clause_page, door_open, live_page, sign_page
from procon.hearings.live.parts import LivePart, live_part
from procon.hearings.live.stream import changes
from procon.hearings.pages import root_of
from procon.hearings.queries import HearingRow, clauses_of, get_hearing
from procon.hearings.video import video_room
from procon.kernel.errors import Conflict, Forbidden, Invalid, Refused
from procon.kernel.text import typed_text
from procon.portal.render import page, redirect
from procon.tenancy.http import request_scope, tenant_of
from procon.tenancy.scope import Tx

AnyRequest = Request[Any, Any, Any]
Act = Callable[[Tx, AnyRequest, Side], Awaitable[str]]

_SEE = {"permission": "account:own"}
_ACT = {"permission": "hearing:own"}
_ROOT = "/audiencias/{hearing_id:uuid}"
_CLAUSE = f"{_ROOT}/clausulas/{{clause_id:uuid}}"


@get(_ROOT, opt=_SEE)
async def live(request: AnyRequest) -> Response[str]:
    """A party's page; the staff have their own."""
    actor, hearing_id = actor_of(request), request.path_params["hearing_id"]
    if actor.kind == "staff":
        return redirect(request, f"/equipe/audiencias/{hearing_id}")
    async with request_scope(request) as tx:
        content = await live_page(tx, actor=actor, hearing_id=hearing_id)
    return page(request, "hearings/live.html", content)


@get(f"{_ROOT}/ao-vivo", opt=_SEE)
async def part(request: AnyRequest) -> Response[Any]:
    """The part that changes; nothing (204) while it is as `?versao=` says."""
    actor = actor_of(request)
    async with request_scope(request) as tx:
        hearing, _, side = await get_hearing(
            tx, actor=actor, hearing_id=request.path_params["hearing_id"]
        )
        if request.query_params.get("versao", "") == str(hearing.revision):
            return Response(None, status_code=204, headers={"Cache-Control": "no-store"})
        content = LivePart(await live_part(tx, actor=actor, hearing=hearing, side=side))
    return page(request, "hearings/part.html", content)


@get(f"{_ROOT}/fluxo", opt=_SEE)
async def stream(request: AnyRequest) -> ServerSentEvent:
    """Says when something changed, for at most ten minutes."""
    hearing_id = request.path_params["hearing_id"]
    async with request_scope(request) as tx:
        await get_hearing(tx, actor=actor_of(request), hearing_id=hearing_id)
    events = changes(request.app.state.db, tenant_of(request), hearing_id)
    return ServerSentEvent(events, headers={"Cache-Control": "no-store"})


@get(f"{_ROOT}/sala", opt=_SEE)
async def room(request: AnyRequest) -> Response[Any]:
    """Into the video room, by an address for this person and this moment."""
    actor = actor_of(request)
    async with request_scope(request) as tx:
        hearing, case, side = await get_hearing(
            tx, actor=actor, hearing_id=request.path_params["hearing_id"]
        )
        address = _address(tx, hearing, case, side, actor.name) if door_open(tx, hearing) else ""
    if not address:
        back = f"/audiencias/{hearing.id}"
        text = "A sala de vídeo abre 30 minutos antes da audiência."
        return redirect(request, back, notice=text, kind="important")
    return Redirect(address, status_code=303, headers={"Cache-Control": "no-store"})


@get(f"{_ROOT}/convite.ics", opt=_SEE)
async def invitation(request: AnyRequest) -> Response[bytes]:
    """The hearing for a calendar program."""
    actor = actor_of(request)
    async with request_scope(request) as tx:
        hearing, case, _ = await get_hearing(
            tx, actor=actor, hearing_id=request.path_params["hearing_id"]
        )
        url = request.app.state.settings.url(tx.tenant.host, f"{root_of(actor, case)}/audiencia")
        body = calendar_text(_invitation(tx, hearing, case, url), method="PUBLISH", now=tx.now)
    return Response(
        body,
        media_type="text/calendar",
        headers={
            "Content-Disposition": f'attachment; filename="{FILE_NAME}"',
            "Cache-Control": "no-store",
        },
    )


@post(f"{_ROOT}/presenca", opt=_ACT)
async def check_in(request: AnyRequest) -> Response[str]:
    """A party says that it is here."""
    return await _act(request, _check_in)


@post(f"{_CLAUSE}/aceitar", opt=_ACT)
async def accept_clause(request: AnyRequest) -> Response[str]:
    """A party accepts one clause."""
    return await _act(request, _accept_clause)


@get(f"{_CLAUSE}/objetar", opt=_ACT)
async def objection_form(request: AnyRequest) -> Response[str]:
    """What should change in this clause?"""
    return await _objection_page(request)


@post(f"{_CLAUSE}/objetar", opt=_ACT)
async def object_clause(request: AnyRequest) -> Response[str]:
    """A party objects to one clause."""
    try:
        return await _act(request, _object_clause)
    except Invalid as refusal:
        return await _objection_page(request, refusal)


@get(f"{_ROOT}/aceitar", opt=_ACT)
async def sign_form(request: AnyRequest) -> Response[str]:
    """The whole minutes, and the code."""
    return await _sign_again(request, sent=request.query_params.get("enviado") == "sim")


@post(f"{_ROOT}/codigo", opt=_ACT)
async def send_sign(request: AnyRequest) -> Response[str]:
    """Send the code."""
    actor, hearing_id = actor_of(request), request.path_params["hearing_id"]
    async with request_scope(request) as tx:
        _, case, side = await _as_party(tx, request)
        await require_power(tx, actor=actor, case=case, power="settle")
    try:
        email = party_email(side, actor, case)
        await send_sign_code(request, hearing_id=hearing_id, email=email)
    except Refused as refusal:
        return await _sign_again(request, problem=refusal.reason, status=409)
    return redirect(request, f"/audiencias/{hearing_id}/aceitar?enviado=sim")


@post(f"{_ROOT}/aceitar", opt=_ACT)
async def sign(request: AnyRequest) -> Response[str]:
    """Accept the whole minutes with the code."""
    try:
        email, digest = await _before_code(request)
        typed = typed_text(await request.form(), "codigo")
        hearing_id = request.path_params["hearing_id"]
        await use_sign_code(request, hearing_id=hearing_id, email=email, typed=typed)
        async with request_scope(request) as tx:
            await _sign(tx, request, digest)
    except Forbidden:
        raise
    except Refused as refusal:
        return await _sign_again(request, problem=refusal.reason, sent=True, status=409)
    text = "Seu aceite do termo foi registrado. Espere o conciliador encerrar a audiência."
    return redirect(request, f"/audiencias/{hearing_id}", notice=text)


# Who had to sign in again comes back to these addresses by GET.
@get([f"{_ROOT}/presenca", f"{_ROOT}/codigo", f"{_CLAUSE}/aceitar"], opt=_ACT)
async def back_to_live(request: AnyRequest) -> Response[str]:
    """The forms are on the hearing's page."""
    return redirect(request, f"/audiencias/{request.path_params['hearing_id']}")


def handlers() -> list[HTTPRouteHandler]:
    """The live hearing's routes, the conciliator's too."""
    return [
        live,
        part,
        stream,
        room,
        invitation,
        check_in,
        accept_clause,
        objection_form,
        object_clause,
        sign_form,
        send_sign,
        sign,
        back_to_live,
        *conduct.handlers(),
    ]


async def _as_party(tx: Tx, request: AnyRequest) -> tuple[HearingRow, CaseDetail, Side]:
    hearing, case, side = await get_hearing(
        tx, actor=actor_of(request), hearing_id=request.path_params["hearing_id"]
    )
    if side not in ("consumer", "supplier"):
        raise Forbidden("Só as partes fazem isto.")
    return hearing, case, side


async def _act(request: AnyRequest, act: Act) -> Response[str]:
    """Do one act of a party; what others did meanwhile is told on the page, which is fresh."""
    address = f"/audiencias/{request.path_params['hearing_id']}"
    try:
        async with request_scope(request) as tx:
            _, _, side = await _as_party(tx, request)
            notice = await act(tx, request, side)
    except Conflict as refusal:
        return redirect(request, address, notice=refusal.reason, kind="important")
    return redirect(request, address, notice=notice)


async def _check_in(tx: Tx, request: AnyRequest, side: Side) -> str:
    actor = actor_of(request)
    hearing, case, _ = await _as_party(tx, request)
    names = {"consumer": case.person_name, "supplier": case.supplier_name}
    await note_arrival(
        tx,
        actor=actor,
        hearing_id=hearing.id,
        side=side,
        name=actor.name or names[side],
        role="",
        document="Conta gov.br" if actor.level else "",
    )
    return "O conciliador já vê que você chegou."


async def _accept_clause(tx: Tx, request: AnyRequest, side: Side) -> str:
    await _judge(tx, request, side, "accepts")
    return "Você aceitou a cláusula."


async def _object_clause(tx: Tx, request: AnyRequest, side: Side) -> str:
    await _judge(tx, request, side, "objects")
    return "Sua objeção foi registrada. O conciliador já a vê."


async def _judge(tx: Tx, request: AnyRequest, side: Side, verdict: Any) -> None:
    form, actor = await request.form(), actor_of(request)
    said = parse_verdict(form, verdict)
    hearing, case, _ = await _as_party(tx, request)
    await require_power(tx, actor=actor, case=case, power="settle")
    await judge_clause(
        tx,
        actor=actor,
        side=side,
        hearing_id=hearing.id,
        clause_id=request.path_params["clause_id"],
        version=parse_version(form),
        verdict=said.verdict,
        remark=said.remark,
    )


async def _before_code(request: AnyRequest) -> tuple[str, str]:
    """Where the code went, and the minutes as shown: a code is not used up for other minutes."""
    actor, digest = actor_of(request), parse_digest(await request.form())
    async with request_scope(request) as tx:
        hearing, case, side = await _as_party(tx, request)
        await require_power(tx, actor=actor, case=case, power="settle")
        if digest != minutes_digest(hearing.id, await clauses_of(tx, hearing.id)):
            raise Conflict("O termo mudou enquanto você lia. Leia de novo antes de aceitar.")
    return party_email(side, actor, case), digest


async def _sign(tx: Tx, request: AnyRequest, digest: str) -> None:
    hearing, _, side = await _as_party(tx, request)
    await accept_minutes(
        tx,
        actor=actor_of(request),
        side=side,
        hearing_id=hearing.id,
        digest=digest,
        method="code",
    )


async def _sign_again(
    request: AnyRequest, *, problem: str = "", sent: bool = False, status: int = 200
) -> Response[str]:
    code = typed_text(await request.form(), "codigo") if problem else ""
    async with request_scope(request) as tx:
        await _as_party(tx, request)
        content = await sign_page(
            tx,
            actor=actor_of(request),
            hearing_id=request.path_params["hearing_id"],
            sent=sent,
            code=code,
            problem=problem,
        )
    return page(request, "hearings/sign.html", content, status=status)


async def _objection_page(request: AnyRequest, refusal: Invalid | None = None) -> Response[str]:
    typed = typed_text(await request.form(), "motivo") if refusal else None
    async with request_scope(request) as tx:
        await _as_party(tx, request)
        content = await clause_page(
            tx,
            actor=actor_of(request),
            hearing_id=request.path_params["hearing_id"],
            clause_id=request.path_params["clause_id"],
            text=typed,
            errors=refusal.fields if refusal else None,
        )
    return page(request, "hearings/objection.html", content, status=422 if refusal else 200)


def _address(tx: Tx, hearing: HearingRow, case: CaseDetail, side: Side, name: str) -> str:
    template = hearing.room_address if hearing.room_kind == "video" else ""
    door = video_room(tx.tenant, template=template, secret_of=resolve_secret)
    names = {"consumer": case.person_name, "supplier": case.supplier_name}
    return door.address(
        room=hearing.room_token,
        name=name or names.get(side, ""),
        leads=side == "staff",
        now=tx.now,
    )


def _invitation(tx: Tx, hearing: HearingRow, case: CaseDetail, url: str) -> Invitation:
    where = (hearing.room_name, hearing.room_address if hearing.room_kind != "video" else "")
    return Invitation(
        hearing=line_of(hearing, case),
        host=tx.tenant.host,
        body=tx.tenant.name,
        sender=tx.tenant.mail.sender,
        page=url,
        place=", ".join(one for one in where if one),
    )
