"""Where the city receives people: list, new, change, close."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post

from procon.kernel.errors import Invalid
from procon.portal.render import page, redirect
from procon.service_points.commands import set_service_point
from procon.service_points.queries import all_service_points
from procon.settings_desk.posts.forms import PostForm, parse_post, typed
from procon.settings_desk.posts.pages import HERE, new_post_page, post_of, post_page, posts_page
from procon.tenancy.http import request_scope
from procon.tenancy.scope import Tx

AnyRequest = Request[Any, Any, Any]
_SETTINGS = {"permission": "staff:settings"}
_FORM = "settings_desk/post.html"


@get(HERE, opt=_SETTINGS)
async def posts(request: AnyRequest) -> Response[str]:
    """Every post."""
    async with request_scope(request) as tx:
        content = await posts_page(tx)
    return page(request, "settings_desk/posts.html", content)


@get(f"{HERE}/novo", opt=_SETTINGS, sync_to_thread=False)
def new_post(request: AnyRequest) -> Response[str]:
    """The form for one more."""
    return page(request, _FORM, new_post_page())


@post(f"{HERE}/novo", opt=_SETTINGS)
async def add_post(request: AnyRequest) -> Response[str]:
    """One more post; its name must be new."""
    form = await request.form()
    try:
        values = parse_post(form)
        async with request_scope(request) as tx:
            if values.name in {one.name for one in await all_service_points(tx)}:
                raise Invalid({"nome": "Já existe um posto com este nome."})
            await _store(tx, values)
    except Invalid as refusal:
        content = new_post_page(typed(form), refusal.fields)
        return page(request, _FORM, content, status=422)
    return redirect(request, HERE, notice=f"Posto guardado: {values.name}.")


@get(f"{HERE}/{{post_id:uuid}}", opt=_SETTINGS)
async def one_post(request: AnyRequest) -> Response[str]:
    """The form of a post."""
    async with request_scope(request) as tx:
        found = await post_of(tx, request.path_params["post_id"])
    return page(request, _FORM, post_page(found))


@post(f"{HERE}/{{post_id:uuid}}", opt=_SETTINGS)
async def change_post(request: AnyRequest) -> Response[str]:
    """Bring a post up to date, or close it."""
    form = await request.form()
    async with request_scope(request) as tx:
        found = await post_of(tx, request.path_params["post_id"])
        try:
            values = parse_post(form, name=found.name)
        except Invalid as refusal:
            return page(request, _FORM, post_page(found, typed(form), refusal.fields), status=422)
        await _store(tx, values)
    return redirect(request, HERE, notice=f"Posto guardado: {values.name}.")


async def _store(tx: Tx, values: PostForm) -> None:
    await set_service_point(
        tx,
        name=values.name,
        kind=values.kind,
        address=values.address,
        hours=values.hours,
        active=values.active,
    )


def handlers() -> list[Any]:
    """Route handlers of this folder."""
    return [posts, new_post, add_post, one_post, change_post]
