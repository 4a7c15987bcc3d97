"""An attendance that ends at once, checked and cleaned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct

from procon.cases.taxonomy import SUBJECTS
from procon.kernel.errors import Invalid
from procon.kernel.text import clean

TEXT_MOST = 4_000
NAME_MOST = 120
MINUTES_MOST = 600
# Codes of the national vocabulary (Sindec).
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "CONSULTA": "Orientação: a pessoa tirou uma dúvida",
        "EXTRA": "Não é relação de consumo: indicamos outro órgão",
        "CALCULO": "Cálculo de dívida, juros ou multa",
        "PRELIM": "Falamos com a empresa e o problema se resolveu na hora",
    }
)


class Typed(Struct, frozen=True, forbid_unknown_fields=True):
    """The form as typed."""

    tipo: str = ""
    assunto: str = ""
    pessoa: str = ""
    texto: str = ""
    minutos: str = "10"
    posto: str = ""


class Advice(Struct, frozen=True):
    """An attendance, checked. `person_name` is "" for who did not say theirs."""

    kind: str
    subject: str
    person_name: str
    text: str
    minutes: int
    service_point: str


def parse_advice(form: Typed, posts: Sequence[str]) -> Advice:
    """The attendance. Raises Invalid with every field that is wrong."""
    errors: dict[str, str] = {}
    if form.tipo not in KINDS:
        errors["tipo"] = "Escolha como o atendimento terminou."
    if form.assunto not in [one.code for one in SUBJECTS]:
        errors["assunto"] = "Escolha o assunto."
    name = clean(form.pessoa, len(form.pessoa))
    if len(name) > NAME_MOST:
        errors["pessoa"] = f"Use no máximo {NAME_MOST} caracteres."
    text = clean(form.texto, len(form.texto), multiline=True)
    if not text:
        errors["texto"] = "Escreva em poucas palavras o que foi orientado."
    elif len(text) > TEXT_MOST:
        errors["texto"] = f"Escreva no máximo {TEXT_MOST} caracteres."
    minutes = form.minutos.strip()
    sane = minutes.isascii() and minutes.isdigit() and len(minutes) < 4
    if not sane or not 1 <= int(minutes) <= MINUTES_MOST:
        errors["minutos"] = f"Escreva um número de 1 a {MINUTES_MOST}."
    if form.posto and form.posto not in posts:
        errors["posto"] = "Escolha um posto da lista."
    if errors:
        raise Invalid(errors)
    return Advice(form.tipo, form.assunto, name, text, int(minutes), form.posto)
