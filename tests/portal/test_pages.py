"""Pages as a browser receives them: look, language, headers, fragments, preferences."""

from __future__ import annotations

import gzip
import re

import pytest
from jinja2 import UndefinedError
from litestar import Litestar
from litestar.testing import TestClient
from msgspec import Struct

from procon.portal.assets import page_weight
from procon.portal.render import (
    Portal,
    build_portal,
    file_size,
    is_local,
    keep_lines,
    long_date,
    plural,
)
from procon.portal.shell import Flash
from procon.settings import REPOSITORY

from .conftest import NOW, PAGES

Client = TestClient[Litestar]
CITIES = ("campinas", "contagem")
NAMES = tuple(sorted(path.stem for path in PAGES.glob("*.html")))


@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize("actor", ["", "citizen", "staff"])
@pytest.mark.parametrize("name", NAMES)
def test_every_page_renders_in_every_theme(site: Client, name: str, actor: str, city: str) -> None:
    answer = site.get(f"/amostra/{name}", headers={"x-city": city, "x-actor": actor})
    assert answer.status_code == 200
    assert answer.text.count("<h1") == 1
    assert f"Procon {city.title()}</title>" in answer.text
    assert '<html lang="pt-BR"' in answer.text
    assert "Maria Aparecida <b>" not in answer.text


def test_undefined_name_is_an_error(portal: Portal) -> None:
    class Short(Struct, frozen=True):
        errors: dict[str, str] = {}

    template = portal.environment("base", "America/Sao_Paulo").from_string("{{ page.missing }}")
    with pytest.raises(UndefinedError):
        template.render(page=Short())


def test_refused_form_says_so_and_keeps_what_was_typed(site: Client) -> None:
    answer = site.get("/amostra/form?erros=1", headers={"x-city": "campinas"})
    assert answer.status_code == 422
    assert "<title>Erro: Nova reclamação – Procon Campinas</title>" in answer.text
    assert re.findall(r'<li><a href="#(\w+)">', answer.text) == ["cpf", "fato", "data", "como"]
    for field in ("cpf", "fato", "data", "como"):
        assert f'id="{field}"' in answer.text
    assert 'value="&lt;script&gt;alert(1)&lt;/script&gt;"' in answer.text
    # One line break after the tag is dropped by browsers: the typed one must be the second.
    assert ">\n\n&lt;script&gt;alert(1)" in answer.text
    assert "<script>alert" not in answer.text


def test_htmx_gets_title_and_content_only(site: Client) -> None:
    headers = {"x-city": "campinas", "HX-Request": "true", "HX-Request-Type": "partial"}
    part = site.get("/amostra/home", headers=headers)
    assert part.text.lstrip().startswith("<title>Início – Procon Campinas</title>")
    assert "<main" not in part.text
    assert "<h1" in part.text
    for extra in ({"HX-Request-Type": "full"}, {"HX-History-Restore-Request": "true"}):
        assert "<main" in site.get("/amostra/home", headers={**headers, **extra}).text


def test_headers_of_pages(site: Client) -> None:
    public = site.get("/amostra/home", headers={"x-city": "campinas"}).headers
    assert public["Vary"] == "HX-Request, HX-Request-Type, Cookie"
    assert public["Cache-Control"] == "private, no-cache"
    assert public["Content-Language"] == "pt-BR"
    assert public["Content-Type"] == "text/html; charset=utf-8"
    signed = site.get("/amostra/home", headers={"x-city": "campinas", "x-actor": "citizen"})
    assert signed.headers["Cache-Control"] == "no-store"


def test_every_script_has_the_nonce_of_its_answer(site: Client) -> None:
    first, second = (site.get("/amostra/home", headers={"x-city": "campinas"}) for _ in range(2))
    nonces = set()
    for answer in (first, second):
        policy = answer.headers["Content-Security-Policy"]
        found = re.search(r"script-src 'nonce-([\w-]+)'", policy)
        assert found is not None
        assert set(re.findall(r'nonce="([^"]+)"', answer.text)) == {found[1]}
        assert len(re.findall(r"<script\b", answer.text)) == len(
            re.findall(r"<script\b[^>]*nonce=", answer.text)
        )
        nonces.add(found[1])
    assert len(nonces) == 2


def test_navigation_is_what_the_person_may_use(site: Client) -> None:
    def menu(actor: str, path: str = "/amostra/home") -> list[str]:
        html = site.get(path, headers={"x-city": "campinas", "x-actor": actor}).text
        block = html.partition('<ul class="pg-menu__lista">')[2].partition("</ul>")[0]
        return re.findall(r">([^<]+)</a>", block)

    assert menu("") == ["Início", "Reclamar"]
    assert menu("citizen") == ["Início", "Reclamar", "Minhas reclamações"]
    assert menu("staff") == ["Início", "Reclamar", "Meu dia"]


def test_access_keys_lead_to_what_exists(site: Client) -> None:
    html = site.get("/amostra/home", headers={"x-city": "campinas", "x-actor": "staff"}).text
    keys = dict(re.findall(r'<a href="#(\w+)" accesskey="(\d)">', html))
    assert keys == {"conteudo": "1", "menu": "2", "busca": "3", "rodape": "4"}
    for target in keys:
        assert html.count(f'id="{target}"') == 1


def test_ids_are_unique(site: Client) -> None:
    for name in NAMES:
        html = site.get(f"/amostra/{name}", headers={"x-city": "campinas", "x-actor": "staff"}).text
        ids = re.findall(r'\sid="([^"]+)"', html)
        assert sorted(set(ids)) == sorted(ids), name


