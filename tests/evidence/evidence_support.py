"""Files as people send them, and a browser that sends them in parts."""

from __future__ import annotations

import base64
import hashlib
import io
from typing import Any
from uuid import UUID, uuid4

import httpx
from PIL import Image

from procon.auth.actor import Actor
from procon.evidence.jobs import check_file
from procon.evidence.pages import ticket
from procon.evidence.queries import Owner
from support.cities import City
from support.web import Web, token_in

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
PART = 8 * 1024 * 1024
GPS_LATITUDE = 2


def photo(side: int = 640, *, gps: bool = False) -> bytes:
    """A JPEG; with `gps`, one that says where it was taken and by which camera."""
    image = Image.new("RGB", (side, side // 2), "#3366aa")
    exif = Image.Exif()
    if gps:
        exif[271] = "Camera de Teste"
        exif.get_ifd(0x8825)[GPS_LATITUDE] = (22.0, 54.0, 20.0)
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


class Browser:
    """One visitor on one city's pages; `owner` is the form that is open."""

    def __init__(self, client: httpx.AsyncClient, web: Web, city: City, owner: Owner) -> None:
        self.client, self.web, self.city, self.owner = client, web, city, owner

    @property
    def ticket(self) -> str:
        secret = self.web.app.state.settings.secret_key
        return ticket(secret, self.city.slug, self.client.headers["X-CSRF-Token"], self.owner)

    async def json(self, path: str, **body: Any) -> httpx.Response:
        return await self.client.post(path, json={"ficha": self.ticket, **body})

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path, params={"ficha": self.ticket})

    async def begin(self, name: str, size: int) -> UUID:
        answer = await self.json("/arquivos", name=name, size=size)
        assert answer.status_code == 201, answer.text
        return UUID(answer.json()["id"])

    async def part(self, file_id: UUID, number: int, body: bytes, sent: bytes | None = None) -> int:
        """Announce `body` as a part and PUT it (or other bytes, `sent`); the store's status."""
        path = f"/arquivos/{file_id}/partes"
        answer = await self.json(path, parts={str(number): sha256(body)})
        assert answer.status_code == 200, answer.text
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        async with httpx.AsyncClient() as store:
            put = await store.put(
                answer.json()["urls"][str(number)],
                content=body if sent is None else sent,
                headers={"x-amz-checksum-sha256": digest},
            )
        return put.status_code

    async def finish(self, file_id: UUID) -> httpx.Response:
        return await self.json(f"/arquivos/{file_id}/concluir")

    async def upload(self, name: str, body: bytes) -> UUID:
        """A whole upload with its check, as the worker does it."""
        file_id = await self.begin(name, len(body))
        for number, start in enumerate(range(0, len(body), PART), start=1):
            assert await self.part(file_id, number, body[start : start + PART]) == 200
        assert (await self.finish(file_id)).status_code == 200
        await self.check(file_id)
        return file_id

    async def check(self, file_id: UUID) -> None:
        store = self.web.app.state.store
        await check_file(self.city.db, self.city.tenant, store, file_id)

    async def send_form(
        self, *files: tuple[str, bytes], back: str = "/verificar"
    ) -> httpx.Response:
        return await self.client.post(
            "/arquivos/enviar",
            data={"ficha": self.ticket, "voltar": back},
            files=[("arquivo", file) for file in files],
        )


async def browser(
    web: Web, city: City, actor: Actor | None = None, owner: Owner | None = None
) -> Browser:
    """A browser with a form open: a draft's, unless `owner` says otherwise."""
    client = await web.client(city, actor)
    if actor is None:
        client.headers["X-CSRF-Token"] = token_in((await client.get("/verificar")).text)
    return Browser(client, web, city, owner or Owner("draft", uuid4()))
