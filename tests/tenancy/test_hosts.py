"""Which city a request is for: the exact host name, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from procon.settings import Settings
from procon.tenancy.directory import Directory, normalise_host
from procon.tenancy.http import host_of
from procon.tenancy.provision import set_status
from procon.tenancy.scope import Database
from support.cities import City
from support.web import Web

HOST = "recife.localhost"


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("recife.localhost", HOST),
        ("RECIFE.localhost", HOST),
        ("Recife.LocalHost:8000", HOST),
        ("recife.localhost:80", HOST),
        ("recife.localhost.", HOST),
        ("recife.localhost.:443", HOST),
        (" recife.localhost ", HOST),
        ("recife.localhost..", "recife.localhost."),
        ("", ""),
        (":80", ""),
        ("recife.localhost:", ""),
        ("recife.localhost:80a", ""),
        ("recife.localhost:-1", ""),
        ("recife.localhost:80:80", ""),
        ("recife.localhost:\u0661", ""),
        ("ana@recife.localhost", ""),
        ("recife.localhost@evil.example", ""),
        ("recife.localhost/evil", ""),
        ("recife.localhost?x", ""),
        ("recife.localhost#x", ""),
        ("recife.localhost\\evil", ""),
        ("recife.localhost, olinda.localhost", ""),
        ("recife localhost", ""),
        ("recife.localhost\t", HOST),
        ("recife\0.localhost", ""),
        ("recífe.localhost", ""),
        ("\u212aecife.localhost", ""),
        ("xn--recfe-6va.localhost", "xn--recfe-6va.localhost"),
        ("[::1]", ""),
        ("[::1]:8000", ""),
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1:8000", "127.0.0.1"),
        ("*.localhost", ""),
        ("recife_localhost", ""),
        ("%72ecife.localhost", ""),
    ],
)
def test_a_host_header_is_looked_up_as(header: str, found: str) -> None:
    assert normalise_host(header) == found


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ([], ""),
        ([(b"host", b"a.localhost")], "a.localhost"),
        ([(b"host", b"a.localhost"), (b"host", b"b.localhost")], ""),
        ([(b"host", b"a.localhost"), (b"host", b"a.localhost")], ""),
        ([(b"x-forwarded-host", b"b.localhost")], ""),
        ([(b"host", b"a.localhost"), (b"x-forwarded-host", b"b.localhost")], "a.localhost"),
        ([(b"host", b"a.localhost"), (b"forwarded", b"host=b.localhost")], "a.localhost"),
        ([(b"host", b"a.localhost"), (b"x-original-host", b"b.localhost")], "a.localhost"),
        ([(b"host", b"rec\xedfe.localhost")], ""),
    ],
)
def test_only_one_host_line_counts(headers: list[tuple[bytes, bytes]], found: str) -> None:
    scope: Any = {"type": "http", "headers": headers}
    assert host_of(scope) == found


async def answer(web: Web, path: str, *hosts: bytes) -> tuple[int, str]:
    """Status and page for a request with these Host lines, just as a server would hand it over."""
    sent: list[dict[str, Any]] = []
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", host) for host in hosts],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await web.app(scope, receive, send)  # type: ignore[arg-type]  # plain dictionaries
    body = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], body.decode()


async def test_two_host_lines_reach_no_city(web: Web, cities: tuple[City, City]) -> None:
    first, second = (city.host.encode() for city in cities)
    assert (await answer(web, "/", first))[0] == 200
    for lines in ((first, second), (first, first), ()):
        status, page = await answer(web, "/", *lines)
        assert (status, "não é de nenhum Procon" in page) == (404, True)


async def test_an_absolute_address_in_the_request_line_does_not_choose_the_city(
    web: Web, cities: tuple[City, City]
) -> None:
    """The city follows Host; a server that hands on `GET http://other/` as a path gets 404."""
    first, second = cities
    status, page = await answer(web, f"http://{second.host}/", first.host.encode())
    assert (status, second.tenant.name in page) == (404, False)


async def test_a_suspended_city_answers_503_in_its_own_look_and_comes_back(
    web: Web, cities: tuple[City, City], owner: Database
) -> None:
    city, other = cities
    directory, db = web.app.state.directory, web.app.state.db
    try:
        assert await set_status(owner, city.slug, "suspended") is True
        await directory.refresh(db)
        answered = await web.get(city, "/")
        assert answered.status_code == 503
        assert answered.headers["retry-after"] == "3600"
        said = ["Este serviço está suspenso", city.tenant.name, other.tenant.name]
        assert [words in answered.text for words in said] == [True, True, False]
        assert (await web.get(other, "/")).status_code == 200
    finally:
        await set_status(owner, city.slug, "active")
        await directory.refresh(db)
    assert (await web.get(city, "/")).status_code == 200


async def test_another_process_follows_within_its_refresh(
    cities: tuple[City, City], settings: Settings, owner: Database
) -> None:
    """A second process: its own pool, its own directory, told by nothing but `control`."""
    city, other = cities
    elsewhere, second = await Database(settings.database_url, size=1).open(), Directory()
    try:
        assert await second.refresh(elsewhere) is True
        assert await second.refresh(elsewhere) is False
        await set_status(owner, city.slug, "suspended")
        assert await second.refresh(elsewhere) is True
        assert [t.slug for t in second.active()] == [other.slug]
        entry = second.find(city.host)
        assert (entry is not None, entry is not None and entry.active) == (True, False)
    finally:
        await set_status(owner, city.slug, "active")
        await second.refresh(elsewhere)
        await elsewhere.close()
    assert [t.slug for t in second.active()] == [city.slug, other.slug]


async def test_nobody_is_suspended_by_a_wrong_name(owner: Database) -> None:
    assert await set_status(owner, "recife", "suspended") is False
