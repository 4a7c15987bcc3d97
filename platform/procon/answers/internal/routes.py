"""Comments, who takes care, and models: the company's own."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Request, Response, get, post

from procon.answers.internal.commands import (
    candidates,
    give_task,
    remove_model,
    save_model,
    write_note,
)
from procon.answers.internal.forms import ME, parse_model, parse_note, typed_fields, uuid_in
from procon.answers.internal.pages import models_page
from procon.answers.internal.queries import Inside, inside_of
from procon.auth.actor import Actor
from procon.auth.http import actor_of
from procon.cases.access import get_case
from procon.cases.queries import CaseDetail
from procon.kernel.errors import Forbidden, Invalid, NotFound
from procon.portal.render import page, redirect
from procon.tenancy.http import request_scope
from procon.tenancy.scope import Tx

AnyRequest = Request[Any, Any, Any]

_READ = {"permission": "supplier:read"}
_ANSWER = {"permission": "supplier:answer"}
_CASE = "/fornecedor/processos/{number:str}"
_MODELS = "/fornecedor/modelos"


@post(f"{_CASE}/comentario", opt=_READ)
async def comment(request: AnyRequest) -> Response[Any]:
    """A comment that only the company's people see."""
    actor, form = actor_of(request), await request.form()
    try:
        values = parse_note(form)
    except Invalid as refusal:
        sentence = " ".join(refusal.fields.values())
        return redirect(request, _back(request), notice=sentence, kind="important")
    async with request_scope(request) as tx:
        case, inside = await _inside(tx, actor, request)
        await write_note(
            tx, actor=actor, inside=inside, case_id=case.id, text=values.text, note_id=values.key
        )
    return redirect(request, _back(request), notice="Comentário guardado. Só a empresa vê.")


@post(f"{_CASE}/cuidar", opt=_ANSWER)
async def take_care(request: AnyRequest) -> Response[Any]:
    """Who of the company takes care of the case."""
    actor, form = actor_of(request), await request.form()
    wanted = str(form.get("pessoa", ""))
    async with request_scope(request) as tx:
        case, inside = await _inside(tx, actor, request)
        member_id = uuid_in(wanted)
        people = {one.id: one for one in await candidates(tx, inside)}
        member = people.get(member_id) if member_id else None
        if wanted not in {"", ME} and member is None:
            raise NotFound("Esta pessoa não está mais na lista da empresa.")
        await give_task(
            tx, actor=actor, inside=inside, case_id=case.id, member=member, mine=wanted == ME
        )
    return redirect(request, _back(request), notice="Guardado. Só a empresa vê.")


@get(_MODELS, opt=_READ)
async def models(request: AnyRequest) -> Response[Any]:
    """The company's models."""
    async with request_scope(request) as tx:
        content = await models_page(tx, actor_of(request))
    return page(request, "answers/models.html", content)


@get(f"{_MODELS}/{{model_id:uuid}}", opt=_READ)
async def one_model(request: AnyRequest) -> Response[Any]:
    """One of them, to change."""
    async with request_scope(request) as tx:
        content = await models_page(tx, actor_of(request), editing=_id(request))
    return page(request, "answers/models.html", content)


@post(_MODELS, opt=_ANSWER)
async def add_model(request: AnyRequest) -> Response[Any]:
    """A new model."""
    return await _save(request, None)


@post(f"{_MODELS}/{{model_id:uuid}}", opt=_ANSWER)
async def change_model(request: AnyRequest) -> Response[Any]:
    """Another title or text."""
    return await _save(request, _id(request))


@post(f"{_MODELS}/{{model_id:uuid}}/apagar", opt=_ANSWER)
async def drop_model(request: AnyRequest) -> Response[Any]:
    """Off the list; answers that were sent stay as they are."""
    async with request_scope(request) as tx:
        await remove_model(tx, actor=actor_of(request), model_id=_id(request))
    return redirect(request, _MODELS, notice="Modelo apagado.")


def handlers() -> list[Any]:
    """The folder's routes."""
    return [comment, take_care, models, one_model, add_model, change_model, drop_model]


async def _save(request: AnyRequest, model_id: UUID | None) -> Response[Any]:
    actor, form = actor_of(request), await request.form()
    try:
        values = parse_model(form)
        async with request_scope(request) as tx:
            await save_model(
                tx,
                actor=actor,
                root=values.root,
                title=values.title,
                text=values.text,
                model_id=model_id,
            )
    except Invalid as refusal:
        kept = typed_fields(form, "empresa", "titulo", "texto")
        async with request_scope(request) as tx:
            content = await models_page(
                tx, actor, editing=model_id, form=kept, errors=refusal.fields
            )
        return page(request, "answers/models.html", content, status=422)
    return redirect(request, _MODELS, notice="Modelo guardado.")


async def _inside(tx: Tx, actor: Actor, request: AnyRequest) -> tuple[CaseDetail, Inside]:
    case = await get_case(tx, actor=actor, number=request.path_params["number"])
    inside = await inside_of(tx, actor=actor, case=case)
    if inside is None:
        raise Forbidden(
            "Isto é só para as pessoas da empresa. Vincule a empresa à sua conta antes.",
            code="company-outside",
        )
    return case, inside


def _back(request: AnyRequest) -> str:
    return f"/fornecedor/processos/{quote(request.path_params['number'], safe='')}"


def _id(request: AnyRequest) -> UUID:
    return UUID(str(request.path_params["model_id"]))
