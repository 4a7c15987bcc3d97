"""What the staff type, checked and cleaned. Field names are unique over the whole case page."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

from msgspec import Struct, structs

from procon.kernel.documents import BadDocument, parse_cnpj, parse_email
from procon.kernel.errors import Invalid
from procon.kernel.text import clean

TEXT_MOST = 4_000
INSERTABLE = frozenset({"nota", "motivo", "explicacao"})
OTHER = "outro"
OTHER_PROCON = "procon"

# Bodies that consumers most often need instead of the Procon.
BODIES: Mapping[str, str] = MappingProxyType(
    {
        "anac": "ANAC (aviação)",
        "anatel": "Anatel (telefonia e internet)",
        "aneel": "ANEEL (energia elétrica)",
        "anp": "ANP (combustíveis e gás)",
        "ans": "ANS (planos de saúde)",
        "antt": "ANTT (transporte terrestre)",
        "bacen": "Banco Central (bancos e cartões)",
        "susep": "SUSEP (seguros)",
        "defensoria": "Defensoria Pública",
        "juizado": "Juizado Especial Cível",
        "mp": "Ministério Público",
        "policia": "Polícia Civil",
        "vigilancia": "Vigilância Sanitária",
        OTHER_PROCON: "Procon de outra cidade",
        OTHER: "Outro órgão",
    }
)


class Typed(Struct, frozen=True, forbid_unknown_fields=True):
    """The case page's fields as they were typed, to show them again after an error."""

    nota: str = ""
    motivo: str = ""
    orgao: str = ""
    qual_orgao: str = ""
    explicacao: str = ""
    responsavel: str = ""
    email_empresa: str = ""
    sem_email: str = ""
    empresa_certa: str = ""
    empresa_certa_cnpj: str = ""
    empresa_certa_email: str = ""
    visto: str = ""
    versao: str = ""
    inserir: str = ""
    modulo: str = ""
    macro: str = ""
    etiqueta: str = ""


class Redirection(Struct, frozen=True, forbid_unknown_fields=True):
    """Which body can help, and why."""

    body: str
    reason: str


class RightCompany(Struct, frozen=True, forbid_unknown_fields=True):
    """The company that the complaint is really against; `cnpj` None when nobody knows it."""

    name: str
    cnpj: str | None
    email: str


class Distribution(Struct, frozen=True, forbid_unknown_fields=True):
    """Who is to be in charge, and who was when the page was shown."""

    to: UUID
    seen: UUID | None


def inserted(form: Typed, bodies: Mapping[str, str]) -> Typed:
    """The form with the chosen text module behind what was typed in the field of `inserir`.

    Args:
        bodies: id of a text module → its text.
    """
    body = bodies.get(form.modulo, "")
    if form.inserir not in INSERTABLE or not body:
        return form
    before = getattr(form, form.inserir).rstrip()
    text = f"{before}\n\n{body}" if before else body
    return structs.replace(form, inserir="", modulo="", **{form.inserir: text})


def typed(form: Mapping[str, Any]) -> Typed:
    """The known fields of a posted form, as text; files and unknown fields are left out."""
    found = {name: form.get(name) for name in Typed.__struct_fields__}
    return Typed(**{name: value for name, value in found.items() if isinstance(value, str)})


def parse_note(form: Typed) -> str:
    """Text of an internal note. Raises Invalid."""
    return _text("nota", form.nota, empty="Escreva a nota.")


def parse_return(form: Typed) -> str:
    """What the consumer has to send. Raises Invalid."""
    empty = "Escreva o que falta. O consumidor vai ler este texto."
    return _text("motivo", form.motivo, empty=empty)


def parse_redirection(form: Typed) -> Redirection:
    """Body and reason. Raises Invalid with every field that is wrong."""
    errors: dict[str, str] = {}
    body = BODIES.get(form.orgao, "")
    other = clean(form.qual_orgao, 120)
    if not body:
        errors["orgao"] = "Escolha o órgão que pode ajudar."
    elif form.orgao in (OTHER, OTHER_PROCON) and not other:
        errors["qual_orgao"] = "Escreva o nome do órgão ou da cidade."
    reason = ""
    try:
        empty = "Explique por que este órgão é o certo. O consumidor vai ler este texto."
        reason = _text("explicacao", form.explicacao, empty=empty)
    except Invalid as refusal:
        errors |= refusal.fields
    if errors:
        raise Invalid(errors)
    named = {OTHER: other, OTHER_PROCON: f"Procon de {other}"}
    return Redirection(body=named.get(form.orgao, body), reason=reason)


def parse_distribution(form: Typed) -> Distribution:
    """The chosen member of the staff. Raises Invalid."""
    wrong = Invalid({"responsavel": "Escolha quem fica responsável."})
    return Distribution(to=_identifier(form.responsavel, wrong), seen=parse_seen(form))


def parse_seen(form: Typed) -> UUID | None:
    """Who was in charge when the page was shown; nobody when blank. Raises Invalid."""
    wrong = Invalid({"responsavel": "Atualize a página e escolha de novo."})
    return _identifier(form.visto, wrong) if form.visto else None


def parse_company(form: Typed) -> RightCompany:
    """Name, and CNPJ and e-mail if known. Raises Invalid with every field that is wrong."""
    errors: dict[str, str] = {}
    name = clean(form.empresa_certa, 160)
    if not name:
        errors["empresa_certa"] = "Escreva o nome da empresa certa."
    cnpj, email = form.empresa_certa_cnpj.strip(), form.empresa_certa_email.strip()
    try:
        cnpj = parse_cnpj(cnpj) if cnpj else ""
    except BadDocument as error:
        errors["empresa_certa_cnpj"] = error.reason
    try:
        email = parse_email(email) if email else ""
    except BadDocument as error:
        errors["empresa_certa_email"] = error.reason
    if errors:
        raise Invalid(errors)
    return RightCompany(name=name, cnpj=cnpj or None, email=email)


def parse_supplier_email(form: Typed) -> str:
    """The supplier's address. Raises Invalid."""
    try:
        return parse_email(form.email_empresa)
    except BadDocument as error:
        raise Invalid({"email_empresa": error.reason}) from error


def check_reachable(form: Typed, supplier_email: str) -> None:
    """A CIP without an e-mail address must be wanted. Raises Invalid."""
    if not supplier_email and form.sem_email != "sim":
        raise Invalid(
            {
                "sem_email": "A empresa não tem e-mail. Cadastre um ou marque que vai avisar"
                " de outro jeito."
            }
        )


def _text(name: str, value: str, *, empty: str) -> str:
    text = clean(value, len(value), multiline=True)
    if not text:
        raise Invalid({name: empty})
    if len(text) > TEXT_MOST:
        over = len(text) - TEXT_MOST
        amount = f"{over} caractere{'s' if over > 1 else ''}"
        raise Invalid({name: f"O texto passou do limite em {amount}. Escreva menos."})
    return text


def _identifier(text: str, wrong: Invalid) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise wrong from error
