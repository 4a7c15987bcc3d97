"""Who may do what, where: derived from the procedure, checked against the database."""

from __future__ import annotations

from uuid import UUID

import pytest

from procon.auth.actor import SYSTEM, Actor
from procon.auth.permissions import PERMISSIONS, ROLE_PERMISSIONS
from procon.cases.moves import move
from procon.cases.standard import STANDARD
from procon.deadlines.rules import DEFAULT_RULES
from procon.ext.workflow import BACK, STAY, Side, State, Transition, Workflow, faults
from procon.kernel.errors import Conflict, Forbidden, Refused
from procon.tenancy.scope import Tx
from support.cities import City, citizen, filed, staff, supplier

STAFF = ("attendant", "analyst", "conciliator", "inspector", "authority", "cityadmin")
PERSONS: tuple[tuple[str, Side, Actor], ...] = (
    *((role, "staff", staff(role)) for role in STAFF),
    ("consumer", "consumer", citizen()),
    ("supplier", "supplier", supplier()),
    ("system", "system", SYSTEM),
)


class Undone(Exception):
    """Rolls a tried act back."""


def allowed(act: Transition, name: str, side: str) -> bool:
    """What the procedure's data says, read without the product's own function."""
    if side == "staff":
        return any(permission in ROLE_PERMISSIONS[name] for permission in act.who)
    return name in act.who


async def put(tx: Tx, case_id: UUID, status: str) -> None:
    await tx.execute(
        "UPDATE case_file SET status = $2, status_before = 'triage', cip_round = 1 WHERE id = $1",
        case_id,
        status,
    )


async def tried(city: City, case_id: UUID, status: str, act: Transition, who: int) -> str:
    """ "ok" or the kind of refusal; nothing stays."""
    _, side, actor = PERSONS[who]
    outcome = act.outcomes[0] if act.outcomes else ""
    answer = "?"
    try:
        async with city.scope() as tx:
            await put(tx, case_id, status)
            try:
                moved = await move(
                    tx, actor=actor, side=side, case_id=case_id, transition=act.key, outcome=outcome
                )
                wanted = {STAY: status, BACK: "triage"}.get(act.target, act.target)
                row = await tx.fetchval("SELECT status FROM case_file WHERE id = $1", case_id)
                answer = "ok" if moved.state.key == row == wanted else f"went to {row}"
            except Refused as refusal:
                answer = type(refusal).__name__
            raise Undone
    except Undone:
        return answer


async def test_every_person_can_do_exactly_what_the_procedure_says(
    cities: tuple[City, City],
) -> None:
    """Each legal act, tried by everybody."""
    city = cities[0]
    opened = await filed(city)
    wrong = []
    for state in STANDARD.states:
        for act in STANDARD.leaving(state.key):
            for who, (name, side, _) in enumerate(PERSONS):
                wanted = "ok" if allowed(act, name, side) else "Forbidden"
                got = await tried(city, opened.id, state.key, act, who)
                if got != wanted:
                    wrong.append((state.key, act.key, name, wanted, got))
    assert wrong == []


async def test_an_act_out_of_its_place_is_a_conflict(cities: tuple[City, City]) -> None:
    """Each act in each state where it does not belong, tried by somebody who else might."""
    city = cities[0]
    opened = await filed(city)
    wrong = []
    for act in STANDARD.transitions:
        who = next(n for n, (name, side, _) in enumerate(PERSONS) if allowed(act, name, side))
        for state in STANDARD.states:
            if state.key not in act.sources:
                got = await tried(city, opened.id, state.key, act, who)
                if got != "Conflict":
                    wrong.append((state.key, act.key, got))
    assert wrong == []


async def test_who_comes_late_learns_where_the_case_is(city: City) -> None:
    opened = await filed(city)
    async with city.scope() as tx:
        await put(tx, opened.id, "decided")
        with pytest.raises(Conflict) as caught:
            await move(
                tx,
                actor=staff("analyst"),
                side="staff",
                case_id=opened.id,
                transition="open_complaint",
            )
    assert "Decidido, prazo de recurso" in caught.value.reason
    assert caught.value.code == "case-is-at-decided"


async def test_another_citys_case_is_not_found(city: City, other: City) -> None:
    opened = await filed(city)
    async with other.scope() as tx:
        with pytest.raises(Refused) as caught:
            await move(
                tx, actor=staff("analyst"), side="staff", case_id=opened.id, transition="advise"
            )
    assert type(caught.value).__name__ == "NotFound"


async def test_a_city_without_hearings_offers_none(city: City) -> None:
    from msgspec.structs import replace  # noqa: PLC0415 - only this test bends a tenant

    opened = await filed(city)
    plain = City(city.db, replace(city.tenant, hearings=False))
    async with plain.scope() as tx:
        await put(tx, opened.id, "defended")
        with pytest.raises(Conflict):
            await move(
                tx,
                actor=staff("analyst"),
                side="staff",
                case_id=opened.id,
                transition="set_hearing",
            )


def test_the_standard_procedure_has_no_fault() -> None:
    found = faults(STANDARD, permissions=frozenset(PERMISSIONS), deadlines=frozenset(DEFAULT_RULES))
    assert found == []


def test_faults_are_found() -> None:
    broken = Workflow(
        slug="broken",
        version=1,
        title="Quebrado",
        initial="a",
        states=(State("a", "A"), State("b", "B"), State("c", "C", on_expiry="none")),
        transitions=(
            Transition("go", "Ir", ("a",), "b", ("nobody",), "Ato", "Frase.", "", deadline="none"),
            Transition("far", "Longe", ("a",), "z", (), "Ato", "Frase.", "n", outcomes=("X",)),
        ),
        outcomes={},
    )
    assert faults(broken, permissions=frozenset(), deadlines=frozenset()) == [
        "go: unknown person nobody",
        "go: unknown deadline none",
        "go: norm, act or sentence is missing",
        "far: unknown state z",
        "far: nobody may do it",
        "far: unknown outcome X",
        "state c: expires by unknown transition none",
        "state c is never reached",
        "state b has no way on",
        "state c has no way on",
    ]


async def test_forbidden_is_said_in_words(city: City) -> None:
    opened = await filed(city)
    async with city.scope() as tx:
        with pytest.raises(Forbidden) as caught:
            await move(
                tx, actor=staff("inspector"), side="staff", case_id=opened.id, transition="advise"
            )
    assert caught.value.reason == "Este ato não cabe a você neste processo."
