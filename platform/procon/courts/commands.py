"""Preparing, approving, sending, and what the court's answers change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

from msgspec import Struct

from procon.agreements.queries import agreement_of_case
from procon.auth.actor import Actor
from procon.cases.moves import lock, record_act
from procon.cases.queries import CaseDetail
from procon.cases.standard import STANDARD
from procon.courts.petition import TITLES, facts_of, fingerprint
from procon.courts.queries import HandoverRow, handover_by_id, handover_of, has_court
from procon.ext.ports import HandoverKind
from procon.ext.workflow import Side
from procon.jobs.outbox import put_out
from procon.kernel.errors import Conflict, Invalid, NotFound
from procon.kernel.ids import new_id
from procon.tenancy.scope import Tx

SEND_TOPIC = "courts/send"
ASK_TOPIC = "courts/ask"
# States in which the text may still be another.
CHANGEABLE = frozenset({"draft", "reviewed", "refused"})
ASK_EVERY = timedelta(days=1)
NORMS: Mapping[str, str] = MappingProxyType(
    {"petition": "Lei 9.099/1995, arts. 3º e 14", "agreement": "Lei 9.099/1995, art. 57"}
)
# Where a case may stand when it goes to the court without an agreement.
PETITION_FROM = frozenset(STANDARD.transition("refer_to_court").sources) | {
    *("closed", "complaint_open", "in_default", "consumer_absent", "decided"),
}
ON_ITS_WAY = "Este documento já foi enviado à Justiça e não pode mais ser mudado."
NOT_YET = "Este processo não está numa etapa que vai à Justiça."
_CHANGED = (
    "O texto mudou depois que você abriu a página. Leia de novo, por favor, antes de continuar."
)
_NOBODY = "Este Procon não tem integração com a Justiça."


class Sending(Struct, frozen=True, forbid_unknown_fields=True):
    """Work of the worker: this handover, in this round."""

    handover_id: UUID
    round: int


async def may_prepare(tx: Tx, case: CaseDetail, kind: HandoverKind) -> bool:
    """Whether the case stands where this kind of handover makes sense."""
    if not has_court(tx.tenant):
        return False
    if kind == "petition":
        return case.status in PETITION_FROM
    return await agreement_of_case(tx, case.id) is not None


async def prepare(
    tx: Tx, *, actor: Actor, case: CaseDetail, kind: HandoverKind, text: str, value: Decimal | None
) -> str:
    """Save the text and freeze what goes with it; an approval that was there is gone.

    Returns:
        The SHA-256 of all that would be sent.

    Raises:
        Conflict: it was sent already, or the case does not stand where this makes sense.
    """
    if not await may_prepare(tx, case, kind):
        raise Conflict(NOT_YET, code="court-not-yet")
    await lock(tx, case.id)
    old = await handover_of(tx, case.id, kind)
    if old is not None and old.status not in CHANGEABLE:
        raise Conflict(ON_ITS_WAY, code="court-sent")
    facts = await facts_of(tx, case)
    facts_json, sha256 = fingerprint(
        kind=kind, number=case.number, text=text, value=value, facts=facts
    )
    if old is not None and old.status != "refused":
        if old.sha256 == sha256:
            return sha256
        await write(
            tx,
            old,
            status="draft",
            text=text,
            value=value,
            facts=facts_json,
            sha256=sha256,
            prepared_by=actor.label,
            approved_by="",
            approved_at=None,
            wish="",
        )
    else:
        await tx.execute(
            "INSERT INTO court_handover (id, case_id, kind, status, text, value, facts, sha256,"
            " prepared_by, prepared_at) VALUES ($1, $2, $3, 'draft', $4, $5, $6, $7, $8, $9)",
            new_id(),
            case.id,
            kind,
            text,
            value,
            facts_json,
            sha256,
            actor.label,
            tx.now,
        )
    if kind == "petition":
        said = "A petição para a Justiça está pronta para o consumidor ler e aprovar."
        await log_act(tx, actor, case.id, kind, "court_prepared", said=said, tells=("consumer",))
    return sha256


async def approve(
    tx: Tx, *, actor: Actor, case_id: UUID, sha256: str, at_counter: bool = False
) -> None:
    """The consumer agrees with the petition as they read it.

    Args:
        at_counter: they read it on paper at a post, and `actor` of the staff says so.

    Raises:
        Conflict: the text is another by now, or was sent.
    """
    row = await locked(tx, case_id, "petition")
    if row.status == "reviewed" and row.sha256 == sha256:
        return
    must_be(row, "draft")
    if row.sha256 != sha256:
        raise Conflict(_CHANGED, code="court-text-changed")
    await write(tx, row, status="reviewed", approved_by=actor.label, approved_at=tx.now, wish="")
    said = "O consumidor leu e aprovou a petição para a Justiça."
    if at_counter:
        said = "O consumidor leu a petição para a Justiça no atendimento e aprovou."
    await log_act(
        tx, actor, case_id, "petition", "court_approved", said=said, detail=f"SHA-256 {sha256}"
    )


async def ask_change(tx: Tx, *, actor: Actor, case_id: UUID, text: str) -> None:
    """The consumer wants something else in the petition; the staff see what.

    Raises:
        Conflict: it was sent already.
    """
    row = await locked(tx, case_id, "petition")
    must_be(row, "draft", "reviewed")
    await write(tx, row, status="draft", approved_by="", approved_at=None, wish=text)
    said = "O consumidor pediu uma mudança na petição para a Justiça."
    await log_act(tx, actor, case_id, "petition", "court_change_asked", said=said, internal=True)


async def send(
    tx: Tx, *, actor: Actor, case_id: UUID, kind: HandoverKind, sha256: str, via: str
) -> None:
    """Promise the handover to the worker. A second click changes nothing.

    Args:
        sha256: of what the staff saw on the check page.
        via: the gateway's title.

    Raises:
        Conflict: a petition that the consumer has not approved, or another text by now.
    """
    if not has_court(tx.tenant) or not via:
        raise Conflict(_NOBODY, code="court-none")
    row = await locked(tx, case_id, kind)
    if row.status == "sent" and row.sha256 == sha256:
        return
    if row.status == "draft" and kind == "petition":
        raise Conflict("O consumidor ainda não aprovou a petição.", code="court-not-approved")
    must_be(row, "draft", "reviewed")
    if row.sha256 != sha256:
        raise Conflict(_CHANGED, code="court-text-changed")
    await _start(tx, row, via=via)
    said = f"{TITLES[kind]}: envio à Justiça ({via})."
    await log_act(
        tx,
        actor,
        case_id,
        kind,
        "court_sent",
        said=said,
        detail=f"SHA-256 {sha256}",
        tells=("consumer",),
    )


async def send_again(
    tx: Tx, *, actor: Actor, case_id: UUID, kind: HandoverKind, seen: bool
) -> None:
    """Try once more after a failure.

    Args:
        seen: the person looked at the court's own site, and it is not there.

    Raises:
        Invalid: it may have arrived, and nobody looked.
        Conflict: it did not fail.
    """
    row = await locked(tx, case_id, kind)
    must_be(row, "error")
    if row.in_doubt and not seen:
        raise Invalid({"conferi": "Confira antes no sistema do tribunal e marque esta caixa."})
    await _start(tx, row, via=row.via)
    said = f"{TITLES[kind]}: novo envio à Justiça."
    if row.in_doubt:
        said = f"{said} A equipe conferiu no sistema do tribunal que o anterior não chegou."
    await log_act(tx, actor, case_id, kind, "court_sent_again", said=said, internal=True)


async def ask_now(tx: Tx, *, case_id: UUID, kind: HandoverKind) -> None:
    """Let the worker ask the court what became of it.

    Raises:
        Conflict: there is nothing to ask about.
    """
    row = await locked(tx, case_id, kind)
    must_be(row, "delivered", "error")
    await put_ask(tx, row.id)


async def put_ask(tx: Tx, handover_id: UUID) -> None:
    """As `ask_now`, for the sweep. Twice within a minute is once."""
    minute = f"{tx.now:%Y%m%d%H%M}"
    await put_out(
        tx,
        topic=ASK_TOPIC,
        payload=handover_id,
        effect_key=f"{ASK_TOPIC}/{handover_id}/{minute}",
    )


async def _start(tx: Tx, row: HandoverRow, *, via: str) -> None:
    """A round begins. The court is asked first when an earlier try may have arrived."""
    await write(
        tx,
        row,
        status="sent",
        round=row.round + 1,
        attempts=0,
        in_doubt=False,
        via=via,
        message="",
        package_key="",
    )
    await put_out(
        tx,
        topic=SEND_TOPIC,
        payload=Sending(row.id, row.round + 1),
        effect_key=f"{SEND_TOPIC}/{row.id}/{row.round + 1}",
    )


async def log_act(
    tx: Tx,
    actor: Actor,
    case_id: UUID,
    kind: HandoverKind,
    topic: str,
    *,
    said: str,
    detail: str = "",
    internal: bool = False,
    tells: tuple[Side, ...] = (),
) -> None:
    """Put an act of this slice into the case's log."""
    await record_act(
        tx,
        actor=actor,
        case_id=case_id,
        topic=topic,
        sentence=said,
        act=TITLES[kind],
        norm=NORMS[kind],
        detail=detail,
        internal=internal,
        tells=tells,
    )


async def locked(tx: Tx, case_id: UUID, kind: HandoverKind) -> HandoverRow:
    """The handover that counts, after the case's lock, so that two acts come one by one."""
    await lock(tx, case_id)
    row = await handover_of(tx, case_id, kind)
    if row is None:
        raise NotFound("Não há nada preparado para a Justiça neste processo.")
    found = await handover_by_id(tx, row.id, lock=True)
    return found or row


def must_be(row: HandoverRow, *states: str) -> None:
    """Raises Conflict unless the handover is in one of `states`."""
    if row.status not in states:
        raise Conflict(
            "Este envio à Justiça já mudou de etapa. Atualize a página para ver.",
            code=f"court-is-{row.status}",
        )


async def write(tx: Tx, row: HandoverRow, **values: Any) -> None:
    """Write columns of a locked handover; names come from this module only."""
    names = ", ".join(f"{name} = ${place}" for place, name in enumerate(values, start=2))
    await tx.execute(f"UPDATE court_handover SET {names} WHERE id = $1", row.id, *values.values())
