"""The page as a person uses it, in a browser."""

from __future__ import annotations

from base64 import b64decode, b64encode

import numpy as np
import pytest

import backlit as bl
from backlit.board import write_board
from backlit.layers import Affine, BatchNorm, Conv2d, Flatten, MaxPool2d, ReLU, Sequential, Tanh
from backlit.tensor import tensor
from backlit.train import outputs

FRAMES = """() => new Promise((done) => {
  requestAnimationFrame(() => requestAnimationFrame(done));
})"""
FOCUSED = """() => {
  const now = document.activeElement;
  return now.id || now.name || now.className || now.parentElement.id;
}"""
# Many numbers travel as base64: Playwright is slow with long lists.
REPLAY = """(text) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const images = new Float32Array(bytes.buffer);
  const found = {answers: [], probabilities: [], pixels: ""};
  for (let i = 0; i < images.length; i += 784) {
    const {answer, probabilities, pixels} = board.read(images.subarray(i, i + 784));
    found.answers.push(answer);
    found.probabilities.push(probabilities);
    const raw = new Uint8Array(Float32Array.from(pixels).buffer);
    found.pixels += Array.from(raw, (byte) => String.fromCharCode(byte)).join("");
  }
  return {...found, pixels: btoa(found.pixels)};
}"""
ANSWER = "() => document.getElementById('verdict').textContent"


def settled(page):
    """Wait for two frames: the page computes once a frame."""
    page.evaluate(FRAMES)


def text(page, selector):
    return page.locator(selector).inner_text()


def slopes(net, image, digit, rival=None):
    """Return the gradient of a score, or of the lead of one over another, by Python."""
    x = tensor(image[np.newaxis].astype(np.float64), "x")
    scores = net.astype(np.float64).eval()(x)
    score = scores[0, digit] if rival is None else scores[0, digit] - scores[0, rival]
    score.backward()
    return x.grad[0], score.item()


def sample(net, digits, digit):
    """Return the test digit that the page offers: the first of its class that the net has right."""
    right = outputs(net, digits.x[:2000]).argmax(axis=1) == digits.t[:2000]
    return digits.x[np.flatnonzero(right & (digits.t[:2000] == digit))[0]]


def test_200_test_digits_replayed(visit, board, net, digits):
    page = visit(board.path)
    which = slice(0, None, 50)
    images, labels = digits.x[which], digits.t[which]
    read = page.evaluate(REPLAY, b64encode(images.astype("<f4").tobytes()).decode())
    answers = np.array(read["answers"], int)
    assert len(answers) == 200
    assert np.mean(answers == labels) >= 0.95
    # The page and Python agree on the very pixels that the page saw.
    pixels = np.frombuffer(b64decode(read["pixels"]), "<f4").reshape(-1, 784)
    probabilities = np.array(read["probabilities"])
    scores = outputs(net.astype(np.float64), pixels)
    assert np.array_equal(scores.argmax(axis=1), answers)
    expected = bl.softmax(scores).numpy()
    assert np.abs(probabilities - expected).max() < 1e-5
    # And hardly a digit is taken for another because it went over the pad.
    assert np.mean(outputs(net, images).argmax(axis=1) == answers) >= 0.98


def test_a_digit_painted_on_the_pad_is_read_and_explained(visit, board, net, digits):
    page = visit(board.path)
    assert text(page, "#said") == "Nothing is drawn yet."
    assert page.locator("#hint").is_visible()
    assert text(page, "#unit-value") == "affine1, unit 1: –"
    page.click("#samples button:nth-child(4)")
    settled(page)
    assert page.evaluate(ANSWER) == "3"
    assert "The test set says 3 too." in text(page, "#said")
    assert not page.locator("#hint").is_visible()
    image = sample(net, digits, 3)
    seen = page.evaluate("(image) => board.read(image).pixels", image.tolist())
    for rival in (None, 8):
        told = page.evaluate("([p, r]) => board.run(p, 3, r)", [seen, rival])
        dx, score = slopes(net, np.array(seen), 3, rival)
        assert np.abs(np.array(told["gradient"]) - dx).max() < 1e-5
        if rival is None:
            total = (np.array(seen) * dx).sum()
            assert f"{total:+.2f}; the score of 3 is {score:.2f}" in text(page, "#sum")
            most = np.abs(np.array(seen) * dx).max()
            assert text(page, "#most") == f"+{most:.2f}"
    # Every pixel can be read, and says what Python says.
    page.focus("#spoke")
    page.keyboard.press("Home")
    assert text(page, "#pixel") == "row 1, column 1: ink 0.00, shown 0.00"
    row, column = divmod(int(np.argmax(np.array(seen) * slopes(net, np.array(seen), 3)[0])), 28)
    for key, times in (("ArrowDown", row), ("ArrowRight", column)):
        for _ in range(times):
            page.keyboard.press(key)
    value = (np.array(seen) * slopes(net, np.array(seen), 3)[0]).max()
    assert text(page, "#pixel").startswith(f"row {row + 1}, column {column + 1}: ink ")
    assert text(page, "#pixel").endswith(f"shown +{value:.2f}")
    assert page.get_attribute("#spoke", "aria-valuetext") == text(page, "#pixel")


