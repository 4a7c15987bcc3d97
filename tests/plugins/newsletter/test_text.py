"""What somebody types comes out as text: on pages, in mails, in the feed and in file names."""

from __future__ import annotations

from email.message import EmailMessage
from xml.etree import ElementTree

import pytest

from plugins.newsletter.steps import Box, publish, send, subscribe
from procon_newsletter.mail.bounces import read_bounce, return_path
from support.cities import City, staff
from support.web import Web

ROOT = "/p/newsletter"
ADMIN = staff("cityadmin")
EVIL = (
    "{{7*7}} {% raw %} ${7*7} <%= 7*7 %> #{7*7} {{ shell.csrf_token }} "
    "<script>alert(1)</script> <mj-raw>x</mj-raw> &lt; &amp; ]]> --> <!-- \"'><img src=x onerror=y>"
)
LINKS = "[a](javascript:alert(1)) [b](data:text/html,x) ![c](https://t.example/p.gif) <https://ok.example>"


@pytest.mark.plugin("newsletter")
async def test_payloads_come_out_as_text(web: Web, on: City, box: Box) -> None:
    await subscribe(on, "ana@leitora.example")
    number = await publish(on, EVIL[:110], f"{EVIL}\n\n{LINKS}\n\n# {EVIL}")
    assert await send(on) == 1
    mail = box.one("ana@leitora.example")
    html = mail.get_body(("html",))
    assert html is not None
    page = await web.get(on, f"{ROOT}/edicoes/{number}")
    preview = await web.get(on, f"{ROOT}/equipe/edicoes/{number}", actor=ADMIN)
    download = await web.get(on, f"{ROOT}/equipe/edicoes/{number}/email.html", actor=ADMIN)
    assert (page.status_code, preview.status_code, download.status_code) == (200, 200, 200)
    for text in (html.get_content(), page.text, preview.text, download.text):
        assert "{{7*7}} {% raw %} ${7*7}" in text
        assert "&lt;script&gt;alert(1)" in text
        for bad in ("<script>alert", "<img src=x", "<mj-raw", 'href="javascript', 'href="data:',
                    "t.example/p.gif\" alt", ">49<", "<!-- \"'"):  # fmt: skip
            assert bad not in text
    assert 'href="https://ok.example"' in page.text
    assert mail["Subject"] == EVIL[:110].strip()
    feed = await web.get(on, f"{ROOT}/feed.xml")
    assert feed.headers["content-type"] == "application/atom+xml; charset=utf-8"
    root = ElementTree.fromstring(feed.text)  # noqa: S314 - our own feed
    titles = [one.text for one in root.iter("{http://www.w3.org/2005/Atom}title")]
    assert titles == ["Boletim do consumidor, Procon Ligada", EVIL[:110].strip()]


@pytest.mark.plugin("newsletter")
async def test_drafts_are_nobodys_but_the_staffs(web: Web, on: City) -> None:
    form = {"titulo": "Segredo", "texto": "Texto", "temas": "recalls", "_chave": "k"}
    await web.post(on, f"{ROOT}/equipe/nova", form, actor=ADMIN)
    assert (await web.get(on, f"{ROOT}/edicoes/1")).status_code == 404
    for path in ("", "/feed.xml"):
        shown = await web.get(on, ROOT + path)
        assert (shown.status_code, "Segredo" in shown.text) == (200, False)
    assert f'href="{ROOT}/equipe"' in (await web.get(on, ROOT, actor=ADMIN)).text
    assert f'href="{ROOT}/equipe"' not in (await web.get(on, ROOT)).text
    for actor, keeps in ((ADMIN, True), (staff("analyst"), False)):
        desk = await web.get(on, f"{ROOT}/equipe", actor=actor)
        assert (desk.status_code, "Segredo" in desk.text) == (200, True)
        assert (f"{ROOT}/equipe/assinantes" in desk.text) is keeps
    for number in ("0", "2", "99999999999999999999"):
        assert (await web.get(on, f"{ROOT}/edicoes/{number}")).status_code == 404
    empty = await web.post(on, f"{ROOT}/equipe/nova", {"texto": "x" * 30_001}, actor=ADMIN)
    assert empty.status_code == 422
    for said in ("Escreva o título.", "até 30000 caracteres", "Escolha pelo menos um assunto."):
        assert said in empty.text
    assert (await web.get(on, f"{ROOT}/equipe", actor=staff("attendant"))).status_code == 403


@pytest.mark.plugin("newsletter")
async def test_every_page_is_there(web: Web, on: City) -> None:
    token = await subscribe(on, "ana@leitora.example")
    number = await publish(on)
    await send(on)
    public = (
        "", "/assinar", "/assinar/enviado", f"/edicoes/{number}", f"/sair/{token}",
        f"/meus-dados/{token}",
    )  # fmt: skip
    staffs = ("", "/nova", f"/edicoes/{number}", f"/edicoes/{number}/editar", "/assinantes")
    for path in (*public, *(f"/equipe{one}" for one in staffs)):
        shown = await web.get(on, ROOT + path, actor=ADMIN)
        assert (path, shown.status_code) == (path, 200)
        assert shown.headers["cache-control"] == "no-store"


