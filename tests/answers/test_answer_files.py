"""Files of an answer and of a completed case: sent before the form, part of it afterwards."""

from __future__ import annotations

import hashlib
import io
import re

import httpx
from PIL import Image

from cases.cases_support import events_of, issued, returned, words
from procon.answers.queries import answers_of_case
from procon.kernel.chain import canonical
from procon.settings import Settings
from support.cities import City, citizen, filed, supplier
from support.web import Web


def photo(colour: str) -> bytes:
    """A small real picture."""
    kept = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(kept, "PNG")
    return kept.getvalue()


def hidden_of(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', html)
    assert found, name
    return found.group(1)


async def send_file(browser: httpx.AsyncClient, html: str, name: str, body: bytes) -> str:
    """What the form without JavaScript does; returns the page that follows."""
    form = html[html.index('action="/arquivos/enviar"') :]
    data = {"ficha": hidden_of(form, "ficha"), "voltar": hidden_of(form, "voltar")}
    sent = await browser.post(
        "/arquivos/enviar", data=data, files={"arquivo": (name, body, "image/png")}
    )
    assert (sent.status_code, sent.headers["Location"]) == (303, data["voltar"])
    return (await browser.get(data["voltar"])).text


async def test_the_answers_files_are_hashed_into_it_and_shown_to_the_consumer(
    web: Web, city: City, settings: Settings
) -> None:
    case, picture = await filed(city), photo("red")
    await issued(city, case, settings)
    path, digest = f"/fornecedor/processos/{case.number}", hashlib.sha256(picture).hexdigest()
    async with await web.client(city, supplier()) as browser:
        first = (await browser.get(path)).text
        back = await send_file(browser, first, "comprovante.png", picture)
        key = hidden_of(back, "_chave")
        assert key == hidden_of(first, "_chave")
        assert "Arquivos deste envio comprovante.png" in words(back)
        seen = await web.get(city, f"/processos/{case.number}", actor=citizen())
        assert "comprovante.png" not in seen.text
        form = {"_chave": key, "resposta": "Veja o comprovante."}
        assert (await browser.post(f"{path}/responder", data=form)).status_code == 303
        receipt = words((await browser.get(f"{path}/recibo")).text)
    assert "Arquivos da resposta comprovante.png" in receipt
    assert digest in receipt
    async with city.scope() as tx:
        (answer,) = await answers_of_case(tx, case.id)
    plain = canonical({"case": case.id, "text": "Veja o comprovante.", "files": [digest]})
    assert answer.sha256 == hashlib.sha256(plain).hexdigest()
    assert await events_of(city, case) == [
        "case_opened",
        "cip_issued",
        "supplier_entered",
        "answer_submitted",
        "file_added",
    ]
    seen = await web.get(city, f"/processos/{case.number}", actor=citizen())
    assert "Arquivos da empresa comprovante.png" in words(seen.text)


async def test_a_forms_key_says_nothing_in_another_case(
    web: Web, city: City, settings: Settings
) -> None:
    first, second = await filed(city), await filed(city)
    for case in (first, second):
        await issued(city, case, settings)
    async with await web.client(city, supplier()) as browser:
        page = (await browser.get(f"/fornecedor/processos/{first.number}")).text
        back = await send_file(browser, page, "segredo.png", photo("blue"))
        key = hidden_of(back, "_chave")
        path = f"/fornecedor/processos/{second.number}"
        form = {"_chave": key, "resposta": "Sem arquivos."}
        assert (await browser.post(f"{path}/responder", data=form)).status_code == 303
        assert "segredo.png" not in (await browser.get(f"{path}/recibo")).text
        assert "segredo.png" in (await browser.get(f"/fornecedor/processos/{first.number}")).text
    async with city.scope() as tx:
        (answer,) = await answers_of_case(tx, second.id)
    plain = canonical({"case": second.id, "text": "Sem arquivos.", "files": []})
    assert answer.sha256 == hashlib.sha256(plain).hexdigest()


async def test_what_was_missing_can_be_a_file(web: Web, city: City, settings: Settings) -> None:
    case = await filed(city)
    await returned(city, case)
    path = f"/processos/{case.number}"
    async with await web.client(city, citizen()) as browser:
        page = (await browser.get(path)).text
        back = await send_file(browser, page, "nota.png", photo("green"))
        form = {"_chave": hidden_of(back, "_chave"), "texto": "A nota está no arquivo."}
        assert (await browser.post(f"{path}/completar", data=form)).status_code == 303
        assert "Arquivos que você enviou nota.png" in words((await browser.get(path)).text)
    await issued(city, case, settings)
    seen = await web.get(city, f"/fornecedor/processos/{case.number}", actor=supplier())
    assert "Arquivos do consumidor nota.png" in words(seen.text)
