"""Which role may do what. Permissions are `thing:act`; a handler names exactly one."""

from __future__ import annotations

from collections.abc import Mapping

from procon.auth.actor import Actor

PUBLIC = "public"

# What a permission lets one do, for the docs and the city's administrators.
PERMISSIONS: Mapping[str, str] = {
    PUBLIC: "Páginas abertas a todos",
    "account:own": "Ver e encerrar as próprias sessões",
    "letter:read": "Baixar as cartas e os recibos dos processos que pode ver",
    "case:own": "Ver e acompanhar os próprios processos",
    "case:rate": "Avaliar a resposta da empresa",
    "supplier:read": "Ver os processos da empresa",
    "supplier:answer": "Responder pela empresa",
    "staff:desk": "Ver a fila do dia e os processos da cidade",
    "staff:triage": "Triar, devolver, encaminhar e distribuir processos",
    "staff:note": "Escrever notas internas",
    "staff:cip": "Emitir a Carta de Informações Preliminares",
    "staff:counter": "Registrar reclamações no balcão",
    "staff:settings": "Cuidar do calendário e dos postos da cidade",
    "vendor:console": "Ver o estado dos municípios atendidos",
}

_EVERYBODY = frozenset({PUBLIC})
_SIGNED_IN = _EVERYBODY | {"account:own"}
_STAFF = _SIGNED_IN | {"letter:read", "staff:desk", "staff:note"}

ROLE_PERMISSIONS: Mapping[str, frozenset[str]] = {
    "anonymous": _EVERYBODY,
    "citizen": _SIGNED_IN | {"letter:read", "case:own", "case:rate"},
    "supplier": _SIGNED_IN | {"letter:read", "supplier:read", "supplier:answer"},
    "attendant": _STAFF | {"staff:counter", "staff:triage"},
    "analyst": _STAFF | {"staff:counter", "staff:triage", "staff:cip"},
    "conciliator": _STAFF,
    "inspector": _STAFF,
    "authority": _STAFF | {"staff:triage", "staff:cip"},
    "cityadmin": _STAFF | {"staff:triage", "staff:settings"},
    "vendor": _SIGNED_IN | {"vendor:console"},
}


def permissions_of(actor: Actor) -> frozenset[str]:
    """Union over the actor's roles; for those who are not staff the kind is the role."""
    roles = actor.roles if actor.kind == "staff" else frozenset({actor.kind})
    return _EVERYBODY.union(*(ROLE_PERMISSIONS.get(role, frozenset()) for role in roles))


def allowed(actor: Actor, permission: str) -> bool:
    """Whether one of the actor's roles carries `permission`."""
    return permission in permissions_of(actor)
