"""The one place that decides who may see a case, and for whom. Nothing else loads a case for a
person.

What the session knows by itself (own CPF, own CNPJ, staff) costs no query. Everybody else
(lawyers, representatives, further parties, members of a company) is looked up on every request,
so that what ended a second ago has ended in a tab that is still open.
"""

from __future__ import annotations

from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.auth.actor import Actor
from procon.auth.companies.queries import certified, member_role
from procon.auth.mandates.access import Acting, acting_in, ended_in, further_cnpjs
from procon.auth.mandates.model import (
    ALL_POWERS,
    POWERS,
    REPRESENTATIVES,
    power_for,
)
from procon.auth.mandates.people import note
from procon.auth.permissions import allowed
from procon.cases.queries import CaseDetail, detail_by_id, detail_by_number
from procon.ext.workflow import Side
from procon.kernel.case_number import canonical_case_number
from procon.kernel.errors import Forbidden, NotFound
from procon.portal.render import date_and_hour
from procon.tenancy.scope import Tx

# What the supplier may see only after the CIP is there for it.
BEFORE_CIP = frozenset({"triage", "returned", "preliminary", "redirected"})

NOT_YOURS = "Este processo não está na sua conta."
_NO_NUMBER = "Não encontramos este processo. Confira o número."
_OTHER_DOOR = "Você representa a empresa neste processo. Abra-o pela página Advocacia."
_STAFF_ROLES = {
    "attendant": "atendimento",
    "analyst": "análise",
    "conciliator": "conciliação",
    "inspector": "fiscalização",
    "authority": "autoridade julgadora",
    "cityadmin": "administração",
}


class Standing(Struct, frozen=True):
    """Where somebody stands in a case: the side, in which quality, for whom, with which powers.

    `powers` are keys of `mandates.model.POWERS`; the staff has none, a party all. `client` is ""
    for who acts for themself. `quality` is in plain words that fit everybody ("por procuração,
    OAB/SP 123.456").
    """

    side: Side
    role: Literal["own", "member", "party", "representative", "lawyer", "trainee"]
    powers: frozenset[str]
    client: str = ""
    quality: str = ""


async def get_case(tx: Tx, *, actor: Actor, number: str, either: bool = False) -> CaseDetail:
    """The case, if it is the actor's to see.

    Args:
        either: also for a citizen who stands on the supplier's side (its lawyer). Pages that are
            the consumer's own leave it out; those that ask `side_of` may set it.

    Raises:
        NotFound: no such number in this city.
        Forbidden: it exists, but is another person's, or a mandate has ended.
    """
    try:
        canonical = canonical_case_number(number)
    except ValueError as error:
        raise NotFound(_NO_NUMBER) from error
    case = await detail_by_number(tx, canonical)
    if case is None:
        raise NotFound(_NO_NUMBER)
    standing = await _required(tx, actor, case)
    if not either and actor.kind == "citizen" and standing.side == "supplier":
        raise Forbidden(_OTHER_DOOR, code="case-other-side")
    return case


async def get_case_by_id(tx: Tx, *, actor: Actor, case_id: UUID) -> CaseDetail:
    """As `get_case` with `either`, for links that hold the id.

    Raises:
        NotFound: no such case in this city.
        Forbidden: it exists, but is another person's, or a mandate has ended.
    """
    case = await detail_by_id(tx, case_id)
    if case is None:
        raise NotFound("Não encontramos este processo.")
    await _required(tx, actor, case)
    return case


async def side_of(tx: Tx, *, actor: Actor, case: CaseDetail) -> Side | Literal[""]:
    """On whose behalf the actor may act in this case; "" for nobody's."""
    standing = await standing_in(tx, actor=actor, case=case)
    return standing.side if standing else ""


async def acting_powers(tx: Tx, *, actor: Actor, case: CaseDetail) -> frozenset[str]:
    """What the actor may do on their side: all for a party, a lawyer's by the mandate."""
    standing = await standing_in(tx, actor=actor, case=case)
    return standing.powers if standing else frozenset()


async def require_power(tx: Tx, *, actor: Actor, case: CaseDetail, power: str) -> None:
    """Let through who may do this kind of act for their side.

    Raises:
        Forbidden: their mandate, or their role in the company, does not include it.
    """
    standing = await standing_in(tx, actor=actor, case=case)
    if standing is None:
        raise Forbidden(NOT_YOURS, code="case-not-yours")
    if standing.side != "staff" and power not in standing.powers:
        raise Forbidden(_lacking(standing, power), code=f"power-{power}")


async def require_act(tx: Tx, *, actor: Actor, case: CaseDetail, transition: str) -> None:
    """As `require_power`, for the act of the procedure with this key."""
    await require_power(tx, actor=actor, case=case, power=power_for(transition))


