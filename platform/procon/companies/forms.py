"""What a company's administrator types about its people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, cast, get_args
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from procon.auth.companies.commands import Wanted
from procon.auth.companies.queries import Digest, Role
from procon.kernel.documents import BadDocument, cnpj_root, parse_cnpj, parse_cpf, parse_email
from procon.kernel.errors import Invalid
from procon.kernel.text import clean
from procon.tenancy.scope import Tx

NAME_MAX = 120
_NUMBER = re.compile(r"[0-9]{1,4}")


class Change(Struct, frozen=True, forbid_unknown_fields=True):
    """Another role, another end."""

    role: Role
    expires_at: datetime | None


def text_of(form: Mapping[str, Any], name: str) -> str:
    """A field as it was typed, without what no field holds."""
    value = form.get(name, "")
    return clean(value, 2000) if isinstance(value, str) else ""


def typed(form: Mapping[str, Any]) -> dict[str, str]:
    """Everything short that was typed, to show it again."""
    return {name: text_of(form, name)[:200] for name in form if isinstance(form.get(name), str)}


def parse_invitation(form: Mapping[str, Any], tx: Tx, *, root: str) -> Wanted:
    """Whom to let in, as what and until when.

    Raises:
        Invalid: with a sentence for each field.
    """
    errors: dict[str, str] = {}
    email, cpf, branch = "", None, None
    try:
        email = parse_email(text_of(form, "email"))
    except BadDocument as error:
        errors["email"] = error.reason
    if text_of(form, "cpf"):
        try:
            cpf = parse_cpf(text_of(form, "cpf"))
        except BadDocument as error:
            errors["cpf"] = error.reason
    if text_of(form, "filial"):
        branch = _branch(text_of(form, "filial"), root, errors)
    role = _role(form, errors)
    expires_at = _end(form, tx, errors)
    if errors:
        raise Invalid(errors)
    name = clean(text_of(form, "nome"), NAME_MAX)
    return Wanted(email=email, cpf=cpf, name=name, role=role, branch=branch, expires_at=expires_at)


def parse_change(form: Mapping[str, Any], tx: Tx) -> Change:
    """A member's new role and end. Raises Invalid."""
    errors: dict[str, str] = {}
    change = Change(_role(form, errors), _end(form, tx, errors))
    if errors:
        raise Invalid(errors)
    return change


def parse_digest(form: Mapping[str, Any]) -> Digest:
    """How often to write. Raises Invalid."""
    wanted = text_of(form, "frequencia")
    if wanted not in get_args(Digest):
        raise Invalid({"frequencia": "Escolha quando quer receber os avisos."})
    return cast("Digest", wanted)


def root_of(text: str) -> str:
    """A root of CNPJ from an address, "" when it cannot be one."""
    return text if re.fullmatch(r"[0-9A-Z]{8}", text) else ""


def _role(form: Mapping[str, Any], errors: dict[str, str]) -> Role:
    try:
        role: Role = msgspec.convert(text_of(form, "funcao"), Role)
    except msgspec.ValidationError:
        errors["funcao"] = "Escolha o que esta pessoa pode fazer."
        return "reads"
    return role


def _branch(text: str, root: str, errors: dict[str, str]) -> str | None:
    try:
        cnpj = parse_cnpj(text)
    except BadDocument as error:
        errors["filial"] = error.reason
        return None
    if cnpj_root(cnpj) != root:
        errors["filial"] = "Este CNPJ é de outra empresa."
        return None
    return cnpj


def _end(form: Mapping[str, Any], tx: Tx, errors: dict[str, str]) -> datetime | None:
    """The last second of the local day that was typed; None for no end."""
    parts = [text_of(form, f"validade_{part}") for part in ("ano", "mes", "dia")]
    if not any(parts):
        return None
    try:
        if not all(_NUMBER.fullmatch(part) for part in parts):
            raise ValueError
        day = date(*(int(part) for part in parts))
    except ValueError:
        errors["validade"] = "Esta data não existe. Escreva dia, mês e ano, como 31 12 2027."
        return None
    zone = ZoneInfo(tx.tenant.timezone)
    today = tx.now.astimezone(zone).date()
    if not today <= day <= date(today.year + 10, 12, 31):
        errors["validade"] = "A data precisa ser de hoje em diante, até dez anos."
        return None
    return datetime.combine(day, time(23, 59, 59), zone)
