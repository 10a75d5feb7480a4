"""Masks: reversed, different at exactly zero, made anew."""

from __future__ import annotations

import numpy as np

from backlit.check.diagnosis.base import Case, Diagnosis

__all__ = ["mask_at_zero", "mask_new", "mask_reversed"]


def mask_at_zero(case: Case) -> Diagnosis | None:
    """Try whether only elements at a border are wrong: at exactly 0, at a limit, in a tie."""
    name = case.slot.tensor
    if case.at_kinks_only:
        several = len(case.wrong) > 1 and case.sample.kinked.sum() > 1
        return Diagnosis(
            "mask_at_zero",
            f"{case.d} is wrong only where {name} lies exactly on a kink (at 0, at a limit, or "
            + ("in a tie, where the parts must share one gradient" if several else "in a tie")
            + "): it does not lie between the slopes to the left and to the right",
            0.9,
            "",
        )
    if case.slot.role != "input" or not case.wrong or case.count >= case.got.size:
        return None
    index = {int(i): k for k, i in enumerate(case.sample.index)}
    if any(i not in index for i in case.wrong):
        return None
    at = np.abs(case.x.ravel()[case.wrong])
    rest = np.setdiff1d(case.sample.index, case.wrong)
    if not np.all(at == at[0]) or np.any(np.abs(case.x.ravel()[rest]) == at[0]):
        return None
    if at[0] != 0 and len(case.wrong) < 2 and at[0] != np.round(at[0], 3):
        return None
    value = f"{at[0]:.6g}" if at[0] == 0 else f"±{at[0]:.6g}"
    return Diagnosis(
        "mask_at_zero",
        f"{case.d} is right except where {name} is exactly {value}: a comparison there "
        "(> for >=, or < and > without =) leaves that value out",
        0.92,
        "one of the two comparisons has to include the border: >= or <=",
    )


def mask_reversed(case: Case) -> Diagnosis | None:
    """Try whether what is let through and what is held back are exchanged."""
    if case.gradient.shape != case.slot.shape:
        return None
    smooth = ~case.sample.kinked
    expected, got = case.sample.expected[smooth], case.got[smooth]
    scale = max(np.abs(expected).max(initial=0.0), np.abs(got).max(initial=0.0))
    through, passed = np.abs(expected) > 1e-9 * scale, np.abs(got) > 1e-9 * scale
    if case.slot.role == "parameter":
        return _other_half(case)
    if not through.any() or through.all() or not passed.any():
        return None
    if not np.array_equal(through, ~passed):
        return _exchanged(case)
    return Diagnosis(
        "mask_reversed",
        f"the mask is reversed: {case.d} is zero where the gradient has to come through, and not "
        "zero where it is held back",
        0.96,
        "use the mask the other way round: ~mask, or 1 - mask",
    )


def _other_half(case: Case) -> Diagnosis | None:
    """Try a parameter's gradient summed over the elements that it does not act on."""
    slope = case.evidence.slope(case.slot, np.ones(case.slot.shape))
    held = np.abs(slope.value) < 1e-12 * np.abs(slope.value).max(initial=0.0)
    if not held.any() or slope.value.shape != case.dout.shape:
        return None
    over = tuple(range(case.dout.ndim - case.slot.array.ndim))
    for other in case.evidence.part.slots:
        if other.role != "input" or other.shape != case.dout.shape:
            continue
        guess = (np.asarray(other.array) * case.dout * held).sum(axis=over)
        if case.is_got(np.asarray(guess).reshape(-1) if case.slot.array.ndim else guess):
            return Diagnosis(
                "mask_reversed",
                f"the mask is reversed: {case.d} sums over the elements that {case.slot.tensor} "
                "does not act on",
                0.94,
                "use the mask the other way round: ~mask, or 1 - mask",
            )
    return None


def _exchanged(case: Case) -> Diagnosis | None:
    """Try two slopes, each used where the other belongs."""
    if not (case.is_elementwise and case.is_local):
        return None
    smooth = ~case.sample.kinked
    right, wrong = np.round(case.local[smooth], 7), np.round(case.local_got[smooth], 7)
    kinds = np.unique(right)
    if len(kinds) != 2 or not np.array_equal(np.unique(wrong), kinds):
        return None
    if not np.allclose(wrong, kinds.sum() - right, atol=1e-6):
        return None
    return Diagnosis(
        "mask_reversed",
        f"the mask is reversed: the slopes {kinds[0]:.4g} and {kinds[1]:.4g} are each used where "
        "the other belongs",
        0.95,
        "use the mask the other way round: ~mask, or 1 - mask",
    )


def mask_new(case: Case) -> Diagnosis | None:
    """Try whether backward draws random numbers, or makes its mask of ``dout``."""
    part = case.evidence.part
    correction = "save the mask in forward (self.mask = …), and use it in backward"
    states = np.random.get_state(legacy=False)  # noqa: NPY002 - the user's code draws from there

    def stir(clone: object) -> None:
        from backlit.check.randomness import stirred  # noqa: PLC0415

        stirred(getattr(clone, "root", clone))

    try:
        again = case.got_of(part.back(case.dout, between=stir))
    finally:
        np.random.set_state(states)  # noqa: NPY002
    if again is not None and not np.array_equal(again, case.gradient):
        return Diagnosis(
            "mask_new",
            "backward draws random numbers of its own: the mask that it uses is not the one that "
            "forward used",
            0.97,
            correction,
        )
    if case.dout.shape != case.slot.shape or not case.is_elementwise:
        return None
    for mask, words in ((case.dout > 0, "dout > 0"), (case.dout < 0, "dout < 0")):
        if case.is_got(case.dout * mask):
            drawn = getattr(part, "draws", False)
            return Diagnosis(
                "mask_new" if drawn else "dout_ignored",
                f"the mask is made of dout: {case.d} is dout where {words}. It has to be the mask "
                f"of forward, made of {case.slot.tensor}",
                0.95,
                correction,
            )
    other = case.another()
    again = case.got_of(other[1]) if other is not None else None
    if again is None or other is None:
        return None
    with np.errstate(all="ignore"):
        one, two = case.gradient / case.dout, again / other[0]
    kinds = np.unique(np.round(np.concatenate([one.ravel(), two.ravel()]), 9))
    if len(kinds) == 2 and kinds[0] == 0 and not np.array_equal(one == 0, two == 0):
        return Diagnosis(
            "mask_new",
            "backward computes a mask of its own, from dout: with another dout it lets other "
            f"elements through. It has to be the mask of forward, made of {case.slot.tensor}",
            0.93,
            correction,
        )
    return None
