"""Counts over a year of cases. Exact: only `formula` makes them fit for the public.

A read model: it reads the tables of other slices by SQL and writes to none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct

from procon.statistics.period import Period, local_year
from procon.tenancy.scope import Tx

RESULTS = ("solved", "unsolved", "silent")
SITUATIONS = (*RESULTS, "running", "other")

# Before anybody could have said whether the problem is solved.
_EARLY = ["triage", "returned", "preliminary", "cip_issued", "answered"]
# Ends that say nothing about what the company did.
_ASIDE = [
    *("DESISTENCIA", "DUPLICADA", "INCOMPETENCIA", "ORIENTADO", "CONSUMIDOR_NAO_RETORNOU"),
    "PERDA_OBJETO",
]

_OPENED = """
WITH opened AS (
    SELECT date_part('month', c.created_at AT TIME ZONE $3)::int AS month, c.channel, c.subject,
           COALESCE(left(s.cnpj, 8), '') AS root,
           CASE WHEN r.solved THEN 'solved'
                WHEN r.solved = FALSE THEN 'unsolved'
                WHEN c.status = 'redirected' OR c.outcome = ANY($5::text[]) THEN 'other'
                WHEN c.status = ANY($4::text[]) THEN 'running'
                WHEN c.cip_round > 0 OR c.complaint_number <> '' THEN 'silent'
                ELSE 'other' END AS situation
    FROM case_file c JOIN supplier s ON s.id = c.supplier_id
    LEFT JOIN rating r ON r.case_id = c.id
    WHERE c.created_at >= $1 AND c.created_at < $2
)
SELECT GROUPING(month, channel, subject, root, situation) AS grouping,
       month, channel, subject, root, situation, count(*) AS cases
FROM opened GROUP BY GROUPING SETS ((month), (channel), (subject), (situation), (root, situation))
"""
# GROUPING() has one bit for each column that a row is not of.
_MONTH, _CHANNEL, _SUBJECT, _SITUATION = 0b01111, 0b10111, 0b11011, 0b11110

_MEDIANS = """
WITH answered AS (
    SELECT a.case_id, min(a.submitted_at) AS at FROM answer a GROUP BY a.case_id
), spans AS (
    SELECT 'answer' AS kind, d.at, d.at - c.created_at AS span
    FROM answered d JOIN case_file c ON c.id = d.case_id
    WHERE d.at >= $1 AND d.at < $4
    UNION ALL
    SELECT 'end', c.closed_at, c.closed_at - c.created_at FROM case_file c
    WHERE c.closed_at >= $1 AND c.closed_at < $4
)
SELECT kind, at >= $3 AS now, count(*) AS cases,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY date_part('epoch', span)) / 86400 AS days
FROM spans WHERE at < $2 OR at >= $3 GROUP BY kind, at >= $3
"""


class Opened(Struct, frozen=True):
    """Cases opened in a year, counted in five ways. Every count is exact."""

    months: Mapping[int, int]
    channels: Mapping[str, int]
    subjects: Mapping[str, int]
    situations: Mapping[str, int]
    companies: Mapping[str, Mapping[str, int]]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.situations.values())


class Median(Struct, frozen=True):
    """A median in days, and of how many cases it is."""

    cases: int
    days: float


class Medians(Struct, frozen=True):
    """From filing to the first answer and to the end: in the period, and the year before."""

    answer: Median | None
    answer_before: Median | None
    end: Median | None
    end_before: Median | None


class Around(Struct, frozen=True):
    """What goes with a year's figures: when the first case was opened, counsel at the counter."""

    first_at: datetime | None
    advice: int


async def opened_in(tx: Tx, period: Period) -> Opened:
    """The cases opened in a period. One query."""
    rows = await tx.fetch(_OPENED, period.start, period.end, tx.tenant.timezone, _EARLY, _ASIDE)
    months: dict[int, int] = {}
    channels: dict[str, int] = {}
    subjects: dict[str, int] = {}
    situations: dict[str, int] = {}
    companies: dict[str, dict[str, int]] = {}
    for row in rows:
        of = row["grouping"]
        if of == _MONTH:
            months[row["month"]] = row["cases"]
        elif of == _CHANNEL:
            channels[row["channel"]] = row["cases"]
        elif of == _SUBJECT:
            subjects[row["subject"]] = row["cases"]
        elif of == _SITUATION:
            situations[row["situation"]] = row["cases"]
        else:
            companies.setdefault(row["root"], {})[row["situation"]] = row["cases"]
    return Opened(months, channels, subjects, situations, companies)


async def medians_in(tx: Tx, period: Period) -> Medians:
    """Days to the first answer and to the end, by when these happened. One query."""
    rows = await tx.fetch(
        _MEDIANS, period.before_start, period.before_end, period.start, period.end
    )
    found = {(row["kind"], row["now"]): Median(row["cases"], float(row["days"])) for row in rows}
    return Medians(
        answer=found.get(("answer", True)),
        answer_before=found.get(("answer", False)),
        end=found.get(("end", True)),
        end_before=found.get(("end", False)),
    )


async def around(tx: Tx, period: Period) -> Around:
    """When the city's first case was opened, and the period's counsel at the counter."""
    row = await tx.fetchrow(
        "SELECT (SELECT min(created_at) FROM case_file),"
        " (SELECT count(*) FROM attendance WHERE created_at >= $1 AND created_at < $2)",
        period.start,
        period.end,
    )
    return Around(*row)


async def company_names(tx: Tx, roots: Iterable[str]) -> dict[str, str]:
    """CNPJ root → the name of its first establishment. One query."""
    rows = await tx.fetch(
        "SELECT DISTINCT ON (left(s.cnpj, 8)) left(s.cnpj, 8), s.name FROM supplier s"
        " WHERE left(s.cnpj, 8) = ANY($1::text[]) ORDER BY left(s.cnpj, 8), s.cnpj",
        sorted(roots),
    )
    return {row[0]: row[1] for row in rows}


async def first_year(tx: Tx) -> int:
    """The year of the city's first case, this year while there is none. One query."""
    first = await tx.fetchval("SELECT min(created_at) FROM case_file")
    return local_year(tx, first or tx.now)
