"""The staff's pages for batches of letters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from msgspec import Struct

from procon.kernel.case_number import BadCaseNumber, canonical_case_number
from procon.kernel.errors import Invalid, NotFound
from procon.kernel.text import clean
from procon.letters.batch.commands import MOST
from procon.letters.batch.queries import (
    Batch,
    Progress,
    batch_by_id,
    cases_by_number,
    failed_items,
    progress_of,
    recent_batches,
)
from procon.letters.wording.documents import DOCUMENTS
from procon.letters.wording.queries import wordings_in_force
from procon.portal.shell import Option
from procon.tenancy.scope import Tx

WORDS_MOST = 4_000
_SHOWN = 5


class Typed(Struct, frozen=True):
    """The form as it was typed."""

    modelo: str = ""
    processos: str = ""
    texto: str = ""


class Recipient(Struct, frozen=True):
    """A case that a letter goes to."""

    id: UUID
    number: str
    consumer: str
    supplier: str


class BatchesPage(Struct, frozen=True):
    """The form for a new batch, and the last ones."""

    key: str
    form: Typed
    models: tuple[Option, ...]
    batches: tuple[Batch, ...]
    words_most: int = WORDS_MOST
    errors: Mapping[str, str] = {}


class ConfirmPage(Struct, frozen=True):
    """To whom what goes, before anything is printed."""

    key: str
    form: Typed
    title: str
    recipients: tuple[Recipient, ...]
    errors: Mapping[str, str] = {}


class BatchPage(Struct, frozen=True):
    """How far a batch is."""

    batch: Batch
    progress: Progress
    failed: tuple[tuple[str, str], ...]
    errors: Mapping[str, str] = {}


def typed(form: Mapping[str, Any]) -> Typed:
    """The form's fields; what is no text counts as empty."""
    found = {name: form.get(name) for name in Typed.__struct_fields__}
    return Typed(**{name: value for name, value in found.items() if isinstance(value, str)})


async def batches_page(
    tx: Tx, *, key: str, form: Typed, errors: Mapping[str, str] | None = None
) -> BatchesPage:
    """The form as typed, over the list."""
    models = await wordings_in_force(tx)
    return BatchesPage(
        key=key,
        form=form,
        models=tuple(Option(code, f"{one.title} ({code})") for code, one in models.items()),
        batches=tuple(await recent_batches(tx)),
        errors=errors or {},
    )


async def confirm_page(tx: Tx, *, key: str, form: Typed) -> ConfirmPage:
    """The recipients by name.

    Raises:
        Invalid: no document, no text too long, or a number that is no case of this city.
    """
    errors: dict[str, str] = {}
    if form.modelo not in DOCUMENTS:
        errors["modelo"] = "Escolha o documento."
    if len(clean(form.texto, WORDS_MOST + 1, multiline=True)) > WORDS_MOST:
        errors["texto"] = f"O texto passa de {WORDS_MOST} letras. Encurte-o."
    recipients: tuple[Recipient, ...] = ()
    try:
        recipients = await _recipients(tx, form.processos)
    except Invalid as refusal:
        errors |= refusal.fields
    if errors:
        raise Invalid(errors)
    title = (await wordings_in_force(tx))[form.modelo].title
    return ConfirmPage(key=key, form=form, title=title, recipients=recipients)


async def batch_page(tx: Tx, batch_id: UUID) -> BatchPage:
    """One batch. Raises NotFound."""
    batch = await batch_by_id(tx, batch_id)
    if batch is None:
        raise NotFound("Não encontramos este lote.")
    return BatchPage(
        batch, await progress_of(tx, batch_id), tuple(await failed_items(tx, batch_id))
    )


async def _recipients(tx: Tx, text: str) -> tuple[Recipient, ...]:
    wanted, wrong = _numbers(text)
    found = [Recipient(*row) for row in await cases_by_number(tx, wanted)]
    there = {one.number for one in found}
    wrong += [number for number in wanted if number not in there]
    if wrong:
        more = f" e mais {len(wrong) - _SHOWN}" if len(wrong) > _SHOWN else ""
        listed = ", ".join(one[:30] for one in wrong[:_SHOWN])
        raise Invalid({"processos": f"Não encontramos: {listed}{more}."})
    if not found:
        raise Invalid({"processos": "Escreva o número de pelo menos um processo."})
    if len(found) > MOST:
        raise Invalid({"processos": f"São {len(found)} processos. O máximo de um lote é {MOST}."})
    return tuple(found)


def _numbers(text: str) -> tuple[list[str], list[str]]:
    """Case numbers in canonical form, once each, and what is none."""
    good: dict[str, None] = {}
    wrong: list[str] = []
    for word in clean(text, 200_000, multiline=True).replace(",", " ").replace(";", " ").split():
        try:
            good[canonical_case_number(word)] = None
        except BadCaseNumber:
            wrong.append(word)
    return list(good), wrong
