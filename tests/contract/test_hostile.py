"""Whatever is sent, no page answers that the fault is ours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from contract.table import PROVIDERS, SAFE, lines_of
from contract.test_routes import FORGED, actor_for, role_for
from procon.settings import REPOSITORY
from support.cities import City, citizen, filed
from support.web import Web

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="'

BODIES = {
    "deep json": (JSON, b"[" * 20_000 + b"]" * 20_000),
    "json not utf-8": (JSON, b'{"a": "\xff\xfe"}'),
    "json with nul": (JSON, b'{"a": "\\u0000"}'),
    "half a surrogate": (JSON, b'{"a": "\\ud800"}'),
    "no json": (JSON, b"{"),
    "msgpack": ("application/x-msgpack", b"\xc1"),
    "empty": ("", b""),
    "type of nonsense": ("\\;;=", b"a=b"),
    "unknown charset": (f"{FORM}; charset=klingon", b"a=b"),
    "multipart without boundary": ("multipart/form-data", b"--x"),
    "multipart cut off": (MULTIPART, PART + b'a"\r\n\r\nb'),
    "multipart not utf-8": (MULTIPART, PART + b'\xff"\r\n\r\n\xff\xfe\r\n--x--\r\n'),
    "multipart too many": (MULTIPART, (PART + b'a"\r\n\r\nb\r\n') * 2_000 + b"--x--\r\n"),
    "form too many": (FORM, b"&".join(b"a%d=b" % n for n in range(20_000))),
}


def _names() -> list[str]:
    """Every form field and query parameter that some page or route asks for."""
    found: set[str] = set()
    for path in Path(REPOSITORY / "platform" / "procon").rglob("*"):
        if path.suffix in {".py", ".html"}:
            text = path.read_text(encoding="utf-8")
            found |= set(re.findall(r'\bname="([a-z_-]+)"', text))
            found |= set(re.findall(r'(?:get|getlist|getall)\("([a-z_-]+)"', text))
    return sorted(found)


def _filled(value: bytes) -> bytes:
    """A form in which every known field has this value, already encoded."""
    return b"&".join(name.encode() + b"=" + value for name in _names())


FIELDS = {
    "nul everywhere": _filled(b"%00"),
    "not utf-8 everywhere": _filled(b"%FF%FE"),
    "surrogate everywhere": _filled(b"%ED%A0%80"),
    "long everywhere": _filled(b"9" * 5_000),
    "great numbers": _filled(b"99999999999999999999"),
    "minus one": _filled(b"-1"),
    "infinity": _filled(b"Infinity"),
    "not a number": _filled(b"NaN"),
    "wild dates": _filled(b"9999-99-99"),
    "other digits": _filled(b"%D9%A1%D9%A2"),
    "right to left": _filled(b"%E2%80%AE%E2%80%8B"),
    "line breaks": _filled(b"a%0D%0ABcc:+b%40example.com"),
}


async def _failures(web: Web, city: City, kind: str, body: bytes) -> list[str]:
    number = (await filed(city, actor=citizen())).number
    failed: list[str] = []
    for line in lines_of(web.app):
        if line.method in SAFE:
            continue
        for address in {line.address, re.sub(r"\{number:str\}", number, line.path)}:
            if "{" in address:
                continue
            async with await web.client(city, actor_for(role_for(line.permission))) as browser:
                if "X-CSRF-Token" not in browser.headers:
                    page = await browser.get("/verificar")
                    found = re.search(r'name="_csrf"[^>]*value="([0-9a-f]+)"', page.text)
                    assert found
                    browser.headers["X-CSRF-Token"] = found.group(1)
                headers = {"Content-Type": kind} if kind else {}
                answer = await browser.request(line.method, address, content=body, headers=headers)
            if answer.status_code >= 500 or FORGED in answer.text:
                failed.append(f"{line}: {answer.status_code}")
    await web.app.state.redis.flushall()  # the limits that all this has used up
    return failed


@pytest.mark.parametrize("name", BODIES)
async def test_no_body_is_answered_with_a_fault_of_ours(web: Web, city: City, name: str) -> None:
    assert await _failures(web, city, *BODIES[name]) == []


@pytest.mark.parametrize("name", FIELDS)
async def test_no_form_is_answered_with_a_fault_of_ours(web: Web, city: City, name: str) -> None:
    assert await _failures(web, city, FORM, FIELDS[name]) == []


@pytest.mark.parametrize("path", ["/preferencias", "/entrar/codigo"])
@pytest.mark.parametrize("kind", [FORM, JSON, MULTIPART])
async def test_eleven_megabytes_are_refused_or_read_but_break_nothing(
    web: Web, city: City, path: str, kind: str
) -> None:
    body = b"a=" + b"x" * 11_000_000
    async with await web.client(city, citizen()) as browser:
        answer = await browser.post(path, content=body, headers={"Content-Type": kind})
    assert answer.status_code < 500


QUERIES = ("%00", "%FF%FE", "%ED%A0%80", "9" * 300, "-1", "%D9%A1", "%0D%0AX:+1", "%")


@pytest.mark.parametrize("value", QUERIES, ids=[value[:6] for value in QUERIES])
async def test_no_address_is_answered_with_a_fault_of_ours(
    web: Web, city: City, value: str
) -> None:
    await filed(city)
    failed: list[str] = []
    query = "&".join(f"{name}={value}" for name in _names()[:60])
    for line in lines_of(web.app):
        if line.method not in SAFE or line.path in PROVIDERS | {"/health/ready"}:
            continue
        in_path = re.sub(r"\{\w+:\w+\}", value[:200], line.path)
        async with await web.client(city, actor_for(role_for(line.permission))) as browser:
            for address in (f"{line.address}?{query}", in_path):
                answer = await browser.get(address)
                if answer.status_code >= 500:
                    failed.append(f"{line} {address[:40]}: {answer.status_code}")
    await web.app.state.redis.flushall()
    assert failed == []


@pytest.mark.parametrize("value", ["\\x00", "x" * 5_000, '"', "=;=;", "é"])
async def test_no_cookie_is_answered_with_a_fault_of_ours(web: Web, city: City, value: str) -> None:
    names = ("procon", "procon-s", "procon-v", "procon-login", "contraste", "letra", "_csrf")
    cookie = "; ".join(f"{name}={value}" for name in names).encode("latin-1")
    async with await web.client(city) as browser:
        found = [
            (await browser.get(path, headers=[(b"cookie", cookie)])).status_code  # type: ignore[list-item]  # bytes
            for path in ("/", "/entrar", "/entrar/retorno", "/minha-conta")
        ]
    assert [status for status in found if status >= 500] == []


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/health/nada", "/", "/equipe"])
@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "DELETE", "POST", "PROPFIND"])
async def test_no_method_is_answered_with_a_fault_of_ours(
    web: Web, city: City, method: str, path: str
) -> None:
    async with await web.client(city) as browser:
        answer = await browser.request(method, path)
    assert answer.status_code < 500
