"""The acts of the procedure, each on a page of its own, for staff, consumer and supplier."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from litestar import Request, Response, get, post

from procon.auth.http import actor_of
from procon.cases.access import get_case, require_act, side_of
from procon.cases.queries import CaseDetail
from procon.evidence.commands import attach
from procon.evidence.queries import fingerprints
from procon.ext.workflow import Side
from procon.kernel.errors import Conflict, Forbidden, Invalid
from procon.kernel.ids import new_id
from procon.portal.render import page, redirect
from procon.process.commands import bring_about
from procon.process.forms import Typed, check, typed
from procon.process.pages import BASES, act_page, files_owner, form_act
from procon.tenancy.http import request_scope
from procon.tenancy.scope import Tx

AnyRequest = Request[Any, Any, Any]

_ACT = "/{number:str}/atos/{act:str}"


@get(f"/equipe/processos{_ACT}", opt={"permission": "staff:desk"})
async def staff_act(request: AnyRequest) -> Response[Any]:
    """The form of an act of the staff."""
    return await show_act(request, "staff")


@post(f"/equipe/processos{_ACT}", opt={"permission": "staff:desk"})
async def do_staff_act(request: AnyRequest) -> Response[Any]:
    """Do it, after a last look at who is told."""
    return await do_act(request, "staff")


@get(f"/processos{_ACT}", opt={"permission": "party:act"})
async def consumer_act(request: AnyRequest) -> Response[Any]:
    """The form of an act of the consumer."""
    return await show_act(request, "consumer")


@post(f"/processos{_ACT}", opt={"permission": "party:act"})
async def do_consumer_act(request: AnyRequest) -> Response[Any]:
    """Do it."""
    return await do_act(request, "consumer")


@get(f"/fornecedor/processos{_ACT}", opt={"permission": "party:act"})
async def supplier_act(request: AnyRequest) -> Response[Any]:
    """The form of an act of the supplier."""
    return await show_act(request, "supplier")


@post(f"/fornecedor/processos{_ACT}", opt={"permission": "party:act"})
async def do_supplier_act(request: AnyRequest) -> Response[Any]:
    """Do it."""
    return await do_act(request, "supplier")


def handlers() -> list[Any]:
    """The slice's routes."""
    return [
        staff_act,
        do_staff_act,
        consumer_act,
        do_consumer_act,
        supplier_act,
        do_supplier_act,
    ]


async def show_act(request: AnyRequest, side: Side, base: str = "") -> Response[Any]:
    """The form; who may not act now learns where the case is instead."""
    async with request_scope(request) as tx:
        case = await case_on_side(tx, request, side)
        act = form_act(case, request.path_params["act"])
        if case.status in act.sources:
            actor = actor_of(request)
            # Before anything is written, not after.
            await require_act(tx, actor=actor, case=case, transition=act.key)
            content = await act_page(
                request, tx, actor=actor, side=side, case=case, transition=act.key, base=base
            )
            return page(request, "process/act.html", content)
    return redirect(
        request,
        f"{base or BASES[side]}/{quote(case.number, safe='')}",
        notice="Este ato não cabe na etapa em que o processo está agora.",
        kind="important",
    )


async def do_act(request: AnyRequest, side: Side, base: str = "") -> Response[Any]:
    """Check what was typed, show it once more where others will be told, then do it."""
    form = typed(await request.form())
    try:
        async with request_scope(request) as tx:
            case = await case_on_side(tx, request, side)
            act = form_act(case, request.path_params["act"])
            values = check(form, act)
            if values.checked or not (act.grave or (side == "staff" and act.tells)):
                await _do(tx, request, side, case, values)
                done = True
            else:
                done = False
    except Invalid as refusal:
        return await _again(request, side, base, form, refusal)
    except Conflict as refusal:
        return await _too_late(request, side, base, form, refusal)
    if not done:
        return await _last_look(request, side, base, values)
    path = f"{base or BASES[side]}/{quote(case.number, safe='')}"
    return redirect(request, path, notice=f"Feito: {act.act}.")


async def case_on_side(tx: Tx, request: AnyRequest, side: Side) -> CaseDetail:
    """The case of the address.

    Raises:
        Forbidden: the person does not act on this side of it.
    """
    actor = actor_of(request)
    case = await get_case(tx, actor=actor, number=request.path_params["number"])
    if await side_of(tx, actor=actor, case=case) != side:
        raise Forbidden("Este processo não está na sua conta.")
    return case


async def _do(tx: Tx, request: AnyRequest, side: Side, case: CaseDetail, values: Typed) -> None:
    actor, filing_id = actor_of(request), new_id()
    await require_act(tx, actor=actor, case=case, transition=request.path_params["act"])
    owner = files_owner(case.id, values.key)
    moved = await bring_about(
        tx,
        actor=actor,
        side=side,
        case=case,
        transition=request.path_params["act"],
        idempotency_key=f"{case.id}/{values.key}",
        text=values.texto,
        outcome=values.resultado,
        file_hashes=await fingerprints(tx, owner),
        filing_id=filing_id,
    )
    if moved is not None:
        await attach(tx, actor=actor, owner=owner, case_id=case.id, attached_to=filing_id)


async def _again(
    request: AnyRequest, side: Side, base: str, form: Typed, refusal: Invalid
) -> Response[Any]:
    return await _show(request, side, base, form, errors=refusal.fields, status=422)


async def _last_look(request: AnyRequest, side: Side, base: str, values: Typed) -> Response[Any]:
    return await _show(request, side, base, values, checking=True)


async def _too_late(
    request: AnyRequest, side: Side, base: str, form: Typed, refusal: Conflict
) -> Response[Any]:
    """The form with what was typed, so that nothing is lost, and what happened meanwhile."""
    return await _show(request, side, base, form, errors={"texto": refusal.reason}, status=409)


async def _show(
    request: AnyRequest, side: Side, base: str, form: Typed, *, status: int = 200, **more: Any
) -> Response[Any]:
    async with request_scope(request) as tx:
        content = await act_page(
            request,
            tx,
            actor=actor_of(request),
            side=side,
            case=await case_on_side(tx, request, side),
            transition=request.path_params["act"],
            base=base,
            form=form,
            **more,
        )
    return page(request, "process/act.html", content, status=status)
