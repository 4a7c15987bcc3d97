"""Reads of what a company keeps for itself. Every one of them asks for its root."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from msgspec import Struct

from procon.auth.actor import Actor
from procon.auth.companies.queries import Role, member_role, reach_of
from procon.auth.mandates.access import further_cnpjs
from procon.cases.queries import CaseDetail
from procon.cases.taxonomy import subject_title
from procon.kernel.documents import cnpj_root
from procon.tenancy.scope import Tx

# What a model may name; nothing else between the braces is taken.
PLACEHOLDERS: Mapping[str, str] = MappingProxyType(
    {
        "numero": "número do processo",
        "consumidor": "nome do consumidor",
        "assunto": "assunto da reclamação",
    }
)
FIELD = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


class Inside(Struct, frozen=True):
    """For which company the actor is inside this case, and in which role."""

    root: str
    cnpj: str
    role: Role


class Note(Struct, frozen=True):
    """A private comment."""

    author: str
    text: str
    written_at: datetime


class Task(Struct, frozen=True):
    """Who takes care of the case. `member_id` is None for who came by certificate alone."""

    member_id: UUID | None
    member_name: str
    set_by: str
    set_at: datetime


class Model(Struct, frozen=True):
    """A text to answer with."""

    id: UUID
    root: str
    title: str
    text: str
    changed_by: str
    changed_at: datetime


async def inside_of(tx: Tx, *, actor: Actor, case: CaseDetail) -> Inside | None:
    """The company whose inner things the actor may see in this case, or None.

    Never for who came by the code of a case: the code may be in a lawyer's hands, or a stranger's.
    """
    if actor.kind != "supplier" or actor.case_id is not None:
        return None
    role = await member_role(tx, actor=actor, cnpj=case.supplier_cnpj)
    if role is not None and case.supplier_cnpj:
        return Inside(cnpj_root(case.supplier_cnpj), case.supplier_cnpj, role)
    for cnpj in await further_cnpjs(tx, case.id):
        role = await member_role(tx, actor=actor, cnpj=cnpj)
        if role is not None:
            return Inside(cnpj_root(cnpj), cnpj, role)
    return None


async def notes_of(tx: Tx, *, case_id: UUID, root: str) -> list[Note]:
    """The company's comments on a case, oldest first."""
    rows = await tx.fetch(
        "SELECT author, text, written_at FROM company_note WHERE case_id = $1 AND root = $2"
        " ORDER BY written_at, id",
        case_id,
        root,
    )
    return [Note(*row) for row in rows]


async def task_of(tx: Tx, *, case_id: UUID, root: str) -> Task | None:
    """Who of this company takes care of the case."""
    row = await tx.fetchrow(
        "SELECT member_id, member_name, set_by, set_at FROM company_task"
        " WHERE case_id = $1 AND root = $2",
        case_id,
        root,
    )
    return Task(*row) if row else None


async def models_of(tx: Tx, roots: list[str]) -> list[Model]:
    """The models of these companies, by title."""
    rows = await tx.fetch(
        "SELECT id, root, title, text, changed_by, changed_at FROM answer_model"
        " WHERE root = ANY($1) AND removed_at IS NULL ORDER BY lower(title), id LIMIT 200",
        roots,
    )
    return [Model(*row) for row in rows]


async def roots_of(tx: Tx, *, actor: Actor, least: Role = "reads") -> list[str]:
    """Roots of every company that the actor acts for, a branch's too."""
    reach = await reach_of(tx, actor=actor, least=least)
    return sorted({*reach.roots, *(cnpj_root(cnpj) for cnpj in reach.cnpjs)})


def filled(model: Model, case: CaseDetail) -> str:
    """A model's text for one case. What a value contains is not looked at again."""
    values = {
        "numero": case.number,
        "consumidor": case.person_name,
        "assunto": subject_title(case.subject),
    }
    return FIELD.sub(lambda found: values.get(found[1], found[0]), model.text)


def unknown_in(text: str) -> list[str]:
    """What stands between braces and is no placeholder."""
    return [name for name in FIELD.findall(text) if name not in PLACEHOLDERS]
