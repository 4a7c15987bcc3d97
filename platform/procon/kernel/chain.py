"""The hash chain under each case's log: hash = SHA-256(previous ‖ canonical JSON)."""

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec

GENESIS = bytes(32)


def _text(value: object) -> str | None:
    """The text of a single value that JSON has no form of its own for; None for the others."""
    text: str | None = None
    match value:
        case str():
            text = unicodedata.normalize("NFC", value)
        case Decimal() if value.is_finite():
            text = format(value, "f")
        case UUID():
            text = str(value)
        case datetime() if value.tzinfo is not None:
            text = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        case datetime() | Decimal():
            raise ValueError("naive datetime or endless decimal in canonical data")
        case date():
            text = value.isoformat()
        case bytes():
            text = value.hex()
    if text is not None and "\0" in text:
        raise ValueError("NUL character in canonical data")
    return text


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        raise TypeError("float in canonical data: use Decimal or an integer")
    text = _text(value)
    return _plain_many(value) if text is None else text


def _plain_many(value: object) -> object:
    if isinstance(value, msgspec.Struct):
        value = msgspec.structs.asdict(value)
    if isinstance(value, Mapping):
        plain: dict[str, object] = {}
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError("only text keys in canonical data")
            name = str(_plain(key))
            if name in plain:
                raise ValueError(f"two keys become {name!r} in canonical data")
            plain[name] = _plain(item)
        return plain
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, set | frozenset):
        # A set has no order of its own: its members sorted as canonical JSON have one.
        return sorted((_plain(item) for item in value), key=_dump)
    raise TypeError(f"{type(value).__name__} in canonical data")


def _dump(plain: object) -> bytes:
    return json.dumps(
        plain, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    ).encode()


def canonical(data: object) -> bytes:
    """One exact byte string for one meaning: JSON, keys sorted, UTF-8, no spaces, text in NFC.

    datetime → RFC 3339 UTC with microseconds, UUID and Decimal → text, bytes → hexadecimal,
    Struct → object. Raises TypeError for a float or an unknown type, ValueError for a NUL
    character, a naive datetime, a lone surrogate, or two keys that normalise to the same one.
    """
    return _dump(_plain(data))


def link(previous: bytes, payload: bytes) -> bytes:
    """The 32-byte hash of the next entry. `previous` is GENESIS for the first one."""
    if len(previous) != len(GENESIS):
        raise ValueError("the previous hash has 32 bytes")
    return hashlib.sha256(previous + payload).digest()


def verify(links: Iterable[tuple[bytes, bytes]], start: bytes = GENESIS) -> int | None:
    """The index of the first (payload, hash) that does not follow from the ones before it.

    None when the whole chain holds.
    """
    previous = start
    for index, (payload, stored) in enumerate(links):
        if link(previous, payload) != stored:
            return index
        previous = stored
    return None
