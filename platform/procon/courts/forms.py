"""What the forms of this slice post."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from litestar.datastructures import UploadFile
from msgspec import Struct

from procon.ext.cnj import BadCourtNumber, canonical_court_number
from procon.ext.ports import HandoverKind
from procon.kernel.errors import Invalid, NotFound
from procon.kernel.money import BadAmount, parse_brl
from procon.kernel.text import clean

TEXT_MOST = 60_000
WISH_MOST = 2_000
RECEIPT_MOST = 10 * 1024 * 1024
# The last part of an address → kind of handover.
SLUGS: Mapping[str, HandoverKind] = {"peticao": "petition", "homologacao": "agreement"}


class Typed(Struct, frozen=True, forbid_unknown_fields=True):
    """The forms as they were typed."""

    texto: str = ""
    valor: str = ""
    numero: str = ""
    protocolo: str = ""
    resposta: str = ""
    sha256: str = ""
    conferi: bool = False


class Acknowledgement(Struct, frozen=True):
    """What a person brings back from the court."""

    court_number: str
    protocol: str
    receipt: bytes


def kind_of(slug: str) -> HandoverKind:
    """Raises NotFound for anything but the two kinds."""
    if slug not in SLUGS:
        raise NotFound("Não encontramos esta página.")
    return SLUGS[slug]


def typed(form: Mapping[str, Any]) -> Typed:
    """The fields as text; what is no text is nothing."""
    return Typed(
        texto=_text(form, "texto")[: TEXT_MOST * 2],
        valor=_text(form, "valor")[:40],
        numero=_text(form, "numero")[:60],
        protocolo=_text(form, "protocolo")[:200],
        resposta=_text(form, "resposta")[:20],
        sha256=_text(form, "sha256")[:64],
        conferi=_text(form, "conferi") == "sim",
    )


def check_text(values: Typed) -> tuple[str, Decimal | None]:
    """Text and value of a handover. Raises Invalid."""
    errors: dict[str, str] = {}
    text = clean(values.texto, TEXT_MOST + 1, multiline=True)
    value = None
    if not text:
        errors["texto"] = "Escreva o texto."
    if len(text) > TEXT_MOST:
        errors["texto"] = f"Escreva no máximo {TEXT_MOST:,} caracteres.".replace(",", ".")
    if values.valor.strip():
        try:
            value = parse_brl(values.valor)
        except BadAmount as error:
            errors["valor"] = error.reason
        if value == 0:
            errors["valor"] = "Digite um valor maior que zero, ou deixe em branco."
    if errors:
        raise Invalid(errors)
    return text, value


def check_wish(values: Typed) -> str:
    """What the consumer wants changed. Raises Invalid."""
    text = clean(values.texto, WISH_MOST + 1, multiline=True)
    if not text:
        raise Invalid({"texto": "Escreva o que precisa mudar."})
    if len(text) > WISH_MOST:
        raise Invalid({"texto": "Escreva no máximo 2.000 caracteres."})
    return text


def check_read(values: Typed) -> None:
    """Raises Invalid: the box is not ticked."""
    if not values.conferi:
        raise Invalid({"conferi": "Marque esta caixa se o consumidor leu e aprovou."})


def check_result(values: Typed) -> tuple[bool, str]:
    """Whether the court confirmed the agreement, and what it said. Raises Invalid."""
    if values.resposta not in {"sim", "nao"}:
        raise Invalid({"resposta": "Escolha o que a Justiça decidiu."})
    return values.resposta == "sim", clean(values.texto, WISH_MOST, multiline=True)


async def check_acknowledgement(form: Mapping[str, Any]) -> Acknowledgement:
    """Number or protocol, and the receipt as a PDF. Raises Invalid."""
    values, errors = typed(form), dict[str, str]()
    number, protocol = "", clean(values.protocolo, 80)
    if values.numero.strip():
        try:
            number = canonical_court_number(values.numero)
        except BadCourtNumber as error:
            errors["numero"] = error.reason
    if not number and not protocol and "numero" not in errors:
        errors["numero"] = "Digite o número da Justiça ou, se ainda não há, o protocolo."
    upload, body = form.get("comprovante"), b""
    if isinstance(upload, UploadFile) and upload.filename:
        body = await upload.read(RECEIPT_MOST + 1)
        if not body.startswith(b"%PDF-"):
            errors["comprovante"] = "Envie o comprovante em PDF."
        if len(body) > RECEIPT_MOST:
            errors["comprovante"] = "O comprovante pode ter até 10 MB."
    if errors:
        raise Invalid(errors)
    return Acknowledgement(number, protocol, body)


def _text(form: Mapping[str, Any], name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
