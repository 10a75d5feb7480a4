"""The command as a whole."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import backlit
from backlit import board, gallery
from backlit.cli import main
from backlit.cli.arguments import parser


@pytest.mark.parametrize("words", [[], ["train"], ["predict"], ["check"], ["book"]])
def test_help_fits_and_has_no_holes(words, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    with pytest.raises(SystemExit) as leaving:
        main([*words, "--help"])
    assert leaving.value.code == 0
    out = capsys.readouterr().out
    assert "usage: backlit" in out
    assert "None" not in out
    assert max(map(len, out.splitlines())) <= 100


def test_version(capsys):
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"backlit {backlit.__version__}\n"


def test_check(run, tmp_path, capsys, refused):
    assert main(["check", str(run), "--samples", "20"]) == 0
    assert "affine1" in capsys.readouterr().out
    assert main(["check", str(run), "--samples", "3", "--batch", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"]
    assert "no such folder" in refused("check", tmp_path / "none")


def test_imports_stay_light():
    heavy = ["matplotlib", "PIL", "rich", "safetensors", "pooch", "backlit.board"]
    code = f"import sys, backlit.cli, backlit.train; print(sorted(sys.modules.keys() & {heavy}))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize(("command", "known"), [("board", board.words), ("gallery", gallery)])
def test_languages_are_those_there_are(command, known):
    for language in known.LANGUAGES:
        assert parser().parse_args([command, "--lang", language]).lang == language
    with pytest.raises(SystemExit):
        parser().parse_args([command, "--lang", "xx"])


def test_as_a_module():
    words = [sys.executable, "-m", "backlit", "--version"]
    found = subprocess.run(words, capture_output=True, text=True, check=True)
    assert found.stdout.split()[0] == "backlit"


def test_book(tmp_path, capsys, refused):
    script = tmp_path / "script.py"
    script.write_text("import sys\nfrom common.layers import Relu\nprint(Relu(), sys.argv[1:])\n")
    assert main(["book", str(script), "--flag", "3"]) == 0
    assert "['--flag', '3']" in capsys.readouterr().out
    assert "does not exist" in refused("book", tmp_path / "none.py")
    script.write_text("import backlit as bl\n\nbl.tensor('x')\n")
    assert main(["book", str(script)]) == 1
    assert "line 3" in capsys.readouterr().err
