"""Which days a city's office is closed: national, state and the city's own."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

import holidays
from msgspec import Struct

# feriado: municipal holiday. facultativo: optional day off, closed only when `suspends`.
# recesso: from `day` to `last_day` counts stand still. meio_expediente: the office opened late or
# closed early; indisponibilidade: the system was down; both count but no deadline ends on them.
# dia_util: a working day in spite of the national or state list (a holiday that was moved).
Kind = Literal[
    "feriado", "facultativo", "recesso", "meio_expediente", "indisponibilidade", "dia_util"
]
KIND_NAMES: Mapping[Kind, str] = MappingProxyType(
    {
        "feriado": "Feriado municipal",
        "facultativo": "Ponto facultativo ou emenda",
        "recesso": "Recesso: os prazos param",
        "meio_expediente": "Meio expediente",
        "indisponibilidade": "Sistema fora do ar",
        "dia_util": "Dia útil, apesar do feriado",
    }
)


class Holiday(Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of the city's own calendar; `last_day` equals `day` except for a recess."""

    day: date
    last_day: date
    name: str
    kind: Kind
    suspends: bool = True


class Recess(Struct, frozen=True, forbid_unknown_fields=True):
    """An interval, both ends inside, in which counts stand still."""

    first_day: date
    last_day: date
    name: str


class Calendar(Struct, frozen=True, forbid_unknown_fields=True):
    """Closed days with their names, recesses, and days on which no deadline may end.

    It knows the years from `first_year` to `last_year` only.
    """

    first_year: int
    last_year: int
    closed: dict[date, str]
    recesses: tuple[Recess, ...] = ()
    never_last: dict[date, str] = {}


@lru_cache(maxsize=512)
def public_holidays(uf: str, year: int) -> tuple[tuple[date, str], ...]:
    """National and state holidays of one year, by day. Carnival and Corpus Christi are not
    among them: by federal law they are optional days, which each city declares or not.
    """
    found = holidays.country_holidays(
        "BR", subdiv=uf, years=year, categories=("public",), language="pt_BR"
    )
    return tuple(sorted((day, str(name)) for day, name in found.items()))


def build_calendar(
    uf: str,
    years: Iterable[int],
    own: Iterable[Holiday] = (),
    outages: Mapping[date, str] = MappingProxyType({}),
) -> Calendar:
    """The calendar of a city in state `uf` for all years from the least to the greatest given.

    `outages` are the days on which the system was down too long for a deadline to end on them.
    """
    wanted = sorted(years)
    first, last = wanted[0], wanted[-1]
    closed = {day: n for year in range(first, last + 1) for day, n in public_holidays(uf, year)}
    recesses: list[Recess] = []
    never_last: dict[date, str] = dict(outages)
    opened: list[date] = []
    for entry in sorted(own, key=lambda e: (e.day, e.kind)):
        match entry.kind:
            case "feriado":
                closed[entry.day] = entry.name
            case "facultativo" if entry.suspends:
                closed.setdefault(entry.day, entry.name)
            case "recesso":
                recesses.append(Recess(entry.day, entry.last_day, entry.name))
            case "meio_expediente":
                never_last.setdefault(entry.day, f"Meio expediente ({entry.name})")
            case "indisponibilidade":
                never_last[entry.day] = entry.name
            case "dia_util":
                opened.append(entry.day)
    for day in opened:
        closed.pop(day, None)
    return Calendar(first, last, closed, tuple(recesses), never_last)
