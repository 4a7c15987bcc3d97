"""The hearing while it is held. Every change raises its revision, which the live pages follow."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Literal
from uuid import UUID

from procon.auth.actor import Actor
from procon.cases.queries import CaseDetail
from procon.hearings.commands import locked_hearing
from procon.hearings.queries import (
    ClauseRow,
    HearingRow,
    PartyRow,
    VerdictRow,
    clauses_of,
    parties_of,
    verdicts_of,
)
from procon.kernel.chain import canonical
from procon.kernel.errors import Conflict, Invalid, NotFound
from procon.kernel.ids import new_id
from procon.tenancy.scope import Tx

MINUTES_TOPIC = "hearings/minutes"
SIDES = ("consumer", "supplier")
MOST_CLAUSES = 60
# People come early, and the conciliator prepares the minutes.
OPENS_BEFORE = timedelta(minutes=60)

Verdict = Literal["accepts", "objects"]
Method = Literal["login", "code", "presence"]


async def note_arrival(
    tx: Tx, *, actor: Actor, hearing_id: UUID, side: str, name: str, role: str, document: str
) -> None:
    """Tick that somebody is here. The same name on the same side again: brought up to date.

    Raises:
        Conflict: too early, or the hearing is over.
    """
    hearing = await _open(tx, hearing_id)
    await tx.execute(
        "INSERT INTO hearing_party (id, hearing_id, side, name, role, document, arrived_at,"
        " noted_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        " ON CONFLICT (hearing_id, side, name) DO UPDATE SET role = excluded.role,"
        " document = excluded.document",
        new_id(),
        hearing.id,
        side,
        name,
        role,
        document,
        tx.now,
        actor.name,
    )
    await changed(tx, hearing.id)


async def remove_arrival(tx: Tx, *, actor: Actor, hearing_id: UUID, party_id: UUID) -> None:
    """Somebody was ticked by mistake.

    Raises:
        NotFound: nobody of this id at this hearing.
    """
    hearing = await _open(tx, hearing_id)
    done = await tx.execute(
        "DELETE FROM hearing_party WHERE id = $1 AND hearing_id = $2", party_id, hearing.id
    )
    if done == "DELETE 0":
        raise NotFound("Esta pessoa não está na lista de presença.")
    await changed(tx, hearing.id)


async def add_clause(tx: Tx, *, actor: Actor, hearing_id: UUID, text: str) -> UUID:
    """A new sentence at the end of the minutes; both parties see it at once.

    Raises:
        Invalid: there are too many already.
    """
    hearing = await _open(tx, hearing_id)
    last = await tx.fetchval(
        "SELECT coalesce(max(position), 0) FROM hearing_clause WHERE hearing_id = $1", hearing.id
    )
    if last >= MOST_CLAUSES:
        raise Invalid({"texto": f"O termo pode ter até {MOST_CLAUSES} cláusulas."})
    clause_id = new_id()
    await tx.execute(
        "INSERT INTO hearing_clause (id, hearing_id, position, text, author, version, changed_at)"
        " VALUES ($1, $2, $3, $4, $5, 1, $6)",
        clause_id,
        hearing.id,
        last + 1,
        text,
        actor.name,
        tx.now,
    )
    await changed(tx, hearing.id)
    return clause_id


async def edit_clause(
    tx: Tx, *, actor: Actor, hearing_id: UUID, clause_id: UUID, version: int, text: str
) -> None:
    """Change a sentence. What was said of the former one no longer counts.

    Raises:
        Conflict: somebody changed or removed it since `version` was shown.
    """
    hearing = await _open(tx, hearing_id)
    done = await tx.execute(
        "UPDATE hearing_clause SET text = $4, author = $5, version = version + 1, changed_at = $6"
        " WHERE id = $1 AND hearing_id = $2 AND version = $3 AND removed_at IS NULL",
        clause_id,
        hearing.id,
        version,
        text,
        actor.name,
        tx.now,
    )
    if done == "UPDATE 0":
        raise _clause_changed()
    await changed(tx, hearing.id)


async def remove_clause(
    tx: Tx, *, actor: Actor, hearing_id: UUID, clause_id: UUID, version: int
) -> None:
    """Take a sentence out.

    Raises:
        Conflict: somebody changed or removed it since `version` was shown.
    """
    hearing = await _open(tx, hearing_id)
    done = await tx.execute(
        "UPDATE hearing_clause SET removed_at = $4 WHERE id = $1 AND hearing_id = $2"
        " AND version = $3 AND removed_at IS NULL",
        clause_id,
        hearing.id,
        version,
        tx.now,
    )
    if done == "UPDATE 0":
        raise _clause_changed()
    await changed(tx, hearing.id)


async def judge_clause(
    tx: Tx,
    *,
    actor: Actor,
    side: str,
    hearing_id: UUID,
    clause_id: UUID,
    version: int,
    verdict: Verdict,
    remark: str = "",
    method: Method = "login",
    author: str = "",
) -> None:
    """A party accepts a clause or objects to it. The newest word of a side counts.

    Raises:
        Conflict: the clause is no longer the one that was shown.
    """
    hearing = await _open(tx, hearing_id)
    text = await tx.fetchval(
        "SELECT text FROM hearing_clause WHERE id = $1 AND hearing_id = $2 AND version = $3"
        " AND removed_at IS NULL",
        clause_id,
        hearing.id,
        version,
    )
    if text is None:
        raise _clause_changed()
    await _keep(
        tx,
        actor=actor,
        hearing_id=hearing.id,
        clause=(clause_id, version),
        digest=hashlib.sha256(text.encode()).hexdigest(),
        side=side,
        verdict=verdict,
        remark=remark,
        method=method,
        author=author,
    )


async def accept_minutes(
    tx: Tx,
    *,
    actor: Actor,
    side: str,
    hearing_id: UUID,
    digest: str,
    method: Method,
    author: str = "",
) -> None:
    """A party accepts the whole minutes as they stand; `digest` names what was shown.

    Raises:
        Conflict: the minutes are others by now, or this party objects to a clause.
    """
    hearing = await _open(tx, hearing_id)
    clauses, verdicts = await clauses_of(tx, hearing.id), await verdicts_of(tx, hearing.id)
    if digest != minutes_digest(hearing.id, clauses):
        raise Conflict(
            "O termo mudou enquanto você lia. Leia de novo antes de aceitar.", code="minutes-moved"
        )
    if not clauses:
        raise Conflict("O termo ainda não tem nenhuma cláusula.", code="minutes-empty")
    if side in {one.side for one in objections(clauses, verdicts)}:
        raise Conflict(
            "Há cláusula que você não aceita. Resolva isso com o conciliador antes.",
            code="clause-objected",
        )
    await _keep(
        tx,
        actor=actor,
        hearing_id=hearing.id,
        clause=(None, 0),
        digest=digest,
        side=side,
        verdict="accepts",
        remark="",
        method=method,
        author=author,
    )


def minutes_digest(hearing_id: UUID, clauses: list[ClauseRow]) -> str:
    """SHA-256 of the minutes as they stand: the clauses' order, versions and texts."""
    told = [[str(one.id), one.version, one.text] for one in clauses]
    return hashlib.sha256(canonical({"hearing": hearing_id, "clauses": told})).hexdigest()


