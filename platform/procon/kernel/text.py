"""Text that people type: made safe to store, and comparable without accents."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

# Overrides of direction make a stored name read as another one on the screen; zero-width
# characters make an empty field look filled. U+200D stays: emoji are joined by it.
_HIDDEN = frozenset(
    "\u00ad\u200b\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_NEWLINES = str.maketrans(
    {"\u2028": "\n", "\u2029": "\n", "\x85": "\n", "\x0b": "\n", "\x0c": "\n"}
)


_FORM_KEY = re.compile(r"[0-9a-f]{32}")


def _kept(char: str) -> bool:
    if char in "\n\t":
        return True
    # Cc: control (NUL among them); Cs: lone surrogates, which PostgreSQL cannot store either.
    return unicodedata.category(char) not in ("Cc", "Cs") and char not in _HIDDEN


def clean(text: str, max_len: int, multiline: bool = False) -> str:
    """Text as it is stored: NFC, no control characters, outer spaces gone, cut at `max_len`.

    One line: any run of white space becomes one space. Several lines: newlines are LF, spaces
    at line ends go. The length is in characters; a form that must refuse rather than cut
    compares the length itself, before.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_NEWLINES)
    text = "".join(filter(_kept, text))
    text = unicodedata.normalize("NFC", text)
    if multiline:
        text = "\n".join(line.rstrip() for line in text.split("\n"))
        return text.strip()[:max_len].rstrip()
    return " ".join(text.split())[:max_len].rstrip()


def search_key(text: str) -> str:
    """For comparing only: small letters, no accents, one space between words, no punctuation.

    "Ação – São João S.A." and "acao sao joao sa" give the same key.
    """
    folded = unicodedata.normalize("NFKD", text.casefold())
    kept: list[str] = []
    for char in folded:
        if char.isalnum():
            kept.append(char)
        elif not unicodedata.combining(char) and char not in ".'’":
            kept.append(" ")
    return " ".join("".join(kept).split())


def typed_text(form: Mapping[str, Any], name: str) -> str:
    """A field as it was typed; a file or a missing field is ""."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def is_form_key(text: str) -> bool:
    """Whether this can be the key that a page has put into its form (`_chave`)."""
    return _FORM_KEY.fullmatch(text) is not None
