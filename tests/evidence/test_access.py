"""Who may have a file, and what the other party gets."""

from __future__ import annotations

import io
from uuid import UUID, uuid4

import httpx
from PIL import Image

from evidence.evidence_support import PDF, Browser, browser, photo, sha256
from procon.cases.commands import issue_cip
from procon.cases.log import entries, verify_log
from procon.evidence.commands import attach
from procon.evidence.pages import COPY_NOTE, file_views
from procon.evidence.queries import Owner, file_by_sha256, files_of_case
from procon.ext.events import FileAdded
from support.cities import CPF_OTHER, City, citizen, filed, staff, supplier
from support.web import Web

OWNER = citizen()


async def filed_with(web: Web, city: City, *bodies: tuple[str, bytes]) -> tuple[UUID, list[UUID]]:
    """A case with files of its consumer."""
    page = await browser(web, city)
    files = [await page.upload(name, body) for name, body in bodies]
    case = await filed(city, actor=OWNER)
    async with city.scope() as tx:
        assert await attach(tx, actor=OWNER, owner=page.owner, case_id=case.id) == len(bodies)
        assert await attach(tx, actor=OWNER, owner=page.owner, case_id=case.id) == 0
    return case.id, files


async def bytes_at(url: str) -> httpx.Response:
    async with httpx.AsyncClient() as store:
        return await store.get(url)


async def test_attached_files_are_in_the_log(web: Web, city: City) -> None:
    case_id, files = await filed_with(web, city, ("nota.pdf", PDF), ("foto.jpg", photo()))
    async with city.scope() as tx:
        events = [entry.act.event for entry in await entries(tx, case_id, internal=True)]
        assert (await verify_log(tx, case_id)).broken_at == 0
        assert [f.id for f in await files_of_case(tx, case_id)] == files
        found = await file_by_sha256(tx, bytes.fromhex(sha256(PDF)))
        assert await file_by_sha256(tx, bytes(32)) is None
    assert found is not None
    assert [e for e in events if isinstance(e, FileAdded)] == [
        FileAdded(case_id=case_id, name="nota.pdf", sha256=sha256(PDF), size=len(PDF)),
        FileAdded(case_id=case_id, name="foto.jpg", sha256=sha256(photo()), size=len(photo())),
    ]


async def test_file_still_being_checked_is_logged_when_it_is(web: Web, city: City) -> None:
    page = await browser(web, city)
    file_id = await page.begin("nota.pdf", len(PDF))
    await page.part(file_id, 1, PDF)
    await page.finish(file_id)
    case = await filed(city, actor=OWNER)
    async with city.scope() as tx:
        assert await attach(tx, actor=OWNER, owner=page.owner, case_id=case.id) == 1
        assert [e.kind for e in await entries(tx, case.id, internal=True)] == ["case_opened"]
    await page.check(file_id)
    await page.check(file_id)
    async with city.scope() as tx:
        kinds = [e.kind for e in await entries(tx, case.id, internal=True)]
    assert kinds == ["case_opened", "file_added"]


async def test_who_may_download(web: Web, cities: tuple[City, City]) -> None:
    city, other = cities
    case_id, (file_id,) = await filed_with(web, city, ("nota.pdf", PDF))
    path = f"/arquivos/{file_id}/baixar"

    async def status(where: City, actor: object) -> int:
        return (await web.get(where, path, actor=actor)).status_code  # type: ignore[arg-type]

    assert await status(city, OWNER) == 303
    assert await status(city, staff("attendant")) == 303
    assert await status(city, citizen(CPF_OTHER, "Outra")) == 403
    assert await status(city, supplier()) == 403  # before the CIP
    assert await status(other, OWNER) == 404
    assert await status(other, staff("attendant")) == 404
    anonymous = await web.get(city, path)
    assert anonymous.headers["location"].startswith("/entrar?voltar=")
    async with city.scope() as tx:
        await issue_cip(tx, actor=staff("analyst"), case_id=case_id)
    assert await status(city, supplier()) == 303
    assert await status(city, supplier("22333444000181")) == 403
    missing = await web.get(city, f"/arquivos/{uuid4()}/baixar", actor=OWNER)
    assert missing.status_code == 404
    assert (await web.get(city, "/arquivos/1/baixar", actor=OWNER)).status_code == 404


async def test_download_is_an_attachment_for_a_minute(web: Web, city: City) -> None:
    _, (file_id,) = await filed_with(web, city, ('nota "fiscal" não.pdf', PDF))
    answer = await web.get(city, f"/arquivos/{file_id}/baixar", actor=OWNER)
    url = httpx.URL(answer.headers["location"])
    assert url.params["X-Amz-Expires"] == "60"
    assert answer.headers["cache-control"] == "no-store"
    got = await bytes_at(str(url))
    assert got.content == PDF
    assert got.headers["content-type"] == "application/pdf"
    assert got.headers["content-disposition"] == (
        'attachment; filename="nota _fiscal_ n_o.pdf";'
        " filename*=UTF-8''nota%20%22fiscal%22%20n%C3%A3o.pdf"
    )
    changed = url.copy_set_param("response-content-type", "text/html")
    assert (await bytes_at(str(changed))).status_code == 403


async def test_other_party_gets_the_photo_without_its_place(web: Web, city: City) -> None:
    body = photo(gps=True)
    case_id, (file_id,) = await filed_with(web, city, ("foto.jpeg", body))
    async with city.scope() as tx:
        await issue_cip(tx, actor=staff("analyst"), case_id=case_id)
        files = await files_of_case(tx, case_id)
    path = f"/arquivos/{file_id}/baixar"
    for actor in (OWNER, staff("analyst")):
        answer = await web.get(city, path, actor=actor)
        assert (await bytes_at(answer.headers["location"])).content == body
        assert [view.note for view in file_views(files, actor)] == [""]
    answer = await web.get(city, path, actor=supplier())
    copy = await bytes_at(answer.headers["location"])
    assert copy.headers["content-disposition"].startswith('attachment; filename="foto.jpg"')
    assert dict(Image.open(io.BytesIO(copy.content)).getexif()) == {}
    assert [view.note for view in file_views(files, supplier())] == [COPY_NOTE]
    assert [view.hash for view in file_views(files, supplier())] == [sha256(body)]
    small = await web.get(city, f"/arquivos/{file_id}/miniatura", actor=supplier())
    assert (await bytes_at(small.headers["location"])).headers["content-type"] == "image/jpeg"


async def test_answer_files_show_only_when_the_answer_is_sent(web: Web, city: City) -> None:
    case = await filed(city, actor=OWNER)
    async with city.scope() as tx:
        await issue_cip(tx, actor=staff("analyst"), case_id=case.id)
    actor, answer_id = supplier(), uuid4()
    page: Browser = await browser(web, city, actor, Owner("answer", uuid4(), case.id))
    file_id = await page.upload("contrato.pdf", PDF)
    path = f"/arquivos/{file_id}/baixar"
    assert (await page.get(path)).status_code == 303
    assert (await web.get(city, path, actor=OWNER)).status_code == 404
    assert (await web.get(city, path, actor=staff("analyst"))).status_code == 404
    async with city.scope() as tx:
        await attach(tx, actor=actor, owner=page.owner, case_id=case.id, attached_to=answer_id)
        files = await files_of_case(tx, case.id)
    assert [(f.owner_kind, f.attached_to) for f in files] == [("answer", answer_id)]
    assert (await web.get(city, path, actor=OWNER)).status_code == 303
    gone = await page.client.post(f"/arquivos/{file_id}/remover", data={"ficha": page.ticket})
    assert gone.status_code == 409
