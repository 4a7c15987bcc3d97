"""One call to the court: either an answer, or how sure one can be that nothing arrived."""

from __future__ import annotations

import asyncio
import os
import ssl
import tempfile
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx

from procon.sdk.courts import CourtSilent, resolve_secret
from procon_court_mni.messages import SERVICE, Access, BadAnswer, SoapFault, answer_in
from procon_court_mni.settings import MniSettings

_NOT_SET = "A integração com o tribunal não está configurada. Avise a administração."
_AWAY = "O tribunal está fora do ar."
_LATE = "O tribunal não respondeu a tempo."
_FAILED = "O sistema do tribunal falhou ao responder."
# Said by what stands before the service, which then did not see the request.
_BUSY = frozenset({429, 503})


def access_of(settings: MniSettings) -> Access:
    """Who asks.

    Raises:
        CourtSilent: the settings are not complete.
    """
    try:
        password = resolve_secret(settings.password)
    except LookupError:
        raise CourtSilent(_NOT_SET, arrived=False) from None
    if not settings.endpoint or not settings.user:
        raise CourtSilent(_NOT_SET, arrived=False)
    return Access(settings.user, password)


async def call(settings: MniSettings, operation: str, body: bytes) -> ET.Element:
    """The answer's element.

    Raises:
        CourtSilent: none came, or none that can be read.
    """
    headers = {
        "Content-Type": "text/xml; charset=utf-8",
        "SOAPAction": f'"{SERVICE}{operation}"',
    }
    try:
        verify = await asyncio.to_thread(_tls, settings)
        async with (
            asyncio.timeout(settings.timeout_seconds),
            httpx.AsyncClient(verify=verify, timeout=settings.timeout_seconds) as http,
        ):
            response = await http.post(settings.endpoint, content=body, headers=headers)
    except (httpx.ConnectError, httpx.ConnectTimeout, LookupError, ssl.SSLError):
        raise CourtSilent(_AWAY, arrived=False) from None
    except (httpx.HTTPError, TimeoutError):
        # Written wholly or in part: the court may have it all the same.
        raise CourtSilent(_LATE, arrived=True) from None
    if response.status_code in _BUSY:
        raise CourtSilent(_AWAY, arrived=False)
    try:
        return answer_in(response.content)
    except (SoapFault, BadAnswer):
        raise CourtSilent(_FAILED, arrived=True) from None


def _tls(settings: MniSettings) -> ssl.SSLContext:
    """TLS with the client's certificate, when the city has one. The key's file lives a moment."""
    context = ssl.create_default_context()
    if settings.certificate:
        pem = resolve_secret(settings.certificate).encode()
        descriptor, name = tempfile.mkstemp()  # readable by this user alone
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(pem)
            context.load_cert_chain(name)
        finally:
            Path(name).unlink()
    return context