async def standing_in(tx: Tx, *, actor: Actor, case: CaseDetail) -> Standing | None:
    """Where the actor stands in the case, None for nowhere. No query for who stands there by
    their session alone."""
    if may_see(actor, case):
        side: Side = {"staff": "staff", "supplier": "supplier"}.get(actor.kind, "consumer")  # type: ignore[assignment]  # the values are sides
        return Standing(side, "own", frozenset() if side == "staff" else ALL_POWERS)
    if actor.kind == "citizen" and actor.cpf is not None:
        acting = await acting_in(tx, cpf=actor.cpf, case=case)
        if acting is None or (acting.side == "supplier" and not told_supplier(case)):
            return None
        return Standing(acting.side, acting.role, acting.powers, acting.client, _quality(acting))
    if actor.kind == "supplier" and actor.case_id is None and told_supplier(case):
        return await _for_company(tx, actor, case)
    return None


def may_see(actor: Actor, case: CaseDetail) -> bool:
    """What the session alone says. Staff: every case of the city. Consumer: their own. Supplier:
    theirs, once notified."""
    if actor.kind == "staff":
        return allowed(actor, "staff:desk")
    if actor.kind == "citizen":
        if actor.cpf is not None:
            return actor.cpf == case.person_cpf
        return bool(actor.email) and actor.email == case.person_email
    if actor.kind == "supplier" and told_supplier(case):
        by_code = actor.case_id == case.id and actor.cip_round == case.cip_round
        return by_code or (case.supplier_cnpj or "-") in actor.cnpjs
    return False


def told_supplier(case: CaseDetail) -> bool:
    """Whether the case has reached the supplier: by a CIP that stands, or as a process."""
    return bool(case.complaint_number) or (case.cip_round > 0 and case.status not in BEFORE_CIP)


async def note_view(tx: Tx, *, actor: Actor, case: CaseDetail, side: str = "") -> None:
    """Keep who opened the case; "Quem viu meu processo" shows it. At most one row for each
    person, case and hour. Nobody who may not see it is noted.

    Args:
        side: as the page knows it; "" looks it up.
    """
    standing = await standing_in(tx, actor=actor, case=case)
    if standing is None:
        return
    role = standing.quality
    if standing.side == "staff":
        role = ", ".join(_STAFF_ROLES[one] for one in sorted(actor.roles) if one in _STAFF_ROLES)
    name = actor.name or (case.supplier_name if standing.side == "supplier" else "")
    await note(tx, case_id=case.id, actor=actor, name=name, side=side or standing.side, role=role)


async def _required(tx: Tx, actor: Actor, case: CaseDetail) -> Standing:
    standing = await standing_in(tx, actor=actor, case=case)
    if standing is None:
        raise Forbidden(await _why_not(tx, actor, case), code="case-not-yours")
    return standing


async def _for_company(tx: Tx, actor: Actor, case: CaseDetail) -> Standing | None:
    """Members of the case's company, or of one that was added to the case."""
    cnpjs = [case.supplier_cnpj] if case.supplier_cnpj else []
    role = await member_role(tx, actor=actor, cnpj=case.supplier_cnpj)
    for cnpj in [] if role else await further_cnpjs(tx, case.id):
        cnpjs = [cnpj]
        role = await member_role(tx, actor=actor, cnpj=cnpj)
        if role:
            break
    if role is None:
        return None
    if any(certified(actor, cnpj) for cnpj in cnpjs):
        return Standing("supplier", "own", ALL_POWERS)
    powers = frozenset() if role == "reads" else ALL_POWERS
    return Standing("supplier", "member", powers, case.supplier_name, "pessoa da empresa")


async def _why_not(tx: Tx, actor: Actor, case: CaseDetail) -> str:
    """The sentence for who is refused; a lawyer learns when and how the mandate ended."""
    if actor.kind != "citizen" or actor.cpf is None:
        return NOT_YOURS
    ended = await ended_in(tx, cpf=actor.cpf, case=case)
    if ended is None:
        return NOT_YOURS
    if ended.at is None:
        return (
            "Você não pode ver este processo agora: confira a situação do seu cadastro de"
            " advogado e a das pessoas com quem você atua na página Advocacia."
        )
    at = date_and_hour(ended.at, ZoneInfo(tx.tenant.timezone))
    return (
        f"A sua procuração neste processo terminou em {at} ({ended.why}). Se você voltou a"
        " representar o cliente, junte uma nova procuração na página Advocacia."
    )


def _quality(acting: Acting) -> str:
    if acting.role == "lawyer":
        return f"por procuração, {acting.oab}"
    if acting.role == "trainee":
        return f"estágio com supervisão, {acting.oab}"
    if acting.role == "representative":
        return f"representante ({REPRESENTATIVES[acting.kind].lower()})"
    return "outra parte do processo"


def _lacking(standing: Standing, power: str) -> str:
    what = POWERS[power][0].lower() + POWERS[power][1:]
    if standing.role == "trainee":
        return f"Estagiário não pode {what}. Peça ao seu supervisor."
    if standing.role == "member":
        return f"A sua função na empresa não permite {what}. Peça a quem administra a empresa."
    return f"A sua procuração não inclui o poder de {what}. Peça ao cliente uma que inclua."
