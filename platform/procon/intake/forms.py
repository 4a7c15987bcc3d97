"""What people type on the intake pages: one Struct for each question, and its parser.

The same parsers serve the citizen's wizard and the counter. Each takes the posted fields and the
city's today, and raises Invalid with a sentence for each field that is not right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from procon.cases.taxonomy import PROBLEMS, SUBJECTS
from procon.kernel.documents import (
    BadDocument,
    format_cnpj,
    format_cpf,
    parse_cnpj,
    parse_cpf,
    parse_email,
    parse_phone,
)
from procon.kernel.errors import Invalid
from procon.kernel.money import BadAmount, parse_brl
from procon.kernel.text import clean

Posted = Mapping[str, str]
NARRATIVE_MAX = 8000
TEXT_MAX = 3000
LINE_MAX = 160
OTHER_COMPANY = "outra"
# Older than the Code itself (in force since 11 March 1991) is a slip of the keyboard.
FIRST_DAY = date(1991, 3, 11)


class Told(Struct, frozen=True, forbid_unknown_fields=True):
    """What happened, in the person's words."""

    narrative: str

    def shown(self) -> dict[str, str]:
        """The form fields that give this answer."""
        return {"relato": self.narrative}


class Company(Struct, frozen=True, forbid_unknown_fields=True):
    """A registered supplier (`supplier_id`), or one described by name and, if known, CNPJ."""

    supplier_id: UUID | None
    name: str
    cnpj: str | None

    def shown(self) -> dict[str, str]:
        """The form fields that give this answer."""
        return {
            "empresa": str(self.supplier_id) if self.supplier_id else OTHER_COMPANY,
            "empresa_nome": self.name,
            "empresa_cnpj": format_cnpj(self.cnpj) if self.cnpj else "",
        }


class Matter(Struct, frozen=True, forbid_unknown_fields=True):
    """Codes of the taxonomy."""

    subject: str
    problem: str

    def shown(self) -> dict[str, str]:
        """The form fields that give this answer."""
        return {"assunto": self.subject, "problema": self.problem}


class When(Struct, frozen=True, forbid_unknown_fields=True):
    """The day it happened; None when the person does not remember."""

    happened_on: date | None

    def shown(self) -> dict[str, str]:
        """The form fields that give this answer."""
        day = self.happened_on
        if day is None:
            return {"nao_lembro": "sim"}
        parts = {"dia": day.day, "mes": day.month, "ano": day.year}
        return {f"quando_{name}": str(part) for name, part in parts.items()}


class Worth(Struct, frozen=True, forbid_unknown_fields=True):
    """The amount at stake, in reais; None when there is none or it is not known."""

    amount: Decimal | None

    def shown(self) -> dict[str, str]:
        """The form fields that give this answer."""
        amount = self.amount
        typed = "" if amount is None else f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))
        return {"valor": typed}


class Tried(Struct, frozen=True, forbid_unknown_fields=True):
    """What was tried with the company before, and the protocol of its SAC."""

    contacted: bool
    text: str
    protocol: str

    def shown(self) -> dict[str, str]:
        """The form fields that give this answer."""
        tried = "sim" if self.contacted else "nao"
        return {"tentou": tried, "tentativa": self.text, "protocolo": self.protocol}


class Wish(Struct, frozen=True, forbid_unknown_fields=True):
    """What the person wants of the company."""

    text: str

    def shown(self) -> dict[str, str]:
        """The form fields that give this answer."""
        return {"pedido": self.text}


class Files(Struct, frozen=True, forbid_unknown_fields=True):
    """The person has been asked for files; the files themselves are evidence's."""

    def shown(self) -> dict[str, str]:
        """Nothing is typed here."""
        return {}


class Contact(Struct, frozen=True, forbid_unknown_fields=True):
    """Who complains. `cpf` 11 digits, `phone` E.164 or "", `email` "" only at the counter."""

    name: str
    cpf: str
    email: str
    phone: str

    def shown(self) -> dict[str, str]:
        """The form fields that give this answer."""
        return {
            "nome": self.name,
            "cpf": format_cpf(self.cpf),
            "email": self.email,
            "telefone": phone_text(self.phone),
        }


Answer = Told | Company | Matter | When | Worth | Tried | Wish | Files | Contact


def parse_told(form: Posted, today: date) -> Told:
    """Field `relato`."""
    return Told(_long(form, "relato", "Conte o que aconteceu.", least=20, most=NARRATIVE_MAX))


def parse_company(form: Posted, today: date) -> Company:
    """Fields `empresa` (id of a supplier or "outra"), `empresa_nome`, `empresa_cnpj`.

    Whether the id exists in this city is for the caller to check.
    """
    chosen = form.get("empresa", "")
    name = clean(form.get("empresa_nome", ""), LINE_MAX)
    typed = form.get("empresa_cnpj", "").strip()
    if chosen and chosen != OTHER_COMPANY:
        try:
            return Company(supplier_id=UUID(chosen), name=name, cnpj=None)
        except ValueError as error:
            raise Invalid({"empresa": "Escolha uma das empresas da lista."}) from error
    errors: dict[str, str] = {}
    if not name:
        if not chosen and not typed:
            raise Invalid({"empresa": "Escolha uma empresa da lista ou escreva o nome dela."})
        errors["empresa_nome"] = "Escreva o nome da empresa como você a conhece."
    cnpj = _document(typed, "empresa_cnpj", parse_cnpj, errors) if typed else ""
    _refuse(errors)
    return Company(supplier_id=None, name=name, cnpj=cnpj or None)


