"""What people wrote, so that the wheel's fonts can draw every sign of it.

PDF/A refuses a file with a sign that no font has. A sign that cannot be drawn is printed as its
Unicode code point between angle brackets: ugly, but nothing is left out and nothing is guessed.
"""

from __future__ import annotations

import functools
import unicodedata

# Code points that the fonts bundled with typst draw: Latin, Greek, Cyrillic, Hebrew and Arabic
# letters, Georgian, punctuation, currency, arrows, mathematics, boxes, dingbats. Found by
# compiling each one; tests/letters compiles them all again.
_DRAWN = (
    "20-7E A0-AC AE-377 37A-37F 384-38A 38C-38C 38E-3A1 3A3-484 487-4FF 5D0-5EA 60C-60C 61B-61B "
    "61F-61F 621-63A 640-655 660-66D 674-674 679-67B 67E-680 6A9-6A9 6AF-6AF 6BE-6BE 6CC-6CC "
    "6F0-6F9 10D0-10FF 1E00-1EFF 2010-2027 2030-2040 2042-2042 2044-2052 2054-205E 2070-2071 "
    "2074-208E 2090-209C 20A0-20C0 2100-211E 2120-2120 2122-2122 2124-2124 2126-2151 2153-2184 "
    "2190-2328 232B-23FF 2460-262F 2638-268B 2690-269C 26A0-26A7 26AA-26B2 2701-2704 2706-2709 "
    "270C-2727 2729-274B 274D-274D 274F-2752 2756-2756 2758-275E 2761-277F 2794-2794 2798-27AF "
    "27B1-27FF 2900-2B4F"
)
# Enough for any Portuguese text; drawn by the first font alone, whatever stands beside it.
_SURE = "20-7E A0-AC AE-17F 2010-2015 2018-201E 2020-2022 2026-2026 2030-2030 2039-203A 20AC-20AC"

_MARKS = 4  # combining signs on one letter; more is a picture, not writing


def _ranges(text: str) -> tuple[tuple[int, int], ...]:
    pairs = (part.split("-") for part in text.split())
    return tuple((int(first, 16), int(last, 16)) for first, last in pairs)


@functools.cache
def drawn(*, strict: bool = False) -> frozenset[str]:
    """The characters that may be printed as they are; `strict` gives the smaller, sure set."""
    table = _ranges(_SURE if strict else _DRAWN)
    return frozenset(chr(c) for first, last in table for c in range(first, last + 1))


def _sign(char: str, allowed: frozenset[str]) -> str:
    if char == "\n" or char in allowed:
        return char
    if char.isspace():
        return " "
    # Cf: joiners, bidirectional controls, tags. Invisible, and able to show a text backwards.
    if unicodedata.category(char) in ("Cc", "Cf", "Cs") or 0xFE00 <= ord(char) <= 0xFE0F:
        return ""
    # Letters dressed up as bold or round ones are the same letters (NFKC).
    simple = unicodedata.normalize("NFKC", char)
    if simple != char and all(c in allowed for c in simple):
        return simple
    return f"⟨U+{ord(char):04X}⟩"


def _few_marks(text: str) -> str:
    out: list[str] = []
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= _MARKS:
            out.append(char)
    return "".join(out)


def printable(text: str, allowed: frozenset[str]) -> str:
    """`text` with every character in `allowed`, or spelt out as its code point.

    Newlines stay. Bidirectional controls, joiners and variation selectors go. `allowed` comes
    from `drawn`.
    """
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _few_marks("".join(_sign(char, allowed) for char in composed))


def was_replaced(before: str, after: str) -> bool:
    """Whether `after` spells out a code point that `before` did not, so a note is due."""
    return after.count("⟨U+") > before.count("⟨U+")
