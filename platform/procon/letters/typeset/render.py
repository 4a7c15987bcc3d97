"""From facts to PDF: PDF/A-3a and PDF/UA-1, by typst, with the fonts in its wheel only."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import segno
import typst
from msgspec import Struct

from procon.kernel.chain import canonical
from procon.kernel.errors import Refused
from procon.letters.models import KINDS, TITLES, Brand, Kind, LetterData, Stamp, Worded
from procon.letters.typeset.printable import drawn, printable, was_replaced

TEMPLATES = Path(__file__).parents[1] / "templates" / "typst"
PAGE_LIMIT = 30
_INPUT_LIMIT = 400_000  # characters of JSON; thirty full pages hold about 120,000
_MONTHS = (
    *("janeiro", "fevereiro", "março", "abril", "maio", "junho"),
    *("julho", "agosto", "setembro", "outubro", "novembro", "dezembro"),
)
_WEEKDAYS = (
    *("segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira"),
    *("sábado", "domingo"),
)
# Never in the stored facts, in their hash, or on the filed letter.
SECRET_FIELDS = frozenset({"access_code"})


def grouped(code: str) -> str:
    """A verification code as people read it: "7K3M-9QXA-2D5F"."""
    return "-".join(code[i : i + 4] for i in range(0, len(code), 4))


def without_secrets(data: LetterData) -> dict[str, Any]:
    """The fields of a letter that may be stored and hashed."""
    fields = msgspec.structs.asdict(data)
    return {name: value for name, value in fields.items() if name not in SECRET_FIELDS}


def content_sha256(data: LetterData) -> bytes:
    """The 32-byte hash printed at the foot: of the canonical JSON of the facts.

    A PDF cannot hold its own hash; the hash of the whole file is in the register.
    """
    return hashlib.sha256(canonical(without_secrets(data))).digest()


def template_version() -> str:
    """Twelve hexadecimal digits that change when any template or typst itself changes."""
    digest = hashlib.sha256(version("typst").encode())
    for path in sorted(TEMPLATES.glob("*.typ")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def render(kind: Kind, data: LetterData, *, brand: Brand, stamp: Stamp) -> bytes:
    """The letter as PDF bytes; the same input always gives the same bytes.

    Takes 20-80 ms of one core and releases the interpreter lock: from a coroutine call it with
    `asyncio.to_thread`.

    Raises:
        Refused: longer than PAGE_LIMIT pages.
        TypeError: `data` is not of this kind.
        ValueError: a NUL character, which no stored text can hold either.
        msgspec.ValidationError: a field breaks its own rule (an unmasked CPF, a wrong address).
    """
    pdf = compile_letter(kind, data, brand=brand, stamp=stamp, options=_PDF)
    if not isinstance(pdf, bytes):  # pragma: no cover - only picture formats give a list
        raise TypeError("one PDF is one string of bytes")
    return pdf


_PDF: Mapping[str, Any] = {"format": "pdf", "pdf_standards": ["a-3a", "ua-1"]}


def compile_letter(
    kind: Kind, data: LetterData, *, brand: Brand, stamp: Stamp, options: Mapping[str, Any]
) -> bytes | list[bytes]:
    """As `render`, for any output of typst (`{"format": "png", "ppi": 100}` for a preview)."""
    if type(data) is not KINDS[kind]:
        raise TypeError(f"{kind} does not hold {type(data).__name__}")
    for value in (data, brand, stamp):
        # Structs do not check what Python code hands them; a letter may not be the first to see.
        msgspec.convert(msgspec.to_builtins(value), type(value))
    try:
        return _compile(kind, _payload(kind, data, brand, stamp, strict=False), stamp, options)
    except typst.TypstError as error:
        if "page-limit" in str(error):
            raise _too_long() from error
        if "could not be displayed" not in str(error):
            raise
    # Two signs that no single font has together (a mark on a foreign letter): spell out more.
    return _compile(kind, _payload(kind, data, brand, stamp, strict=True), stamp, options)


def _too_long() -> Refused:
    return Refused(
        f"O texto é longo demais para uma carta: passa de {PAGE_LIMIT} páginas. "
        "Resuma os fatos e mande o restante como arquivo anexo.",
        "letter-too-long",
    )


def _compile(
    kind: Kind, payload: str, stamp: Stamp, options: Mapping[str, Any]
) -> bytes | list[bytes]:
    if len(payload) > _INPUT_LIMIT:
        raise _too_long()
    result: bytes | list[bytes] = typst.compile(
        str(TEMPLATES / f"{'carta' if KINDS[kind] is Worded else kind}.typ"),
        root=str(TEMPLATES),
        # Not the machine's fonts: the same letter must come out of every machine.
        font_paths=typst.Fonts(include_system_fonts=False, include_embedded_fonts=True),
        sys_inputs={"letter": payload},
        timestamp=stamp.issued_at.astimezone(UTC).replace(microsecond=0),
        **options,
    )
    return result


def typeset(
    template: str, facts: Mapping[str, Any], *, brand: Brand, stamp: Mapping[str, Any], at: datetime
) -> bytes:
    """A plain PDF of a template of ours (parts of the autos, which are stitched together later).

    `facts` are texts, numbers, lists and dicts; a value named `…qr` is an SVG and is left as it is.
    """
    allowed = drawn()
    payload = {
        "letter": _but_pictures(dict(facts), allowed),
        "brand": brand_shown(brand, allowed),
        "stamp": stamp,
        "page_limit": 0,
        "spelt_out": False,
    }
    pdf: bytes = typst.compile(
        str(TEMPLATES / f"{template}.typ"),
        root=str(TEMPLATES),
        font_paths=typst.Fonts(include_system_fonts=False, include_embedded_fonts=True),
        sys_inputs={"letter": msgspec.json.encode(payload).decode()},
        timestamp=at.astimezone(UTC).replace(microsecond=0),
        format="pdf",
        pdf_tags=False,
    )
    return pdf


def _but_pictures(value: Any, allowed: frozenset[str]) -> Any:
    match value:
        case dict():
            return {
                name: item if name.endswith("qr") else _but_pictures(item, allowed)
                for name, item in value.items()
            }
        case list() | tuple():
            return [_but_pictures(item, allowed) for item in value]
        case _:
            return safe(value, allowed)


def _payload(kind: Kind, data: LetterData, brand: Brand, stamp: Stamp, *, strict: bool) -> str:
    zone = ZoneInfo(brand.timezone)
    allowed = drawn(strict=strict)
    raw = _shown(msgspec.structs.asdict(data), zone)
    letter = safe(raw, allowed)
    for name in [name for name in raw if name.endswith("_url")]:
        short = name.removesuffix("_url")
        letter[name] = raw[name]
        letter[f"{short}_shown"] = _address(raw[name])
        letter[f"{short}_qr"] = qr_svg(raw[name])
    _add_words(kind, data, letter, zone)
    payload = {
        "letter": letter,
        "brand": brand_shown(brand, allowed),
        "stamp": _stamp(kind, data, brand, stamp, zone),
        "page_limit": PAGE_LIMIT,
        "spelt_out": was_replaced(str(raw), str(letter)),
    }
    return msgspec.json.encode(payload).decode()


def _add_words(kind: Kind, data: LetterData, letter: dict[str, Any], zone: ZoneInfo) -> None:
    """What the template shows in a shape of its own."""
    if kind == "cip":
        due = data.deadline.due_at.astimezone(zone)  # type: ignore[union-attr] # kind is checked
        letter["deadline"]["day"] = f"{_WEEKDAYS[due.weekday()]}, {_long_date(due)}"
        letter["deadline"]["hour"] = f"{due:%Hh%Mmin%Ss}"
    if kind == "answer_receipt":
        length = data.text_length  # type: ignore[union-attr] # kind is checked
        letter["text_length"] = "1 caractere" if length == 1 else f"{_thousands(length)} caracteres"


def _stamp(
    kind: Kind, data: LetterData, brand: Brand, stamp: Stamp, zone: ZoneInfo
) -> dict[str, Any]:
    local = stamp.issued_at.astimezone(zone)
    number = "" if stamp.number is None else f" nº {stamp.number}/{stamp.year}"
    title = printable(data.title, drawn()) if isinstance(data, Worded) else TITLES[kind]
    return {
        "code": grouped(stamp.code),
        "content": content_sha256(data).hex(),
        "title": title,
        "document_title": f"{title} – Processo {data.case_number}",
        "heading": f"{title}{number}",
        "issued": _long_date(local),
        "moment": moment_shown(stamp.issued_at, zone),
        "qr": qr_svg(check_address(brand, stamp.code)),
    }


def check_address(brand: Brand, code: str) -> str:
    """The address in the QR: the verification page with the code already filled in."""
    return f"{brand.check_url}?codigo={code}"


def brand_shown(brand: Brand, allowed: frozenset[str]) -> dict[str, Any]:
    """The letterhead as the templates read it."""
    shown = {
        name: printable(value, allowed)
        for name, value in msgspec.structs.asdict(brand).items()
        if isinstance(value, str)
    }
    shown["logo"] = brand.logo_svg.decode()
    shown["check_shown"] = _address(brand.check_url)
    shown["colour"] = brand.colour
    return shown


def qr_svg(text: str) -> str:
    """A QR code as SVG, error level M, with the quiet zone that readers need."""
    out = BytesIO()
    code = segno.make(text, error="m", micro=False)
    code.save(out, kind="svg", xmldecl=False, border=2, scale=4)
    return out.getvalue().decode()


def safe(value: Any, allowed: frozenset[str]) -> Any:
    """Every text in `value` as it can be drawn (see `printable`)."""
    match value:
        case str():
            return printable(value, allowed)
        case dict():
            return {name: safe(item, allowed) for name, item in value.items()}
        case list():
            return [safe(item, allowed) for item in value]
        case _:
            return value


def _shown(value: Any, zone: ZoneInfo) -> Any:
    """Structs as dicts, moments in the city's time, file sizes in words."""
    match value:
        case datetime():
            return moment_shown(value, zone)
        case Struct():
            fields = msgspec.structs.asdict(value)
            if "size" in fields:
                fields["size"] = size_shown(fields["size"])
            return _shown(fields, zone)
        case dict():
            return {name: _shown(item, zone) for name, item in value.items()}
        case list() | tuple():
            return [_shown(item, zone) for item in value]
        case _:
            return value


def _long_date(local: datetime) -> str:
    day = "1º" if local.day == 1 else str(local.day)
    return f"{day} de {_MONTHS[local.month - 1]} de {local.year}"


def moment_shown(instant: datetime, zone: ZoneInfo) -> str:
    """Day and time to the second, on the city's clock."""
    return f"{instant.astimezone(zone):%d/%m/%Y, às %Hh%Mmin%Ss}"


def _thousands(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def size_shown(octets: int) -> str:
    """A file's size in words: "182 KB"."""
    if octets < 1024:
        return f"{octets} B"
    if octets < 1024**2:
        return f"{_thousands(round(octets / 1024))} KB"
    return f"{octets / 1024**2:.1f} MB".replace(".", ",")


def _address(url: str) -> str:
    """An address as it is printed."""
    return url.split("://", 1)[1]
