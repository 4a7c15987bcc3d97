"""The standard procedure: from a complaint to the final decision, as data.

Sources: CDC arts. 44, 55 and 57; Decreto 2.181/1997 (wording of Decreto 10.887/2021); practice of
Brazilian Procons. A city that works otherwise gives a `Workflow` of its own.
"""

from __future__ import annotations

from procon.cases.standard.closing import CLOSING
from procon.cases.standard.outcomes import OUTCOMES
from procon.cases.standard.preliminary import PRELIMINARY
from procon.cases.standard.process import PROCESS
from procon.cases.standard.states import STATES
from procon.ext.workflow import Workflow

STANDARD = Workflow(
    slug="standard",
    version=1,
    title="Reclamação individual",
    initial="triage",
    states=STATES,
    transitions=(*PRELIMINARY, *PROCESS, *CLOSING),
    outcomes=OUTCOMES,
)

__all__ = ["STANDARD"]
