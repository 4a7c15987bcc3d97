"""Composition root: puts slices, plugins and middleware together. The slices' list: `slices`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Litestar
from litestar.config.app import AppConfig as LitestarConfig
from litestar.datastructures import State
from litestar.middleware import DefineMiddleware
from litestar.types import ASGIApp
from redis.asyncio import Redis

from procon import plugged
from procon.agreements.kept.jobs import follow as follow_agreements
from procon.answers.commands import access_code
from procon.answers.sheet.jobs import clean as clean_sheets
from procon.answers.sheet.jobs import handlers as sheet_handlers
from procon.auth.csrf import check as check_csrf
from procon.auth.guards import require_permission
from procon.auth.http import SessionMiddleware
from procon.auth.oidc import Gateway, resolve_secret
from procon.auth.together import Together
from procon.cases.access import get_case_by_id
from procon.cases.jobs import expire
from procon.companies.jobs import digest as write_digests
from procon.courts.jobs import CourtOffice
from procon.courts.jobs import follow as follow_courts
from procon.courts.jobs import handlers as court_handlers
from procon.desk.search.jobs import handlers as search_handlers
from procon.desk.texts.rules import handlers as rule_handlers
from procon.evidence.jobs import clean as clean_uploads
from procon.evidence.jobs import handlers as evidence_handlers
from procon.evidence.queries import file_by_sha256
from procon.evidence.storage import Store
from procon.ext.discovery import discover
from procon.ext.ports import CourtGateway, NoCourt
from procon.ext.services import KEY as SERVICES
from procon.ext.services import Services
from procon.feeds.jobs import remind
from procon.health import HANDLERS as HEALTH
from procon.hearings.jobs import handlers as hearing_handlers
from procon.hearings.jobs import office_of
from procon.hearings.jobs import remind as remind_hearings
from procon.hearings.queries import hearings_for
from procon.intake.jobs import clean as clean_drafts
from procon.jobs.outbox import Handler
from procon.jobs.worker import Sweep, Waker
from procon.kernel.clock import no_shift, shift_in
from procon.lawyers.jobs import watch_mandates
from procon.letters.jobs import handlers as letter_handlers
from procon.letters.pages import FoundFile
from procon.letters.routes import Hooks
from procon.letters.typeset.press import Press
from procon.notices.jobs import Post
from procon.notices.jobs import handlers as notice_handlers
from procon.notices.jobs import tacit as presume_readings
from procon.notices.mail.line import mail_line
from procon.plugged import Plugins
from procon.portal import errors
from procon.portal.headers import origin_of, security_headers
from procon.portal.render import Portal, build_portal, date_and_hour, full_stop
from procon.portal.themes import BASE, load_themes
from procon.proxies import behind_proxies, networks
from procon.settings import Settings, load
from procon.slices import NAV, PAGES, PANELS, SETTINGS
from procon.tenancy.directory import Directory
from procon.tenancy.http import TenantMiddleware
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Database, Tx

PACKAGE = Path(__file__).parent


def create_app(settings: Settings | None = None, db: Database | None = None) -> Litestar:
    """The web application. `settings` come from the environment unless given.

    Args:
        db: a database of the caller's (with its own clock); opened and closed here all the same.
    """
    settings = settings or load()
    plugins = discover(settings.plugins_dir)
    db = db or database(settings)
    db.extensions = {**plugged.extensions(plugins), SERVICES: services(settings)}
    portal, directory = _portal(settings, plugins), Directory()
    state = State(
        {
            "settings": settings,
            "db": db,
            "directory": directory,
            "portal": portal,
            "redis": (redis := _redis(settings)),
            "sessions": Together(redis),
            "wake": Waker(settings.redis_url),
            "store": (store := Store(settings)),
            "oidc": Gateway(local=settings.environment != "production"),
            "panels": (*PANELS, partial(plugged.panels, plugins=plugins)),
            "plugins": plugins,
            "permissions": plugged.permissions(plugins),
            "settings_links": (*SETTINGS, *plugged.settings_links(plugins)),
            "appointments": hearings_for,
            "court_of": partial(_court_of, plugins),
            "letters": Hooks(may_read=_may_read, fetch=store.get, find_file=_find_file),
        }
    )
    handlers: list[Any] = [*HEALTH]
    for name in PAGES:
        handlers += import_module(f"procon.{name}.routes").handlers()
    handlers += plugged.routers(plugins)
    config = LitestarConfig(
        route_handlers=handlers,
        state=state,
        guards=[require_permission],
        before_request=check_csrf,
        exception_handlers=errors.exception_handlers(),
        middleware=_middleware(settings, directory, portal),
        lifespan=[_lifespan],
        openapi_config=None,
        logging_config=None,
        request_max_body_size=64 * 1024 * 1024,
    )
    return Litestar.from_config(config)


def _redis(settings: Settings) -> Redis:
    redis: Redis = Redis.from_url(settings.redis_url, socket_timeout=2, socket_connect_timeout=1)
    return redis


def database(settings: Settings) -> Database:
    """The application's own login role; in a demonstration cities' clocks may be ahead."""
    shift = shift_in(settings.clock_dir) if settings.environment == "demo" else no_shift
    lent = {SERVICES: services(settings)}
    return Database(settings.database_url, size=settings.pool_size, shift=shift, extensions=lent)


def services(settings: Settings) -> Services:
    """What the installation lends to plugins."""
    themes = load_themes(settings.themes_dir)
    return Services(
        url=settings.url,
        secret=resolve_secret,
        colours=lambda slug: themes.get(slug, themes[BASE]).tokens,
        mail=partial(mail_line, settings.smtp_host, settings.smtp_port),
    )


def work_handlers(settings: Settings) -> dict[str, Handler]:
    """Topic → handler, for the worker."""
    store, themes = Store(settings), load_themes(settings.themes_dir)
    press = Press(store.put, store.get, settings.url, themes)
    plugins = discover(settings.plugins_dir)
    letters = letter_handlers(press)
    return (
        letters
        | evidence_handlers(store)
        | search_handlers()
        | rule_handlers()
        | sheet_handlers()
        | hearing_handlers(office_of(settings, press))
        | notice_handlers(
            Post(
                smtp_host=settings.smtp_host,
                smtp_port=settings.smtp_port,
                address_of=settings.url,
                code_of=partial(access_code, settings.secret_key),
                texts=_texts(),
            )
        )
        | court_handlers(CourtOffice(partial(_court_of, plugins), press))
        | plugged.handlers(plugins)
    )


def sweeps(db: Database, settings: Settings) -> tuple[Sweep, ...]:
    """What the worker does for every tenant in each round, besides the outbox."""
    store = Store(settings)
    return (
        lambda tenant: expire(db, tenant),
        lambda tenant: remind(db, tenant, settings.url),
        lambda tenant: clean_uploads(db, tenant, store),
        lambda tenant: clean_drafts(db, tenant),
        lambda tenant: presume_readings(db, tenant),
        lambda tenant: clean_sheets(db, tenant),
        lambda tenant: write_digests(db, tenant, settings.url),
        lambda tenant: watch_mandates(db, tenant, settings.url),
        lambda tenant: follow_agreements(db, tenant, settings.url),
        lambda tenant: remind_hearings(db, tenant, settings.url),
        lambda tenant: follow_courts(db, tenant),
        *plugged.sweeps(discover(settings.plugins_dir), db),
    )


def _court_of(plugins: Plugins, tenant: Tenant) -> CourtGateway:
    chosen = plugged.port(plugins, tenant, "court")
    return NoCourt() if chosen is None else cast(CourtGateway, chosen)


def _portal(settings: Settings, plugins: Plugins) -> Portal:
    # A slice's templates and static files lie beside its tables, also where its routes do not.
    folders = [PACKAGE / name for name in sorted({name.split(".")[0] for name in PAGES})]
    folders.remove(PACKAGE / "portal")
    return build_portal(
        themes_dir=settings.themes_dir,
        assets_dir=settings.assets_dir,
        secret_key=settings.secret_key,
        template_dirs=[
            *plugged.templates(plugins),
            *(f / "templates" for f in folders if (f / "templates").is_dir()),
        ],
        static_dirs=[
            *plugged.static(plugins),
            *(f / "static" for f in folders if (f / "static").is_dir()),
        ],
        assets=settings.assets,
        nav=(*NAV, *plugged.menu(plugins)),
        vendor_host=settings.vendor_host,
        suppliers_host=settings.suppliers_host,
    )


def _middleware(settings: Settings, directory: Directory, portal: Portal) -> list[Any]:
    def secured(app: ASGIApp) -> ASGIApp:
        return security_headers(
            app,
            https=settings.public_scheme == "https",
            evidence_origin=origin_of(settings.s3_public),
            provider_port=settings.public_port if settings.environment != "production" else 0,
        )

    tenant = DefineMiddleware(
        TenantMiddleware,
        directory=directory,
        other_hosts=frozenset({settings.vendor_host, settings.suppliers_host}),
        unknown=errors.unknown_host(portal),
        suspended=errors.suspended_host(portal),
    )
    visitor = partial(behind_proxies, trusted=networks(settings.trusted_proxies))
    return [visitor, secured, tenant, SessionMiddleware]


@asynccontextmanager
async def _lifespan(app: Litestar) -> AsyncIterator[None]:
    state = app.state
    await state.db.open()
    await state.directory.refresh(state.db)
    await state.store.prepare()
    following = asyncio.create_task(
        state.directory.follow(state.db, state.settings.directory_seconds)
    )
    try:
        yield
    finally:
        following.cancel()
        await state.db.close()
        await state.wake.close()
        await state.oidc.close()
        await state.redis.aclose()


def _texts() -> Environment:
    """E-mail texts: plain text, so nothing is escaped; unknown names are errors."""
    environment = Environment(
        loader=FileSystemLoader(PACKAGE / "notices" / "templates"),
        autoescape=False,  # noqa: S701  # text/plain
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters["fim"] = full_stop
    environment.filters["data_hora"] = lambda when, tz: date_and_hour(when, ZoneInfo(tz))
    return environment


async def _may_read(tx: Tx, actor: Any, case_id: UUID) -> None:
    await get_case_by_id(tx, actor=actor, case_id=case_id)


async def _find_file(tx: Tx, sha256: bytes) -> FoundFile | None:
    found = await file_by_sha256(tx, sha256)
    return None if found is None else FoundFile(*found)
