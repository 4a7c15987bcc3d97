"""The port's implementation: nothing leaves by itself, a package is made ready."""

from __future__ import annotations

import asyncio

from procon.sdk import Refused
from procon.sdk.courts import CourtAnswer, CourtFiling, CourtQuestion
from procon_court_package.package import pack
from procon_court_package.settings import PackageSettings
from procon_court_package.sign import signature_of

_READY = "O pacote está pronto. Leve ao tribunal e junte aqui o comprovante."


class PackageGateway:
    """A package for one court."""

    def __init__(self, settings: PackageSettings) -> None:
        self.settings = settings

    @property
    def title(self) -> str:
        """Who gets it, and how."""
        return f"{self.settings.court}, pacote levado por uma pessoa"

    async def submit_petition(self, filing: CourtFiling) -> CourtAnswer:
        """Make the package."""
        return await self._pack(filing)

    async def submit_agreement(self, filing: CourtFiling) -> CourtAnswer:
        """Make the package."""
        return await self._pack(filing)

    async def status(self, question: CourtQuestion) -> CourtAnswer:
        """Before it was delivered nothing can be there; afterwards only the court knows."""
        if question.court_number or question.protocol:
            return CourtAnswer("unknown", "Este tribunal só responde a quem vai até ele.")
        return CourtAnswer("absent")

    async def receipt(self, question: CourtQuestion) -> bytes:
        """None: a person brings it."""
        return b""

    async def _pack(self, filing: CourtFiling) -> CourtAnswer:
        try:
            return await asyncio.to_thread(self._packed, filing)
        except Refused as refusal:
            return CourtAnswer("refused", refusal.reason)

    def _packed(self, filing: CourtFiling) -> CourtAnswer:
        sign = signature_of(self.settings.certificate, self.settings.passphrase)
        package = pack(filing, most=self.settings.file_kib * 1024, sign=sign)
        return CourtAnswer("packed", _READY, package=package, signed=sign is not None)
