"""What becomes of a drawing before the net sees it."""

from __future__ import annotations

from base64 import b64decode, b64encode
from itertools import pairwise

import numpy as np

from backlit.cli.images import framed

# Arrays travel as base64: Playwright is slow with long lists.
FRAME = """([ink, side]) =>
  Array.from(tools.centred(new Float32Array(tools.bytes(ink).buffer), side) ?? [])"""
STAMP = """(image) => {
  const ink = new tools.Ink();
  ink.stamp(image, 28);
  return Array.from(tools.centred(ink.values, 280));
}"""
STROKES = """([strokes, width]) => {
  const ink = new tools.Ink();
  for (const [x, y, x2, y2, erase] of strokes) {
    ink.stroke({x, y}, {x: x2, y: y2}, width, Boolean(erase));
  }
  const bytes = new Uint8Array(ink.values.buffer);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}"""


def centred(tools, ink):
    text = b64encode(ink.astype("<f4").tobytes()).decode()
    seen = np.array(tools.evaluate(FRAME, [text, len(ink)]))
    return seen.reshape(28, 28) if len(seen) else None


def drawn(tools, strokes, width=20):
    values = b64decode(tools.evaluate(STROKES, [strokes, width]))
    return np.frombuffer(values, "<f4").reshape(280, 280)


def test_a_test_digit_enlarged_on_the_pad_comes_back_as_it_was(tools, digits):
    images = digits.x[::250].reshape(-1, 28, 28)
    whole = 0
    for image in images:
        back = np.array(tools.evaluate(STAMP, image.ravel().tolist())).reshape(28, 28)
        whole += np.abs(back - image / image.max()).max() < 1e-6
    # A centre of mass between two pixels may be rounded the other way.
    assert whole >= len(images) - 1


def test_drawings_are_laid_out_as_images_from_files_are(tools):
    rng = np.random.default_rng(0)
    for _ in range(6):
        points = rng.uniform(30, 250, (4, 2))
        strokes = [[*a, *b, 0] for a, b in pairwise(points)]
        ink = drawn(tools, strokes, rng.uniform(10, 40))
        # Without soft edges, which are cut off at a fifth in a file, and not on the pad.
        hard = (ink > 0.5).astype(float)
        mine, theirs = centred(tools, hard), framed(hard, "", digits=True)
        assert np.abs(mine - theirs / theirs.max()).mean() < 0.01
        assert mine.max() == 1
        rows, columns = np.nonzero(mine)
        assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
        mass = [(mine.sum(1 - axis) * np.arange(28)).sum() / mine.sum() for axis in (0, 1)]
        assert np.abs(np.array(mass) - 14).max() < 0.51 or 0 in {rows.min(), columns.min()}


def test_the_ends_of_what_can_be_drawn(tools):
    assert centred(tools, np.zeros((10, 10))) is None
    for ink in (np.ones((280, 280)), np.eye(1), np.pad([[0.01]], 100), np.ones((1, 1))):
        square = np.zeros((max(ink.shape),) * 2)
        square[: ink.shape[0], : ink.shape[1]] = ink
        seen = centred(tools, square)
        assert np.count_nonzero(seen) == 400
        assert (seen[5:25, 5:25] == 1).all()
    line = drawn(tools, [[140, 5, 140, 275, 0]], 4)
    assert np.count_nonzero(centred(tools, line).any(axis=0)) <= 2


def test_a_round_pen(tools):
    ink = drawn(tools, [[140, 140, 140, 140, 0]], 40)
    y, x = np.mgrid[:280, :280] + 0.5
    far = np.hypot(x - 140, y - 140)
    assert (ink[far < 19] == 1).all()
    assert (ink[far > 21] == 0).all()
    assert abs(ink.sum() - np.pi * 400) < 5
    assert np.array_equal(ink, ink.T)
    wiped = drawn(tools, [[100, 140, 180, 140, 0], [140, 90, 140, 190, 1]], 30)
    assert (wiped[:, 130:150] == 0).all()
    assert (wiped[135:145, 100:120] == 1).all()
    assert drawn(tools, [[-50, -50, -90, 900, 0]]).sum() == 0


def test_where_most_of_it_lies_is_named(tools):
    values = np.zeros((28, 28))
    values[0, 0], values[27, 27], values[14, 14], values[14, 0] = 3, 6, 0.5, -1
    told = tools.evaluate("(v) => [tools.places(v, 1, 28), tools.places(v, -1, 28)]",
                          values.ravel().tolist())  # fmt: skip
    (first, second), against = told
    assert (first[0], second[0]) == (8, 0)
    assert (round(first[1], 3), round(second[1], 3)) == (0.632, 0.316)
    assert against == [[3, 1]]
