"""The list's filter: a query string, read strictly and written back in one canonical form."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from datetime import date, datetime
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from msgspec import Struct, structs

from procon.cases.standard import STANDARD
from procon.cases.taxonomy import AREAS
from procon.kernel.errors import Invalid
from procon.kernel.text import clean

ORDERS = {"prazo": "Prazo mais perto", "aberto": "Mais novos", "mudanca": "Mudaram por último"}
CHANNELS = {"online": "Pela internet", "post": "No atendimento"}
ME, NOBODY = "eu", "ninguem"
NAME_MOST = 60
_YEARS = range(1990, 2200)


class Cursor(Struct, frozen=True):
    """Where the last page ended: the value that the list is ordered by, and the case."""

    at: datetime | None
    id: UUID


class Filter(Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked for; a blank field asks for nothing.

    Attributes:
        responsavel: ME, NOBODY or the id of a member of the staff.
        assunto: code of an area.
        empresa: words of a name, or a CNPJ.
    """

    estado: tuple[str, ...] = ()
    responsavel: str = ""
    assunto: str = ""
    empresa: str = ""
    prazo_de: date | None = None
    prazo_ate: date | None = None
    aberto_de: date | None = None
    aberto_ate: date | None = None
    canal: str = ""
    posto: str = ""
    resultado: str = ""
    etiqueta: str = ""
    texto: str = ""
    ordem: str = "prazo"


def parse_filter(pairs: Iterable[tuple[str, str]]) -> Filter:
    """The filter of a query string. What cannot be read asks for nothing: links live long."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)

    def one(name: str, most: int = 80) -> str:
        return clean(found.get(name, [""])[-1], most)

    def known(name: str, values: Iterable[str]) -> str:
        return one(name) if one(name) in values else ""

    states = {state.key for state in STANDARD.states}
    return Filter(
        estado=tuple(sorted(states & set(found.get("estado", ())))),
        responsavel=_person(one("responsavel")),
        assunto=known("assunto", [area.code for area in AREAS]),
        empresa=one("empresa"),
        prazo_de=_day(one("prazo_de")),
        prazo_ate=_day(one("prazo_ate")),
        aberto_de=_day(one("aberto_de")),
        aberto_ate=_day(one("aberto_ate")),
        canal=known("canal", CHANNELS),
        posto=one("posto", 120),
        resultado=known("resultado", STANDARD.outcomes),
        etiqueta=tag_of(one("etiqueta")),
        texto=one("texto", 120),
        ordem=known("ordem", ORDERS) or "prazo",
    )


def parse_query(query: str) -> Filter:
    """The filter of an encoded query string."""
    return parse_filter(parse_qsl(query[:4_000]))


def query_of(wanted: Filter) -> str:
    """The filter as a query string, always in the same order and without what is blank."""
    pairs: list[tuple[str, str]] = []
    for name, value in structs.asdict(wanted).items():
        if isinstance(value, tuple):
            pairs += [(name, one) for one in value]
        elif isinstance(value, date):
            pairs.append((name, value.isoformat()))
        elif value and (name, value) != ("ordem", "prazo"):
            pairs.append((name, value))
    return urlencode(pairs)


def parse_cursor(text: str) -> Cursor | None:
    """Where to go on. One that cannot be read is the beginning."""
    try:
        at, _, identifier = base64.urlsafe_b64decode(text.encode()).decode().partition("|")
        when = datetime.fromisoformat(at) if at else None
        if when is not None and when.tzinfo is None:
            return None
        return Cursor(when, UUID(identifier))
    except (ValueError, binascii.Error):
        return None


def cursor_text(cursor: Cursor) -> str:
    """The cursor for an address."""
    at = cursor.at.isoformat() if cursor.at else ""
    return base64.urlsafe_b64encode(f"{at}|{cursor.id}".encode()).decode()


def parse_name(text: str) -> str:
    """Name of a saved filter. Raises Invalid."""
    name = clean(text, len(text))
    if not name:
        raise Invalid({"nome": "Dê um nome ao filtro."})
    if len(name) > NAME_MOST:
        raise Invalid({"nome": f"Use no máximo {NAME_MOST} caracteres."})
    return name


def tag_of(text: str) -> str:
    """A tag as it is kept: small letters, hyphens between words, at most 40 characters."""
    return "-".join(clean(text, 200).lower().replace(",", " ").split())[:40].strip("-")


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year in _YEARS else None


def _person(text: str) -> str:
    if text in (ME, NOBODY):
        return text
    try:
        return str(UUID(text))
    except ValueError:
        return ""
