"""A filing, and a client of the imitated court."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pikepdf
from msgspec.structs import replace
from PIL import Image

from procon.ext.ports import CourtFile, CourtFiling, CourtParty, CourtQuestion
from procon_court_mni.gateway import MniGateway
from procon_court_mni.settings import MniSettings
from support.cities import CNPJ, CPF

PASSWORD = "senha-que-ninguem-ve"
VARIABLE = "PROCON_SECRET_TEST_COURT"
AT = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
REFERENCE = "01990000-0000-7000-8000-000000000001"


def pdf(pages: int = 1, noise: int = 0) -> bytes:
    """Pages whose content cannot be compressed, `noise` bytes each."""
    with pikepdf.new() as made:
        for n in range(pages):
            made.add_blank_page()
            if noise:
                seed = hashlib.shake_256(str(n).encode()).digest(noise)
                made.pages[-1].obj[pikepdf.Name.Filler] = made.make_stream(seed)
        out = io.BytesIO()
        made.save(out)
    return out.getvalue()


def photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 200), "#3366aa").save(out, "JPEG")
    return out.getvalue()


def file(code: str, name: str, body: bytes, media_type: str = "application/pdf") -> CourtFile:
    return CourtFile(code, name, name, media_type, body, hashlib.sha256(body).hexdigest())


def filing(*more: CourtFile, **changes: Any) -> CourtFiling:
    made = CourtFiling(
        reference=REFERENCE,
        kind="petition",
        case_number="2026.000123-4",
        body="Procon Justa",
        city="Justa",
        uf="SP",
        subject="0403",
        value=Decimal("1234.56"),
        author=CourtParty("Ana & Souza <b>", CPF),
        defendant=CourtParty("Loja Exemplo", CNPJ, True),
        text="Peço o que é meu.",
        files=(file("PET", "peticao.pdf", pdf()), *more),
        at=AT,
    )
    return replace(made, **changes)


def question(**changes: Any) -> CourtQuestion:
    return replace(CourtQuestion(REFERENCE, "petition", AT, AT), **changes)


def gateway(endpoint: str, **changes: Any) -> MniGateway:
    settings = MniSettings(
        endpoint=endpoint,
        user="procon-justa",
        password="secret://TEST_COURT",
        locality="0114",
        subjects={"0403": 7771},
        timeout_seconds=2,
        lookup="immediate",
        not_confirmed=(454,),
    )
    return MniGateway(replace(settings, **changes))
