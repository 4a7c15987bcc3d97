"""A browser without a screen or JavaScript: cookies, redirects and forms, for the story."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
from msgspec import Struct, field

Files = list[tuple[str, tuple[str, bytes, str]]]


class Unexpected(Exception):
    """A page is not what the story needs; the text says what was seen."""


class Form(Struct):
    """A form of a page: where it goes and what it holds as it stands."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.text: list[str] = []
        self._area = ""
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").lower()))
            self._open = True
        if not self._open or not (name := given.get("name", "")):
            return
        form = self.forms[-1]
        form.names.add(name)
        kind = given.get("type", "text")
        if tag == "textarea":
            self._area = name
            form.values[name] = ""
        elif tag == "input" and kind in {"hidden", "text", "email", "tel", "search", "number"}:
            form.values[name] = given.get("value", "")
        elif tag == "input" and kind in {"radio", "checkbox"} and "checked" in given:
            form.values[name] = given.get("value", "on")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = False
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1].values[self._area] += data
        self.text.append(data)


class _Loopback(httpx.HTTPTransport):
    """Reaches `*.localhost` at 127.0.0.1, as browsers do and Linux resolvers do not."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host.endswith(".localhost"):
            request.url = request.url.copy_with(host="127.0.0.1")
        return super().handle_request(request)


class Page:
    """An answer, read."""

    def __init__(self, response: httpx.Response, url: str) -> None:
        self.status, self.url, self.html = response.status_code, url, response.text
        reader = _Reader()
        reader.feed(self.html)
        self.forms = reader.forms
        self.text = re.sub(r"\s+", " ", " ".join(reader.text))

    @property
    def path(self) -> str:
        """Path of the page's address."""
        return urlsplit(self.url).path

    def form(self, action: str) -> Form:
        """The first posting form whose action ends with `action`.

        Raises:
            Unexpected: there is none.
        """
        for form in self.forms:
            if form.method == "post" and urlsplit(form.action).path.endswith(action):
                return form
        found = ", ".join(form.action for form in self.forms)
        raise Unexpected(f"{self.url} ({self.status}) não tem o formulário {action}; tem: {found}")

    def must_say(self, *sentences: str) -> None:
        """Raises Unexpected unless each sentence is on the page."""
        for sentence in sentences:
            if sentence not in self.text:
                raise Unexpected(f"{self.url} ({self.status}) não diz “{sentence}”")


class Browser:
    """One person's browser."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._cookies: dict[str, dict[str, str]] = {}
        self._http = httpx.Client(transport=_Loopback(), timeout=30, follow_redirects=False)
        self.page: Page | None = None

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def url(self, host: str, path: str) -> str:
        """Address of `path` on `host`."""
        return f"http://{host}:{self._port}{path}"

    def open(self, url: str) -> Page:
        """GET, following redirects."""
        return self._go("GET", url)

    def submit(
        self, form: Form, values: Mapping[str, str | list[str]], files: Files | None = None
    ) -> Page:
        """Send a form with `values` over what it holds.

        Raises:
            Unexpected: it has no field of one of these names.
        """
        if self.page is None:
            raise Unexpected("nenhuma página está aberta")
        if missing := set(values) - form.names:
            raise Unexpected(f"{self.page.url}: o formulário não tem {sorted(missing)}")
        data = {**form.values, **values}
        target = urljoin(self.page.url, form.action or self.page.url)
        if form.method == "get":
            return self._go("GET", str(httpx.URL(target, params=data)))
        return self._go("POST", target, data=data, files=files)

    def _go(self, method: str, url: str, **body: Any) -> Page:
        origin = f"{urlsplit(url).scheme}://{urlsplit(url).netloc}"
        for _ in range(12):
            response = self._send(method, url, origin, body)
            if response.status_code not in {301, 302, 303, 307}:
                self.page = Page(response, url)
                return self.page
            url, method, body = urljoin(url, response.headers["location"]), "GET", {}
        raise Unexpected(f"{url}: redirecionamentos demais")

    def _send(self, method: str, url: str, origin: str, body: dict[str, Any]) -> httpx.Response:
        host = urlsplit(url).hostname or ""
        jar = self._cookies.setdefault(host, {})
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in jar.items())}
        if method == "POST":
            headers |= {"Origin": origin, "Sec-Fetch-Site": "same-origin"}
        self._http.cookies.clear()
        response = self._http.request(method, url, headers=headers, **body)
        for cookie in response.cookies.jar:
            jar[cookie.name] = cookie.value or ""
            if not cookie.value:
                del jar[cookie.name]
        return response

    def post_bare(self, url: str, data: Mapping[str, str]) -> httpx.Response:
        """POST as another server does: no cookie, no Origin, no page before."""
        self._http.cookies.clear()
        return self._http.post(url, data=dict(data))

    def fetch(self, url: str) -> httpx.Response:
        """GET of something that is not a page, following redirects (also to another origin)."""
        for _ in range(4):
            response = self._send("GET", url, "", {})
            if response.status_code not in {301, 302, 303, 307}:
                return response
            url = urljoin(url, response.headers["location"])
        raise Unexpected(f"{url}: redirecionamentos demais")
