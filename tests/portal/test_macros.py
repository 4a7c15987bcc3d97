"""Our form macros give the HTML of govuk-frontend, as its published Jinja port renders it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from jinja2 import Environment, PackageLoader, PrefixLoader

from procon.portal.render import Portal

# `data-module` only wakes the library's JavaScript, which is not loaded.
IGNORED = {"data-module"}
NAME = "x"
HINT, ERROR = "Uma <dica>", "Um <erro>"


class Tokens(HTMLParser):
    """HTML as a comparable list: no white space between tags, attributes in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, Any]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kept = sorted(
            (name, " ".join(sorted((value or "").split())) if name == "class" else value)
            for name, value in attrs
            if name not in IGNORED
        )
        self.found.append((tag, kept))

    def handle_endtag(self, tag: str) -> None:
        self.found.append(("end", tag))

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.found.append(("text", " ".join(data.split())))


@pytest.fixture(scope="module")
def library() -> Environment:
    """The Jinja port, in an environment as it expects."""
    loader = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
    return Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)


def theirs(library: Environment, component: str, macro: str, params: dict[str, Any]) -> list[Any]:
    template = library.get_template(f"govuk_frontend_jinja/components/{component}/macro.html")
    return Tokens(str(getattr(template.module, macro)(params))).found


def ours(portal: Portal, macro: str, *args: Any, **kwargs: Any) -> list[Any]:
    template = portal.environment("base", "America/Sao_Paulo").get_template("macros/form.html")
    return Tokens(str(getattr(template.module, macro)(*args, **kwargs))).found


def message(text: str) -> dict[str, str]:
    return {"text": text, "visuallyHiddenText": "Erro"}


FIELD = {
    "id": NAME,
    "name": NAME,
    "label": {"text": "Um <rótulo>"},
    "hint": {"text": HINT},
    "errorMessage": message(ERROR),
}
OURS: dict[str, Any] = {"hint": HINT, "errors": {NAME: ERROR, "outro": "nada"}}
GROUP = {
    "idPrefix": NAME,
    "name": NAME,
    "fieldset": {"legend": {"text": "A?", "classes": "govuk-fieldset__legend--s"}},
    "hint": {"text": HINT},
    "errorMessage": message(ERROR),
    "items": [
        {"value": "1", "text": "Um", "hint": {"text": "primeiro"}, "checked": False},
        {"value": "2", "text": "Dois <", "checked": True},
    ],
}
OPTIONS = [{"value": "1", "label": "Um", "hint": "primeiro"}, {"value": "2", "label": "Dois <"}]


def test_text_field(library: Environment, portal: Portal) -> None:
    expected = theirs(
        library,
        "input",
        "govukInput",
        {
            **FIELD,
            "value": 'a"b',
            "classes": "govuk-input--width-10",
            "inputmode": "numeric",
            "autocomplete": "name",
            "prefix": {"text": "R$"},
            "attributes": {"maxlength": "9", "hx-get": "/busca"},
        },
    )
    given = ours(
        portal,
        "text_field",
        NAME,
        "Um <rótulo>",
        'a"b',
        width=10,
        inputmode="numeric",
        autocomplete="name",
        prefix="R$",
        maxlength=9,
        attributes={"hx-get": "/busca"},
        **OURS,
    )
    assert given == expected


def test_text_field_alone(library: Environment, portal: Portal) -> None:
    expected = theirs(library, "input", "govukInput", {"name": NAME, "label": {"text": "A"}})
    assert ours(portal, "text_field", NAME, "A") == expected


def test_text_field_as_heading(library: Environment, portal: Portal) -> None:
    label = {"text": "A", "isPageHeading": True, "classes": "govuk-label--l"}
    expected = theirs(library, "input", "govukInput", {"name": NAME, "label": label})
    assert ours(portal, "text_field", NAME, "A", heading=True) == expected


def test_textarea(library: Environment, portal: Portal) -> None:
    expected = theirs(library, "textarea", "govukTextarea", {**FIELD, "value": "<i>", "rows": 8})
    assert ours(portal, "textarea", NAME, "Um <rótulo>", "<i>", rows=8, **OURS) == expected


def test_select(library: Environment, portal: Portal) -> None:
    items = [{"value": "1", "text": "Um"}, {"value": "2", "text": "Dois <", "selected": True}]
    expected = theirs(library, "select", "govukSelect", {**FIELD, "items": items})
    assert ours(portal, "select", NAME, "Um <rótulo>", OPTIONS, "2", **OURS) == expected


