"""The package: complete, honest about its signature, and readable without a network."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_der_x509_certificate
from msgspec.structs import replace

from plugins.court_mni.mni_support import file, filing, pdf, photo, question
from procon.hearings.minutes.sign import demo_certificate
from procon.tenancy.manifest import Tenant
from procon_court_package.gateway import PackageGateway
from procon_court_package.settings import PackageSettings


def opened(body: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(body))


async def test_everything_is_listed_with_its_hash_in_order() -> None:
    more = (
        file("AUTOS", "autos.pdf", pdf(pages=6, noise=30_000)),
        file("EVID", "../../nota fiscal ção.jpg", photo(), "image/jpeg"),
    )
    answer = await PackageGateway(PackageSettings(file_kib=100)).submit_petition(filing(*more))
    assert (answer.state, answer.signed) == ("packed", False)
    with opened(answer.package) as package:
        manifest = json.loads(package.read("manifest.json"))
        assert package.namelist() == [
            "leia.html",
            "manifest.json",
            "arquivos/01-peticao.pdf",
            "arquivos/02-autos-parte-1-de-2.pdf",
            "arquivos/03-autos-parte-2-de-2.pdf",
            "arquivos/04-nota-fiscal-cao.jpg",
        ]
        for listed in manifest["files"]:
            body = package.read(listed["path"])
            assert (listed["sha256"], listed["size"]) == (
                hashlib.sha256(body).hexdigest(),
                len(body),
            )
        assert [one["order"] for one in manifest["files"]] == [1, 2, 3, 4]
        assert manifest["files"][1]["original_sha256"] == more[0].sha256


async def test_the_reading_page_stands_alone_and_escapes() -> None:
    answer = await PackageGateway(PackageSettings()).submit_petition(
        filing(text="<script>alert(1)</script>")
    )
    with opened(answer.package) as package:
        page = package.read("leia.html").decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "Ana &amp; Souza &lt;b&gt;" in page
    assert "não tem assinatura eletrônica" in page
    assert "http" not in page.replace("http-equiv", "")


async def test_the_same_filing_gives_the_same_package() -> None:
    way = PackageGateway(PackageSettings())
    whole = filing()
    first, second = [await way.submit_petition(whole) for _ in range(2)]
    assert first.package == second.package


async def test_one_signature_covers_every_hash(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tenants: tuple[Tenant, ...]
) -> None:
    file_ = base64.b64encode(demo_certificate(tmp_path, tenants[0])).decode()
    monkeypatch.setenv("PROCON_SECRET_SEAL", file_)
    way = PackageGateway(PackageSettings(certificate="secret://SEAL"))
    answer = await way.submit_petition(filing())
    assert answer.signed
    with opened(answer.package) as package:
        manifest, signature = package.read("manifest.json"), package.read("manifest.json.p7s")
    signed = cms.ContentInfo.load(signature)["content"]
    (signer,) = signed["signer_infos"]
    attributes = {one["type"].native: one["values"][0].native for one in signer["signed_attrs"]}
    assert attributes["message_digest"] == hashlib.sha256(manifest).digest()
    key = load_der_x509_certificate(signed["certificates"][0].chosen.dump()).public_key()
    assert isinstance(key, RSAPublicKey)
    untagged = signer["signed_attrs"].untag().dump()
    key.verify(signer["signature"].native, untagged, PKCS1v15(), SHA256())


async def test_a_certificate_that_cannot_be_used_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROCON_SECRET_SEAL", base64.b64encode(b"nada").decode())
    way = PackageGateway(PackageSettings(certificate="secret://SEAL"))
    answer = await way.submit_petition(filing())
    assert (answer.state, answer.package) == ("refused", b"")
    assert "O certificado deste Procon não pôde ser usado." in answer.message


async def test_nothing_of_it_can_be_there_before_a_person_took_it() -> None:
    way = PackageGateway(PackageSettings())
    assert (await way.status(question())).state == "absent"
    assert (await way.status(replace(question(), protocol="1"))).state == "unknown"
