"""Identifiers: UUIDv7 keys and short codes that a person can read aloud."""

import secrets
import threading
import time
import unicodedata
from collections.abc import Callable
from uuid import UUID

# Crockford base 32: no I, L, O (they look like 1 and 0) and no U.
CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOK_ALIKES = str.maketrans({"I": "1", "L": "1", "O": "0"})


def id_source(
    now_ns: Callable[[], int] = time.time_ns,
    random_bits: Callable[[int], int] = secrets.randbits,
) -> Callable[[], UUID]:
    """A maker of strictly growing UUIDv7 (RFC 9562 §6.2, method 3: sub-millisecond time).

    `now_ns` gives nanoseconds since 1970. When the clock stands still or steps back, the next
    id is one tick (about 244 ns) after the last one. The maker may be shared by threads.
    """
    lock = threading.Lock()
    last = -1

    def make() -> UUID:
        nonlocal last
        millis, rest = divmod(now_ns(), 1_000_000)
        tick = millis << 12 | (rest << 12) // 1_000_000
        with lock:
            last = tick = max(tick, last + 1)
        high = (tick >> 12) << 16 | 0x7000 | (tick & 0xFFF)
        return UUID(int=high << 64 | 0x2 << 62 | random_bits(62))

    return make


# The one place where a process keeps state at module level: "monotonic within a process"
# cannot be had without remembering the last tick. Two processes differ by 62 random bits.
new_id: Callable[[], UUID] = id_source()


def readable_code(length: int = 10) -> str:
    """A random code of `length` characters, 5 bits each, without look-alike letters."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(length))


def normalise_code(text: str) -> str:
    """A typed code as it is stored: capitals, no spaces or hyphens, I and L as 1, O as 0."""
    upper = unicodedata.normalize("NFKC", text).upper().translate(_LOOK_ALIKES)
    return "".join(c for c in upper if c.isascii() and c.isalnum())
