"""A court that is not one: it speaks MNI 2.2.2 on this machine, for tests and the demonstration."""

from __future__ import annotations

from procon.embedded.court.book import Court, CourtCase
from procon.embedded.court.server import CourtServer

__all__ = ["Court", "CourtCase", "CourtServer"]
