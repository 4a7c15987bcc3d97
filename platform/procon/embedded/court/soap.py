"""SOAP 1.1 as the imitated court reads and writes it (document/literal, MNI 2.2.2)."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from procon.embedded.court.book import (
    NEW_CASE,
    Court,
    CourtCase,
    Delivery,
    Document,
    Outcome,
)

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
SERVICE = "http://www.cnj.jus.br/servico-intercomunicacao-2.2.2/"
TYPES = "http://www.cnj.jus.br/tipos-servico-intercomunicacao-2.2.2"
CORE = "http://www.cnj.jus.br/intercomunicacao-2.2.2"
WSDL = Path(__file__).with_name("servico-intercomunicacao-2.2.2.wsdl")
DELIVER = "entregarManifestacaoProcessual"


class SoapFault(Exception):
    """The request is not what the model describes."""


def operation_of(body: bytes) -> ET.Element:
    """The operation's element.

    Raises:
        SoapFault: no envelope of this service, or a document type declaration.
    """
    if b"<!DOCTYPE" in body:
        raise SoapFault("DTD não é permitida")
    try:
        root = ET.fromstring(body)  # noqa: S314 - without a DTD there is nothing to expand
    except ET.ParseError as error:
        raise SoapFault(f"XML inválido: {error}") from error
    inner = root.find(f"{{{ENVELOPE}}}Body")
    if root.tag != f"{{{ENVELOPE}}}Envelope" or inner is None or len(inner) != 1:
        raise SoapFault("envelope SOAP 1.1 esperado")
    if not inner[0].tag.startswith(f"{{{SERVICE}}}"):
        raise SoapFault(f"operação desconhecida: {inner[0].tag}")
    return inner[0]


def name_of(operation: ET.Element) -> str:
    """The operation's name."""
    return operation.tag.rpartition("}")[2]


def delivery_of(operation: ET.Element) -> Delivery:
    """A delivery.

    Raises:
        SoapFault: something that the model demands is missing or malformed.
    """
    header = operation.find(f"{{{TYPES}}}dadosBasicos")
    number = _text(operation, "numeroProcesso")
    if (header is None) == (number == ""):
        raise SoapFault("informe numeroProcesso ou dadosBasicos")
    head = header if header is not None else ET.Element("none")
    sent_at = _text(operation, "dataEnvio")
    if len(sent_at) != 14 or not sent_at.isdigit():
        raise SoapFault("dataEnvio deve ser AAAAMMDDhhmmss")
    try:
        case_class = int(head.get("classeProcessual", "0"))
    except ValueError as error:
        raise SoapFault("classeProcessual deve ser inteiro") from error
    return Delivery(
        user=_text(operation, "idManifestante"),
        password=_text(operation, "senhaManifestante"),
        number=number or head.get("numero", NEW_CASE),
        case_class=case_class,
        competence=head.get("competencia", ""),
        locality=head.get("codigoLocalidade", ""),
        value=head.findtext(f"{{{CORE}}}valorCausa", ""),
        poles=tuple(_poles(head)),
        subjects=tuple(
            int(one.findtext(f"{{{CORE}}}codigoNacional", "0"))
            for one in head.findall(f"{{{CORE}}}assunto")
        ),
        header={
            one.get("nome", ""): one.get("valor", "")
            for one in head.findall(f"{{{CORE}}}outroParametro")
        },
        documents=tuple(_document(one) for one in operation.findall(f"{{{TYPES}}}documento")),
        sent_at=sent_at,
        parameters={
            one.get("nome", ""): one.get("valor", "")
            for one in operation.findall(f"{{{TYPES}}}parametros")
        },
    )


def answer(court: Court, operation: ET.Element) -> bytes:
    """The answer to anything but a delivery."""
    name = name_of(operation)
    user, password = _text(operation, "idConsultante"), _text(operation, "senhaConsultante")
    if not court.welcome(user, password):
        return _answer(name, [_flag("sucesso", "false"), _flag("mensagem", "Falha no login.")])
    if name == "consultarAvisosPendentes":
        cases = court.of_owner(user, _moment(_text(operation, "dataReferencia")))
        return _answer(name, [*_well(f"{len(cases)} aviso(s)"), *(_notice(one) for one in cases)])
    if name in {"consultarProcesso", "consultarAlteracao"}:
        case = court.cases.get(_text(operation, "numeroProcesso"))
        if case is None or case.owner != user:
            wrong = [_flag("sucesso", "false"), _flag("mensagem", "Processo não encontrado.")]
            return _answer(name, wrong)
        if name == "consultarAlteracao":
            return _answer(name, [*_well(""), *_hashes(case)])
        history = _text(operation, "movimentos") == "true"
        return _answer(name, [*_well(""), _process(case, history=history)])
    wrong = [_flag("sucesso", "false"), _flag("mensagem", f"{name} não é oferecida aqui.")]
    return _answer(name, wrong)


