"""What the sign-in templates show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from procon.auth.actor import Actor
from procon.auth.sessions import Session

# Where each kind of person goes when no page was asked for.
HOME: Mapping[str, str] = {
    "citizen": "/minha-conta",
    "supplier": "/fornecedor",
    "staff": "/equipe",
    "vendor": "/",
}

_PROVIDERS = {
    "govbr": "gov.br",
    "staff": "acesso da equipe",
    "email": "código por e-mail",
    "access-code": "código de acesso do processo",
}


class EnterPage(Struct, frozen=True):
    """Choice of the way in. `back` is the local path to go to afterwards."""

    back: str
    ways: frozenset[str]
    problem: str = ""
    email: str = ""
    errors: Mapping[str, str] = {}


class CodePage(Struct, frozen=True):
    """The form for the code. `email` is where it was sent to."""

    email: str
    back: str
    errors: Mapping[str, str] = {}


class SessionLine(Struct, frozen=True):
    """One line of “Onde estou conectado”."""

    id: str
    device: str
    way: str
    created_at: datetime
    seen_at: datetime
    current: bool


class SessionsPage(Struct, frozen=True):
    """All of the person's sessions on this host's site."""

    lines: tuple[SessionLine, ...]


def sessions_page(sessions: tuple[Session, ...], current: str) -> SessionsPage:
    """The list, the present session marked."""
    return SessionsPage(
        lines=tuple(
            SessionLine(
                id=one.id,
                device=one.device,
                way=_PROVIDERS.get(one.provider, one.provider),
                created_at=one.created_at,
                seen_at=one.seen_at,
                current=one.id == current,
            )
            for one in sessions
        )
    )


def home_of(actor: Actor, asked: str) -> str:
    """The page that was asked for, or the home of this kind of person."""
    return HOME.get(actor.kind, "/") if asked == "/" else asked
