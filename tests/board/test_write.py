"""Writing the page: what is in it, what is refused, and what the command says."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

import backlit as bl
from backlit.board import board_of_run, write_board
from backlit.board.parts import parts_of
from backlit.board.words import LANGUAGES, words
from backlit.cli import main
from backlit.data import Split
from backlit.errors import DataError, ShapeError, ValueRefusedError
from backlit.layers import Affine, Sequential, Softmax
from backlit.train import History, Settings
from backlit.train.documents import write_document
from backlit.train.settings import ACTIVATIONS, MODELS


def refusal(error, *arguments, **options):
    with pytest.raises(error) as refused:
        write_board(*arguments, **options)
    return str(refused.value)


def content(path):
    """Return the data in a page, and the page without it."""
    text = path.read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    return json.loads(found[1]), text.replace(found[1], "")


def test_the_command(trained, tmp_path, capsys):
    out = tmp_path / "page.html"
    assert main(["board", str(trained), "--out", str(out)]) == 0
    first, second = capsys.readouterr().out.splitlines()
    size = out.stat().st_size
    assert first == f"{out}  {size / 1000:.0f} kB, 39,760 parameters as float32"
    assert re.search(r"^with --float16 19\d kB, and as many of 2000 test digits right", second)
    assert main(["board", str(trained), "--out", str(out), "--float16", "--lang", "ja"]) == 0
    half = out.stat().st_size
    assert half < 220_000
    assert "as float16" in capsys.readouterr().out
    data, _ = content(out)
    assert data["net"]["dtype"] == "float16"
    assert data["words"] == words("ja")
    assert main(["board", str(trained)]) == 0
    assert (trained / "board.html").stat().st_size == size
    accuracy = History.load(trained / "history.json")[-1].test_accuracy
    _, around = content(trained / "board.html")
    assert f"784-50-10, trained on MNIST · {100 * accuracy:.1f} % of the test" in around


def test_pages_ask_for_nothing_and_are_the_same_each_time(net, digits, tmp_path):
    once, twice = (write_board(tmp_path / name, net, digits).path for name in ("a", "b"))
    assert once.read_bytes() == twice.read_bytes()
    assert not re.search(r"https?://|\b(?:src|href)=|@import|url\(", content(once)[1])


def test_the_samples_are_of_every_class_and_some_are_mistaken(board):
    data, _ = content(board.path)
    labels, wrong = data["samples"]["labels"], data["samples"]["wrong"]
    assert labels[:10] == list(range(10))
    assert wrong == [False] * 10 + [True] * 4


def test_runs_on_other_data_are_refused(trained, tmp_path):
    settings = json.loads((trained / "settings.json").read_text())["content"]
    for data, name in (("fashion-mnist", "fashion"),):
        (tmp_path / name).mkdir()
        changed = {**settings, "settings": {**settings["settings"], "data": data}}
        write_document(tmp_path / name / "settings.json", "settings", changed)
        with pytest.raises(DataError, match="was trained on fashion-mnist"):
            board_of_run(tmp_path / name)
    x, t = np.zeros((9, 8), np.float32), np.arange(9) % 3
    bl.fit(Affine(8, 3), (x, t), epochs=1, folder=tmp_path / "own", progress=False)
    with pytest.raises(DataError, match=r"your own fit, on Split\(x: \(9, 8\).*write_board"):
        board_of_run(tmp_path / "own")
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "settings.json").write_bytes((trained / "settings.json").read_bytes())
    with pytest.raises(DataError, match=r"has not ended.*--resume"):
        board_of_run(tmp_path / "half")
    assert main(["board", str(tmp_path / "fashion")]) == 2


def test_nets_and_options_that_make_no_board_are_refused(tmp_path, digits):
    out, few = tmp_path / "page.html", Split(digits.x[:50], digits.t[:50])
    net = Affine(784, 10, rng=0)
    assert "(5,)" in refusal(ShapeError, out, Affine(784, 5), few)
    assert "(1, 784)" in refusal(ShapeError, out, Affine(8, 10), few)
    assert "en, ja, ko" in refusal(ValueRefusedError, out, net, few, lang="de")
    assert "float64" in refusal(ValueRefusedError, out, net, few, precision="float64")
    assert "(50, 9)" in refusal(ShapeError, out, net, Split(np.zeros((50, 9)), few.t))
    assert "labels" in refusal(ValueRefusedError, out, net, Split(few.x, few.t + 1))
    assert "labels" in refusal(ShapeError, out, net, Split(few.x, np.eye(10)[few.t]))
    assert "no samples" in refusal(ValueRefusedError, out, net, Split(few.x[:0], few.t[:0]))
    for x in (few.x * 255, few.x - 1, few.x * np.nan):
        assert "from 0 (paper) to 1 (ink)" in refusal(ValueRefusedError, out, net, (x, few.t))
    assert "no name of a file" in refusal(DataError, "", net, (few.x, few.t))
    broken = Affine(784, 10)
    broken.W.data[3, 4] = np.nan
    assert "affine.W holds numbers that are not finite" in refusal(
        ValueRefusedError, out, broken, few
    )
    assert not list(tmp_path.iterdir())


def test_float16_is_refused_where_it_does_harm(net, tmp_path, digits):
    W, b = net[2].W.data, net[2].b.data
    # The same in every score changes no answer; beside it float16 keeps too little of the rest.
    high = Sequential(net[0], net[1], Affine.from_arrays(W + 3000, b))
    said = refusal(ValueRefusedError, tmp_path / "x", high, digits, precision="float16")
    assert re.search(r"with float16 \d+ of 2000 test digits are right, and with float32 1\d+", said)
    board = write_board(tmp_path / "x", high, digits)
    assert board.right_half != board.right
    large = Sequential(net[0], net[1], Affine.from_arrays(W + 1e5, b))
    said = refusal(ValueRefusedError, tmp_path / "x", large, digits, precision="float16")
    assert "too large for float16" in said
    assert write_board(tmp_path / "x", large, digits).right_half is None


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_net_that_backlit_train_makes_has_a_board(model, activation):
    net = Settings(model=model, activation=activation, hidden=(7, 5), dropout=0.1).net()
    apart = parts_of(net)
    assert apart.parts[-1].shape == (10,)
    assert apart.curved == (activation not in {"relu", "leaky-relu"})


def test_a_softmax_at_the_end_is_left_to_the_page(net, tmp_path, digits):
    plain = write_board(tmp_path / "a", net, digits, name="net").path
    ended = write_board(tmp_path / "b", Sequential(*net, Softmax()), digits, name="net").path
    assert plain.read_bytes() == ended.read_bytes()


def test_every_language_says_everything():
    english = words("en")
    for lang in LANGUAGES:
        said = words(lang)
        assert list(said) == list(english)
        assert len(said["parts"]) == 9
        for key, text in said.items():
            gaps = [sorted(re.findall(r"\{\w+\}", str(t))) for t in (text, english[key])]
            assert gaps[0] == gaps[1], (lang, key)
