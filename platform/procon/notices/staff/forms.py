"""What the staff type about letters, cards, meetings and editais, checked and cleaned."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.kernel.documents import BadDocument, parse_cep, parse_email
from procon.kernel.errors import Invalid
from procon.kernel.text import clean, is_form_key
from procon.notices.staff.acts import Card, Edital, Meeting, Postal

LINE_MOST = 120
TEXT_MOST = 4_000
# How long an edital hangs before it counts, when the city has no other rule.
EDITAL_DAYS = 10
_TRACKING = re.compile(r"[A-Z]{2}[0-9]{9}BR")
_HOUR = re.compile(r"([01]?\d|2[0-3])[:hH]([0-5]\d)")
_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


class Typed(Struct, frozen=True, forbid_unknown_fields=True):
    """The fields as they were typed, to show them again."""

    destinatario: str = ""
    endereco: str = ""
    cep: str = ""
    rastreio: str = ""
    quando_dia: str = ""
    quando_mes: str = ""
    quando_ano: str = ""
    vale_dia: str = ""
    vale_mes: str = ""
    vale_ano: str = ""
    hora: str = ""
    resultado: str = ""
    quem: str = ""
    texto: str = ""
    onde: str = ""
    email: str = ""
    confirmar: str = ""


def typed(form: Mapping[str, Any]) -> Typed:
    """The known fields of a posted form, as text; files and unknown fields are left out."""
    found = {name: form.get(name) for name in Typed.__struct_fields__}
    return Typed(**{name: value for name, value in found.items() if isinstance(value, str)})


def form_key(form: Mapping[str, Any]) -> str:
    """The key under which the form's file waits; "" when it has no proper one."""
    key = form.get("_chave", "")
    return key if isinstance(key, str) and is_form_key(key) else ""


def parse_letter(form: Typed) -> Postal:
    """Where a letter goes. Raises Invalid with every field that is wrong."""
    errors: dict[str, str] = {}
    name = _line(errors, "destinatario", form.destinatario, "Escreva o nome de quem recebe.")
    lines = [clean(line, 90) for line in form.endereco.splitlines() if clean(line, 90)]
    if not lines:
        errors["endereco"] = "Escreva rua, número, bairro e cidade."
    elif len(lines) > 4:
        errors["endereco"] = "Use no máximo quatro linhas: é o que cabe na janela do envelope."
    try:
        cep = parse_cep(form.cep)
        lines.append(f"CEP {cep[:5]}-{cep[5:]}")
    except BadDocument as error:
        errors["cep"] = error.reason
    tracking = _tracking(errors, form.rastreio, required=False)
    _raise(errors)
    return Postal(name, "\n".join(lines), tracking)


def parse_posting(form: Typed, *, today: date) -> tuple[str, date]:
    """Tracking code and day of posting. Raises Invalid."""
    errors: dict[str, str] = {}
    tracking = _tracking(errors, form.rastreio, required=True)
    day = _past(errors, form, today)
    _raise(errors)
    return tracking, day


def parse_card(form: Typed, *, today: date) -> Card:
    """What the Correios brought back. Raises Invalid."""
    errors: dict[str, str] = {}
    delivered = form.resultado == "recebida"
    if form.resultado not in {"recebida", "devolvida"}:
        errors["resultado"] = "Diga se a carta foi recebida ou devolvida."
    day = _past(errors, form, today)
    who = why = ""
    if delivered:
        who = _line(errors, "quem", form.quem, "Escreva quem assinou o aviso de recebimento.")
    elif "resultado" not in errors:
        why = _line(errors, "texto", form.texto, "Escreva o motivo que os Correios anotaram.")
    _raise(errors)
    return Card(delivered, day, who, why)


def parse_meeting(form: Typed, *, now: datetime, tz: str) -> Meeting:
    """Who came or was met, when and where. Raises Invalid."""
    errors: dict[str, str] = {}
    zone = ZoneInfo(tz)
    day = _past(errors, form, now.astimezone(zone).date())
    found = _HOUR.fullmatch(form.hora.strip())
    if found is None:
        errors["hora"] = "Digite a hora, como 14:30."
    who = _line(errors, "quem", form.quem, "Escreva o nome da pessoa.")
    text = _line(errors, "texto", form.texto, "Escreva onde e como foi.", most=500)
    hour = time(int(found[1]), int(found[2])) if found else time()
    at = datetime.combine(day, hour, zone)
    if not errors and at > now:
        errors["hora"] = "Esta hora ainda não chegou."
    _raise(errors)
    return Meeting(at, who, text)


def parse_edital(form: Typed, *, today: date) -> Edital:
    """Text, place and days of a public notice. Raises Invalid."""
    errors: dict[str, str] = {}
    text = clean(form.texto, len(form.texto), multiline=True)
    if not text:
        errors["texto"] = "Escreva o que o edital comunica."
    elif len(text) > TEXT_MOST:
        errors["texto"] = "O texto pode ter até 4.000 caracteres."
    where = _line(errors, "onde", form.onde, "Escreva onde o edital foi publicado.")
    published = _past(errors, form, today)
    counts = _day(errors, "vale", (form.vale_dia, form.vale_mes, form.vale_ano))
    if not errors and counts < published:
        errors["vale"] = "O edital não pode valer antes de ser publicado."
    if not errors and counts > published + timedelta(days=90):
        errors["vale"] = "Confira o ano: são mais de 90 dias depois da publicação."
    _raise(errors)
    return Edital(text, where, published, counts)


def parse_address(form: Typed) -> str:
    """The other e-mail address. Raises Invalid."""
    try:
        return parse_email(form.email)
    except BadDocument as error:
        raise Invalid({"email": error.reason}) from error


def tracking_fits(code: str) -> bool:
    """Whether a code of the Correios has the right check digit (UPU S10)."""
    if not _TRACKING.fullmatch(code):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(code[2:10], _WEIGHTS, strict=True))
    check = {0: 5, 1: 0}.get(total % 11, 11 - total % 11)
    return int(code[10]) == check


def _tracking(errors: dict[str, str], text: str, *, required: bool) -> str:
    code = re.sub(r"[\s.-]", "", text).upper()
    if not code and not required:
        return ""
    if not tracking_fits(code):
        errors["rastreio"] = (
            "Confira o código: são duas letras, nove números e BR, como AA123456785BR."
        )
    return code


def _line(
    errors: dict[str, str], name: str, value: str, empty: str, *, most: int = LINE_MOST
) -> str:
    text = clean(value, most + 1)
    if not text:
        errors[name] = empty
    elif len(text) > most:
        errors[name] = f"Escreva no máximo {most} caracteres."
    return text


def _past(errors: dict[str, str], form: Typed, today: date) -> date:
    day = _day(errors, "quando", (form.quando_dia, form.quando_mes, form.quando_ano))
    if "quando" not in errors and day > today:
        errors["quando"] = "Esta data ainda não chegou."
    return day


def _day(errors: dict[str, str], name: str, parts: tuple[str, str, str]) -> date:
    digits = [part.strip() for part in parts]
    if not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in digits):
        errors[name] = "Digite dia, mês e ano, como 27 3 2026."
        return date.min
    day, month, year = (int(part) for part in digits)
    try:
        found = date(year, month, day)
    except ValueError:
        errors[name] = "Esta data não existe no calendário."
        return date.min
    if year < 2000:
        errors[name] = "Escreva o ano com quatro números."
    return found


def _raise(errors: dict[str, str]) -> None:
    if errors:
        raise Invalid(errors)
