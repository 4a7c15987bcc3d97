"""Files of drafts, answers and cases. Private to this slice."""

from __future__ import annotations

from piccolo.columns import UUID, BigInt, Text, Timestamptz
from piccolo.table import Table


class EvidenceFile(Table, tablename="evidence_file"):
    """One file. Its bytes are in S3 under `object_key` and never change."""

    id = UUID(primary_key=True)
    owner_kind = Text()
    owner_id = UUID()
    case_id = UUID(null=True)
    attached_to = UUID(null=True)
    object_key = Text()
    upload_id = Text()
    name = Text()
    declared_size = BigInt()
    size = BigInt(null=True)
    sha256 = Text()
    media_type = Text()
    state = Text()
    reason = Text()
    parts = Text()
    thumbnail_key = Text(null=True)
    copy_key = Text(null=True)
    uploaded_by = Text()
    created_at = Timestamptz()
    finished_at = Timestamptz(null=True)
    attached_at = Timestamptz(null=True)
