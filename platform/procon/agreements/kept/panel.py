"""The box of proposals and agreements on a case's page."""

from __future__ import annotations

from datetime import date

from procon.agreements.commands import today_of
from procon.agreements.pages import AGREEMENT_STATES, base_path, local_day
from procon.agreements.proposals import may_propose
from procon.agreements.queries import (
    AgreementRow,
    ProposalRow,
    agreements_of_case,
    proposals_of_case,
)
from procon.agreements.schedule import shown
from procon.agreements.terms import KINDS
from procon.auth.actor import Actor
from procon.cases.queries import CaseDetail
from procon.ext.slots import Action, Panel
from procon.kernel.money import format_brl
from procon.tenancy.scope import Tx


async def case_panel(tx: Tx, *, actor: Actor, side: str, case: CaseDetail) -> Panel | None:
    """What a case's page says of proposals and agreements; None when there is nothing to say."""
    agreements = await agreements_of_case(tx, case.id)
    running = next((one for one in reversed(agreements) if one.status == "running"), None)
    rows = await proposals_of_case(tx, case.id) if may_propose(case.status) else []
    waiting = next(
        (row for row in rows if row.status == "open" and row.valid_until >= tx.now), None
    )
    if waiting is not None:
        return _proposal_panel(
            waiting, side, case, local_day(waiting.valid_until, tx.tenant.timezone)
        )
    if running is not None or agreements:
        return _agreement_panel(running or agreements[-1], side, case, today_of(tx))
    if side == "supplier" and may_propose(case.status):
        return Panel(
            "Proposta de acordo",
            "A empresa pode oferecer uma solução a qualquer momento. O consumidor responde por"
            " aqui, com um toque.",
            actions=(
                Action("Fazer uma proposta", f"{base_path('supplier', case.number)}/proposta"),
            ),
        )
    return None


def _proposal_panel(row: ProposalRow, side: str, case: CaseDetail, until: date) -> Panel:
    rows = [("O que é oferecido", KINDS[row.kind])]
    rows += [("Valor", format_brl(row.total))] if row.total else []
    rows += [("Vale até", f"{until:%d/%m/%Y}")]
    whose = "A empresa" if row.made_by == "supplier" else "O consumidor"
    if side not in {"consumer", "supplier"}:
        text = "A outra parte ainda não respondeu."
        return Panel(f"{whose} fez uma proposta", text, tuple(rows), tone="info")
    base = base_path("supplier" if side == "supplier" else "consumer", case.number)
    if row.made_by == side:
        return Panel(
            "Sua proposta espera resposta",
            "Se ninguém responder até a data abaixo, ela termina e o processo continua.",
            tuple(rows),
            (Action("Ver a proposta", f"{base}/proposta"),),
            "waiting",
        )
    return Panel(
        f"{whose} fez uma proposta",
        "Leia e diga se aceita. Se você não responder, nada é aceito em seu nome e o processo"
        " continua.",
        tuple(rows),
        (Action("Ler e responder", f"{base}/proposta", primary=True),),
        "waiting",
    )


def _agreement_panel(found: AgreementRow, side: str, case: CaseDetail, today: date) -> Panel:
    label, tone = AGREEMENT_STATES[found.status]
    paid = sum(one.status == "paid" for one in found.instalments)
    rows = [("Situação", label)]
    rows += [("Valor", format_brl(found.total))] if found.total else []
    rows.append(("Datas cumpridas", f"{paid} de {len(found.instalments)}"))
    coming = found.next if found.status == "running" else None
    if coming is not None:
        rows.append(("Próxima data", f"{coming.due_on:%d/%m/%Y}: {shown(coming.plain)}"))
    due = coming is not None and coming.due_on < today
    if side == "staff":
        action = Action("Ver o acordo", f"/equipe/processos/{case.number}/acordo")
        text = "Consumidor e empresa dizem coisas diferentes: decida." if _disputed(found) else ""
        return Panel("Acordo", text, tuple(rows), (action,), tone)
    base = base_path("supplier" if side == "supplier" else "consumer", case.number)
    label = "Ver o acordo"
    if due:
        label = "Enviar comprovante" if side == "supplier" else "Dizer se a empresa cumpriu"
    action = Action(label, f"{base}/acordo", primary=due)
    return Panel("Acordo", "", tuple(rows), (action,), tone)


def _disputed(found: AgreementRow) -> bool:
    return found.status == "running" and any(one.disputed for one in found.instalments)
