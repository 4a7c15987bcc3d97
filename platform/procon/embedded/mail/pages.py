"""The page on which one reads what the embedded mail server received."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote
from zoneinfo import ZoneInfo

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from procon.embedded.mail.store import MailStore, Message

PAGE_SIZE = 30
API_LIMIT = 200
ZONE = ZoneInfo("America/Sao_Paulo")
TEMPLATES = Path(__file__).parent / "templates"
LINK = re.compile(r"https?://[^\s<>\"']+")
OWN_POLICY = (
    "default-src 'none'; style-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# A message is foreign: no script, no form, an origin of its own; links open in a new tab.
FOREIGN_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src data: http://*.localhost:*; "
    "form-action 'none'; frame-ancestors 'self'"
)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Answer(msgspec.Struct, frozen=True):
    body: bytes
    media_type: str = "text/html; charset=utf-8"
    status: int = 200
    policy: str = OWN_POLICY
    file_name: str = ""


class Span(msgspec.Struct, frozen=True):
    """A piece of a plain text; `link` says whether it is an address."""

    text: str
    link: bool


def mail_app(store: MailStore) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """An ASGI application that lists and shows the messages of `store`.

    `GET /api/messages?to=…&limit=…` answers them as JSON, newest first.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["moment"] = _moment

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["method"] in {"GET", "HEAD"}:
            query = {
                name: values[0]
                for name, values in parse_qs(scope["query_string"].decode("latin-1")).items()
            }
            answer = await asyncio.to_thread(_answer, environment, store, scope["path"], query)
        else:
            answer = _missing(environment, 405)
        await _send(send, answer, head=scope["method"] == "HEAD")

    return app


def _answer(
    environment: Environment, store: MailStore, path: str, query: Mapping[str, str]
) -> Answer:
    match path.strip("/").split("/"):
        case [""]:
            return _list(environment, store, query)
        case ["estilo.css"]:
            return Answer((TEMPLATES / "estilo.css").read_bytes(), "text/css; charset=utf-8")
        case ["api", "messages"]:
            return _api(store, query)
        case ["mensagens", message_id, *rest] if message := store.get(message_id):
            return _part(environment, store, message, rest)
    return _missing(environment, 404)


def _part(environment: Environment, store: MailStore, message: Message, rest: list[str]) -> Answer:
    match rest:
        case []:
            page = environment.get_template("message.html")
            return Answer(page.render(message=message, spans=_spans(message.text)).encode())
        case ["html"] if message.html:
            return Answer(_new_tab(message.html).encode(), policy=FOREIGN_POLICY)
        case ["original"]:
            raw = store.raw(message.id) or b""
            return Answer(raw, "application/octet-stream", file_name=f"{message.id}.eml")
        case ["anexos", number] if number.isascii() and number.isdecimal():
            if found := store.attachment(message.id, int(number)):
                attachment, content = found
                return Answer(content, "application/octet-stream", file_name=attachment.name)
    return _missing(environment, 404)


def _list(environment: Environment, store: MailStore, query: Mapping[str, str]) -> Answer:
    to = query.get("para", "")
    number = _number(query.get("pagina", ""), 1)
    found = store.find(to=to, limit=PAGE_SIZE + 1, skip=(number - 1) * PAGE_SIZE)
    page = environment.get_template("list.html")
    html = page.render(
        messages=found[:PAGE_SIZE], to=to, number=number, more=len(found) > PAGE_SIZE
    )
    return Answer(html.encode())


def _api(store: MailStore, query: Mapping[str, str]) -> Answer:
    limit = min(_number(query.get("limit", ""), 50), API_LIMIT)
    found = store.find(to=query.get("to", ""), limit=limit)
    return Answer(msgspec.json.encode(found), "application/json")


def _missing(environment: Environment, status: int) -> Answer:
    return Answer(environment.get_template("missing.html").render().encode(), status=status)


async def _send(send: Send, answer: Answer, *, head: bool) -> None:
    headers = {
        "content-type": answer.media_type,
        "content-length": str(len(answer.body)),
        "content-security-policy": answer.policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
    }
    if answer.file_name:
        name = quote(answer.file_name, safe="")
        headers["content-disposition"] = f"attachment; filename*=UTF-8''{name}"
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": b"" if head else answer.body})


def _spans(text: str) -> list[Span]:
    """Cuts a text into addresses, without the punctuation that follows them, and the rest."""
    spans, at = [], 0
    for match in LINK.finditer(text):
        address = match[0].rstrip(".,;:!?)]")
        spans += [Span(text[at : match.start()], False), Span(address, True)]
        at = match.start() + len(address)
    return [span for span in [*spans, Span(text[at:], False)] if span.text]


def _new_tab(html: str) -> str:
    """Makes links leave the frame; the frame's policy forbids them to replace our page."""
    target = '<base target="_blank">'
    changed, count = re.subn(
        r"(<head[^>]*>)", lambda match: match[1] + target, html, count=1, flags=re.IGNORECASE
    )
    return changed if count else f"<!doctype html>{target}{html}"


def _moment(iso: str) -> str:
    return datetime.fromisoformat(iso).astimezone(ZONE).strftime("%d/%m/%Y às %H:%M")


def _number(text: str, default: int) -> int:
    short = text.isascii() and text.isdecimal() and len(text) < 7
    return max(1, int(text)) if short else default
