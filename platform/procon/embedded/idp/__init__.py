"""An OpenID provider that imitates gov.br Login Único, and each city's own staff provider."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from procon.embedded.idp.personas import OPERATOR_REALM, Persona, find, people, staff
from procon.embedded.idp.store import client_secret
from procon.kernel.clock import Clock, system_clock

if TYPE_CHECKING:
    from litestar.types import ASGIApp

__all__ = ["OPERATOR_REALM", "Persona", "client_secret", "create_idp", "find", "people", "staff"]


def create_idp(
    directory: Path, *, environment: str | None = None, clock: Clock = system_clock
) -> ASGIApp:
    """The ASGI application for the host `govbr.localhost`.

    gov.br answers at the root (`/authorize`, `/token`, `/userinfo`, `/jwk`, `/logout`), a city's
    staff provider under `/realms/<slug>`, the operator's under `/realms/plataforma`.

    Args:
        directory: where its key, secret and codes live; made when missing.
        environment: `demo` or `test`; when not given, PROCON_ENVIRONMENT decides.

    Raises:
        RuntimeError: any other environment. Who cannot prove to be a demonstration gets no
            provider that lets everybody be anybody.
    """
    where = environment or os.environ.get("PROCON_ENVIRONMENT", "production")
    if where not in {"demo", "test"}:
        raise RuntimeError("O provedor de demonstração só existe na demonstração e nos testes.")
    from procon.embedded.idp.provider import build  # noqa: PLC0415  # only where it is wanted

    return build(directory, clock)
