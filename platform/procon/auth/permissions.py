"""Which role may do what. Permissions are `thing:act`; a handler names exactly one."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from procon.auth.actor import Actor

PUBLIC = "public"

# What a permission lets one do, for the docs and the city's administrators.
PERMISSIONS: Mapping[str, str] = {
    PUBLIC: "Páginas abertas a todos",
    "account:own": "Ver e encerrar as próprias sessões",
    "letter:read": "Baixar as cartas e os recibos dos processos que pode ver",
    "case:own": "Ver e acompanhar os próprios processos",
    "case:rate": "Avaliar a resposta da empresa",
    "party:act": "Praticar atos no processo como parte",
    "hearing:own": "Marcar, remarcar e acompanhar as próprias audiências",
    "agreement:own": "Propor, aceitar e acompanhar acordos dos próprios processos",
    "lawyer:own": "Cuidar do cadastro de advogado e das próprias procurações",
    "supplier:read": "Ver os processos da empresa",
    "supplier:answer": "Responder pela empresa",
    "supplier:manage": "Cuidar das pessoas e dos CNPJs da empresa",
    "staff:desk": "Ver a fila do dia e os processos da cidade",
    "staff:triage": "Triar, devolver, encaminhar e distribuir processos",
    "staff:note": "Escrever notas internas",
    "staff:cip": "Emitir a Carta de Informações Preliminares",
    "staff:counter": "Registrar reclamações no balcão",
    "staff:process": "Conduzir o processo administrativo",
    "staff:decide": "Decidir processos e recursos",
    "staff:hearings": "Ver e marcar audiências",
    "staff:conciliate": "Conduzir audiências",
    "staff:letters": "Escrever os modelos de documentos da cidade",
    "staff:bulk": "Agir sobre muitos processos de uma vez",
    "staff:verify": "Conferir empresas e advogados",
    "staff:merge": "Unir cadastros de empresas repetidos",
    "staff:settings": "Cuidar do calendário e dos postos da cidade",
    "vendor:console": "Ver o estado dos municípios atendidos",
}

_EVERYBODY = frozenset({PUBLIC})
_SIGNED_IN = _EVERYBODY | {"account:own"}
_STAFF = _SIGNED_IN | {"letter:read", "staff:desk", "staff:note"}

_PARTY = _SIGNED_IN | {"letter:read", "party:act", "hearing:own", "agreement:own"}

ROLE_PERMISSIONS: Mapping[str, frozenset[str]] = {
    "anonymous": _EVERYBODY,
    "citizen": _PARTY | {"case:own", "case:rate", "lawyer:own"},
    "supplier": _PARTY | {"supplier:read", "supplier:answer", "supplier:manage"},
    "attendant": _STAFF | {"staff:counter", "staff:triage", "staff:hearings"},
    "analyst": _STAFF
    | {
        "staff:counter",
        "staff:triage",
        "staff:cip",
        "staff:process",
        "staff:hearings",
        "staff:conciliate",
        "staff:letters",
        "staff:bulk",
        "staff:verify",
        "staff:merge",
    },
    "conciliator": _STAFF | {"staff:hearings", "staff:conciliate"},
    "inspector": _STAFF,
    "authority": _STAFF
    | {
        "staff:triage",
        "staff:cip",
        "staff:process",
        "staff:decide",
        "staff:hearings",
        "staff:conciliate",
        "staff:letters",
        "staff:bulk",
        "staff:verify",
        "staff:settings",
    },
    "cityadmin": _STAFF
    | {
        "staff:triage",
        "staff:hearings",
        "staff:letters",
        "staff:verify",
        "staff:merge",
        "staff:settings",
    },
    "vendor": _SIGNED_IN | {"vendor:console"},
}


class Permissions(Struct, frozen=True):
    """Which permissions there are, in words, and which role has which."""

    known: Mapping[str, str]
    roles: Mapping[str, frozenset[str]]

    def of(self, actor: Actor) -> frozenset[str]:
        """Union over the actor's roles; for those who are not staff the kind is the role."""
        roles = actor.roles if actor.kind == "staff" else frozenset({actor.kind})
        return _EVERYBODY.union(*(self.roles.get(role, frozenset()) for role in roles))

    def allowed(self, actor: Actor, permission: str) -> bool:
        """Whether one of the actor's roles carries `permission`."""
        return permission in self.of(actor)

    def and_also(
        self, known: Mapping[str, str], roles: Mapping[str, frozenset[str]]
    ) -> Permissions:
        """These and a plugin's."""
        both = {
            role: self.roles.get(role, frozenset()) | roles.get(role, frozenset())
            for role in {*self.roles, *roles}
        }
        return Permissions({**self.known, **known}, both)


CORE = Permissions(PERMISSIONS, ROLE_PERMISSIONS)


def permissions_of(actor: Actor) -> frozenset[str]:
    """What the actor may do in the core."""
    return CORE.of(actor)


def allowed(actor: Actor, permission: str) -> bool:
    """Whether the actor has a permission of the core."""
    return CORE.allowed(actor, permission)
