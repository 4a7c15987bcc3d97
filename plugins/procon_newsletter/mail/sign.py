"""DKIM (RFC 6376): relaxed/relaxed with RSA and SHA-256.

dkimpy reads and normalises the mail; the signature itself is made by cryptography, because
dkimpy's own RSA is Python and takes twenty times as long as all the rest of a mail.
"""

from __future__ import annotations

import base64
from hashlib import sha256

import dkim
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from dkim.canonicalization import CanonicalizationPolicy

# RFC 8058, 4: the signature must cover both list headers, or mail programs offer no button.
SIGNED = (
    b"from", b"reply-to", b"to", b"subject", b"date", b"message-id", b"list-id",
    b"list-unsubscribe", b"list-unsubscribe-post", b"mime-version", b"content-type",
)  # fmt: skip


def read_key(pem: str) -> RSAPrivateKey:
    """The private key.

    Raises:
        LookupError: the text is not the PEM of an RSA key.
    """
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise LookupError("the DKIM key is not a PEM private key") from error
    if not isinstance(key, RSAPrivateKey):
        raise LookupError("the DKIM key is not an RSA key")
    return key


def signature(mail: bytes, key: RSAPrivateKey, *, domain: str, selector: str) -> bytes:
    """The header line to put before `mail`, in which no header comes twice."""
    headers, body = dkim.rfc822_parse(mail)
    policy = CanonicalizationPolicy.from_c_value(b"relaxed/relaxed")
    found = dict(policy.canonicalize_headers(headers))
    names = [name for name in SIGNED if name in found]
    digest = base64.b64encode(sha256(policy.canonicalize_body(body)).digest())
    value = b"; ".join(
        (
            b"v=1",
            b"a=rsa-sha256",
            b"c=relaxed/relaxed",
            b"d=" + domain.encode(),
            b"s=" + selector.encode(),
            b"h=" + b":".join(names),
            b"bh=" + digest,
            b"b=",
        )
    )
    signed = b"".join(name + b":" + found[name] for name in names)
    made = key.sign(signed + b"dkim-signature:" + value, PKCS1v15(), SHA256())
    folded = value.replace(b"; ", b";\r\n ")
    return b"DKIM-Signature: " + folded + base64.b64encode(made) + b"\r\n"
