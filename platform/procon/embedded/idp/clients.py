"""Who may ask, and how: registered clients and the checks of an authorization request."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

CALLBACK_PATH = "/entrar/retorno"
AFTER_LOGOUT_PATH = "/"

_CLIENT = re.compile(r"procon-([a-z][a-z0-9]{2,30})\Z")
_HOST = re.compile(r"[a-z][a-z0-9]{2,30}\.localhost(:\d{1,5})?\Z")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_NONCE = re.compile(r"[\x21-\x7e]{8,256}\Z")


class AskedWrongly(Exception):
    """The application asked in a way that the standard forbids. `error` is the RFC 6749 code."""

    def __init__(self, error: str, detail: str) -> None:
        super().__init__(detail)
        self.error = error
        self.detail = detail


class Asked(Struct, frozen=True):
    """An authorization request that passed every check."""

    client_id: str
    redirect_uri: str
    scope: str
    state: str
    nonce: str
    challenge: str
    login_hint: str


def callback_of(client_id: str, origin: str) -> str | None:
    """The one redirect address registered for a client, or None for an unknown client.

    `procon-<label>` is the application on `<label>.localhost`, at the port of `origin`.
    """
    match = _CLIENT.match(client_id)
    return f"{_origin_of(match[1], origin)}{CALLBACK_PATH}" if match else None


def may_return_after_logout(address: str, origin: str) -> bool:
    """Whether somebody may be sent to `address` when they have left."""
    scheme, _, rest = address.partition("://")
    host = rest.removesuffix(AFTER_LOGOUT_PATH)
    if not _HOST.match(host):
        return False
    label = host.partition(".")[0]
    return address == f"{_origin_of(label, origin)}{AFTER_LOGOUT_PATH}" and scheme != ""


def check_client(query: Mapping[str, str], origin: str) -> str:
    """The redirect address of the asking client.

    Raises:
        AskedWrongly: unknown client or another address; never answer such a request by redirect.
    """
    registered = callback_of(query.get("client_id", ""), origin)
    if registered is None:
        raise AskedWrongly("unauthorized_client", "Este sistema não está cadastrado.")
    if query.get("redirect_uri") != registered:
        raise AskedWrongly("invalid_request", "O endereço de retorno não é o cadastrado.")
    return registered


def check_request(query: Mapping[str, str]) -> Asked:
    """The request of a known client, with what gov.br makes mandatory.

    Raises:
        AskedWrongly: to be answered by a redirect with `error`.
    """
    if query.get("response_type") != "code":
        raise AskedWrongly("unsupported_response_type", "response_type deve ser code.")
    if "openid" not in query.get("scope", "").split():
        raise AskedWrongly("invalid_scope", "O escopo openid é obrigatório.")
    if query.get("code_challenge_method") != "S256" or not _CHALLENGE.match(
        query.get("code_challenge", "")
    ):
        raise AskedWrongly("invalid_request", "PKCE com S256 é obrigatório.")
    if not query.get("state"):
        raise AskedWrongly("invalid_request", "state é obrigatório.")
    if not _NONCE.match(query.get("nonce", "")):
        raise AskedWrongly("invalid_request", "nonce é obrigatório.")
    return Asked(
        client_id=query["client_id"],
        redirect_uri=query["redirect_uri"],
        scope=query["scope"],
        state=query["state"],
        nonce=query["nonce"],
        challenge=query["code_challenge"],
        login_hint=query.get("login_hint", ""),
    )


def _origin_of(label: str, origin: str) -> str:
    scheme, _, host = origin.partition("://")
    _, colon, port = host.partition(":")
    return f"{scheme}://{label}.localhost{colon}{port}"
