"""What the verification pages and the cases' pages show of letters. No personal data."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from procon.letters.models import TITLES
from procon.letters.queries import Letter, case_letters
from procon.letters.typeset.render import grouped
from procon.letters.wording.documents import AUTOS, DOCUMENTS
from procon.tenancy.scope import Tx


class FoundLetter(Struct, frozen=True, forbid_unknown_fields=True):
    """A document of ours. `same_file`: the very file was checked, not only its code."""

    title: str
    issued_at: datetime
    case_number: str
    code: str
    href: str
    same_file: bool


class FoundFile(Struct, frozen=True, forbid_unknown_fields=True):
    """A file that somebody put into a case: when, and into which (masked)."""

    received_at: datetime
    case_number: str


class VerifyPage(Struct, frozen=True, forbid_unknown_fields=True):
    """The form, and below it the answer when something was asked.

    `asked` is "" (nothing yet), "code" or "file".
    """

    errors: Mapping[str, str] = {}
    code: str = ""
    asked: str = ""
    letter: FoundLetter | None = None
    file: FoundFile | None = None


def found_letter(letter: Letter, *, sha256: bytes | None) -> FoundLetter:
    """What everybody may know of a letter. `sha256` is what was asked for, None for a code."""
    return FoundLetter(
        title=full_title(letter),
        issued_at=letter.created_at,
        case_number=mask_case_number(letter.case_number),
        code=grouped(letter.code),
        href=f"/documentos/{letter.code}",
        same_file=sha256 == letter.sha256,
    )


def full_title(letter: Letter) -> str:
    """The document's name with its number: "Certidão nº 4/2026"."""
    title = letter.title or TITLES.get(letter.kind, letter.kind)
    return title if letter.number is None else f"{title} nº {letter.number}/{letter.year}"


def mask_case_number(number: str) -> str:
    """Enough to recognise one's own case, not to learn another's: "2026.***123-4"."""
    digits = sum(char.isdigit() for char in number)
    out, seen = "", 0
    for char in number:
        if char.isdigit():
            seen += 1
        out += "*" if char.isdigit() and 4 < seen <= digits - 4 else char
    return out


class DocumentLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A letter as a case's page lists it, to download."""

    title: str
    code: str
    href: str
    issued_at: datetime


async def document_lines(
    tx: Tx, case_id: UUID, kinds: Collection[str] = tuple(TITLES)
) -> tuple[DocumentLine, ...]:
    """The case's letters of these kinds, oldest first. The caller decides who may see them.

    The documents of the process (DOCUMENTS) are for all parties alike and always among them, but
    for those that show where the consumer lives: whoever asks for the consumer's receipt has them.
    """
    own = "filing_receipt" in kinds
    return tuple(
        DocumentLine(full_title(one), grouped(one.code), f"/documentos/{one.code}", one.created_at)
        for one in await case_letters(tx, case_id)
        if one.kind != AUTOS
        and (one.kind in kinds or one.kind in DOCUMENTS)
        and (own or one.only_for != "consumer")
    )
