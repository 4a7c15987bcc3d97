"""What each kind of letter holds. Only facts: the words around them are in the templates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

from procon.letters.wording.documents import AUTOS, AUTOS_TITLE, DOCUMENTS
from procon.tenancy.manifest import Tenant

# A key of KINDS: a letter with a template of its own, or the code of a worded document.
Kind: TypeAlias = str

# A letter travels further than the case file, so a whole CPF cannot get in.
MaskedCpf = Annotated[str, Meta(pattern=r"^(\*{3}\.\d{3}\.\d{3}-\*{2})?$")]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
Line = Annotated[str, Meta(max_length=300)]
Address = Annotated[str, Meta(pattern=r"^https?://[^\s]+$", max_length=500)]
Colour = Annotated[str, Meta(pattern=r"^#[0-9a-fA-F]{6}$")]
Moment = Annotated[datetime, Meta(tz=True)]


class Brand(Struct, frozen=True, forbid_unknown_fields=True):
    """The city on the letterhead.

    Attributes:
        body: name of the office, as in "Procon de Cidade das Flores".
        check_url: absolute address of the page that verifies documents.
        colour: brand colour, "#rrggbb"; used for lines only, never for text.
        logo_svg: the city's mark, already sanitised by the theme engine; empty = none.
        timezone: IANA name; every date and hour on the letter is in it.
    """

    body: Line
    city: Line
    uf: Annotated[str, Meta(pattern=r"^[A-Z]{2}$")]
    check_url: Address
    timezone: str
    colour: Colour = "#1351b4"
    logo_svg: bytes = b""
    address: Line = ""
    phone: Line = ""
    email: Line = ""
    opening_hours: Line = ""


def brand_of(tenant: Tenant, *, check_url: str, colour: str, logo_svg: bytes) -> Brand:
    """A city's letterhead: contacts from its manifest, colour and mark from its theme."""
    contacts = tenant.contacts
    return Brand(
        body=tenant.name,
        city=tenant.city,
        uf=tenant.uf,
        check_url=check_url,
        timezone=tenant.timezone,
        colour=colour,
        logo_svg=logo_svg,
        address=contacts.address,
        phone=contacts.phone,
        email=contacts.email,
        opening_hours=contacts.opening_hours,
    )


class Stamp(Struct, frozen=True, forbid_unknown_fields=True):
    """What makes one letter this letter.

    Attributes:
        code: canonical verification code, 12 characters without hyphens.
        issued_at: UTC; also the PDF's creation date, so equal input gives equal bytes.
        number: running number within kind and year, None for receipts.
        year: year of the number, in the city's time zone.
    """

    code: Annotated[str, Meta(pattern=r"^[0-9A-Z]{12}$")]
    issued_at: Moment
    number: int | None = None
    year: int | None = None


class FileItem(Struct, frozen=True, forbid_unknown_fields=True):
    """A file of the case: `kind` in plain words ("PDF", "foto"), `size` in bytes."""

    name: Line
    kind: Line
    size: int
    sha256: Sha256


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """What happens next, and until when in words ("até 04/12/2026"), which may be empty."""

    what: Line
    when: Line = ""


class LetterDeadline(Struct, frozen=True, forbid_unknown_fields=True):
    """The last moment (UTC) and how it was counted, in the sentence that the engine wrote."""

    due_at: Moment
    explanation: str
    legal_basis: str = ""


class Cip(Struct, frozen=True, forbid_unknown_fields=True):
    """Carta de Informações Preliminares, to the supplier (CDC art. 55 § 4).

    `access_code` is printed only on a copy for the supplier alone: the filed letter, which the
    consumer may read too, leaves it empty.
    """

    case_number: Line
    supplier_name: Line
    consumer_name: Line
    subject: Line
    filed_at: Moment
    facts: str
    request: str
    deadline: LetterDeadline
    answer_url: Address
    issued_by: Line
    supplier_trade_name: Line = ""
    supplier_cnpj: Line = ""
    supplier_contact: Line = ""
    consumer_cpf: MaskedCpf = ""
    amount: Line = ""
    issued_role: Line = ""
    files: tuple[FileItem, ...] = ()
    access_code: Line = ""


