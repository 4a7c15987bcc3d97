"""Composition root: the only module that lists slices, plugins and middleware. No logic."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Litestar
from litestar.config.app import AppConfig as LitestarConfig
from litestar.datastructures import State
from litestar.middleware import DefineMiddleware
from litestar.types import ASGIApp
from piccolo.conf.apps import AppConfig
from redis.asyncio import Redis

from procon.answers.commands import access_code
from procon.auth.csrf import check as check_csrf
from procon.auth.guards import require_permission
from procon.auth.http import SessionMiddleware
from procon.auth.oidc import Gateway
from procon.cases.access import get_case_by_id
from procon.cases.jobs import expire
from procon.evidence.jobs import clean as clean_uploads
from procon.evidence.jobs import handlers as evidence_handlers
from procon.evidence.queries import file_by_sha256
from procon.evidence.storage import Store
from procon.health import HANDLERS as HEALTH
from procon.intake.jobs import clean as clean_drafts
from procon.jobs.outbox import Handler
from procon.jobs.worker import Sweep, Waker
from procon.letters.jobs import Press
from procon.letters.jobs import handlers as letter_handlers
from procon.letters.pages import FoundFile
from procon.letters.routes import Hooks
from procon.notices.commands import Post
from procon.notices.commands import handlers as notice_handlers
from procon.portal import errors
from procon.portal.headers import origin_of, security_headers
from procon.portal.render import Portal, build_portal, date_and_hour
from procon.portal.shell import NavEntry
from procon.portal.themes import load_themes
from procon.settings import Settings, load
from procon.tenancy.directory import Directory
from procon.tenancy.http import TenantMiddleware
from procon.tenancy.scope import Database, Tx

PACKAGE = Path(__file__).parent

# Slices with pages, and those with tables in the order of their foreign keys.
PAGES = (
    "portal",
    "site",
    "auth.login",
    "letters",
    "intake",
    "desk",
    "cases.citizen",
    "answers",
    "evidence",
)
TABLES = (
    "jobs",
    "auth.accounts",
    "parties",
    "deadlines",
    "service_points",
    "cases",
    "answers",
    "notices",
    "letters",
    "evidence",
    "intake",
)
NAV = (
    NavEntry("Reclamar", "/reclamar", "public", kinds=frozenset({"anonymous", "citizen"})),
    NavEntry("Meus processos", "/minha-conta", "case:own"),
    NavEntry("Meu dia", "/equipe", "staff:desk"),
    NavEntry("Balcão", "/equipe/balcao", "staff:counter"),
    NavEntry("Empresa", "/fornecedor", "supplier:read"),
    NavEntry("Verificar documento", "/verificar", "public"),
)


def tenant_apps() -> tuple[AppConfig, ...]:
    """Every slice with tables in a tenant's schema."""
    return tuple(import_module(f"procon.{name}.piccolo_app").APP_CONFIG for name in TABLES)


def create_app(settings: Settings | None = None, db: Database | None = None) -> Litestar:
    """The web application. `settings` come from the environment unless given.

    Args:
        db: a database of the caller's (with its own clock); opened and closed here all the same.
    """
    settings = settings or load()
    db = db or Database(settings.database_url, size=settings.pool_size)
    portal, directory = _portal(settings), Directory()
    state = State(
        {
            "settings": settings,
            "db": db,
            "directory": directory,
            "portal": portal,
            "redis": Redis.from_url(settings.redis_url, socket_timeout=2, socket_connect_timeout=1),
            "wake": Waker(settings.redis_url),
            "store": (store := Store(settings)),
            "oidc": Gateway(local=settings.environment != "production"),
            "letters": Hooks(may_read=_may_read, fetch=store.get, find_file=_find_file),
        }
    )
    handlers: list[Any] = [*HEALTH]
    for name in PAGES:
        handlers += import_module(f"procon.{name}.routes").handlers()
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


def work_handlers(settings: Settings) -> dict[str, Handler]:
    """Topic → handler, for the worker."""
    store, themes = Store(settings), load_themes(settings.themes_dir)
    letters = letter_handlers(Press(store.put, settings.url, themes))
    return (
        letters
        | evidence_handlers(store)
        | notice_handlers(
            Post(
                smtp_host=settings.smtp_host,
                smtp_port=settings.smtp_port,
                address_of=settings.url,
                code_of=partial(access_code, settings.secret_key),
                texts=_texts(),
            )
        )
    )


def sweeps(db: Database, settings: Settings) -> tuple[Sweep, ...]:
    """What the worker does for every tenant in each round, besides the outbox."""
    store = Store(settings)
    return (
        lambda tenant: expire(db, tenant),
        lambda tenant: clean_uploads(db, tenant, store),
        lambda tenant: clean_drafts(db, tenant),
    )


def _portal(settings: Settings) -> Portal:
    # A slice's templates and static files lie beside its tables, also where its routes do not.
    folders = [PACKAGE / name for name in sorted({name.split(".")[0] for name in PAGES})]
    folders.remove(PACKAGE / "portal")
    return build_portal(
        themes_dir=settings.themes_dir,
        assets_dir=settings.assets_dir,
        secret_key=settings.secret_key,
        template_dirs=[f / "templates" for f in folders if (f / "templates").is_dir()],
        static_dirs=[f / "static" for f in folders if (f / "static").is_dir()],
        assets=settings.assets,
        nav=NAV,
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
    return [secured, tenant, SessionMiddleware]


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
    environment.filters["data_hora"] = lambda when, tz: date_and_hour(when, ZoneInfo(tz))
    return environment


async def _may_read(tx: Tx, actor: Any, case_id: UUID) -> None:
    await get_case_by_id(tx, actor=actor, case_id=case_id)


async def _find_file(tx: Tx, sha256: bytes) -> FoundFile | None:
    found = await file_by_sha256(tx, sha256)
    return None if found is None else FoundFile(*found)
