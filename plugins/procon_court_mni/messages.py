"""MNI 2.2.2 as XML: what is sent, and what an answer says."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from datetime import datetime
from xml.etree import ElementTree as ET

from msgspec import Struct

from procon.sdk.courts import CourtFile, CourtFiling, CourtParty
from procon_court_mni.settings import MniSettings

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SERVICE = "http://www.cnj.jus.br/servico-intercomunicacao-2.2.2/"
TYPES = "http://www.cnj.jus.br/tipos-servico-intercomunicacao-2.2.2"
CORE = "http://www.cnj.jus.br/intercomunicacao-2.2.2"
NEW_CASE = "0" * 20
# Our own name of a handover, kept by the court in the case's head.
REFERENCE = "referencia-externa"
_NUMBER_NAMES = frozenset({"numeroProcesso", "numero-processo", "numero"})


class BadAnswer(Exception):
    """What came back is no answer of this service."""


class SoapFault(Exception):
    """The service itself failed."""


class Access(Struct, frozen=True):
    """Who asks. Not to be logged."""

    user: str
    password: str


class DeliveryReply(Struct, frozen=True):
    """Answer to a delivery. `competences`: those that may be chosen after a conflict."""

    success: bool
    message: str
    protocol: str
    number: str
    receipt: bytes
    competences: tuple[str, ...]


class CaseReply(Struct, frozen=True):
    """A case's head and movements. `parameters`: outroParametro by name."""

    number: str
    parameters: Mapping[str, str]
    movements: tuple[tuple[int, str], ...] = ()


def delivery(
    filing: CourtFiling,
    files: Iterable[CourtFile],
    *,
    access: Access,
    settings: MniSettings,
    parameters: Mapping[str, str],
) -> bytes:
    """entregarManifestacaoProcessual of a new case."""
    operation = ET.Element(_service("entregarManifestacaoProcessual"))
    _add(operation, "idManifestante", access.user)
    _add(operation, "senhaManifestante", access.password)
    operation.append(_head(filing, settings))
    for file in files:
        operation.append(_document(file, filing.at, settings))
    _add(operation, "dataEnvio", stamp(filing.at))
    for name, value in parameters.items():
        ET.SubElement(operation, _types("parametros"), {"nome": name, "valor": value})
    return _envelope(operation)


def notices_since(moment: datetime, *, access: Access) -> bytes:
    """consultarAvisosPendentes: lists, and has no legal effect (reading a notice would)."""
    operation = ET.Element(_service("consultarAvisosPendentes"))
    _add(operation, "idConsultante", access.user)
    _add(operation, "senhaConsultante", access.password)
    _add(operation, "dataReferencia", stamp(moment))
    return _envelope(operation)


def case_by_number(digits: str, *, access: Access) -> bytes:
    """consultarProcesso: head and movements, no documents."""
    operation = ET.Element(_service("consultarProcesso"))
    _add(operation, "idConsultante", access.user)
    _add(operation, "senhaConsultante", access.password)
    _add(operation, "numeroProcesso", digits)
    _add(operation, "movimentos", "true")
    _add(operation, "incluirCabecalho", "true")
    _add(operation, "incluirDocumentos", "false")
    return _envelope(operation)


def answer_in(body: bytes) -> ET.Element:
    """The operation's answer.

    Raises:
        SoapFault: the service failed.
        BadAnswer: anything else than an envelope with one answer.
    """
    if b"<!DOCTYPE" in body:
        raise BadAnswer
    try:
        root = ET.fromstring(body)  # noqa: S314 - without a DTD there is nothing to expand
    except ET.ParseError as error:
        raise BadAnswer from error
    inner = root.find(f"{{{SOAP}}}Body")
    if inner is None or len(inner) != 1:
        raise BadAnswer
    if inner[0].tag == f"{{{SOAP}}}Fault":
        raise SoapFault
    return inner[0]


def delivery_reply(answer: ET.Element) -> DeliveryReply:
    """Raises BadAnswer: it does not say whether it succeeded."""
    named = [(one.get("nome", ""), one.get("valor", "")) for one in _all(answer, "parametro")]
    protocol = _text(answer, "protocoloRecebimento")
    number = next((value for name, value in named if name in _NUMBER_NAMES), "")
    try:
        receipt = base64.b64decode(_text(answer, "recibo"))
    except binascii.Error:
        receipt = b""
    return DeliveryReply(
        success=succeeded(answer),
        message=_text(answer, "mensagem"),
        protocol=protocol,
        number=number or (protocol if len(protocol) == 20 and protocol.isdigit() else ""),
        receipt=receipt,
        competences=tuple(value for name, value in named if name == "competencia"),
    )


