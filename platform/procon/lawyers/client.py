"""The client's side: giving and ending powers online, and who has looked into a case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from litestar import Request, Response, get, post
from msgspec import Struct

from procon.auth.actor import Actor
from procon.auth.companies.queries import company_name, reach_of
from procon.auth.http import actor_of
from procon.auth.mandates.commands import Client
from procon.auth.mandates.model import REPRESENTATIVES, USUAL_POWERS
from procon.auth.mandates.queries import (
    Mandate,
    Representative,
    lawyer_by_oab,
    mandate_by_id,
    mandates_of_client,
    representatives_of,
    represented_by,
)
from procon.auth.oidc import require_level
from procon.cases.access import get_case
from procon.cases.queries import CaseDetail, cases_of_person
from procon.kernel.documents import cnpj_root
from procon.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from procon.lawyers.commands import end_mandate, grant_online
from procon.lawyers.forms import Grant, chosen, identifier, parse_grant, typed
from procon.lawyers.pages import (
    POWER_OPTIONS,
    UF_OPTIONS,
    MandateView,
    mandate_views,
    today_in,
    views_page,
)
from procon.parties.queries import person_by_cpf
from procon.portal.render import page, redirect
from procon.portal.shell import Option
from procon.tenancy.http import request_scope, tenant_of
from procon.tenancy.scope import Tx

AnyRequest = Request[Any, Any, Any]
_ACT = {"permission": "party:act"}
_PATHS = ["/minha-conta/representantes", "/fornecedor/representantes"]
_CASES_MOST = 50


class GiversPage(Struct, frozen=True):
    """Who acts for me, and the form that gives powers. `company` chooses among several."""

    path: str
    key: str
    mandates: tuple[MandateView, ...]
    representatives: tuple[Representative, ...]
    kinds: Mapping[str, str]
    cases: tuple[Option, ...]
    companies: tuple[Option, ...]
    supplier: bool
    powers: tuple[str, ...]
    power_options: tuple[Option, ...] = POWER_OPTIONS
    ufs: tuple[Option, ...] = UF_OPTIONS
    form: Mapping[str, str] = {}
    errors: Mapping[str, str] = {}


class Givers(Struct, frozen=True):
    """For whom the actor may give and end powers: people by id, companies by CNPJ root."""

    persons: tuple[UUID, ...] = ()
    roots: tuple[str, ...] = ()


@get(_PATHS, opt=_ACT)
async def givers(request: AnyRequest) -> Response[Any]:
    """My lawyers and representatives."""
    return await _show(request, {"_chave": uuid4().hex}, USUAL_POWERS, {})


@post(_PATHS, opt=_ACT)
async def give(request: AnyRequest) -> Response[Any]:
    """Give powers to a lawyer by the OAB number."""
    posted, tenant = await request.form(), tenant_of(request)
    powers = chosen(posted, "poderes")
    try:
        async with request_scope(request) as tx:
            values = parse_grant(posted, powers, today=today_in(tx), tz=tenant.timezone)
            await _give(tx, actor_of(request), values)
    except (Invalid, Conflict) as refusal:
        errors = refusal.fields if isinstance(refusal, Invalid) else {"oab": refusal.reason}
        return await _show(request, typed(posted), powers, errors)
    notice = "Procuração dada. O advogado já pode atuar. Você pode encerrar quando quiser."
    return redirect(request, _path(actor_of(request)), notice=notice)


@post([f"{path}/{{mandate_id:str}}/revogar" for path in _PATHS], opt=_ACT)
async def revoke(request: AnyRequest) -> Response[Any]:
    """End a mandate at once."""
    actor, mandate_id = actor_of(request), identifier(request.path_params["mandate_id"])
    try:
        async with request_scope(request) as tx:
            mandate = await _own(tx, actor, mandate_id)
            await end_mandate(tx, actor=actor, mandate_id=mandate.id, kind="revogacao")
    except Conflict as refusal:
        return redirect(request, _path(actor), notice=refusal.reason, kind="important")
    notice = f"Procuração encerrada. {mandate.lawyer_name} não vê mais os seus processos por ela."
    return redirect(request, _path(actor), notice=notice)


@get([f"{path}/{{mandate_id:str}}/revogar" for path in _PATHS], opt=_ACT)
async def back_to_givers(request: AnyRequest) -> Response[Any]:
    """The button is on the list."""
    return redirect(request, _path(actor_of(request)))


@get("/processos/{number:str}/acessos", opt={"permission": "account:own"})
async def views(request: AnyRequest) -> Response[Any]:
    """ "Quem viu meu processo"."""
    async with request_scope(request) as tx:
        content = await views_page(tx, actor_of(request), request.path_params["number"])
    return page(request, "lawyers/views.html", content)


def handlers() -> list[Any]:
    """Routes of clients."""
    return [givers, give, revoke, back_to_givers, views]


async def givers_of(tx: Tx, actor: Actor) -> Givers:
    """For whom this person decides: themself and those they represent, or the companies that
    they administer as a whole.
    """
    if actor.kind == "supplier":
        reach = await reach_of(tx, actor=actor, least="admin")
        return Givers(roots=reach.roots)
    if actor.cpf is None:
        return Givers()
    own = await person_by_cpf(tx, actor.cpf)
    others = [one.person_id for one in await represented_by(tx, actor.cpf)]
    return Givers(persons=tuple([own.id] if own else []) + tuple(others))


async def _give(tx: Tx, actor: Actor, values: Grant) -> None:
    if actor.kind == "citizen":
        # A procuração is an "advanced" signature (Lei 14.063/2020, art. 4º).
        require_level(actor, tx.tenant.levels.mandate)
    allowed_for = await givers_of(tx, actor)
    lawyer = await lawyer_by_oab(tx, values.to)
    if lawyer is None:
        raise Invalid(
            {
                "oab": "Não há advogado com este número cadastrado neste Procon. Peça a ele que se"
                " cadastre na página Advocacia."
            }
        )
    case = await _case_for(tx, actor, values.number)
    client = await _client(tx, allowed_for, values, case)
    await grant_online(
        tx,
        actor=actor,
        lawyer_id=lawyer.id,
        client=client,
        case=case,
        powers=values.powers,
        expires_at=values.expires_at,
        idempotency_key=f"{actor.account_id}/{values.key}",
    )


async def _case_for(tx: Tx, actor: Actor, number: str) -> CaseDetail | None:
    if not number:
        return None
    try:
        return await get_case(tx, actor=actor, number=number)
    except (NotFound, Forbidden) as error:
        raise Invalid({"processo": "Não encontramos este processo na sua conta."}) from error


async def _client(tx: Tx, givers: Givers, values: Grant, case: CaseDetail | None) -> Client:
    """The party in whose name the powers are given. Raises Forbidden, Invalid."""
    if not givers.persons and not givers.roots:
        raise Invalid(
            {
                "oab": "Só quem tem processo aqui, com conta gov.br, ou administra a empresa pode"
                " dar procuração."
            }
        )
    if givers.roots:
        root = values.root or givers.roots[0]
        if case is not None:
            root = cnpj_root(case.supplier_cnpj or "")
        supplier_id = await _supplier_of(tx, root) if root in givers.roots else None
        if supplier_id is None:
            raise Invalid({"empresa": "Escolha uma das suas empresas."})
        return Client(supplier_id=supplier_id, cnpj_root=root)
    if case is not None and case.person_id in givers.persons:
        return Client(person_id=case.person_id)
    return Client(person_id=givers.persons[0])


async def _supplier_of(tx: Tx, root: str) -> UUID | None:
    """A supplier of this CNPJ root, the oldest; the mandate holds for all of them."""
    found = await tx.fetchval(
        "SELECT id FROM supplier WHERE cnpj BETWEEN $1 || '000000' AND $1 || 'ZZZZZZ'"
        " ORDER BY created_at, id LIMIT 1",
        root,
    )
    return UUID(str(found)) if found else None


async def _own(tx: Tx, actor: Actor, mandate_id: UUID | None) -> Mandate:
    """A mandate that the actor may end. Raises NotFound."""
    mandate = await mandate_by_id(tx, mandate_id) if mandate_id else None
    held = await givers_of(tx, actor)
    if mandate is None or not (
        mandate.person_id in held.persons or (mandate.cnpj_root or "-") in held.roots
    ):
        raise NotFound("Não encontramos esta procuração.")
    return mandate


def _path(actor: Actor) -> str:
    return _PATHS[1] if actor.kind == "supplier" else _PATHS[0]


async def _show(
    request: AnyRequest,
    form: Mapping[str, str],
    powers: tuple[str, ...],
    errors: Mapping[str, str],
) -> Response[Any]:
    actor = actor_of(request)
    async with request_scope(request) as tx:
        held = await givers_of(tx, actor)
        found = await mandates_of_client(
            tx, person_ids=list(held.persons), cnpj_roots=list(held.roots)
        )
        companies = [Option(root, await company_name(tx, root) or root) for root in held.roots]
        content = GiversPage(
            path=_path(actor),
            key=form.get("_chave", ""),
            mandates=mandate_views(tx, found),
            representatives=tuple(await representatives_of(tx, list(held.persons))),
            kinds=REPRESENTATIVES,
            cases=await _cases(tx, actor),
            companies=tuple(companies) if len(companies) > 1 else (),
            supplier=actor.kind == "supplier",
            powers=powers,
            form=form,
            errors=errors,
        )
    return page(request, "lawyers/givers.html", content, status=422 if errors else 200)


async def _cases(tx: Tx, actor: Actor) -> tuple[Option, ...]:
    if actor.kind == "supplier" or actor.cpf is None:
        return ()
    rows = await cases_of_person(tx, cpf=actor.cpf, email=None)
    every = Option("", "Todos os meus processos, também os que vierem")
    return (
        every,
        *(
            Option(row.number, f"Só o processo {row.number}, contra {row.supplier_name}")
            for row in rows[:_CASES_MOST]
        ),
    )
