"""Gradient check: every gradient that backward computes, against the slope found by trying."""

from __future__ import annotations

import inspect
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.byhand import layer_subject, net_by_hand_subject
from backlit.check.compare import Probe, compare
from backlit.check.graphs import Net, function_subject, net_subject, op_subject
from backlit.check.randomness import frozen
from backlit.check.report import Fault, Report, Row
from backlit.errors import TypeRefusedError, ValueRefusedError
from backlit.op import Op
from backlit.tensor import Tensor, no_grad

if TYPE_CHECKING:
    from collections.abc import Callable

    from backlit.check.subject import Subject

__all__ = ["check"]


def check(
    target: Any,
    *inputs: Any,
    loss: Callable[..., Tensor] | None = None,
    samples: int | None = None,
    tolerance: float = 1e-4,
    seed: int = 0,
) -> Report:
    """Compare every gradient with the slope found by moving each element up and down.

    All of it happens on float64 copies: the target's parameters, its inputs and every random
    generator are as before. (Only a net by hand that can't be copied is moved itself, and put back
    bit for bit.) Each evaluation is given the same random numbers, so dropout keeps its mask.

    Parameters
    ----------
    target
        One of

        - an op: its inputs are checked;
        - a function of tensors: its inputs are checked;
        - a layer or a net of this library: its parameters and its input;
        - an object by hand with ``forward(*inputs)`` and ``backward(dout)``: its inputs, by what
          ``backward`` returns, and its arrays ``W`` that ``backward`` leaves a ``dW`` beside;
        - a net by hand with ``loss(x, t)``, ``gradient(x, t)`` and a dict ``params``: what is in
          ``params``.
    inputs
        What it is called with. For a net with a loss, ``x`` and the labels ``t``. Inputs that are
        not floats (labels) have no gradient and are left alone.
    loss
        What is computed from a net's output and the inputs after the first;
        :func:`~backlit.softmax_cross_entropy` if left out. Without labels and loss, a random
        upstream gradient is sent back from the output.
    samples
        How many elements of each tensor to compare, chosen at random; all if left out.
    tolerance
        The largest relative error that passes. What rounding explains passes too.
    seed
        Decides the upstream gradient and which elements are chosen.

    Returns
    -------
    Report
        A row for each tensor, and the worst elements as faults. What the target raises is a fault
        too.

    Raises
    ------
    TypeRefusedError
        If ``target`` is none of the above.
    ValueRefusedError
        If there is nothing in it to check, or an option does not apply or makes no sense.

    References
    ----------
    On the step of a difference: W. H. Press et al., *Numerical Recipes*, 3rd ed., section 5.7.

    Examples
    --------
    A wrong sign is found:

    >>> import backlit as bl
    >>> class Sine(bl.Op):
    ...     def forward(self, x):
    ...         self.x = x
    ...         return np.sin(x)
    ...
    ...     def backward(self, dz):
    ...         return -dz * np.cos(self.x)
    >>> report = check(Sine(), 0.0)
    >>> report.ok
    False
    >>> print(report.faults[0])
    sine · x: expected 1, got -1 (relative error 2)
    """
    if samples is not None and samples < 1:
        raise ValueRefusedError(
            f"check: samples must be at least 1, or None for all; not {samples}."
        )
    if not 0 < tolerance < 1:
        raise ValueRefusedError(f"check: tolerance must lie between 0 and 1, not be {tolerance}.")
    subject = _subject(target, inputs, loss, seed)
    if loss is not None and not any(root is loss for root in subject.roots):
        raise ValueRefusedError(
            f"check: {subject.name} is checked as it is, and loss= is for the outputs of layers "
            "and nets; leave it out."
        )
    try:
        with np.errstate(all="ignore"):
            rows, faults = _examine(subject, samples, tolerance, seed)
    except Exception as error:  # noqa: BLE001 - whatever the target raises is what was found
        rows, faults = [], [Fault(subject.name, message=_told(error))]
    return Report(subject.name, tuple(rows), tuple(faults), tolerance)


def _subject(
    target: Any, inputs: tuple[Any, ...], loss: Callable[..., Tensor] | None, seed: int
) -> Subject:
    if inspect.isclass(target):
        raise TypeRefusedError(
            f"check: {target.__name__} is a class; pass an instance, {target.__name__}(...)."
        )
    if isinstance(target, Op):
        return op_subject(target, inputs, seed)
    if all(hasattr(target, name) for name in ("params", "loss", "gradient")):
        return net_by_hand_subject(target, inputs, seed)
    if isinstance(target, Net):
        return net_subject(target, inputs, loss, seed)
    if hasattr(target, "backward") and (hasattr(target, "forward") or callable(target)):
        return layer_subject(target, inputs, loss, seed)
    if callable(target):
        return function_subject(target, inputs, seed)
    raise TypeRefusedError(
        f"check: {type(target).__name__} can't be checked; pass an op, a layer or a net, a "
        "function of tensors, or an object with forward and backward, or with params, loss and "
        "gradient."
    )


def _examine(
    subject: Subject, samples: int | None, tolerance: float, seed: int
) -> tuple[list[Row], list[Fault]]:
    before = {name: array.copy() for name, array in subject.watched.items()}

    def run() -> None:
        subject.gradients()
        subject.evaluate()

    with frozen(subject.roots, run) as drawn:
        spoilt = _written(subject, before)
        if spoilt:
            return [], spoilt
        gradients = subject.gradients()

        def rewound() -> float:
            for source in drawn:
                source.rewind()
            return subject.evaluate()

        evaluate = rewound if drawn else subject.evaluate

        with no_grad():
            value, again = evaluate(), evaluate()
            unsound = _unsound(value, again)
            if unsound:
                return [], [Fault(subject.name, message=unsound)]
            rng = np.random.default_rng(seed)
            rows: list[Row] = []
            faults: list[Fault] = []
            probe = Probe(evaluate, subject.magnitude, tolerance)
            for place, gradient in gradients:
                chosen = np.arange(place.array.size)
                if samples is not None and samples < chosen.size:
                    chosen = np.sort(rng.choice(chosen, samples, replace=False))
                row, found = compare(probe, place, gradient, chosen)
                rows.append(row)
                faults += found
    return rows, faults


def _written(subject: Subject, before: dict[str, Any]) -> list[Fault]:
    """Find the inputs that forward or backward wrote into, and put them back."""
    faults = []
    for name, array in subject.watched.items():
        original = before[name]
        if array.tobytes() == original.tobytes():
            continue
        both_nan = np.isnan(array) & np.isnan(original)
        changed = np.argwhere((array != original) & ~both_nan)
        index = tuple(changed[0].tolist()) if len(changed) else None
        np.copyto(array, original)
        faults.append(
            Fault(
                subject.name,
                name,
                index,
                message="forward or backward wrote into it; compute into a copy instead",
            )
        )
    return faults


def _unsound(value: float, again: float) -> str:
    """Say what keeps the value from being differentiated."""
    if not np.isfinite(value):
        return f"the value to differentiate is {value}, so there are no slopes to compare with"
    if value != again:
        return (
            f"two evaluations at the same point gave {value!r} and {again!r}: something in it "
            "changes from call to call, so there are no slopes to compare with"
        )
    return ""


def _told(error: Exception) -> str:
    """Tell what was raised, and where in the user's code."""
    here = Path(__file__).parent.parent
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if here not in Path(frame.filename).parents and "numpy" not in Path(frame.filename).parts
    ]
    where = ""
    if frames:
        last = frames[-1]
        where = f" (raised in {last.name}, {Path(last.filename).name} line {last.lineno})"
    return f"{type(error).__name__}: {error}{where}"