def test_sites_without_a_city(site: Client) -> None:
    hosts = {
        "plataforma.localhost": "Procon Digital",
        "fornecedores.localhost": "Procon Digital para empresas",
    }
    for host, name in hosts.items():
        html = site.get("/amostra/home", headers={"x-host": host}).text
        assert f"<title>Início – {name}</title>" in html
        assert "Município" not in html


def test_preferences_without_javascript(site: Client) -> None:
    form = {"contraste": "alto", "voltar": "/amostra/home?a=1"}
    answer = site.post("/preferencias", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/amostra/home?a=1")
    assert answer.headers["Set-Cookie"].startswith("procon-contraste=alto;")
    html = site.get(
        "/amostra/home",
        headers={"x-city": "campinas", "Cookie": "procon-contraste=alto; procon-fonte=2"},
    ).text
    assert 'class="alto-contraste fonte-2"' in html
    assert 'name="contraste" value="normal"' in html
    site.cookies.clear()


@pytest.mark.parametrize("away", ["//evil.example", "https://evil.example", "/\\evil", "", "/a\nb"])
def test_preferences_never_leave_the_site(site: Client, away: str) -> None:
    answer = site.post("/preferencias", data={"fonte": "9", "voltar": away})
    assert answer.headers["Location"] == "/"
    assert "Set-Cookie" not in answer.headers
    assert not is_local(away)


def test_strange_preference_cookies_are_ignored(site: Client) -> None:
    cookie = 'procon-contraste="><script>; procon-fonte=99; procon-aviso=Zm9v.deadbeef'
    html = site.get("/amostra/home", headers={"x-city": "campinas", "Cookie": cookie}).text
    assert 'class=" fonte-0"' in html
    assert "recado-titulo" not in html


def test_notice_is_shown_once(site: Client) -> None:
    saved = site.post("/salvar")
    assert (saved.status_code, saved.headers["Location"]) == (303, "/amostra/home")
    page = site.get("/amostra/home", headers={"x-city": "campinas"})
    assert "Nota salva. “Ótimo” &amp; &lt;certo&gt;" in page.text
    again = site.get("/amostra/home", headers={"x-city": "campinas"})
    assert "Nota salva" not in again.text


def test_forged_notice_is_ignored(portal: Portal) -> None:
    value = portal.sign_notice(Flash("Certo", "important"))
    assert portal.read_notice(value) == Flash("Certo", "important")
    text, mac = value.split(".")
    for forged in ("", ".", text, f"{text}.", f"{text[:-4]}.{mac}", f"{text}.{mac[:-1]}", "é.é"):
        assert portal.read_notice(forged) is None


def test_static_files_never_change_under_their_address(site: Client, portal: Portal) -> None:
    url = portal.asset("campinas", "procon.css")
    answer = site.get(url, headers={"Accept-Encoding": "identity"})
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    packed = site.get(url, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.content == answer.content
    etag = {"If-None-Match": answer.headers["ETag"]}
    assert site.get(url, headers=etag).status_code == 304
    assert site.get(url.replace(".css", "0.css")).status_code == 404
    assert site.get("/t/..%2f..%2fsettings.py").status_code == 404


def test_cities_have_their_own_look(site: Client, portal: Portal) -> None:
    sheets = {portal.theme_url(slug) for slug in (*CITIES, "base")}
    assert len(sheets) == 3
    for city in CITIES:
        html = site.get("/amostra/home", headers={"x-city": city}).text
        assert f'href="{portal.theme_url(city)}"' in html
        assert f'src="{portal.asset(city, "logo.svg")}"' in html


def test_weight_of_pages(site: Client, portal: Portal) -> None:
    html = site.get("/amostra/form", headers={"x-city": "campinas"}).text
    own = page_weight(html, portal.file_at, first=False)
    assert own == len(gzip.compress(html.encode(), 6, mtime=0))
    first = page_weight(html, portal.file_at, first=True)
    # govuk-frontend.min.css and htmx.min.js weigh 16.1 and 13.4 kB compressed.
    assert first + 29_500 <= 60_000
    assert own <= 25_000
    css = portal.file_at(portal.asset("base", "procon.css"))
    script = portal.file_at(portal.asset("base", "procon.js"))
    assert css is not None
    assert css.zipped is not None
    assert len(css.zipped) < 8_000
    assert script is not None
    assert script.zipped is not None
    assert len(script.zipped) < 3_000


def test_two_folders_cannot_offer_the_same_template() -> None:
    with pytest.raises(ValueError, match=r"template case\.html is in"):
        build_portal(
            themes_dir=REPOSITORY / "themes",
            assets_dir=PAGES,
            secret_key="k",
            template_dirs=[PAGES, PAGES],
        )


def test_dates_use_the_city_s_clock(portal: Portal) -> None:
    def written(timezone: str) -> str:
        source = "{{ now|data_hora }}, {{ now|data }}, {{ now|data_extenso }}"
        return portal.environment("base", timezone).from_string(source).render(now=NOW)

    expected = "25/11/2026 às 14h05, 25/11/2026, 25 de novembro de 2026"
    assert written("America/Sao_Paulo") == expected
    assert written("America/Rio_Branco").startswith("25/11/2026 às 12h05")


def test_words_for_people() -> None:
    assert [plural(n, "dia", "dias") for n in (0, 1, 2)] == ["0 dias", "1 dia", "2 dias"]
    assert str(keep_lines("a<b>\nc")) == "a&lt;b&gt;<br>c"
    sizes = (1, 812, 1000, 2_400_000, 999_960, 5_000_000_000)
    assert [file_size(n) for n in sizes] == [
        "1 byte", "812 bytes", "1 kB", "2,4 MB", "1 MB", "5 GB",
    ]  # fmt: skip
    assert long_date(NOW.date().replace(month=3, day=1)) == "1º de março de 2026"
