"""Writing and using what the city prepared."""

from __future__ import annotations

from uuid import UUID

from msgspec import Struct

from procon.auth.accounts.queries import staff_list
from procon.auth.actor import Actor
from procon.cases.commands import assign, write_note
from procon.cases.moves import lock, workflow_of
from procon.desk.lists.commands import add_tag
from procon.desk.lists.forms import ME
from procon.desk.texts.forms import MacroForm, ModuleForm, Rule
from procon.desk.texts.queries import MacroRow
from procon.kernel.errors import Invalid, NotFound
from procon.kernel.ids import new_id
from procon.tenancy.scope import Tx


class Applied(Struct, frozen=True, forbid_unknown_fields=True):
    """What an act of the desk changed in a case, so that it can be put back."""

    assigned: bool = False
    owner: UUID | None = None
    owner_name: str = ""
    noted: bool = False
    tag: str = ""


async def save_macro(tx: Tx, *, actor: Actor, macro: MacroForm, macro_id: UUID | None) -> None:
    """Make a macro, or change one. Raises Invalid when the name is taken, NotFound."""
    await _refuse_taken(tx, "macro", macro.nome, macro_id)
    values = (macro.nome, macro.nota, macro.responsavel, macro.etiqueta, actor.name, tx.now)
    if macro_id is None:
        await tx.execute(
            "INSERT INTO macro (id, name, note, assign, tag, changed_by, changed_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            new_id(),
            *values,
        )
        return
    done = await tx.execute(
        "UPDATE macro SET name = $2, note = $3, assign = $4, tag = $5, changed_by = $6,"
        " changed_at = $7 WHERE id = $1",
        macro_id,
        *values,
    )
    _require(done)


async def save_module(tx: Tx, *, actor: Actor, module: ModuleForm, module_id: UUID | None) -> None:
    """Make a text module, or change one. Raises Invalid when the name is taken, NotFound."""
    await _refuse_taken(tx, "text_module", module.nome, module_id)
    if module_id is None:
        await tx.execute(
            "INSERT INTO text_module (id, name, body, changed_by, changed_at)"
            " VALUES ($1, $2, $3, $4, $5)",
            new_id(),
            module.nome,
            module.texto,
            actor.name,
            tx.now,
        )
        return
    done = await tx.execute(
        "UPDATE text_module SET name = $2, body = $3, changed_by = $4, changed_at = $5"
        " WHERE id = $1",
        module_id,
        module.nome,
        module.texto,
        actor.name,
        tx.now,
    )
    _require(done)


async def add_rule(tx: Tx, *, actor: Actor, rule: Rule) -> None:
    """Put a rule behind the others."""
    await tx.execute(
        "INSERT INTO assignment_rule (id, place, area, service_point, supplier_id, persons,"
        " created_by, created_at) SELECT $1, COALESCE(max(place), 0) + 1, $2, $3, $4, $5, $6, $7"
        " FROM assignment_rule",
        new_id(),
        rule.area,
        rule.service_point,
        rule.supplier_id,
        list(rule.persons),
        actor.name,
        tx.now,
    )


async def delete_prepared(tx: Tx, *, table: str, row_id: UUID) -> None:
    """Remove a macro, a text module or a rule. Raises NotFound.

    Args:
        table: one of ours, never what somebody typed.
    """
    if table not in ("macro", "text_module", "assignment_rule"):
        raise ValueError(table)
    _require(await tx.execute(f"DELETE FROM {table} WHERE id = $1", row_id))


async def apply_macro(tx: Tx, *, actor: Actor, case_id: UUID, macro: MacroRow) -> Applied:
    """Do what the macro says. In an ended case nobody is put in charge.

    Raises:
        Invalid: the person whom the macro names is no longer of the staff.
    """
    case = await lock(tx, case_id)
    before = await tx.fetchval("SELECT assigned_name FROM case_file WHERE id = $1", case_id)
    to, name = await _person(tx, actor, macro)
    assigned = to is not None and to != case.assigned_to
    if assigned and not workflow_of(case.procedure).state(case.status).ends:
        await assign(tx, actor=actor, case_id=case_id, to=to, to_name=name)  # type: ignore[arg-type]  # not None when assigned
    else:
        assigned = False
    if macro.note:
        await write_note(tx, actor=actor, case_id=case_id, text=macro.note)
    tagged = bool(macro.tag) and await add_tag(tx, actor=actor, case_id=case_id, tag=macro.tag)
    return Applied(
        assigned=assigned,
        owner=case.assigned_to,
        owner_name=before,
        noted=bool(macro.note),
        tag=macro.tag if tagged else "",
    )


async def _person(tx: Tx, actor: Actor, macro: MacroRow) -> tuple[UUID | None, str]:
    if not macro.assign:
        return None, ""
    if macro.assign == ME:
        return actor.account_id, actor.name
    names = {one.id: one.name for one in await staff_list(tx)}
    wanted = UUID(macro.assign)
    if wanted not in names:
        raise Invalid({"macro": f"A pessoa da macro “{macro.name}” não faz mais parte da equipe."})
    return wanted, names[wanted]


async def _refuse_taken(tx: Tx, table: str, name: str, own: UUID | None) -> None:
    # Two people at once: the second waits here and then sees the first one's name.
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"{table}/{name}")
    taken = await tx.fetchval(
        f"SELECT 1 FROM {table} WHERE name = $1 AND ($2::uuid IS NULL OR id <> $2)", name, own
    )
    if taken:
        raise Invalid({"nome": "Este nome já está em uso."})


def _require(tag: str) -> None:
    if tag.endswith(" 0"):
        raise NotFound("Isto não existe mais.")
