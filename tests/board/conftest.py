"""A run that was trained once, its board, and the page's modules by themselves."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import backlit
from backlit.board import board_of_run
from backlit.cli import main
from backlit.data import mnist
from backlit.train import load_net
from backlit.web import bundled, document

TOOLS = """
import {centred} from "./board/page/centre.js";
import {Ink} from "./board/page/ink.js";
import {backward, build, forward} from "./board/page/net.js";
import {places} from "./board/page/attribution.js";
import {reader} from "./board/page/unpack.js";
import {bytes} from "./web/js/bytes.js";
import {tensor} from "./board/page/tensor.js";
window.tools = {bytes, centred, Ink, backward, build, forward, places, reader, tensor};
"""


@pytest.fixture(scope="session")
def digits():
    return mnist().test


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """Train the default net, for a short time and so with more push."""
    folder = tmp_path_factory.mktemp("board") / "run"
    words = ("--init", "he", "--optimizer", "momentum", "--epochs", "3", "--quiet", "--no-check")
    assert main(["train", *words, "--folder", str(folder)]) == 0
    return folder


@pytest.fixture(scope="session")
def net(trained):
    return load_net(trained / "weights.safetensors")[0]


@pytest.fixture(scope="session")
def board(trained):
    return board_of_run(trained)


@pytest.fixture(scope="session")
def tools_page(tmp_path_factory):
    """A page with nothing but the board's modules, as ``tools``."""
    folder = tmp_path_factory.mktemp("tools")
    package = Path(backlit.__file__).parent
    for scripts in ("board/page", "web/js"):
        shutil.copytree(package / scripts, folder / scripts)
    (folder / "tools.js").write_text(TOOLS)
    path = folder / "tools.html"
    script = bundled("tools.js", folder)
    path.write_text(
        document(title="", lang="en", style="", body="", script=script, data=None),
        encoding="utf-8",
    )
    return path


@pytest.fixture
def tools(tools_page, visit):
    return visit(tools_page)
