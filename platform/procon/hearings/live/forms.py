"""What is typed during a hearing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from procon.agreements.schedule import (
    MOST_INSTALMENTS,
    Instalment,
    parse_lines,
    split_equally,
)
from procon.hearings.forms import day_of, identifier
from procon.hearings.live.closing import AGREED, RESULTS, Closing
from procon.hearings.live.commands import SIDES, Verdict
from procon.kernel.errors import Invalid
from procon.kernel.money import BadAmount, parse_brl
from procon.kernel.text import clean, typed_text

CLAUSE_MAX, REMARK_MAX, NAME_MAX = 3_000, 1_000, 120
_DIGEST = re.compile(r"[0-9a-f]{64}")

# Kind of paper that was seen; its number is never kept.
DOCUMENTS = ("RG", "CNH", "CTPS", "Passaporte", "OAB", "Carta de preposto", "Conta gov.br")
ROLES: Mapping[str, str] = MappingProxyType(
    {
        "consumidor": "Consumidor",
        "preposto": "Preposto da empresa",
        "advogado": "Advogado",
        "representante": "Representante",
        "acompanhante": "Acompanhante",
    }
)
# Title and text of clauses that most agreements need; ___ is filled in by hand.
READY: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "devolver": (
            "Devolução de dinheiro",
            "A empresa devolverá ao consumidor R$ ___, em ___ parcela(s), a primeira até"
            " ___/___/____, por Pix ou transferência para conta do próprio consumidor.",
        ),
        "trocar": (
            "Troca do produto",
            "A empresa trocará o produto por outro igual, novo e sem defeito, entregue no endereço"
            " do consumidor até ___/___/____, sem custo.",
        ),
        "consertar": (
            "Conserto",
            "A empresa consertará o produto e o devolverá em funcionamento até ___/___/____, com"
            " garantia de ___ dias, sem custo para o consumidor.",
        ),
        "cancelar": (
            "Cancelamento de contrato ou cobrança",
            "A empresa cancelará o contrato nº ___ e todas as cobranças dele a partir de"
            " ___/___/____, sem multa.",
        ),
        "negativacao": (
            "Retirada de cadastro de devedores",
            "A empresa retirará o nome do consumidor dos cadastros de devedores por esta dívida em"
            " até ___ dias úteis.",
        ),
        "multa": (
            "Multa por atraso",
            "Se a empresa atrasar, pagará multa de ___% sobre o valor em atraso, e o consumidor"
            " poderá pedir ao Procon a reabertura do processo.",
        ),
        "quitacao": (
            "Quitação",
            "Cumprido o acordo por inteiro, o consumidor nada mais terá a pedir da empresa quanto"
            " aos fatos deste processo.",
        ),
        "sem-acordo": (
            "Sem acordo: posição de cada parte",
            "O consumidor propôs: ___. A empresa propôs: ___. As partes não chegaram a acordo.",
        ),
    }
)


class Arrival(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who came."""

    side: str
    name: str
    role: str
    document: str


class TypedArrival(Struct, frozen=True, forbid_unknown_fields=True):
    """The presence form as it was typed."""

    parte: str = ""
    nome: str = ""
    papel: str = "consumidor"
    documento: str = ""


class ClauseForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A clause's text; `version` is the one that was shown, 0 for a new clause."""

    text: str
    version: int


class VerdictForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What is said of a clause; `side` only when the conciliator notes it for a party."""

    version: int
    verdict: Verdict
    remark: str = ""
    side: str = ""


class TypedClosing(Struct, frozen=True, forbid_unknown_fields=True):
    """The closing form as it was typed."""

    resultado: str = ""
    observacao: str = ""
    total: str = ""
    parcelas: str = ""
    quantas: str = ""
    primeira: str = ""
    horario: str = ""


def typed_closing(form: Mapping[str, Any]) -> TypedClosing:
    """What was typed, whether usable or not."""
    return TypedClosing(**{n: typed_text(form, n) for n in TypedClosing.__struct_fields__})


def typed_arrival(form: Mapping[str, Any]) -> TypedArrival:
    """What was typed, whether usable or not."""
    return TypedArrival(**{n: typed_text(form, n) for n in TypedArrival.__struct_fields__})


def parse_arrival(form: Mapping[str, Any]) -> Arrival:
    """Somebody who came. Raises Invalid with every field that is wrong."""
    errors: dict[str, str] = {}
    side = typed_text(form, "parte")
    if side not in SIDES:
        errors["parte"] = "Escolha de que lado a pessoa está."
    name = clean(typed_text(form, "nome"), NAME_MAX + 1)
    if not name or len(name) > NAME_MAX:
        errors["nome"] = "Escreva o nome de quem veio."
    role = ROLES.get(typed_text(form, "papel"), "")
    document = typed_text(form, "documento")
    if document and document not in DOCUMENTS:
        errors["documento"] = "Escolha um dos documentos da lista."
    if errors:
        raise Invalid(errors)
    return Arrival(side, name, role, document)


def parse_clause(form: Mapping[str, Any]) -> ClauseForm:
    """A clause. Raises Invalid."""
    text = clean(typed_text(form, "texto"), CLAUSE_MAX + 1, multiline=True)
    if not text:
        raise Invalid({"texto": "Escreva a cláusula."})
    if len(text) > CLAUSE_MAX:
        raise Invalid({"texto": "A cláusula pode ter até 3.000 caracteres."})
    if "___" in text:
        raise Invalid({"texto": "Ainda há um espaço ___ para preencher."})
    return ClauseForm(text, parse_version(form))


def parse_version(form: Mapping[str, Any]) -> int:
    """The version of a clause that a page has shown; 0 when it shows none."""
    text = typed_text(form, "versao")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0


def parse_verdict(form: Mapping[str, Any], verdict: Verdict) -> VerdictForm:
    """What a party says of a clause; an objection needs its reason. Raises Invalid."""
    remark = clean(typed_text(form, "motivo"), REMARK_MAX + 1, multiline=True)
    if verdict == "objects" and not remark:
        raise Invalid({"motivo": "Diga o que precisa mudar nesta cláusula."})
    if len(remark) > REMARK_MAX:
        raise Invalid({"motivo": "O texto pode ter até 1.000 caracteres."})
    kept = remark if verdict == "objects" else ""
    return VerdictForm(parse_version(form), verdict, kept)


def parse_spoken(form: Mapping[str, Any]) -> VerdictForm:
    """What a party says aloud, as the conciliator notes it. Raises Invalid."""
    verdict: Literal["accepts", "objects"]
    verdict = "objects" if typed_text(form, "voz") == "objeta" else "accepts"
    side = parse_side(form)
    remark = clean(typed_text(form, "motivo"), REMARK_MAX, multiline=True)
    return VerdictForm(parse_version(form), verdict, remark if verdict == "objects" else "", side)


def parse_side(form: Mapping[str, Any]) -> str:
    """Consumer or supplier. Raises Invalid."""
    side = typed_text(form, "parte")
    if side not in SIDES:
        raise Invalid({"parte": "Escolha de que lado a pessoa está."})
    return side


def parse_digest(form: Mapping[str, Any]) -> str:
    """Which minutes were shown; "" (nobody's) when the form does not say."""
    digest = typed_text(form, "termo")
    return digest if _DIGEST.fullmatch(digest) else ""


def parse_closing(typed: TypedClosing) -> Closing:
    """How the hearing ends. Raises Invalid with every field that is wrong."""
    errors: dict[str, str] = {}
    if typed.resultado not in RESULTS:
        raise Invalid({"resultado": "Escolha o resultado da audiência."})
    remark = clean(typed.observacao, REMARK_MAX + 1, multiline=True)
    if len(remark) > REMARK_MAX:
        errors["observacao"] = "O texto pode ter até 1.000 caracteres."
    slot_id: UUID | None = None
    if typed.resultado == "rescheduled":
        slot_id = identifier(typed.horario)
        if slot_id is None:
            errors["horario"] = "Escolha o novo horário."
        if not remark:
            errors["observacao"] = "Escreva por que a audiência continua outro dia."
    total, parts = Decimal(0), tuple[Instalment, ...]()
    if typed.resultado in AGREED:
        total = _total(typed.total, errors)
        parts = _parts(typed, total, errors)
    if errors:
        raise Invalid(errors)
    return Closing(typed.resultado, remark, total, parts, slot_id)


def _total(text: str, errors: dict[str, str]) -> Decimal:
    if not text.strip():
        return Decimal(0)
    try:
        return parse_brl(text)
    except BadAmount as error:
        errors["total"] = error.reason
        return Decimal(0)


def _parts(typed: TypedClosing, total: Decimal, errors: dict[str, str]) -> tuple[Instalment, ...]:
    """The typed lines; without any, equal monthly parts of the total."""
    if typed.parcelas.strip():
        try:
            return parse_lines(typed.parcelas)
        except Invalid as refusal:
            errors["parcelas"] = " ".join(refusal.fields.values())
            return ()
    if not (typed.quantas.strip() or typed.primeira.strip()):
        errors["parcelas"] = "Escreva pelo menos uma linha, ou diga em quantas vezes dividir."
        return ()
    count = typed.quantas.strip()
    plain = count.isascii() and count.isdigit() and len(count) < 4
    if not plain or not 1 <= int(count) <= MOST_INSTALMENTS:
        errors["quantas"] = f"Escreva um número de 1 a {MOST_INSTALMENTS}."
    if total <= 0 and "total" not in errors:
        errors["total"] = "Escreva o valor total a dividir."
    first: date | None = None
    try:
        first = day_of(typed.primeira)
    except ValueError as error:
        errors["primeira"] = str(error)
    if first is not None and not 2000 <= first.year <= 2100:
        errors["primeira"] = "Confira o ano."
    if errors or first is None:
        return ()
    return split_equally(total, int(count), first)
