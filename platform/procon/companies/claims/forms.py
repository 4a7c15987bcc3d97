"""What is typed in a request, and in the staff's answer to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from msgspec import Struct

from procon.companies.forms import text_of
from procon.kernel.documents import BadDocument, parse_cnpj, parse_email
from procon.kernel.errors import Invalid
from procon.kernel.text import clean, is_form_key

REASON_MAX = 2000


class Asked(Struct, frozen=True, forbid_unknown_fields=True):
    """A request to act for a CNPJ. `key` makes sending it twice harmless."""

    cnpj: str
    company: str
    email: str
    key: UUID


class Decision(Struct, frozen=True, forbid_unknown_fields=True):
    """What the staff decided, and why when they refused."""

    approve: bool
    reason: str


def parse_asked(form: Mapping[str, Any]) -> Asked:
    """A request. Raises Invalid, with a sentence for each field."""
    errors: dict[str, str] = {}
    cnpj = email = ""
    try:
        cnpj = parse_cnpj(text_of(form, "cnpj"))
    except BadDocument as error:
        errors["cnpj"] = error.reason
    try:
        email = parse_email(text_of(form, "email"))
    except BadDocument as error:
        errors["email"] = error.reason
    company, key = clean(text_of(form, "empresa"), 200), text_of(form, "_chave")
    if not company:
        errors["empresa"] = "Escreva o nome da empresa, como está no contrato social."
    if not is_form_key(key):
        errors.setdefault("cnpj", "Esta página ficou aberta por muito tempo. Envie de novo.")
    if errors:
        raise Invalid(errors)
    return Asked(cnpj, company, email, UUID(key))


def parse_decision(form: Mapping[str, Any]) -> Decision:
    """Approve, or refuse with a reason. Raises Invalid."""
    choice, raw = text_of(form, "decisao"), form.get("motivo", "")
    reason = clean(raw if isinstance(raw, str) else "", REASON_MAX + 1, multiline=True)
    errors: dict[str, str] = {}
    if choice not in {"aprovar", "recusar"}:
        errors["decisao"] = "Escolha se aprova ou recusa o pedido."
    if choice == "recusar" and not reason:
        errors["motivo"] = "Explique por que o pedido foi recusado. A pessoa vai ler este texto."
    if len(reason) > REASON_MAX:
        errors["motivo"] = "O texto pode ter até 2.000 caracteres."
    if errors:
        raise Invalid(errors)
    return Decision(choice == "aprovar", reason)