def test_radios(library: Environment, portal: Portal) -> None:
    params = {**GROUP, "classes": "govuk-radios--inline govuk-radios--small"}
    expected = theirs(library, "radios", "govukRadios", params)
    given = ours(portal, "radios", NAME, "A?", OPTIONS, "2", inline=True, small=False, **OURS)
    assert given != expected
    # a small group keeps a light legend
    params["classes"] = "govuk-radios--inline"
    assert given == theirs(library, "radios", "govukRadios", params)


def test_checkboxes(library: Environment, portal: Portal) -> None:
    expected = theirs(library, "checkboxes", "govukCheckboxes", GROUP)
    assert ours(portal, "checkboxes", NAME, "A?", OPTIONS, ("2",), **OURS) == expected


def test_date_field(library: Environment, portal: Portal) -> None:
    parts = (("Dia", "_dia", "", 2, "1"), ("Mês", "_mes", "_mes", 2, "2"))
    items = [
        {
            "id": NAME + suffix,
            "name": NAME + name,
            "label": label,
            "value": value,
            "classes": f"govuk-input--width-{width} govuk-input--error",
        }
        for label, name, suffix, width, value in (*parts, ("Ano", "_ano", "_ano", 4, "2026"))
    ]
    legend = {"text": "Quando?", "classes": "govuk-fieldset__legend--s"}
    params = {
        "id": NAME,
        "fieldset": {"legend": legend},
        "hint": {"text": HINT},
        "errorMessage": message(ERROR),
        "items": items,
    }
    expected = theirs(library, "date-input", "govukDateInput", params)
    # Ours gives the first box the field's id, so that the error summary lands in it.
    expected = [
        ("div", [("class", "govuk-date-input")])
        if token == ("div", [("class", "govuk-date-input"), ("id", NAME)])
        else token
        for token in expected
    ]
    assert ours(portal, "date_field", NAME, "Quando?", "1", "2", "2026", **OURS) == expected


def test_file_field(library: Environment, portal: Portal) -> None:
    attributes = {"accept": "image/*", "capture": "environment"}
    params = {**FIELD, "multiple": True, "attributes": attributes}
    expected = theirs(library, "file-upload", "govukFileUpload", params)
    given = ours(portal, "file_field", NAME, "Um <rótulo>", multiple=True, **attributes, **OURS)
    assert given == expected


@pytest.mark.parametrize("kind", ["secondary", "warning"])
def test_button(library: Environment, portal: Portal, kind: str) -> None:
    params = {"text": "Vai <", "classes": f"govuk-button--{kind}", "name": "a", "value": "b"}
    expected = theirs(library, "button", "govukButton", params)
    assert ours(portal, "button", "Vai <", kind=kind, name="a", value="b") == [
        (tag, sorted([*rest, ("type", "submit")]))
        if tag == "button" and len(rest) < 4
        else (tag, rest)
        for tag, rest in expected
    ]


def test_error_summary(library: Environment, portal: Portal) -> None:
    params = {
        "titleText": "Há um problema",
        "errorList": [{"text": "Um <", "href": "#a"}, {"text": "Dois", "href": "#b"}],
        "attributes": {"id": "erros", "tabindex": "-1", "data-foco": ""},
    }
    expected = [
        (tag, [("data-foco", None) if a == ("data-foco", "") else a for a in rest])
        if isinstance(rest, list)
        else (tag, rest)
        for tag, rest in theirs(library, "error-summary", "govukErrorSummary", params)
    ]
    assert ours(portal, "error_summary", {"a": "Um <", "b": "Dois"}) == expected
    assert ours(portal, "error_summary", {}) == []


def test_summary_list(library: Environment, portal: Portal) -> None:
    params = {
        "rows": [
            {
                "key": {"text": "Nome"},
                "value": {"text": "<Maria>"},
                "actions": {
                    "items": [{"href": "/n", "text": "Alterar", "visuallyHiddenText": "Nome"}]
                },
            },
            {"key": {"text": "CPF"}, "value": {"text": "1"}},
        ]
    }
    expected = theirs(library, "summary-list", "govukSummaryList", params)
    rows = [
        {"key": "Nome", "value": "<Maria>", "href": "/n", "action": "Alterar"},
        {"key": "CPF", "value": "1", "href": "", "action": ""},
    ]
    assert ours(portal, "summary_list", rows) == expected
