"""Pages: a template, a content Struct and the shell, as a full page or an HTMX fragment."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from litestar.datastructures import Cookie
from litestar.response import Response
from markupsafe import Markup, escape
from msgspec import Struct

from procon.kernel.documents import format_cnpj, format_cpf, mask_cpf
from procon.kernel.money import format_brl
from procon.portal.assets import (
    OWN_STATIC,
    StaticFile,
    library_files,
    library_tags,
    own_files,
    static_file,
)
from procon.portal.engine.answer import PageResponse
from procon.portal.engine.compiled import QuickEnvironment
from procon.portal.lint import templates_under
from procon.portal.shell import (
    NOTICE_COOKIE,
    AssetTags,
    Connection,
    Flash,
    NavEntry,
    SearchEntry,
    shell_for,
)
from procon.portal.themes import BASE, OWN_TEMPLATES, Theme, load_themes

MONTHS = [
    "janeiro",
    "fevereiro",
    "março",
    "abril",
    "maio",
    "junho",
    "julho",
    "agosto",
    "setembro",
    "outubro",
    "novembro",
    "dezembro",
]
VARY = "HX-Request, HX-Request-Type, Cookie"
NOTICE_SECONDS = 60


class Portal:
    """Everything pages need, built once when the application starts."""

    def __init__(
        self,
        *,
        themes: Mapping[str, Theme],
        template_dirs: tuple[Path, ...],
        files: Mapping[str, StaticFile],
        tags: AssetTags,
        nav: tuple[NavEntry, ...],
        search: tuple[SearchEntry, ...],
        secret_key: str,
        vendor_host: str,
        suppliers_host: str,
        reload_templates: bool,
    ) -> None:
        self.nav = nav
        self.search = search
        self.tags = tags
        self.vendor_host = vendor_host
        self.suppliers_host = suppliers_host
        self._themes = themes
        self._template_dirs = template_dirs
        self._secret = secret_key.encode()
        self._reload = reload_templates
        self._environments: dict[tuple[str, str], Environment] = {}
        self._by_theme = {slug: {**files, **_theme_files(t)} for slug, t in themes.items()}
        self._by_url = {f.url: f for of in self._by_theme.values() for f in of.values()}

    def theme_of(self, slug: str) -> Theme:
        """The theme of this name, or the base one: a page is better than no page."""
        return self._themes.get(slug) or self._themes[BASE]

    def asset(self, theme: str, name: str) -> str:
        """Immutable URL of a static file as this theme has it.

        Raises:
            KeyError: no static folder has this file.
        """
        return self._by_theme[theme][name].url

    def theme_url(self, theme: str) -> str:
        """URL of the theme's style sheet; it changes with its content."""
        return self._by_theme[theme]["theme.css"].url

    def file_at(self, url: str) -> StaticFile | None:
        """The file that was published under this exact URL."""
        return self._by_url.get(url)

    def environment(self, theme: str, timezone: str) -> Environment:
        """The compiled templates of a theme; dates are printed in `timezone`."""
        key = (theme, timezone)
        if key not in self._environments:
            folders = (*self._themes[theme].template_dirs, *self._template_dirs)
            self._environments[key] = _environment(folders, timezone, reload=self._reload)
            self._environments[key].globals["asset"] = lambda name: self.asset(theme, name)
        return self._environments[key]

    def render(self, connection: Connection, template: str, content: Struct, *, part: bool) -> str:
        """HTML of a page, or of its title and content alone when `part`."""
        shell = shell_for(connection, self, fragment=part)
        found = self.environment(shell.theme, shell.timezone).get_template(template)
        return found.render(page=content, shell=shell)

    def sign_notice(self, flash: Flash) -> str:
        """A notice as a cookie value that only we can have written."""
        text = base64.urlsafe_b64encode(f"{flash.kind}:{flash.text}".encode()).decode()
        return f"{text}.{self._mac(text)}"

    def read_notice(self, cookie: str) -> Flash | None:
        """The notice of a cookie, or None when there is none or it is not ours."""
        text, _, mac = cookie.partition(".")
        if not text or not hmac.compare_digest(mac.encode(), self._mac(text).encode()):
            return None
        kind, _, sentence = base64.urlsafe_b64decode(text).decode().partition(":")
        return Flash(sentence, "important" if kind == "important" else "success")

    def _mac(self, text: str) -> str:
        return hmac.new(self._secret, f"notice|{text}".encode(), hashlib.sha256).hexdigest()


