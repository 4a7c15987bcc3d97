"""The PDF itself: archival, accessible, the same every time, and only text where people wrote."""

from __future__ import annotations

import asyncio
import hashlib
import time
import unicodedata
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from letters.letters_support import (
    ANSWER,
    BRAND,
    CIP_STAMP,
    COUNTER,
    SAMPLES,
    STAMP,
    cip,
    filing_receipt,
    opened,
    text_of,
)
from procon.kernel.chain import canonical
from procon.kernel.errors import Refused
from procon.letters.models import TITLES, FileItem, LetterDeadline, Step
from procon.letters.typeset.printable import drawn, printable
from procon.letters.typeset.render import content_sha256, render, without_secrets

KINDS = sorted(SAMPLES)


def squeezed(text: str) -> str:
    return "".join(text.split())


def pdf_of(kind: str) -> bytes:
    data, stamp = SAMPLES[kind]
    return render(kind, data, brand=BRAND, stamp=stamp)  # type: ignore[arg-type]  # a Kind


@pytest.mark.parametrize(
    ("kind", "pages"),
    [("cip", 2), ("filing_receipt", 1), ("counter_receipt", 1), ("answer_receipt", 1)],
)
def test_is_an_archival_accessible_portuguese_document(kind: str, pages: int) -> None:
    with opened(pdf_of(kind)) as pdf:
        assert len(pdf.pages) == pages
        meta = pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False)
        assert (meta["pdfaid:part"], meta["pdfaid:conformance"]) == ("3", "A")
        assert meta["pdfuaid:part"] == "1"
        assert meta["dc:title"] == f"{TITLES[kind]} – Processo 2026.000123-4"
        assert str(pdf.Root.Lang) == "pt-BR"
        assert bool(pdf.Root.MarkInfo.Marked) is True
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle) is True


@pytest.mark.parametrize("kind", KINDS)
def test_carries_what_one_needs_to_verify_it(kind: str) -> None:
    data, _ = SAMPLES[kind]
    pdf = pdf_of(kind)
    text = text_of(pdf)
    with opened(pdf) as document:
        pages = len(document.pages)
    assert text.count("7K3M-9QXA-2D5F") == 1 + pages
    assert text.count("procon.vila.example/verificarcomocódigo") == pages
    assert text.count(hashlib.sha256(canonical(without_secrets(data))).hexdigest()) == pages
    for page in range(1, pages + 1):
        assert text.count(f"Página{page}de{pages}") == 1
    assert text.count("Marcade") == 0  # the mark's alternative text is not drawn


@pytest.mark.parametrize("kind", KINDS)
def test_same_input_same_bytes_and_another_code_other_bytes(kind: str) -> None:
    data, stamp = SAMPLES[kind]
    other = msgspec.structs.replace(stamp, code="AAAAAAAAAAAA")
    assert pdf_of(kind) == pdf_of(kind)
    assert render(kind, data, brand=BRAND, stamp=other) != pdf_of(kind)  # type: ignore[arg-type]


def test_cip_says_what_the_law_and_the_supplier_need() -> None:
    text = text_of(pdf_of("cip"))
    for expected in (
        "Carta de Informações Preliminares nº 12/2026",
        "segunda-feira, 7 de dezembro de 2026às 23h59min59s, no horário de Vila das Flores – SP",
        "Contamos 10 dias corridos a partir de 26/11/2026.",
        "CPF***.982.247-**",
        "CNPJ12.ABC.345/01DE-35",
        "art. 55, § 4º",
        "Registrada em20/11/2026, às 09h00min05s",
        "o código de acesso que enviamos por e-mail",
    ):
        assert squeezed(expected) in text


def test_access_code_is_printed_only_on_the_suppliers_copy_and_never_hashed() -> None:
    filed, copy = cip(), cip(access_code="J4T9-22KQ")
    assert "J4T9-22KQ" in text_of(render("cip", copy, brand=BRAND, stamp=CIP_STAMP))
    assert content_sha256(copy) == content_sha256(filed)
    assert "access_code" not in without_secrets(copy)


def test_deadline_is_in_the_citys_own_hour() -> None:
    deadline = LetterDeadline(datetime(2026, 12, 8, 4, 59, 59, tzinfo=UTC), "Contamos 10 dias.")
    west = msgspec.structs.replace(BRAND, timezone="America/Rio_Branco")
    text = text_of(render("cip", cip(deadline=deadline), brand=west, stamp=CIP_STAMP))
    assert "segunda-feira,7dedezembrode2026às23h59min59s" in text


def test_late_answer_says_so() -> None:
    late = msgspec.structs.replace(ANSWER, late=True)
    text = text_of(render("answer_receipt", late, brand=BRAND, stamp=STAMP))
    assert "Depoisdoprazo,queterminouem07/12/2026,às23h59min59s." in text
    assert "Dentrodoprazo" not in text


def test_counter_receipt_stays_on_one_page_with_all_it_may_hold() -> None:
    full = msgspec.structs.replace(
        COUNTER,
        papers=tuple(
            f"Cópia do contrato de prestação de serviços, folha número {n:02}" for n in range(12)
        ),
        steps=(Step("Um analista lê a sua reclamação e manda uma carta.", "até 27/11/2026"),) * 4,
    )
    with opened(render("counter_receipt", full, brand=BRAND, stamp=STAMP)) as pdf:
        assert len(pdf.pages) == 1


