"""What is kept about one person, for them to take away or to have erased; and lists as CSV.

LGPD art. 18: access and portability (II, V) and erasure (VI).
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from cryptography.fernet import Fernet
from msgspec import Struct

from procon.sdk import Database, Invalid, Tenant, Tx, clean, new_id, tenant_scope
from procon_newsletter.people import (
    Origin,
    add_with_evidence,
    parse_email,
    parse_topics,
    suppress,
)
from procon_newsletter.settings import TOPICS, NewsletterSettings

COLUMNS = ("email", "temas", "texto_do_consentimento", "data_do_consentimento", "endereco_ip")
UNCONFIRMED_FOR = timedelta(days=30)
IMPORT_BYTES = 2_000_000
IMPORT_ROWS = 5_000
# A spreadsheet runs a cell that begins like this.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Imported(Struct, frozen=True, forbid_unknown_fields=True):
    """How an import went; `wrong` has a sentence for each line that was left out."""

    added: int
    known: int
    wrong: tuple[str, ...]


async def export_person(tx: Tx, *, subscriber_id: UUID) -> dict[str, Any]:
    """Everything about one subscriber, ready for JSON."""
    person = await tx.fetchrow(
        "SELECT email, state, sealing_key, created_at, confirmed_at, left_at"
        " FROM newsletter_subscriber WHERE id = $1",
        subscriber_id,
    )
    topics = await tx.fetch(
        "SELECT topic FROM newsletter_topic WHERE subscriber_id = $1 ORDER BY topic", subscriber_id
    )
    acts = await tx.fetch(
        "SELECT act, topics, words, sealed, happened_at FROM newsletter_consent"
        " WHERE subscriber_id = $1 ORDER BY id",
        subscriber_id,
    )
    sent = await tx.fetch(
        "SELECT i.number, i.title, d.state, d.sent_at FROM newsletter_delivery d"
        " JOIN newsletter_issue i ON i.id = d.issue_id WHERE d.subscriber_id = $1"
        " ORDER BY i.number",
        subscriber_id,
    )
    seal = Fernet(person["sealing_key"])
    return {
        "email": person["email"],
        "situacao": person["state"],
        "pediu_em": person["created_at"],
        "confirmou_em": person["confirmed_at"],
        "saiu_em": person["left_at"],
        "temas": [row["topic"] for row in topics],
        "consentimentos": [
            {
                "ato": act["act"],
                "temas": act["topics"],
                "texto": act["words"],
                "em": act["happened_at"],
                **msgspec.json.decode(seal.decrypt(act["sealed"])),
            }
            for act in acts
        ],
        "edicoes": [
            {"numero": row["number"], "titulo": row["title"], "situacao": row["state"],
             "enviada_em": row["sent_at"]}
            for row in sent
        ],
    }  # fmt: skip


async def erase_person(tx: Tx, *, subscriber_id: UUID) -> None:
    """Forget an address. Figures stay; the evidence can no longer be opened by anybody."""
    email = await tx.fetchval(
        "SELECT email FROM newsletter_subscriber WHERE id = $1 FOR UPDATE", subscriber_id
    )
    if email is None:
        return
    await tx.execute(
        "UPDATE newsletter_delivery SET state = 'dropped'"
        " WHERE subscriber_id = $1 AND state IN ('waiting', 'leased')",
        subscriber_id,
    )
    await tx.execute(
        "UPDATE newsletter_delivery SET subscriber_id = NULL, domain = '' WHERE subscriber_id = $1",
        subscriber_id,
    )
    await suppress(tx, email=email, reason="erased")
    await tx.execute("DELETE FROM newsletter_topic WHERE subscriber_id = $1", subscriber_id)
    await tx.execute("DELETE FROM newsletter_subscriber WHERE id = $1", subscriber_id)


async def forget_unconfirmed(db: Database, tenant: Tenant, _: NewsletterSettings) -> None:
    """Who never confirmed is forgotten: an address that somebody else may have typed."""
    async with tenant_scope(db, tenant) as tx:
        await tx.execute(
            "DELETE FROM newsletter_subscriber WHERE state = 'asked' AND confirm_until < $1",
            tx.now - UNCONFIRMED_FOR,
        )


async def note(tx: Tx, *, author: str, act: str, detail: str = "") -> None:
    """Keep who of the staff did what."""
    await tx.execute(
        "INSERT INTO newsletter_act (id, author, act, detail, happened_at)"
        " VALUES ($1, $2, $3, $4, $5)",
        new_id(),
        author,
        act,
        detail,
        tx.now,
    )


async def export_list(tx: Tx, *, author: str) -> bytes:
    """All who read now, as CSV that no spreadsheet runs."""
    rows = await tx.fetch(
        "SELECT s.email, s.confirmed_at, ARRAY(SELECT t.topic FROM newsletter_topic t"
        "  WHERE t.subscriber_id = s.id ORDER BY t.topic) AS topics"
        " FROM newsletter_subscriber s WHERE s.state = 'active' ORDER BY s.email"
    )
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("email", "temas", "confirmado_em"))
    for row in rows:
        when = row["confirmed_at"].isoformat() if row["confirmed_at"] else ""
        writer.writerow([safe_cell(one) for one in (row["email"], " ".join(row["topics"]), when)])
    await note(tx, author=author, act="export", detail=f"{len(rows)} assinante(s)")
    return ("\ufeff" + out.getvalue()).encode()


def safe_cell(text: str) -> str:
    """A cell that a spreadsheet shows as text."""
    return f"'{text}" if text.startswith(_FORMULA) else text


async def import_list(tx: Tx, *, author: str, content: bytes) -> Imported:
    """Take over subscribers with the evidence of their consent. A line without it is left out.

    Raises:
        Invalid: it is not such a file.
    """
    rows = _rows(content)
    added = known = 0
    wrong = []
    for number, row in enumerate(rows, start=2):
        try:
            one = _subscriber(row, tx.now)
        except Invalid as refusal:
            wrong.append(f"Linha {number}: {' '.join(refusal.fields.values())}")
            continue
        if await add_with_evidence(tx, **one):
            added += 1
        else:
            known += 1
    detail = f"{added} incluído(s), {known} já conhecido(s), {len(wrong)} recusado(s)"
    await note(tx, author=author, act="import", detail=detail)
    return Imported(added, known, tuple(wrong[:50]))


def _rows(content: bytes) -> list[dict[str, str]]:
    if len(content) > IMPORT_BYTES:
        raise Invalid({"lista": "O arquivo pode ter até 2 MB. Divida a lista."})
    try:
        text = content.decode("utf-8-sig")
        separator = ";" if ";" in text.partition("\n")[0] else ","
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise Invalid({"lista": "O arquivo não é um CSV em UTF-8."}) from error
    if missing := [name for name in COLUMNS if name not in (reader.fieldnames or ())]:
        raise Invalid({"lista": f"Faltam as colunas: {', '.join(missing)}."})
    if len(rows) > IMPORT_ROWS:
        raise Invalid({"lista": f"Até {IMPORT_ROWS} linhas por vez. Divida a lista."})
    return rows


def _subscriber(row: dict[str, str], now: datetime) -> dict[str, Any]:
    cells = {name: clean(str(row.get(name) or ""), 1000).removeprefix("'") for name in COLUMNS}
    words = cells["texto_do_consentimento"]
    if not words:
        raise Invalid({"texto": "falta o texto do consentimento."})
    try:
        given_at = datetime.fromisoformat(cells["data_do_consentimento"])
    except ValueError as error:
        raise Invalid({"data": "a data do consentimento deve ser como 2026-03-27."}) from error
    given_at = given_at if given_at.tzinfo else given_at.replace(tzinfo=UTC)
    if given_at.year < 2000 or given_at > now:
        raise Invalid({"data": "a data do consentimento não pode estar certa."})
    wanted = cells["temas"].replace(",", " ").split()
    if unknown := [one for one in wanted if one not in TOPICS]:
        raise Invalid({"temas": f"assunto desconhecido: {unknown[0][:40]}."})
    return {
        "email": parse_email(cells["email"]),
        "topics": parse_topics(wanted),
        "words": f"{words} (consentimento de {given_at.date().isoformat()})",
        "origin": Origin(cells["endereco_ip"][:60], "importação"),
        "given_at": given_at,
    }
