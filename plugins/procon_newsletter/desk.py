"""The staff's pages of issues: written, tried, sent, counted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request, Response, get, post
from litestar.params import FromPath
from markupsafe import Markup
from msgspec import Struct

from procon.sdk import (
    Invalid,
    Tx,
    actor_of,
    allow,
    clean,
    key,
    new_id,
    page,
    put_out,
    redirect,
    request_scope,
    services_of,
    subject,
    tenant_of,
)
from procon_newsletter.issues import (
    STATES,
    Figures,
    Issue,
    IssueRow,
    figures_of,
    issue_by_number,
    issues,
    parse_text,
    readers_of,
    rewrite,
    schedule,
    stop,
    write,
)
from procon_newsletter.mail.letter import Links, mail_html, to_web
from procon_newsletter.mail.post import TEST_TOPIC, TestSend, settings_in
from procon_newsletter.people import parse_email, parse_topics
from procon_newsletter.public import CHOICES, ROOT, Choice, as_file
from procon_newsletter.records import (
    note,
)
from procon_newsletter.settings import KEEPERS, SHORT

EDIT = {"permission": "newsletter:edit"}
SEND = {"permission": "newsletter:send"}
PEOPLE = {"permission": "newsletter:people"}
DESK = f"{ROOT}/equipe"
TESTS_AN_HOUR = 20
BOUNCE_BYTES = 500_000
AnyRequest = Request[Any, Any, Any]


class DeskPage(Struct, frozen=True, forbid_unknown_fields=True):
    """All issues."""

    issues: tuple[IssueRow, ...]
    states: Mapping[str, str]
    readers: tuple[tuple[str, int], ...]
    keeper: bool


class EditPage(Struct, frozen=True, forbid_unknown_fields=True):
    """The editor, with what was typed."""

    action: str
    key: str
    number: int = 0
    title: str = ""
    body: str = ""
    topics: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = CHOICES
    errors: Mapping[str, str] = {}


class IssueDeskPage(Struct, frozen=True, forbid_unknown_fields=True):
    """One issue: preview, acts and figures."""

    issue: Issue
    state: str
    topics: str
    preview: Markup
    readers: int
    figures: Figures
    email: str
    day: tuple[str, str, str] = ("", "", "")
    hour: str = ""
    errors: Mapping[str, str] = {}


@get("/equipe", opt=EDIT)
async def desk(request: AnyRequest) -> Response[Any]:
    """All issues, and how many read about what."""
    async with request_scope(request) as tx:
        found = await issues(tx)
        readers = tuple([(words, await readers_of(tx, (name,))) for name, words in SHORT.items()])
    keeper = not KEEPERS.isdisjoint(actor_of(request).roles)
    return page(request, "newsletter/desk.html", DeskPage(found, STATES, readers, keeper))


@get("/equipe/nova", opt=EDIT)
async def new(request: AnyRequest) -> Response[Any]:
    """An empty editor."""
    return page(request, "newsletter/edit.html", EditPage(f"{DESK}/nova", new_id().hex))


@post("/equipe/nova", opt=EDIT)
async def new_sent(request: AnyRequest) -> Response[Any]:
    """Keep a draft."""
    form = await request.form()
    try:
        text, topics = _typed(form)
        async with request_scope(request) as tx:
            number = await write(
                tx,
                author=actor_of(request).name,
                title=text[0],
                body=text[1],
                topics=topics,
                key=clean(str(form.get("_chave", "")), 64) or new_id().hex,
            )
    except Invalid as refusal:
        return _again(request, f"{DESK}/nova", 0, form, refusal)
    return redirect(request, f"{DESK}/edicoes/{number}", notice="Rascunho guardado.")


@get("/equipe/edicoes/{number:int}", opt=EDIT)
async def show(request: AnyRequest, number: FromPath[int]) -> Response[Any]:
    """One issue with its preview."""
    return await _show(request, number)


@get("/equipe/edicoes/{number:int}/editar", opt=EDIT)
async def edit(request: AnyRequest, number: FromPath[int]) -> Response[Any]:
    """The editor with a draft in it."""
    async with request_scope(request) as tx:
        found = await issue_by_number(tx, number)
    content = EditPage(
        f"{DESK}/edicoes/{number}/editar", "", number, found.title, found.body, found.topics
    )
    return page(request, "newsletter/edit.html", content)


@post("/equipe/edicoes/{number:int}/editar", opt=EDIT)
async def edit_sent(request: AnyRequest, number: FromPath[int]) -> Response[Any]:
    """Keep the draft's new text."""
    form = await request.form()
    try:
        text, topics = _typed(form)
        async with request_scope(request) as tx:
            await rewrite(tx, number=number, title=text[0], body=text[1], topics=topics)
    except Invalid as refusal:
        return _again(request, f"{DESK}/edicoes/{number}/editar", number, form, refusal)
    return redirect(request, f"{DESK}/edicoes/{number}", notice="Rascunho guardado.")


@get("/equipe/edicoes/{number:int}/email.html", opt=EDIT)
async def mail_file(request: AnyRequest, number: FromPath[int]) -> Response[bytes]:
    """The mail's HTML in the city's colours, as a file: our pages allow no foreign styles."""
    async with request_scope(request) as tx:
        found = await issue_by_number(tx, number)
        colours = services_of(tx).colours(tx.tenant.theme)
    tenant = tenant_of(request)
    html = mail_html(
        tenant,
        colours,
        name=settings_in(tenant).name,
        title=found.title,
        body=found.body,
        links=Links("#", "#", "#"),
    )
    return as_file(html.encode(), f"boletim-{number}.html", "text/html; charset=utf-8")


