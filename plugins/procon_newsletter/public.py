"""What everybody sees: the archive, signing up, and each reader's own pages.

Links in mails only show a page; mail scanners open them. Acting takes a button (POST).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath
from markupsafe import Markup
from msgspec import Struct

from procon.sdk import (
    Action,
    Actor,
    CaseDetail,
    Invalid,
    Panel,
    Tx,
    actor_of,
    allow,
    key,
    page,
    redirect,
    request_scope,
    services_of,
    subject,
    tenant_of,
)
from procon_newsletter.issues import IssueRow, issue_by_number, issues
from procon_newsletter.mail.letter import to_web
from procon_newsletter.mail.post import settings_in
from procon_newsletter.people import (
    Origin,
    ask,
    asked_by,
    choose,
    confirm,
    leave,
    parse_email,
    parse_topics,
    reader,
)
from procon_newsletter.records import erase_person, export_person
from procon_newsletter.settings import EDITORS, TOPICS, NewsletterSettings

PUBLIC = {"permission": "public"}
ROOT = "/p/newsletter"
WORDS = (
    "Quero receber por e-mail o {name} sobre os assuntos marcados. "
    "Posso sair quando quiser, com um clique em qualquer edição."
)
CONFIRM_WORDS = "Sim, quero receber o {name}"
LEAVE_WORDS = "Parar de receber o {name}"
ASKS_AN_HOUR = 10
ATOM = "http://www.w3.org/2005/Atom"
AnyRequest = Request[Any, Any, Any]


class Choice(Struct, frozen=True, forbid_unknown_fields=True):
    """A topic to tick."""

    value: str
    label: str
    hint: str = ""


CHOICES = tuple(
    Choice(value, label.strip(), f"{hint.strip().capitalize()}.")
    for value, (label, _, hint) in ((name, words.partition(":")) for name, words in TOPICS.items())
)


class ArchivePage(Struct, frozen=True, forbid_unknown_fields=True):
    """Issues that were sent."""

    name: str
    issues: tuple[IssueRow, ...]
    editor: bool = False


class IssuePage(Struct, frozen=True, forbid_unknown_fields=True):
    """One issue."""

    name: str
    number: int
    title: str
    body: Markup
    sent_at: Any


class AskPage(Struct, frozen=True, forbid_unknown_fields=True):
    """The form to sign up, with what was typed."""

    name: str
    words: str
    choices: tuple[Choice, ...] = CHOICES
    email: str = ""
    topics: tuple[str, ...] = ()
    errors: Mapping[str, str] = {}


class LinkPage(Struct, frozen=True, forbid_unknown_fields=True):
    """A page behind a link in a mail. `action` is where its form goes."""

    name: str
    email: str
    action: str
    words: str
    state: str
    topics: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = CHOICES
    own: str = ""
    errors: Mapping[str, str] = {}


@get("/", opt=PUBLIC)
async def archive(request: AnyRequest) -> Response[Any]:
    """All issues that were sent."""
    async with request_scope(request) as tx:
        found = await issues(tx, published=True)
    content = ArchivePage(_name(request), found, not EDITORS.isdisjoint(actor_of(request).roles))
    return page(request, "newsletter/archive.html", content)


@get("/edicoes/{number:int}", opt=PUBLIC)
async def issue(request: AnyRequest, number: FromPath[int]) -> Response[Any]:
    """One issue as a page."""
    async with request_scope(request) as tx:
        found = await issue_by_number(tx, number, published=True)
    content = IssuePage(
        _name(request), found.number, found.title, to_web(found.body), found.started_at
    )
    return page(request, "newsletter/issue.html", content)


@get("/feed.xml", opt=PUBLIC)
async def feed(request: AnyRequest) -> Response[bytes]:
    """The newest issues as Atom (RFC 4287)."""
    async with request_scope(request) as tx:
        found = await issues(tx, published=True, most=30)
        body = _atom(tx, _name(request), found)
    return Response(body, media_type="application/atom+xml; charset=utf-8")


@get("/assinar", opt=PUBLIC)
async def sign_up(request: AnyRequest) -> Response[Any]:
    """The form to sign up."""
    return page(request, "newsletter/ask.html", _ask_page(request))


@post("/assinar", opt=PUBLIC)
async def sign_up_sent(request: AnyRequest) -> Response[Any]:
    """Ask the address. The answer says the same whether or not it is known."""
    form = await request.form()
    email, topics = str(form.get("email", "")), form.getall("temas", [])
    try:
        wanted = _wanted(email, topics)
        await _not_too_often(request)
        async with request_scope(request) as tx:
            words = _words(request, WORDS)
            await ask(tx, email=wanted[0], topics=wanted[1], words=words, origin=_origin(request))
    except Invalid as refusal:
        chosen = tuple(str(one) for one in topics)
        content = _ask_page(request, email=email, topics=chosen, errors=refusal.fields)
        return page(request, "newsletter/ask.html", content, status=422, personal=True)
    return redirect(request, f"{ROOT}/assinar/enviado")


@get("/assinar/enviado", opt=PUBLIC)
async def sign_up_done(request: AnyRequest) -> Response[Any]:
    """What happens next."""
    return page(request, "newsletter/asked.html", ArchivePage(_name(request), ()))


@get("/confirmar/{token:str}", opt=PUBLIC)
async def confirm_page(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    """Shows what would be confirmed."""
    async with request_scope(request) as tx:
        found = await asked_by(tx, token)
    content = LinkPage(
        _name(request),
        found.email,
        f"{ROOT}/confirmar/{token}",
        _words(request, CONFIRM_WORDS),
        found.state,
        found.topics,
    )
    return page(request, "newsletter/confirm.html", content, personal=True)


@post("/confirmar/{token:str}", opt=PUBLIC)
async def confirm_sent(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    """The subscription begins."""
    words = _words(request, CONFIRM_WORDS)
    async with request_scope(request) as tx:
        found = await confirm(tx, token=token, words=words, origin=_origin(request))
    text = "Assinatura confirmada. Você receberá a próxima edição."
    return redirect(request, f"{ROOT}/meus-dados/{found.token}", notice=text)


@get("/sair/{token:str}", opt=PUBLIC)
async def leave_page(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    """Shows the button; changes nothing."""
    async with request_scope(request) as tx:
        found = await reader(tx, token)
    return _leave_page(request, found.email, token, found.state)


async def _without_session(_: AnyRequest) -> None:
    """A mail provider has no page of ours and no token; the link itself is the proof."""


@post("/sair/{token:str}", opt=PUBLIC, before_request=_without_session, status_code=200)
async def leave_sent(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    """One click (RFC 8058): from the mail program's own button as from our page."""
    words = _words(request, LEAVE_WORDS)
    async with request_scope(request) as tx:
        found = await leave(
            tx, token=token, words=words, origin=_origin(request), issue=_issue(request)
        )
    return _leave_page(request, found.email, token, "left")