def last_words(
    clauses: list[ClauseRow], verdicts: list[VerdictRow]
) -> dict[tuple[UUID, str], VerdictRow]:
    """(clause, side) → the newest word of that side on the clause as it stands now."""
    versions = {one.id: one.version for one in clauses}
    return {
        (one.clause_id, one.side): one
        for one in verdicts
        if one.clause_id is not None and versions.get(one.clause_id) == one.clause_version
    }


def objections(clauses: list[ClauseRow], verdicts: list[VerdictRow]) -> list[VerdictRow]:
    """The objections that stand."""
    return [one for one in last_words(clauses, verdicts).values() if one.verdict == "objects"]


def signatures(
    hearing_id: UUID, clauses: list[ClauseRow], verdicts: list[VerdictRow]
) -> dict[str, VerdictRow]:
    """Side → its acceptance of the whole minutes as they stand now."""
    digest = minutes_digest(hearing_id, clauses)
    return {one.side: one for one in verdicts if one.clause_id is None and one.digest == digest}


def present(parties: list[PartyRow]) -> frozenset[str]:
    """The sides of which somebody is here."""
    return frozenset(one.side for one in parties)


async def sides_here(tx: Tx, hearing_id: UUID) -> frozenset[str]:
    """As `present`, read now."""
    return present(await parties_of(tx, hearing_id))


def is_live(hearing: HearingRow, tx: Tx) -> bool:
    """Whether the hearing can be worked on: from an hour before its beginning."""
    return hearing.status == "set" and tx.now >= hearing.starts_at - OPENS_BEFORE


def party_email(side: str, actor: Actor, case: CaseDetail) -> str:
    """Where a party's code is sent: the account's own address, else the one in the case."""
    known = case.person_email if side == "consumer" else case.supplier_email
    return (actor.email or known).strip().lower()


async def changed(tx: Tx, hearing_id: UUID) -> None:
    """Let the live pages know that something is new."""
    await tx.execute("UPDATE hearing SET revision = revision + 1 WHERE id = $1", hearing_id)


async def _open(tx: Tx, hearing_id: UUID) -> HearingRow:
    hearing = await locked_hearing(tx, hearing_id)
    if not is_live(hearing, tx):
        raise Conflict(
            "A audiência ainda não começou. A página abre uma hora antes.", code="hearing-not-open"
        )
    return hearing


async def _keep(
    tx: Tx,
    *,
    actor: Actor,
    hearing_id: UUID,
    clause: tuple[UUID | None, int],
    digest: str,
    side: str,
    verdict: Verdict,
    remark: str,
    method: Method,
    author: str,
) -> None:
    await tx.execute(
        "INSERT INTO hearing_acceptance (id, hearing_id, clause_id, clause_version, digest, side,"
        " verdict, remark, method, author, account_id, given_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        new_id(),
        hearing_id,
        *clause,
        digest,
        side,
        verdict,
        remark,
        method,
        author or actor.name,
        actor.account_id,
        tx.now,
    )
    await changed(tx, hearing_id)


def _clause_changed() -> Conflict:
    return Conflict(
        "Esta cláusula mudou enquanto você lia. Veja abaixo como ela está agora.",
        code="clause-moved",
    )
