"""Reads of files. `get_file` is the one getter that decides who may have a file."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from procon.auth.actor import Actor
from procon.cases.access import get_case_by_id
from procon.kernel.errors import LoginNeeded, NotFound
from procon.tenancy.scope import Tx

OwnerKind = Literal["draft", "case", "answer"]


class Owner(Struct, frozen=True):
    """The form that files wait for. `id`: of the draft, or the form's idempotency key."""

    kind: OwnerKind
    id: UUID
    case_id: UUID | None = None


class StoredFile(Struct, frozen=True):
    """A file as kept. Sizes in bytes; `parts`: part number → SHA-256, hexadecimal.

    `attached_to` is the answer's id for files of an answer, else the case's; None while the form
    has not been sent. `size` and `sha256` are ours, computed from what is stored.
    """

    id: UUID
    owner_kind: OwnerKind
    owner_id: UUID
    case_id: UUID | None
    attached_to: UUID | None
    object_key: str
    upload_id: str
    name: str
    declared_size: int
    size: int | None
    sha256: str
    media_type: str
    state: Literal["sending", "checking", "kept", "refused"]
    reason: str
    parts_json: str
    thumbnail_key: str | None
    copy_key: str | None
    uploaded_by: str
    created_at: datetime
    attached_at: datetime | None

    @property
    def parts(self) -> dict[int, str]:
        """What the browser said of each part; S3 refused any that was not so."""
        return msgspec.json.decode(self.parts_json, type=dict[int, str])

    @property
    def owner(self) -> Owner:
        """The form it was sent for."""
        case_id = None if self.owner_kind == "draft" else self.case_id
        return Owner(self.owner_kind, self.owner_id, case_id)


_FILE = """
SELECT id, owner_kind, owner_id, case_id, attached_to, object_key, upload_id, name, declared_size,
       size, sha256, media_type, state, reason, parts, thumbnail_key, copy_key, uploaded_by,
       created_at, attached_at
FROM evidence_file
"""


async def file_by_id(tx: Tx, file_id: UUID, *, lock: bool = False) -> StoredFile | None:
    """A file, for commands and jobs; people get theirs through `get_file`."""
    row = await tx.fetchrow(f"{_FILE} WHERE id = $1{' FOR UPDATE' if lock else ''}", file_id)
    return StoredFile(*row) if row else None


async def files_of_owner(tx: Tx, owner: Owner) -> list[StoredFile]:
    """Everything sent for one form, refused files too, oldest first."""
    rows = await tx.fetch(
        f"{_FILE} WHERE owner_kind = $1 AND owner_id = $2 ORDER BY created_at, id",
        owner.kind,
        owner.id,
    )
    return [StoredFile(*row) for row in rows]


async def files_of_case(tx: Tx, case_id: UUID) -> list[StoredFile]:
    """The files that are part of a case, oldest first; refused ones too, so that nobody believes
    they are there."""
    rows = await tx.fetch(
        f"{_FILE} WHERE case_id = $1 AND attached_at IS NOT NULL AND state <> 'sending'"
        " ORDER BY created_at, id",
        case_id,
    )
    return [StoredFile(*row) for row in rows]


async def fingerprints(tx: Tx, owner: Owner) -> tuple[str, ...]:
    """What a receipt says of each file: its SHA-256.

    For a file whose check has not ended: "partes:" and the SHA-256 over the SHA-256 of its parts,
    each of which S3 verified on arrival.
    """
    files = await files_of_owner(tx, owner)
    return tuple(fingerprint(file) for file in files if file.state in {"checking", "kept"})


def fingerprint(file: StoredFile) -> str:
    """See `fingerprints`."""
    if file.sha256:
        return file.sha256
    joined = b"".join(bytes.fromhex(sha256) for _, sha256 in sorted(file.parts.items()))
    return f"partes:{hashlib.sha256(joined).hexdigest()}"


async def get_file(tx: Tx, *, actor: Actor, file_id: UUID, owner: Owner | None) -> StoredFile:
    """A kept file, if it is the actor's to have.

    Args:
        owner: proved by the page's ticket, or None.

    Raises:
        NotFound: no such file in this city, or it is not (or not yet) part of a case.
        LoginNeeded: it may be theirs, but nobody is signed in.
        Forbidden: it belongs to a case of others.
    """
    file = await file_by_id(tx, file_id)
    if file is None or file.state != "kept":
        raise NotFound("Não encontramos este arquivo.")
    if owner is not None and (owner.kind, owner.id) == (file.owner_kind, file.owner_id):
        return file
    if file.case_id is None or file.attached_at is None:
        raise NotFound("Não encontramos este arquivo.")
    if actor.kind == "anonymous":
        raise LoginNeeded("Entre na sua conta para ver este arquivo.")
    await get_case_by_id(tx, actor=actor, case_id=file.case_id)
    return file


async def file_by_sha256(tx: Tx, sha256: bytes) -> tuple[datetime, str] | None:
    """Since when a file with this content stands in a case, and the case's number."""
    row = await tx.fetchrow(
        "SELECT f.attached_at, c.number FROM evidence_file f JOIN case_file c ON c.id = f.case_id"
        " WHERE f.sha256 = $1 AND f.state = 'kept' AND f.attached_at IS NOT NULL"
        " ORDER BY f.attached_at LIMIT 1",
        sha256.hex(),
    )
    return (row[0], row[1]) if row else None