def test_of_a_net_without_biases_the_pixels_explain_everything(visit, net, digits, tmp_path):
    plain = Sequential(Affine.from_arrays(net[0].W.data, np.zeros(50)), ReLU(),
                       Affine.from_arrays(net[2].W.data, np.zeros(10)))  # fmt: skip
    page = visit(write_board(tmp_path / "x.html", plain, digits).path)
    page.click("#samples button:nth-child(1)")
    settled(page)
    assert text(page, "#sum").endswith("The rest, 0.00, is the biases’ share.")


def test_questions(visit, board):
    page = visit(board.path)
    page.click("#samples button:nth-child(5)")
    settled(page)
    both = page.evaluate("() => document.getElementById('spoke').toDataURL()")
    for side, words in (
        ("for", "Only what adds to the score of 4"),
        ("against", "Only what takes away from the score of 4"),
        ("rival", "the lead of 4’s score over 9’s"),
    ):
        page.check(f"input[name=side][value={side}]", force=True)
        settled(page)
        assert words in text(page, "#meaning")
        assert page.evaluate("() => document.getElementById('spoke').toDataURL()") != both
    assert "the lead of 4’s score over 9’s is" in text(page, "#sum")
    page.check("input[name=method][value=slope]", force=True)
    settled(page)
    assert "empty pixels included" in text(page, "#meaning")
    assert text(page, "#sum") == ""
    # Another class is asked about, and back to the answer.
    page.check("input[name=method][value=product]", force=True)
    page.check("input[name=side][value=both]", force=True)
    page.click("#bars li:nth-child(10) button")
    settled(page)
    assert text(page, "#asked") == "Asked about 9, your choice."
    assert page.get_attribute("#bars li:nth-child(10) button", "aria-pressed") == "true"
    assert "the score of 9 is" in text(page, "#sum")
    assert page.evaluate(ANSWER) == "4"
    page.click("#bars li:nth-child(10) button")
    settled(page)
    assert text(page, "#asked") == "Asked about 4, the answer."


def test_mouse_eraser_undo_and_clear(visit, board):
    page = visit(board.path)
    box = page.locator("#pad").bounding_box()

    def stroke(*points):
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=4)
        page.mouse.up()
        settled(page)

    stroke((0.5, 0.15), (0.5, 0.85))
    assert page.evaluate(ANSWER) == "1"
    seen = page.evaluate("() => document.getElementById('sees').toDataURL()")
    page.check("input[name=tool][value=erase]", force=True)
    stroke((0.3, 0.5), (0.7, 0.5))
    assert page.evaluate("() => document.getElementById('sees').toDataURL()") != seen
    page.click("#undo")
    settled(page)
    assert page.evaluate("() => document.getElementById('sees').toDataURL()") == seen
    page.click("#clear")
    settled(page)
    assert text(page, "#said") == "Nothing is drawn yet."
    page.keyboard.press("Control+z")
    settled(page)
    assert page.evaluate(ANSWER) == "1"
    page.click("#undo")
    settled(page)
    assert page.locator("#undo").is_disabled()
    # A sample and a stroke beyond the edge; the sample's label holds only while it is untouched.
    page.check("input[name=tool][value=pen]", force=True)
    page.click("#samples button:nth-child(1)")
    settled(page)
    assert "The test set says" in text(page, "#said")
    stroke((0.9, 0.5), (1.2, 0.5))
    assert "The test set says" not in text(page, "#said")


def test_keyboard_alone(visit, board):
    page = visit(board.path)
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.id") == "pad"
    for _ in range(9):
        page.keyboard.press("ArrowUp")
    assert text(page, "#cursor-said") == "row 6, column 15"
    assert page.evaluate(ANSWER) == "?"
    page.keyboard.press("Enter")
    for _ in range(18):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    settled(page)
    assert page.evaluate(ANSWER) == "1"
    page.keyboard.down("Space")
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    page.keyboard.up("Space")
    page.keyboard.press("ArrowRight")
    settled(page)
    before = page.evaluate("() => document.getElementById('sees').toDataURL()")
    page.keyboard.press("Control+z")
    settled(page)
    assert page.evaluate("() => document.getElementById('sees').toDataURL()") != before
    assert page.evaluate(ANSWER) == "1"
    # From here Tab reaches every control, and never gets stuck.
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate(FOCUSED))
    wanted = {"tool", "undo", "clear", "width", "samples", "bar", "side", "spoke", "method",
              "layer-view", "tiles"}  # fmt: skip
    assert wanted <= reached


