"""The six-digit code with which a party accepts the minutes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request

from procon.auth import codes
from procon.auth.http import session_of
from procon.auth.login.mail import CodeLetter, send_code
from procon.kernel.errors import Refused
from procon.tenancy.http import tenant_of

AnyRequest = Request[Any, Any, Any]

_LETTER = CodeLetter(
    "Seu código para aceitar o termo – {name}",
    """Olá,

O seu código para aceitar o termo da audiência é:

    {code}

Ele vale por 10 minutos e só no navegador em que você o pediu.
Digite-o apenas se leu o termo inteiro e concorda com ele: o código vale como a sua assinatura.
Não passe este código a ninguém.

{name}
{city}/{uf}
""",
)


async def send_sign_code(request: AnyRequest, *, hearing_id: UUID, email: str) -> None:
    """Send a code for this hearing to `email`; it works in this session only.

    Raises:
        Refused: no address, too many codes, or Redis or the mail server does not answer.
    """
    if not email:
        raise Refused(
            "Não temos um e-mail seu. Peça ao conciliador para registrar o seu aceite de viva voz.",
            code="no-email",
        )
    settings, tenant = request.app.state.settings, tenant_of(request)
    code = await codes.create(
        request.app.state.redis,
        secret=settings.secret_key,
        slug=tenant.slug,
        purpose=_purpose(hearing_id),
        email=email,
        visitor=_visitor(request),
        ip=_ip(request),
    )
    await send_code(settings, tenant, email, code, _LETTER)


async def use_sign_code(request: AnyRequest, *, hearing_id: UUID, email: str, typed: str) -> None:
    """Use the code up.

    Raises:
        Refused: wrong, used, expired or dead code, or too many tries.
    """
    await codes.verify(
        request.app.state.redis,
        secret=request.app.state.settings.secret_key,
        slug=tenant_of(request).slug,
        purpose=_purpose(hearing_id),
        email=email,
        visitor=_visitor(request),
        ip=_ip(request),
        code=typed[:20],
    )


def _purpose(hearing_id: UUID) -> str:
    return f"hearing-{hearing_id}"


def _visitor(request: AnyRequest) -> str:
    session = session_of(request)
    return session.id if session else ""


def _ip(request: AnyRequest) -> str:
    return request.client.host if request.client else ""
