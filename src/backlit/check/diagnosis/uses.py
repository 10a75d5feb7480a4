"""A use of a value that is missing from its gradient; ``dout`` not used."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from backlit.check.diagnosis.base import Case, Diagnosis
from backlit.check.diagnosis.trace import traced
from backlit.check.part import NOTHING

__all__ = ["dout_ignored", "dropped_use", "exchanged", "misplaced", "partly_ignored"]


def dout_ignored(case: Case) -> Diagnosis | None:
    """Try whether another upstream gradient makes no difference."""
    other = case.another()
    if other is None:
        return None
    again = case.got_of(other[1])
    if again is None or not case.gradient.any():
        return None
    correction = f"{case.d} = dout * …"
    if np.allclose(again, case.gradient, rtol=1e-9, atol=0):
        return Diagnosis(
            "dout_ignored",
            f"{case.d} does not depend on dout: another dout gives the same. By the chain rule "
            "every gradient contains dout, the gradient that comes from above",
            0.97,
            correction,
        )
    # One number, or one row, of dout used for all of it.
    for value, words in (
        (np.ones_like(case.dout), "1"),
        (np.sign(case.dout), "the sign of dout"),
        (np.full_like(case.dout, case.dout.sum()), "the sum of dout"),
        (np.full_like(case.dout, case.dout.mean()), "the mean of dout"),
        (np.full_like(case.dout, case.dout.ravel()[0]), "the first element of dout"),
        (np.abs(case.dout), "|dout|"),
    ):
        if case.dout.size > 1 and _matches(case, value):
            return Diagnosis(
                "dout_ignored",
                f"{case.d} does not use dout element by element, but {words} in its place",
                0.93,
                correction,
            )
    return None


def partly_ignored(case: Case) -> Diagnosis | None:
    """Try whether there is a part that stays as it is, whatever ``dout`` is."""
    if case.another() is None:
        return None
    doubled = case.got_of(case.evidence.back_of(2 * case.dout))
    if doubled is not None:
        rest = 2 * case.gradient - doubled  # what stays as dout grows
        if np.abs(rest).max() > 1e-6 * np.abs(case.gradient).max():
            ratio = rest / case.x
            if np.allclose(ratio, ratio.ravel()[0], rtol=1e-6):
                return Diagnosis(
                    "unknown",
                    f"{case.d} contains {ratio.ravel()[0]:.4g} times {case.slot.tensor} itself, "
                    "as for weight decay, but forward (the loss) does not contain its half square",
                    0.8,
                    f"leave {case.slot.tensor} out of {case.d}, or add it to the loss",
                )
            return Diagnosis(
                "dout_ignored",
                f"a part of {case.d} does not contain dout: it does not grow with dout",
                0.7,
                f"{case.d} = dout * …",
            )
    return None


def _matches(case: Case, dout: np.ndarray) -> bool:
    sample = case.evidence.sample(case.slot, dout)
    scale = np.abs(sample.expected).max(initial=0.0)
    allowed = 1e-6 * scale + sample.error
    return bool(scale and (np.abs(sample.expected - case.got) <= allowed).all())


def exchanged(case: Case) -> Diagnosis | None:
    """Try whether two tensors' gradients are exchanged, each with the other."""
    return _swapped(case, both=True)


def misplaced(case: Case) -> Diagnosis | None:
    """Try whether the gradient is that of another tensor."""
    return _swapped(case, both=False)


def _swapped(case: Case, *, both: bool) -> Diagnosis | None:
    for slot in case.evidence.part.slots:
        if slot is case.slot:
            continue
        other = (
            np.asarray(case.evidence.raw(slot))
            if (case.evidence.raw(slot) is not NOTHING)
            else np.empty(0, object)
        )
        own_right = other.shape == case.slot.shape and case.is_right(other)
        other_right = slot.shape == case.slot.shape and case.evidence.explains(slot, case.gradient)
        if (own_right and other_right) if both else (own_right or other_right):
            mine, its = case.slot.tensor, slot.tensor
            given, owner = (its, mine) if own_right else (mine, its)
            return Diagnosis(
                "swapped_inputs",
                f"the gradients of {mine} and {its} are exchanged: what is given as that of "
                f"{given} is right for {owner}" + (", and the reverse" if both else ""),
                0.95 if both else 0.85,
            )
    return None


def dropped_use(case: Case) -> Diagnosis | None:
    """Try the gradient without one of the paths by which the tensor reaches the output."""
    simple = _difference(case)
    graph = traced(case)
    if graph is None:
        return simple
    for kind in graph.kinds():
        if case.is_got(graph.gradient(case.dout, kind), 1e-6):
            what = graph.told(min(kind))
            return Diagnosis(
                "dropped_use",
                f"{case.slot.tensor} reaches the output through many steps, and its gradient is "
                f"the sum over all of them; {len(kind)} ways through {what} are missing in "
                f"{case.d}",
                0.93,
                f"{case.d} += … in every step",
            )
    edges = graph.forks()
    if not edges or len(edges) > 40:
        return simple
    for count in (1, 2, 3):
        if count > 1 and len(edges) > 14:
            break
        for left_out in combinations(edges, count):
            if case.is_got(graph.gradient(case.dout, frozenset(left_out)), 1e-6):
                what = " and ".join(graph.told(edge) for edge in left_out)
                if all("np.max(" in graph.told(edge) for edge in left_out):
                    return Diagnosis(
                        "softmax_axis",
                        f"the gradient through {what} is missing, as if the maximum cancelled; it "
                        "does so in a softmax only if it is taken along the same axis as the sum",
                        0.85,
                        "np.max(x, axis=-1, keepdims=True), and the sum along the same axis",
                    )
                return Diagnosis(
                    "dropped_use",
                    f"{case.slot.tensor} reaches the output on several ways, and its gradient is "
                    f"the sum over all of them; the way through {what} is missing in {case.d}",
                    0.93,
                    f"{case.d} += …  # what comes back through {what}",
                )
    return simple


def _difference(case: Case) -> Diagnosis | None:
    """Try whether what is missing is ``dout`` itself, as it comes through a shortcut."""
    for value, words in ((case.dout, "dout"),):
        if value.shape != case.slot.shape:
            continue
        if case.is_right(case.gradient + value):
            return Diagnosis(
                "dropped_use",
                f"{case.slot.tensor} is used twice, and the gradient of one use is missing: the "
                f"difference to the right gradient is {words} itself, as it comes back through a "
                "sum (a shortcut)",
                0.93,
                f"{case.d} = {case.d} + {words}",
            )
    return None
