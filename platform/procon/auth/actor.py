"""Who acts: the person behind a request, a job or a command line."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from msgspec import Struct

Kind = Literal["anonymous", "citizen", "supplier", "staff", "vendor", "system"]
Level = Literal["", "bronze", "silver", "gold"]


class Actor(Struct, frozen=True, forbid_unknown_fields=True):
    """A person as the session knows them.

    `roles` are the staff roles of the city, or just the kind. `case_id` is set for a supplier
    who entered with the access code of one case: nothing else is theirs to see, and that only while
    the CIP `cip_round` is the case's last.
    """

    kind: Kind
    name: str = ""
    account_id: UUID | None = None
    cpf: str | None = None
    email: str | None = None
    roles: frozenset[str] = frozenset()
    level: Level = ""
    cnpjs: frozenset[str] = frozenset()
    case_id: UUID | None = None
    cip_round: int = 0
    session_id: str = ""

    @property
    def label(self) -> str:
        """How the case log names them: kind and account, never a CPF."""
        return f"{self.kind}:{self.account_id or self.case_id or ''}"


ANONYMOUS = Actor(kind="anonymous")
SYSTEM = Actor(kind="system", name="Sistema")
