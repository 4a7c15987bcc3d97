"""What the staff do with a case: form → command → the sentence that confirms it.

Each act runs inside the request's transaction, on a case that the actor may see.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from procon.answers.commands import issue_cip_with_code
from procon.auth.accounts.queries import staff_list
from procon.auth.actor import Actor
from procon.cases.commands import assign, correct_supplier, redirect_case, return_case, write_note
from procon.cases.queries import CaseDetail
from procon.desk.forms import (
    Typed,
    check_reachable,
    parse_company,
    parse_distribution,
    parse_note,
    parse_redirection,
    parse_return,
    parse_seen,
    parse_supplier_email,
)
from procon.desk.lists.commands import add_tag, remove_tag
from procon.desk.lists.forms import tag_of
from procon.desk.texts.commands import apply_macro
from procon.desk.texts.queries import macros
from procon.kernel.errors import Conflict, Forbidden, Invalid
from procon.parties.commands import register_supplier, set_supplier_email
from procon.portal.render import date_and_hour
from procon.tenancy.scope import Tx

# Who is in charge of an ended case no longer matters.
ENDED = frozenset({"closed", "redirected"})
BEFORE_NOTICE = frozenset({"triage", "preliminary"})
BEFORE_ANSWER = BEFORE_NOTICE | {"returned", "cip_issued"}


async def take(tx: Tx, actor: Actor, case: CaseDetail, form: Typed) -> str:
    """Put oneself in charge. Raises Conflict when somebody else was faster."""
    if actor.account_id is None:
        raise Forbidden("Sua conta não está ligada a uma pessoa da equipe.")
    seen = parse_seen(form)
    _open(case)
    await assign(
        tx, actor=actor, case_id=case.id, to=actor.account_id, to_name=actor.name, seen=seen
    )
    return "Este processo agora é seu."


async def distribute(tx: Tx, actor: Actor, case: CaseDetail, form: Typed) -> str:
    """Put a colleague in charge."""
    wanted = parse_distribution(form)
    _open(case)
    names = {person.id: person.name for person in await staff_list(tx)}
    if wanted.to not in names:
        raise Invalid({"responsavel": "Escolha alguém da equipe."})
    name = names[wanted.to]
    await assign(tx, actor=actor, case_id=case.id, to=wanted.to, to_name=name, seen=wanted.seen)
    return f"{name} ficou responsável por este processo."


async def note(tx: Tx, actor: Actor, case: CaseDetail, form: Typed) -> str:
    """Write down something for the colleagues only."""
    await write_note(tx, actor=actor, case_id=case.id, text=parse_note(form))
    return "Nota guardada. Só a equipe vê."


async def send_back(tx: Tx, actor: Actor, case: CaseDetail, form: Typed) -> str:
    """Ask the consumer for what is missing."""
    deadline = await return_case(tx, actor=actor, case_id=case.id, reason=parse_return(form))
    until = date_and_hour(deadline.due_at, ZoneInfo(tx.tenant.timezone))
    return f"Pedido enviado. O consumidor tem até {until} para responder."


async def send_elsewhere(tx: Tx, actor: Actor, case: CaseDetail, form: Typed) -> str:
    """End the case here and name the body that can help."""
    wanted = parse_redirection(form)
    await redirect_case(tx, actor=actor, case_id=case.id, body=wanted.body, reason=wanted.reason)
    return f"Processo encerrado aqui. O consumidor foi encaminhado a: {wanted.body}."


async def correct_company(tx: Tx, actor: Actor, case: CaseDetail, form: Typed) -> str:
    """Put the right company into the case."""
    wanted = parse_company(form)
    supplier_id = await register_supplier(
        tx, name=wanted.name, cnpj=wanted.cnpj, email=wanted.email
    )
    await correct_supplier(tx, actor=actor, case_id=case.id, supplier_id=supplier_id)
    return "Empresa corrigida. Confira o e-mail dela antes de emitir a CIP."


async def set_email(tx: Tx, _actor: Actor, case: CaseDetail, form: Typed) -> str:
    """Keep the supplier's address. After the answer nobody would write to it any more."""
    email = parse_supplier_email(form)
    if case.status not in BEFORE_ANSWER:
        raise Conflict("Este processo já passou da fase de avisar a empresa.")
    await set_supplier_email(tx, supplier_id=case.supplier_id, email=email)
    return f"E-mail da empresa guardado: {email}."


async def issue(tx: Tx, actor: Actor, case: CaseDetail, form: Typed, *, secret: str) -> str:
    """Issue the CIP. The state is checked first: who comes late learns what happened."""
    if case.status in BEFORE_NOTICE:
        check_reachable(form, case.supplier_email)
    deadline = await issue_cip_with_code(tx, actor=actor, case_id=case.id, secret=secret)
    until = date_and_hour(deadline.due_at, ZoneInfo(tx.tenant.timezone))
    return f"CIP emitida. {case.supplier_name} tem até {until} para responder."


async def use_macro(tx: Tx, actor: Actor, case: CaseDetail, form: Typed) -> str:
    """Do what a macro of the city says."""
    chosen = [one for one in await macros(tx) if str(one.id) == form.macro]
    if not chosen:
        raise Invalid({"macro": "Escolha uma macro."})
    await apply_macro(tx, actor=actor, case_id=case.id, macro=chosen[0])
    return f"Macro “{chosen[0].name}” aplicada."


async def put_tag(tx: Tx, actor: Actor, case: CaseDetail, form: Typed) -> str:
    """Mark the case for the colleagues."""
    if not (tag := tag_of(form.etiqueta)):
        raise Invalid({"etiqueta": "Escreva a etiqueta."})
    await add_tag(tx, actor=actor, case_id=case.id, tag=tag)
    return f"Etiqueta “{tag}” posta. Só a equipe vê."


async def drop_tag(tx: Tx, _actor: Actor, case: CaseDetail, form: Typed) -> str:
    """Take a mark off."""
    await remove_tag(tx, case_id=case.id, tag=tag_of(form.etiqueta))
    return "Etiqueta retirada."


def _open(case: CaseDetail) -> None:
    if case.status in ENDED:
        raise Conflict("Este processo já terminou.")
