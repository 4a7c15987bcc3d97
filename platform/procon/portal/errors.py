"""Refusals and failures as pages in the city's look, or as RFC 9457 problems under /api/."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import structlog
from litestar.connection import ASGIConnection, Request
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.response import Response
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import Struct

from procon.kernel.errors import (
    Conflict,
    Forbidden,
    Invalid,
    LoginNeeded,
    NotFound,
    Refused,
)
from procon.portal.render import VARY, Portal, page, redirect
from procon.portal.shell import Crumb

log = structlog.get_logger()
Handler = Callable[[Request[Any, Any, Any], Any], Response[Any]]
API = "/api/"
LOGIN = "/entrar"


class ErrorContent(Struct, frozen=True):
    """`page` of shell/error.html: a title, what happened, what to do next."""

    status: int
    title: str
    sentences: tuple[str, ...]
    links: tuple[Crumb, ...] = ()
    reference: str = ""


_HOME = Crumb("Ir para a página inicial", "/")
_KNOWN: Mapping[int, tuple[str, tuple[str, ...]]] = {
    400: (
        "Não entendemos o pedido",
        ("O endereço ou o formulário chegou incompleto. Volte e tente de novo.",),
    ),
    401: ("Você precisa entrar", ("Entre na sua conta para ver esta página.",)),
    403: (
        "Você não tem acesso a esta página",
        ("Se acha que deveria ter, saia e entre com a outra conta, ou fale com a equipe.",),
    ),
    404: (
        "Página não encontrada",
        (
            "Se você digitou o endereço, confira se está certo.",
            "Se chegou por um link, ele pode ter mudado.",
        ),
    ),
    405: ("Esta página não recebe esse envio", ("Volte ao formulário e tente de novo.",)),
    409: ("Algo mudou enquanto você trabalhava", ("Atualize a página e tente de novo.",)),
    410: (
        "Este endereço não vale mais",
        ("O prazo dele terminou ou ele já foi usado. Peça um novo na página inicial.",),
    ),
    413: (
        "O arquivo é grande demais",
        ("Volte, escolha um arquivo menor e envie de novo.",),
    ),
    422: ("Não foi possível continuar", ("Volte e confira o que foi preenchido.",)),
    429: (
        "Muitas tentativas em pouco tempo",
        ("Espere alguns minutos e tente de novo. O que você já enviou está guardado.",),
    ),
    500: (
        "Algo deu errado do nosso lado",
        (
            "O erro foi registrado e a equipe técnica vai ver. Tente de novo em alguns minutos.",
            "Se você já recebeu o número da reclamação, ela está guardada.",
        ),
    ),
    503: (
        "Serviço fora do ar por pouco tempo",
        ("Estamos cuidando disso. Tente de novo em alguns minutos.",),
    ),
}


def describe(status: int, reason: str = "", reference: str = "") -> ErrorContent:
    """What a person reads for a status; `reason` replaces the general sentences."""
    known = status if status in _KNOWN else (500 if status >= 500 else 400)
    title, sentences = _KNOWN[known]
    return ErrorContent(
        status=status,
        title=title,
        sentences=(reason,) if reason else sentences,
        links=(_HOME,) if known != 503 else (),
        reference=reference,
    )


def status_of(refusal: Refused) -> int:
    """HTTP status of a refusal."""
    by_class: tuple[tuple[type[Refused], int], ...] = (
        (NotFound, 404),
        (LoginNeeded, 401),
        (Forbidden, 403),
        (Conflict, 409),
        (Invalid, 422),
    )
    return next((status for kind, status in by_class if isinstance(refusal, kind)), 422)


def error_response(
    request: Request[Any, Any, Any],
    status: int,
    *,
    reason: str = "",
    code: str = "",
    reference: str = "",
    fields: Mapping[str, str] | None = None,
) -> Response[Any]:
    """An error page, or a problem document when the address is the API's."""
    content = describe(status, reason, reference)
    if request.scope["path"].startswith(API):
        return _problem(content, code, fields or {})
    try:
        return page(request, "shell/error.html", content, status=status)
    except Exception:
        log.exception("error_page_failed", status=status)
        return Response(_bare(content), status_code=status, media_type="text/html")


