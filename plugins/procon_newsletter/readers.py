"""The staff's pages about those who read: lists, requests under the LGPD, and returned mail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from msgspec import Struct

from procon.sdk import (
    Invalid,
    NotFound,
    Tx,
    actor_of,
    page,
    redirect,
    request_scope,
    services_of,
    tenant_of,
)
from procon_newsletter.mail.bounces import read_bounce, take_bounce
from procon_newsletter.mail.post import settings_in
from procon_newsletter.people import parse_email, reader_by_email
from procon_newsletter.public import ROOT, as_file
from procon_newsletter.records import (
    Imported,
    erase_person,
    export_list,
    export_person,
    import_list,
    note,
)

PEOPLE = {"permission": "newsletter:people"}
DESK = f"{ROOT}/equipe"
BOUNCE_BYTES = 500_000
AnyRequest = Request[Any, Any, Any]


class ActRow(Struct, frozen=True):
    """Something the staff did."""

    author: str
    act: str
    detail: str
    happened_at: datetime


class PeoplePage(Struct, frozen=True, forbid_unknown_fields=True):
    """Counts, import, export, and what is kept about one address."""

    counts: Mapping[str, int]
    suppressed: int
    acts: tuple[ActRow, ...]
    result: Imported | None = None
    errors: Mapping[str, str] = {}


@get("/equipe/assinantes", opt=PEOPLE)
async def people(request: AnyRequest) -> Response[Any]:
    """Counts, lists and one address."""
    return await _people(request)


@get("/equipe/assinantes.csv", opt=PEOPLE)
async def people_export(request: AnyRequest) -> Response[bytes]:
    """All who read now."""
    async with request_scope(request) as tx:
        content = await export_list(tx, author=actor_of(request).name)
    return as_file(content, "assinantes.csv", "text/csv; charset=utf-8")


@post("/equipe/assinantes/importar", opt=PEOPLE)
async def people_import(request: AnyRequest) -> Response[Any]:
    """Take a list over; each line needs the evidence of its consent."""
    form = await request.form()
    try:
        content = await _uploaded(form.get("lista"))
        async with request_scope(request) as tx:
            result = await import_list(tx, author=actor_of(request).name, content=content)
    except Invalid as refusal:
        return await _people(request, errors=refusal.fields)
    return await _people(request, result=result)


@post("/equipe/assinantes/dados", opt=PEOPLE)
async def person_export(request: AnyRequest) -> Response[Any]:
    """What is kept about one address (LGPD art. 18, II). A POST, so that no log has the address."""
    form = await request.form()
    try:
        async with request_scope(request) as tx:
            found = await _person(tx, form)
            data = await export_person(tx, subscriber_id=found)
            await note(tx, author=actor_of(request).name, act="person", detail="1 titular")
    except Invalid as refusal:
        return await _people(request, errors=refusal.fields)
    return as_file(msgspec.json.encode(data), "titular.json", "application/json")


@post("/equipe/assinantes/apagar", opt=PEOPLE)
async def person_erase(request: AnyRequest) -> Response[Any]:
    """Forget one address (LGPD art. 18, VI)."""
    form = await request.form()
    try:
        async with request_scope(request) as tx:
            found = await _person(tx, form)
            await erase_person(tx, subscriber_id=found)
            await note(tx, author=actor_of(request).name, act="erase", detail="1 titular")
    except Invalid as refusal:
        return await _people(request, errors=refusal.fields)
    return redirect(request, f"{DESK}/assinantes", notice="Os dados do endereço foram apagados.")


async def _by_mail_server(request: AnyRequest) -> None:
    """The mail server has no session; it says the word that the city's settings name.

    Raises:
        NotFound: it does not, or there is no word: as if there were no door.
    """
    reference = settings_in(tenant_of(request)).bounce_key
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    try:
        expected = services_of(request.app.state.db).secret(reference) if reference else ""
    except LookupError as error:
        raise NotFound from error
    if not expected or not compare_digest(
        sha256(given.encode()).digest(), sha256(expected.encode()).digest()
    ):
        raise NotFound


@post(
    "/devolucoes/{token:str}",
    opt={"permission": "public"},
    before_request=_by_mail_server,
    status_code=200,
)
async def bounced(request: AnyRequest, token: FromPath[str]) -> Response[Any]:
    """A mail that came back, from the mail server: its bytes, under the token of its address."""
    raw = await request.body()
    failure = read_bounce(raw[:BOUNCE_BYTES])
    if failure is None:
        return Response({"returned": False})
    async with request_scope(request) as tx:
        await take_bounce(tx, token=token.lower(), failure=failure)
    return Response({"returned": True})


async def _people(
    request: AnyRequest,
    *,
    result: Imported | None = None,
    errors: Mapping[str, str] | None = None,
) -> Response[Any]:
    async with request_scope(request) as tx:
        counts = await tx.fetch("SELECT state, count(*) FROM newsletter_subscriber GROUP BY state")
        suppressed = await tx.fetchval("SELECT count(*) FROM newsletter_suppression")
        acts = await tx.fetch(
            "SELECT author, act, detail, happened_at FROM newsletter_act ORDER BY id DESC LIMIT 30"
        )
    zero = dict.fromkeys(("asked", "active", "left", "returned"), 0)
    content = PeoplePage(
        {**zero, **{row["state"]: row["count"] for row in counts}},
        suppressed,
        tuple(ActRow(*row) for row in acts),
        result,
        errors or {},
    )
    return page(request, "newsletter/people.html", content, status=422 if errors else 200)


async def _uploaded(given: object) -> bytes:
    if not isinstance(given, UploadFile) or not given.filename:
        raise Invalid({"lista": "Escolha o arquivo CSV."})
    return await given.read()


async def _person(tx: Tx, form: Any) -> Any:
    found = await reader_by_email(tx, parse_email(str(form.get("email", ""))))
    if found is None:
        raise Invalid({"email": "Não há assinante com este endereço."})
    return found.id
