"""A publication of the register as PDF/A, ready for the official gazette."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import typst

from procon.letters.models import Brand
from procon.letters.typeset.printable import drawn
from procon.letters.typeset.render import brand_shown, safe
from procon.portal.render import long_date
from procon.statistics.register.pages import CompanyLine, PublicEntry
from procon.statistics.register.queries import Publication

TEMPLATES = Path(__file__).parents[1] / "templates" / "register_typst"


def register_pdf(
    publication: Publication,
    lines: Sequence[CompanyLine],
    entries: Sequence[PublicEntry],
    *,
    brand: Brand,
) -> bytes:
    """The published register as PDF bytes; the same input always gives the same bytes.

    Takes 50-500 ms of one core and releases the interpreter lock: call it in a thread.

    Raises:
        ValueError: the publication is not published.
    """
    if publication.published_at is None or publication.sha256 is None:
        raise ValueError(f"{publication.year} is not published")
    zone, allowed = ZoneInfo(brand.timezone), drawn()
    facts = {
        "year": str(publication.year),
        "frozen": long_date(publication.frozen_at.astimezone(zone)),
        "published": long_date(publication.published_at.astimezone(zone)),
        "sha256": publication.sha256.hex(),
        "companies": [
            [one.name, one.root, str(one.attended), str(one.not_attended), str(one.total)]
            for one in lines
        ],
        "entries": [
            [one.name, one.subject, one.problem, "Atendida" if one.attended else "Não atendida"]
            for one in entries
        ],
    }
    payload = {"d": safe(facts, allowed), "brand": brand_shown(brand, allowed)}
    pdf: bytes = typst.compile(
        str(TEMPLATES / "register.typ"),
        root=str(TEMPLATES),
        # Not the machine's fonts: the same file must come out of every machine.
        font_paths=typst.Fonts(include_system_fonts=False, include_embedded_fonts=True),
        sys_inputs={"register": msgspec.json.encode(payload).decode()},
        timestamp=publication.published_at.astimezone(UTC).replace(microsecond=0),
        format="pdf",
        pdf_standards=["a-3a", "ua-1"],
    )
    return pdf
