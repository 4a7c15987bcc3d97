"""The city's electronic signature on a PDF (PAdES), by pyHanko."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import NoEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import NameOID
from msgspec import Struct
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter

from procon.ext.ports import NoSigner, Signer
from procon.kernel.errors import Refused
from procon.tenancy.keys import checked_slug
from procon.tenancy.manifest import Tenant

FIELD = "AssinaturaDoProcon"
_DEMO_YEARS = 10


class CertificateSigner(Struct, frozen=True):
    """Signs with a PKCS#12 file's certificate and key."""

    pkcs12: bytes
    passphrase: str
    name: str

    def sign(self, pdf: bytes, *, reason: str, place: str) -> bytes:
        """The file with the signature after it. Runs its own event loop: call it in a thread.

        Raises:
            Refused: the certificate file or its passphrase is wrong.
        """
        signer = signers.SimpleSigner.load_pkcs12_data(
            self.pkcs12, other_certs=[], passphrase=self.passphrase.encode() or None
        )
        if signer is None:
            raise Refused(
                "O certificado deste Procon não pôde ser aberto. Avise a administração.",
                code="certificate-unusable",
            )
        metadata = signers.PdfSignatureMetadata(
            field_name=FIELD,
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            reason=reason,
            location=place,
            name=self.name,
        )
        signed: BytesIO = signers.sign_pdf(
            IncrementalPdfFileWriter(BytesIO(pdf)), metadata, signer=signer
        )
        return signed.getvalue()


def signer_of(
    tenant: Tenant, *, secret_of: Callable[[str], str], demo_folder: Path | None
) -> Signer:
    """The city's signer, as its manifest says.

    `ports: {signer: pkcs12, signer_file: secret://NAME, signer_password: secret://NAME}`; the
    first secret is the PKCS#12 file in base64.

    Args:
        secret_of: value of a `secret://NAME`; raises LookupError.
        demo_folder: where a city without a certificate gets a home-made one; None in production.

    Raises:
        Refused: a secret is missing or unreadable.
    """
    ports = tenant.ports
    kind = ports.get("signer", "")
    if kind == "":
        if demo_folder is None:
            return NoSigner()
        return CertificateSigner(demo_certificate(demo_folder, tenant), "", tenant.name)
    if kind != "pkcs12":
        raise _unusable(f"não existe a assinatura “{kind}”")
    try:
        file = base64.b64decode(secret_of(ports.get("signer_file", "")), validate=True)
        password = ports.get("signer_password", "")
        return CertificateSigner(file, secret_of(password) if password else "", tenant.name)
    except LookupError as error:
        raise _unusable("falta o certificado") from error
    except binascii.Error as error:
        raise _unusable("o certificado não está em base64") from error


def demo_certificate(folder: Path, tenant: Tenant) -> bytes:
    """The home-made certificate of a city, made when it is first needed. Proves nothing outside."""
    path = folder / f"{checked_slug(tenant.slug)}.p12"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f".{secrets.token_hex(8)}"
        fresh.touch(mode=0o600, exist_ok=False)
        fresh.write_bytes(_home_made(tenant.name, tenant.city))
        try:
            # Of two processes that make one at once, the first one's counts for both.
            path.hardlink_to(fresh)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_bytes()


def _home_made(body: str, city: str) -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "BR"),
            x509.NameAttribute(NameOID.LOCALITY_NAME, city[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{body} (demonstração)"[:64]),
        ]
    )
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * _DEMO_YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(), critical=True)
        .sign(key, SHA256())
    )
    return serialize_key_and_certificates(b"procon", key, certificate, None, NoEncryption())


def _usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _unusable(why: str) -> Refused:
    return Refused(f"A assinatura deste Procon não está pronta: {why}.", code="signer-unusable")
