"""What a change of rules, calendar or outages does to the deadlines that run: seen, then done.

A deadline that was made known is never shortened: a change only gives time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from procon.auth.actor import Actor
from procon.cases.moves import extend_deadline
from procon.deadlines.book import Book, calendar_of, rule_behind, rule_on
from procon.deadlines.calendar import Calendar
from procon.deadlines.compute import CalendarEnds, Deadline, compute, due_day_of
from procon.deadlines.queries import book_for
from procon.deadlines.rules import DEFAULT_RULES, Rule
from procon.kernel.errors import Conflict, Refused
from procon.settings_desk.queries import OpenDeadline, open_deadlines
from procon.tenancy.scope import Tx

# One page shows and one transaction moves so many; the same change again finds the rest.
MOST = 300


class Touch(Struct, frozen=True):
    """Which deadlines a change can reach at all.

    `key`: of one rule, recounted by the rule as it is then in force; "": of all, each by the rule
    it was counted by. `first_day` to `last_day`: local days of the change. `since`: those that
    ended before are not looked at.
    """

    first_day: date
    last_day: date
    since: datetime
    key: str = ""


class Move(Struct, frozen=True):
    """One deadline that the change moves."""

    case_id: UUID
    number: str
    supplier_name: str
    title: str
    before: datetime
    after: Deadline


class Impact(Struct, frozen=True):
    """Deadlines that end later now, how many more there are, and how many would end earlier."""

    later: tuple[Move, ...] = ()
    more: int = 0
    earlier: int = 0


Change = Callable[[Tx], Awaitable[object]]


async def bring_about(tx: Tx, change: Change, touch: Touch) -> Impact:
    """Do the change; returns the deadlines that it moves, without moving them.

    Raises Refused for a calendar on which some deadline would never end.
    """
    held = await open_deadlines(tx, since=touch.since, key=touch.key)
    found = [one for one in held if _in_reach(one.deadline, touch)]
    first, last = _years(found, touch)
    before = await book_for(tx, first, last)
    await change(tx)
    after = await book_for(tx, first, last)
    try:
        return _compare(
            found, before=before, after=after, touch=touch, years=(first, last), now=tx.now
        )
    except CalendarEnds as error:
        raise Refused(
            "Com esta mudança, há prazos que não terminariam nunca. Confira as datas."
        ) from error


async def look(tx: Tx, change: Change, touch: Touch) -> Impact:
    """What `bring_about` would return; nothing stays changed."""
    await tx.execute("SAVEPOINT look")
    try:
        return await bring_about(tx, change, touch)
    finally:
        await tx.execute("ROLLBACK TO SAVEPOINT look")


async def move_chosen(
    tx: Tx, *, actor: Actor, impact: Impact, chosen: Collection[UUID], reason: str
) -> int:
    """Give the chosen cases of `impact` their later end; returns how many got it."""
    done = 0
    for move in impact.later:
        if move.case_id not in chosen:
            continue
        try:
            await extend_deadline(
                tx, actor=actor, case_id=move.case_id, deadline=move.after, reason=reason
            )
        except Conflict:
            continue  # its deadline has ended or moved meanwhile; nothing was written
        done += 1
    return done


def _in_reach(deadline: Deadline, touch: Touch) -> bool:
    if touch.key:
        return touch.first_day <= deadline.start_day <= touch.last_day
    return deadline.start_day < touch.last_day and deadline.due_day >= touch.first_day


def _years(found: list[OpenDeadline], touch: Touch) -> tuple[int, int]:
    starts = [one.deadline.start_day.year for one in found] or [touch.since.year]
    return min(starts) - 1, max(starts) + 2


def _compare(
    found: list[OpenDeadline],
    *,
    before: Book,
    after: Book,
    touch: Touch,
    years: tuple[int, int],
    now: datetime,
) -> Impact:
    old_calendar, calendar = calendar_of(before, *years), calendar_of(after, *years)
    later: list[Move] = []
    more = earlier = 0
    for one in found:
        stored, rule = one.deadline, rule_behind(before, one.deadline)
        new_rule = rule_on(after, touch.key, stored.start_day) if touch.key else rule
        due = due_day_of(new_rule, stored.start_day, calendar)
        if due > stored.due_day and len(later) < MOST:
            later.append(_move(one, new_rule, calendar))
        elif due > stored.due_day:
            more += 1
        elif due < stored.due_day:
            # Not counted: what was given more time by hand, and would be early without the change.
            earlier += due != due_day_of(rule, stored.start_day, old_calendar)
    return Impact(tuple(move for move in later if move.after.due_at > now), more, earlier)


def _move(one: OpenDeadline, rule: Rule, calendar: Calendar) -> Move:
    stored = one.deadline
    return Move(
        case_id=one.case_id,
        number=one.number,
        supplier_name=one.supplier_name,
        title=DEFAULT_RULES[stored.rule_key].title,
        before=stored.due_at,
        after=compute(rule, stored.start_at, calendar, stored.timezone),
    )