def build_portal(
    *,
    themes_dir: Path,
    assets_dir: Path,
    secret_key: str,
    template_dirs: Sequence[Path] = (),
    static_dirs: Sequence[Path] = (),
    assets: Literal["cdn", "local"] = "local",
    nav: Sequence[NavEntry] = (),
    search: Sequence[SearchEntry] = (),
    vendor_host: str = "",
    suppliers_host: str = "",
    reload_templates: bool = False,
) -> Portal:
    """Load themes and files.

    Args:
        template_dirs: template folders, plugins' before slices'; the portal's own comes last.
        static_dirs: static folders of slices and plugins; the portal's own is added.
        assets_dir: where `assets.fetch` puts the libraries.
        reload_templates: look for changed templates at each page (for whoever edits them).

    Raises:
        ThemeError: a theme cannot be used.
        ValueError: two folders offer a template or file of the same name.
    """
    folders = (*template_dirs, OWN_TEMPLATES)
    _refuse_doubles(folders)
    libraries = library_files(assets_dir)
    return Portal(
        themes=load_themes(themes_dir),
        template_dirs=folders,
        files={**own_files((*static_dirs, OWN_STATIC)), **libraries},
        tags=AssetTags(
            styles=library_tags(libraries, assets, "style"),
            scripts=library_tags(libraries, assets, "script"),
        ),
        nav=tuple(nav),
        search=tuple(search),
        secret_key=secret_key,
        vendor_host=vendor_host,
        suppliers_host=suppliers_host,
        reload_templates=reload_templates,
    )


def _theme_files(theme: Theme) -> dict[str, StaticFile]:
    files = {name: static_file(name, path.read_bytes()) for name, path in theme.static.items()}
    return {**files, "theme.css": static_file("theme.css", theme.css.encode())}


def _refuse_doubles(folders: Sequence[Path]) -> None:
    """A plugin must not replace a core page for every city: only themes override."""
    owners: dict[str, Path] = {}
    for folder in folders:
        for name, path in templates_under(folder):
            if name in owners:
                raise ValueError(f"template {name} is in {owners[name].parent} and {path.parent}")
            owners[name] = path


def _environment(folders: Sequence[Path], timezone: str, *, reload: bool) -> Environment:
    environment = QuickEnvironment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=reload,
        cache_size=-1,
    )
    zone = ZoneInfo(timezone)
    environment.filters |= {
        "fim": full_stop,
        "data": lambda value: _day(_local(value, zone)),
        "data_hora": lambda value: date_and_hour(value, zone),
        "data_extenso": lambda value: long_date(_local(value, zone)),
        "iso": lambda value: value.isoformat(),
        "brl": lambda value: format_brl(Decimal(value)),
        "cpf": format_cpf,
        "cnpj": format_cnpj,
        "cpf_oculto": mask_cpf,
        "plural": plural,
        "nl2br": keep_lines,
        "tamanho": file_size,
    }
    return environment


def _local(value: date, zone: ZoneInfo) -> date:
    return value.astimezone(zone) if isinstance(value, datetime) else value


def _day(value: date) -> str:
    # Several times as fast as strftime, and a page has dozens.
    return f"{value.day:02}/{value.month:02}/{value.year:04}"


def date_and_hour(value: datetime, zone: ZoneInfo) -> str:
    """An instant as people say it: 27/03/2026 às 14h05."""
    local = value.astimezone(zone)
    return f"{_day(local)} às {local.hour:02}h{local.minute:02}"


