"""The mail sink and its page."""

import base64
import json
import smtplib
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from procon.embedded.mail import MailStore, mail_app
from procon.embedded.services import Services

EVIL = '"><script>alert(1)</script>'


@pytest.fixture
def store(tmp_path: Path) -> MailStore:
    return MailStore(tmp_path / "mail")


def message(subject: str = "Olá", text: str = "corpo", html: str = "") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Procon <nao-responda@procon.example>"
    mail["To"] = "ana@example.org"
    mail["Subject"] = subject
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
    return mail


async def fetch(store: MailStore, path: str, method: str = "GET") -> httpx.Response:
    transport = httpx.ASGITransport(app=mail_app(store))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://correio.localhost:8000"
    ) as client:
        return await client.request(method, path)


def test_smtp_keeps_the_message_and_every_recipient(running: Services) -> None:
    mail = message("Número 12 – ção", "acentuação\n")
    with smtplib.SMTP("127.0.0.1", running.smtp_port) as link:
        link.send_message(mail, to_addrs=["ana@example.org", "oculta@example.org"])
    (found,) = running.mail.find(to="OCULTA@example.org")
    assert found.to == ("ana@example.org", "oculta@example.org")
    assert (found.subject, found.text.strip()) == ("Número 12 – ção", "acentuação")
    assert running.mail.find(to="ninguem@example.org") == []


def test_no_message_replaces_another(store: MailStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("procon.embedded.mail.store.time.time_ns", lambda: 5)
    monkeypatch.setattr("procon.embedded.mail.store.secrets.token_hex", lambda _size: "aa")
    first = store.add(b"Subject: um\r\n\r\n1", ["a@b.c"])
    with pytest.raises(FileExistsError):
        store.add(b"Subject: dois\r\n\r\n2", ["a@b.c"])
    assert store.ids() == [first]
    assert (found := store.get(first)) is not None
    assert found.subject == "um"
    assert [path.name for path in store.folder.iterdir()] == [f"{first}.eml"]


async def test_api_is_newest_first_filtered_and_limited(store: MailStore) -> None:
    for number in range(4):
        to = "ana@example.org" if number % 2 else "bia@example.org"
        store.add(message(f"n{number}").as_bytes(), [to])
    answer = await fetch(store, "/api/messages?to=ana@example.org")
    assert [found["subject"] for found in answer.json()] == ["n3", "n1"]
    assert [found["subject"] for found in (await fetch(store, "/api/messages?limit=1")).json()] == [
        "n3"
    ]
    assert set(answer.json()[0]) == {
        *("id", "sender", "to", "subject", "received_at", "text", "html", "attachments")
    }


async def test_everything_foreign_is_escaped(store: MailStore) -> None:
    mail = message(EVIL, EVIL)
    mail.add_attachment(b"x", maintype="text", subtype="html", filename=f"{EVIL}.html")
    name = store.add(mail.as_bytes(), [f"{EVIL}@example.org"])
    for path in ("/", f"/mensagens/{name}", f"/?para={EVIL}"):
        answer = await fetch(store, path)
        assert answer.status_code == 200
        assert "<script" not in answer.text
        assert "&lt;script&gt;" in answer.text
        assert "script-src" not in answer.headers["content-security-policy"]
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; ")


async def test_html_part_is_sandboxed_and_its_links_leave_the_frame(store: MailStore) -> None:
    html = f'<html><head></head><body><a href="http://x.localhost/">ver</a>{EVIL}</body></html>'
    name = store.add(message(html=html).as_bytes(), ["ana@example.org"])
    page = (await fetch(store, f"/mensagens/{name}")).text
    assert (
        f'<iframe src="/mensagens/{name}/html" '
        'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    )
    answer = await fetch(store, f"/mensagens/{name}/html")
    directives = answer.headers["content-security-policy"].split("; ")
    assert directives[:2] == [
        "sandbox allow-popups allow-popups-to-escape-sandbox",
        "default-src 'none'",
    ]
    assert '<head><base target="_blank"></head>' in answer.text


async def test_links_of_the_text_part(store: MailStore) -> None:
    text = 'Veja http://x.localhost:8000/a?b=1&c="2 (https://y.localhost/z). Fim'
    name = store.add(message(text=text).as_bytes(), ["ana@example.org"])
    page = (await fetch(store, f"/mensagens/{name}")).text
    assert 'href="http://x.localhost:8000/a?b=1&amp;c="' in page
    assert 'href="https://y.localhost/z"' in page


async def test_attachment_comes_back_whole_and_is_never_shown(store: MailStore) -> None:
    mail = message()
    content = bytes(range(256))
    mail.add_attachment(content, maintype="image", subtype="svg+xml", filename="recibo ção.svg")
    name = store.add(mail.as_bytes(), ["ana@example.org"])
    answer = await fetch(store, f"/mensagens/{name}/anexos/0")
    assert answer.content == content
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == (
        "attachment; filename*=UTF-8''recibo%20%C3%A7%C3%A3o.svg"
    )
    assert (await fetch(store, f"/mensagens/{name}/anexos/1")).status_code == 404


async def test_images_named_by_content_id_are_embedded(store: MailStore) -> None:
    mail = message(html='<img src="cid:mark">')
    body = mail.get_body(("html",))
    assert body is not None
    body.add_related(b"PNG", maintype="image", subtype="png", cid="<mark>")
    name = store.add(mail.as_bytes(), ["ana@example.org"])
    found = store.get(name)
    assert found is not None
    assert f"data:image/png;base64,{base64.b64encode(b'PNG').decode()}" in found.html


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff\xfe",
        b"Content-Type: text/plain; charset=klingon\r\n\r\n\xe7",
        b"Content-Type: multipart/mixed\r\n\r\nsem fronteira",
        b"Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\nTo: x\r\n\r\ny",
        b"Subject: =?utf-8?q?=FF?=\r\nFrom: <<>>\r\n\r\nx",
    ],
)
async def test_broken_messages_are_still_shown(store: MailStore, raw: bytes) -> None:
    name = store.add(raw, ["ana@example.org"])
    assert (await fetch(store, "/")).status_code == 200
    assert (await fetch(store, f"/mensagens/{name}")).status_code == 200
    original = await fetch(store, f"/mensagens/{name}/original")
    assert original.content == b"X-Envelope-To: ana@example.org\r\n" + raw


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/mensagens/nada", 404),
        ("GET", "/mensagens/..%2f..%2fsecrets", 404),
        ("GET", "/mensagens/%00", 404),
        ("GET", "/outra", 404),
        ("POST", "/", 405),
        ("GET", "/?pagina=99999999999999999999", 200),
        ("GET", "/?pagina=-1", 200),
        ("GET", "/api/messages?limit=x", 200),
        ("HEAD", "/", 200),
    ],
)
async def test_addresses(store: MailStore, method: str, path: str, status: int) -> None:
    assert (await fetch(store, path, method)).status_code == status


async def test_list_has_pages(store: MailStore) -> None:
    for number in range(31):
        store.add(message(f"assunto-{number:02}").as_bytes(), ["ana@example.org"])
    first = (await fetch(store, "/")).text
    assert "assunto-30" in first
    assert "assunto-00" not in first
    assert 'href="/?para=&amp;pagina=2"' in first
    second = (await fetch(store, "/?pagina=2")).text
    assert "assunto-00" in second
    assert "Mais antigas" not in second
    assert json.loads((await fetch(store, "/api/messages?limit=500")).content)[0]["subject"] == (
        "assunto-30"
    )
