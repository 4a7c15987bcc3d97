"""Our compiled templates print and refuse exactly what Jinja's own do."""

from __future__ import annotations

from typing import Any

import pytest
from jinja2 import DictLoader, Environment, StrictUndefined
from litestar.datastructures import Cookie
from markupsafe import Markup
from msgspec import Struct

from procon.portal.engine.answer import PageResponse
from procon.portal.engine.compiled import QuickEnvironment


class Thing(Struct):
    """Something with attributes."""

    name: str
    inner: Any = None

    @property
    def broken(self) -> str:
        """Fails as an attribute of an attribute would."""
        raise AttributeError("broken")

    def call(self, *words: str) -> str:
        """Join the words."""
        return "-".join(words)


class Html:
    """Has its own HTML."""

    def __html__(self) -> str:
        return "<i>&amp;</i>"


MACROS = """
{% macro row(a, b="B<", c=none) %}[{{ a }}|{{ b }}|{{ c }}]{% endmacro %}
{% macro box(title) %}<div>{{ title }}{{ caller() }}</div>{% endmacro %}
{% macro many() %}{{ varargs|join(",") }}{{ kwargs.items()|list }}{% endmacro %}
{% macro told(caller="d") %}({{ caller }}){% endmacro %}
{% macro seen() %}{{ person }}{% endmacro %}
"""
PART = "part:{{ thing.name }}{{ local }}"
BASE = "<{% block head %}h{% endblock %}>{% block body %}{% endblock %}"
VALUES: dict[str, Any] = {
    "text": """a<b>&"c'""",
    "markup": Markup("<b>ok</b>"),
    "html": Html(),
    "number": 7,
    "flag": True,
    "nothing": None,
    "thing": Thing("n<", Thing("deep", {"key": "k<", "items": "not the method"})),
    "map": {"key": "v<", "name": "by key", "n": 1},
    "rows": [Thing("one"), Thing("two")],
    "person": "Ana",
}
SAME = (
    "{{ text }}{{ markup }}{{ html }}{{ number }}{{ flag }}{{ nothing }}",
    "{{ thing.name }}{{ thing.inner.name }}{{ thing.inner.inner.key }}",
    "{{ map.key }}{{ map.name }}{{ map.n }}{{ map['key'] }}{{ map.items()|list }}",
    "{{ thing.inner.inner.items }}",
    "{{ thing.call('a', 'b<') }}{{ text.upper() }}{{ text.replace('a', thing.name) }}",
    "{{ '{:,}'.format(12345) }}{{ map.get('key', '') }}{{ map.get('no', text) }}",
    "{{ thing.name ~ map.key ~ markup }}{{ thing.inner.name|upper|e }}",
    "{% if thing.nope is defined %}x{% else %}y{% endif %}{{ thing.nope|default('d<') }}",
    "{% for r in rows if r.name != 'one' %}{{ loop.index }}{{ r.name }}{{ loop.last }}{% endfor %}",
    "{% for r in rows %}{% set x %}<{{ r.name }}>{% endset %}{{ x }}{% endfor %}",
    "{% set ns = namespace(n=0) %}{% for r in rows %}{% set ns.n = ns.n + 1 %}"
    "{% endfor %}{{ ns.n }}",
    "{{ rows|map(attribute='name')|join(', ') }}"
    "{{ rows|selectattr('name', 'equalto', 'two')|list|length }}",
    "{% from 'm' import row %}{{ row(1) }}{{ row(text, markup) }}{{ row(b=thing.name, a=2) }}",
    "{% from 'm' import row %}{{ row('1') }}{{ row(1) }}{{ row(true) }}{{ row(1, c='x') }}"
    "{{ row(1) }}",
    "{% from 'm' import row %}{{ row(row(row('a<'))) }}{{ row(a=row(1), c=rows[1].name) }}",
    "{% import 'm' as m %}{{ m.row('z') }}{{ m.many(1, 2, k='v<') }}{{ m.told('t<') }}",
    "{% from 'm' import box %}{% call box('t<') %}{{ text }}{% endcall %}",
    "{% from 'm' import box %}{% for r in rows %}{% call box(r.name) %}{{ loop.index }}"
    "{% endcall %}{% endfor %}",
    "{% from 'm' import seen with context %}{{ seen() }}",
    "{% macro own(a) %}{{ a.name }}{{ person }}{% endmacro %}{{ own(thing) }}{{ own(rows[0]) }}",
    "{% set local = 'l<' %}{% include 'part' %}",
    "{% extends 'base' %}{% block head %}{{ super() }}{{ text }}{% endblock %}"
    "{% block body %}{{ thing.name }}{% endblock %}",
    "{% autoescape false %}{{ text }}{{ thing.name }}{% endautoescape %}{{ text }}",
    "{% filter upper %}{{ text }}{% endfilter %}{{ (1, thing.name)|last }}",
    "{{ ('a' if thing.inner else 'b') }}{{ (map.key, thing.name)[1] }}{{ dict(a=thing.name).a }}",
)
REFUSED = (
    "{{ nope }}",
    "{{ nope.more }}",
    "{{ thing.nope }}",
    "{{ thing.nope.more }}",
    "{{ thing.broken }}",
    "{{ map.nope }}",
    "{{ nope() }}",
    "{{ thing.nope() }}",
    "{{ text() }}",
    "{% from 'm' import row %}{{ row() }}",
    "{% from 'm' import row %}{{ row(1, 2, 3, 4) }}",
    "{% from 'm' import row %}{{ row(1, d=2) }}",
    "{% from 'm' import row %}{{ row(1, a=2) }}",
    "{% from 'm' import row %}{% call row(1) %}x{% endcall %}",
    "{% from 'm' import box %}{{ box('t') }}",
    "{% from 'm' import seen %}{{ seen() }}",
    "{% from 'm' import none_such %}{{ none_such() }}",
)


