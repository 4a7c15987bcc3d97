"""What lawyers, clients and staff type, checked and cleaned."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Literal, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.auth.mandates.model import (
    LAWYER_KINDS,
    POWERS,
    REPRESENTATIVES,
    ROLES_OF_SIDE,
    BadOab,
    LawyerKind,
    Oab,
    PartyRole,
    RepresentativeKind,
    Side,
    parse_oab,
)
from procon.kernel.documents import BadDocument, parse_cnpj, parse_cpf, parse_email
from procon.kernel.errors import Invalid, NotFound
from procon.kernel.text import clean, is_form_key, typed_text
from procon.lawyers.commands import Filing

NAME_MOST, TEXT_MOST, REASON_MOST = 120, 300, 1_000
YEARS_MOST = 10
_OLD = "Esta página ficou aberta por muito tempo. Confira e envie de novo."

Form = Mapping[str, Any]


class Registration(Struct, frozen=True, forbid_unknown_fields=True):
    """A lawyer's inscription as declared."""

    oab: Oab
    kind: LawyerKind
    supervisor: Oab | None


class Substitution(Struct, frozen=True, forbid_unknown_fields=True):
    """To whom powers go, and whether the first lawyer keeps them."""

    to: Oab
    with_reserve: bool
    powers: tuple[str, ...]
    key: str


class Grant(Struct, frozen=True, forbid_unknown_fields=True):
    """A mandate as the client gives it. `number` "" means all cases; `root` names the company
    when the client is one."""

    to: Oab
    number: str
    root: str
    powers: tuple[str, ...]
    expires_at: datetime | None
    key: str


class NewRepresentative(Struct, frozen=True, forbid_unknown_fields=True):
    """Who answers for a consumer from now on."""

    person_id: UUID
    cpf: str
    name: str
    email: str
    kind: RepresentativeKind
    document: str
    expires_at: datetime | None


class NewParty(Struct, frozen=True, forbid_unknown_fields=True):
    """A further party. `document`: CPF of a consumer, CNPJ of a supplier."""

    side: Side
    role: PartyRole
    document: str
    name: str
    email: str


def typed(form: Form) -> dict[str, str]:
    """The form as text, to show it again; files and repeated fields are left out."""
    return {str(name)[:60]: value[:5_000] for name, value in form.items() if isinstance(value, str)}


def chosen(form: Any, name: str) -> tuple[str, ...]:
    """All values of a group of boxes."""
    found = form.getall(name, []) if hasattr(form, "getall") else []
    return tuple(value[:60] for value in found if isinstance(value, str))[:50]


def form_key(form: Form) -> str:
    """The form's key. Raises Invalid on the first field when it is not ours."""
    key = typed_text(form, "_chave")
    if not is_form_key(key):
        raise Invalid({"oab": _OLD, "numero": _OLD})
    return key


def parse_registration(form: Form) -> Registration:
    """Number, state, kind; a trainee's supervisor. Raises Invalid."""
    errors: dict[str, str] = {}
    kind = typed_text(form, "tipo")
    if kind not in LAWYER_KINDS:
        errors["tipo"] = "Escolha o tipo de inscrição."
    oab = _oab(form, errors, kind=kind)
    supervisor = None
    if kind == "estagiario":
        supervisor = _oab(form, errors, number="supervisor", uf="supervisor_uf")
    if errors or oab is None:
        raise Invalid(errors)
    return Registration(oab, cast(LawyerKind, kind), supervisor)


def parse_filing(form: Form, powers: tuple[str, ...], *, today: date, tz: str) -> Filing:
    """A procuração that a lawyer files. Raises Invalid."""
    errors: dict[str, str] = {}
    number, side = clean(typed_text(form, "numero"), 40), typed_text(form, "lado")
    if not number:
        errors["numero"] = "Escreva o número do processo."
    if side not in {"consumer", "supplier"}:
        errors["lado"] = "Diga quem é o seu cliente."
    document = ""
    try:
        parse = parse_cnpj if side == "supplier" else parse_cpf
        document = parse(typed_text(form, "documento")[:40])
    except BadDocument as error:
        errors["documento"] = error.reason
    everything = typed_text(form, "alcance") == "todos"
    if typed_text(form, "alcance") not in {"todos", "este"}:
        errors["alcance"] = "Diga se a procuração vale para um processo ou para todos."
    kept = _powers(powers, errors, needed=not everything)
    expires_at = _end(form, "validade", errors, today=today, tz=tz)
    if errors:
        raise Invalid(errors)
    return Filing(number, cast(Side, side), document, everything, kept, expires_at)


def parse_substitution(form: Form, powers: tuple[str, ...]) -> Substitution:
    """Raises Invalid."""
    errors: dict[str, str] = {}
    to = _oab(form, errors)
    reserve = typed_text(form, "reserva")
    if reserve not in {"com", "sem"}:
        errors["reserva"] = "Diga se você continua no caso."
    kept = _powers(powers, errors, needed=reserve == "com")
    if errors or to is None:
        raise Invalid(errors)
    return Substitution(to, reserve == "com", kept, form_key(form))


def parse_grant(form: Form, powers: tuple[str, ...], *, today: date, tz: str) -> Grant:
    """A mandate given online. Raises Invalid."""
    errors: dict[str, str] = {}
    to = _oab(form, errors)
    number = clean(typed_text(form, "processo"), 40)
    kept = _powers(powers, errors, needed=bool(number))
    expires_at = _end(form, "validade", errors, today=today, tz=tz)
    if errors or to is None:
        raise Invalid(errors)
    root = clean(typed_text(form, "empresa"), 8)
    return Grant(to, number, root, kept, expires_at, form_key(form))


