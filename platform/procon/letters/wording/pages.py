"""The staff's pages for the words of documents."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from procon.kernel.errors import NotFound
from procon.letters.fields import FIELDS, Field
from procon.letters.models import Block
from procon.letters.wording.commands import TITLE_MOST
from procon.letters.wording.compose import example, wrong_fields
from procon.letters.wording.documents import DOCUMENTS, DocumentType
from procon.letters.wording.markup import BODY_MOST
from procon.letters.wording.queries import (
    Wording,
    versions_of,
    wording_in_force,
    wordings_in_force,
)
from procon.tenancy.scope import Tx


class ModelLine(Struct, frozen=True):
    """One document of the list."""

    code: str
    title: str
    purpose: str
    version: int
    changed_name: str
    changed_at: datetime | None


class ModelsPage(Struct, frozen=True):
    """Every document with words of its own."""

    lines: tuple[ModelLine, ...]
    errors: Mapping[str, str] = {}


class FieldGroup(Struct, frozen=True):
    """Fields that speak of one thing ("processo")."""

    title: str
    fields: tuple[Field, ...]


class Preview(Struct, frozen=True):
    """A document with made-up data, and what in its words would not work."""

    title: str
    blocks: tuple[Block, ...]
    wrong: tuple[str, ...]


class ModelPage(Struct, frozen=True):
    """One document's words, to change. `seen`: the version that the person started from."""

    document: DocumentType
    title: str
    body: str
    seen: int
    current: Wording
    versions: tuple[Wording, ...]
    groups: tuple[FieldGroup, ...]
    preview: Preview
    title_most: int = TITLE_MOST
    body_most: int = BODY_MOST
    errors: Mapping[str, str] = {}
    problem: str = ""


class VersionPage(Struct, frozen=True):
    """An earlier version, as it was."""

    document: DocumentType
    version: Wording
    current: int
    preview: Preview
    errors: Mapping[str, str] = {}


async def models_page(tx: Tx) -> ModelsPage:
    """The list, in the order of the catalogue."""
    return ModelsPage(
        tuple(
            ModelLine(
                one.code,
                one.title,
                DOCUMENTS[one.code].purpose,
                one.version,
                one.changed_name,
                one.changed_at,
            )
            for one in (await wordings_in_force(tx)).values()
        )
    )


async def model_page(tx: Tx, code: str, typed: tuple[str, str, int] | None = None) -> ModelPage:
    """One document; `typed` (title, body, version seen) goes before what is in force.

    Raises:
        NotFound: no such document.
    """
    document = document_of(code)
    current = await wording_in_force(tx, code)
    title, body, seen = typed or (current.title, current.body, current.version)
    return ModelPage(
        document=document,
        title=title,
        body=body,
        seen=seen,
        current=current,
        versions=tuple(await versions_of(tx, code)),
        groups=field_groups(),
        preview=preview_of(code, title, body),
    )


async def version_page(tx: Tx, code: str, version: int) -> VersionPage:
    """An earlier version. Raises NotFound."""
    document = document_of(code)
    versions = await versions_of(tx, code)
    for one in versions:
        if one.version == version:
            shown = preview_of(code, one.title, one.body)
            return VersionPage(document, one, versions[0].version, shown)
    raise NotFound("Não encontramos esta versão.")


def document_of(code: str) -> DocumentType:
    """The document. Raises NotFound."""
    if code not in DOCUMENTS:
        raise NotFound("Não encontramos este modelo.")
    return DOCUMENTS[code]


def preview_of(code: str, title: str, body: str) -> Preview:
    """These words with made-up data; any words can be shown, wrong ones are named."""
    shown = example(Wording(code, 0, title, body))
    return Preview(shown.title, shown.blocks, wrong_fields(body))


def field_groups() -> tuple[FieldGroup, ...]:
    """The catalogue, by what its fields speak of."""
    names = dict.fromkeys(name.partition(".")[0] for name in FIELDS)
    return tuple(
        FieldGroup(
            name.capitalize(),
            tuple(one for one in FIELDS.values() if one.name.startswith(f"{name}.")),
        )
        for name in names
    )
