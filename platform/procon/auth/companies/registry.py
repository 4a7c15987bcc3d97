"""Which companies gov.br ties to a person (scope `govbr_empresa`).

`GET {api}/empresas/v2/empresas?filtrar-por-participante={cpf}` gives the companies,
`GET {api}/empresas/v2/empresas/{cnpj}/participantes/{cpf}` the person's part in one of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol
from urllib.parse import urlsplit

from msgspec import Struct

from procon.kernel.documents import BadDocument, parse_cnpj
from procon.kernel.text import clean

SCOPE = "govbr_empresa"
# gov.br calls who was registered by the company itself "colaborador" by leaving the part out.
COLLABORATOR = "COLABORADOR"
MOST = 20

# GET an address with the person's access token; gives the decoded JSON.
Fetch = Callable[[str], Awaitable[Any]]


class CompanyLink(Struct, frozen=True, forbid_unknown_fields=True):
    """A company and the person's part in it: SOCIO, REPRESENTANTE_LEGAL, CONTADOR, …"""

    cnpj: str
    name: str
    part: str


class CompanyRegistry(Protocol):
    """Where one learns which companies a person acts for."""

    async def companies_of(self, cpf: str) -> tuple[CompanyLink, ...]:
        """The person's companies; empty when there are none."""
        ...


class GovbrCompanies:
    """gov.br's API of legal persons, with the access token of a login that has just ended.

    Args:
        issuer: the login's issuer; the API stands beside it (`sso.` → `api.`).
        fetch: how an address is read; raises what the provider's gateway raises.
    """

    def __init__(self, issuer: str, fetch: Fetch) -> None:
        self._base = f"{api_of(issuer)}/empresas/v2/empresas"
        self._fetch = fetch

    async def companies_of(self, cpf: str) -> tuple[CompanyLink, ...]:
        """See `CompanyRegistry`. What cannot be read as a company is left out."""
        answer = await self._fetch(f"{self._base}?filtrar-por-participante={cpf}")
        found: list[CompanyLink] = []
        for entry in (answer if isinstance(answer, list) else [])[:MOST]:
            if not isinstance(entry, dict):
                continue
            try:
                cnpj = parse_cnpj(str(entry.get("cnpj", "")))
            except BadDocument:
                continue
            name = clean(str(entry.get("razaoSocial") or ""), 200)
            found.append(CompanyLink(cnpj, name or cnpj, await self._part(cnpj, cpf)))
        return tuple(found)

    async def _part(self, cnpj: str, cpf: str) -> str:
        answer = await self._fetch(f"{self._base}/{cnpj}/participantes/{cpf}")
        part = answer.get("atuacao") if isinstance(answer, dict) else ""
        return clean(str(part or COLLABORATOR), 40)


def api_of(issuer: str) -> str:
    """The address of the API that belongs to a login's issuer."""
    parts = urlsplit(issuer)
    host = parts.netloc
    if host.startswith("sso."):
        host = f"api.{host.removeprefix('sso.')}"
    return f"{parts.scheme}://{host}"
