"""An issue as people read it: small Markdown to HTML, MJML and text, and the finished mail.

Nothing that somebody typed is ever run: Markdown without HTML and pictures, templates of our own.
Without pictures and foreign fonts nobody learns who opened a mail.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup
from mjml import mjml2html
from msgspec import Struct

from procon.sdk import Services, Tenant, clean
from procon_newsletter.mail.sign import read_key, signature
from procon_newsletter.settings import NewsletterSettings

HERE = Path(__file__).parent
_WEB = {
    "h2": "govuk-heading-m",
    "h3": "govuk-heading-s",
    "p": "govuk-body",
    "ul": "govuk-list govuk-list--bullet",
    "ol": "govuk-list govuk-list--number",
    "a": "govuk-link",
}
_HEADINGS = {"h1": "h2", "h2": "h3", "h3": "h3", "h4": "h3", "h5": "h3", "h6": "h3"}


class Sender(Struct, frozen=True):
    """Who writes, and how it is signed; no `key` when the mail server signs."""

    name: str
    address: str
    reply_to: str
    domain: str
    selector: str
    key: RSAPrivateKey | None


class Letter(Struct, frozen=True):
    """An issue made ready once; `slot` stands in both bodies where the reader's own link goes."""

    head: bytes
    text: str
    html: str
    slot: str
    host: str


def sender_of(tenant: Tenant, settings: NewsletterSettings, services: Services) -> Sender:
    """The city's sender.

    Raises:
        LookupError: the installation does not have the key that the settings name, or it is none.
    """
    legal = tenant.mail.sender.rpartition("@")[2]
    address = settings.sender or f"boletim@{legal}"
    return Sender(
        name=f"{tenant.name}: {settings.name}",
        address=address,
        reply_to=settings.reply_to,
        domain=settings.dkim_domain or address.rpartition("@")[2],
        selector=settings.dkim_selector,
        key=read_key(services.secret(settings.dkim_key)) if settings.dkim_key else None,
    )


def to_web(body: str) -> Markup:
    """The text as a part of our pages."""
    return _html(body, {tag: {"class": name} for tag, name in _WEB.items()})


def mail_html(
    tenant: Tenant, colours: Mapping[str, str], *, name: str, title: str, body: str, links: Links
) -> str:
    """The whole HTML of the mail in the city's colours."""
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined
    )
    link = {"a": {"style": f"color: {colours['link']}"}}
    source = environment.get_template("issue.mjml").render(
        body=_html(body, link),
        city=tenant.city,
        contacts=tenant.contacts,
        colours=colours,
        links=links,
        name=name,
        title=title,
    )
    html = mjml2html(source, fonts={})
    return html.replace('lang="und"', 'lang="pt-BR"').replace('dir="auto"', 'dir="ltr"')


class Links(Struct, frozen=True):
    """Where a mail leads: its page, the reader's way out and their own page."""

    page: str
    leave: str
    own: str


def prepare(
    tenant: Tenant,
    services: Services,
    sender: Sender,
    *,
    name: str,
    number: int,
    title: str,
    body: str,
    written_at: datetime,
    subject: str = "",
) -> Letter:
    """Make an issue ready: everything that is the same for all its readers."""
    slot = f"slot{secrets.token_hex(12)}"
    url = partial(services.url, tenant.host)
    leave = url(f"/p/newsletter/sair/{slot}?edicao={number}")
    own = url(f"/p/newsletter/meus-dados/{slot}")
    links = Links(url(f"/p/newsletter/edicoes/{number}"), leave, own)
    html = mail_html(
        tenant, services.colours(tenant.theme), name=name, title=title, body=body, links=links
    )
    text = (
        f"{title}\n\n{body}\n\n--\n{name}, {tenant.name}\n"
        f"Você recebe este e-mail porque assinou o boletim.\n"
        f"Ler no site: {links.page}\nParar de receber: {leave}\nSeus dados e assuntos: {own}\n"
    )
    head = _head(tenant, sender, name, subject or title, written_at)
    return Letter(head, text, html, slot, url("/").rstrip("/"))


