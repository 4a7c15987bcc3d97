"""The court's own number of a case (Res. CNJ 65/2008): NNNNNNN-DD.AAAA.J.TR.OOOO."""

import re

from msgspec import Struct

_PRINTED = re.compile(
    r"(\d{1,7})\D{1,3}(\d{2})\D{1,3}(\d{4})\D{1,3}(\d)\D{1,3}(\d{2})\D{1,3}(\d{4})"
)
_BARE = re.compile(r"(\d{7})(\d{2})(\d{4})(\d)(\d{2})(\d{4})")


class BadCourtNumber(ValueError):
    """The text is not a court's number. `reason` is a Portuguese sentence for the person."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CourtNumber(Struct, frozen=True):
    """A number by its parts.

    Attributes:
        serial: running number of the office in the year, 1 to 9 999 999.
        year: when the case began.
        branch: segment of the Judiciary; 8 is that of the States.
        court: court of the segment; 26 São Paulo, 13 Minas Gerais.
        office: where it began (foro), 0 to 9999.
    """

    serial: int
    year: int
    branch: int
    court: int
    office: int

    @property
    def check(self) -> int:
        """The two check digits (ISO 7064 MOD 97-10)."""
        return 98 - int(f"{self._head}{self._tail}00") % 97

    @property
    def digits(self) -> str:
        """The twenty digits, as machines exchange them."""
        return f"{self.serial:07d}{self.check:02d}{self._tail}"

    @property
    def printed(self) -> str:
        """As people read it: 4000001-55.2026.8.26.0114."""
        return (
            f"{self.serial:07d}-{self.check:02d}.{self.year:04d}"
            f".{self.branch}.{self.court:02d}.{self.office:04d}"
        )

    @property
    def _head(self) -> str:
        return f"{self.serial:07d}"

    @property
    def _tail(self) -> str:
        return f"{self.year:04d}{self.branch}{self.court:02d}{self.office:04d}"


def parse_court_number(text: str) -> CourtNumber:
    """A number as people type it or as machines send it, its check digits verified.

    Raises:
        BadCourtNumber: not twenty digits in their groups, or the check digits differ.
    """
    bare = text.strip()
    if not bare.isascii():
        raise BadCourtNumber("O número da Justiça é parecido com 4000001-55.2026.8.26.0114.")
    found = _BARE.fullmatch(bare) or _PRINTED.fullmatch(bare)
    if found is None:
        raise BadCourtNumber("O número da Justiça é parecido com 4000001-55.2026.8.26.0114.")
    serial, check, year, branch, court, office = (int(group) for group in found.groups())
    number = CourtNumber(serial, year, branch, court, office)
    if serial < 1 or branch < 1 or number.check != check:
        raise BadCourtNumber("Este número da Justiça não confere. Veja de novo no comprovante.")
    return number


def canonical_court_number(text: str) -> str:
    """What people typed, as it is printed and stored. Raises BadCourtNumber."""
    return parse_court_number(text).printed