def outcome_xml(outcome: Outcome, receipt: bytes) -> bytes:
    """The answer to a delivery."""
    parts = [
        _flag("sucesso", "true" if outcome.success else "false"),
        _flag("mensagem", outcome.message),
    ]
    if outcome.protocol:
        parts.append(_flag("protocoloRecebimento", outcome.protocol))
    if outcome.at is not None:
        parts.append(_flag("dataOperacao", stamp(outcome.at)))
    if receipt:
        parts.append(_flag("recibo", base64.b64encode(receipt).decode()))
    named = [("competencia", one) for one in outcome.competences]
    if outcome.number:
        named.append(("numeroProcesso", outcome.number))
    for name, value in named:
        parts.append(ET.Element(f"{{{TYPES}}}parametro", {"nome": name, "valor": value}))
    return _answer(DELIVER, parts)


def fault_xml(reason: str) -> bytes:
    """A SOAP fault."""
    envelope = ET.Element(f"{{{ENVELOPE}}}Envelope")
    fault = ET.SubElement(ET.SubElement(envelope, f"{{{ENVELOPE}}}Body"), f"{{{ENVELOPE}}}Fault")
    ET.SubElement(fault, "faultcode").text = "Client"
    ET.SubElement(fault, "faultstring").text = reason
    return _bytes(envelope)


def stamp(moment: datetime) -> str:
    """AAAAMMDDhhmmss."""
    return f"{moment:%Y%m%d%H%M%S}"


def _poles(head: ET.Element) -> Iterable[tuple[str, str, str]]:
    for pole in head.findall(f"{{{CORE}}}polo"):
        person = pole.find(f"{{{CORE}}}parte/{{{CORE}}}pessoa")
        if person is None or not person.get("nome"):
            raise SoapFault("cada polo tem uma pessoa com nome")
        if person.get("tipoPessoa") not in {"fisica", "juridica", "autoridade"}:
            raise SoapFault("tipoPessoa inválido")
        document = person.get("numeroDocumentoPrincipal", "")
        yield pole.get("polo", ""), person.get("nome", ""), document


def _document(element: ET.Element) -> Document:
    content = element.findtext(f"{{{CORE}}}conteudo", "")
    try:
        body = base64.b64decode("".join(content.split()), validate=True)
    except binascii.Error as error:
        raise SoapFault("conteudo não é base64") from error
    return Document(
        element.get("tipoDocumento", ""),
        element.get("descricao", ""),
        element.get("mimetype", ""),
        body,
        element.get("hash", ""),
    )


def _notice(case: CourtCase) -> ET.Element:
    notice = ET.Element(
        f"{{{TYPES}}}aviso", {"idAviso": case.protocol[:9], "tipoComunicacao": "INT"}
    )
    _head(ET.SubElement(notice, f"{{{CORE}}}processo"), case)
    ET.SubElement(notice, f"{{{CORE}}}dataDisponibilizacao").text = stamp(case.at)
    return notice


def _process(case: CourtCase, *, history: bool) -> ET.Element:
    process = ET.Element(f"{{{TYPES}}}processo")
    _head(ET.SubElement(process, f"{{{CORE}}}dadosBasicos"), case)
    for one in case.movements if history else ():
        movement = ET.SubElement(process, f"{{{CORE}}}movimento", {"dataHora": stamp(one.at)})
        national = ET.SubElement(
            movement, f"{{{CORE}}}movimentoNacional", {"codigoNacional": str(one.code)}
        )
        ET.SubElement(national, f"{{{CORE}}}complemento").text = one.text
    return process


def _head(element: ET.Element, case: CourtCase) -> None:
    element.set("numero", case.number.digits)
    element.set("classeProcessual", str(case.delivery.case_class))
    element.set("dataAjuizamento", stamp(case.at))
    for name, value in (*case.delivery.header.items(), ("protocolo", case.protocol)):
        ET.SubElement(element, f"{{{CORE}}}outroParametro", {"nome": name, "valor": value})


def _hashes(case: CourtCase) -> list[ET.Element]:
    counted = {
        "hashCabecalho": case.number.digits,
        "hashMovimentacoes": str(len(case.movements)),
        "hashDocumentos": str(len(case.delivery.documents)),
    }
    return [
        _flag(name, hashlib.sha256(value.encode()).hexdigest()) for name, value in counted.items()
    ]


def _answer(name: str, parts: Iterable[ET.Element]) -> bytes:
    envelope = ET.Element(f"{{{ENVELOPE}}}Envelope")
    body = ET.SubElement(envelope, f"{{{ENVELOPE}}}Body")
    ET.SubElement(body, f"{{{SERVICE}}}{name}Resposta").extend(parts)
    return _bytes(envelope)


def _bytes(envelope: ET.Element) -> bytes:
    body: bytes = ET.tostring(envelope, "utf-8", xml_declaration=True)
    return body


def _well(message: str) -> list[ET.Element]:
    return [_flag("sucesso", "true"), _flag("mensagem", message)]


def _flag(name: str, value: str) -> ET.Element:
    element = ET.Element(f"{{{TYPES}}}{name}")
    element.text = value
    return element


def _text(operation: ET.Element, name: str) -> str:
    return (operation.findtext(f"{{{TYPES}}}{name}") or "").strip()


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
