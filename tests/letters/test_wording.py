"""The staff change the words of documents; every version stays, and issued letters keep theirs."""

from __future__ import annotations

import html

import pytest

from letters.documents_support import letters_of, opened, printed, squeezed, worked
from letters.letters_support import text_of
from procon.letters.commands import issue_letter_for
from procon.letters.wording.documents import DOCUMENTS, default_body
from procon.letters.wording.queries import wording_in_force
from procon.settings import Settings
from support.cities import City, citizen, staff, supplier
from support.web import Web

LIST = "/equipe/configuracoes/modelos"
CERT = f"{LIST}/CERT"
EDITOR = staff("analyst", name="Bia Lima")
BODY = "Certifico que {{consumidor.nome}} foi avisado. **Fim.**"


async def save(web: Web, city: City, body: str, seen: int, title: str = "Certidão") -> object:
    form = {"titulo": title, "texto": body, "visto": str(seen)}
    return await web.post(city, CERT, form, actor=EDITOR)


async def version(city: City, code: str = "CERT") -> int:
    async with city.scope() as tx:
        return (await wording_in_force(tx, code)).version


async def test_every_document_is_listed_and_opens(web: Web, city: City) -> None:
    page = await web.get(city, LIST, actor=EDITOR)
    assert page.status_code == 200
    for code, document in DOCUMENTS.items():
        assert f'href="{LIST}/{code}">{document.title}</a>' in page.text
    for code in DOCUMENTS:
        one = await web.get(city, f"{LIST}/{code}", actor=EDITOR)
        assert one.status_code == 200
        assert "Em uso: o texto original." in one.text
        assert "Precisa de correção" not in one.text
    assert (await web.get(city, f"{LIST}/NADA", actor=EDITOR)).status_code == 404


@pytest.mark.parametrize("actor", [citizen(), supplier(), staff("attendant"), staff("conciliator")])
async def test_only_those_who_write_documents_see_them(web: Web, city: City, actor: object) -> None:
    assert (await web.get(city, LIST, actor=actor)).status_code == 403  # type: ignore[arg-type]
    changed = await web.post(city, CERT, {"titulo": "x", "texto": "y"}, actor=actor)  # type: ignore[arg-type]
    assert changed.status_code == 403
    assert await version(city) == 0


async def test_a_change_is_a_version_of_this_city_alone(web: Web, city: City, other: City) -> None:
    sent = await save(web, city, BODY, 0)
    assert (sent.status_code, sent.headers["location"]) == (303, CERT)  # type: ignore[attr-defined]
    assert (await version(city), await version(other)) == (1, 0)
    page = await web.get(city, CERT, actor=EDITOR)
    assert "Em uso: versão 1, de Bia Lima" in page.text
    assert BODY in html.unescape(page.text)
    assert "Certifico que Maria Aparecida de Souza foi avisado. <strong>Fim.</strong>" in page.text
    assert (await web.get(other, f"{CERT}/versoes/1", actor=EDITOR)).status_code == 404
    # The same words again are no new version.
    await save(web, city, BODY, 1)
    assert await version(city) == 1


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("texto", "{{ ''.__class__ }}", "Linha 1: não existe o campo {{ ''.__class__ }}."),
        ("texto", "a\n{% if x %}", "Linha 2: “{%” não é aceito"),
        ("texto", "#eval(1)", "“#eval(1)” não é aceito"),
        ("texto", "", "Escreva o texto do documento."),
        ("texto", "x" * 20_001, "O texto passa de 20000 letras."),
        ("titulo", " ", "Escreva o título do documento."),
        ("titulo", "{{consumidor.nome}}", "O título é só texto"),
    ],
)
async def test_what_would_not_work_is_not_saved_and_stays_typed(
    web: Web, city: City, field: str, typed: str, sentence: str
) -> None:
    form = {"titulo": "Certidão", "texto": "Texto bom.", "visto": "0", field: typed}
    page = await web.post(city, CERT, form, actor=EDITOR)
    assert page.status_code == 422
    shown = html.unescape(page.text)
    assert sentence in shown
    assert "<title>Erro: " in page.text
    assert "{{consumidor.cpf_oculto}}" in shown  # the list of what is valid
    assert typed in shown
    assert await version(city) == 0


async def test_two_at_once_one_wins_and_the_other_sees_what_happened(web: Web, city: City) -> None:
    await save(web, city, BODY, 0)
    late = await save(web, city, "Outro texto.", 0)
    assert late.status_code == 409  # type: ignore[attr-defined]
    text = html.unescape(late.text)  # type: ignore[attr-defined]
    assert "Bia Lima mudou este modelo enquanto você escrevia." in text
    assert "Outro texto." in text
    assert await version(city) == 1
    assert 'name="visto" value="1"' in text
    await save(web, city, "Outro texto.", 1)
    assert await version(city) == 2


