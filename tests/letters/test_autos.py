"""The whole case as one numbered PDF: complete, readable by both parties, proof against files."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID, uuid4

import pikepdf
import pytest
from PIL import Image

from letters.documents_support import act, detail, letters_of, opened, pdf_of, squeezed, worked
from letters.letters_support import BRAND, CIP_STAMP, cip, text_of
from procon.cases.commands import write_note
from procon.cases.log import entries
from procon.evidence.storage import Store
from procon.letters.autos.assemble import Built, Cover, assemble
from procon.letters.autos.commands import request_autos
from procon.letters.autos.pieces import LogRow, Piece
from procon.letters.autos.queries import autos_by_id
from procon.letters.typeset.render import grouped, render
from procon.settings import Settings
from support.cities import CPF, CPF_OTHER, City, MovingClock, citizen, filed, staff, supplier
from support.web import Web

HOSTILE = 'Fato: #eval("1+1") $x^2$ *n* {{ 7*7 }}'
SECRET = "A equipe desconfia do consumidor."
AT = datetime(2026, 11, 25, 11, 0, tzinfo=timezone(timedelta(hours=-3)))
COVER = Cover(
    case_number="2026.000123-4",
    facts=(("Consumidor(a)", "Ana Souza"),),
    made_at="25/11/2026, às 11h00min00s",
    acts=1,
    verdict="O registro está íntegro.",
    head="ab" * 32,
    code="7K3M9QXA2D5F",
    at=AT,
)


def photo(mode: str = "RGB", size: tuple[int, int] = (400, 300)) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 90 if mode == "L" else "#3366aa").save(out, "JPEG")
    return out.getvalue()


def letter(rotate: int = 0) -> bytes:
    pdf = render("cip", cip(), brand=BRAND, stamp=CIP_STAMP)
    with pikepdf.open(io.BytesIO(pdf)) as one:
        for page in one.pages:
            page.obj[pikepdf.Name.Rotate] = rotate
        out = io.BytesIO()
        one.save(out)
    return out.getvalue()


def locked() -> bytes:
    with pikepdf.open(io.BytesIO(letter())) as one:
        out = io.BytesIO()
        one.save(out, encryption=pikepdf.Encryption(owner="dono", user="segredo"))
    return out.getvalue()


def acting() -> bytes:
    """A PDF that would run a script, open a page and show a note."""
    with pikepdf.open(io.BytesIO(letter())) as one:
        action = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        one.Root[pikepdf.Name.OpenAction] = action
        page = one.pages[0]
        page.obj[pikepdf.Name.AA] = pikepdf.Dictionary(O=action)
        link = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 99, 99], A=action
        )
        page.obj[pikepdf.Name.Annots] = one.make_indirect([one.make_indirect(link)])
        out = io.BytesIO()
        one.save(out)
    return out.getvalue()


def piece(kind: str, title: str, key: str = "", text: str = "") -> Piece:
    return Piece(
        kind,  # type: ignore[arg-type]  # one of the kinds
        title,
        AT,
        (("SHA-256", "cd" * 32),),
        text,
        key=key,
        link="http://procon.example/arquivos/1/baixar" if key else "",
    )


LOG = Piece(
    "log",
    "Registro dos atos",
    AT,
    text="Cada ato tem um código.",
    rows=(LogRow(1, "hoje", "Registro", "Foi registrada.", "", "Ana", "ef" * 32),),
)


def built(*pieces: Piece, **bodies: bytes) -> Built:
    return assemble([*pieces, LOG], bodies, COVER, BRAND)


def reading(pdf: bytes) -> tuple[list[str], list[tuple[str, int]]]:
    """The text of each page without its spaces, and the bookmarks with their page, from 1."""
    with pikepdf.open(io.BytesIO(pdf)) as book:
        pages = []
        for page in book.pages:
            with pikepdf.new() as single:
                single.pages.append(page)
                out = io.BytesIO()
                single.save(out)
            pages.append(corner(page) + _text(out.getvalue()))
        index = {page.objgen: number for number, page in enumerate(book.pages, start=1)}
        with book.open_outline() as outline:
            marks = [(str(one.title), index[one.destination[0].objgen]) for one in outline.root]  # type: ignore[index]
    return pages, marks


def corner(page: pikepdf.Page) -> str:
    """What our own Helvetica says on a page, its spaces gone."""
    font, out = "", []
    for operands, operator in pikepdf.parse_content_stream(page):
        if str(operator) == "Tf":
            font = str(operands[0])
        elif str(operator) == "Tj" and font.startswith("/ProconFls"):
            out.append(bytes(operands[0]).decode("cp1252"))
    return squeezed("".join(out))


def _text(pdf: bytes) -> str:
    with pikepdf.open(io.BytesIO(pdf)) as one:
        fonts = one.pages[0].Resources.get("/Font", {})
        if all("/ToUnicode" not in font for font in fonts.values()):
            return ""
        for name in [name for name, font in fonts.items() if "/ToUnicode" not in font]:
            fonts[name][pikepdf.Name.ToUnicode] = one.make_stream(_LATIN)
        out = io.BytesIO()
        one.save(out)
    try:
        return text_of(out.getvalue())
    except KeyError:
        return ""


_LATIN = b"".join(b"<%04X> <%04X>\n" % (c, c) for c in range(65_536) if c < 1)


def test_pieces_are_numbered_listed_and_bookmarked() -> None:
    book = built(
        piece("text", "Reclamação", text=HOSTILE),
        piece("pdf", "Carta", "carta"),
        piece("photo", "Foto: porta.jpg", "foto"),
        carta=letter(),
        foto=photo(),
    )
    pages, marks = reading(book.pdf)
    assert book.pages == len(pages) == 2 + 1 + 2 + 1 + 1
    assert marks == [
        ("Capa e índice", 1),
        ("Reclamação (fls. 3)", 3),
        ("Carta (fls. 4 a 5)", 4),
        ("Foto: porta.jpg (fls. 6)", 6),
        ("Registro dos atos (fls. 7)", 7),
    ]
    for number, page in enumerate(pages, start=1):
        assert f"fls.{number}Processo2026.000123-4·7K3M-9QXA-2D5F" in page
    assert "Foto:porta.jpg" in corner_of(book.pdf, 6)
    with pikepdf.open(io.BytesIO(book.pdf)) as pdf:
        assert str(pdf.Root.Lang) == "pt-BR"
        assert str(pdf.docinfo.Title) == "Processo completo (autos) – Processo 2026.000123-4"
        assert len(pdf.pages[5].get_images()) == 1


def corner_of(pdf: bytes, number: int) -> str:
    with pikepdf.open(io.BytesIO(pdf)) as book:
        return corner(book.pages[number - 1])


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_the_number_stands_where_the_reader_sees_the_corner(rotate: int) -> None:
    book = built(piece("pdf", "Carta", "carta"), carta=letter(rotate))
    with pikepdf.open(io.BytesIO(book.pdf)) as pdf:
        page = pdf.pages[2]
        assert int(page.obj.get("/Rotate", 0)) == rotate
        text = page.Contents[-1].read_bytes().decode("latin-1")  # type: ignore[index]
    width, height = (595.276, 841.89) if rotate in (0, 180) else (841.89, 595.276)
    matrix = [float(one) for one in text.split("cm")[0].split("q")[1].split()]
    corner_x, corner_y = (
        matrix[0] * width + matrix[2] * height + matrix[4],
        matrix[1] * width + matrix[3] * height + matrix[5],
    )
    # Where the seen top right corner is on the page as it is stored.
    wanted = {0: (595.276, 841.89), 90: (0, 841.89), 180: (0, 0), 270: (595.276, 0)}[rotate]
    assert (round(corner_x), round(corner_y)) == (round(wanted[0]), round(wanted[1]))


@pytest.mark.parametrize(
    ("kind", "body", "sentence"),
    [
        ("pdf", b"%PDF-1.7 nada", "está danificado e não abre"),
        ("pdf", b"", "está danificado e não abre"),
        ("pdf", locked(), "tem senha e não abre"),
        ("photo", b"\xff\xd8\xff nada", "está danificado e não abre"),
        ("photo", letter(), "está danificado e não abre"),
    ],
)
def test_a_file_that_does_not_open_becomes_a_sheet(kind: str, body: bytes, sentence: str) -> None:
    book = built(
        piece(kind, "Prova", "prova"), piece("pdf", "Carta", "carta"), prova=body, carta=letter()
    )
    pages, marks = reading(book.pdf)
    assert [mark[1] for mark in marks] == [1, 3, 4, 6]
    plain = typeset_text(book.pdf, 3)
    assert squeezed(sentence) in plain
    assert "cd" * 32 in plain
    assert "procon.example/arquivos/1/baixar" in plain
    assert len(pages) == 6


def typeset_text(pdf: bytes, number: int) -> str:
    """The typeset text of one page; our Helvetica, which has no table, is left out."""
    with pikepdf.open(io.BytesIO(pdf)) as book, pikepdf.new() as single:
        single.pages.append(book.pages[number - 1])
        page = single.pages[0]
        kept = [
            (operands, operator)
            for operands, operator in _but_ours(pikepdf.parse_content_stream(page))
        ]
        page.Contents = single.make_stream(pikepdf.unparse_content_stream(kept))
        fonts = page.Resources.Font
        for name in [name for name in fonts if name.startswith("/ProconFls")]:
            del fonts[name]
        out = io.BytesIO()
        single.save(out)
    return text_of(out.getvalue())


def _but_ours(stream: list[object]) -> list[tuple[object, object]]:
    font, kept = "", []
    for operands, operator in stream:  # type: ignore[misc]
        if str(operator) == "Tf":
            font = str(operands[0])
        if not (font.startswith("/ProconFls") and str(operator) in ("Tf", "Tj")):
            kept.append((operands, operator))
        elif str(operator) == "Tj":
            font = ""
    return kept


def test_scripts_and_links_of_a_strangers_pdf_stay_outside() -> None:
    book = built(piece("pdf", "Carta", "carta"), carta=acting())
    assert b"JavaScript" not in pikepdf_plain(book.pdf)
    assert b"app.alert" not in pikepdf_plain(book.pdf)


def pikepdf_plain(pdf: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(pdf)) as book:
        out = io.BytesIO()
        book.save(
            out,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            stream_decode_level=pikepdf.StreamDecodeLevel.generalized,
            compress_streams=False,
        )
    return out.getvalue()


def test_gray_and_cmyk_photos_and_a_long_index() -> None:
    bodies = {"gray": photo("L"), "cmyk": photo("CMYK")}
    pieces = [piece("photo", f"Foto {place}", key) for place in range(60) for key in bodies]
    book = assemble([*pieces, LOG], bodies, COVER, BRAND)
    _, marks = reading(book.pdf)
    front = marks[1][1] - 1
    assert front > 2
    assert [page for _, page in marks[1:]] == list(range(front + 1, front + 122))
    assert book.leaves[-1].last == book.pages


async def attached(city: City, settings: Settings, case_id: UUID, body: bytes, kind: str) -> None:
    """A file of the case with its bytes, as the upload would have left it."""
    key = f"{city.slug}/evidence/{uuid4()}"
    await Store(settings).put(key, body, kind)
    async with city.scope() as tx:
        await tx.execute(
            "INSERT INTO evidence_file (id, owner_kind, owner_id, case_id, attached_to, object_key,"
            " upload_id, name, declared_size, size, sha256, media_type, state, reason, parts,"
            " uploaded_by, created_at, attached_at, copy_key) VALUES ($1, 'case', $1, $2, $2, $3,"
            " '', $4, $5, $5, $6, $7, 'kept', '', '{}', 'citizen:', $8, $8, $9)",
            uuid4(),
            case_id,
            key,
            f"prova.{kind.rpartition('/')[2]}",
            len(body),
            hashlib.sha256(body).hexdigest(),
            kind,
            datetime.now(UTC),
            key if kind.startswith("image/") else None,
        )


async def whole(web: Web, city: City, settings: Settings, case_id: UUID) -> tuple[str, bytes]:
    """The autos as a party gets them: asked for on the page, built by the worker."""
    path = f"/processos/{(await detail(city, case_id)).number}/autos"
    assert (await web.post(city, path, actor=citizen())).status_code == 303
    waiting = await web.get(city, path, actor=citizen())
    assert "Estamos montando o arquivo" in waiting.text
    assert f'hx-get="{path}/andamento"' in waiting.text
    assert f'href="{path}">Atualizar</a>' in waiting.text
    await worked(city, settings)
    async with city.scope() as tx:
        autos_id = await request_autos(tx, case_id=case_id)
        autos = await autos_by_id(tx, autos_id)
    assert autos is not None
    assert autos.state == "ready"
    [volume] = [
        one for one in await letters_of(city, case_id, "AUTOS") if one.id == autos.letter_id
    ]
    pdf = await pdf_of(settings, city, volume)
    assert (len(pdf), volume.sha256) == (autos.size, hashlib.sha256(pdf).digest())
    return grouped(volume.code), pdf


async def test_a_real_case_has_everything_that_the_parties_may_see(
    web: Web, city: City, settings: Settings
) -> None:
    case_id = await opened(city, narrative=HOSTILE)
    await attached(city, settings, case_id, photo(), "image/jpeg")
    await attached(city, settings, case_id, letter(), "application/pdf")
    await attached(city, settings, case_id, b"som", "audio/mpeg")
    await attached(city, settings, case_id, locked(), "application/pdf")
    await act(city, case_id, "notify_supplier", text="Explique a demora.")
    await act(city, case_id, "file_defence", text=f"Defesa. {HOSTILE}")
    async with city.scope() as tx:
        await write_note(tx, actor=staff(), case_id=case_id, text=SECRET)
    await worked(city, settings)
    code, pdf = await whole(web, city, settings, case_id)
    _, marks = reading(pdf)
    titles = [title.rpartition(" (fls.")[0] or title for title, _ in marks]
    year = datetime.now(UTC).year
    assert sorted(titles) == sorted(
        [
            "Capa e índice",
            "Reclamação",
            "Recibo de registro da reclamação",
            f"Termo de abertura de reclamação nº 1/{year}",
            f"Termo de notificação para resposta nº 1/{year}",
            "Defesa",
            "Recibo eletrônico de protocolo",
            "Foto: prova.jpeg",
            "PDF: prova.pdf",
            "PDF: prova.pdf",
            "Áudio: prova.mpeg",
            "Registro dos atos",
        ]
    )
    assert (titles[0], titles[1], titles[-1]) == (
        "Capa e índice",
        "Reclamação",
        "Registro dos atos",
    )
    with pikepdf.open(io.BytesIO(pdf)) as book:
        count = len(book.pages)
    cover = typeset_text(pdf, 1)
    assert f"com{count}folhas" in cover
    assert squeezed("O registro dos atos foi conferido elo por elo e está íntegro.") in cover
    assert code in cover
    index = typeset_text(pdf, 2)
    for title, _page in marks[1:]:
        assert squeezed(title.rpartition(" (fls.")[0]) in index
    text = "".join(
        typeset_text(pdf, number)
        for title, page in marks
        if not title.startswith("Foto")
        for number in (page,)
    )
    async with city.scope() as tx:
        log = await entries(tx, case_id, internal=False)
        internal = [one for one in await entries(tx, case_id, internal=True) if one.internal]
    pages_of_log = "".join(typeset_text(pdf, n) for n in range(marks[-1][1], count + 1))
    assert [one.hash for one in log if one.hash not in pages_of_log] == []
    assert [one.hash for one in internal if one.hash in pages_of_log] == []
    assert len(internal) == 1
    assert text.count(squeezed(HOSTILE)) >= 2
    assert squeezed(SECRET) not in text
    assert CPF not in text
    assert "529.982" not in text
    assert "tem senha e não abre".replace(" ", "") in text


async def test_an_unchanged_case_has_one_volume_and_a_changed_one_says_so(
    web: Web, city: City, settings: Settings
) -> None:
    case_id = await opened(city)
    await worked(city, settings)
    path = f"/processos/{(await detail(city, case_id)).number}/autos"
    fresh = await web.get(city, path, actor=supplier())
    assert "Montar o processo completo" in fresh.text
    assert (await web.get(city, f"{path}/pdf", actor=citizen())).status_code == 404
    code, _ = await whole(web, city, settings, case_id)
    for actor in (citizen(), supplier(), staff()):
        ready = await web.get(city, path, actor=actor)
        assert "O arquivo está pronto" in ready.text
        assert code in ready.text
        assert "hx-get" not in ready.text
        file = await web.get(city, f"{path}/pdf", actor=actor)
        assert (file.status_code, f"/{city.slug}/letters/" in file.headers["location"]) == (
            303,
            True,
        )
        await web.post(city, path, actor=actor)
    await worked(city, settings)
    assert len(await letters_of(city, case_id, "AUTOS")) == 1
    async with city.scope() as tx:
        assert await tx.fetchval("SELECT count(*) FROM autos") == 1
    await act(city, case_id, "notify_supplier", text="Explique.")
    old = await web.get(city, path, actor=citizen())
    assert "O processo mudou depois disso." in old.text
    await worked(city, settings)
    again, _ = await whole(web, city, settings, case_id)
    assert again != code
    page = await web.get(city, f"/verificar?codigo={code}")
    assert "Processo completo (autos)" in page.text
    # The volume is no letter of the case.
    case = await web.get(city, path.removesuffix("/autos"), actor=citizen())
    assert "Processo completo (autos)" not in case.text
    assert path in case.text


async def test_the_autos_are_for_who_may_see_the_case(
    web: Web, city: City, other: City, settings: Settings
) -> None:
    number = (await filed(city)).number
    await worked(city, settings)
    for tail in ("", "/andamento", "/pdf"):
        path = f"/processos/{number}/autos{tail}"
        assert (await web.get(city, path, actor=citizen(CPF_OTHER))).status_code == 403
        # Not told of the complaint yet.
        assert (await web.get(city, path, actor=supplier())).status_code == 403
        assert (await web.get(other, path, actor=citizen())).status_code == 404
        assert (await web.get(city, path)).status_code == 303
    path = f"/processos/{number}/autos"
    assert (await web.post(city, path, actor=citizen(CPF_OTHER))).status_code == 403
    async with city.scope() as tx:
        assert await tx.fetchval("SELECT count(*) FROM autos") == 0


async def test_bytes_that_are_gone_leave_a_sheet_and_a_dead_store_a_new_try(
    web: Web, city: City, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = await opened(city)
    await attached(city, settings, case_id, photo(), "image/jpeg")
    await worked(city, settings)
    path = f"/processos/{(await detail(city, case_id)).number}/autos"

    def fails(*_: object) -> None:
        raise OSError("no room")

    with monkeypatch.context() as patch:
        patch.setattr("procon.letters.autos.jobs.assemble", fails)
        await web.post(city, path, actor=citizen())
        from procon.app import work_handlers  # noqa: PLC0415 - once
        from procon.jobs.outbox import drain  # noqa: PLC0415

        await drain(city.db, city.tenant, work_handlers(settings))
    failed = await web.get(city, path, actor=citizen())
    assert "Não conseguimos montar o arquivo desta vez." in failed.text
    async with city.scope() as tx:
        await tx.execute("UPDATE outbox SET done_at = $1 WHERE topic = 'autos/build'", tx.now)
        await tx.execute("UPDATE evidence_file SET copy_key = object_key || 'x'")
    _, pdf = await whole(web, city, settings, case_id)
    _, marks = reading(pdf)
    [place] = [page for title, page in marks if title.startswith("Foto")]
    assert "danificadoenãoabre" in typeset_text(pdf, place)


async def test_a_volume_that_never_comes_can_be_asked_for_again(
    web: Web, city: City, settings: Settings, clock: MovingClock
) -> None:
    case_id = await opened(city)
    await worked(city, settings)
    path = f"/processos/{(await detail(city, case_id)).number}/autos"
    await web.post(city, path, actor=citizen())
    async with city.scope() as tx:
        # As after a worker that died of it eight times.
        await tx.execute("UPDATE outbox SET parked_at = $1 WHERE topic = 'autos/build'", tx.now)
        await tx.execute("UPDATE autos SET state = 'building'")
    assert "Estamos montando" in (await web.get(city, path, actor=citizen())).text
    clock.forward(minutes=16)
    given_up = await web.get(city, path, actor=citizen())
    assert "Não conseguimos montar o arquivo desta vez." in given_up.text
    await web.post(city, path, actor=citizen())
    async with city.scope() as tx:
        await tx.execute("UPDATE outbox SET parked_at = NULL, available_at = $1", tx.now)
    await worked(city, settings)
    assert "O arquivo está pronto" in (await web.get(city, path, actor=citizen())).text
    async with city.scope() as tx:
        rows = await tx.fetch("SELECT state FROM autos ORDER BY asked_at")
    assert [row[0] for row in rows] == ["failed", "ready"]