def finish(
    letter: Letter, sender: Sender, *, recipient: str, token: str, number: int, message_id: str
) -> bytes:
    """The mail for one reader, signed. `token` opens their own pages."""
    leave = f"{letter.host}/p/newsletter/sair/{token}?edicao={number}"
    domain = sender.address.rpartition("@")[2]
    boundary = f"=_{message_id}"
    head = (
        f"To: {recipient}\r\nMessage-ID: <{message_id}@{domain}>\r\n"
        f"List-Unsubscribe: <{leave}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        f'Content-Type: multipart/alternative; boundary="{boundary}"\r\n'
    ).encode()
    parts = [
        _part(boundary, kind, source.replace(letter.slot, token))
        for kind, source in (("plain", letter.text), ("html", letter.html))
    ]
    mail = b"".join((letter.head, head, b"\r\n", *parts, f"--{boundary}--\r\n".encode()))
    return _signed(mail, sender)


def confirmation(
    tenant: Tenant,
    services: Services,
    sender: Sender,
    *,
    name: str,
    recipient: str,
    token: str,
    message_id: str,
    asked_at: datetime,
) -> bytes:
    """The question whether they want it. It carries no news: nobody has agreed to any yet."""
    link = services.url(tenant.host, f"/p/newsletter/confirmar/{token}")
    mail = EmailMessage()
    mail["From"] = Address(clean(sender.name, 120), addr_spec=sender.address)
    mail["To"] = Address(addr_spec=recipient)
    mail["Subject"] = f"Confirme sua assinatura: {clean(name, 80)}"
    mail["Date"] = format_datetime(asked_at)
    mail["Message-ID"] = f"<{message_id}@{sender.address.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = "pt-BR"
    mail.set_content(
        f"Alguém pediu para este endereço receber o {name} do {tenant.name}.\n\n"
        f"Se foi você, abra este link em até 3 dias e confirme:\n{link}\n\n"
        "Se não foi você, não faça nada: não enviaremos mais e-mails.\n"
    )
    return _signed(mail.as_bytes(policy=mail.policy.clone(linesep="\r\n")), sender)


def _signed(mail: bytes, sender: Sender) -> bytes:
    if sender.key is None:
        return mail
    return signature(mail, sender.key, domain=sender.domain, selector=sender.selector) + mail


def _html(body: str, attributes: Mapping[str, Mapping[str, str]]) -> Markup:
    parser = MarkdownIt("commonmark", {"html": False}).disable(["image"])
    parser.validateLink = _is_web  # type: ignore[method-assign]  # how the library is told
    tokens = parser.parse(body)
    for token in tokens:
        for one in (token, *(token.children or ())):
            one.tag = _HEADINGS.get(one.tag, one.tag)
            if one.nesting == 1:
                for key, value in attributes.get(one.tag, {}).items():
                    one.attrSet(key, value)
    return Markup(parser.renderer.render(tokens, parser.options, {}))  # noqa: S704 - escaped by the parser


def _is_web(url: str) -> bool:
    try:
        return urlsplit(url.strip()).scheme in {"http", "https", "mailto", "tel"}
    except ValueError:
        return False


def _head(tenant: Tenant, sender: Sender, name: str, subject: str, when: datetime) -> bytes:
    """Headers that all readers get, folded and encoded by the standard library."""
    mail = EmailMessage()
    mail["From"] = Address(clean(sender.name, 120), addr_spec=sender.address)
    if sender.reply_to:
        mail["Reply-To"] = Address(addr_spec=sender.reply_to)
    mail["Subject"] = clean(subject, 200)
    mail["Date"] = format_datetime(when)
    mail["List-Id"] = f"<boletim.{tenant.slug}.{sender.address.rpartition('@')[2]}>"
    mail["Precedence"] = "bulk"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = "pt-BR"
    mail["MIME-Version"] = "1.0"
    return mail.as_bytes(policy=mail.policy.clone(linesep="\r\n")).rstrip(b"\r\n") + b"\r\n"


def _part(boundary: str, kind: str, source: str) -> bytes:
    body = base64.encodebytes(source.replace("\n", "\r\n").encode()).replace(b"\n", b"\r\n")
    return (
        f"--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
    ).encode() + body