def parse_matter(form: Posted, today: date) -> Matter:
    """Fields `assunto` and `problema`: codes of the taxonomy."""
    subject, problem = form.get("assunto", ""), form.get("problema", "")
    errors: dict[str, str] = {}
    if subject not in {one.code for one in SUBJECTS}:
        errors["assunto"] = "Escolha o assunto mais parecido com o seu caso."
    if problem not in {one.code for one in PROBLEMS}:
        errors["problema"] = "Escolha o problema mais parecido com o seu."
    _refuse(errors)
    return Matter(subject=subject, problem=problem)


def parse_when(form: Posted, today: date) -> When:
    """Fields `quando_dia`, `quando_mes`, `quando_ano`; or `nao_lembro`."""
    parts = [form.get(f"quando_{part}", "").strip() for part in ("dia", "mes", "ano")]
    if not any(parts):
        if form.get("nao_lembro"):
            return When(happened_on=None)
        raise Invalid({"quando": "Digite a data ou marque “Não lembro a data”."})
    day, month, year = parts
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise Invalid({"quando": "Digite dia, mês e ano com números, como 27 3 2026."})
    if len(year) != 4:
        raise Invalid({"quando": "Digite o ano com quatro números, como 2026."})
    try:
        happened_on = date(int(year), int(month), int(day))
    except ValueError as error:
        raise Invalid({"quando": "Esta data não existe. Confira o dia e o mês."}) from error
    if happened_on > today:
        raise Invalid({"quando": "Esta data ainda não chegou. Digite quando aconteceu."})
    if happened_on < FIRST_DAY:
        raise Invalid({"quando": "Esta data é antiga demais. Confira o ano."})
    return When(happened_on=happened_on)


def parse_worth(form: Posted, today: date) -> Worth:
    """Field `valor`; blank is an answer."""
    typed = form.get("valor", "").strip()
    try:
        return Worth(amount=parse_brl(typed) if typed else None)
    except BadAmount as error:
        raise Invalid({"valor": error.reason}) from error


def parse_tried(form: Posted, today: date) -> Tried:
    """Fields `tentou` (sim or nao), `tentativa`, `protocolo`."""
    answer = form.get("tentou", "")
    if answer not in {"sim", "nao"}:
        raise Invalid({"tentou": "Diga se você já falou com a empresa."})
    text = clean(form.get("tentativa", ""), TEXT_MAX + 1, multiline=True)
    errors: dict[str, str] = {}
    if answer == "sim" and not text:
        errors["tentativa"] = "Conte o que você tentou e o que a empresa disse."
    if len(text) > TEXT_MAX:
        errors["tentativa"] = _too_long(TEXT_MAX)
    _refuse(errors)
    protocol = clean(form.get("protocolo", ""), LINE_MAX)
    return Tried(contacted=answer == "sim", text=text, protocol=protocol)


def parse_wish(form: Posted, today: date) -> Wish:
    """Field `pedido`."""
    return Wish(_long(form, "pedido", "Diga o que você quer que a empresa faça.", 3, TEXT_MAX))


def parse_files(form: Posted, today: date) -> Files:
    """No field: files are sent one by one, before "Continuar"."""
    return Files()


def parse_contact(form: Posted, today: date) -> Contact:
    """Fields `nome`, `cpf`, `email`, `telefone`; all but the telephone are needed."""
    return _contact(form, email_needed=True)


def parse_contact_at_counter(form: Posted, today: date) -> Contact:
    """As `parse_contact`, but whoever comes in person may have no e-mail."""
    return _contact(form, email_needed=False)


PARSERS: Mapping[str, Callable[[Posted, date], Answer]] = {
    "o-que-houve": parse_told,
    "empresa": parse_company,
    "assunto": parse_matter,
    "quando": parse_when,
    "valor": parse_worth,
    "tentativa": parse_tried,
    "pedido": parse_wish,
    "arquivos": parse_files,
    "contato": parse_contact,
}


def phone_text(phone: str) -> str:
    """A stored Brazilian number as people write it: (19) 91234-5678."""
    if not phone:
        return ""
    area, number = phone.removeprefix("+55")[:2], phone.removeprefix("+55")[2:]
    return f"({area}) {number[:-4]}-{number[-4:]}"


def _contact(form: Posted, *, email_needed: bool) -> Contact:
    errors: dict[str, str] = {}
    name = clean(form.get("nome", ""), LINE_MAX)
    if len(name) < 3:
        errors["nome"] = "Escreva o nome completo."
    cpf = _document(form.get("cpf", ""), "cpf", parse_cpf, errors)
    email = form.get("email", "").strip()
    if email or email_needed:
        email = _document(email, "email", parse_email, errors)
    phone = form.get("telefone", "").strip()
    if phone:
        phone = _document(phone, "telefone", parse_phone, errors)
    _refuse(errors)
    return Contact(name=name, cpf=cpf, email=email, phone=phone)


def _document(text: str, field: str, parse: Callable[[str], str], errors: dict[str, str]) -> str:
    try:
        return parse(text)
    except BadDocument as error:
        errors[field] = error.reason
        return ""


def _long(form: Posted, field: str, missing: str, least: int, most: int) -> str:
    text = clean(form.get(field, ""), most + 1, multiline=True)
    if not text:
        raise Invalid({field: missing})
    if len(text) < least:
        raise Invalid({field: "Conte um pouco mais, para a empresa entender o que houve."})
    if len(text) > most:
        raise Invalid({field: _too_long(most)})
    return text


def _too_long(most: int) -> str:
    number = f"{most:,}".replace(",", ".")
    return f"O texto passa de {number} letras. Deixe só o mais importante."


def _refuse(errors: dict[str, str]) -> None:
    if errors:
        raise Invalid(errors)
