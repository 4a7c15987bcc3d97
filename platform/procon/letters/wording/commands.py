"""Changing the city's words: each change is a new version, none is ever lost."""

from __future__ import annotations

from procon.auth.actor import Actor
from procon.kernel.errors import Conflict, Invalid, NotFound
from procon.kernel.text import clean
from procon.letters.fields import FIELDS
from procon.letters.wording.documents import DOCUMENTS
from procon.letters.wording.markup import BODY_MOST, lint
from procon.letters.wording.queries import Wording, versions_of, wording_in_force
from procon.tenancy.scope import Tx

TITLE_MOST = 120
_SHOWN = 5


def checked(title: str, body: str) -> tuple[str, str]:
    """Title and body as they may be stored.

    Raises:
        Invalid: empty, too long, or with something that is no field and no plain text.
    """
    errors: dict[str, str] = {}
    kept, text = clean(title, TITLE_MOST), clean(body, BODY_MOST + 1, multiline=True)
    if not kept:
        errors["titulo"] = "Escreva o título do documento."
    problems = lint(kept, ())
    if problems:
        errors["titulo"] = "O título é só texto, sem campos nem sinais de comando."
    if not text:
        errors["texto"] = "Escreva o texto do documento."
    elif len(text) > BODY_MOST:
        errors["texto"] = f"O texto passa de {BODY_MOST} letras. Encurte-o."
    elif wrong := lint(text, FIELDS):
        more = f" E mais {len(wrong) - _SHOWN}." if len(wrong) > _SHOWN else ""
        errors["texto"] = " ".join(one.sentence for one in wrong[:_SHOWN]) + more
    if errors:
        raise Invalid(errors)
    return kept, text


async def change_wording(
    tx: Tx, *, actor: Actor, code: str, title: str, body: str, seen: int
) -> Wording:
    """Put new words in force. The same words again change nothing.

    Args:
        seen: the version that the person started from.

    Raises:
        NotFound: no such document.
        Invalid: see `checked`.
        Conflict: somebody else changed it in between.
    """
    if code not in DOCUMENTS:
        raise NotFound("Não encontramos este modelo.")
    title, body = checked(title, body)
    name = f"wording/{code}"
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", name)
    current = await wording_in_force(tx, code)
    if (current.title, current.body) == (title, body):
        return current
    if current.version != seen:
        raise Conflict(
            f"{current.changed_name} mudou este modelo enquanto você escrevia. Veja o texto novo"
            " antes de salvar o seu.",
            code="wording-changed",
        )
    await tx.execute(
        "INSERT INTO letter_wording (code, version, title, body, changed_by, changed_name,"
        " changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        code,
        current.version + 1,
        title,
        body,
        actor.label,
        actor.name,
        tx.now,
    )
    return Wording(code, current.version + 1, title, body, actor.name, tx.now)


async def restore_wording(tx: Tx, *, actor: Actor, code: str, version: int, seen: int) -> Wording:
    """Put an earlier version's words in force again, as a new version.

    Raises:
        NotFound: no such document or version.
        Invalid: it names a field that is no longer there.
        Conflict: as in `change_wording`.
    """
    if code not in DOCUMENTS:
        raise NotFound("Não encontramos este modelo.")
    for one in await versions_of(tx, code):
        if one.version == version:
            return await change_wording(
                tx, actor=actor, code=code, title=one.title, body=one.body, seen=seen
            )
    raise NotFound("Não encontramos esta versão.")
