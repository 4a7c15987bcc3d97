"""Every shared name carries its city, and nothing that is not a slug becomes part of one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from procon.tenancy.keys import checked_slug, key, object_key, schema_name

BAD_SLUGS = (
    "",
    "ab",
    "1abc",
    "Abc",
    "a-bc",
    "a_bc",
    "abc\n",
    "abc ",
    'abc"; DROP SCHEMA control; --',
    "ábc",
    "a" * 32,
    "abc:x",
    "../abc",
)


def test_names_carry_the_city() -> None:
    assert schema_name("abc") == "t_abc"
    assert key("abc", "session", "1") == "procon:abc:session:1"
    assert object_key("abc", "case", "1.pdf") == "abc/case/1.pdf"


@pytest.mark.parametrize("slug", BAD_SLUGS)
@pytest.mark.parametrize(
    "build", [checked_slug, schema_name, lambda s: key(s, "x"), lambda s: object_key(s, "x")]
)
def test_what_is_no_slug_is_refused(build: Callable[[str], str], slug: str) -> None:
    with pytest.raises(ValueError, match="not a tenant slug"):
        build(slug)


@pytest.mark.parametrize("parts", [(), ("",), ("a", ""), ("a:b",), (":",)])
def test_a_redis_key_cannot_reach_into_another_citys(parts: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="no colon"):
        key("abc", *parts)


@pytest.mark.parametrize("parts", [(), ("",), ("..",), (".",), ("a/b",), ("a", "..", "b")])
def test_an_object_key_cannot_reach_into_another_citys(parts: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="no slash"):
        object_key("abc", *parts)
