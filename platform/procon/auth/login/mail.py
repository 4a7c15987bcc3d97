"""The message with a one-time code. Sent at once: it is worthless ten minutes later."""

from __future__ import annotations

from email.message import EmailMessage

import aiosmtplib
from msgspec import Struct

from procon.kernel.errors import Refused
from procon.settings import Settings
from procon.tenancy.manifest import Tenant

_TEXT = """Olá,

O seu código para entrar no {name} é:

    {code}

Ele vale por 10 minutos e só no navegador em que você o pediu.
Não passe este código a ninguém: a equipe do Procon nunca pede códigos.

Se não foi você que pediu, ignore esta mensagem. Ninguém entra sem o código.

{name}
{city}/{uf}
"""


class CodeLetter(Struct, frozen=True):
    """The words around a code. `subject` may name {name}; `text` also {code}, {city} and {uf}."""

    subject: str
    text: str


LOGIN = CodeLetter("Seu código para entrar – {name}", _TEXT)


def code_message(tenant: Tenant, email: str, code: str, letter: CodeLetter = LOGIN) -> EmailMessage:
    """The message, plain text only."""
    message = EmailMessage()
    message["From"] = tenant.mail.sender
    message["To"] = email
    message["Subject"] = letter.subject.format(name=tenant.name)
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = "pt-BR"
    text = letter.text.format(name=tenant.name, city=tenant.city, uf=tenant.uf, code=code)
    message.set_content(text)
    return message


async def send_code(
    settings: Settings, tenant: Tenant, email: str, code: str, letter: CodeLetter = LOGIN
) -> None:
    """Hand the message to the mail server, within 10 s.

    Raises:
        Refused: the server does not take it.
    """
    try:
        await aiosmtplib.send(
            code_message(tenant, email, code, letter),
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            timeout=10,
        )
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise Refused(
            "Não conseguimos enviar o e-mail agora. Confira o endereço e tente de novo "
            "em alguns minutos.",
            code="code-mail",
        ) from error
