"""What the supplier types: the access code, the answer, "empresa errada"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from procon.answers.commands import CODE_LENGTH
from procon.kernel.errors import Invalid
from procon.kernel.ids import normalise_code
from procon.kernel.text import clean, is_form_key, typed_text

ANSWER_MAX = 20_000
WRONG_MAX = 2000


class AnswerForm(Struct, frozen=True, forbid_unknown_fields=True):
    """An answer as it will be stored, and the key that makes sending it twice harmless."""

    text: str
    key: str


def parse_code(form: Mapping[str, Any]) -> str:
    """The access code, tidied.

    Raises:
        Invalid: it cannot be one.
    """
    code = normalise_code(typed_text(form, "codigo"))
    if not code:
        raise Invalid({"codigo": "Digite o código de acesso que veio no e-mail ou na carta."})
    if len(code) != CODE_LENGTH:
        raise Invalid({"codigo": "O código tem 12 letras e números, como 7K3M-9QXA-2D5F."})
    return code


def parse_answer(form: Mapping[str, Any]) -> AnswerForm:
    """The answer: line ends and invisible characters tidied, nothing cut.

    Raises:
        Invalid: empty, too long, or a form without its key.
    """
    text = clean(typed_text(form, "resposta"), ANSWER_MAX + 1, multiline=True)
    key = typed_text(form, "_chave")
    if not text:
        raise Invalid({"resposta": "Escreva a resposta da empresa."})
    if len(text) > ANSWER_MAX:
        raise Invalid({"resposta": "A resposta pode ter até 20.000 caracteres."})
    if not is_form_key(key):
        raise Invalid({"resposta": "Esta página ficou aberta por muito tempo. Envie de novo."})
    return AnswerForm(text=text, key=key)


def parse_wrong_company(form: Mapping[str, Any]) -> str:
    """Why the case is not this company's.

    Raises:
        Invalid: empty or too long.
    """
    text = clean(typed_text(form, "motivo"), WRONG_MAX + 1, multiline=True)
    if not text:
        raise Invalid({"motivo": "Conte por que o caso não é da sua empresa."})
    if len(text) > WRONG_MAX:
        raise Invalid({"motivo": "O texto pode ter até 2.000 caracteres."})
    return text
