"""From a tensor to why its gradient is what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.draw.font import shortened
from backlit.draw.formula import derivative, derivative_tex, symbol
from backlit.draw.names import caller, names, visible
from backlit.draw.number import number
from backlit.draw.paths import Ways
from backlit.draw.why_reason import Factor, Path, Why
from backlit.errors import GraphError, ShapeError, TypeRefusedError, ValueRefusedError
from backlit.graph import history, propagate
from backlit.quiet import quiet
from backlit.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType

    from numpy.typing import ArrayLike, NDArray

    from backlit.draw.paths import Step

__all__ = ["explained"]


def explained(
    x: Tensor,
    y: Tensor | None,
    index: int | tuple[int, ...] | None,
    *,
    direction: ArrayLike | None,
    most: int,
    precision: int,
) -> Why:
    """Find the paths and put them in words; see :func:`backlit.draw.why`."""
    frame = caller()
    _check(x, y, most)
    y = y if y is not None else _output_of(x, frame)
    if y.size != 1:
        raise ShapeError(
            f"why explains one number, but {y._label()} has shape {y.shape}; pick an element, "  # noqa: SLF001
            "y[0, 3] for example, or sum() it."
        )
    along = _along(x, index, direction)
    place = _place(x, y, index) if along is None else ()
    ways = Ways(x, y, place, along)
    paths = ways.largest(most)
    known = names(_around(paths, x, y), frame)
    called = known.get(x, "x")
    shown = tuple(Path(tuple(_factor(step, known, precision) for step in path)) for path in paths)
    total = ways.total()
    count = ways.count()
    return Why(
        shortened(known.get(y, "y")),
        shortened(called)
        + (" · direction" if along is not None else _bracketed(place) if place else ""),
        total,
        shown,
        count,
        total - sum(path.product for path in shown),
        ways.scalar and count == len(shown),
        precision,
    )


def _check(x: Any, y: Any, most: Any) -> None:
    if not isinstance(x, Tensor) or not (y is None or isinstance(y, Tensor)):
        wrong = x if not isinstance(x, Tensor) else y
        raise TypeRefusedError(f"why takes tensors, but got {type(wrong).__name__}.")
    if not x.requires_grad:
        raise GraphError(
            f"why: {x._label()} requires no gradient, so none was ever computed for it; make it "  # noqa: SLF001
            "with backlit.tensor(...) before computing with it."
        )
    if not isinstance(most, int) or most < 1:
        raise ValueRefusedError(f"why: most is {most!r}, but at least 1 path is written out.")


def _place(x: Tensor, y: Tensor, index: Any) -> tuple[int, ...]:
    if not x.size:
        raise ShapeError(f"why: {x._label()} has shape {x.shape} and so no element to move.")  # noqa: SLF001
    if index is None:
        dy = np.ones_like(y.data)
        found = quiet(_propagated, y, dy).get(x)
        flat = 0 if found is None else int(np.argmax(np.nan_to_num(np.abs(found), nan=np.inf)))
        return tuple(int(i) for i in np.unravel_index(flat, x.shape))
    place = index if isinstance(index, tuple) else (index,)
    fits = len(place) == x.ndim and all(
        isinstance(i, (int, np.integer)) and -size <= i < size
        for i, size in zip(place, x.shape, strict=True)
    )
    if not fits:
        raise ShapeError(
            f"why: {x._label()} has shape {x.shape} and no element {index!r}; give one whole "  # noqa: SLF001
            "number per axis."
        )
    return tuple(int(i) % size for i, size in zip(place, x.shape, strict=True))


def _along(x: Tensor, index: Any, direction: Any) -> NDArray[Any] | None:
    if direction is None:
        return None
    if index is not None:
        raise ValueRefusedError(
            f"why: it was given both the element {index!r} and a direction; give one of them."
        )
    along = np.asarray(direction.data if isinstance(direction, Tensor) else direction)
    if along.dtype.kind not in "fiub" or along.shape != x.shape:
        raise ShapeError(
            f"why: the direction has shape {along.shape} and dtype {along.dtype}, but "
            f"{x._label()} has shape {x.shape}; give one real number per element."  # noqa: SLF001
        )
    return along.astype(x.dtype)


def _propagated(y: Tensor, dy: Any) -> dict[Tensor, Any]:
    return propagate(y, dy, retain=True)


def _around(paths: list[tuple[Step, ...]], x: Tensor, y: Tensor) -> list[Tensor]:
    """Return the tensors that the words of ``paths`` may name."""
    found = {x: None, y: None}
    for path in paths:
        for step in path:
            found[step.output] = None
            if step.position >= 0:
                found.update(dict.fromkeys(step.output.op.inputs))  # type: ignore[union-attr]
    return list(found)


def _factor(step: Step, known: Mapping[Tensor, str], precision: int) -> Factor:
    if step.position < 0:
        word = f"direction{_bracketed(step.index)}" if step.index else "direction"
        return Factor(step.value, word, word)
    op = step.output.op
    assert op is not None
    sign = label = symbol(op)
    tex = ""
    if len(op.inputs) == 2 and len(sign) == 1:
        other = op.inputs[1 - step.position]
        word = known.get(other) or (number(other.data, precision) if not other.ndim else "")
        word = shortened(word)
        sign = f"{sign} {word}" if step.position == 0 else f"{word} {sign}"
        words = label = sign.strip()
    else:
        stated = derivative(op, step.position)
        words = sign
        if stated and len(stated) < 40:
            words, tex = f"{sign}: {stated}", derivative_tex(op, step.position)
    if step.index:
        place = f" → {shortened(known.get(step.output, ''))}{_bracketed(step.index)}"
        words, label = words + place, label + place
    return Factor(step.value, words, label, tex)


def _bracketed(index: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, index))}]"


def _output_of(x: Tensor, frame: FrameType | None) -> Tensor:
    """Return the one number in the caller's variables that depends on ``x``, the latest."""
    held = {
        y: name for y, name in visible(frame) if y.op is not None and y.size == 1 and y is not x
    }
    users = [y for y in held if _depends(y, x)]
    users.sort(key=lambda y: y.op.order)  # type: ignore[union-attr]
    if not users:
        raise GraphError(
            f"why: none of your variables holds a number that depends on {x._label()}; say of "  # noqa: SLF001
            "which output the gradient is."
        )
    inside = set(history(users[-1]))
    apart = [held[y] for y in users if y not in inside]
    if apart:
        raise GraphError(
            f"why: {', '.join([*apart, held[users[-1]]])} all depend on {x._label()}; say of "  # noqa: SLF001
            "which the gradient is."
        )
    return users[-1]


def _depends(y: Tensor, x: Tensor) -> bool:
    return any(source is x for z in history(y) for source in z.op.inputs)  # type: ignore[union-attr]