def _problem(content: ErrorContent, code: str, fields: Mapping[str, str]) -> Response[Any]:
    body = {
        "type": f"urn:procon:{code}" if code else "about:blank",
        "title": content.title,
        "status": content.status,
        "detail": " ".join(content.sentences),
        **({"fields": dict(fields)} if fields else {}),
        **({"reference": content.reference} if content.reference else {}),
    }
    return Response(body, status_code=content.status, media_type="application/problem+json")


def _bare(content: ErrorContent) -> str:
    """Last resort, when even the error page cannot be rendered: constant text, no look."""
    return (
        '<!doctype html><html lang="pt-BR"><meta charset="utf-8"><title>'
        f"{describe(content.status).title}</title><h1>{describe(content.status).title}</h1>"
        '<p>Tente de novo em alguns minutos.</p><p><a href="/">Página inicial</a></p></html>'
    )


def on_refused(request: Request[Any, Any, Any], refusal: Refused) -> Response[Any]:
    """A refusal that no route turned into its own page. Who is not signed in is sent to sign in."""
    reading = request.method in {"GET", "HEAD"} and not request.scope["path"].startswith(API)
    if isinstance(refusal, LoginNeeded) and reading:
        return redirect(request, f"{LOGIN}?{urlencode({'voltar': request.scope['path']})}")
    fields = refusal.fields if isinstance(refusal, Invalid) else None
    return error_response(
        request, status_of(refusal), reason=refusal.reason, code=refusal.code, fields=fields
    )


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """A refusal by the framework; its English detail is never shown."""
    if error.status_code >= 500:
        return on_unexpected(request, error)
    response = error_response(request, error.status_code)
    for name in ("Allow", "Retry-After"):
        if error.headers and name in error.headers:
            response.set_header(name, error.headers[name])
    return response


def on_unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A failure of ours: logged with a short reference, which the person can tell us."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    reference = secrets.token_hex(4)
    log.error("unexpected", reference=reference, path=request.scope["path"], exc_info=error)
    response = error_response(request, status, reference=reference)
    if status == 503:
        response.set_header("Retry-After", "120")
    return response


def exception_handlers() -> dict[int | type[Exception], Handler]:
    """For `Litestar(exception_handlers=…)`."""
    return {Refused: on_refused, HTTPException: on_http_error, Exception: on_unexpected}


def unknown_host(portal: Portal) -> ASGIApp:
    """The answer for a host that belongs to nobody: 404, no city's look."""
    content = ErrorContent(
        status=404,
        title="Este endereço não é de nenhum Procon que atendemos",
        sentences=("Confira o endereço. Se veio por um link, avise quem o enviou.",),
    )
    return _outside(portal, content)


def suspended_host(portal: Portal) -> ASGIApp:
    """The answer while a city is suspended: 503 in the city's look."""
    content = ErrorContent(
        status=503,
        title="Este serviço está suspenso",
        sentences=(
            "O atendimento por este site está suspenso por enquanto. Nada do que você já enviou"
            " se perdeu.",
            "Em caso de urgência, procure o atendimento presencial do Procon.",
        ),
    )
    return _outside(portal, content, (("Retry-After", "3600"),))


def _outside(
    portal: Portal, content: ErrorContent, extra: tuple[tuple[str, str], ...] = ()
) -> ASGIApp:
    """An ASGI app, because these answers are given before Litestar knows the request.

    Static files are still served, or the page would have no look.
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            return
        file = portal.file_at(scope["path"])
        connection: ASGIConnection[Any, Any, Any, Any] = ASGIConnection(scope)
        if file is not None:
            headers = [("Cache-Control", "public, max-age=31536000, immutable")]
            response = ASGIResponse(body=file.body, media_type=file.media_type, headers=headers)
        else:
            headers = [("Vary", VARY), ("Cache-Control", "no-store"), *extra]
            html = portal.render(connection, "shell/error.html", content, part=False)
            response = ASGIResponse(
                body=html,
                status_code=content.status,
                media_type="text/html",
                headers=headers,
            )
        await response(scope, receive, send)

    return answer
