"""Outages of a city, and the rule behind a stored deadline."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec
import pytest

from procon.deadlines.book import (
    Book,
    Outage,
    RuleVersion,
    calendar_of,
    count_in,
    rule_behind,
    rule_on,
)
from procon.deadlines.calendar import Holiday
from procon.kernel.errors import Refused
from procon.tenancy.manifest import DeadlineOverride

SP = "America/Sao_Paulo"
AT = datetime(2026, 11, 25, 15, tzinfo=UTC)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(SP))
    return local.astimezone(UTC) + timedelta(hours=hour, minutes=minute)


def book(
    *outages: tuple[datetime, datetime],
    versions: tuple[RuleVersion, ...] = (),
    own: tuple[Holiday, ...] = (),
    **deadlines: DeadlineOverride,
) -> Book:
    tenant: Any = SimpleNamespace(uf="SP", timezone=SP, deadlines=deadlines)
    return Book(tenant, versions, own, tuple(Outage(uuid4(), a, b, "") for a, b in outages))


def version(number: int, amount: int, *, since: date, until: date | None = None) -> RuleVersion:
    return RuleVersion(
        "cip_answer", number, amount, "uteis", "next_day", True, "Decreto", since, until, AT, "Rosa"
    )


def held(found: Book) -> dict[date, str]:
    return calendar_of(found, 2015, 2028).never_last


def test_minutes_of_a_day_add_up_and_overlaps_count_once() -> None:
    day = date(2026, 12, 7)
    two = [(at(day, 9), at(day, 9, 40)), (at(day, 15), at(day, 15, 21))]
    assert held(book(*two)) == {day: "Sistema fora do ar por 61 minutos"}
    same = [(at(day, 9), at(day, 9, 40)), (at(day, 9, 10), at(day, 9, 45)), two[0]]
    assert held(book(*same)) == {}
    assert held(book((at(day, 9), at(day, 10)))) == {}  # 60 minutes are not more than 60


def test_an_outage_over_midnight_is_two_days_with_their_own_minutes() -> None:
    day = date(2026, 12, 7)
    over = book((at(day, 22), at(day, 25, 1)))
    assert held(over) == {
        day: "Sistema fora do ar por 120 minutos",
        date(2026, 12, 8): "Sistema fora do ar por 61 minutos",
    }


def test_the_day_on_which_the_clock_was_changed_has_its_real_length() -> None:
    # São Paulo: 15 October 2017 began at one o'clock.
    long = book((datetime(2017, 10, 14, 12, tzinfo=UTC), datetime(2017, 10, 16, 12, tzinfo=UTC)))
    assert held(long) == {
        date(2017, 10, 14): "Sistema fora do ar por 900 minutos",
        date(2017, 10, 15): "Sistema fora do ar por 1380 minutos",
        date(2017, 10, 16): "Sistema fora do ar por 600 minutos",
    }


def test_a_half_day_counts_but_is_not_the_last() -> None:
    eve = Holiday(date(2026, 12, 7), date(2026, 12, 7), "Véspera", "meio_expediente")
    found = book(own=(eve,))
    deadline = count_in(found, rule_on(found, "cip_answer", AT.date()), AT)
    assert deadline.due_day == date(2026, 12, 8)
    assert "Meio expediente (Véspera); por isso" not in deadline.explanation  # it was a Saturday
    reasons = {step.day: step.reason for step in deadline.steps}
    assert reasons[date(2026, 12, 7)] == (
        "Meio expediente (Véspera): o fim do prazo passa para o próximo dia útil."
    )
    longer = msgspec.structs.replace(rule_on(found, "cip_answer", AT.date()), amount=20)
    reasons = {step.day: step.reason for step in count_in(found, longer, AT).steps}
    assert reasons[date(2026, 12, 7)] == (
        "12º dia; Meio expediente (Véspera): o dia conta, porque não é o último."
    )


def test_which_rule_wins_on_which_day() -> None:
    found = book(
        versions=(
            version(1, 8, since=date(2026, 3, 1)),
            version(2, 9, since=date(2026, 5, 1), until=date(2026, 5, 31)),
        ),
        cip_answer=DeadlineOverride(12, "corridos", "Manifesto"),
    )
    days = {
        date(2026, 2, 28): (12, "2026.1+12-corridos"),
        date(2026, 3, 1): (8, "2026.1+cidade.1"),
        date(2026, 5, 1): (9, "2026.1+cidade.2"),
        date(2026, 5, 31): (9, "2026.1+cidade.2"),
        date(2026, 6, 1): (8, "2026.1+cidade.1"),
    }
    rules = {day: rule_on(found, "cip_answer", day) for day in days}
    assert {day: (rule.amount, rule.version) for day, rule in rules.items()} == days


@pytest.mark.parametrize("day", [date(2026, 2, 1), date(2026, 3, 2), date(2026, 5, 4)])
def test_a_stored_deadline_is_counted_again_by_its_own_rule(day: date) -> None:
    older = book(
        versions=(
            version(1, 8, since=date(2026, 3, 1)),
            version(2, 9, since=date(2026, 5, 1), until=date(2026, 5, 31)),
        ),
        cip_answer=DeadlineOverride(12, "corridos", "Manifesto"),
    )
    deadline = count_in(older, rule_on(older, "cip_answer", day), at(day, 12))
    newer = msgspec.structs.replace(
        older, versions=(*older.versions, version(3, 30, since=date(2026, 1, 1)))
    )
    assert count_in(newer, rule_behind(newer, deadline), deadline.start_at) == deadline


def test_a_threshold_is_no_deadline_and_a_calendar_needs_open_days() -> None:
    found = book()
    with pytest.raises(ValueError, match="threshold"):
        count_in(found, rule_on(found, "outage_minutes", AT.date()), AT)
    shut = book(own=(Holiday(date(2026, 11, 26), date(2030, 1, 1), "Fechado", "recesso"),))
    with pytest.raises(Refused) as caught:
        count_in(shut, rule_on(shut, "reclamacao_defence", AT.date()), AT)
    assert caught.value.code == "calendar-without-days"
