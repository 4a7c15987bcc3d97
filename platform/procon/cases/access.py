"""The one getter that decides who may see a case. Nothing else loads a case for a person."""

from __future__ import annotations

from uuid import UUID

from procon.auth.actor import Actor
from procon.auth.permissions import allowed
from procon.cases.queries import CaseDetail, detail_by_id, detail_by_number
from procon.kernel.case_number import canonical_case_number
from procon.kernel.errors import Forbidden, NotFound
from procon.tenancy.scope import Tx

# What the supplier may see only after the CIP is there for it.
BEFORE_CIP = frozenset({"triage", "returned", "redirected"})


async def get_case(tx: Tx, *, actor: Actor, number: str) -> CaseDetail:
    """The case, if it is the actor's to see.

    Raises:
        NotFound: no such number in this city.
        Forbidden: it exists, but is another person's.
    """
    try:
        canonical = canonical_case_number(number)
    except ValueError as error:
        raise NotFound("Não encontramos este processo. Confira o número.") from error
    case = await detail_by_number(tx, canonical)
    if case is None:
        raise NotFound("Não encontramos este processo. Confira o número.")
    if not may_see(actor, case):
        raise Forbidden("Este processo não está na sua conta.")
    return case


async def get_case_by_id(tx: Tx, *, actor: Actor, case_id: UUID) -> CaseDetail:
    """As `get_case`, for links that hold the id.

    Raises:
        NotFound: no such case in this city.
        Forbidden: it exists, but is another person's.
    """
    case = await detail_by_id(tx, case_id)
    if case is None:
        raise NotFound("Não encontramos este processo.")
    if not may_see(actor, case):
        raise Forbidden("Este processo não está na sua conta.")
    return case


def may_see(actor: Actor, case: CaseDetail) -> bool:
    """Staff: every case of the city. Consumer: their own. Supplier: theirs, once notified."""
    if actor.kind == "staff":
        return allowed(actor, "staff:desk")
    if actor.kind == "citizen":
        if actor.cpf is not None:
            return actor.cpf == case.person_cpf
        return bool(actor.email) and actor.email == case.person_email
    if actor.kind == "supplier" and case.status not in BEFORE_CIP:
        by_code = actor.case_id == case.id and actor.cip_round == case.cip_round
        return by_code or (case.supplier_cnpj or "-") in actor.cnpjs
    return False