class FilingReceipt(Struct, frozen=True, forbid_unknown_fields=True):
    """Proof for the citizen that the complaint was filed, and what happens now."""

    case_number: Line
    filed_at: Moment
    consumer_name: Line
    supplier_name: Line
    subject: Line
    facts: str
    request: str
    follow_url: Address
    consumer_cpf: MaskedCpf = ""
    amount: Line = ""
    channel: Line = ""
    files: tuple[FileItem, ...] = ()
    steps: tuple[Step, ...] = ()


class CounterReceipt(Struct, frozen=True, forbid_unknown_fields=True):
    """One page handed over at a service point; its QR leads to the case."""

    case_number: Line
    filed_at: Moment
    consumer_name: Line
    supplier_name: Line
    subject: Line
    service_point: Line
    attendant: Line
    find_url: Address
    consumer_cpf: MaskedCpf = ""
    # As many as fit on the one page.
    papers: Annotated[tuple[Annotated[str, Meta(max_length=80)], ...], Meta(max_length=12)] = ()
    steps: Annotated[tuple[Step, ...], Meta(max_length=4)] = ()


class AnswerReceipt(Struct, frozen=True, forbid_unknown_fields=True):
    """Proof for the supplier of what was answered, when, and with which exact files.

    `text_sha256` is of the text alone, in UTF-8; `answer_sha256` is the code that the case's
    pages show, over case, text and files together.
    """

    case_number: Line
    answered_at: Moment
    supplier_name: Line
    answered_by: Line
    kind: Line
    text_sha256: Sha256
    text_length: int
    due_at: Moment
    late: bool
    supplier_cnpj: Line = ""
    channel: Line = ""
    answer_sha256: Sha256 | None = None
    log_hash: Sha256 | None = None
    files: tuple[FileItem, ...] = ()


class Run(Struct, frozen=True, forbid_unknown_fields=True):
    """Words in one style; a newline breaks the line."""

    text: str
    bold: bool = False
    italic: bool = False


class Block(Struct, frozen=True, forbid_unknown_fields=True):
    """A piece of a document: "heading" (level 1 or 2), "paragraph", "quote", "bullets", "numbers".

    `items` are a list's entries; the other kinds have one.
    """

    kind: str
    level: int
    items: tuple[tuple[Run, ...], ...]


class Worded(Struct, frozen=True, forbid_unknown_fields=True):
    """A document whose words are the city's, with a case's facts already in their places.

    Attributes:
        title: what the document is called, by the city's wording.
        wording_version: which version of the city's words; 0 = the platform's own.
        address: lines for the window of an envelope; empty = no address block.
        tracking: the post's number of the letter.
        issued_by: who acted; "" when the system did.
        only_for: the one side that may read it, because it shows where they live; "" = both.
    """

    case_number: Line
    title: Line
    wording_version: int
    blocks: tuple[Block, ...]
    address: tuple[Line, ...] = ()
    tracking: Line = ""
    issued_by: Line = ""
    only_for: Annotated[str, Meta(pattern=r"^(consumer|supplier)?$")] = ""


LetterData: TypeAlias = Cip | FilingReceipt | CounterReceipt | AnswerReceipt | Worded

KINDS: Mapping[str, type[Struct]] = MappingProxyType(
    {
        "cip": Cip,
        "filing_receipt": FilingReceipt,
        "counter_receipt": CounterReceipt,
        "answer_receipt": AnswerReceipt,
        **dict.fromkeys(DOCUMENTS, Worded),
    }
)

TITLES: Mapping[str, str] = MappingProxyType(
    {
        "cip": "Carta de Informações Preliminares",
        "filing_receipt": "Recibo de registro da reclamação",
        "counter_receipt": "Recibo de atendimento no posto",
        "answer_receipt": "Recibo da resposta do fornecedor",
        **{code: document.title for code, document in DOCUMENTS.items()},
        AUTOS: AUTOS_TITLE,
    }
)

# Kinds that carry a running number of their own; the others are known by their code alone.
NUMBERED = frozenset({"cip", *(code for code, one in DOCUMENTS.items() if one.numbered)})
