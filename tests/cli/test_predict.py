"""``backlit predict``: images in, classes out."""

from __future__ import annotations

import json
import re
from itertools import product

import numpy as np
import pytest
from PIL import Image

from backlit.cli import main
from backlit.cli.images import framed, read_images
from backlit.data import mnist
from backlit.train import load_net


@pytest.fixture(scope="module")
def digits():
    test = mnist().test
    return test.x[:40].reshape(-1, 28, 28), test.t[:40]


def asked(capsys, *words):
    assert main(["predict", *map(str, words), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_digit_of_mnist_is_framed_as_it_is(digits):
    for image in digits[0]:
        lost = np.abs(framed(image, "", digits=True) - image / image.max())
        assert lost.max() < 0.2  # the faintest pixels at its edges
        assert lost.mean() < 0.002


KINDS = [
    "dark on light", "light on dark", "jpeg", "transparent", "white on transparent", "16 bit",
    "12 of 16 bits",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_are_read_as_what_they_show(kind, digits, tmp_path):
    rng = np.random.default_rng(0)
    for image in digits[0]:
        small = Image.fromarray((255 * image).astype(np.uint8))
        large = small.resize((140, 140), Image.Resampling.BICUBIC)
        ink = np.zeros((200, 260))
        top, left = rng.integers(0, 60), rng.integers(0, 120)
        ink[top : top + 140, left : left + 140] = np.asarray(large)
        path = tmp_path / ("x.jpg" if kind == "jpeg" else "x.png")
        if "transparent" in kind:
            pixels = np.full((*ink.shape, 4), 255 if kind.startswith("white") else 0, np.uint8)
            pixels[..., 3] = ink
            Image.fromarray(pixels).save(path)
        elif kind.endswith(("bit", "bits")):
            Image.fromarray((ink * (16 if kind.startswith("12") else 257)).astype(np.uint16)).save(
                path
            )
        else:
            grey = ink if kind == "light on dark" else 230 - 0.8 * ink
            Image.fromarray(np.repeat(grey[..., np.newaxis], 3, axis=2).astype(np.uint8)).save(path)
        read = read_images(path, raw=False, digits=True)
        assert read.shape == (1, 28, 28)
        shifts = product((-1, 0, 1), repeat=2)  # a centre of mass between two pixels
        lost = min(np.abs(np.roll(read[0], shift, (0, 1)) - image).mean() for shift in shifts)
        assert lost < 0.05


def test_answers(run, digits, tmp_path, capsys):
    images, labels = digits
    np.save(tmp_path / "batch.npy", images)
    np.save(tmp_path / "bytes.npy", (255 * images).round().astype(np.uint8))
    np.save(tmp_path / "one.npy", images[0])
    answers = asked(capsys, tmp_path / "batch.npy", "--run", run)
    assert (
        np.mean([answer["class"] == str(t) for answer, t in zip(answers, labels, strict=True)])
        > 0.8
    )
    assert answers[1]["image"].endswith("batch.npy[1]")
    for answer in answers:
        assert sum(answer["probabilities"].values()) == pytest.approx(1)
        assert max(answer["probabilities"], key=answer["probabilities"].get) == answer["class"]
    weights = run / "weights.safetensors"
    again = asked(capsys, tmp_path / "bytes.npy", "--weights", weights)
    assert [a["class"] for a in again] == [a["class"] for a in answers]
    (one,) = asked(capsys, tmp_path / "one.npy", "--run", run)
    assert one["class"] == answers[0]["class"]
    net, settings = load_net(weights)
    assert settings.hidden == (8,)
    assert not net.training


def test_the_newest_run_answers_in_words(run, digits, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(run.parent.parent)
    np.save(tmp_path / "seven.npy", digits[0][0])
    assert main(["predict", str(tmp_path / "seven.npy")]) == 0
    assert "seven.npy  7   (7 " in capsys.readouterr().out


def test_refusals(run, tmp_path, refused, monkeypatch):
    def saved(name, array):
        np.save(tmp_path / name, array)
        return tmp_path / name

    def said(path, *more):
        return refused("predict", path, "--run", run, *more)

    assert "could not be read" in said(tmp_path / "none.png")
    (tmp_path / "text.png").write_text("no image")
    assert "not an image" in said(tmp_path / "text.png")
    (tmp_path / "text.npy").write_text("no array")
    assert "not a whole .npy" in said(tmp_path / "text.npy")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "settings.json").write_bytes((run / "settings.json").read_bytes())
    unfinished = f"has not ended.*backlit train --resume {tmp_path / 'run'}`"
    assert re.search(unfinished, refused("predict", "x.png", "--run", tmp_path / "run"))
    Image.new("1", (10_000, 10_000)).save(tmp_path / "large.png")
    assert "more than the 89,478,485 pixels" in said(tmp_path / "large.png")
    Image.new("1", (20_000, 10_000)).save(tmp_path / "large.png")
    assert "more than the 89,478,485 pixels" in said(tmp_path / "large.png")
    Image.new("RGBA", (30, 30)).save(tmp_path / "clear.png")
    assert "shows nothing" in said(tmp_path / "clear.png")
    batch = said(saved("h.npy", np.zeros((2, 28, 29))))
    assert "(2, 28, 29)" in batch
    assert "(N, 28, 28)" in batch
    assert "--raw" not in batch
    assert "(2, 3, 4)" in said(saved("a.npy", np.zeros((2, 3, 4))))
    assert "(5,)" in said(saved("b.npy", np.zeros(5)))
    assert "-1" in said(saved("c.npy", np.full((28, 28), -1.0)))
    assert "no pixels" in said(saved("d.npy", np.array([["a"]])))
    assert "shows nothing" in said(saved("e.npy", np.full((28, 28), 0.5)))
    assert "28 × 28" in said(saved("f.npy", np.eye(30)), "--raw")
    image = saved("g.npy", np.eye(28))
    assert "no such folder" in refused("predict", image, "--run", tmp_path / "none")
    assert "could not be read" in refused("predict", image, "--weights", tmp_path / "none")
    (tmp_path / "w").write_bytes((run / "weights.safetensors").read_bytes()[:-1])
    assert "damaged" in refused("predict", image, "--weights", tmp_path / "w")
    monkeypatch.chdir(tmp_path)
    assert "no trained run" in refused("predict", image)
