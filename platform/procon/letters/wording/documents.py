"""The documents of a process (tipos documentais) whose words a city may write itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct

DEFAULTS = Path(__file__).parents[1] / "templates" / "wording"


class DocumentType(Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of document.

    Attributes:
        code: as in the list of document types and in the procedure ("TNF").
        purpose: what it is for, as the staff's list says it.
        numbered: has a running number within code and year.
        addressed: carries an address block that fits a window envelope.
    """

    code: str
    title: str
    purpose: str
    numbered: bool = False
    addressed: bool = False


_ALL = (
    DocumentType(
        "TAB", "Termo de abertura de reclamação", "Diz às partes que o processo começou.", True
    ),
    DocumentType(
        "TNF",
        "Termo de notificação para resposta",
        "Chama a empresa a se defender, com o prazo.",
        True,
        True,
    ),
    DocumentType(
        "TNA",
        "Termo de notificação para audiência",
        "Chama as partes à audiência de conciliação.",
        True,
        True,
    ),
    DocumentType("TAU", "Termo de audiência", "Registra o que aconteceu na audiência."),
    DocumentType("ACO", "Termo de acordo", "Registra o acordo e as parcelas."),
    DocumentType(
        "DESC", "Notícia de descumprimento de acordo", "Avisa que o acordo não foi cumprido.", True
    ),
    DocumentType("MT", "Manifestação técnica", "Análise da equipe antes da decisão.", True),
    DocumentType("DEC1", "Decisão de 1ª instância", "Leva a decisão às partes.", True),
    DocumentType("DEC2", "Decisão de 2ª instância", "Leva às partes a decisão do recurso.", True),
    DocumentType("BAIXA", "Ficha de baixa", "Diz como o processo terminou."),
    DocumentType(
        "AR",
        "Notificação por carta com aviso de recebimento",
        "Carta impressa para o correio, com espaço de endereço e código de rastreio.",
        True,
        True,
    ),
    DocumentType("CERT", "Certidão", "Afirma o que aconteceu com uma notificação.", True),
    DocumentType("EDI", "Edital de notificação", "Notifica quem não foi encontrado.", True),
    DocumentType(
        "REP",
        "Recibo eletrônico de protocolo",
        "Confirma à parte o que ela enviou, quando, e o código que identifica o texto.",
    ),
    DocumentType(
        "PROC", "Recibo de juntada de procuração", "Confirma quem passou a representar uma parte."
    ),
    DocumentType("OFI", "Ofício", "Carta de uso geral, também para muitos processos.", True, True),
)

DOCUMENTS: Mapping[str, DocumentType] = MappingProxyType({one.code: one for one in _ALL})

# The whole case as one file. It is registered like a letter, but is not one of them.
AUTOS = "AUTOS"
AUTOS_TITLE = "Processo completo (autos)"


def default_body(code: str) -> str:
    """The platform's own words for a document. Raises KeyError for an unknown code."""
    return (DEFAULTS / f"{DOCUMENTS[code].code.lower()}.md").read_text(encoding="utf-8").strip()
