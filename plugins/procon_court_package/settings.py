"""What a city may set."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct


class PackageSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of the package.

    Attributes:
        court: who gets it, as the staff call it.
        file_kib: largest file that the court's own site takes.
        certificate: reference to the city's PKCS#12 file in base64; "" leaves the package
            unsigned, known by its hashes alone.
        passphrase: reference to the file's passphrase; "" when it has none.
    """

    court: str = "Juizado Especial Cível"
    file_kib: Annotated[int, Meta(ge=100, le=200_000)] = 5_000
    certificate: str = ""
    passphrase: str = ""
