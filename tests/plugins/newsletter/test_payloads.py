"""Five hundred template-injection payloads, as title and as text: what went in comes out."""

from __future__ import annotations

from html import unescape
from itertools import product
from xml.etree import ElementTree

import pytest
from markdown_it.common.utils import escapeHtml

from procon.settings import REPOSITORY
from procon.tenancy.manifest import read
from procon_newsletter.mail.letter import Links, mail_html, to_web

FENCES = (
    "{{%s}}", "{%% %s %%}", "{{ %s }}", "${%s}", "#{%s}", "<%%= %s %%>", "{{{%s}}}", "@{%s}",
    "{# %s #}", "%%{%s}", "[[%s]]", "<mj-text>%s</mj-text>", "<mj-raw>%s</mj-raw>", "{$%s}",
    "<mj-include path=\"%s\" />", "<script>%s</script>", "<!--%s-->", "<![CDATA[%s]]>", "&%s;",
    "\"><svg onload=%s>",
)  # fmt: skip
CORES = (
    "7-7", "config", "self", "page.name", "shell.csrf token", "request.app", "().mro", "cycler.x",
    "lipsum", "range(9)", "import os", "x|safe", "raw", "endraw", "block title", "set x=1",
    "extends 'a'", "include 'a'", "1/0", "a if b else c", "'a'.join(b)", "Tx", "env", "7.7", "nbsp",
)  # fmt: skip
PAYLOADS = [fence % core for fence, core in product(FENCES, CORES)]
COLOURS = dict.fromkeys(("text", "surface", "brand", "on-brand", "text-muted", "link"), "#111111")
LINKS = Links("https://a.example", "https://b.example", "https://c.example")


def test_there_are_five_hundred() -> None:
    assert len(set(PAYLOADS)) == 500


@pytest.mark.parametrize("fence", FENCES)
def test_it_is_the_text_that_went_in(fence: str) -> None:
    tenant = read(REPOSITORY / "tenants", "contagem")
    for core in CORES:
        typed = fence % core
        # Markdown reads "&name;" as a character, "[[" as text; the title is never read.
        shown = to_web(f"Antes {typed} depois")
        html = mail_html(
            tenant, COLOURS, name="Boletim", title=typed, body=f"Antes {typed}.", links=LINKS
        )
        assert f"<h1>{escapeHtml(typed)}</h1>" in html.replace("&#34;", "&quot;").replace(
            "&#39;", "'"
        )
        root = ElementTree.fromstring(shown)  # noqa: S314 - our own page
        assert [one.tag for one in root.iter()] == ["p"]
        text = "".join(root.itertext())
        assert text == unescape(f"Antes {typed} depois")
        for bad in ("<script", "<svg", "<mj-", "<!--%", "<![CDATA["):
            assert bad not in html