def test_layers_and_their_units(visit, board, net, digits):
    page = visit(board.path)
    page.click("#samples button:nth-child(8)")
    settled(page)
    names = page.locator("#layers .name b").all_inner_texts()
    assert names == ["affine1", "relu1", "affine2"]
    assert "unit" in text(page, "#unit-value")
    page.focus("#layers li:nth-child(2) canvas")
    page.keyboard.press("Home")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    image = sample(net, digits, 7)
    hidden = net[:2].forward(page.evaluate("(i) => board.read(i).pixels", image.tolist()))[4]
    assert text(page, "#unit-value") == f"relu1, unit 5: {hidden:+.2f}".replace("+0.00", "0.00")
    slider = page.locator("#layers li:nth-child(2) canvas")
    assert slider.get_attribute("role") == "slider"
    assert slider.get_attribute("aria-valuenow") == "5"
    assert slider.get_attribute("aria-valuemax") == "50"
    assert page.evaluate("() => [weights.width, weights.height]") == [28, 28]
    shown = page.evaluate("() => document.querySelector('.tiles').toDataURL()")
    page.check("input[name=layer-view][value=shares]", force=True)
    settled(page)
    assert page.evaluate("() => document.querySelector('.tiles').toDataURL()") != shown
    # The last layer's units are the classes; a pointer reaches them too.
    box = page.locator("#layers li:nth-child(3) canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.05, box["y"] + 5)
    assert text(page, "#unit-value").startswith("affine2, the score of 0: ")
    assert not page.locator("#weights").is_visible()


@pytest.mark.parametrize("lang", ["en", "ja", "ko"])
def test_a_phone_in_the_dark(visit, net, digits, tmp_path, lang):
    path = write_board(tmp_path / "page.html", net, digits, lang=lang).path
    options = {"has_touch": True, "color_scheme": "dark", "reduced_motion": "reduce"}
    page = visit(path, viewport={"width": 360, "height": 740}, **options)
    assert page.evaluate("() => document.documentElement.scrollWidth") == 360
    assert page.evaluate("() => document.documentElement.lang") == lang
    page.tap("#samples button:nth-child(3)")
    settled(page)
    assert page.evaluate(ANSWER) == "2"
    assert text(page, "#glance").startswith("2 · ")
    assert page.evaluate("() => document.documentElement.scrollWidth") == 360
    page.tap("#clear")
    page.tap("#pad")
    settled(page)
    assert page.evaluate(ANSWER) != "?"
    body = page.locator("body").inner_text()
    assert "undefined" not in body
    assert "NaN" not in body
    assert "{" not in body
    for each in page.locator("button, fieldset label").all():
        box = each.bounding_box()
        assert min(box["width"], box["height"]) >= 24  # a finger's least


ROOM_BELOW = """() => [...document.querySelectorAll("main > section")].map((card) =>
  card.getBoundingClientRect().bottom - Math.max(...[...card.querySelectorAll("*")].map(
    (part) => part.getBoundingClientRect().bottom)))"""


def test_a_convolutional_net(visit, tmp_path, digits):
    rng = np.random.default_rng(0)
    net = Sequential(
        Conv2d(1, 3, 3, padding="same", rng=rng),
        BatchNorm(3),
        ReLU(),
        MaxPool2d(2),
        Conv2d(3, 5, 3, stride=2, rng=rng),
        Tanh(),
        Flatten(),
        Affine(180, 10, init="he", rng=rng),
    ).eval()
    path = write_board(tmp_path / "cnn.html", net, digits).path
    page = visit(path)
    assert "28×28-3@3×3-5@3×3-10, trained on MNIST" in text(page, ".facts")
    page.click("#samples button:nth-child(1)")
    settled(page)
    image = digits.x[3].reshape(1, 28, 28)
    told = page.evaluate("(p) => board.run(p, 6)", image.ravel().tolist())
    x = image[np.newaxis].astype(np.float64)
    for layer, mine in zip(net.astype(np.float64).eval(), told["outputs"], strict=True):
        x = layer.forward(x)
        assert np.abs(x.ravel() - mine).max() < 1e-5
    dx, _ = slopes(net, image, 6)
    assert np.abs(dx.ravel() - told["gradient"]).max() < 1e-5
    assert "activations are curved" in text(page, "#sum")
    page.focus("#layers li:nth-child(1) canvas")
    assert page.evaluate("() => [weights.width, weights.height]") == [3, 3]
    page.focus("#layers li:nth-child(5) canvas")
    assert "channel 1" in text(page, "#unit-value")
    assert not page.locator("#weights").is_visible()
    wide = page.viewport_size
    for width in (800, wide["width"]):  # a card ends where its content does, however long others
        page.set_viewport_size(wide | {"width": width})
        assert max(page.evaluate(ROOM_BELOW)) < 40


def test_hostile_names_are_only_text(visit, tmp_path, digits):
    name = "</title><script>alert(1)</script><b>{undo}</b>\x00'\""
    classes = [f"<img src=x onerror=alert({i})>{{digit}}" for i in range(10)]
    net = Sequential({"<i>net</i>": Affine(784, 10, init="xavier", rng=0)})
    page = visit(write_board(tmp_path / "x.html", net, digits, classes=classes, name=name).path)
    page.click("#samples button:nth-child(1)")
    settled(page)
    assert page.locator("main img, main script, main b:has-text('undo')").count() == 0
    assert "<b>{undo}</b>" in text(page, ".facts")
    assert text(page, "#layers .name b") == "<i>net</i>"
    assert page.locator("#bars .class").first.inner_text() == classes[0]
