"""The small Markdown of the city's documents, with `{{fields}}`: parsed by hand, never evaluated.

What comes out is data (headings, paragraphs, lists of runs), which the typesetter draws as text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from msgspec import Struct

from procon.letters.models import Block, Run

BODY_MOST = 20_000
_HOLE = re.compile(r"\{\{([^{}\n]*)\}\}")
_PIECE = re.compile(r"(\{\{[^{}\n]*\}\}|\*\*|\*)")
_HEADING = re.compile(r"(#{1,3})\s+(\S.*)")
_BULLET = re.compile(r"[-•]\s+(\S.*)")
_NUMBER = re.compile(r"\d{1,2}[.)]\s+(\S.*)")
# Signs of a language that somebody may believe to work here. They would be printed as they are.
_FOREIGN = (
    (
        re.compile(r"\{[%#]|[%#]\}|\{\{|\}\}"),
        "“{}” não é aceito: um campo se escreve {{{{ nome }}}}",
    ),
    (re.compile(r"#[A-Za-z({\[][^\s]*"), "“{}” não é aceito: aqui não há comandos, só texto"),
    (re.compile(r"(?<!R)(?<!US)\$\S*"), "“{}” não é aceito: escreva valores como R$ 10,00"),
    (re.compile(r"\\\S*"), "“{}” não é aceito: a barra invertida não tem função aqui"),
    (re.compile(r"`+"), "“{}” não é aceito: o acento grave não tem função aqui"),
    (re.compile(r"</?[A-Za-z!][^\s>]*>?"), "“{}” não é aceito: aqui não há HTML"),
)
_SHOWN = 40


class Problem(Struct, frozen=True):
    """Something that would not work, with its line and a sentence for the person."""

    line: int
    found: str
    sentence: str


class Piece(Struct, frozen=True):
    """Words, or the name of a field when `field`."""

    text: str
    bold: bool = False
    italic: bool = False
    field: bool = False


class Part(Struct, frozen=True):
    """A block before its fields are filled; `items` are a list's entries, else there is one."""

    kind: str
    level: int
    items: tuple[tuple[Piece, ...], ...]


def fields_in(body: str) -> frozenset[str]:
    """Names between double braces, whatever they are."""
    return frozenset(name.strip() for name in _HOLE.findall(body))


def lint(body: str, known: Collection[str]) -> tuple[Problem, ...]:
    """Everything in `body` that names no field of `known` or looks like a language of commands."""
    found: list[Problem] = []
    for number, line in enumerate(body.split("\n"), start=1):
        for name in _HOLE.findall(line):
            if name.strip() not in known:
                shown = _short(f"{{{{{name}}}}}")
                found.append(Problem(number, shown, f"Linha {number}: não existe o campo {shown}."))
        rest = _HOLE.sub(" ", line)
        heading = _HEADING.fullmatch(rest.strip())
        rest = heading[2] if heading else rest
        for pattern, sentence in _FOREIGN:
            for match in pattern.finditer(rest):
                shown = _short(match.group())
                told = sentence.format(shown)
                found.append(Problem(number, shown, f"Linha {number}: {told}."))
    return tuple(found)


def parse(body: str) -> tuple[Part, ...]:
    """The blocks of a text. Any text has some reading; nothing is refused here."""
    return tuple(_ordered(_blocks(body.replace("\r\n", "\n").split("\n"))))


def fill(
    parts: tuple[Part, ...], values: Mapping[str, str], lists: Collection[str]
) -> tuple[Block, ...]:
    """Blocks with each field's value in its place, as plain text.

    A paragraph that is one field alone becomes that value's paragraphs, or a list for the fields
    in `lists`, and goes when the value is empty. A heading with nothing under it goes too.

    Raises:
        KeyError: a field without a value.
    """
    filled = [block for part in parts for block in _filled(part, values, lists)]
    return tuple(
        block
        for place, block in enumerate(filled)
        if block.kind != "heading"
        or (place + 1 < len(filled) and filled[place + 1].kind != "heading")
    )


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _blocks(lines: list[str]) -> Iterator[Part]:
    held: list[str] = []
    kind = ""
    for line in [*lines, ""]:
        text = line.strip()
        found, words = _kind_of(text)
        if held and (not text or found != kind or found == "heading"):
            yield _part(kind, held)
            held = []
        if text:
            held.append(words if found != "heading" else text)
            kind = found


def _kind_of(text: str) -> tuple[str, str]:
    if _HEADING.fullmatch(text):
        return "heading", text
    for kind, pattern in (("bullets", _BULLET), ("numbers", _NUMBER)):
        if match := pattern.fullmatch(text):
            return kind, match[1]
    if text.startswith("> "):
        return "quote", text[2:].strip()
    return "paragraph", text


def _part(kind: str, lines: list[str]) -> Part:
    if kind == "heading":
        match = _HEADING.fullmatch(lines[0])
        marks, words = (match[1], match[2]) if match else ("#", lines[0])
        return Part(kind, min(len(marks), 2), (_pieces(words),))
    if kind in ("bullets", "numbers"):
        return Part(kind, 0, tuple(_pieces(line) for line in lines))
    return Part(kind, 0, (_pieces("\n".join(lines)),))


def _ordered(parts: Iterator[Part]) -> Iterator[Part]:
    """Headings without a gap in their levels: readers who listen navigate by them."""
    level = 0
    for part in parts:
        if part.kind == "heading":
            level = min(part.level, level + 1)
            yield Part(part.kind, level, part.items)
        else:
            yield part


def _pieces(text: str) -> tuple[Piece, ...]:
    found = _PIECE.split(text)
    # An asterisk without its partner is an asterisk.
    left = {mark: found.count(mark) // 2 * 2 for mark in ("**", "*")}
    on = {"**": False, "*": False}
    pieces: list[Piece] = []
    for token in found:
        if left.get(token):
            left[token] -= 1
            on[token] = not on[token]
        elif _HOLE.fullmatch(token):
            pieces.append(Piece(token[2:-2].strip(), on["**"], on["*"], field=True))
        elif token:
            pieces.append(Piece(token, on["**"], on["*"]))
    return tuple(pieces)


def _filled(part: Part, values: Mapping[str, str], lists: Collection[str]) -> Iterator[Block]:
    alone = part.items[0][0] if len(part.items) == 1 and len(part.items[0]) == 1 else None
    if alone is not None and alone.field and part.kind in ("paragraph", "quote"):
        value = values[alone.text].strip()
        if value and alone.text in lists:
            entries = [line for line in value.split("\n") if line.strip()]
            yield Block("bullets", 0, tuple((Run(entry.strip()),) for entry in entries))
        elif value:
            for words in re.split(r"\n[ \t]*\n+", value):
                yield Block(part.kind, 0, ((Run(words, alone.bold, alone.italic),),))
        return
    items = tuple(tuple(_run(piece, values) for piece in item) for item in part.items)
    if any(run.text.strip() for item in items for run in item):
        yield Block(part.kind, part.level, items)


def _run(piece: Piece, values: Mapping[str, str]) -> Run:
    text = (values[piece.text].strip() or NOT_KNOWN) if piece.field else piece.text
    return Run(text, piece.bold, piece.italic)


NOT_KNOWN = "(não informado)"
