"""The city's settings for its own staff. Other slices' setting pages are links on the first one."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from msgspec import Struct

from procon.auth.http import actor_of
from procon.ext.slots import SettingsLink
from procon.portal.render import page
from procon.settings_desk.calendar import pages as calendar_pages
from procon.settings_desk.calendar import routes as calendar
from procon.settings_desk.posts import pages as posts_pages
from procon.settings_desk.posts import routes as posts
from procon.settings_desk.rules import pages as rules_pages
from procon.settings_desk.rules import routes as rules
from procon.tenancy.http import tenant_of


class SettingsPage(Struct, frozen=True, forbid_unknown_fields=True):
    """What can be set."""

    links: tuple[SettingsLink, ...]


OWN = (
    SettingsLink(
        "Prazos",
        rules_pages.HERE,
        "Quantos dias cada parte tem, com a base legal e o histórico de mudanças.",
    ),
    SettingsLink(
        "Calendário",
        calendar_pages.HERE,
        "Feriados municipais, pontos facultativos, recesso e sistema fora do ar.",
    ),
    SettingsLink(
        "Postos de atendimento", posts_pages.HERE, "Onde a cidade recebe as pessoas, e quando."
    ),
)


@get("/equipe/configuracoes", opt={"permission": "staff:letters"}, sync_to_thread=False)
def index(request: Request[Any, Any, Any]) -> Response[str]:
    """Links to every page of settings: this slice's, then those of `app.state.settings_links`."""
    actor = actor_of(request)
    links = (*OWN, *request.app.state.get("settings_links", ()))
    may, on = request.app.state.permissions.of(actor), tenant_of(request).plugins
    shown = tuple(
        one for one in links if one.permission in may and (not one.plugin or one.plugin in on)
    )
    return page(request, "settings_desk/index.html", SettingsPage(shown))


def handlers() -> list[Any]:
    """Route handlers of this slice."""
    return [index, *rules.handlers(), *calendar.handlers(), *posts.handlers()]
