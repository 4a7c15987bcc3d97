"""Changes of the calendar in words, and which deadlines each can reach."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from procon.auth.actor import Actor
from procon.deadlines.calendar import KIND_NAMES, Holiday, Kind
from procon.deadlines.commands import (
    import_holidays,
    parse_holidays,
    record_outage,
    remove_holiday,
    set_holiday,
)
from procon.deadlines.explain import dated
from procon.portal.render import date_and_hour, plural
from procon.settings_desk.calendar.forms import OutageForm
from procon.settings_desk.calendar.pages import HERE, effect_of, span_of
from procon.settings_desk.decide import Proposal
from procon.settings_desk.impact import Touch
from procon.tenancy.scope import Tx

_MINUTE = timedelta(minutes=1)


def adding(entry: Holiday, fields: dict[str, str], tx: Tx, actor: Actor) -> Proposal:
    """One more day, or recess."""
    return Proposal(
        title="Mudar o calendário",
        facts=(
            ("Dia", span_of(entry)),
            ("Nome", entry.name),
            ("Tipo", KIND_NAMES[entry.kind]),
            ("O que muda", effect_of(entry)),
        ),
        action=HERE,
        back=f"{HERE}?ano={entry.day.year}",
        fields=fields,
        change=lambda scope: set_holiday(scope, actor=actor, entry=entry),
        touch=Touch(first_day=entry.day, last_day=entry.last_day, since=tx.now),
        done="Calendário guardado.",
        reason=f"O calendário da cidade mudou: {entry.name}, {span_of(entry)}.",
    )


def removing(entry: Holiday, tx: Tx, actor: Actor) -> Proposal:
    """One entry less."""
    return Proposal(
        title="Tirar do calendário",
        facts=(("Dia", span_of(entry)), ("Nome", entry.name), ("Tipo", KIND_NAMES[entry.kind])),
        action=f"{HERE}/remover",
        back=f"{HERE}?ano={entry.day.year}",
        fields={"dia": entry.day.isoformat(), "tipo": entry.kind},
        change=lambda scope: remove_holiday(scope, actor=actor, day=entry.day, kind=entry.kind),
        touch=Touch(first_day=entry.day, last_day=entry.last_day, since=tx.now),
        done=f"{entry.name} saiu do calendário.",
        reason=f"O calendário da cidade mudou: {entry.name}, {span_of(entry)}, deixou de valer.",
    )


def importing(csv_text: str, tx: Tx, actor: Actor) -> Proposal:
    """A whole file. Raises Invalid (field `csv`) that names the wrong lines."""
    entries = parse_holidays(csv_text)
    first = min(entry.day for entry in entries)
    last = max(entry.last_day for entry in entries)
    return Proposal(
        title="Importar o calendário",
        facts=(
            ("No arquivo", plural(len(entries), "data", "datas")),
            ("Da primeira à última", f"de {dated(first)} a {dated(last)}"),
        ),
        action=f"{HERE}/importar",
        back=f"{HERE}?ano={first.year}",
        fields={"csv": csv_text},
        change=lambda scope: import_holidays(scope, actor=actor, csv_text=csv_text),
        touch=Touch(first_day=first, last_day=last, since=tx.now),
        done=f"Calendário importado: {plural(len(entries), 'data', 'datas')}.",
        reason="O calendário da cidade mudou.",
    )


def logging(outage: OutageForm, fields: dict[str, str], tx: Tx, actor: Actor) -> Proposal:
    """One entry of the outage log. It also reaches deadlines that ended in those days."""
    zone = ZoneInfo(tx.tenant.timezone)
    first = outage.from_at.astimezone(zone).date()
    since, until = date_and_hour(outage.from_at, zone), date_and_hour(outage.to_at, zone)
    lasted = plural((outage.to_at - outage.from_at) // _MINUTE, "minuto", "minutos")
    return Proposal(
        title="Registrar sistema fora do ar",
        facts=(("De", since), ("Até", until), ("Duração", lasted), ("Motivo", outage.note or "–")),
        action=f"{HERE}/fora-do-ar",
        back=f"{HERE}/fora-do-ar",
        fields=fields,
        change=lambda scope: record_outage(
            scope, actor=actor, from_at=outage.from_at, to_at=outage.to_at, note=outage.note
        ),
        touch=Touch(
            first_day=first,
            last_day=outage.to_at.astimezone(zone).date(),
            since=datetime.combine(first, time(), zone).astimezone(UTC),
        ),
        done="Registro guardado.",
        reason=f"O sistema ficou fora do ar de {since} até {until}.",
    )


def found_in(entries: list[Holiday], day: date, kind: Kind) -> Holiday | None:
    """The entry of this day and kind."""
    return next((one for one in entries if (one.day, one.kind) == (day, kind)), None)