@pytest.mark.plugin("newsletter")
async def test_whatever_is_posted_the_fault_is_not_ours(web: Web, on: City) -> None:
    token, number = await subscribe(on, "ana@leitora.example"), await publish(on)
    fields = (
        "email", "temas", "titulo", "texto", "_chave", "quando_dia", "quando_mes", "quando_ano",
        "hora", "lista",
    )  # fmt: skip
    form = "application/x-www-form-urlencoded"
    bodies = [
        ("application/json", b'{"a": "\\u0000"}'),
        ("application/json", b"["),
        ("multipart/form-data", b"--x"),
        *((form, b"&".join(f.encode() + b"=" + value for f in fields))
          for value in (b"%00", b"%FF%FE", b"%ED%A0%80", b"9" * 5_000, b"-1")),
    ]  # fmt: skip
    paths = [
        "/assinar", "/confirmar/x", f"/meus-dados/{token}", "/meus-dados/%00", "/sair/%FF",
        "/equipe/nova", f"/equipe/edicoes/{number}/teste", f"/equipe/edicoes/{number}/editar",
        f"/equipe/edicoes/{number}/enviar", "/equipe/edicoes/99999999999999999999/parar",
        "/equipe/assinantes/importar", "/equipe/assinantes/dados", "/equipe/assinantes/apagar",
    ]  # fmt: skip
    async with await web.client(on, ADMIN) as client:
        for path in paths:
            for kind, body in bodies:
                sent = await client.post(ROOT + path, content=body, headers={"Content-Type": kind})
                assert sent.status_code < 500, (path, kind, body[:40])


@pytest.mark.plugin("newsletter")
async def test_returned_mail_comes_in_by_the_word_only(
    web: Web, on: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    await subscribe(on, "ana@leitora.example")
    await publish(on)
    await send(on)
    async with on.scope() as tx:
        token = await tx.fetchval("SELECT token FROM newsletter_delivery")
    assert return_path(token, "x.example") == f"n+{token}@x.example"
    async with await web.client(on) as client:
        closed = await client.post(f"{ROOT}/devolucoes/{token}", content=dsn("failed", "5.1.1"))
    assert closed.status_code == 404


@pytest.mark.plugin("newsletter", {"bounce_key": "secret://DEVOLUCAO"})
async def test_returned_mail_ends_the_sending(
    web: Web, on: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROCON_SECRET_DEVOLUCAO", "palavra")
    await subscribe(on, "ana@leitora.example")
    await publish(on)
    await send(on)
    async with on.scope() as tx:
        token = await tx.fetchval("SELECT token FROM newsletter_delivery")
    path = f"{ROOT}/devolucoes/{token}"
    good, wrong = ({"Authorization": f"Bearer {word}"} for word in ("palavra", "outra"))
    async with await web.client(on) as client:
        gone = dsn("failed", "5.1.1")
        assert (await client.post(path, content=gone, headers=wrong)).status_code == 404
        for content in (b"", b"\x00\xff", b"Subject: ferias\r\n\r\nVolto dia 10."):
            said = await client.post(path, content=content, headers=good)
            assert (said.status_code, said.json()) == (200, {"returned": False})
        other = await client.post(f"{ROOT}/devolucoes/{'0' * 24}", content=gone, headers=good)
        assert other.status_code == 404
        soft = await client.post(path, content=dsn("delayed", "4.2.2"), headers=good)
        assert soft.json() == {"returned": True}
        async with on.scope() as tx:
            assert await tx.fetchval("SELECT state FROM newsletter_subscriber") == "active"
        hard = await client.post(path.upper().replace(ROOT.upper(), ROOT).replace(
            "DEVOLUCOES", "devolucoes"), content=gone, headers=good)  # fmt: skip
        assert hard.json() == {"returned": True}
    async with on.scope() as tx:
        assert await tx.fetchval("SELECT state FROM newsletter_subscriber") == "returned"
        assert await tx.fetchval("SELECT state FROM newsletter_delivery") == "returned"
        reasons = [r["reason"] for r in await tx.fetch("SELECT reason FROM newsletter_bounce")]
    assert sorted(reasons) == [
        "4.2.2 smtp; 4.2.2 <[endereço]> recusado",
        "5.1.1 smtp; 5.1.1 <[endereço]> recusado",
    ]


def test_an_answer_is_not_a_bounce() -> None:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "ana@leitora.example", "Re: Golpe do Pix"
    mail.set_content("Obrigada! 550 5.1.1")
    assert read_bounce(mail.as_bytes()) is None


def dsn(action: str, status: str) -> bytes:
    """A delivery status notification (RFC 3464)."""
    return (
        "From: MAILER-DAEMON@mx.example\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example\r\n\r\n"
        "Final-Recipient: rfc822; ana@leitora.example\r\n"
        f"Action: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; {status} <ana@leitora.example> recusado\r\n\r\n--b--\r\n"
    ).encode()