def long_date(value: date) -> str:
    """A day in words: 1º de março de 2026."""
    day = "1º" if value.day == 1 else str(value.day)
    return f"{day} de {MONTHS[value.month - 1]} de {value.year}"


def full_stop(text: str) -> str:
    """`text` as the end of a sentence: "Loja Exemplo." but "Loja Exemplo S.A."."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def plural(count: int, one: str, many: str) -> str:
    """A number with its noun; in Portuguese zero takes the plural, 1 the singular."""
    return f"{count} {one if abs(count) == 1 else many}"


def keep_lines(text: str) -> Markup:
    """Escaped text with its line breaks."""
    return Markup("<br>".join([escape(line) for line in str(text).splitlines()]))  # noqa: S704 - each line is escaped


def file_size(size: int) -> str:
    """Bytes for a person: 812 bytes, 2,4 MB."""
    if size < 1000:
        return plural(size, "byte", "bytes")
    amount = float(size)
    for unit in ("kB", "MB", "GB"):
        amount /= 1000
        if amount < 999.95 or unit == "GB":
            return f"{amount:.1f} {unit}".replace(".", ",").replace(",0 ", " ")
    raise AssertionError("unreachable: GB always returns")


def is_fragment(connection: Connection) -> bool:
    """Whether HTMX asks for the content alone (not for a whole page or one from the history)."""
    if not any(name == b"hx-request" for name, _ in connection.scope["headers"]):
        return False
    headers = connection.headers
    return (
        headers.get("HX-Request") == "true"
        and headers.get("HX-Request-Type") != "full"
        and headers.get("HX-History-Restore-Request") != "true"
    )


def page(
    request: Connection,
    template: str,
    content: Struct,
    *,
    status: int = 200,
    personal: bool = False,
) -> Response[str]:
    """Answer with a page. `personal` keeps an anonymous person's data out of every cache.

    Raises:
        TemplateNotFound, UndefinedError: the page is not as its content says (a programming error).
    """
    portal = portal_of(request)
    html = portal.render(request, template, content, part=is_fragment(request))
    actor = request.scope.get("state", {}).get("actor")
    private = personal or (actor is not None and actor.kind != "anonymous")
    response = PageResponse(
        html,
        status_code=status,
        headers={
            "Vary": VARY,
            "Cache-Control": "no-store" if private else "private, no-cache",
            "Content-Language": "pt-BR",
        },
    )
    if NOTICE_COOKIE in request.cookies:
        response.delete_cookie(NOTICE_COOKIE)
    return response


def redirect(
    request: Connection,
    path: str,
    *,
    notice: str = "",
    kind: Literal["success", "important"] = "success",
) -> Response[str]:
    """Answer 303 to a local path; `notice` is shown once on the page that follows.

    Raises:
        ValueError: `path` leaves this site.
    """
    if not is_local(path):
        raise ValueError(f"not a path of this site: {path!r}")
    headers = {"Location": path, "Cache-Control": "no-store"}
    response = Response("", status_code=303, media_type="text/plain", headers=headers)
    if notice:
        value = portal_of(request).sign_notice(Flash(notice, kind))
        response.set_cookie(
            Cookie(
                key=NOTICE_COOKIE,
                value=value,
                max_age=NOTICE_SECONDS,
                httponly=True,
                samesite="lax",
                secure=request.scope["scheme"] == "https",
            )
        )
    return response


def is_local(path: str) -> bool:
    """Whether a browser stays on this site when sent to `path`."""
    plain = path.isascii() and path.isprintable() and "\\" not in path and " " not in path
    return plain and path.startswith("/") and not path.startswith("//")


def portal_of(connection: Connection) -> Portal:
    """The portal of the application that serves this request."""
    portal: Any = connection.app.state.portal
    if not isinstance(portal, Portal):
        raise TypeError("app.state.portal was not set")
    return portal