def environment(kind: type[Environment], source: str) -> Environment:
    """Templates as the portal compiles them, `t` being the one to look at."""
    loader = DictLoader({"t": source, "m": MACROS, "part": PART, "base": BASE})
    return kind(loader=loader, autoescape=True, undefined=StrictUndefined)


@pytest.mark.parametrize("source", SAME)
def test_prints_the_same(source: str) -> None:
    quick = environment(QuickEnvironment, source).get_template("t")
    stock = environment(Environment, source).get_template("t").render(VALUES)
    assert (quick.render(VALUES), quick.render(VALUES)) == (stock, stock)


@pytest.mark.parametrize("source", REFUSED)
def test_refuses_the_same(source: str) -> None:
    with pytest.raises(Exception) as stock:
        environment(Environment, source).get_template("t").render(VALUES)
    with pytest.raises(type(stock.value)) as quick:
        environment(QuickEnvironment, source).get_template("t").render(VALUES)
    assert str(quick.value) == str(stock.value)


def test_what_is_kept_shows_nothing_of_another_request() -> None:
    """A macro that sees the request prints it each time, also without arguments."""
    source = (
        "{% from 'm' import seen with context %}{% macro own(a) %}{{ a }}{{ person }}{% endmacro %}"
        "{{ seen() }} {{ own('x') }}"
    )
    template = environment(QuickEnvironment, source).get_template("t")
    printed = [template.render(person=name) for name in ("Ana", "Bia", "Ana")]
    assert printed == ["Ana xAna", "Bia xBia", "Ana xAna"]


def test_a_constant_call_is_printed_once() -> None:
    quick = environment(QuickEnvironment, "{% from 'm' import row %}{{ row('a', b='<') }}")
    template = quick.get_template("t")
    template.render()
    row = quick.get_template("m").module.row  # type: ignore[attr-defined]  # a macro of the template
    assert (template.render(), len(row.kept)) == ("[a|&lt;|None]", 1)


async def sent(response: PageResponse, **asked: Any) -> list[Any]:
    """The messages of an answer."""
    messages: list[Any] = []

    async def send(message: Any) -> None:
        messages.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing is to be read")

    await response.to_asgi_response(None, None, **asked)({}, receive, send)  # type: ignore[arg-type]  # neither looks at it
    return messages


async def test_the_answer_is_what_litestar_makes_of_it() -> None:
    """Both ways: ours, and Litestar's own when a handler has headers of its own."""
    response = PageResponse("olá", status_code=422, headers={"Vary": "Cookie"})
    response.set_cookie(Cookie(key="a", value="1"))
    quick = await sent(response)
    slow = await sent(response, headers={"x-more": "1"})
    assert [sorted(dict(m[0]["headers"]).items()) for m in (quick,)] == [
        [
            (b"content-length", b"4"),
            (b"content-type", b"text/html; charset=utf-8"),
            (b"set-cookie", b"a=1; Path=/; SameSite=lax"),
            (b"vary", b"Cookie"),
        ]
    ]
    assert {*quick[0]["headers"], (b"x-more", b"1")} == {*slow[0]["headers"]}
    assert (quick[0]["status"], quick[1]["body"]) == (slow[0]["status"], slow[1]["body"])
