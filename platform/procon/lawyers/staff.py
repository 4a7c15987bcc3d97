"""The staff's pages: inscriptions to look at, and everybody in a case."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from litestar import Request, Response, get, post
from msgspec import Struct

from procon.auth.actor import Actor
from procon.auth.http import actor_of
from procon.auth.mandates.model import PARTY_ROLES, REPRESENTATIVES, ROLES_OF_SIDE
from procon.auth.mandates.people import (
    add_party,
    add_representative,
    end_representative,
    remove_party,
)
from procon.auth.mandates.queries import (
    Lawyer,
    Party,
    Representative,
    lawyer_by_id,
    mandates_in_case,
    parties_of,
    representatives_of,
)
from procon.auth.mandates.registry import decide_lawyer
from procon.auth.permissions import allowed
from procon.cases.access import get_case
from procon.cases.moves import record_act
from procon.cases.queries import CaseDetail
from procon.kernel.errors import Conflict, Invalid, NotFound
from procon.lawyers.commands import end_mandate
from procon.lawyers.forms import (
    identifier,
    parse_decision,
    parse_party,
    parse_reason,
    parse_representative,
    posted_id,
    typed,
)
from procon.lawyers.pages import MandateView, desk_page, mandate_views, path_of, today_in
from procon.notices.commands import write_message
from procon.parties.commands import register_person, register_supplier, set_supplier_email
from procon.parties.queries import person_by_cpf, supplier_by_id
from procon.portal.render import page, redirect
from procon.portal.shell import Option
from procon.tenancy.http import request_scope
from procon.tenancy.scope import Tx

AnyRequest = Request[Any, Any, Any]
Act = Callable[[Tx, Actor, CaseDetail, Mapping[str, Any]], Awaitable[str]]
_VERIFY = {"permission": "staff:verify"}
_SEE = {"permission": "staff:desk"}
_CHANGE = {"permission": "staff:triage"}
_PARTIES = "/equipe/processos/{number:str}/partes"


class PartiesPage(Struct, frozen=True):
    """Everybody in a case, for the staff, with the forms that add to it."""

    case: CaseDetail
    parties: tuple[Party, ...]
    roles: Mapping[str, str]
    representatives: tuple[Representative, ...]
    kinds: Mapping[str, str]
    mandates: tuple[MandateView, ...]
    can_change: bool
    can_refuse: bool
    consumers: tuple[Option, ...]
    options: Mapping[str, tuple[Option, ...]]
    form: Mapping[str, str] = {}
    errors: Mapping[str, str] = {}


@get("/equipe/advogados", opt=_VERIFY)
async def desk(request: AnyRequest) -> Response[Any]:
    """Inscriptions that wait, and those decided."""
    async with request_scope(request) as tx:
        content = await desk_page(tx)
    return page(request, "lawyers/desk.html", content)


@get("/equipe/advogados/{lawyer_id:str}/carteira", opt=_VERIFY)
async def card(request: AnyRequest) -> Response[Any]:
    """303 to the copy of the card, for 60 s."""
    async with request_scope(request) as tx:
        lawyer = await _lawyer(tx, request)
    url = request.app.state.store.download_address(
        lawyer.card_key, name=lawyer.card_name, media_type=lawyer.card_type
    )
    headers = {"Location": url, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return Response(None, status_code=303, headers=headers)


@post("/equipe/advogados/{lawyer_id:str}/decidir", opt=_VERIFY)
async def decide(request: AnyRequest) -> Response[Any]:
    """Verified, or refused with a reason that the person reads."""
    form = typed(await request.form())
    try:
        verified, reason = parse_decision(form)
        async with request_scope(request) as tx:
            lawyer = await _lawyer(tx, request)
            await _decide(tx, request, lawyer, verified=verified, reason=reason)
    except Invalid as refusal:
        return await _desk_again(request, form, refusal)
    except Conflict as refusal:
        return redirect(request, "/equipe/advogados", notice=refusal.reason, kind="important")
    done = "conferido" if verified else "recusado"
    return redirect(request, "/equipe/advogados", notice=f"{lawyer.name}: cadastro {done}.")


@get(
    ["/equipe/advogados/{lawyer_id:str}", "/equipe/advogados/{lawyer_id:str}/decidir"], opt=_VERIFY
)
async def back_to_desk(request: AnyRequest) -> Response[Any]:
    """Everything is on the list."""
    return redirect(request, "/equipe/advogados")


@get(_PARTIES, opt=_SEE)
async def parties(request: AnyRequest) -> Response[Any]:
    """Everybody in the case."""
    return await _show(request, {}, {})


@post(f"{_PARTIES}/consumidor", opt=_CHANGE)
async def add_consumer(request: AnyRequest) -> Response[Any]:
    """A further consumer."""
    return await _act(request, _add_consumer)


@post(f"{_PARTIES}/empresa", opt=_CHANGE)
async def add_supplier(request: AnyRequest) -> Response[Any]:
    """A further supplier."""
    return await _act(request, _add_supplier)


@post(f"{_PARTIES}/remover", opt=_CHANGE)
async def remove(request: AnyRequest) -> Response[Any]:
    """A further party leaves."""
    return await _act(request, _remove)


@post(f"{_PARTIES}/representante", opt=_CHANGE)
async def add_representation(request: AnyRequest) -> Response[Any]:
    """Somebody answers for a consumer from now on."""
    return await _act(request, _represent)


@post(f"{_PARTIES}/representante/encerrar", opt=_CHANGE)
async def end_representation(request: AnyRequest) -> Response[Any]:
    """Not any more."""
    return await _act(request, _end_representation)


@post(f"{_PARTIES}/recusar-procuracao", opt=_VERIFY)
async def refuse(request: AnyRequest) -> Response[Any]:
    """The paper of a mandate is not in order: access ends."""
    return await _act(request, _refuse)


@get(f"{_PARTIES}/{{act:path}}", opt=_SEE)
async def back_to_parties(request: AnyRequest) -> Response[Any]:
    """The forms are on one page; who had to sign in again comes here by GET."""
    return redirect(request, f"/equipe/processos/{path_of(request.path_params['number'])}/partes")


def handlers() -> list[Any]:
    """Routes of the staff."""
    return [
        desk,
        card,
        decide,
        back_to_desk,
        parties,
        add_consumer,
        add_supplier,
        remove,
        add_representation,
        end_representation,
        refuse,
        back_to_parties,
    ]


async def parties_page(
    tx: Tx,
    actor: Actor,
    number: str,
    *,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> PartiesPage:
    """Everybody in a case, and the forms."""
    case = await get_case(tx, actor=actor, number=number)
    parties = await parties_of(tx, case)
    persons = [party for party in parties if party.person_id is not None]
    roles = {
        side: tuple(Option(role, PARTY_ROLES[role]) for role in held)
        for side, held in ROLES_OF_SIDE.items()
    }
    kinds = tuple(Option(kind, label) for kind, label in REPRESENTATIVES.items())
    found = await representatives_of(tx, [p.person_id for p in persons if p.person_id])
    return PartiesPage(
        case=case,
        parties=tuple(parties),
        roles=PARTY_ROLES,
        representatives=tuple(found),
        kinds=REPRESENTATIVES,
        mandates=mandate_views(tx, await mandates_in_case(tx, case)),
        can_change=allowed(actor, "staff:triage"),
        can_refuse=allowed(actor, "staff:verify"),
        consumers=tuple(Option(str(party.person_id), party.name) for party in persons),
        options={**roles, "kinds": kinds},
        form=form or {},
        errors=errors or {},
    )


async def _lawyer(tx: Tx, request: AnyRequest) -> Lawyer:
    wanted = identifier(request.path_params["lawyer_id"])
    if wanted is None or (lawyer := await lawyer_by_id(tx, wanted)) is None:
        raise NotFound("Não encontramos este cadastro de advogado.")
    return lawyer


async def _decide(
    tx: Tx, request: AnyRequest, lawyer: Lawyer, *, verified: bool, reason: str
) -> None:
    actor = actor_of(request)
    await decide_lawyer(tx, actor=actor, lawyer_id=lawyer.id, verified=verified, reason=reason)
    if not lawyer.email:
        return
    link = request.app.state.settings.url(tx.tenant.host, "/advogado")
    told = (
        "O seu cadastro de advogado foi conferido. Você já pode juntar procurações."
        if verified
        else f"O seu cadastro de advogado não foi aceito. Motivo: {reason}"
    )
    await write_message(
        tx,
        effect_key=f"lawyer/{lawyer.id}/{'verified' if verified else 'refused'}",
        case_id=None,
        recipient=lawyer.email,
        subject="Seu cadastro de advogado",
        body=f"Olá, {lawyer.name}.\n\n{told}\n\n{link}\n\n{tx.tenant.name}\n",
    )


async def _desk_again(
    request: AnyRequest, form: Mapping[str, str], refusal: Invalid
) -> Response[Any]:
    async with request_scope(request) as tx:
        wrong = str((await _lawyer(tx, request)).id)
        content = await desk_page(tx, wrong=wrong, form=form, errors=refusal.fields)
    return page(request, "lawyers/desk.html", content, status=422)


async def _act(request: AnyRequest, act: Act) -> Response[Any]:
    """Do one act on the parties; the page again with what was typed when it cannot be."""
    posted = await request.form()
    number = request.path_params["number"]
    try:
        async with request_scope(request) as tx:
            case = await get_case(tx, actor=actor_of(request), number=number)
            notice = await act(tx, actor_of(request), case, posted)
    except Invalid as refusal:
        return await _show(request, typed(posted), refusal.fields)
    except Conflict as refusal:
        path = f"/equipe/processos/{path_of(number)}/partes"
        return redirect(request, path, notice=refusal.reason, kind="important")
    return redirect(request, f"/equipe/processos/{path_of(case.number)}/partes", notice=notice)


async def _show(
    request: AnyRequest, form: Mapping[str, str], errors: Mapping[str, str]
) -> Response[Any]:
    async with request_scope(request) as tx:
        content = await parties_page(
            tx, actor_of(request), request.path_params["number"], form=form, errors=errors
        )
    return page(request, "lawyers/parties.html", content, status=422 if errors else 200)


async def _add_consumer(tx: Tx, actor: Actor, case: CaseDetail, form: Mapping[str, Any]) -> str:
    new = parse_party(form, "consumer")
    known = await person_by_cpf(tx, new.document)
    name = known.name if known else new.name
    # Only a new person's name is taken from the form: nobody renames a consumer in passing.
    person_id = await register_person(tx, cpf=new.document, name=name, email=new.email)
    await add_party(
        tx, actor=actor, case_id=case.id, side="consumer", role=new.role, person_id=person_id
    )
    return await _tell_added(tx, actor, case, name, new.role)


async def _add_supplier(tx: Tx, actor: Actor, case: CaseDetail, form: Mapping[str, Any]) -> str:
    new = parse_party(form, "supplier")
    supplier_id = await register_supplier(tx, name=new.name, cnpj=new.document, email=new.email)
    known = await supplier_by_id(tx, supplier_id)
    if known is not None and new.email and not known.email:
        await set_supplier_email(tx, supplier_id=supplier_id, email=new.email)
    await add_party(
        tx, actor=actor, case_id=case.id, side="supplier", role=new.role, supplier_id=supplier_id
    )
    name = known.name if known else new.name
    return await _tell_added(tx, actor, case, name, new.role)


async def _tell_added(tx: Tx, actor: Actor, case: CaseDetail, name: str, role: str) -> str:
    await record_act(
        tx,
        actor=actor,
        case_id=case.id,
        topic="party_added",
        sentence=f"{name} entrou no processo como {PARTY_ROLES[role].lower()}.",
        act="Inclusão de parte",
        norm="CPC, arts. 113 e 119, por analogia",
        tells=("consumer", "supplier"),
    )
    return f"{name} agora é parte do processo."


async def _remove(tx: Tx, actor: Actor, case: CaseDetail, form: Mapping[str, Any]) -> str:
    entry = posted_id(form, "parte")
    name = {party.entry: party.name for party in await parties_of(tx, case)}.get(entry, "")
    await remove_party(tx, actor=actor, case_id=case.id, entry=entry)
    await record_act(
        tx,
        actor=actor,
        case_id=case.id,
        topic="party_removed",
        sentence=f"{name} saiu do processo.",
        act="Exclusão de parte",
        tells=("consumer", "supplier"),
    )
    return f"{name} saiu do processo."


async def _represent(tx: Tx, actor: Actor, case: CaseDetail, form: Mapping[str, Any]) -> str:
    new = parse_representative(form, today=today_in(tx), tz=tx.tenant.timezone)
    persons = {party.person_id: party.name for party in await parties_of(tx, case)}
    if new.person_id not in persons:
        raise Invalid({"consumidor": "Escolha um consumidor deste processo."})
    await add_representative(
        tx,
        actor=actor,
        person_id=new.person_id,
        cpf=new.cpf,
        name=new.name,
        email=new.email,
        kind=new.kind,
        document=new.document,
        expires_at=new.expires_at,
    )
    await record_act(
        tx,
        actor=actor,
        case_id=case.id,
        topic="representative_added",
        sentence=f"{new.name} passou a representar {persons[new.person_id]}.",
        act="Registro de representante",
        norm="CPC, art. 71; Código Civil, arts. 1.634, 1.747 e 1.774",
        detail=f"{REPRESENTATIVES[new.kind]}. Documento: {new.document}",
        tells=("consumer",),
    )
    return f"{new.name} agora representa {persons[new.person_id]}."


async def _end_representation(
    tx: Tx, actor: Actor, case: CaseDetail, form: Mapping[str, Any]
) -> str:
    persons = [party.person_id for party in await parties_of(tx, case) if party.person_id]
    name = await end_representative(
        tx, actor=actor, representative_id=posted_id(form, "representante"), person_ids=persons
    )
    await record_act(
        tx,
        actor=actor,
        case_id=case.id,
        topic="representative_ended",
        sentence=f"{name} não representa mais o consumidor.",
        act="Fim da representação",
        tells=("consumer",),
    )
    return f"{name} não representa mais o consumidor. O acesso terminou."


async def _refuse(tx: Tx, actor: Actor, case: CaseDetail, form: Mapping[str, Any]) -> str:
    mandate_id, reason = posted_id(form, "procuracao"), parse_reason(form)
    if mandate_id not in {one.id for one in await mandates_in_case(tx, case)}:
        raise NotFound("Não encontramos esta procuração neste processo.")
    mandate = await end_mandate(
        tx, actor=actor, mandate_id=mandate_id, kind="recusa", reason=reason
    )
    return f"Procuração de {mandate.lawyer_name} recusada. O acesso terminou."
