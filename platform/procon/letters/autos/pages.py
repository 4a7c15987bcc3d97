"""What the page of the autos shows, and the box about them on a case's pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from procon.auth.actor import Actor
from procon.auth.permissions import allowed
from procon.cases.queries import CaseDetail
from procon.ext.slots import Action, Panel
from procon.ext.workflow import Side
from procon.letters.autos.queries import GIVEN_UP, Autos, fingerprint_of, latest_autos, letter_of
from procon.letters.typeset.render import grouped
from procon.tenancy.scope import Tx

_HOME = {"staff": "/equipe/processos/", "supplier": "/fornecedor/processos/"}


class AutosPage(Struct, frozen=True):
    """The newest volume of a case, if any.

    `fresh`: nothing has changed since it was asked for. `working`: the page asks again by itself.
    """

    number: str
    back: str
    autos: Autos | None
    fresh: bool
    working: bool
    code: str
    sha256: str
    issued_at: datetime | None
    errors: Mapping[str, str] = {}


async def autos_page(tx: Tx, *, case: CaseDetail, side: str) -> AutosPage:
    """The state of the case's autos. The caller has decided that the actor may see the case."""
    autos = await latest_autos(tx, case.id)
    letter = None if autos is None else await letter_of(tx, autos)
    fresh = autos is not None and autos.fingerprint == await fingerprint_of(tx, case.id)
    waiting = autos is not None and autos.state in ("waiting", "building")
    return AutosPage(
        number=case.number,
        back=f"{_HOME.get(side, '/processos/')}{case.number}",
        autos=autos,
        fresh=fresh,
        working=waiting and autos is not None and tx.now - autos.asked_at < GIVEN_UP,
        code="" if letter is None else grouped(letter.code),
        sha256="" if letter is None else letter.sha256.hex(),
        issued_at=None if letter is None else letter.created_at,
    )


async def case_panel(_tx: Tx, *, actor: Actor, side: Side, case: CaseDetail) -> Panel | None:
    """The way to the autos, for everybody who sees the case."""
    actions = [Action("Baixar o processo completo", f"/processos/{case.number}/autos")]
    if side == "staff" and allowed(actor, "staff:letters"):
        issue = Action("Emitir documento", f"/equipe/cartas/lotes?processos={case.number}")
        actions.append(issue)
    return Panel(
        title="Processo completo",
        text="Tudo o que está no processo em um só PDF, com folhas numeradas e índice.",
        actions=tuple(actions),
    )
