"""The words of a document are data: fields from a closed list, a little Markdown, nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letters.letters_support import BRAND, CIP_STAMP, STAMP, opened, text_of
from procon.cases.standard import STANDARD
from procon.kernel.errors import Invalid
from procon.letters.fields import EXAMPLES, FIELDS, LISTS
from procon.letters.models import Block, Run, Worded
from procon.letters.typeset.render import render
from procon.letters.wording.commands import checked
from procon.letters.wording.documents import DOCUMENTS, default_body
from procon.letters.wording.markup import fields_in, fill, lint, parse

HOSTILE = '#eval("1+1") $x^2$ *a* \\ {{ 7*7 }} {% raw %} #import "x.typ" <b>'


def blocks_of(body: str, **values: str) -> tuple[Block, ...]:
    known = {**EXAMPLES, **{name.replace("__", "."): value for name, value in values.items()}}
    return fill(parse(body), known, LISTS)


def worded(code: str, body: str, **values: str) -> Worded:
    return Worded("2026.000123-4", DOCUMENTS[code].title, 0, blocks_of(body, **values))


def pdf_of(code: str, data: Worded) -> bytes:
    stamp = CIP_STAMP if DOCUMENTS[code].numbered else STAMP
    return render(code, data, brand=BRAND, stamp=stamp)


@pytest.mark.parametrize("code", DOCUMENTS)
def test_each_default_is_clean_and_becomes_an_archival_document(code: str) -> None:
    body = default_body(code)
    assert lint(body, FIELDS) == ()
    assert "{{" not in str(blocks_of(body))
    with opened(pdf_of(code, worded(code, body))) as pdf:
        meta = pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False)
        assert (meta["pdfaid:part"], meta["pdfaid:conformance"]) == ("3", "A")
        assert meta["pdfuaid:part"] == "1"
        assert meta["dc:title"] == f"{DOCUMENTS[code].title} – Processo 2026.000123-4"
        assert len(pdf.pages) <= 2


def test_every_document_that_the_procedure_sends_exists() -> None:
    sent = {one.letter for one in STANDARD.transitions} - {"", "CIP"}
    assert sent - set(DOCUMENTS) == set()


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("{{ ''.__class__ }}", "não existe o campo {{ ''.__class__ }}"),
        ("{{consumidor.cpf}}", "não existe o campo {{consumidor.cpf}}"),
        ("{{ processo.numero.__init__ }}", "não existe o campo {{ processo.numero.__init__ }}"),
        ("{{}}", "não existe o campo {{}}"),
        ("{% for x in y %}", "“{%”"),
        ("{{ processo.numero", "“{{”"),
        ("{{ a\n}}", "“{{”"),
        ('#eval("1")', '“#eval("1")”'),
        ("texto #import", "“#import”"),
        ("$x^2$", "“$x^2$”"),
        ("a\\b", "“\\b”"),
        ("`x`", "“`”"),
        ("<script>alert(1)</script>", "“<script>”"),
    ],
)
def test_what_is_no_field_and_no_text_is_named_and_refused(body: str, named: str) -> None:
    assert named in " ".join(one.sentence for one in lint(body, FIELDS))
    with pytest.raises(Invalid) as refused:
        checked("Título", body)
    assert named in refused.value.fields["texto"]


def test_a_wrong_field_is_found_by_its_line() -> None:
    [problem] = lint("Primeira linha\n\nOlá, {{ninguem}}.", FIELDS)
    assert (problem.line, problem.found) == (3, "{{ninguem}}")
    assert problem.sentence == "Linha 3: não existe o campo {{ninguem}}."


def test_ordinary_portuguese_is_never_refused() -> None:
    body = (
        "# Título nº 1\n\nCusta R$ 10,00 (US$ 2), 50% + 3 < 5 & 7 > 2; item #3; "
        "a/c: joão@exemplo.com – “aspas” 10*"
    )
    assert lint(body, FIELDS) == ()


def test_what_people_wrote_is_printed_and_never_read() -> None:
    data = worded(
        "TNF",
        "# Fatos\n\n{{ato.texto}}\n\nPor {{consumidor.nome}}.",
        ato__texto=HOSTILE,
        consumidor__nome="**Ana** {{cidade.nome}} # x",
    )
    text = text_of(pdf_of("TNF", data))
    assert "".join(HOSTILE.split()) in text
    assert "Por**Ana**{{cidade.nome}}#x." in text
    assert [block.kind for block in data.blocks] == ["heading", "paragraph", "paragraph"]
    assert all(not run.bold for block in data.blocks for item in block.items for run in item)


def test_the_small_markdown() -> None:
    body = "## Um\nlinha *a*\noutra **b** e {{fornecedor.nome}}\n- x\n- y\n1. z\n> q\n\n10 * 2"
    assert blocks_of(body, fornecedor__nome="Loja") == (
        # A heading never skips a level, so that who listens can find the way.
        Block("heading", 1, ((Run("Um"),),)),
        Block(
            "paragraph",
            0,
            (
                (
                    Run("linha "),
                    Run("a", italic=True),
                    Run("\noutra "),
                    Run("b", bold=True),
                    Run(" e "),
                    Run("Loja"),
                ),
            ),
        ),
        Block("bullets", 0, ((Run("x"),), (Run("y"),))),
        Block("numbers", 0, ((Run("z"),),)),
        Block("quote", 0, ((Run("q"),),)),
        Block("paragraph", 0, ((Run("10 "), Run("*"), Run(" 2")),)),
    )


def test_an_empty_field_leaves_no_hole() -> None:
    assert blocks_of("# Motivo\n\n{{ato.texto}}\n\n# Fim\n\nFim.", ato__texto="") == (
        Block("heading", 1, ((Run("Fim"),),)),
        Block("paragraph", 0, ((Run("Fim."),),)),
    )
    [block] = blocks_of("CNPJ {{fornecedor.cnpj}}", fornecedor__cnpj=" ")
    assert block.items == ((Run("CNPJ "), Run("(não informado)")),)


def test_a_list_field_alone_becomes_a_list() -> None:
    [block] = blocks_of("{{acordo.parcelas}}", acordo__parcelas="1ª: R$ 5,00\n\n2ª: R$ 6,00")
    assert block == Block("bullets", 0, ((Run("1ª: R$ 5,00"),), (Run("2ª: R$ 6,00"),)))


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="{}*#-> .1)\n\\$ab%<", max_size=80), st.text(max_size=40))
def test_no_words_break_the_parser_and_values_stay_whole(body: str, value: str) -> None:
    names = fields_in(body)
    blocks = fill(parse(body), dict.fromkeys(names, value), frozenset())
    shown = "".join(run.text for block in blocks for item in block.items for run in item)
    assert all(name not in EXAMPLES for name in names) or value.strip() in shown


def test_the_address_block_stands_where_the_window_is() -> None:
    data = Worded(
        "2026.000123-4",
        "Notificação",
        0,
        blocks_of("Texto."),
        address=("Lojas Boa Compra", "Rua das Acácias, 50", "13010-000 Vila das Flores – SP"),
        tracking="BR123456785BR",
    )
    text = text_of(pdf_of("AR", data))
    assert "DestinatárioLojasBoaCompraRuadasAcácias,50" in text
    assert "CódigoderastreioBR123456785BR" in text
    assert "Destinatário" not in text_of(pdf_of("AR", worded("AR", "Texto.")))