HOSTILE = [
    '#read("/etc/passwd")',
    "#panic()",
    '#image("letter.typ")',
    "$ x^2 $ @ref <label> `code` *b* _i_ = Título \\ ~ // c /* d */ [ ] { } -- ---",
    "#let x = 1; #x #sys.inputs #{while true {}}",
    ']#eval("1")[ \' " <script>alert(1)</script> {{ 7*7 }} %0A & ; -- DROP TABLE',
    "Σίσυφος Привет ½ № → ✓ ☎ €",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_markup_is_printed_not_run(text: str) -> None:
    data = cip(facts=text, request=text, subject=text, consumer_name=text, supplier_name=text)
    assert text_of(render("cip", data, brand=BRAND, stamp=CIP_STAMP)).count(squeezed(text)) == 5


def test_ten_thousand_characters_without_a_space_stay_inside_the_page() -> None:
    pdf = render("cip", cip(facts="abcdefgh-1" * 1000), brand=BRAND, stamp=CIP_STAMP)
    with opened(pdf) as document:
        pages = len(document.pages)
    # Unbroken it would be one line that runs off the paper, on two pages.
    assert pages == 5
    # A page may end inside one of the thousand.
    assert text_of(pdf).count("abcdefgh-1") >= 1000 - pages


def test_hyphen_of_a_number_is_never_doubled_at_a_line_end() -> None:
    for pad in range(40, 100, 5):
        facts = "x " * (pad // 2) + "protocolo 20260903-8817-55"
        text = text_of(
            render("filing_receipt", filing_receipt(facts=facts), brand=BRAND, stamp=STAMP)
        )
        assert "protocolo20260903-8817-55" in text


def test_signs_without_a_font_are_spelt_out_and_explained() -> None:
    text = text_of(render("cip", cip(facts="Péssimo 😡 中"), brand=BRAND, stamp=CIP_STAMP))
    assert "Péssimo⟨U+1F621⟩⟨U+4E2D⟩2." in text
    assert "Ossinaisentre⟨⟩,como⟨U+1F600⟩" in text
    assert "Ossinaisentre" not in text_of(pdf_of("cip"))


def test_right_to_left_letters_are_kept_and_controls_are_not() -> None:
    text = text_of(
        render("cip", cip(facts="\u202eabc\u202c שלום مرحبا\u200d"), brand=BRAND, stamp=CIP_STAMP)
    )
    assert "abc" in text
    assert set("שלום") | set("مرحبا") <= set(text)
    assert {c for c in text if unicodedata.category(c) == "Cf"} == set()


def test_every_sign_said_to_be_drawn_is_drawn() -> None:
    for strict in (False, True):
        signs = sorted(drawn(strict=strict))
        facts = " ".join(f"a{c}" if unicodedata.combining(c) else c for c in signs)
        data = cip(facts=facts)
        text = text_of(render("cip", data, brand=BRAND, stamp=CIP_STAMP))
        assert "⟨U+" not in text


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    # No NUL: no stored text has one (kernel.text.clean, and PostgreSQL itself).
    st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=400),
    st.text(st.characters(exclude_characters="\0", codec="ascii"), max_size=400),
)
def test_whatever_people_write_becomes_a_letter(wild: str, plain: str) -> None:
    item = FileItem(wild[:300], plain[:300], 0, "ab" * 32)
    data = cip(facts=wild, request=plain, consumer_name=wild[:300], files=(item,))
    text = text_of(render("cip", data, brand=BRAND, stamp=CIP_STAMP))
    ascii_only = "".join(c for c in plain if 0x20 < ord(c) < 0x7F)
    assert ascii_only in text
    assert "3.Provasqueacompanhamareclamação" in text


@given(st.text(max_size=200))
def test_printable_leaves_only_drawn_signs(text: str) -> None:
    allowed = drawn() | {"\n"}
    assert set(printable(text, drawn())) <= allowed
    assert printable(printable(text, drawn()), drawn()) == printable(text, drawn())


def test_a_letter_of_more_than_thirty_pages_is_refused_in_plain_words() -> None:
    for facts in ("linha\n" * 3000, "x " * 300_000):
        with pytest.raises(Refused) as refused:
            render("cip", cip(facts=facts), brand=BRAND, stamp=CIP_STAMP)
        assert refused.value.code == "letter-too-long"
        assert refused.value.reason == (
            "O texto é longo demais para uma carta: passa de 30 páginas. "
            "Resuma os fatos e mande o restante como arquivo anexo."
        )


@pytest.mark.parametrize(
    "change",
    [
        {"consumer_cpf": "529.982.247-25"},
        {"answer_url": "javascript:alert(1)"},
        {"filed_at": datetime(2026, 1, 1)},  # noqa: DTZ001  # the naive one is the point
        {"supplier_name": "x" * 301},
    ],
)
def test_wrong_facts_are_refused_before_printing(change: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        render("cip", cip(**change), brand=BRAND, stamp=CIP_STAMP)


def test_kind_and_data_must_agree() -> None:
    with pytest.raises(TypeError):
        render("counter_receipt", cip(), brand=BRAND, stamp=STAMP)


async def test_event_loop_is_free_while_a_long_letter_is_set() -> None:
    data = cip(facts="palavra boa " * 4000)
    gaps: list[float] = []

    async def watch() -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0)
            now = time.perf_counter()
            gaps.append(now - last)
            last = now

    watcher = asyncio.create_task(watch())
    started = time.perf_counter()
    await asyncio.to_thread(render, "cip", data, brand=BRAND, stamp=CIP_STAMP)
    took = time.perf_counter() - started
    watcher.cancel()
    # Held for the whole letter, the loop would have stood still for almost all of it.
    assert max(gaps) < took / 2
