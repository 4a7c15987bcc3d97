"""The demo from its first line to its orderly end, on a small site."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx

from procon.embedded.asgi import dispatch, host_of
from procon.embedded.demo import Address, Login, welcome
from procon.embedded.process import identity

from .conftest import children, until

HERE = Path(__file__).parent


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def begin(root: Path, port: int, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, str(HERE / "small_demo.py"), str(root), str(port), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": str(HERE)},
        text=True,
    )


def read_until(demo: subprocess.Popen[str], last: str) -> list[str]:
    assert demo.stdout is not None
    lines: list[str] = []
    while not lines or lines[-1] != last:
        line = demo.stdout.readline()
        assert line, f"ended early: {lines}"
        lines.append(line.rstrip("\n"))
    return lines


def ask(port: int) -> str:
    return httpx.get(f"http://127.0.0.1:{port}/", headers={"Host": "cidade.localhost"}).text


def answers_anew(port: int, before: str) -> bool:
    """Whether a server other than the one `before` answers."""
    try:
        return ask(port).split()[0] != before
    except httpx.TransportError:
        return False


LAST = "Ctrl-C encerra tudo; os dados ficam guardados para a próxima vez."


def test_whole_demo(root: Path) -> None:
    port = free_port()
    demo = begin(root, port)
    assert read_until(demo, LAST) == [
        "Iniciando o banco de dados, a fila, os arquivos e o correio…",
        "Preparando as cidades…",
        "Conferindo…",
        "Iniciando o portal…",
        "",
        "O Procon Digital está pronto. Abra no navegador:",
        "",
        f"  Cidade  http://cidade.localhost:{port}/",
        "",
        LAST,
    ]
    pids = children(root)
    assert set(pids) == {"postgres", "redis", "s3", "worker", "web"}
    site, *words = ask(port).split()
    assert words == ["demo", "preparado"]

    os.killpg(pids["web"], signal.SIGKILL)  # an accident: it comes back by itself
    assert until(lambda: answers_anew(port, site), 20)

    pids = children(root)
    demo.send_signal(signal.SIGTERM)
    output, _ = demo.communicate(timeout=30)
    assert output == "\nEncerrando…\nTudo encerrado. Os dados ficam guardados.\n"
    assert demo.returncode == 0
    assert [name for name, pid in pids.items() if identity(pid)] == []
    assert children(root) == {}


def test_busy_port_is_two_lines_and_status_1(root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        demo = begin(root, port)
        output, _ = demo.communicate(timeout=30)
    assert output.splitlines() == [
        f"A porta {port} já está em uso por outro programa.",
        f"Encerre esse programa ou escolha outra porta: `make demo PORT={port + 1}`.",
    ]
    assert demo.returncode == 1


def test_fault_in_a_step_is_a_sentence_and_the_trace_is_in_the_log(used_root: Path) -> None:
    demo = begin(used_root, free_port(), "defeito de propósito")
    output, _ = demo.communicate(timeout=30)
    log = used_root / "log" / "demo.log"
    assert output.splitlines() == [
        "Iniciando o banco de dados, a fila, os arquivos e o correio…",
        "Preparando as cidades…",
        "A etapa “Preparando as cidades” não terminou bem.",
        f"Veja o motivo no registro em {log}.",
    ]
    assert demo.returncode == 1
    assert "ValueError: defeito de propósito" in log.read_text()
    assert children(used_root) == {}


def test_welcome_is_one_screen() -> None:
    text = welcome(
        8000,
        [Address("Cidade", "cidade.localhost"), Address("Correio", "correio.localhost", "/")],
        [Login("consumer", "Ana, consumidora", "/entrar"), Login("vendor", "Edu", "/painel")],
    )
    assert text.split("\n") == [
        "",
        "O Procon Digital está pronto. Abra no navegador:",
        "",
        "  Cidade   http://cidade.localhost:8000/",
        "  Correio  http://correio.localhost:8000/",
        "",
        "Para entrar, escolha “Entrar com gov.br” e uma destas pessoas (sem senha):",
        "",
        "  consumer  Ana, consumidora  /entrar",
        "  vendor    Edu               /painel",
        "",
        LAST,
    ]


async def test_requests_go_to_the_application_of_their_host() -> None:
    def named(name: str) -> object:
        async def app(scope: object, receive: object, send: object) -> None:
            calls.append(name)

        return app

    calls: list[str] = []
    app = dispatch(named("product"), {"correio.localhost": named("mail")})  # type: ignore[arg-type,dict-item] # no real applications
    for kind, headers in (
        ("http", [(b"host", b"Correio.localhost:8000")]),
        ("http", [(b"host", b"x.correio.localhost")]),
        ("http", []),
        ("lifespan", [(b"host", b"correio.localhost")]),
    ):
        await app({"type": kind, "headers": headers}, None, None)  # type: ignore[arg-type] # unused
    assert calls == ["mail", "product", "product", "product"]
    assert host_of({"headers": [(b"host", b"A.localhost")]}) == "a.localhost"