def cases_in(answer: ET.Element) -> list[CaseReply]:
    """The heads in an answer to either question."""
    found = []
    for element in answer.iter():
        if _local(element) in {"processo", "dadosBasicos"} and element.get("numero"):
            parameters = {
                one.get("nome", ""): one.get("valor", "") for one in _all(element, "outroParametro")
            }
            found.append(CaseReply(element.get("numero", ""), parameters))
    return found


def movements_in(answer: ET.Element) -> tuple[tuple[int, str], ...]:
    """Code and words of each national movement, in the order of the answer."""
    return tuple(
        (int(code), " ".join(t.strip() for t in element.itertext() if t.strip()))
        for element in answer.iter()
        if _local(element) == "movimentoNacional"
        and (code := element.get("codigoNacional", "")).isdigit()
    )


def succeeded(answer: ET.Element) -> bool:
    """What `sucesso` says; HTTP 200 says nothing. Raises BadAnswer."""
    said = _text(answer, "sucesso").lower()
    if said not in {"true", "false", "1", "0"}:
        raise BadAnswer
    return said in {"true", "1"}


def message_of(answer: ET.Element) -> str:
    """What the court says to people."""
    return _text(answer, "mensagem")


def stamp(moment: datetime) -> str:
    """AAAAMMDDhhmmss."""
    return f"{moment:%Y%m%d%H%M%S}"


def _head(filing: CourtFiling, settings: MniSettings) -> ET.Element:
    petition = filing.kind == "petition"
    given = {
        "numero": NEW_CASE,
        "classeProcessual": str(settings.petition_class if petition else settings.agreement_class),
        "codigoLocalidade": settings.locality,
        "nivelSigilo": "0",
    }
    if settings.competence:
        given["competencia"] = settings.competence
    head = ET.Element(_types("dadosBasicos"), given)
    for pole, party in (("AT", filing.author), ("PA", filing.defendant)):
        head.append(_pole(pole, party))
    subject = ET.SubElement(head, _core("assunto"), {"principal": "true"})
    code = settings.subjects.get(filing.subject, settings.subject)
    ET.SubElement(subject, _core("codigoNacional")).text = str(code)
    for name, value in ((REFERENCE, filing.reference), ("processo-procon", filing.case_number)):
        ET.SubElement(head, _core("outroParametro"), {"nome": name, "valor": value})
    if filing.value is not None:
        ET.SubElement(head, _core("valorCausa")).text = f"{filing.value:.2f}"
    return head


def _pole(pole: str, party: CourtParty) -> ET.Element:
    element = ET.Element(_core("polo"), {"polo": pole})
    given = {"nome": party.name, "tipoPessoa": "juridica" if party.company else "fisica"}
    if party.document:
        given["numeroDocumentoPrincipal"] = party.document
    person = ET.SubElement(ET.SubElement(element, _core("parte")), _core("pessoa"), given)
    if party.document:
        # CMF: the register of taxpayers, CPF and CNPJ alike.
        card = {
            "codigoDocumento": party.document,
            "emissorDocumento": "Receita Federal",
            "tipoDocumento": "CMF",
        }
        ET.SubElement(person, _core("documento"), card)
    return element


def _document(file: CourtFile, at: datetime, settings: MniSettings) -> ET.Element:
    given = {
        "tipoDocumento": settings.document_types.get(file.code, settings.document_type),
        "descricao": file.title[:255],
        "mimetype": file.media_type,
        "nivelSigilo": "0",
        "hash": file.sha256,
        "dataHora": stamp(at),
    }
    element = ET.Element(_types("documento"), given)
    ET.SubElement(element, _core("conteudo")).text = base64.b64encode(file.body).decode()
    return element


def _envelope(operation: ET.Element) -> bytes:
    envelope = ET.Element(f"{{{SOAP}}}Envelope")
    ET.SubElement(envelope, f"{{{SOAP}}}Header")
    ET.SubElement(envelope, f"{{{SOAP}}}Body").append(operation)
    body: bytes = ET.tostring(envelope, "utf-8", xml_declaration=True)
    return body


def _add(operation: ET.Element, name: str, value: str) -> None:
    ET.SubElement(operation, _types(name)).text = value


def _all(element: ET.Element, name: str) -> list[ET.Element]:
    """Children by local name: courts do not agree on their namespaces."""
    return [one for one in element if _local(one) == name]


def _text(element: ET.Element, name: str) -> str:
    return next(((one.text or "").strip() for one in _all(element, name)), "")


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _service(name: str) -> str:
    return f"{{{SERVICE}}}{name}"


def _types(name: str) -> str:
    return f"{{{TYPES}}}{name}"


def _core(name: str) -> str:
    return f"{{{CORE}}}{name}"
