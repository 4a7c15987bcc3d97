"""The conciliator's page: presence, clauses, what is said aloud, the end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from procon.auth.accounts.queries import staff_list
from procon.auth.http import actor_of
from procon.hearings.live.closing import close_hearing
from procon.hearings.live.commands import (
    accept_minutes,
    add_clause,
    edit_clause,
    judge_clause,
    note_arrival,
    remove_arrival,
    remove_clause,
)
from procon.hearings.live.forms import (
    TypedClosing,
    parse_arrival,
    parse_clause,
    parse_closing,
    parse_digest,
    parse_side,
    parse_spoken,
    parse_version,
    typed_arrival,
    typed_closing,
)
from procon.hearings.live.pages import Retry, clause_page, conduct_page
from procon.hearings.queries import PartyRow, get_hearing, parties_of
from procon.hearings.setup.commands import assign_conciliator
from procon.kernel.errors import Conflict, Invalid
from procon.kernel.text import typed_text
from procon.portal.render import page, redirect
from procon.tenancy.http import request_scope
from procon.tenancy.scope import Tx

AnyRequest = Request[Any, Any, Any]
Act = Callable[[Tx, AnyRequest, UUID], Awaitable[str]]

_SEE = {"permission": "staff:hearings"}
_HOLD = {"permission": "staff:conciliate"}
_ROOT = "/equipe/audiencias/{hearing_id:uuid}"
_CLAUSE = f"{_ROOT}/clausulas/{{clause_id:uuid}}"


@get(_ROOT, opt=_SEE)
async def conduct(request: AnyRequest) -> Response[str]:
    """The hearing; `?modelo=` puts a ready-made clause into the form."""
    return await _show(request, Retry(chosen=str(request.query_params.get("modelo", ""))))


@post(f"{_ROOT}/conciliador", opt=_HOLD)
async def choose_conciliator(request: AnyRequest) -> Response[str]:
    """Say who conducts the hearing."""
    return await _act(request, _assign)


@post(f"{_ROOT}/presenca", opt=_HOLD)
async def arrived(request: AnyRequest) -> Response[str]:
    """Somebody came."""
    return await _act(request, _arrive)


@post(f"{_ROOT}/presenca/{{party_id:uuid}}/retirar", opt=_HOLD)
async def not_arrived(request: AnyRequest) -> Response[str]:
    """Somebody was ticked by mistake."""
    return await _act(request, _unarrive)


@post(f"{_ROOT}/clausulas", opt=_HOLD)
async def new_clause(request: AnyRequest) -> Response[str]:
    """One more sentence."""
    return await _act(request, _add)


@get(_CLAUSE, opt=_HOLD)
async def clause_form(request: AnyRequest) -> Response[str]:
    """One sentence to change."""
    return await _clause_again(request)


@post(_CLAUSE, opt=_HOLD)
async def change_clause(request: AnyRequest) -> Response[str]:
    """Change a sentence."""
    try:
        parse_clause(await request.form())
    except Invalid as refusal:
        return await _clause_again(request, refusal)
    return await _act(request, _edit)


@post(f"{_CLAUSE}/retirar", opt=_HOLD)
async def drop_clause(request: AnyRequest) -> Response[str]:
    """Take a sentence out."""
    return await _act(request, _remove)


@post(f"{_CLAUSE}/voz", opt=_HOLD)
async def spoken_word(request: AnyRequest) -> Response[str]:
    """Note what a party that is here says of a sentence."""
    return await _act(request, _spoken)


@post(f"{_ROOT}/aceite", opt=_HOLD)
async def spoken_acceptance(request: AnyRequest) -> Response[str]:
    """Note that a party that is here accepts the whole minutes."""
    return await _act(request, _accept)


@post(f"{_ROOT}/encerrar", opt=_HOLD)
async def close(request: AnyRequest) -> Response[str]:
    """End the hearing."""
    return await _act(request, _close)


# Who had to sign in again comes back to these addresses by GET.
@get(
    [
        f"{_ROOT}/conciliador",
        f"{_ROOT}/presenca",
        f"{_ROOT}/presenca/{{party_id:uuid}}/retirar",
        f"{_ROOT}/clausulas",
        f"{_CLAUSE}/retirar",
        f"{_CLAUSE}/voz",
        f"{_ROOT}/aceite",
        f"{_ROOT}/encerrar",
    ],
    opt=_SEE,
)
async def back_to_conduct(request: AnyRequest) -> Response[str]:
    """The forms are on the hearing's page."""
    return redirect(request, _path(request))


def handlers() -> list[HTTPRouteHandler]:
    """The conciliator's routes."""
    return [
        conduct,
        choose_conciliator,
        arrived,
        not_arrived,
        new_clause,
        clause_form,
        change_clause,
        drop_clause,
        spoken_word,
        spoken_acceptance,
        close,
        back_to_conduct,
    ]


async def _act(request: AnyRequest, act: Act) -> Response[str]:
    """Do one act; show the page again with what was typed, or with what others did meanwhile."""
    hearing_id = request.path_params["hearing_id"]
    try:
        async with request_scope(request) as tx:
            await get_hearing(tx, actor=actor_of(request), hearing_id=hearing_id)
            notice = await act(tx, request, hearing_id)
    except Invalid as refusal:
        return await _show(request, await _retry(request, errors=refusal.fields), 422)
    except Conflict as refusal:
        return await _show(request, await _retry(request, problem=refusal.reason), 409)
    return redirect(request, _path(request), notice=notice)