@get("/meus-dados/{token:str}", opt=PUBLIC)
async def own_page(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    """A reader's own page: topics, data, the way out."""
    return await _own(request, token)


@post("/meus-dados/{token:str}", opt=PUBLIC)
async def own_sent(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    """Other topics."""
    form = await request.form()
    try:
        topics = parse_topics(form.getall("temas", []))
        async with request_scope(request) as tx:
            words = _words(request, WORDS)
            await choose(tx, token=token, topics=topics, words=words, origin=_origin(request))
    except Invalid as refusal:
        return await _own(request, token, errors=refusal.fields)
    return redirect(request, f"{ROOT}/meus-dados/{token}", notice="Assuntos guardados.")


@get("/meus-dados/{token:str}/exportar", opt=PUBLIC)
async def own_export(request: AnyRequest, token: FromPath[str]) -> Response[bytes]:
    """Everything about the reader, as JSON."""
    async with request_scope(request) as tx:
        found = await reader(tx, token)
        data = await export_person(tx, subscriber_id=found.id)
    return as_file(msgspec.json.encode(data), "meus-dados.json", "application/json")


@post("/meus-dados/{token:str}/apagar", opt=PUBLIC)
async def own_erase(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    """Forget the reader."""
    async with request_scope(request) as tx:
        found = await reader(tx, token)
        await erase_person(tx, subscriber_id=found.id)
    return redirect(request, ROOT, notice="Seus dados foram apagados. Não enviaremos mais nada.")


async def case_panel(
    _tx: Tx, *, actor: Actor, side: str, case: CaseDetail, settings: NewsletterSettings
) -> Panel | None:
    """The consumer hears of the newsletter where they file and follow a case."""
    if side != "consumer":
        return None
    text = "Receba por e-mail avisos de recall, golpes e pesquisas de preço da cidade."
    return Panel(settings.name, text=text, actions=(Action("Assinar", f"{ROOT}/assinar"),))


def as_file(content: bytes, name: str, media_type: str) -> Response[bytes]:
    """A download that no cache keeps."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=media_type, headers=headers)


def _wanted(email: str, topics: Any) -> tuple[str, tuple[str, ...]]:
    errors: dict[str, str] = {}
    found: list[Any] = []
    for parse, value in ((parse_email, email), (parse_topics, topics)):
        try:
            found.append(parse(value))
        except Invalid as refusal:
            errors |= refusal.fields
    if errors:
        raise Invalid(errors)
    return found[0], found[1]


async def _not_too_often(request: AnyRequest) -> None:
    """Nobody floods other people's boxes with our questions."""
    who = key(tenant_of(request).slug, "newsletter", "ask", subject(_origin(request).address))
    decision = await allow(request.app.state.redis, who, ASKS_AN_HOUR, timedelta(hours=1))
    if not decision.allowed:
        minutes = decision.retry_after // 60 + 1
        raise Invalid({"email": f"Muitos pedidos daqui. Tente de novo em {minutes} minuto(s)."})


async def _own(
    request: AnyRequest, token: str, *, errors: Mapping[str, str] | None = None
) -> Response[Any]:
    async with request_scope(request) as tx:
        found = await reader(tx, token)
    content = LinkPage(
        _name(request),
        found.email,
        f"{ROOT}/meus-dados/{token}",
        _words(request, WORDS),
        found.state,
        found.topics,
        own=f"{ROOT}/sair/{token}",
        errors=errors or {},
    )
    status = 422 if errors else 200
    return page(request, "newsletter/own.html", content, status=status, personal=True)


def _leave_page(request: AnyRequest, email: str, token: str, state: str) -> Response[Any]:
    action = f"{ROOT}/sair/{token}"
    number = _issue(request)
    content = LinkPage(
        _name(request),
        email,
        action if number is None else f"{action}?edicao={number}",
        _words(request, LEAVE_WORDS),
        state,
        own=f"{ROOT}/meus-dados/{token}",
    )
    return page(request, "newsletter/leave.html", content, personal=True)


def _issue(request: AnyRequest) -> int | None:
    text = str(request.query_params.get("edicao", ""))
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else None


def _origin(request: AnyRequest) -> Origin:
    address = request.client.host if request.client else ""
    return Origin(address, request.headers.get("user-agent", "")[:200])


def _name(request: AnyRequest) -> str:
    return settings_in(tenant_of(request)).name


def _words(request: AnyRequest, words: str) -> str:
    return words.replace("{name}", _name(request))


def _ask_page(request: AnyRequest, **typed: Any) -> AskPage:
    return AskPage(_name(request), _words(request, WORDS), **typed)


def _atom(tx: Tx, name: str, found: tuple[IssueRow, ...]) -> bytes:
    tenant, url = tx.tenant, services_of(tx).url
    root = ElementTree.Element("feed", xmlns=ATOM)
    newest = next((one.sent_at for one in found if one.sent_at), tx.now)

    def put(parent: ElementTree.Element, tag: str, text: str = "", **attributes: str) -> None:
        ElementTree.SubElement(parent, tag, attributes).text = text or None

    put(root, "title", f"{name}, {tenant.name}")
    put(root, "id", url(tenant.host, ROOT))
    put(root, "updated", newest.isoformat())
    put(root, "link", href=url(tenant.host, f"{ROOT}/feed.xml"), rel="self")
    put(root, "link", href=url(tenant.host, ROOT))
    author = ElementTree.SubElement(root, "author")
    put(author, "name", tenant.name)
    for one in found:
        entry = ElementTree.SubElement(root, "entry")
        address = url(tenant.host, f"{ROOT}/edicoes/{one.number}")
        put(entry, "title", one.title)
        put(entry, "id", address)
        put(entry, "link", href=address)
        put(entry, "updated", (one.sent_at or newest).isoformat())
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text
