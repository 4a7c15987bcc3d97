"""Uploads through HTTP and the real store: in parts, by form, refused, lost and found again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from evidence.evidence_support import PART, PDF, Browser, browser, photo, sha256
from procon.evidence.content import WRONG_TYPE
from procon.evidence.jobs import clean, handlers
from procon.evidence.queries import Owner, StoredFile, file_by_id, files_of_owner, fingerprints
from procon.evidence.storage import Store, StoreDown
from procon.jobs.outbox import drain
from support.cities import City, MovingClock, filed, supplier
from support.web import Web

VIDEO = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(range(256)) * 40_000


async def stored(city: City, file_id: UUID) -> StoredFile | None:
    async with city.scope() as tx:
        return await file_by_id(tx, file_id)


async def state_of(city: City, file_id: UUID) -> tuple[str, str] | None:
    file = await stored(city, file_id)
    return (file.state, file.reason) if file else None


async def test_upload_in_two_parts_is_hashed_again(web: Web, city: City) -> None:
    page = await browser(web, city)
    assert len(VIDEO) > PART
    begun = await page.json("/arquivos", name="queda.mp4", size=len(VIDEO))
    answer = begun.json()
    file_id = UUID(answer["id"])
    assert answer == {
        "id": str(file_id),
        "key": f"{city.slug}/evidence/{file_id.hex}",
        "part_size": PART,
        "parts": 2,
    }
    assert await page.part(file_id, 1, VIDEO[:PART]) == 200
    assert await page.part(file_id, 2, VIDEO[PART:]) == 200
    ended = await page.finish(file_id)
    assert (ended.status_code, ended.json()) == (200, {"id": str(file_id), "state": "checking"})
    async with city.scope() as tx:
        before = await fingerprints(tx, page.owner)
    parts = bytes.fromhex(sha256(VIDEO[:PART])) + bytes.fromhex(sha256(VIDEO[PART:]))
    assert before == (f"partes:{sha256(parts)}",)
    # The worker finds the promise in the outbox.
    assert await drain(city.db, city.tenant, handlers(web.app.state.store)) == 1
    file = await stored(city, file_id)
    assert file is not None
    assert (file.state, file.sha256, file.size, file.media_type) == (
        "kept",
        sha256(VIDEO),
        len(VIDEO),
        "video/mp4",
    )
    assert await web.app.state.store.get(file.object_key) == VIDEO


async def test_goes_on_after_a_reload(web: Web, city: City) -> None:
    page = await browser(web, city)
    file_id = await page.begin("queda.mp4", len(VIDEO))
    await page.part(file_id, 1, VIDEO[:PART])
    early = await page.finish(file_id)
    assert early.status_code == 409
    assert early.json()["error"] == "Ainda faltam partes do arquivo. Continue o envio."
    assert (await page.get(f"/arquivos/{file_id}")).json() == {
        "id": str(file_id),
        "state": "sending",
        "reason": "",
        "part_size": PART,
        "parts": [1],
    }
    listed = await page.get("/arquivos")
    assert "O envio parou no meio. Escolha o mesmo arquivo outra vez para continuar." in listed.text
    await page.part(file_id, 2, VIDEO[PART:])
    assert (await page.finish(file_id)).json()["state"] == "checking"
    # A second "finish", as after an answer that got lost, changes nothing.
    assert (await page.finish(file_id)).json()["state"] == "checking"
    await page.check(file_id)
    assert await state_of(city, file_id) == ("kept", "")
    assert (await page.finish(file_id)).json()["state"] == "kept"


async def test_finish_after_a_crash_between_store_and_row(web: Web, city: City) -> None:
    page = await browser(web, city)
    file_id = await page.begin("nota.pdf", len(PDF))
    await page.part(file_id, 1, PDF)
    file = await stored(city, file_id)
    assert file is not None
    store: Store = web.app.state.store
    arrived = await store.parts(file.object_key, file.upload_id)
    await store.join_parts(file.object_key, file.upload_id, arrived, file.parts)
    assert (await page.finish(file_id)).json()["state"] == "checking"


async def test_store_refuses_other_bytes_than_hashed(web: Web, city: City) -> None:
    page = await browser(web, city)
    file_id = await page.begin("nota.pdf", len(PDF))
    assert await page.part(file_id, 1, PDF, sent=PDF[:-1] + b"X") == 400
    assert (await page.get(f"/arquivos/{file_id}")).json()["parts"] == []


async def test_wrong_type_is_refused_by_content_and_deleted(web: Web, city: City) -> None:
    page = await browser(web, city)
    body = b"<html><script>alert(document.cookie)</script></html>"
    file_id = await page.upload("nota fiscal.pdf", body)
    assert await state_of(city, file_id) == ("refused", WRONG_TYPE)
    assert await web.app.state.store.size(f"{city.slug}/evidence/{file_id.hex}") is None
    assert (await page.get(f"/arquivos/{file_id}/baixar")).status_code == 404
    assert f"Não foi aceito. {WRONG_TYPE}" in (await page.get("/arquivos")).text


@pytest.mark.parametrize(
    ("size", "sentence"),
    [
        (0, "O arquivo está vazio. Escolha outro."),
        (-5, "O arquivo está vazio. Escolha outro."),
        (
            50 * 1024 * 1024 + 1,
            "O arquivo passa de 50 MB, o máximo aceito. Envie um menor ou divida em partes.",
        ),
    ],
)
async def test_size_is_judged_before_a_byte_is_sent(
    web: Web, city: City, size: int, sentence: str
) -> None:
    page = await browser(web, city)
    answer = await page.json("/arquivos", name="a.pdf", size=size)
    assert (answer.status_code, answer.json()) == (422, {"error": sentence, "code": "invalid"})


async def test_announcing_less_than_sent_does_not_pass(web: Web, city: City) -> None:
    page = await browser(web, city)
    file_id = await page.begin("nota.pdf", len(PDF) - 1)
    await page.part(file_id, 1, PDF)
    assert (await page.finish(file_id)).status_code == 409


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"ficha": 1}', b"\xff\xfe", b'{"x":"\\u0000"}']
)
async def test_broken_json_is_refused(web: Web, city: City, body: bytes) -> None:
    page = await browser(web, city)
    answer = await page.client.post("/arquivos", content=body)
    assert answer.status_code == 422
    assert (
        answer.json()["error"] == "O envio se perdeu no caminho. Atualize a página e tente de novo."
    )


@pytest.mark.parametrize("parts", [{"0": "a" * 64}, {"2": "a" * 64}, {"1": "zz"}, {"1": ""}])
async def test_impossible_parts_are_refused(web: Web, city: City, parts: dict[str, str]) -> None:
    page = await browser(web, city)
    file_id = await page.begin("nota.pdf", len(PDF))
    assert (await page.json(f"/arquivos/{file_id}/partes", parts=parts)).status_code == 422


async def test_a_ticket_is_good_for_its_session_and_owner_only(
    web: Web, cities: tuple[City, City]
) -> None:
    city, other = cities
    mine = await browser(web, city)
    file_id = await mine.begin("nota.pdf", len(PDF))
    stranger = await browser(web, city)
    stolen = await stranger.client.get(f"/arquivos/{file_id}", params={"ficha": mine.ticket})
    assert stolen.status_code == 403
    assert (await stranger.get(f"/arquivos/{file_id}")).status_code == 404
    assert (await stranger.finish(file_id)).status_code == 404
    elsewhere = await browser(web, other, owner=mine.owner)
    assert (await elsewhere.get(f"/arquivos/{file_id}")).status_code == 404
    forged = mine.ticket.replace("draft", "case")
    assert (await mine.client.get("/arquivos", params={"ficha": forged})).status_code == 403
    for wrong in ("", "x", "draft.1.2.3", f"draft.{uuid4().hex}..", "ç" * 9):
        assert (await mine.client.get("/arquivos", params={"ficha": wrong})).status_code == 403


async def test_form_without_javascript(web: Web, city: City) -> None:
    page = await browser(web, city)
    answer = await page.send_form(("nota.pdf", PDF), ("foto.jpg", photo()))
    assert (answer.status_code, answer.headers["location"]) == (303, "/verificar")
    assert "2 arquivos guardados." in (await page.client.get("/verificar")).text
    async with city.scope() as tx:
        files = await files_of_owner(tx, page.owner)
    assert [(f.name, f.state, f.sha256, f.thumbnail_key is None) for f in files] == [
        ("nota.pdf", "kept", sha256(PDF), True),
        ("foto.jpg", "kept", sha256(photo()), False),
    ]
    assert await web.app.state.store.get(files[1].object_key) == photo()


async def test_form_shows_what_is_wrong_and_keeps_what_was_sent(web: Web, city: City) -> None:
    page = await browser(web, city)
    await page.send_form(("nota.pdf", PDF))
    hostile = "<script>alert(1)</script>.pdf"
    answer = await page.send_form((hostile, b"MZ not a document"))
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert f"script&gt;.pdf: {WRONG_TYPE}" in answer.text
    assert "<title>Erro: Enviar arquivos" in answer.text
    assert "nota.pdf" in answer.text
    nothing = await page.send_form(("", b""))
    assert nothing.status_code == 422
    assert "Escolha pelo menos um arquivo." in nothing.text


async def test_form_never_leaves_the_site(web: Web, city: City) -> None:
    page = await browser(web, city)
    answer = await page.send_form(("nota.pdf", PDF), back="https://evil.example/")
    assert answer.headers["location"] == "/"


async def test_too_many_files(web: Web, city: City) -> None:
    page = await browser(web, city)
    for number in range(city.tenant.limits.files_per_case):
        await page.begin(f"{number}.pdf", 10)
    answer = await page.json("/arquivos", name="mais.pdf", size=10)
    assert answer.status_code == 409
    assert answer.json()["code"] == "too-many-files"
    assert (await page.send_form(("nota.pdf", PDF))).status_code == 409
    assert "Você já juntou o máximo de arquivos." in (await page.send_form(("a.pdf", PDF))).text


async def test_two_at_once_do_not_pass_the_limit(web: Web, city: City) -> None:
    page = await browser(web, city)
    for number in range(city.tenant.limits.files_per_case - 1):
        await page.begin(f"{number}.pdf", 10)
    both = await asyncio.gather(*(page.json("/arquivos", name="x.pdf", size=10) for _ in "ab"))
    assert sorted(answer.status_code for answer in both) == [201, 409]


async def test_a_form_that_is_too_large_goes_back_to_its_page(web: Web, city: City) -> None:
    page = await browser(web, city)
    answer = await page.client.post(
        "/arquivos/enviar",
        content=b"x",
        headers={
            "Content-Type": "multipart/form-data; boundary=x",
            "Content-Length": str(300 * 1024 * 1024),
            "Referer": f"http://{city.host}/reclamar/arquivos",
        },
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/reclamar/arquivos")


async def test_remove_before_sending(web: Web, city: City) -> None:
    page = await browser(web, city)
    file_id = await page.upload("foto.jpg", photo())
    key = f"{city.slug}/evidence/{file_id.hex}"
    store: Store = web.app.state.store
    assert await store.size(key) == len(photo())
    answer = await page.client.post(
        f"/arquivos/{file_id}/remover", data={"ficha": page.ticket, "voltar": "/verificar"}
    )
    assert answer.status_code == 303
    assert await stored(city, file_id) is None
    assert await store.size(key) is None
    assert await store.size(f"{city.slug}/thumbnail/{file_id.hex}") is None


@dataclass
class Dead:
    """A store that does not answer."""

    async def start_parts(self, key: str) -> str:
        raise StoreDown

    async def put(self, *_: Any, **__: Any) -> None:
        raise StoreDown


async def test_store_refuses_what_has_another_hash(web: Web) -> None:
    store: Store = web.app.state.store
    with pytest.raises(StoreDown):
        await store.put("teste/soma", PDF, "application/pdf", sha256=sha256(PDF + b"x"))
    assert await store.size("teste/soma") is None


async def test_dead_store_acknowledges_nothing(
    web: Web, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await browser(web, city)
    monkeypatch.setattr(web.app.state, "store", Dead())
    sentence = (
        "Não foi possível guardar o arquivo agora. Nada se perdeu: tente de novo em alguns minutos."
    )
    begun = await page.json("/arquivos", name="nota.pdf", size=len(PDF))
    assert (begun.status_code, begun.json()["error"]) == (503, sentence)
    sent = await page.send_form(("nota.pdf", PDF))
    assert sent.status_code == 503
    assert sentence in sent.text
    async with city.scope() as tx:
        assert await files_of_owner(tx, page.owner) == []


async def test_unfinished_uploads_are_cleared(web: Web, city: City, clock: MovingClock) -> None:
    page, store = await browser(web, city), web.app.state.store
    begun, kept = await page.begin("a.pdf", 10), await page.upload("nota.pdf", PDF)
    assert await clean(city.db, city.tenant, store) == 0
    clock.forward(hours=25)
    assert await clean(city.db, city.tenant, store) == 1
    assert await stored(city, begun) is None
    assert await state_of(city, kept) == ("kept", "")
    clock.forward(days=31)
    assert await clean(city.db, city.tenant, store) == 1
    assert await store.size(f"{city.slug}/evidence/{kept.hex}") is None


async def test_supplier_of_another_case_may_not_add(web: Web, city: City) -> None:
    case = await filed(city)
    actor = supplier(case_id=uuid4())
    page = await browser(web, city, actor, Owner("answer", uuid4(), case.id))
    answer = await page.json("/arquivos", name="a.pdf", size=10)
    assert answer.status_code == 403


async def test_pages_of_other_hosts_may_send_parts(web: Web, city: City) -> None:
    """The browser asks the store first (CORS)."""
    page: Browser = await browser(web, city)
    file_id = await page.begin("nota.pdf", len(PDF))
    answer = await page.json(f"/arquivos/{file_id}/partes", parts={"1": sha256(PDF)})
    async with httpx.AsyncClient() as store:
        asked = await store.options(
            answer.json()["urls"]["1"],
            headers={
                "Origin": f"http://{city.host}",
                "Access-Control-Request-Method": "PUT",
                "Access-Control-Request-Headers": "x-amz-checksum-sha256",
            },
        )
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] in {"*", f"http://{city.host}"}
    assert asked.headers["access-control-allow-headers"].lower() == "x-amz-checksum-sha256"
