"""What the staff type about rooms and hours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any
from uuid import UUID

from msgspec import Struct

from procon.auth.accounts.queries import StaffRow
from procon.hearings.forms import day_of, identifier
from procon.hearings.queries import RoomKind, RoomRow
from procon.hearings.setup.commands import Pattern, Room
from procon.hearings.video import checked_template
from procon.kernel.errors import Invalid, Refused
from procon.kernel.text import clean, typed_text

WEEKDAYS = ("segunda", "terça", "quarta", "quinta", "sexta")
KINDS: Mapping[str, RoomKind] = {
    "presencial": "presencial",
    "video": "video",
    "sala_assistida": "sala_assistida",
}
MOST_DAYS = 366
NAME_MAX, ADDRESS_MAX = 80, 300


class TypedRoom(Struct, frozen=True, forbid_unknown_fields=True):
    """The room form as it was typed."""

    nome: str = ""
    tipo: str = "presencial"
    endereco: str = ""
    posto: str = ""
    lugares: str = "1"
    ativa: str = "sim"


class TypedPattern(Struct, frozen=True, forbid_unknown_fields=True):
    """The hours form as it was typed."""

    sala: str = ""
    de: str = ""
    ate: str = ""
    dias: tuple[str, ...] = ("0", "1", "2", "3", "4")
    abre: str = "09:00"
    fecha: str = "12:00"
    duracao: str = "40"
    tolerancia: str = "15"
    conciliador: str = ""


def typed_room(form: Mapping[str, Any]) -> TypedRoom:
    """What was typed, whether usable or not."""
    return TypedRoom(
        nome=typed_text(form, "nome"),
        tipo=typed_text(form, "tipo"),
        endereco=typed_text(form, "endereco"),
        posto=typed_text(form, "posto"),
        lugares=typed_text(form, "lugares"),
        ativa=typed_text(form, "ativa"),
    )


def typed_pattern(form: Any) -> TypedPattern:
    """What was typed, whether usable or not. `form`: Litestar's form, for the boxes of the days."""
    days = form.getall("dias", [])
    return TypedPattern(
        sala=typed_text(form, "sala"),
        de=typed_text(form, "de"),
        ate=typed_text(form, "ate"),
        dias=tuple(day for day in days if isinstance(day, str)),
        abre=typed_text(form, "abre"),
        fecha=typed_text(form, "fecha"),
        duracao=typed_text(form, "duracao"),
        tolerancia=typed_text(form, "tolerancia"),
        conciliador=typed_text(form, "conciliador"),
    )


def parse_room(typed: TypedRoom) -> Room:
    """A room. Raises Invalid with every field that is wrong."""
    errors: dict[str, str] = {}
    name, address = clean(typed.nome, NAME_MAX + 1), clean(typed.endereco, ADDRESS_MAX + 1)
    if not name or len(name) > NAME_MAX:
        errors["nome"] = "Escreva o nome da sala, com até 80 caracteres."
    kind = KINDS.get(typed.tipo)
    if kind is None:
        errors["tipo"] = "Escolha como é a sala."
    errors |= _address_errors(kind, address)
    capacity = _number(typed.lugares, 1, 50)
    if capacity is None:
        errors["lugares"] = "Escreva um número de 1 a 50."
    if errors or kind is None or capacity is None:
        raise Invalid(errors)
    point = clean(typed.posto, NAME_MAX)
    return Room(name, kind, address, point, capacity, active=typed.ativa == "sim")


def parse_pattern(
    typed: TypedPattern, *, rooms: Sequence[RoomRow], staff: Sequence[StaffRow]
) -> Pattern:
    """Which hours to make. Raises Invalid with every field that is wrong."""
    errors: dict[str, str] = {}
    room_id = identifier(typed.sala)
    if room_id not in {room.id for room in rooms}:
        errors["sala"] = "Escolha uma das salas."
    first, last = _day("de", typed.de, errors), _day("ate", typed.ate, errors)
    if first and last:
        errors |= _range_errors(first, last)
    days = frozenset(int(day) for day in typed.dias if day in {"0", "1", "2", "3", "4"})
    if not days:
        errors["dias"] = "Marque pelo menos um dia da semana."
    opens, closes = _hour("abre", typed.abre, errors), _hour("fecha", typed.fecha, errors)
    minutes = _number(typed.duracao, 10, 240)
    tolerance = _number(typed.tolerancia, 0, 60)
    if minutes is None:
        errors["duracao"] = "Escreva os minutos, de 10 a 240."
    if tolerance is None:
        errors["tolerancia"] = "Escreva os minutos, de 0 a 60."
    if opens and closes and minutes and _minute(closes) - _minute(opens) < minutes:
        errors["fecha"] = "Entre o começo e o fim precisa caber pelo menos uma audiência."
    conciliator = _conciliator(typed.conciliador, staff, errors)
    if errors or not (room_id and first and last and opens and closes and minutes):
        raise Invalid(errors)
    return Pattern(
        room_id=room_id,
        first=first,
        last=last,
        weekdays=days,
        opens=opens,
        closes=closes,
        minutes=minutes,
        tolerance=tolerance or 0,
        conciliator_id=conciliator.id if conciliator else None,
        conciliator_name=conciliator.name if conciliator else "",
    )


def parse_block(form: Mapping[str, Any]) -> tuple[UUID, bool]:
    """Which hour, and whether it is taken out. Raises Invalid."""
    found = identifier(typed_text(form, "horario"))
    if found is None:
        raise Invalid({"horario": "Não encontramos este horário."})
    return found, typed_text(form, "bloquear") == "sim"


def _address_errors(kind: RoomKind | None, address: str) -> dict[str, str]:
    if len(address) > ADDRESS_MAX:
        return {"endereco": "O endereço pode ter até 300 caracteres."}
    if kind in ("presencial", "sala_assistida") and not address:
        return {"endereco": "Escreva o endereço: as partes precisam saber aonde ir."}
    if kind == "video" and address:
        try:
            checked_template(address)
        except Refused:
            return {
                "endereco": "O endereço da sala de vídeo começa com https:// e tem {hearing} no"
                " lugar do nome da sala. Deixe vazio para usar a sala da cidade."
            }
    return {}


def _range_errors(first: date, last: date) -> dict[str, str]:
    if last < first:
        return {"ate": "O último dia vem antes do primeiro."}
    if (last - first).days > MOST_DAYS:
        return {"ate": "Escolha um período de até um ano."}
    return {}


def _conciliator(text: str, staff: Sequence[StaffRow], errors: dict[str, str]) -> StaffRow | None:
    found = {str(one.id): one for one in staff}
    if text and text not in found:
        errors["conciliador"] = "Escolha uma pessoa da lista."
    return found.get(text)


def _day(field: str, text: str, errors: dict[str, str]) -> date | None:
    try:
        found = day_of(text)
    except ValueError as error:
        errors[field] = str(error)
        return None
    if not 2000 <= found.year <= 2100:
        errors[field] = "Confira o ano."
        return None
    return found


def _hour(field: str, text: str, errors: dict[str, str]) -> time | None:
    bare = text.strip()
    hours, sign, minutes = bare.partition(":")
    plain = bare.isascii() and hours.isdigit() and minutes.isdigit() and sign and len(bare) <= 5
    if plain and int(hours) < 24 and int(minutes) < 60:
        return time(int(hours), int(minutes))
    errors[field] = "Escreva a hora como 09:00."
    return None


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


def _number(text: str, least: int, most: int) -> int | None:
    bare = text.strip()
    if not (bare.isascii() and bare.isdigit() and len(bare) < 6):
        return None
    return int(bare) if least <= int(bare) <= most else None
