import hashlib
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from procon.kernel.chain import GENESIS, canonical, link, verify


class Point(Struct, frozen=True):
    b: int
    a: str


def test_canonical_form_is_exact() -> None:
    data = {
        "z": [True, None, 7],
        "a": "ação",
        "when": datetime(2026, 11, 25, 9, 0, 0, 5, timezone(timedelta(hours=-3))),
        "day": date(2026, 11, 25),
        "id": UUID(int=1),
        "value": Decimal("1E+2"),
        "hash": b"\x01\xff",
        "set": frozenset({"b", "a"}),
        "point": Point(1, "x"),
    }
    assert canonical(data).decode() == (
        '{"a":"ação","day":"2026-11-25","hash":"01ff","id":"00000000-0000-0000-0000-000000000001",'
        '"point":{"a":"x","b":1},"set":["a","b"],"value":"100","when":"2026-11-25T12:00:00.000005Z",'
        '"z":[true,null,7]}'
    )


def test_one_meaning_has_one_form() -> None:
    composed, decomposed = {"é": "é"}, {"e\u0301": "e\u0301"}
    assert canonical(composed) == canonical(decomposed)
    assert canonical({"a": 1, "b": 2}) == canonical({"b": 2, "a": 1})


@pytest.mark.parametrize("value", [1.0, float("nan"), object(), {1: 2}, 1j])
def test_what_has_no_exact_form(value: object) -> None:
    with pytest.raises(TypeError):
        canonical({"a": [value]})


@pytest.mark.parametrize(
    "value",
    ["a\0b", datetime(2026, 1, 1), Decimal("NaN"), "\ud800", {"é": 1, "e\u0301": 2}],  # noqa: DTZ001 - naive on purpose
)
def test_what_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        canonical(value)


def test_link_is_sha256_of_previous_and_payload() -> None:
    assert bytes(32) == GENESIS
    assert link(GENESIS, b"x") == hashlib.sha256(bytes(32) + b"x").digest()
    with pytest.raises(ValueError, match="32 bytes"):
        link(b"short", b"x")


def chain(payloads: list[bytes]) -> list[tuple[bytes, bytes]]:
    links, previous = [], GENESIS
    for payload in payloads:
        previous = link(previous, payload)
        links.append((payload, previous))
    return links


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=8, unique=True), st.data())
def test_the_first_broken_link_is_named(payloads: list[bytes], data: st.DataObject) -> None:
    links = chain(payloads)
    assert verify(links) is None
    place = data.draw(st.integers(0, len(links) - 1))
    payload, stored = links[place]
    assert verify([*links[:place], (payload + b"!", stored), *links[place + 1 :]]) == place
    if place + 1 < len(links):
        assert verify(links[:place] + links[place + 1 :]) == place
        swapped = [*links[:place], links[place + 1], links[place], *links[place + 2 :]]
        assert verify(swapped) == place


def test_an_empty_chain_holds() -> None:
    assert verify([]) is None


def test_utc_is_kept() -> None:
    assert canonical(datetime(2026, 1, 1, tzinfo=UTC)) == b'"2026-01-01T00:00:00.000000Z"'
