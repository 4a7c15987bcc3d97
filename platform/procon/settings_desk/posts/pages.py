"""What the pages of the city's posts show."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from msgspec import Struct

from procon.kernel.errors import NotFound
from procon.portal.shell import Option
from procon.service_points.queries import ServicePointDetail, all_service_points
from procon.settings_desk.posts.forms import typed
from procon.tenancy.scope import Tx

HERE = "/equipe/configuracoes/postos"
KINDS = (
    Option("fixo", "Fixo"),
    Option("movel", "Móvel", "Unidade que muda de lugar, como um ônibus ou um plantão"),
)


class PostsPage(Struct, frozen=True, forbid_unknown_fields=True):
    """Every post, open ones first."""

    posts: tuple[ServicePointDetail, ...]


class PostPage(Struct, frozen=True, forbid_unknown_fields=True):
    """One post's form. `name` is "" for a new one."""

    name: str
    action: str
    form: Mapping[str, str]
    kinds: tuple[Option, ...] = KINDS
    errors: Mapping[str, str] = {}


async def posts_page(tx: Tx) -> PostsPage:
    """The list."""
    return PostsPage(tuple(await all_service_points(tx)))


async def post_of(tx: Tx, post_id: UUID) -> ServicePointDetail:
    """One post. Raises NotFound."""
    for post in await all_service_points(tx):
        if post.id == post_id:
            return post
    raise NotFound("Não encontramos este posto.")


def new_post_page(
    form: Mapping[str, str] | None = None, errors: Mapping[str, str] | None = None
) -> PostPage:
    """The form for one more post."""
    empty = typed({}) | {"tipo": "fixo", "aberto": "sim"}
    return PostPage(name="", action=f"{HERE}/novo", form=form or empty, errors=errors or {})


def post_page(
    post: ServicePointDetail,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> PostPage:
    """The form of a post: what was typed, or how it is."""
    held = {
        "nome": post.name,
        "tipo": post.kind,
        "endereco": post.address,
        "horario": post.hours,
        "aberto": "sim" if post.active else "",
    }
    return PostPage(
        name=post.name, action=f"{HERE}/{post.id}", form=form or held, errors=errors or {}
    )
