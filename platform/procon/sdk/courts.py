"""What a plugin that leads into a court may import besides the rest of the SDK."""

from __future__ import annotations

from procon.auth.oidc.clients import resolve_secret
from procon.ext.cnj import BadCourtNumber, canonical_court_number
from procon.ext.ports import (
    CourtAnswer,
    CourtFile,
    CourtFiling,
    CourtGateway,
    CourtParty,
    CourtQuestion,
    CourtSilent,
)
from procon.sdk.court_files import court_parts

__all__ = [
    "BadCourtNumber",
    "CourtAnswer",
    "CourtFile",
    "CourtFiling",
    "CourtGateway",
    "CourtParty",
    "CourtQuestion",
    "CourtSilent",
    "canonical_court_number",
    "court_parts",
    "resolve_secret",
]
