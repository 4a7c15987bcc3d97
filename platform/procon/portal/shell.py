"""What surrounds every page: the city's name and mark, navigation, preferences, the person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from litestar.connection import ASGIConnection
from markupsafe import Markup
from msgspec import Struct

from procon.auth.actor import ANONYMOUS, Actor
from procon.auth.permissions import CORE, allowed
from procon.portal.assets import Tag
from procon.portal.tokens import header_style
from procon.tenancy.manifest import Contacts, Tenant

if TYPE_CHECKING:
    from procon.portal.render import Portal

Connection = ASGIConnection[Any, Any, Any, Any]
Site = Literal["city", "suppliers", "vendor", "none"]
Tone = Literal["neutral", "info", "progress", "waiting", "success", "danger", "internal"]

CONTRAST_COOKIE = "procon-contraste"
FONT_COOKIE = "procon-fonte"
NOTICE_COOKIE = "procon-aviso"
DEFAULT_TIMEZONE = "America/Sao_Paulo"
SITE_NAMES: Mapping[Site, str] = {
    "suppliers": "Procon Digital para empresas",
    "vendor": "Procon Digital",
    "none": "Procon Digital",
}
NO_CONTACTS = Contacts(body="")


class NavEntry(Struct, frozen=True):
    """A navigation item as a slice or plugin offers it; shown to whoever has the permission."""

    label: str
    href: str
    permission: str
    sites: frozenset[Site] = frozenset({"city"})
    plugin: str = ""
    kinds: frozenset[str] = frozenset()  # empty: every kind of person who has the permission


class SearchEntry(Struct, frozen=True):
    """The search of the header (Alt+3) for whoever has the permission; a plain GET form."""

    action: str
    label: str
    permission: str
    name: str = "q"
    sites: frozenset[Site] = frozenset({"city"})


class NavItem(Struct, frozen=True):
    """A navigation item on one page."""

    label: str
    href: str
    current: bool


class Flash(Struct, frozen=True):
    """A sentence shown once, on the page after a form was accepted."""

    text: str
    kind: Literal["success", "important"] = "success"


class AssetTags(Struct, frozen=True):
    """Libraries to load, in order."""

    styles: tuple[Tag, ...] = ()
    scripts: tuple[Tag, ...] = ()


class Shell(Struct, frozen=True):
    """`shell` in every template."""

    site: Site
    slug: str
    body_name: str
    city: str
    uf: str
    theme: str
    timezone: str
    contacts: Contacts
    main_site: str
    logo: str
    favicon: str
    header_style: str
    density: str
    brand_colour: str
    signed_in: bool
    actor_name: str
    actor_kind: str
    roles: frozenset[str]
    csrf_token: str
    nonce: str
    path: str
    nav: tuple[NavItem, ...]
    search: SearchEntry | None
    contrast: Literal["", "alto", "normal"]
    font: int
    fragment: bool
    flash: Flash | None
    assets: AssetTags
    theme_css: str


# Plain values that the macros take. Slices may hand in their own Structs with the same names.


class Option(Struct, frozen=True):
    """One choice of radios, checkboxes or a select."""

    value: str
    label: str
    hint: str = ""


class Row(Struct, frozen=True):
    """One line of a summary list; with `href` it can be changed."""

    key: str
    value: str | Markup
    href: str = ""
    action: str = "Alterar"


class Crumb(Struct, frozen=True):
    """One step of a breadcrumb; the last has no `href`."""

    label: str
    href: str = ""


class TimelineEntry(Struct, frozen=True):
    """One event in two layers: a sentence for people, the formal act for the record.

    `hash` is the hexadecimal link of the case's chain, `norm` the law it rests on.
    """

    when: datetime
    sentence: str
    act: str = ""
    author: str = ""
    norm: str = ""
    hash: str = ""
    internal: bool = False
    detail: str = ""


class Column(Struct, frozen=True):
    """One column of a queue table."""

    label: str
    numeric: bool = False


def shell_for(connection: Connection, portal: Portal, *, fragment: bool = False) -> Shell:
    """Build the shell of a request. Works when tenant, actor or token are not known yet."""
    state = connection.scope.get("state", {})
    tenant = state.get("tenant")
    tenant = tenant if isinstance(tenant, Tenant) else None
    actor = state.get("actor") or ANONYMOUS
    site = _site(tenant, str(state.get("host", "")), portal)
    theme = portal.theme_of(tenant.theme if tenant else "")
    # Pages for hosts that are nobody's are made before there is an application.
    app = connection.scope.get("litestar_app")
    permissions = (app.state.get("permissions", CORE) if app else CORE).of(actor)
    return Shell(
        site=site,
        slug=tenant.slug if tenant else "",
        body_name=tenant.name if tenant else SITE_NAMES.get(site, ""),
        city=tenant.city if tenant else "",
        uf=tenant.uf if tenant else "",
        theme=theme.slug,
        timezone=tenant.timezone if tenant else DEFAULT_TIMEZONE,
        contacts=tenant.contacts if tenant else NO_CONTACTS,
        main_site=theme.file.main_site,
        logo=portal.asset(theme.slug, theme.file.logo),
        favicon=portal.asset(theme.slug, theme.file.favicon),
        header_style=header_style(theme.tokens),
        density=theme.tokens["density"],
        brand_colour=theme.tokens["brand"],
        signed_in=actor.kind != "anonymous",
        actor_name=actor.name,
        actor_kind=actor.kind,
        roles=actor.roles,
        csrf_token=str(state.get("csrf_token", "")),
        nonce=str(state.get("nonce", "")),
        path=_path(connection),
        nav=_navigation(
            _offered(portal.nav, site, actor, tenant, permissions), connection.scope["path"]
        ),
        search=_search(portal.search, site, actor),
        contrast=_contrast(connection.cookies.get(CONTRAST_COOKIE, "")),
        font=_font(connection.cookies.get(FONT_COOKIE, "")),
        fragment=fragment,
        flash=portal.read_notice(connection.cookies.get(NOTICE_COOKIE, "")),
        assets=portal.tags,
        theme_css=portal.theme_url(theme.slug),
    )


def _site(tenant: Tenant | None, host: str, portal: Portal) -> Site:
    if tenant is not None:
        return "city"
    if host and host == portal.vendor_host:
        return "vendor"
    return "suppliers" if host and host == portal.suppliers_host else "none"


def _path(connection: Connection) -> str:
    query = connection.scope["query_string"].decode("latin-1")
    return connection.scope["path"] + (f"?{query}" if query else "")


def _offered(
    entries: tuple[NavEntry, ...],
    site: Site,
    actor: Actor,
    tenant: Tenant | None,
    permissions: frozenset[str],
) -> tuple[NavEntry, ...]:
    """The entries for this person on this site; a plugin's in its cities only."""
    return tuple(
        entry
        for entry in entries
        if site in entry.sites
        and (not entry.plugin or (tenant is not None and entry.plugin in tenant.plugins))
        and (not entry.kinds or actor.kind in entry.kinds)
        and entry.permission in permissions
    )


def _navigation(shown: tuple[NavEntry, ...], path: str) -> tuple[NavItem, ...]:
    above = [e.href for e in shown if e.href != "/" and path.startswith(f"{e.href}/")]
    nearest = path if any(e.href == path for e in shown) else max(above, key=len, default="")
    return tuple(NavItem(e.label, e.href, current=e.href == nearest) for e in shown)


def _search(entries: tuple[SearchEntry, ...], site: Site, actor: Actor) -> SearchEntry | None:
    """The first search that this person may use here."""
    fitting = (e for e in entries if site in e.sites and allowed(actor, e.permission))
    return next(fitting, None)


def _contrast(value: str) -> Literal["", "alto", "normal"]:
    if value == "alto":
        return "alto"
    return "normal" if value == "normal" else ""


def _font(value: str) -> int:
    return int(value) if value in {"0", "1", "2"} else 0
