"""``backlit gallery``: files, the page that shows them, and what is refused."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import backlit as bl
from backlit.cli import main
from backlit.gallery import ENTRIES, Setting, caption, write
from backlit.gallery.entries import entries

ROOT = Path(__file__).parents[2]


def test_files_and_page(tmp_path, capsys):
    where = tmp_path / "new" / "slides"
    asked = [str(where), "--lang", "ja", "--theme", "dark", "--format", "SVG, png,pdf,"]
    assert main(["gallery", *asked, "--only", "relu-on", "apples-gradients"]) == 0
    told = capsys.readouterr().out
    kinds = ("pdf", "png", "svg")
    found = sorted(path.name for path in where.iterdir())
    expected = [f"{id}.{kind}" for id in ("apples-gradients", "relu-on") for kind in kinds]
    assert found == sorted([*expected, "index.html"])
    assert all(file in told for file in found)
    assert (where / "relu-on.pdf").read_bytes().startswith(b"%PDF-")
    assert (where / "relu-on.png").read_bytes().startswith(b"\x89PNG")
    ET.parse(where / "relu-on.svg")
    page = (where / "index.html").read_text("utf-8")
    assert page.index(caption("apples-gradients", "ja")) < page.index(caption("relu-on", "ja"))
    assert '<html lang="ja">' in page
    assert page.count("<svg") == 2
    assert not re.search(r"<script|<link|@import|url\((?!data:)|/\*", page)
    assert re.findall(r'href="([^"]*)"', page) == [
        f"{id}.{kind}" for id in ("apples-gradients", "relu-on") for kind in ("svg", "png", "pdf")
    ]


def test_list(capsys):
    assert main(["gallery", "--list", "--lang", "ko"]) == 0
    told = capsys.readouterr().out
    assert all(entry.id in told for entry in ENTRIES)
    assert caption("add-node", "ko") in told


def test_a_chart_is_saved_like_a_figure(tmp_path):
    index = write(tmp_path, formats=["svg", "png", "pdf", "html"], only=["training-curve"])
    names = sorted(path.name for path in index.parent.iterdir())
    assert names == ["index.html", *(f"training-curve.{k}" for k in ("html", "pdf", "png", "svg"))]
    chart = entries(["training-curve"])[0].draw(Setting())
    with pytest.raises(bl.ValueRefusedError, match=r"\.svg, \.png or \.pdf"):
        chart.save(tmp_path / "x.gif")


def test_one_format_and_one_figure_need_no_list(tmp_path):
    for _ in range(2):  # what is there already is replaced
        index = write(tmp_path, formats="svg", only="add-node")
    assert sorted(path.name for path in index.parent.iterdir()) == ["add-node.svg", "index.html"]


def test_what_is_refused(tmp_path, capsys):
    with pytest.raises(bl.ValueRefusedError, match="no figure 'apple'; there are apples-values"):
        write(tmp_path, only=["apple"])
    with pytest.raises(bl.ValueRefusedError, match="no format 'gif'; there are svg"):
        write(tmp_path, formats=["svg", "gif"])
    with pytest.raises(bl.ValueRefusedError, match="no format is given"):
        write(tmp_path, formats=[])
    with pytest.raises(bl.ValueRefusedError, match="en, ja, ko"):
        write(tmp_path, language="fr")
    with pytest.raises(bl.ValueRefusedError, match="light, dark, print"):
        write(tmp_path, theme="sepia", only=["add-node"])
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").write_text("in the way")
    assert main(["gallery", str(tmp_path / "file"), "--only", "add-node"]) == 2
    assert "could not be made" in capsys.readouterr().err


def test_the_first_picture_of_the_readme_is_the_gallerys():
    """Made by `python docs/_ext/gallery_figures.py`; fonts are packed differently by each zlib."""

    def drawn(text):
        return re.sub(r"base64,[^)]*", "", text)

    committed = (ROOT / "docs/images/price.svg").read_text("utf-8")
    figure = entries(["apples-gradients"])[0].draw(Setting())
    assert drawn(committed) == drawn(figure.svg)
    assert "docs/images/price.svg" in (ROOT / "README.md").read_text("utf-8")
