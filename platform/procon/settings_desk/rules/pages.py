"""What the pages of the city's deadline rules show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from msgspec import Struct, structs

from procon.auth.actor import Actor
from procon.deadlines.book import Book, RuleVersion, rule_on
from procon.deadlines.commands import RuleChange, set_rule
from procon.deadlines.queries import book_for
from procon.deadlines.rules import DEFAULT_RULES, START_NAMES, UNIT_NAMES, Rule
from procon.deadlines.simulator.pages import amount_of
from procon.kernel.errors import NotFound
from procon.portal.shell import Option
from procon.settings_desk.decide import Proposal
from procon.settings_desk.impact import Touch
from procon.settings_desk.rules.forms import typed
from procon.tenancy.scope import Tx

HERE = "/equipe/configuracoes/prazos"


class RuleLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One rule of the list. `own` says that the city has set it."""

    key: str
    title: str
    amount: str
    bounds: str
    legal_basis: str
    own: bool


class RulesPage(Struct, frozen=True, forbid_unknown_fields=True):
    """Every rule as it is in force today."""

    lines: tuple[RuleLine, ...]
    today: date


class VersionLine(Struct, frozen=True, forbid_unknown_fields=True):
    """One change of a rule."""

    version: int
    amount: str
    course: str
    legal_basis: str
    valid: str
    changed_at: datetime
    author: str


class RulePage(Struct, frozen=True, forbid_unknown_fields=True):
    """One rule: how it is, how it was, and the form that changes it."""

    rule: Rule
    amount: str
    course: str
    bounds: str
    units: tuple[Option, ...]
    starts: tuple[Option, ...]
    history: tuple[VersionLine, ...]
    form: Mapping[str, str]
    errors: Mapping[str, str] = {}


async def rules_page(tx: Tx) -> RulesPage:
    """The list. One query."""
    today = tx.now.date()
    book = await book_for(tx, today.year, today.year)
    return RulesPage(
        tuple(_line(book, key, book.local_day(tx.now)) for key in DEFAULT_RULES), today
    )


async def rule_page(
    tx: Tx,
    key: str,
    *,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> RulePage:
    """One rule; the form holds what was typed, or today's values. Raises NotFound."""
    book = await book_for(tx, tx.now.year, tx.now.year)
    today = book.local_day(tx.now)
    rule = _known(book, key, today)
    history = [version for version in book.versions if version.key == key]
    return RulePage(
        rule=rule,
        amount=amount_of(rule),
        course=course_of(rule.start, rule.suspended_by_recess),
        bounds=_bounds(rule),
        units=tuple(Option(unit, UNIT_NAMES[unit].capitalize()) for unit in rule.units),
        starts=tuple(Option(start, name) for start, name in START_NAMES.items()),
        history=tuple(_version(rule, version) for version in reversed(history)),
        form=form or _filled(rule, today, history[-1].version if history else 0),
        errors=errors or {},
    )


async def rule_today(tx: Tx, key: str) -> Rule:
    """The rule as it is in force now. Raises NotFound."""
    book = await book_for(tx, tx.now.year, tx.now.year)
    return _known(book, key, book.local_day(tx.now))


def course_of(start: str, suspended: bool) -> str:
    """When a count begins, and whether the recess stops it."""
    begin = next(name for key, name in START_NAMES.items() if key == start)
    return (
        f"Começa {begin[0].lower()}{begin[1:]} e {'para' if suspended else 'não para'} no recesso."
    )


def proposal_of(
    rule: Rule, change: RuleChange, form: Mapping[str, str], tx: Tx, actor: Actor
) -> Proposal:
    """The change in words, and which deadlines it can reach: those that began in its time."""
    new = structs.replace(rule, amount=change.amount, unit=change.unit)
    until = f" até {change.valid_to:%d/%m/%Y}" if change.valid_to else ", sem data para terminar"
    return Proposal(
        title=f"Mudar o prazo “{rule.title}”",
        facts=(
            (
                "Como é hoje",
                f"{amount_of(rule)}. {course_of(rule.start, rule.suspended_by_recess)}",
            ),
            (
                "Como fica",
                f"{amount_of(new)}. {course_of(change.start, change.suspended_by_recess)}",
            ),
            ("Base legal", change.legal_basis),
            ("Vigência", f"de {change.valid_from:%d/%m/%Y}{until}"),
        ),
        action=f"{HERE}/{rule.key}",
        back=f"{HERE}/{rule.key}",
        fields=form,
        change=lambda scope: set_rule(scope, actor=actor, change=change),
        touch=Touch(
            first_day=change.valid_from,
            last_day=change.valid_to or date.max,
            since=tx.now,
            key=rule.key,
        ),
        done="Regra guardada.",
        reason=f"A cidade mudou a regra “{rule.title}” ({change.legal_basis}).",
    )


def _known(book: Book, key: str, day: date) -> Rule:
    if key not in DEFAULT_RULES:
        raise NotFound("Não existe este prazo.")
    return rule_on(book, key, day)


def _line(book: Book, key: str, day: date) -> RuleLine:
    rule = rule_on(book, key, day)
    return RuleLine(
        key=key,
        title=rule.title,
        amount=amount_of(rule),
        bounds=_bounds(rule),
        legal_basis=rule.legal_basis,
        own=rule.version != DEFAULT_RULES[key].version,
    )


def _bounds(rule: Rule) -> str:
    units = " ou ".join(UNIT_NAMES[unit] for unit in rule.units)
    if rule.least == rule.most:
        return f"{rule.least} {units}"
    return f"de {rule.least} a {rule.most} {units}"


def _version(rule: Rule, held: RuleVersion) -> VersionLine:
    one = {"corridos": "dia corrido", "uteis": "dia útil", "minutos": "minuto"}
    ends = f" até {held.valid_to:%d/%m/%Y}" if held.valid_to else ""
    return VersionLine(
        version=held.version,
        amount=f"{held.amount} {UNIT_NAMES[held.unit] if held.amount > 1 else one[held.unit]}",
        course=course_of(held.start, held.suspended_by_recess),
        legal_basis=held.legal_basis,
        valid=f"desde {held.valid_from:%d/%m/%Y}{ends}",
        changed_at=held.changed_at,
        author=held.author,
    )


def _filled(rule: Rule, today: date, version: int) -> dict[str, str]:
    return typed({}) | {
        "quantidade": str(rule.amount),
        "unidade": rule.unit,
        "inicio": rule.start,
        "recesso": "sim" if rule.suspended_by_recess else "",
        "base_legal": rule.legal_basis,
        "vale_de_dia": str(today.day),
        "vale_de_mes": str(today.month),
        "vale_de_ano": str(today.year),
        "versao": str(version),
    }
