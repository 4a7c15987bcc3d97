"""/verificar for everybody, /documentos for who may see the case."""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from letters.letters_support import BRAND, cip
from procon.letters.commands import IssuedLetter, issue_letter, letter_key
from procon.letters.pages import mask_case_number
from procon.letters.typeset.render import grouped
from support.cities import CPF_OTHER, City, citizen, filed, staff
from support.web import Web

PERSONAL = ("Maria Aparecida", "Boa Compra", "982.247", "geladeira", "000123")


async def issued_for(web: Web, city: City, case_id: UUID) -> tuple[IssuedLetter, bytes]:
    store = web.app.state.store
    async with city.scope() as tx:
        letter = await issue_letter(
            tx,
            actor=staff(),
            kind="cip",
            case_id=case_id,
            data=cip(),
            brand=BRAND,
            store=store.put,
        )
    return letter, await store.get(letter_key(city.slug, letter.id))


@pytest.fixture
async def letter(web: Web, city: City) -> tuple[IssuedLetter, bytes]:
    opened = await filed(city)
    return await issued_for(web, city, opened.id)


Letter = tuple[IssuedLetter, bytes]


async def test_form_needs_no_account(web: Web, city: City) -> None:
    page = await web.get(city, "/verificar")
    assert page.status_code == 200
    assert "<title>Verificar documento" in page.text
    assert 'enctype="multipart/form-data"' in page.text


@pytest.mark.parametrize("spelling", ["{}", " {} ", "lower", "bare"])
async def test_code_in_any_spelling_leads_to_a_plain_answer(
    web: Web, city: City, letter: Letter, spelling: str
) -> None:
    shown = grouped(letter[0].code)
    typed = {"lower": shown.lower(), "bare": letter[0].code}.get(spelling, spelling.format(shown))
    sent = await web.post(city, "/verificar", {"codigo": typed})
    assert sent.status_code == 303
    assert sent.headers["location"] == f"/verificar?codigo={letter[0].code}"
    page = await web.get(city, sent.headers["location"])
    assert page.status_code == 200
    assert "Este documento foi emitido por nós." in page.text
    assert f"Carta de Informações Preliminares nº 1/{letter[0].year}" in page.text
    assert "2026.***123-4" in page.text
    assert shown in page.text
    assert [word for word in PERSONAL if word in page.text] == []


async def test_the_file_itself_is_recognised_and_one_changed_byte_is_not(
    web: Web, city: City, letter: Letter
) -> None:
    changed = letter[1][:-1] + b"\x00"
    for body, sentence in (
        (letter[1], "Este arquivo é idêntico ao documento que emitimos."),
        (changed, "Não reconhecemos este arquivo."),
    ):
        files = {"arquivo": ("carta.pdf", body, "application/pdf")}
        sent = await web.post(city, "/verificar", {"codigo": ""}, files=files)
        assert sent.status_code == 303
        page = await web.get(city, sent.headers["location"])
        assert sentence in page.text
        assert [word for word in PERSONAL if word in page.text] == []


async def test_hash_of_the_content_is_a_weaker_yes(web: Web, city: City, letter: Letter) -> None:
    async with city.scope() as tx:
        content: bytes = await tx.fetchval("SELECT content_sha256 FROM letter")
    sent = await web.post(city, "/verificar", {"codigo": content.hex().upper()})
    assert sent.headers["location"] == f"/verificar?resumo={content.hex()}"
    page = await web.get(city, sent.headers["location"])
    assert "Este documento foi emitido por nós." in page.text
    assert "é idêntico" not in page.text.split("<h1", 1)[0]


async def test_another_citys_document_is_unknown(web: Web, other: City, letter: Letter) -> None:
    page = await web.get(other, f"/verificar?codigo={letter[0].code}")
    assert page.status_code == 200
    assert f"Não emitimos nenhum documento com o código {letter[0].code}." in page.text
    page = await web.get(other, f"/verificar?resumo={letter[0].sha256.hex()}")
    assert "Não reconhecemos este arquivo." in page.text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Digite o código ou escolha o arquivo do documento."),
        ("123", "O código tem 12 letras e números, como 7K3M-9QXA-2D5F."),
        ("' OR 1=1 --", "O código tem 12 letras e números, como 7K3M-9QXA-2D5F."),
        ("\x00<script>alert(1)</script>", "O código tem 12 letras e números"),
    ],
)
async def test_what_is_no_code_is_explained_and_kept(
    web: Web, city: City, typed: str, sentence: str
) -> None:
    page = await web.post(city, "/verificar", {"codigo": typed})
    assert page.status_code == 422
    assert sentence in page.text
    assert "<title>Erro: " in page.text
    assert "<script>alert" not in page.text


async def test_get_with_a_wrong_code_says_the_same(web: Web, city: City) -> None:
    page = await web.get(city, "/verificar?codigo=zz")
    assert page.status_code == 422
    assert "O código tem 12 letras e números" in page.text


async def test_empty_and_too_large_files(web: Web, city: City) -> None:
    files = {"arquivo": ("vazio.pdf", b"", "application/pdf")}
    page = await web.post(city, "/verificar", {}, files=files)
    assert (page.status_code, "O arquivo está vazio." in page.text) == (422, True)
    files = {"arquivo": ("grande.pdf", bytes(52 * 1024 * 1024), "application/pdf")}
    page = await web.post(city, "/verificar", {}, files=files)
    assert page.status_code == 413
    assert "O arquivo passa de 50 MB. Confira o documento pelo código." in page.text


async def test_download_is_for_who_may_see_the_case(
    web: Web, city: City, other: City, letter: Letter
) -> None:
    path = f"/documentos/{grouped(letter[0].code)}"
    given = await web.get(city, path, actor=citizen())
    assert given.status_code == 200
    assert given.content == letter[1]
    assert given.headers["content-type"] == "application/pdf"
    assert given.headers["cache-control"] == "no-store"
    assert given.headers["content-disposition"] == (
        f'attachment; filename="cip-{letter[0].code}.pdf"'
    )
    assert (await web.get(city, path, actor=staff())).content == letter[1]
    assert (await web.get(city, path, actor=citizen(CPF_OTHER))).status_code == 403
    assert (await web.get(other, path, actor=staff())).status_code == 404
    assert (await web.get(city, "/documentos/xx", actor=staff())).status_code == 404
    nobody = await web.get(city, path)
    assert (nobody.status_code, letter[1] in nobody.content) == (303, False)


async def test_a_file_that_was_changed_in_the_store_is_not_handed_out(
    web: Web, city: City, letter: Letter
) -> None:
    await web.app.state.store.put(
        letter_key(city.slug, letter[0].id), b"%PDF-1.7 forged", "application/pdf"
    )
    answer = await web.get(city, f"/documentos/{letter[0].code}", actor=citizen())
    assert answer.status_code != 200
    assert b"forged" not in answer.content
    assert "O arquivo guardado não confere com o registro." in answer.text


@pytest.mark.parametrize(
    ("number", "masked"),
    [("2026.000123-4", "2026.***123-4"), ("2026.123456-7", "2026.***456-7")],
)
def test_masked_number(number: str, masked: str) -> None:
    assert mask_case_number(number) == masked
    assert re.sub(r"\D", "", masked) != re.sub(r"\D", "", number)
