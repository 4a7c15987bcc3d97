"""The port's implementation."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from xml.etree.ElementTree import Element

from procon.sdk import Database, Health, Tenant
from procon.sdk.courts import (
    BadCourtNumber,
    CourtAnswer,
    CourtFile,
    CourtFiling,
    CourtQuestion,
    CourtSilent,
    canonical_court_number,
    court_parts,
)
from procon_court_mni import messages
from procon_court_mni.client import access_of, call
from procon_court_mni.messages import BadAnswer, DeliveryReply
from procon_court_mni.settings import MniSettings

_DELIVER = "entregarManifestacaoProcessual"
# Clocks of two houses differ, and so do their time zones.
_EARLIER = timedelta(days=1)
_TOO_LARGE = "O texto é grande demais para este tribunal. Resuma e envie de novo."
_UNREADABLE = "A resposta do tribunal não pôde ser lida."
_NOT_LISTED = (
    "O tribunal não lista este envio. Ele pode ter chegado e ainda não aparecer: confira no"
    " sistema do tribunal."
)


class MniGateway:
    """One court over MNI 2.2.2."""

    def __init__(self, settings: MniSettings) -> None:
        self.settings = settings

    @property
    def title(self) -> str:
        """The court, as the staff call it."""
        return self.settings.title

    async def submit_petition(self, filing: CourtFiling) -> CourtAnswer:
        """Deliver a petition, see `procon.sdk.courts.CourtGateway`."""
        return await self._deliver(filing)

    async def submit_agreement(self, filing: CourtFiling) -> CourtAnswer:
        """Deliver an agreement to be confirmed."""
        return await self._deliver(filing)

    async def status(self, question: CourtQuestion) -> CourtAnswer:
        """By the court's number; without one, by our reference among the pending notices."""
        if question.court_number:
            return await self._by_number(question)
        access = access_of(self.settings)
        since = question.since.astimezone(question.at.tzinfo) - _EARLIER
        answer = await self._ask(
            "consultarAvisosPendentes", messages.notices_since(since, access=access)
        )
        for case in messages.cases_in(answer):
            if case.parameters.get(messages.REFERENCE) == question.reference:
                number = _printed(case.number)
                protocol = case.parameters.get("protocolo", "")
                return CourtAnswer("delivered", court_number=number, protocol=protocol)
        if self.settings.lookup == "immediate":
            return CourtAnswer("absent")
        return CourtAnswer("unknown", _NOT_LISTED)

    async def receipt(self, question: CourtQuestion) -> bytes:
        """None apart from the one in the answer to the delivery."""
        return b""

    async def _deliver(self, filing: CourtFiling) -> CourtAnswer:
        files, left_out = await asyncio.to_thread(_documents, filing, self.settings.file_kib * 1024)
        if not files or files[0].code != filing.files[0].code:
            return CourtAnswer("refused", _TOO_LARGE)
        reply = await self._try(filing, files, {})
        if not reply.success and reply.competences and reply.protocol:
            chosen = self._competence(reply.competences)
            if not chosen:
                offered = ", ".join(reply.competences)
                return CourtAnswer("refused", f"{reply.message} Competências: {offered}.")
            # Within the next business day the first delivery's moment stands.
            again = {"protocolo-originario": reply.protocol, "competencia": chosen}
            reply = await self._try(filing, files, again)
        if not reply.success:
            return CourtAnswer("refused", reply.message or "O tribunal não disse por quê.")
        return CourtAnswer(
            "delivered",
            " ".join((reply.message, *left_out)).strip(),
            court_number=_printed(reply.number),
            protocol=reply.protocol,
            receipt=reply.receipt,
        )

    async def _try(
        self, filing: CourtFiling, files: list[CourtFile], parameters: dict[str, str]
    ) -> DeliveryReply:
        body = await asyncio.to_thread(
            messages.delivery,
            filing,
            files,
            access=access_of(self.settings),
            settings=self.settings,
            parameters=parameters,
        )
        answer = await call(self.settings, _DELIVER, body)
        try:
            return messages.delivery_reply(answer)
        except BadAnswer:
            raise CourtSilent(_UNREADABLE, arrived=True) from None

    async def _by_number(self, question: CourtQuestion) -> CourtAnswer:
        digits = "".join(char for char in question.court_number if char.isdigit())
        body = messages.case_by_number(digits, access=access_of(self.settings))
        answer = await self._ask("consultarProcesso", body)
        state, said = "delivered", ""
        for code, words in messages.movements_in(answer):
            if code in self.settings.confirmed:
                state, said = "homologated", words
            elif code in self.settings.not_confirmed:
                state, said = "rejected", words
        if state == "homologated":
            return CourtAnswer("homologated", said, question.court_number, question.protocol)
        if state == "rejected":
            return CourtAnswer("rejected", said, question.court_number, question.protocol)
        return CourtAnswer("delivered", "", question.court_number, question.protocol)

    async def _ask(self, operation: str, body: bytes) -> Element:
        """An answer that says that it succeeded. A question changes nothing, so one that fails
        may be asked again."""
        answer = await call(self.settings, operation, body)
        try:
            well = messages.succeeded(answer)
        except BadAnswer:
            raise CourtSilent(_UNREADABLE, arrived=False) from None
        if not well:
            said = messages.message_of(answer) or _UNREADABLE
            raise CourtSilent(said, arrived=False)
        return answer

    def _competence(self, offered: tuple[str, ...]) -> str:
        wanted = (*((self.settings.competence,) if self.settings.competence else ()),)
        wanted += self.settings.competences
        found = [one for one in wanted if one in offered]
        return found[0] if found else offered[0] if len(offered) == 1 else ""


async def health(_db: Database, _tenant: Tenant, settings: MniSettings) -> Health:
    """Well when the settings are complete; the court itself is not asked."""
    try:
        access_of(settings)
    except CourtSilent as silence:
        return Health(well=False, sentence=silence.reason)
    return Health(well=True, sentence=f"Configurado para {settings.title}.")


def _documents(filing: CourtFiling, most: int) -> tuple[list[CourtFile], list[str]]:
    """What the court takes, in order, and a sentence for each file that it does not."""
    found: list[CourtFile] = []
    left_out = []
    for file in filing.files:
        parts = court_parts(file, most)
        found += parts
        if not parts:
            left_out.append(f"Não foi junto: {file.title} (fica no Procon).")
    return found, left_out


def _printed(number: str) -> str:
    try:
        return canonical_court_number(number) if number else ""
    except BadCourtNumber:
        return ""
