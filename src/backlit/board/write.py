"""Writing the page."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit._version import __version__
from backlit.board.numbers import Precision, packed, packed_length, rounded
from backlit.board.parts import SIDE, Net, Part, parts_of
from backlit.board.samples import Samples
from backlit.board.trial import tried
from backlit.board.words import words
from backlit.data import Split
from backlit.data.atomic import write_atomically
from backlit.errors import ShapeError, ValueRefusedError
from backlit.web import bundled, document

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from backlit.layers import Layer

__all__ = ["Board", "write_board"]

TRIED = 2000
"""Test digits that decide whether float16 does."""
DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class Board:
    """A page that was written.

    Parameters
    ----------
    path
        Where it is.
    size
        Its bytes.
    parameters
        How many numbers of the net are in it.
    size_half
        What it would be with float16.
    tried, right, right_half
        How many test digits were tried, and how many of them are right with float32 and with
        float16, which is ``None`` if a weight is too large for float16.
    """

    path: Path
    size: int
    size_half: int
    parameters: int
    tried: int
    right: int
    right_half: int | None


def write_board(
    path: str | os.PathLike[str],
    net: Layer,
    test: Split | tuple[NDArray[Any], NDArray[Any]],
    *,
    classes: Sequence[str] = DIGITS,
    name: str = "",
    data: str = "MNIST",
    accuracy: float | None = None,
    lang: str = "en",
    precision: Precision = "float32",
) -> Board:
    """Write a page on which a person draws a digit, and a net says what it is and why.

    The page is one file that needs no network: the net's weights are in it, and it runs forwards
    and backwards there.

    Parameters
    ----------
    path
        The file; one that exists is replaced.
    net
        What :func:`parts_of` can take apart; its last output is one score (logit) for each class.
        A softmax that ends it is left out, and computed by the page.
    test
        Images ``(N, 784)`` or ``(N, 1, 28, 28)``, 0 (paper) to 1 (ink), with class numbers
        ``(N,)``: some to start from, and 2,000 to try float16 with.
    classes
        The names of the classes.
    name
        What to call the net; the sizes of its layers if left out.
    data
        What it was trained on.
    accuracy
        The fraction of test digits that it has right, to be said in the page.
    lang
        The language of the page: ``"en"``, ``"ja"`` or ``"ko"``.
    precision
        ``"float32"``, or ``"float16"`` for a page of half the size.

    Returns
    -------
    Board

    Raises
    ------
    ValueRefusedError
        If a layer can't run on the page; if float16 changes how many test digits are right; if
        a weight is not finite; or if a pixel of ``test`` is not from 0 to 1.
    ShapeError
        If the net does not take images of 28 × 28 pixels, or gives no score for each class.
    DataError
        If the file cannot be written.
    """
    if precision not in {"float32", "float16"}:
        raise ValueRefusedError(
            f"board: precision must be 'float32' or 'float16', not {precision!r}."
        )
    said = words(lang)
    apart = _without_last_softmax(parts_of(net))
    _refuse_outputs(apart, classes)
    described = _described(apart, precision)
    images, labels = _digits(test, len(classes))
    trial = tried(net, images.reshape(-1, *apart.input), labels)
    if precision == "float16" and trial.right_half != trial.right:
        raise ValueRefusedError(
            f"board: with float16 {trial.right_half} of {len(labels)} test digits are right, and "
            f"with float32 {trial.right}; leave float16 out."
        )
    samples = Samples.chosen(images, labels, trial.answers)
    content = {
        "net": described,
        "classes": list(classes),
        "samples": samples.to_json(),
        "words": said,
    }
    shown = " · ".join(_facts(said, name or _sizes(apart), data, accuracy))
    here = files("backlit.board").joinpath("page")
    texts = {key: escape(text) for key, text in said.items() if isinstance(text, str)}
    body = here.joinpath("body.html").read_text(encoding="utf-8")
    texts |= {"facts": escape(shown), "written": texts["written"].format(version=__version__)}
    page = document(
        title=f"{said['title']} · {name or _sizes(apart)}",
        lang=lang,
        style=here.joinpath("board.css").read_text(encoding="utf-8"),
        body=body.format_map(texts),
        script=bundled("board/page/main.js"),
        data=content,
    ).encode()
    write_atomically(Path(path), page)
    count = sum(W.size for part in apart.parts for W in part.parameters.values())
    return Board(
        path=Path(path),
        size=len(page),
        size_half=len(page) - len(described["weights"]) + packed_length(count, "float16"),
        parameters=count,
        tried=len(labels),
        right=trial.right,
        right_half=trial.right_half,
    )


def _without_last_softmax(net: Net) -> Net:
    parts = net.parts
    while parts and parts[-1].kind in {"Softmax", "LogSoftmax"}:
        parts = parts[:-1]
    return Net(net.input, parts)


def _refuse_outputs(net: Net, classes: Sequence[str]) -> None:
    shape = net.parts[-1].shape if net.parts else net.input
    if shape != (len(classes),) or len(classes) < 2:
        raise ShapeError(
            f"board: for one image the net gives {shape}, and there are {len(classes)} classes; "
            "it should give one score for each of two classes or more, (C,)."
        )


def _digits(
    test: Split | tuple[NDArray[Any], NDArray[Any]], classes: int
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the test digits to be tried, ``(N, 28, 28)``, and their labels."""
    test = test if isinstance(test, Split) else Split(*test)
    x, t = np.asarray(test.x[:TRIED], np.float32), test.t[:TRIED]
    if len(x) == 0:
        raise ValueRefusedError("board: test holds no samples; give at least one of each class.")
    if x.size != len(x) * SIDE**2 or t.ndim != 1:
        raise ShapeError(
            f"board: test.x has shape {test.x.shape} and test.t {test.t.shape}; it should have "
            f"images (N, {SIDE * SIDE}) or (N, 1, {SIDE}, {SIDE}), and as labels class numbers "
            "(N,)."
        )
    if t.dtype.kind not in "iu" or t.min() < 0 or t.max() >= classes:
        raise ValueRefusedError(
            f"board: test.t holds {t.min()} to {t.max()} ({t.dtype}), but labels are whole numbers "
            f"from 0 to {classes - 1}, those of the classes."
        )
    if not (x.min() >= 0 and x.max() <= 1):
        raise ValueRefusedError(
            f"board: test.x holds {x.min():g} to {x.max():g} ({test.x.dtype}), but pixels are from "
            "0 (paper) to 1 (ink); divide bytes by 255."
        )
    return x.reshape(-1, SIDE, SIDE), t


