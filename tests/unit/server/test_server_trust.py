"""What a server needs to start with: the library that checks signed tokens, clients for tokens, a temporary folder."""

from __future__ import annotations

import sys
import tempfile
from typing import TYPE_CHECKING

from publisher.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_without_pyjwt_the_server_does_not_start_and_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "server.trust", None)  # as where PyJWT cannot be imported
    clients = tmp_path / "clients.json"
    clients.write_text('{"clients": []}', encoding="utf-8")
    assert main(["new", "knee-pain", str(tmp_path / "artifacts")]) == 0
    assert main(["compile", str(tmp_path / "artifacts")]) == 0
    assert main(["serve", str(tmp_path / "artifacts"), "--port", "0", "--clients", str(clients)]) == 1
    assert capsys.readouterr().err.endswith(
        "error clients-file: Signed tokens need PyJWT: "
        f"`{sys.executable} -m pip install 'PyJWT[crypto]'`, or leave --clients out.\n"
    )


def test_a_file_of_tokens_without_clients_does_not_make_an_open_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", "knee-pain", str(tmp_path / "artifacts")]) == 0
    assert main(["compile", str(tmp_path / "artifacts")]) == 0
    tokens = tmp_path / "tokens.sqlite"
    assert main(["serve", str(tmp_path / "artifacts"), "--port", "0", "--tokens", str(tokens)]) == 1
    assert capsys.readouterr().err.endswith(
        "error clients-file: --tokens keeps tokens of known clients, and none are known: "
        "name them by --clients, or leave it out.\n"
    )
    assert not tokens.exists()


def test_a_server_without_a_folder_for_temporary_files_says_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", "knee-pain", str(tmp_path / "artifacts")]) == 0
    assert main(["compile", str(tmp_path / "artifacts")]) == 0
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))  # what TMPDIR came to
    assert main(["serve", str(tmp_path / "artifacts"), "--port", "0"]) == 1
    assert capsys.readouterr().err.endswith(
        "error file-unreadable: There is no folder for temporary files (No such file or directory); "
        "name one by TMPDIR, such as /dev/shm.\n"
    )
