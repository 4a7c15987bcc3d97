"""A procedure as data: states, and the acts that lead from one to another.

A city's own procedure is one more `Workflow`; nothing here knows a city or a database.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal
from uuid import UUID

from msgspec import Struct

Side = Literal["staff", "consumer", "supplier", "system"]
Tone = Literal["neutral", "info", "progress", "waiting", "success", "danger"]
Ask = Literal["text", "files", "outcome"]

# A target that is not a state's key: the act leaves the case where it is, or puts it back.
STAY = "="
BACK = "<"


class State(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a case can be.

    Attributes:
        title: the status as a tag shows it.
        whose: who has to act now, in plain words; "" when nobody has.
        next_title, next_text: what happens now, for the staff.
        party_title, party_text: the same for the parties; empty = as for the staff.
        ends: nothing more has to happen. Such a state has neither deadline nor turn.
        on_expiry: key of the system's transition when the stored deadline passes.
    """

    key: str
    title: str
    tone: Tone = "progress"
    whose: str = ""
    next_title: str = ""
    next_text: str = ""
    party_title: str = ""
    party_text: str = ""
    ends: bool = False
    on_expiry: str = ""


class Transition(Struct, frozen=True, forbid_unknown_fields=True):
    """An act that may happen to a case.

    Attributes:
        title: what a button says ("Abrir reclamação").
        target: a state's key, STAY or BACK.
        who: "consumer", "supplier", "system", or permissions of the staff ("staff:decide").
        act: the formal act's name, kept in the log.
        sentence: the act in plain words, kept in the log; may name {empresa}, {consumidor},
            {prazo}, {resultado}.
        norm: the legal source.
        asks: what the form asks for; what the text is for is said by `text_label`.
        outcomes: the results to choose from; one alone is not asked for.
        deadline: key of the rule that starts with this act.
        letter: document that this act sends (code of the list of document types).
        filing: document that the typed text becomes (code); "" when it stays in the log alone.
        tells: whom it is told to.
        page: path under the case of the page that has a form of its own ("cip"); "" for the
            common form, "-" when another act brings it about and nobody chooses it.
        needs: switch of the city that this act hangs on ("hearings").
        grave: cannot be taken back by hand, so the form warns.
    """

    key: str
    title: str
    sources: tuple[str, ...]
    target: str
    who: tuple[str, ...]
    act: str
    sentence: str
    norm: str
    asks: tuple[Ask, ...] = ("text",)
    text_label: str = "Motivo"
    outcomes: tuple[str, ...] = ()
    deadline: str = ""
    letter: str = ""
    filing: str = ""
    tells: tuple[Side, ...] = ()
    page: str = ""
    needs: str = ""
    grave: bool = False


class Workflow(Struct, frozen=True, forbid_unknown_fields=True):
    """A procedure. Cases keep `slug` and `version`; `replaces` maps states that went away."""

    slug: str
    version: int
    title: str
    initial: str
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]
    outcomes: Mapping[str, str]
    replaces: Mapping[str, str] = MappingProxyType({})

    def state(self, key: str) -> State:
        """The state `key`. Raises KeyError."""
        for state in self.states:
            if state.key == key:
                return state
        raise KeyError(key)

    def transition(self, key: str) -> Transition:
        """The transition `key`. Raises KeyError."""
        for transition in self.transitions:
            if transition.key == key:
                return transition
        raise KeyError(key)

    def leaving(self, state: str) -> tuple[Transition, ...]:
        """Every transition that starts in `state`, in the workflow's order."""
        return tuple(one for one in self.transitions if state in one.sources)


class CaseTransition(Struct, frozen=True, forbid_unknown_fields=True):
    """An act that is about to happen, as guards see it."""

    case_id: UUID
    number: str
    transition: str
    before: str
    after: str
    side: Side
    outcome: str = ""


def may(transition: Transition, side: str, permissions: frozenset[str]) -> bool:
    """Whether who acts on `side` with these permissions may bring `transition` about."""
    if side == "staff":
        return any(one in permissions for one in transition.who if one.startswith("staff:"))
    return side in transition.who


def faults(
    workflow: Workflow, *, permissions: frozenset[str], deadlines: frozenset[str]
) -> list[str]:
    """What is wrong with a procedure, one sentence each; empty when it may be used.

    Every state reachable, no dead end, every name known: the contract suite runs this for each.
    """
    found: list[str] = []
    states = {state.key: state for state in workflow.states}
    if len(states) != len(workflow.states):
        found.append("a state's key is used twice")
    keys = {one.key for one in workflow.transitions}
    if len(keys) != len(workflow.transitions):
        found.append("a transition's key is used twice")
    known = {"consumer", "supplier", "system"} | permissions
    for one in workflow.transitions:
        found += _faults_of(one, states, known, deadlines, workflow.outcomes)
    found += [
        f"state {state.key}: expires by unknown transition {state.on_expiry}"
        for state in workflow.states
        if state.on_expiry and state.on_expiry not in keys
    ]
    reached, more = set(), {workflow.initial}
    while more:
        reached |= more
        more = (
            {one.target for one in workflow.transitions if reached & set(one.sources)}
            - reached
            - {STAY, BACK}
        )
    found += [f"state {key} is never reached" for key in states if key not in reached]
    found += [
        f"state {key} has no way on"
        for key, state in states.items()
        if not state.ends and not any(one.target != STAY for one in workflow.leaving(key))
    ]
    return found


def _faults_of(
    one: Transition,
    states: Mapping[str, State],
    known: frozenset[str] | set[str],
    deadlines: frozenset[str],
    outcomes: Mapping[str, str],
) -> list[str]:
    found = [f"{one.key}: unknown state {key}" for key in one.sources if key not in states]
    if one.target not in {*states, STAY, BACK}:
        found.append(f"{one.key}: unknown state {one.target}")
    found += [f"{one.key}: unknown person {who}" for who in one.who if who not in known]
    if not one.who:
        found.append(f"{one.key}: nobody may do it")
    if one.deadline and one.deadline not in deadlines:
        found.append(f"{one.key}: unknown deadline {one.deadline}")
    found += [f"{one.key}: unknown outcome {code}" for code in one.outcomes if code not in outcomes]
    if not one.norm or not one.act or not one.sentence:
        found.append(f"{one.key}: norm, act or sentence is missing")
    return found
