"""Acts of mandates, each with its line in the log of the cases that it touches."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.auth.actor import Actor
from procon.auth.mandates.commands import Client, Document, Given, end, grant, renounce, substitute
from procon.auth.mandates.model import POWERS, EndKind, Side
from procon.auth.mandates.queries import Lawyer, Mandate, mandate_by_id, parties_of
from procon.cases.access import told_supplier
from procon.cases.moves import record_act
from procon.cases.queries import CaseDetail, detail_by_number
from procon.ext import workflow
from procon.kernel.case_number import canonical_case_number
from procon.kernel.documents import cnpj_root
from procon.kernel.errors import Invalid, NotFound
from procon.portal.render import date_and_hour
from procon.tenancy.scope import Tx

# How many of a consumer's open cases tell of a mandate for all of them.
_CASES_MOST = 100
_NO_MATCH = (
    "Não encontramos um processo com este número e esta parte. Confira o número, o lado e o"
    " documento do cliente."
)
_BOTH: tuple[workflow.Side, ...] = ("consumer", "supplier")


class Filing(Struct, frozen=True):
    """What a lawyer files. `document` is the client's CPF or CNPJ, checked; `everything` makes
    it a "procuração especial"."""

    number: str
    side: Side
    document: str
    everything: bool
    powers: tuple[str, ...]
    expires_at: datetime | None


async def matched(tx: Tx, filing: Filing) -> tuple[CaseDetail, Client]:
    """The case and the client that a lawyer names.

    Who does not know both learns nothing: one sentence for every reason.

    Raises:
        Invalid: no case of this city has this number and this party.
    """
    wrong = Invalid({"numero": _NO_MATCH})
    try:
        case = await detail_by_number(tx, canonical_case_number(filing.number))
    except ValueError as error:
        raise wrong from error
    if case is None or (filing.side == "supplier" and not told_supplier(case)):
        raise wrong
    for party in await parties_of(tx, case):
        if party.side != filing.side:
            continue
        if party.cpf is not None and party.cpf == filing.document:
            return case, Client(person_id=party.person_id)
        if party.cnpj is not None and cnpj_root(party.cnpj) == cnpj_root(filing.document):
            return case, Client(supplier_id=party.supplier_id, cnpj_root=cnpj_root(party.cnpj))
    raise wrong


async def file_mandate(
    tx: Tx,
    *,
    actor: Actor,
    lawyer: Lawyer,
    filing: Filing,
    document: Document,
    idempotency_key: str,
) -> tuple[CaseDetail, Given]:
    """A lawyer brings the signed procuração into the case; access begins now.

    Raises:
        Invalid, Conflict: see `matched` and `mandates.commands.grant`.
    """
    case, client = await matched(tx, filing)
    given = await grant(
        tx,
        actor=actor,
        lawyer_id=lawyer.id,
        client=client,
        case_id=None if filing.everything else case.id,
        powers=filing.powers,
        origin="document",
        idempotency_key=idempotency_key,
        filed_in=case.id,
        expires_at=filing.expires_at,
        document=document,
    )
    if given.new:
        mandate = await _known(tx, given.id)
        await _tell(
            tx,
            actor,
            mandate,
            topic="mandate_filed",
            sentence=f"{lawyer.name} ({lawyer.oab}) passou a representar {mandate.client}.",
            act="Juntada de procuração",
            norm="CPC, arts. 104 e 105",
        )
    return case, given


async def grant_online(
    tx: Tx,
    *,
    actor: Actor,
    lawyer_id: UUID,
    client: Client,
    case: CaseDetail | None,
    powers: Iterable[str],
    expires_at: datetime | None,
    idempotency_key: str,
) -> Given:
    """The client gives powers here, without paper (simple electronic mandate).

    Raises:
        Invalid, Conflict: see `mandates.commands.grant`.
    """
    given = await grant(
        tx,
        actor=actor,
        lawyer_id=lawyer_id,
        client=client,
        case_id=case.id if case else None,
        powers=powers,
        origin="online",
        idempotency_key=idempotency_key,
        expires_at=expires_at,
    )
    if given.new:
        mandate = await _known(tx, given.id)
        await _tell(
            tx,
            actor,
            mandate,
            topic="mandate_granted",
            sentence=f"{mandate.client} deu procuração a {mandate.lawyer_name} ({mandate.oab}).",
            act="Procuração eletrônica",
            norm="CPC, art. 105; Lei 14.063/2020, art. 4º",
        )
    return given


async def substitute_mandate(
    tx: Tx,
    *,
    actor: Actor,
    lawyer: Lawyer,
    mandate_id: UUID,
    to: Lawyer,
    with_reserve: bool,
    powers: Iterable[str],
    idempotency_key: str,
) -> Given:
    """Substabelecimento, told in the cases that the mandate reaches.

    Raises:
        As `mandates.commands.substitute`.
    """
    given = await substitute(
        tx,
        actor=actor,
        lawyer=lawyer,
        mandate_id=mandate_id,
        to=to,
        with_reserve=with_reserve,
        powers=powers,
        idempotency_key=idempotency_key,
    )
    if given.new:
        mandate = await _known(tx, given.id)
        how = (
            "com reserva: os dois continuam" if with_reserve else "sem reserva: só o novo continua"
        )
        await _tell(
            tx,
            actor,
            mandate,
            topic="mandate_substituted",
            sentence=f"{lawyer.name} passou os poderes de {mandate.client} a {to.name} ({to.oab}),"
            f" {how}.",
            act="Substabelecimento " + ("com reserva" if with_reserve else "sem reserva"),
            norm="Lei 8.906/1994, art. 26; Código de Ética da OAB, art. 26",
        )
    return given


async def renounce_mandate(tx: Tx, *, actor: Actor, lawyer: Lawyer, mandate_id: UUID) -> Mandate:
    """Renúncia, told in the cases that the mandate reaches. `ended_at` says when access ends.

    Raises:
        As `mandates.commands.renounce`.
    """
    mandate = await renounce(tx, actor=actor, lawyer=lawyer, mandate_id=mandate_id)
    zone = ZoneInfo(tx.tenant.timezone)
    later = mandate.ended_at is not None and mandate.ended_at > tx.now
    until = (
        f" Continua a representar até {date_and_hour(mandate.ended_at, zone)}, para que o cliente"
        " possa escolher outra pessoa."
        if later and mandate.ended_at is not None
        else " Outro advogado já representa o cliente."
    )
    await _tell(
        tx,
        actor,
        mandate,
        topic="mandate_renounced",
        sentence=f"{lawyer.name} ({lawyer.oab}) renunciou à procuração de {mandate.client}.{until}",
        act="Renúncia ao mandato",
        norm="CPC, art. 112",
    )
    return mandate


async def end_mandate(
    tx: Tx, *, actor: Actor, mandate_id: UUID, kind: EndKind, reason: str = ""
) -> Mandate:
    """The client revokes, or the staff refuses the paper: access ends now.

    Raises:
        As `mandates.commands.end`. Whether the actor may is the caller's to say.
    """
    mandate = await end(tx, actor=actor, mandate_id=mandate_id, kind=kind, reason=reason)
    who = f"{mandate.lawyer_name} ({mandate.oab})"
    refused = kind == "recusa"
    await _tell(
        tx,
        actor,
        mandate,
        topic="mandate_refused" if refused else "mandate_revoked",
        sentence=(
            f"O Procon não aceitou a procuração de {mandate.client} a {who}."
            if refused
            else f"{mandate.client} encerrou a procuração de {who}."
        )
        + " O acesso terminou.",
        act="Recusa de procuração" if refused else "Revogação de procuração",
        norm="" if refused else "CPC, art. 111",
        detail=reason,
    )
    return mandate


async def expired(tx: Tx, *, actor: Actor, mandate_id: UUID) -> None:
    """The validity is over: access has ended already, now the cases tell it."""
    mandate = await _known(tx, mandate_id)
    await _tell(
        tx,
        actor,
        mandate,
        topic="mandate_expired",
        sentence=f"A procuração de {mandate.client} a {mandate.lawyer_name} ({mandate.oab}) chegou"
        " ao fim da validade.",
        act="Fim da validade da procuração",
        norm="Código Civil, art. 682, IV",
    )


async def _tell(
    tx: Tx,
    actor: Actor,
    mandate: Mandate,
    *,
    topic: str,
    sentence: str,
    act: str,
    norm: str,
    detail: str = "",
) -> None:
    """One line in the log of each case that the mandate reaches: its own; for all cases of a
    consumer the open ones; for a company's the one where the paper was filed, if any.
    """
    lines = [detail] if detail else []
    if topic in {"mandate_filed", "mandate_granted", "mandate_substituted"}:
        lines += _terms(tx, mandate)
    for case_id in await _reached(tx, mandate):
        await record_act(
            tx,
            actor=actor,
            case_id=case_id,
            topic=topic,
            sentence=sentence,
            act=act,
            norm=norm,
            detail="\n".join(lines),
            tells=_BOTH,
        )


def _terms(tx: Tx, mandate: Mandate) -> list[str]:
    zone = ZoneInfo(tx.tenant.timezone)
    scope = "Todos os processos do cliente" if mandate.kind == "especial" else "Só este processo"
    lines = [
        f"Procuração {mandate.kind}: {scope.lower()}.",
        "Poderes: " + "; ".join(POWERS[power].lower() for power in mandate.powers) + ".",
        f"Validade: até {date_and_hour(mandate.expires_at, zone)}."
        if mandate.expires_at
        else "Validade: sem data para terminar.",
    ]
    if mandate.sha256:
        lines.append(f"Código do documento (SHA-256): {mandate.sha256}")
    return lines


async def _reached(tx: Tx, mandate: Mandate) -> list[UUID]:
    if mandate.case_id is not None:
        return [mandate.case_id]
    # In one order always, so that two acts at once never wait for each other.
    rows = await tx.fetch(
        "SELECT id FROM case_file WHERE id = $1 OR (person_id = $2 AND closed_at IS NULL"
        " AND status <> 'redirected') ORDER BY id LIMIT $3",
        mandate.filed_in,
        mandate.person_id,
        _CASES_MOST,
    )
    return [row[0] for row in rows]


async def _known(tx: Tx, mandate_id: UUID) -> Mandate:
    mandate = await mandate_by_id(tx, mandate_id)
    if mandate is None:
        raise NotFound("Não encontramos esta procuração.")
    return mandate
