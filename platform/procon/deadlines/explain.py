"""The words of a count: for a citizen, in plain Portuguese."""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType

from msgspec import Struct

from procon.deadlines.calendar import Calendar, Recess
from procon.deadlines.rules import UNIT_NAMES, Rule

_WEEKDAYS = (
    "segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira",
    "sábado", "domingo",
)  # fmt: skip

# Brazilian zones that share Brasília's hour all year; the others are named by their place.
_BRASILIA = frozenset(
    f"America/{place}"
    for place in ("Sao_Paulo", "Bahia", "Fortaleza", "Recife", "Maceio", "Belem", "Araguaina",
                  "Santarem")
)  # fmt: skip
_PLACES: Mapping[str, str] = MappingProxyType(
    {
        "America/Manaus": "de Manaus",
        "America/Cuiaba": "de Cuiabá",
        "America/Campo_Grande": "de Campo Grande",
        "America/Porto_Velho": "de Porto Velho",
        "America/Boa_Vista": "de Boa Vista",
        "America/Rio_Branco": "do Acre",
        "America/Eirunepe": "de Eirunepé",
        "America/Noronha": "de Fernando de Noronha",
    }
)


def dated(day: date) -> str:
    """26/11/2026 (quinta-feira)."""
    return f"{day:%d/%m/%Y} ({_WEEKDAYS[day.weekday()]})"


def hour_name(tz: str) -> str:
    """Whose clock it is: "horário de Brasília", "horário de Manaus"."""
    place = "de Brasília" if tz in _BRASILIA else _PLACES.get(tz, "local")
    return f"horário {place}"


def _closed_name(day: date, calendar: Calendar) -> str:
    return calendar.closed.get(day) or (_WEEKDAYS[day.weekday()] if day.weekday() > 4 else "")


def _recess_on(day: date, recesses: Sequence[Recess]) -> Recess | None:
    return next((r for r in recesses if r.first_day <= day <= r.last_day), None)


class Count(Struct, frozen=True):
    """A finished count: the days after the notice up to the due day, each counted or not."""

    rule: Rule
    start_day: date
    days: tuple[tuple[date, bool], ...]
    calendar: Calendar
    recesses: tuple[Recess, ...]

    @property
    def first(self) -> date:
        """Day 1."""
        return next(day for day, counted in self.days if counted)

    @property
    def last(self) -> date:
        """The day on which the amount was reached, before it moved forward."""
        return next(day for day, counted in reversed(self.days) if counted)

    @property
    def due(self) -> date:
        """The day on which the deadline ends."""
        return self.days[-1][0]


def step_reason(count: Count, day: date, *, counted: bool, number: int) -> str:
    """Why this day was or was not counted. `number` = days counted so far, this one included."""
    closed = _closed_name(day, count.calendar)
    recess = _recess_on(day, count.recesses)
    held = count.calendar.never_last.get(day)
    over = number == count.rule.amount
    if counted:
        reason = f"{number}º dia" + (f" ({closed})" if closed else "")
        if over and held and not closed:
            reason += f"; {held}: o fim do prazo passa para o próximo dia útil"
        elif held and not over:
            reason += f"; {held}: o dia conta, porque não é o último"
    elif recess:
        reason = f"{recess.name}: o prazo está suspenso"
    elif over and (closed or held):
        why = f"Sem expediente ({closed})" if closed else held
        reason = f"{why}: o fim do prazo passa para o próximo dia útil"
    elif over:
        reason = "Fim do prazo, que passou para este dia útil"
    elif number == 0:
        reason = f"Sem expediente ({closed}): o prazo ainda não começou a correr"
    else:
        reason = f"Sem expediente ({closed}): não entra na conta"
    return reason + "."


def explanation(count: Count, tz: str) -> str:
    """The whole count in a few sentences, with its last day, hour and clock."""
    sentences = [
        _opening(count),
        _skipped(count),
        *_pauses(count),
        _moved(count),
        f"O prazo termina em {dated(count.due)}, às 23:59:59 ({hour_name(tz)}).",
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _opening(count: Count) -> str:
    rule = count.rule
    one = {"corridos": "dia corrido", "uteis": "dia útil", "minutos": "minuto"}
    amount = f"{rule.amount} {UNIT_NAMES[rule.unit] if rule.amount > 1 else one[rule.unit]}"
    why = "o primeiro dia útil depois do aviso"
    if rule.start == "next_day" and rule.unit == "corridos":
        why = "o dia seguinte ao do aviso"
    if any(_recess_on(day, count.recesses) for day, _ in count.days if day < count.first):
        why = "o primeiro dia útil em que o prazo pode correr depois do aviso"
    return (
        f"Contamos {amount} a partir de {dated(count.first)}, {why},"
        f" que foi em {count.start_day:%d/%m/%Y}."
    )


def _skipped(count: Count) -> str:
    if count.rule.unit != "uteis":
        return ""
    closed = count.calendar.closed
    names = [
        f"{day:%d/%m/%Y} ({closed[day]})"
        for day, _ in count.days
        if count.first < day < count.last
        and day.weekday() < 5
        and day in closed
        and not _recess_on(day, count.recesses)
    ]
    if not names:
        return "Sábados, domingos e feriados não entram na conta."
    listed = " e ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
    return f"Sábados e domingos não entram na conta, nem os dias sem expediente: {listed}."


def _pauses(count: Count) -> list[str]:
    sentences = []
    for recess in count.recesses:
        if not any(recess.first_day <= day <= recess.last_day for day, _ in count.days):
            continue
        span = f"de {recess.first_day:%d/%m/%Y} a {recess.last_day:%d/%m/%Y} ({recess.name})"
        after = next((day for day, c in count.days if c and day > recess.last_day), None)
        if after and count.first < recess.first_day:
            sentences.append(
                f"O prazo fica parado {span} e continua em {dated(after)}, de onde parou."
            )
        elif after:
            sentences.append(f"Nenhum prazo corre {span}; por isso o prazo só começa depois.")
        else:
            sentences.append(f"Nenhum prazo corre {span}.")
    return sentences


def _moved(count: Count) -> str:
    last, calendar = count.last, count.calendar
    if last == count.due:
        return ""
    why = "dia sem expediente"
    if last in calendar.closed:
        why += f": {calendar.closed[last]}"
    elif last.weekday() < 5:
        why = calendar.never_last[last]
    where = "o próximo dia útil"
    for recess in count.recesses:
        if last <= recess.last_day < count.due:
            where = f"o primeiro dia útil depois de {recess.last_day:%d/%m/%Y}"
    also = _also_skipped(count)
    return f"O último dia cairia em {dated(last)}, {why}{also}; por isso passa para {where}."


def _also_skipped(count: Count) -> str:
    """Weekdays after the last day of the count that could not be the end either."""
    calendar = count.calendar
    names = [
        f"{dated(day)} também não serve ({calendar.closed.get(day) or calendar.never_last[day]})"
        for day, _ in count.days
        if count.last < day < count.due
        and day.weekday() < 5
        and not _recess_on(day, count.recesses)
        and (day in calendar.closed or day in calendar.never_last)
    ]
    return "".join(f", e {name}" for name in names)