async def _assign(tx: Tx, request: AnyRequest, hearing_id: UUID) -> str:
    wanted = typed_text(await request.form(), "conciliador")
    found = next((one for one in await staff_list(tx) if str(one.id) == wanted), None)
    if found is None:
        raise Invalid({"conciliador": "Escolha uma pessoa da lista."})
    await assign_conciliator(
        tx, actor=actor_of(request), hearing_id=hearing_id, to=found.id, to_name=found.name
    )
    return f"{found.name} conduz a audiência."


async def _arrive(tx: Tx, request: AnyRequest, hearing_id: UUID) -> str:
    came = parse_arrival(await request.form())
    await note_arrival(
        tx,
        actor=actor_of(request),
        hearing_id=hearing_id,
        side=came.side,
        name=came.name,
        role=came.role,
        document=came.document,
    )
    return f"Presença de {came.name} registrada."


async def _unarrive(tx: Tx, request: AnyRequest, hearing_id: UUID) -> str:
    party_id = request.path_params["party_id"]
    await remove_arrival(tx, actor=actor_of(request), hearing_id=hearing_id, party_id=party_id)
    return "Presença retirada da lista."


async def _add(tx: Tx, request: AnyRequest, hearing_id: UUID) -> str:
    text = parse_clause(await request.form()).text
    await add_clause(tx, actor=actor_of(request), hearing_id=hearing_id, text=text)
    return "Cláusula escrita. As partes já a veem."


async def _edit(tx: Tx, request: AnyRequest, hearing_id: UUID) -> str:
    values = parse_clause(await request.form())
    await edit_clause(
        tx,
        actor=actor_of(request),
        hearing_id=hearing_id,
        clause_id=request.path_params["clause_id"],
        version=values.version,
        text=values.text,
    )
    return "Cláusula alterada. As partes precisam responder de novo."


async def _remove(tx: Tx, request: AnyRequest, hearing_id: UUID) -> str:
    await remove_clause(
        tx,
        actor=actor_of(request),
        hearing_id=hearing_id,
        clause_id=request.path_params["clause_id"],
        version=parse_version(await request.form()),
    )
    return "Cláusula retirada."


async def _spoken(tx: Tx, request: AnyRequest, hearing_id: UUID) -> str:
    said = parse_spoken(await request.form())
    who = await _speaker(tx, hearing_id, said.side)
    await judge_clause(
        tx,
        actor=actor_of(request),
        side=said.side,
        hearing_id=hearing_id,
        clause_id=request.path_params["clause_id"],
        version=said.version,
        verdict=said.verdict,
        remark=said.remark,
        method="presence",
        author=who.name,
    )
    return f"Registrado o que {who.name} disse."


async def _accept(tx: Tx, request: AnyRequest, hearing_id: UUID) -> str:
    form = await request.form()
    who = await _speaker(tx, hearing_id, parse_side(form))
    await accept_minutes(
        tx,
        actor=actor_of(request),
        side=who.side,
        hearing_id=hearing_id,
        digest=parse_digest(form),
        method="presence",
        author=who.name,
    )
    return f"Registrado o aceite de {who.name}, de viva voz."


async def _close(tx: Tx, request: AnyRequest, hearing_id: UUID) -> str:
    closing = parse_closing(typed_closing(await request.form()))
    await close_hearing(tx, actor=actor_of(request), hearing_id=hearing_id, closing=closing)
    return "Audiência encerrada. O termo assinado aparece aqui e no processo em instantes."


async def _speaker(tx: Tx, hearing_id: UUID, side: str) -> PartyRow:
    """Who speaks for a side: somebody who is here."""
    for one in await parties_of(tx, hearing_id):
        if one.side == side:
            return one
    raise Conflict("Ninguém desta parte está na lista de presença.", code="side-is-missing")


async def _retry(
    request: AnyRequest, *, problem: str = "", errors: dict[str, str] | None = None
) -> Retry:
    form = await request.form()
    closing = typed_closing(form) if "resultado" in form else TypedClosing()
    return Retry(
        arrival=typed_arrival(form) if "papel" in form else None,
        closing=closing,
        clause=typed_text(form, "texto"),
        problem=problem,
        errors=errors or {},
    )


async def _show(request: AnyRequest, retry: Retry, status: int = 200) -> Response[str]:
    actor, hearing_id = actor_of(request), request.path_params["hearing_id"]
    async with request_scope(request) as tx:
        content = await conduct_page(tx, actor=actor, hearing_id=hearing_id, retry=retry)
    return page(request, "hearings/conduct.html", content, status=status)


async def _clause_again(request: AnyRequest, refusal: Invalid | None = None) -> Response[str]:
    typed = typed_text(await request.form(), "texto") if refusal else None
    async with request_scope(request) as tx:
        content = await clause_page(
            tx,
            actor=actor_of(request),
            hearing_id=request.path_params["hearing_id"],
            clause_id=request.path_params["clause_id"],
            text=typed,
            errors=refusal.fields if refusal else None,
        )
    return page(request, "hearings/clause.html", content, status=422 if refusal else 200)


def _path(request: AnyRequest) -> str:
    return f"/equipe/audiencias/{request.path_params['hearing_id']}"