def _described(net: Net, precision: Precision) -> dict[str, Any]:
    arrays = [
        rounded(W, precision, f"{part.name}.{key}")
        for part in net.parts
        for key, W in part.parameters.items()
    ]
    return {
        "input": list(net.input),
        "curved": net.curved,
        "dtype": precision,
        "layers": [_layer(part) for part in net.parts],
        "weights": packed(arrays, precision),
    }


def _layer(part: Part) -> dict[str, Any]:
    return {
        "name": part.name,
        "kind": part.kind,
        "options": part.options,
        "parameters": {key: list(W.shape) for key, W in part.parameters.items()},
    }


def _sizes(net: Net) -> str:
    """Name a net by the sizes of its layers: ``784-50-10``; ``8@3×3`` are 8 filters of 3 × 3."""
    names = ["×".join(map(str, net.input[-2:]))]
    for part in net.parts:
        if "W" in part.parameters:
            window = "×".join(map(str, part.options.get("kernel", ())))
            names.append(f"{part.shape[0]}@{window}" if window else str(part.shape[-1]))
    return "-".join(names)


def _facts(said: Mapping[str, Any], name: str, data: str, accuracy: float | None) -> list[str]:
    facts = [said["about"].format(name=name, data=data)]
    if accuracy is not None:
        facts.append(said["accuracy"].format(percent=f"{100 * accuracy:.1f} %"))
    return [*facts, said["offline"]]