@post("/equipe/edicoes/{number:int}/teste", opt=EDIT)
async def test_sent(request: AnyRequest, number: FromPath[int]) -> Response[Any]:
    """Send a draft to one address."""
    form = await request.form()
    try:
        email = parse_email(str(form.get("email", "")))
        await _not_too_many(request)
        async with request_scope(request) as tx:
            await issue_by_number(tx, number)
            payload, effect = TestSend(number, email), f"{TEST_TOPIC}/{new_id().hex}"
            await put_out(tx, topic=TEST_TOPIC, payload=payload, effect_key=effect)
            await note(tx, author=actor_of(request).name, act="test", detail=f"Edição {number}")
    except Invalid as refusal:
        return await _show(request, number, errors=refusal.fields)
    return redirect(request, f"{DESK}/edicoes/{number}", notice=f"Teste enviado para {email}.")


@post("/equipe/edicoes/{number:int}/enviar", opt=SEND)
async def send(request: AnyRequest, number: FromPath[int]) -> Response[Any]:
    """Send now, or at an hour."""
    form = await request.form()
    try:
        async with request_scope(request) as tx:
            when = _hour(form, tx)
            await schedule(tx, author=actor_of(request).name, number=number, send_at=when or tx.now)
    except Invalid as refusal:
        return await _show(request, number, errors=refusal.fields, form=form)
    text = "Edição agendada." if when else "A edição começa a ser enviada em instantes."
    return redirect(request, f"{DESK}/edicoes/{number}", notice=text)


@post("/equipe/edicoes/{number:int}/parar", opt=SEND)
async def stop_sent(request: AnyRequest, number: FromPath[int]) -> Response[Any]:
    """Stop an issue."""
    async with request_scope(request) as tx:
        state = await stop(tx, author=actor_of(request).name, number=number)
    text = "Voltou a ser rascunho." if state == "draft" else "O envio foi interrompido."
    return redirect(request, f"{DESK}/edicoes/{number}", notice=text)


def _typed(form: Any) -> tuple[tuple[str, str], tuple[str, ...]]:
    errors: dict[str, str] = {}
    text, topics = ("", ""), tuple[str, ...]()
    try:
        text = parse_text(str(form.get("titulo", "")), str(form.get("texto", "")))
    except Invalid as refusal:
        errors |= refusal.fields
    try:
        topics = parse_topics(form.getall("temas", []))
    except Invalid as refusal:
        errors |= refusal.fields
    if errors:
        raise Invalid(errors)
    return text, topics


def _again(
    request: AnyRequest, action: str, number: int, form: Any, refusal: Invalid
) -> Response[Any]:
    content = EditPage(
        action,
        clean(str(form.get("_chave", "")), 64) or new_id().hex,
        number,
        str(form.get("titulo", "")),
        str(form.get("texto", "")),
        tuple(str(one) for one in form.getall("temas", [])),
        errors=refusal.fields,
    )
    return page(request, "newsletter/edit.html", content, status=422)


def _hour(form: Any, tx: Tx) -> datetime | None:
    """The chosen hour; None for now."""
    parts = [str(form.get(f"quando_{part}", "")).strip() for part in ("dia", "mes", "ano")]
    hour = str(form.get("hora", "")).strip()
    if not any(parts) and not hour:
        return None
    try:
        day, month, year = (int(part) for part in parts)
        clock = datetime.strptime(hour or "08:00", "%H:%M")  # noqa: DTZ007 - only the hour is read
        zone = ZoneInfo(tx.tenant.timezone)
        when = datetime(year, month, day, clock.hour, clock.minute, tzinfo=zone)
        late = when > tx.now + timedelta(days=366)
    except (ValueError, OverflowError) as error:
        text = "Escreva a data e a hora, como 27 3 2026 e 09:30, ou deixe em branco."
        raise Invalid({"quando": text}) from error
    if when < tx.now or late:
        raise Invalid({"quando": "Escolha uma hora que ainda virá, até daqui a um ano."})
    return when


async def _show(
    request: AnyRequest,
    number: int,
    *,
    errors: Mapping[str, str] | None = None,
    form: Any = None,
) -> Response[Any]:
    async with request_scope(request) as tx:
        found = await issue_by_number(tx, number)
        readers, figures = await readers_of(tx, found.topics), await figures_of(tx, found.id)
    typed = form or {}
    day = tuple(str(typed.get(f"quando_{part}", "")) for part in ("dia", "mes", "ano"))
    content = IssueDeskPage(
        found,
        STATES[found.state],
        ", ".join(SHORT[one] for one in found.topics),
        to_web(found.body),
        readers,
        figures,
        actor_of(request).email or "",
        (day[0], day[1], day[2]),
        str(typed.get("hora", "")),
        errors or {},
    )
    return page(request, "newsletter/desk_issue.html", content, status=422 if errors else 200)


async def _not_too_many(request: AnyRequest) -> None:
    who = key(tenant_of(request).slug, "newsletter", "test", subject(actor_of(request).name))
    decision = await allow(request.app.state.redis, who, TESTS_AN_HOUR, timedelta(hours=1))
    if not decision.allowed:
        raise Invalid({"email": "Muitos testes na última hora. Espere um pouco."})
