"""The city's signature on the list of hashes (CMS, detached): one signature covers every file."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

from procon.sdk import Refused
from procon.sdk.courts import resolve_secret

Sign = Callable[[bytes], bytes]
_UNUSABLE = "O certificado deste Procon não pôde ser usado. Avise a administração."


def signature_of(certificate: str, passphrase: str) -> Sign | None:
    """What signs with the city's certificate, None when it has none.

    Raises:
        Refused: the secret is missing or holds no certificate with its key.
    """
    if not certificate:
        return None
    try:
        file = base64.b64decode(resolve_secret(certificate), validate=True)
        password = resolve_secret(passphrase).encode() if passphrase else None
        held = load_pkcs12(file, password)
    except (LookupError, ValueError, binascii.Error) as error:
        raise Refused(_UNUSABLE, code="certificate-unusable") from error
    key, main = held.key, held.cert
    if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey) or main is None:
        raise Refused(_UNUSABLE, code="certificate-unusable")

    def sign(data: bytes) -> bytes:
        builder = PKCS7SignatureBuilder().set_data(data)
        builder = builder.add_signer(main.certificate, key, SHA256())
        for more in held.additional_certs:
            builder = builder.add_certificate(more.certificate)
        return builder.sign(Encoding.DER, [PKCS7Options.DetachedSignature, PKCS7Options.Binary])

    return sign
