"""How one city's court is reached, and which codes it knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct

_LOOPBACK = frozenset({"127.0.0.1", "localhost"})


class MniSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of the interface.

    Attributes:
        title: the court, as the staff call it.
        endpoint: address of the service; https, but for a court on this machine.
        user: idManifestante. `password`: reference to senhaManifestante.
        certificate: reference to the client's certificate and key (PEM), for courts that ask
            for one; "" for none.
        locality: codigoLocalidade (foro). `competence`: sent when the court wants one.
        competences: which to choose when the court answers with a conflict, the first that it
            offers.
        tpu: version of the national tables that the codes below are from.
        petition_class, agreement_class: national class; 436 small-claims procedure, 12374
            confirmation of an agreement made outside the court.
        subjects: our subject → national subject; others go as `subject` (1156, consumer law).
        document_types: our document → tipoDocumento; others go as `document_type`.
        file_kib: largest document. `timeout_seconds`: for one call, answer included.
        lookup: "immediate" when the court lists a new case among the notices at once: one that
            is not listed is not there. "person": only a look at the court's own site tells.
        confirmed, not_confirmed: movements that end a request for confirmation.
    """

    title: str = "Tribunal de Justiça, MNI 2.2.2"
    endpoint: str = ""
    user: str = ""
    password: str = ""
    certificate: str = ""
    locality: str = ""
    competence: str = ""
    competences: tuple[str, ...] = ()
    tpu: str = ""
    petition_class: int = 436
    agreement_class: int = 12_374
    subject: int = 1156
    subjects: Mapping[str, int] = {}
    document_type: str = "57"
    document_types: Mapping[str, str] = {}
    file_kib: Annotated[int, Meta(ge=100, le=50_000)] = 4_800
    timeout_seconds: Annotated[int, Meta(ge=1, le=18)] = 15
    lookup: Literal["immediate", "person"] = "person"
    confirmed: tuple[int, ...] = (466,)
    not_confirmed: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError: a password would travel in the open."""
        where = urlsplit(self.endpoint)
        if self.endpoint and where.scheme != "https" and where.hostname not in _LOOPBACK:
            raise ValueError("o endereço do tribunal (endpoint) precisa ser https")
