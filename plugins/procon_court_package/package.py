"""The package itself: manifest with hashes, signature, files, and a page to read it all."""

from __future__ import annotations

import json
import re
import unicodedata
import zipfile
from html import escape
from io import BytesIO
from typing import Any

from msgspec import Struct

from procon.sdk import Refused
from procon.sdk.courts import CourtFile, CourtFiling, court_parts
from procon_court_package.sign import Sign

MANIFEST = "manifest.json"
SIGNATURE = "manifest.json.p7s"
PAGE = "leia.html"
FOLDER = "arquivos"
_TITLES = {"petition": "Petição inicial", "agreement": "Pedido de homologação de acordo"}
_STYLE = (
    "body{font:1rem/1.5 sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b}"
    "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #bbb;padding:.4rem;"
    "text-align:left;vertical-align:top}code{word-break:break-all;font-size:.8rem}"
    "pre{white-space:pre-wrap;font:inherit}"
)


class _Entry(Struct, frozen=True):
    """A file under its name in the package."""

    path: str
    file: CourtFile
    original: CourtFile


def pack(filing: CourtFiling, *, most: int, sign: Sign | None) -> bytes:
    """The ZIP. The same filing gives the same bytes, but for the signature.

    Args:
        most: largest file in bytes; larger PDFs come in parts, what cannot be cut stays whole.

    Raises:
        Refused: the main document itself does not fit.
    """
    entries = _entries(filing, most)
    manifest = _json(_manifest(filing, entries, signed=sign is not None))
    moment = filing.at.timetuple()[:6]
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:

        def add(name: str, body: bytes) -> None:
            info = zipfile.ZipInfo(name, date_time=moment)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, body)

        add(PAGE, _page(filing, entries, signed=sign is not None).encode())
        add(MANIFEST, manifest)
        if sign is not None:
            add(SIGNATURE, sign(manifest))
        for entry in entries:
            add(entry.path, entry.file.body)
    return out.getvalue()


def _entries(filing: CourtFiling, most: int) -> list[_Entry]:
    found: list[_Entry] = []
    for original in filing.files:
        parts = court_parts(original, most) if original.media_type == "application/pdf" else ()
        if not parts and original is filing.files[0]:
            raise Refused("O texto é grande demais para este tribunal. Resuma e envie de novo.")
        for file in parts or (original,):
            found.append(
                _Entry(f"{FOLDER}/{len(found) + 1:02d}-{_safe(file.name)}", file, original)
            )
    return found


def _manifest(filing: CourtFiling, entries: list[_Entry], *, signed: bool) -> dict[str, Any]:
    return {
        "version": 1,
        "reference": filing.reference,
        "kind": filing.kind,
        "case": filing.case_number,
        "from": filing.body,
        "city": filing.city,
        "uf": filing.uf,
        "made_at": filing.at.isoformat(),
        "value": "" if filing.value is None else str(filing.value),
        "author": {"name": filing.author.name, "document": filing.author.document},
        "defendant": {"name": filing.defendant.name, "document": filing.defendant.document},
        "signature": SIGNATURE if signed else "",
        "files": [
            {
                "order": place,
                "path": entry.path,
                "code": entry.file.code,
                "title": entry.file.title,
                "media_type": entry.file.media_type,
                "size": len(entry.file.body),
                "sha256": entry.file.sha256,
                "original_sha256": entry.original.sha256,
            }
            for place, entry in enumerate(entries, start=1)
        ],
    }


def _page(filing: CourtFiling, entries: list[_Entry], *, signed: bool) -> str:
    """Opens in any browser, without a network."""
    rows = "".join(_row(place, entry) for place, entry in enumerate(entries, start=1))
    how = (
        f"O arquivo {MANIFEST} está assinado em {SIGNATURE} (CMS, separado)."
        if signed
        else "Este pacote não tem assinatura eletrônica: confira cada arquivo pelo seu SHA-256."
    )
    title = f"{_TITLES[filing.kind]}, processo {filing.case_number}"
    return (
        '<!doctype html><html lang="pt-BR"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
        " style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(title)}</h1><p>{escape(filing.body)}, {escape(filing.city)}/{filing.uf}</p>"
        f"<p>Consumidor: {escape(filing.author.name)}<br>Empresa: {escape(filing.defendant.name)}"
        f"</p><h2>Texto</h2><pre>{escape(filing.text)}</pre><h2>Arquivos</h2>"
        "<table><thead><tr><th>Nº</th><th>Documento e SHA-256</th><th>Bytes</th></tr></thead>"
        f"<tbody>{rows}</tbody></table><p>{escape(how)}</p></body></html>"
    )


def _row(place: int, entry: _Entry) -> str:
    size = f"{len(entry.file.body):,}".replace(",", ".")
    return (
        f'<tr><td>{place}</td><td><a href="{escape(entry.path)}">{escape(entry.file.title)}</a>'
        f"<br><code>{entry.file.sha256}</code></td><td>{size}</td></tr>"
    )


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True).encode()


def _safe(name: str) -> str:
    """A name that every system can write and that leads nowhere else."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip(".-")[:80] or "arquivo"
