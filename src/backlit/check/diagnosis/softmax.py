"""Softmax and cross entropy: along the wrong axis, twice, of the wrong variable."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.diagnosis.base import Case, Diagnosis

if TYPE_CHECKING:
    from backlit.check.evidence import Floats

__all__ = ["softmax"]


def softmax(case: Case) -> Diagnosis | None:
    """Try the softmaxes that people write, for the output and for a loss."""
    if case.slot.role != "input" or not 1 <= case.x.ndim <= 4 or case.x.size < 2:
        return None
    if case.y.shape == case.x.shape:
        return _as_layer(case)
    if case.y.size in {1, len(case.x)} or case.y.shape == case.x.shape[:-1]:
        found = _as_loss(case)
        if found is not None:
            return found
    if case.x.ndim > 1 and case.y.ndim == case.x.ndim - 1:
        return _as_logsumexp(case)
    return None


def _as_logsumexp(case: Case) -> Diagnosis | None:
    """Compare with the logarithm of a sum of exponentials, whose gradient is a softmax."""
    x = case.x
    for axis in range(x.ndim):
        top = x.max(axis=axis, keepdims=True)
        value = np.log(np.exp(x - top).sum(axis=axis)) + np.squeeze(top, axis)
        if value.shape != case.y.shape or not np.allclose(value, case.y):
            continue
        for other in _axes(x):
            if other != axis and case.is_got(np.expand_dims(case.dout, axis) * _of(x, other)):
                return Diagnosis(
                    "wrong_axis",
                    f"forward sums along axis {axis}, and backward takes the softmax along axis "
                    f"{_named(other)}",
                    0.94,
                    f"np.exp(x - np.expand_dims(y, {axis}))",
                )
    return None


def _of(x: Floats, axis: Any) -> Floats:
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    p: Floats = e / e.sum(axis=axis, keepdims=True)
    return p


def _axes(x: Floats) -> list[Any]:
    return [*range(x.ndim - 1, -1, -1), None] if x.ndim > 1 else [0]


def _as_layer(case: Case) -> Diagnosis | None:
    """Compare with softmax and its logarithm, forwards along one axis and back along another."""
    for axis, logarithm in product(_axes(case.x), (False, True)):
        p = _of(case.x, axis)
        if not np.allclose(np.log(p) if logarithm else p, case.y, rtol=1e-7, atol=1e-12):
            continue
        found = _along_another(case, p, axis, logarithm=logarithm)
        found = found or _each_alone(case, p, axis, logarithm=logarithm)
        if found is not None:
            return found
        twice = _of(p, axis)
        if case.is_got(twice * (case.dout - (case.dout * twice).sum(axis=axis, keepdims=True))):
            return Diagnosis(
                "softmax_twice",
                "backward applies the softmax again to what is a softmax already",
                0.95,
                "use the output that forward saved",
            )
    return _mixed(case)


def _along_another(case: Case, p: Floats, axis: Any, *, logarithm: bool) -> Diagnosis | None:
    dout = case.dout
    for back in _axes(case.x):
        for q in (p, _of(case.x, back)):
            if logarithm:
                guess = dout - q * dout.sum(axis=back, keepdims=True)
            else:
                guess = q * (dout - (dout * q).sum(axis=back, keepdims=True))
            if back != axis and case.is_got(guess):
                return Diagnosis(
                    "softmax_axis",
                    f"forward takes the softmax along axis {_named(axis)}, and backward sums "
                    f"along axis {_named(back)}; both have to be the axis of the classes",
                    0.96,
                    f"axis={case.x.ndim - 1}, keepdims=True in both",
                )
    return None


def _each_alone(case: Case, p: Floats, axis: Any, *, logarithm: bool) -> Diagnosis | None:
    """Try a backward that forgets that each output depends on every input."""
    if not case.is_got(case.dout * (1 - p) * (1 if logarithm else p)):
        return None
    return Diagnosis(
        "dropped_use",
        f"every output of a softmax depends on every input along axis {_named(axis)}, but "
        "backward treats each by itself: the sum over the others is missing",
        0.95,
        "dx = dout - p * dout.sum(axis, keepdims=True), with p the softmax"
        if logarithm
        else "dx = y * (dout - (dout * y).sum(axis, keepdims=True))",
    )


def _mixed(case: Case) -> Diagnosis | None:
    """Compare with a maximum or a sum taken along another axis."""
    x, dout = case.x, case.dout
    if x.ndim < 2:
        return None
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    for axis in _axes(x):
        with np.errstate(all="ignore"):
            whole = e / e.sum(axis=axis, keepdims=True)
        if axis != x.ndim - 1 and np.allclose(whole, case.y, rtol=1e-9, atol=0):
            own = case.y * (dout - (dout * case.y).sum(axis=-1, keepdims=True))
            if case.is_got(own):
                return Diagnosis(
                    "softmax_axis",
                    f"the maximum is taken along axis {x.ndim - 1}, but the sum of the softmax "
                    f"along axis {_named(axis)}",
                    0.93,
                    f"np.sum(…, axis={x.ndim - 1}, keepdims=True)",
                )
    return None


def _as_loss(case: Case) -> Diagnosis | None:
    """Compare with the cross entropy of a softmax, and of what people take for one."""
    x = case.x
    targets = _targets(case)
    if targets is None or x.ndim < 1:
        return None
    scales = [1.0, 1 / len(x), 1 / x.size]
    proper = x.ndim - 1
    guesses: list[tuple[str, str, Floats]] = []
    for axis in _axes(x):
        p = _of(x, axis)
        guesses.append(("softmax", _named(axis), p))
        guesses += [("softmax of the softmax", _named(axis), _of(p, axis))]
    guesses.append(("input", "", x))
    with np.errstate(all="ignore"):
        guesses.append(("logarithm", "", np.log(_of(x, proper))))
    forward = [(what, axis) for what, axis, p in guesses if _is_loss(case, p, targets)]
    backward = [
        (what, axis)
        for what, axis, p in guesses
        for scale in scales
        if case.is_got((p - targets) * scale)
        or case.is_got(_chained(p, targets, what, axis) * scale)
    ]
    if not forward or not backward:
        return _wrong_logarithm(case, targets, backward)
    (what, axis), (back, along) = forward[0], backward[0]
    if (what, axis) == (back, along) and what == "softmax" and axis == _named(proper):
        return None
    if "softmax of the softmax" in {what, back} or {"input", "logarithm"} & {what, back}:
        return Diagnosis(
            "softmax_twice",
            f"forward takes the cross entropy of the {what} of {case.slot.tensor}, but backward is "
            f"that for the {back}: a softmax is applied "
            + ("twice" if "of the" in what + back else "in one of both only"),
            0.93,
            f"y = softmax({case.slot.tensor}) once; {case.d} = (y - t) / batch_size",
        )
    if axis != along or axis != _named(proper):
        return Diagnosis(
            "softmax_axis",
            f"forward takes the softmax along axis {axis}, and backward belongs to the one along "
            f"axis {along}; the classes of {case.slot.tensor} {x.shape} are on axis {proper}",
            0.95,
            f"np.sum(np.exp(x), axis={proper}, keepdims=True)",
        )
    return None


def _chained(p: Floats, targets: Floats, what: str, axis: str) -> Floats:
    del what, axis
    with np.errstate(all="ignore"):
        return np.where(targets != 0, -targets / p, 0.0)


def _wrong_logarithm(
    case: Case, targets: Floats, backward: list[tuple[str, str]]
) -> Diagnosis | None:
    """Try a loss that has nothing to do with ``softmax − t`` though backward is that."""
    if not any(what == "softmax" for what, _ in backward):
        return None
    p = _of(case.x, case.x.ndim - 1)
    value = float(case.y.sum())
    with np.errstate(all="ignore"):
        logs = np.log(p)
        wrong = {
            "the logarithm of the logarithm": (targets * np.log(-logs)).sum(),
            "the softmax itself, without a logarithm": -(targets * p).sum(),
            "log(1 − y)": -(targets * np.log(1 - p)).sum(),
        }
    for words, sum_ in wrong.items():
        for scale in (1.0, 1 / len(case.x), 1 / case.x.size):
            if np.isfinite(sum_) and np.isclose(abs(sum_ * scale), abs(value), rtol=1e-5):
                return Diagnosis(
                    "softmax_twice",
                    f"forward takes {words}, where backward belongs to −Σ t·log(softmax)",
                    0.85,
                    "loss = -np.sum(t * np.log(softmax(x))) / batch_size",
                )
    return None


def _is_loss(case: Case, p: Floats, targets: Floats) -> bool:
    for epsilon in (0.0, 1e-7, 1e-8, 1e-12, 1e-10):
        with np.errstate(all="ignore"):
            terms = -(targets * np.log(p + epsilon))
        terms = np.where(targets != 0, terms, 0.0)
        if not np.isfinite(terms).all():
            continue
        for scale in (1.0, 1 / len(p), 1 / p.size):
            if np.isclose(terms.sum() * scale, float(case.y.sum()), rtol=1e-9, atol=0):
                return True
    return False


def _targets(case: Case) -> Floats | None:
    """Find the labels among the inputs, as rows with a one."""
    x = case.x
    classes = x.shape[-1]
    for name, value in case.evidence.part.inputs.items():
        if name == case.slot.tensor or not isinstance(value, np.ndarray):
            continue
        if value.shape == x.shape:
            return np.asarray(value, float)
        if value.dtype.kind in "iub" and value.size == x.size // classes:
            labels = value.ravel().astype(int)
            if labels.min() >= 0 and labels.max() < classes:
                rows: Floats = np.eye(classes)[labels].reshape(x.shape)
                return rows
    return None


def _named(axis: Any) -> str:
    return "all" if axis is None else str(axis)
