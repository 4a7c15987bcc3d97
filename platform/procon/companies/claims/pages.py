"""What who asks sees, and what the staff see of the requests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID, uuid4

from msgspec import Struct

from procon.auth.actor import Actor
from procon.auth.companies.queries import (
    ROLE_NAMES,
    SOURCE_NAMES,
    Membership,
    companies_of,
    is_head_office,
)
from procon.auth.companies.requests import (
    Request,
    documents_of,
    request_by_id,
    requests_in,
    requests_of,
)
from procon.cases.access import get_case
from procon.companies.claims.documents import ACCEPT
from procon.companies.pages import name_of
from procon.kernel.documents import cnpj_root, format_cnpj, mask_cpf
from procon.kernel.errors import Forbidden
from procon.parties.queries import supplier_search
from procon.portal.render import file_size
from procon.tenancy.scope import Tx

STATES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "pending": ("Em análise no Procon", "waiting"),
        "approved": ("Aprovado", "success"),
        "refused": ("Recusado", "danger"),
    }
)


class CertificateLine(Struct, frozen=True):
    """A CNPJ whose certificate opened this session. `kept`: the account is linked already."""

    cnpj: str
    name: str
    kept: bool


class LinkLine(Struct, frozen=True):
    """A company that the account is linked to."""

    name: str
    where: str
    role: str
    source: str
    until: datetime | None


class RequestLine(Struct, frozen=True):
    """A request in a list. `name`: who asks."""

    id: UUID
    cnpj: str
    company: str
    name: str
    state: str
    tone: str
    reason: str
    created_at: datetime
    decided_at: datetime | None
    decided_by: str


class ClaimPage(Struct, frozen=True):
    """“Vincular empresa”. `may_ask`: the account has a CPF. `by_code`: the case one came from."""

    certificates: tuple[CertificateLine, ...]
    links: tuple[LinkLine, ...]
    requests: tuple[RequestLine, ...]
    may_ask: bool
    by_code: str
    company_side: bool
    key: str
    accept: str = ACCEPT
    form: Mapping[str, str] = {}
    errors: Mapping[str, str] = {}
    problem: str = ""


class RequestsPage(Struct, frozen=True):
    """The staff's list."""

    waiting: tuple[RequestLine, ...]
    approved: tuple[RequestLine, ...]
    refused: tuple[RequestLine, ...]


class DocumentLine(Struct, frozen=True):
    """A document to open."""

    name: str
    href: str
    size_text: str
    kind: str
    hash: str


class RequestPage(Struct, frozen=True):
    """One request, for the staff. `known`: what is registered under this CNPJ."""

    request: RequestLine
    cpf: str
    email: str
    documents: tuple[DocumentLine, ...]
    known: str
    cases: int
    form: Mapping[str, str] = {}
    errors: Mapping[str, str] = {}


async def claim_page(
    tx: Tx,
    actor: Actor,
    *,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    problem: str = "",
) -> ClaimPage:
    """The ways to a company, and those that the person has gone already.

    Raises:
        Forbidden: the city's staff or the platform's; they act for no company.
    """
    if actor.kind not in {"citizen", "supplier"}:
        raise Forbidden("Esta página é para quem representa uma empresa.")
    held = await companies_of(tx, actor=actor)
    typed, number = dict(form or {}), ""
    if actor.case_id is not None:
        number, typed = await _from_code(tx, actor, typed)
    return ClaimPage(
        certificates=tuple([await _certificate(tx, cnpj, held) for cnpj in sorted(actor.cnpjs)]),
        links=tuple([await _link(tx, one) for one in held if one.member_id is not None]),
        requests=tuple(_line(one) for one in await requests_of(tx, actor=actor))
        if actor.cpf
        else (),
        may_ask=actor.cpf is not None and actor.account_id is not None,
        by_code=number,
        company_side=actor.kind == "supplier",
        key=uuid4().hex,
        form={"email": actor.email or "", **typed},
        errors=errors or {},
        problem=problem,
    )


async def certificate_name(tx: Tx, cnpj: str) -> str:
    """The company's name as the city knows it, else its CNPJ."""
    found = await supplier_search(tx, cnpj)
    return found[0].name if found else await name_of(tx, cnpj_root(cnpj))


async def requests_page(tx: Tx) -> RequestsPage:
    """Waiting ones first."""
    return RequestsPage(
        waiting=tuple(_line(one) for one in await requests_in(tx, "pending")),
        approved=tuple(_line(one) for one in await requests_in(tx, "approved", limit=30)),
        refused=tuple(_line(one) for one in await requests_in(tx, "refused", limit=30)),
    )


async def request_page(
    tx: Tx,
    request_id: UUID,
    *,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> RequestPage:
    """One request with its documents. Raises NotFound."""
    found = await request_by_id(tx, request_id)
    known = await supplier_search(tx, found.cnpj)
    cases = await tx.fetchval(
        "SELECT count(*) FROM case_file c JOIN supplier s ON s.id = c.supplier_id"
        " WHERE left(s.cnpj, 8) = $1",
        cnpj_root(found.cnpj),
    )
    address = f"/equipe/empresas/pedidos/{found.id}/documentos"
    return RequestPage(
        request=_line(found),
        cpf=mask_cpf(found.cpf),
        email=found.email,
        documents=tuple(
            DocumentLine(
                one.name,
                f"{address}/{one.id}",
                file_size(one.size),
                "PDF" if one.media_type == "application/pdf" else "Foto",
                one.sha256,
            )
            for one in await documents_of(tx, request_id)
        ),
        known=known[0].name if known else "",
        cases=int(cases),
        form=form or {},
        errors=errors or {},
    )


async def _from_code(tx: Tx, actor: Actor, typed: dict[str, str]) -> tuple[str, dict[str, str]]:
    """Who came by a code starts with the company of that case."""
    row = await tx.fetchrow("SELECT c.number FROM case_file c WHERE c.id = $1", actor.case_id)
    if row is None:
        return "", typed
    case = await get_case(tx, actor=actor, number=row["number"])
    return case.number, {"cnpj": case.supplier_cnpj or "", "empresa": case.supplier_name, **typed}


async def _certificate(tx: Tx, cnpj: str, held: list[Membership]) -> CertificateLine:
    branch = None if is_head_office(cnpj) else cnpj
    kept = any(
        one.member_id is not None and one.role == "admin" and one.expires_at is None
        for one in held
        if one.root == cnpj_root(cnpj) and one.branch == branch
    )
    return CertificateLine(format_cnpj(cnpj), await certificate_name(tx, cnpj), kept)


async def _link(tx: Tx, one: Membership) -> LinkLine:
    return LinkLine(
        name=one.name or await name_of(tx, one.root),
        where=format_cnpj(one.branch) if one.branch else "Toda a empresa",
        role=ROLE_NAMES[one.role],
        source=SOURCE_NAMES[one.source],
        until=one.expires_at,
    )


def _line(one: Request) -> RequestLine:
    state, tone = STATES[one.state]
    return RequestLine(
        id=one.id,
        cnpj=format_cnpj(one.cnpj),
        company=one.company_name,
        name=one.name,
        state=state,
        tone=tone,
        reason=one.reason,
        created_at=one.created_at,
        decided_at=one.decided_at,
        decided_by=one.decided_by,
    )
