"""Words as the search compares them: no accents, no plurals, no words that say nothing.

The stems come from PostgreSQL's `portuguese`. It must not see what was only stripped of accents:
"solicitacao" and "solicitacoes" would get two stems, so plurals go first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from procon.kernel.text import search_key

WORDS_MOST = 12
WORD_LEAST = 3  # characters; shorter words are not worth correcting
_WORD_MOST = 60
# Shortest word, ending → what the singular ends in. The first that fits is used: "mais" and
# "tres" are too short to be plurals.
_PLURALS = (
    (4, re.compile(r"(oes|aes)$"), "ao"),
    (4, re.compile(r"ns$"), "m"),
    (5, re.compile(r"(?<=[aeou])is$"), "l"),
    (5, re.compile(r"(?<=[rz])es$"), ""),
)
# PostgreSQL's list has them with accents only.
_SMALL = frozenset(
    [
        "nao",
        "sao",
        "ja",
        "so",
        "ate",
        "tambem",
        "voce",
        "voces",
        "esta",
        "estao",
        "sera",
        "ha",
        "pela",
        "pelo",
    ]
)
_QUARTER = timedelta(days=91)
_SAME = 3  # letters that the forms of a word have in common
_ACCENTED = {
    plain: f"[{plain}{accented}]"
    for plain, accented in zip(
        "aceinou", ("áàâãä", "ç", "éèêë", "íìîï", "ñ", "óòôõö", "úùûü"), strict=True
    )
}


def singular(word: str) -> str:
    """A word of `search_key` without its plural."""
    for shortest, ending, instead in _PLURALS:
        if len(word) >= shortest and ending.search(word):
            return ending.sub(instead, word)
    return word


def words_of(text: str) -> list[str]:
    """The words of a text, in its order, ready for `to_tsvector('portuguese', …)`."""
    found = (word[:_WORD_MOST] for word in search_key(text).split() if word not in _SMALL)
    return [singular(word) for word in found]


def searched(text: str) -> list[str]:
    """What somebody looks for: each word once, at most WORDS_MOST."""
    return list(dict.fromkeys(words_of(text)))[:WORDS_MOST]


def tsquery(words: Iterable[str], *, prefix: bool = True) -> str:
    """All of the words, for `to_tsquery('portuguese', …)`; the last may be only begun.

    Safe for any input: `words_of` leaves nothing but letters and digits.
    """
    parts = list(words)
    if prefix and parts and len(parts[-1]) > 2 and not parts[-1].isdigit():
        # The whole word too: its stem may be shorter than what was typed.
        parts[-1] = f"({parts[-1]} | {parts[-1]}:*)"
    return " & ".join(parts)


def beginnings(words: Iterable[str]) -> re.Pattern[str]:
    """Finds, in a text as people wrote it, whatever may be a form of one of the words.

    Forms differ at their ends, so the first letters decide; with or without accents.
    """
    starts = {word[:_SAME] for word in words}
    options = ("".join(_ACCENTED.get(c, re.escape(c)) for c in start) for start in sorted(starts))
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(options)})[^\W_]*", re.IGNORECASE)


def spans(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[int, int, str]]:
    """Start, end and comparable form of each word that `beginnings` finds."""
    for match in pattern.finditer(text):
        yield match.start(), match.end(), singular(search_key(match[0]))


def quarter(when: datetime) -> str:
    """The quarter of a year (UTC), as a mark that no word can be."""
    when = when.astimezone(UTC)
    return f"@{when.year}q{(when.month + 2) // 3}"


def lately(now: datetime) -> str:
    """Marks of this quarter and of the one before it, for `doc @@ …::tsquery`."""
    return f"'{quarter(now)}' | '{quarter(now - _QUARTER)}'"