async def test_an_earlier_version_can_be_seen_and_put_back(web: Web, city: City) -> None:
    await save(web, city, BODY, 0)
    await save(web, city, "Segundo texto.", 1)
    page = await web.get(city, f"{CERT}/versoes/1", actor=EDITOR)
    assert BODY in html.unescape(page.text)
    back = await web.post(city, f"{CERT}/versoes/1", {"visto": "2"}, actor=EDITOR)
    assert back.status_code == 303
    async with city.scope() as tx:
        now = await wording_in_force(tx, "CERT")
    assert (now.version, now.body) == (3, BODY)
    back = await web.post(city, f"{CERT}/versoes/0", {"visto": "3"}, actor=EDITOR)
    async with city.scope() as tx:
        now = await wording_in_force(tx, "CERT")
    assert (now.version, now.body) == (4, default_body("CERT"))
    late = await web.post(city, f"{CERT}/versoes/2", {"visto": "3"}, actor=EDITOR)
    assert late.status_code == 409
    gone = await web.post(city, f"{CERT}/versoes/9", {"visto": "4"}, actor=EDITOR)
    assert gone.status_code == 404


async def test_the_preview_shows_examples_and_what_is_wrong(web: Web, city: City) -> None:
    form = {"titulo": "Certidão", "texto": "Olá, {{consumidor.nome}} <b> {{nada}}", "visto": "0"}
    part = await web.post(city, f"{CERT}/previa", form, actor=EDITOR)
    assert part.status_code == 200
    assert "<html" not in part.text
    text = html.unescape(part.text)
    assert "Olá, Maria Aparecida de Souza" in text
    assert "não existe o campo {{nada}}" in text
    assert "<b>" not in part.text
    whole = await web.post(city, CERT, {**form, "acao": "ver"}, actor=EDITOR)
    assert whole.status_code == 200
    assert "Olá, Maria Aparecida de Souza" in whole.text
    assert await version(city) == 0


async def test_the_pdf_preview_is_no_document(web: Web, city: City) -> None:
    saved = await web.get(city, f"{CERT}/pdf", actor=EDITOR)
    assert saved.headers["content-type"] == "application/pdf"
    text = text_of(saved.content)
    assert "Exemplosemvalidade:Certidão" in text
    assert "0000-0000-0000" in text
    form = {"titulo": "Certidão", "texto": "Novo: {{consumidor.nome}}"}
    typed = await web.post(city, f"{CERT}/pdf", form, actor=EDITOR)
    assert "Novo:MariaAparecidadeSouza" in text_of(typed.content)
    wrong = await web.post(city, f"{CERT}/pdf", {"titulo": "x", "texto": "{{x}}"}, actor=EDITOR)
    assert wrong.status_code == 422
    code = await web.get(city, "/verificar?codigo=0000-0000-0000")
    assert "Não emitimos nenhum documento" in code.text


async def test_a_letter_keeps_the_words_of_its_day(
    web: Web, city: City, settings: Settings
) -> None:
    case_id = await opened(city)
    for body, seen in ((BODY, 0), ("Outras palavras.", 1)):
        await save(web, city, body, seen)
        async with city.scope() as tx:
            await issue_letter_for(tx, actor=staff(), case_id=case_id, code="CERT", extra={})
        await worked(city, settings)
    first, second = await letters_of(city, case_id, "CERT")
    assert (first.wording_version, second.wording_version) == (1, 2)
    assert (first.number, second.number) == (1, 2)
    assert squeezed("Certifico que Ana Souza foi avisado.") in await printed(settings, city, first)
    assert squeezed("Outras palavras.") in await printed(settings, city, second)


FORM = "application/x-www-form-urlencoded"
NONSENSE = (
    (FORM, b"titulo=%00&texto=%00&visto=%00&_chave=%00&processos=%00&modelo=%00&acao=emitir"),
    (FORM, b"titulo=%ED%A0%80&texto=%FF%FE&visto=-1&processos=%ED%A0%80&modelo=OFI&acao=emitir"),
    (FORM, b"titulo=a&texto=" + b"%7B" * 9_000 + b"&visto=99999999999999999999"),
    (FORM, b"titulo=a&texto=a&visto=%D9%A1&_chave=" + b"9" * 5_000),
    ("application/json", b'{"texto": "\\u0000"}'),
    (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="texto"; filename="a"\r\n\r\nb\r\n--x--\r\n',
    ),
)


@pytest.mark.parametrize(
    "path",
    [
        CERT,
        f"{CERT}/previa",
        f"{CERT}/pdf",
        "/equipe/cartas/lotes",
        f"{CERT}/versoes/99999999999999999999",
    ],
)
async def test_no_bytes_are_answered_with_a_fault_of_ours(web: Web, city: City, path: str) -> None:
    async with await web.client(city, EDITOR) as browser:
        for kind, body in NONSENSE:
            answer = await browser.post(path, content=body, headers={"Content-Type": kind})
            assert answer.status_code < 500, body[:60]
        for query in ("?processos=%00", "?processos=%FF%FE", "?processos=%ED%A0%80"):
            assert (await browser.get(f"/equipe/cartas/lotes{query}")).status_code == 200
    assert await version(city) <= 1
