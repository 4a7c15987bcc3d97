"""A document's words and a case's facts put together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from procon.letters.fields import EXAMPLES, FIELDS, LISTS, Facts, values
from procon.letters.models import Stamp, Worded
from procon.letters.wording.documents import DOCUMENTS
from procon.letters.wording.markup import fields_in, fill, lint, parse
from procon.letters.wording.queries import Wording

_LINE_MOST = 90
_ADDRESS_LINES = 6
TO_CONSUMER = "OFI"
EXAMPLE_NUMBER = "2026.000123-4"
# Never given to a document, so nobody can take a preview for one.
EXAMPLE_CODE = "0" * 12
_ADDRESSED = frozenset({"destinatario.nome", "destinatario.endereco"})


def compose(wording: Wording, facts: Facts) -> Worded:
    """The document for one case.

    Raises:
        KeyError: a field that does not exist (words are linted before they are stored).
    """
    found = values(facts, fields_in(wording.body) | _ADDRESSED)
    document = DOCUMENTS[wording.code]
    address = _address(found) if document.addressed else ()
    return Worded(
        case_number=facts.case.number,
        title=wording.title,
        wording_version=wording.version,
        blocks=fill(parse(wording.body), found, LISTS),
        address=address,
        # The procedure's own notices go to the company; only a plain letter goes to the consumer.
        only_for="consumer" if address and wording.code == TO_CONSUMER else "",
        tracking=facts.more.get("aviso.rastreio", "")[:_LINE_MOST] if document.addressed else "",
        issued_by=facts.deed.signer,
    )


def example(wording: Wording) -> Worded:
    """The document with made-up data. Fields that do not exist are shown as they were typed."""
    known = {name: EXAMPLES.get(name, f"{{{{ {name} }}}}") for name in fields_in(wording.body)}
    addressed = DOCUMENTS[wording.code].addressed
    return Worded(
        case_number=EXAMPLE_NUMBER,
        title=f"Exemplo sem validade: {wording.title}",
        wording_version=wording.version,
        blocks=fill(parse(wording.body), known, LISTS),
        address=_address(EXAMPLES) if addressed else (),
        tracking=EXAMPLES["aviso.rastreio"] if addressed else "",
        issued_by=EXAMPLES["ato.autor"],
    )


def example_stamp(now: datetime) -> Stamp:
    """A stamp whose code verifies nothing."""
    return Stamp(code=EXAMPLE_CODE, issued_at=now)


def wrong_fields(body: str) -> tuple[str, ...]:
    """A sentence for everything in `body` that would not work."""
    return tuple(one.sentence for one in lint(body, FIELDS))


def _address(found: Mapping[str, str]) -> tuple[str, ...]:
    """Name and address as lines; without an address no block, for an empty window says nothing."""
    if not found["destinatario.endereco"].strip():
        return ()
    lines = [found["destinatario.nome"], *found["destinatario.endereco"].split("\n")]
    return tuple(line.strip()[:_LINE_MOST] for line in lines if line.strip())[:_ADDRESS_LINES]