def parse_decision(form: Form) -> tuple[bool, str]:
    """Verified or not, and why not. Raises Invalid."""
    decision = typed_text(form, "decisao")
    reason = clean(typed_text(form, "motivo"), REASON_MOST, multiline=True)
    if decision not in {"conferido", "recusado"}:
        raise Invalid({"decisao": "Escolha: conferido ou recusado."})
    if decision == "recusado" and not reason:
        raise Invalid({"motivo": "Escreva o motivo. A pessoa vai ler este texto."})
    return decision == "conferido", reason


def parse_reason(form: Form) -> str:
    """Why a paper is refused. Raises Invalid."""
    reason = clean(typed_text(form, "motivo"), REASON_MOST, multiline=True)
    if not reason:
        raise Invalid({"motivo": "Escreva o motivo. As partes vão ler este texto."})
    return reason


def parse_representative(form: Form, *, today: date, tz: str) -> NewRepresentative:
    """Raises Invalid."""
    errors: dict[str, str] = {}
    person = identifier(typed_text(form, "consumidor"))
    if person is None:
        errors["consumidor"] = "Escolha o consumidor."
    kind = typed_text(form, "qualidade")
    if kind not in REPRESENTATIVES:
        errors["qualidade"] = "Escolha em que qualidade a pessoa representa."
    cpf = _document(form, "rep_cpf", errors, parse_cpf)
    name = clean(typed_text(form, "rep_nome"), NAME_MOST)
    if not name:
        errors["rep_nome"] = "Escreva o nome da pessoa."
    email = _email(form, "rep_email", errors)
    document = clean(typed_text(form, "rep_documento"), TEXT_MOST)
    if not document:
        errors["rep_documento"] = "Diga que documento a pessoa mostrou."
    expires_at = _end(form, "validade", errors, today=today, tz=tz)
    if errors or person is None:
        raise Invalid(errors)
    return NewRepresentative(
        person, cpf, name, email, cast(RepresentativeKind, kind), document, expires_at
    )


def parse_party(form: Form, side: Literal["consumer", "supplier"]) -> NewParty:
    """A second consumer or supplier. Field names end in the side's own. Raises Invalid."""
    errors: dict[str, str] = {}
    prefix = "pessoa" if side == "consumer" else "empresa"
    role = typed_text(form, f"{prefix}_papel")
    if role not in ROLES_OF_SIDE[side]:
        errors[f"{prefix}_papel"] = "Escolha o papel no processo."
    parse = parse_cpf if side == "consumer" else parse_cnpj
    document = _document(form, f"{prefix}_documento", errors, parse)
    name = clean(typed_text(form, f"{prefix}_nome"), NAME_MOST)
    if not name:
        errors[f"{prefix}_nome"] = "Escreva o nome."
    email = _email(form, f"{prefix}_email", errors)
    if errors:
        raise Invalid(errors)
    return NewParty(side, cast(PartyRole, role), document, name, email)


def identifier(text: str) -> UUID | None:
    """A UUID as typed, or None."""
    try:
        return UUID(text)
    except ValueError:
        return None


def posted_id(form: Form, name: str) -> UUID:
    """The id in a hidden field. Raises NotFound when it is none."""
    found = identifier(typed_text(form, name))
    if found is None:
        raise NotFound
    return found


def _oab(
    form: Form,
    errors: dict[str, str],
    *,
    number: str = "oab",
    uf: str = "uf",
    kind: str = "",
) -> Oab | None:
    try:
        return parse_oab(typed_text(form, number)[:40], typed_text(form, uf)[:2], kind)
    except BadOab as error:
        errors[number if error.field == "oab" else uf] = error.reason
        return None


def _powers(powers: tuple[str, ...], errors: dict[str, str], *, needed: bool) -> tuple[str, ...]:
    kept = tuple(power for power in POWERS if power in powers)
    if needed and not kept:
        errors["poderes"] = "Marque pelo menos um poder."
    return kept


def _end(form: Form, name: str, errors: dict[str, str], *, today: date, tz: str) -> datetime | None:
    """The end of the day in the city, or None when all three boxes are blank."""
    parts = [typed_text(form, f"{name}_{part}").strip() for part in ("dia", "mes", "ano")]
    if not any(parts):
        return None
    try:
        day, month, year = (int(part) for part in parts if part.isascii() and part.isdigit())
        end = date(year, month, day)
    except (ValueError, OverflowError):
        errors[name] = "Esta data não existe. Use dia, mês e ano, como 27 3 2027."
        return None
    if end < today:
        errors[name] = "A validade precisa ser de hoje em diante."
        return None
    if end.year - today.year > YEARS_MOST:
        errors[name] = f"A validade pode ser de até {YEARS_MOST} anos."
        return None
    last = datetime.combine(end, time(23, 59, 59), tzinfo=ZoneInfo(tz))
    return last.astimezone(UTC)


def _document(form: Form, name: str, errors: dict[str, str], parse: Any) -> str:
    try:
        return str(parse(typed_text(form, name)[:40]))
    except BadDocument as error:
        errors[name] = error.reason
        return ""


def _email(form: Form, name: str, errors: dict[str, str]) -> str:
    text = typed_text(form, name).strip()
    if not text:
        return ""
    try:
        return parse_email(text[:300])
    except BadDocument as error:
        errors[name] = error.reason
        return ""
