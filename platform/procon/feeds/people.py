"""Who of a side is reminded, and where they find the case."""

from __future__ import annotations

from procon.auth.companies.queries import immediate_members
from procon.auth.mandates.queries import recipients_of
from procon.cases.queries import CaseDetail
from procon.notices.commands import Addressee, PartySide
from procon.tenancy.scope import Tx


async def people_of(tx: Tx, case: CaseDetail, side: PartySide) -> tuple[Addressee, ...]:
    """The parties, representatives and lawyers of a side; of a company also the members who want
    to be told at once.
    """
    found = {
        one.email.lower(): Addressee(one.name, one.email, one.role)
        for one in await recipients_of(tx, case=case, side=side)
    }
    if side == "supplier":
        for member in await immediate_members(tx, cnpj=case.supplier_cnpj):
            found.setdefault(member.email.lower(), Addressee(member.name, member.email, "member"))
    return tuple(found.values())


def page_of(number: str, side: PartySide, to: Addressee) -> str:
    """The case's page for this person."""
    if to.role == "lawyer":
        return f"/advogado/processos/{number}"
    own = {"consumer": "/processos", "supplier": "/fornecedor/processos"}
    return f"{own[side]}/{number}"
