"""Diagnoses in a few words, and texts that fit."""

from __future__ import annotations

import unicodedata

__all__ = ["fitting", "in_short", "width", "wrapped"]

_SHORT = {
    "transposed": "transposed",
    "sign": "wrong sign",
    "factor": "off by a constant factor",
    "batch_size": "off by the batch size",
    "not_summed": "not summed over the batch",
    "wrong_axis": "summed over the wrong axis",
    "mean_for_sum": "mean instead of sum, or the reverse",
    "dropped_use": "one use of the value is missing",
    "dout_ignored": "dout is not used",
    "dout_overwritten": "dout is overwritten",
    "input_overwritten": "the input is overwritten",
    "parameter_overwritten": "a parameter is overwritten",
    "aliases_dout": "the gradient is dout's own memory",
    "stale_state": "state left from another call",
    "backward_twice": "a second backward differs",
    "softmax_axis": "softmax over the wrong axis",
    "softmax_twice": "softmax or log applied twice",
    "mask_reversed": "mask reversed",
    "mask_at_zero": "mask differs at exactly 0",
    "mask_new": "mask drawn anew in backward",
    "derivative_at_output": "derivative taken at the output",
    "derivative_at_input": "derivative taken at the input",
    "local_derivative": "another function's derivative",
    "swapped_inputs": "two gradients exchanged",
    "missing": "no gradient",
    "wrong_shape": "wrong shape",
    "wrong_dtype": "wrong dtype",
    "integer_arithmetic": "integers cut off fractions",
    "label_broadcast": "labels broadcast silently",
    "misspelt": "misspelt name",
    "overflow": "overflow",
    "not_deterministic": "differs from run to run",
    "stale_parameter": "an old copy of a parameter",
    "wrong_order": "layers in the wrong order",
    "raised": "raises an error",
    "element": "single elements are wrong",
    "unknown": "wrong, the cause is not known",
}


def in_short(diagnosis: str) -> str:
    """Return a diagnosis in a few words.

    Examples
    --------
    >>> in_short("sign"), in_short("something_new")
    ('wrong sign', 'something new')
    """
    return _SHORT.get(diagnosis, diagnosis.replace("_", " "))


def width(text: str) -> float:
    """Return how many columns a text takes: two for what is wide, such as emoji.

    Examples
    --------
    >>> width("Affine"), width("層"), width("é")
    (6, 2, 1)
    """
    return sum(map(_columns, text))


def fitting(text: str, columns: int) -> str:
    """Cut a text in its middle so that it fits, on one line.

    Examples
    --------
    >>> fitting("Affine (blocks[12].layers[3])", 20)
    'Affine (b…layers[3])'
    """
    text = _one_line(text)
    if width(text) <= columns:
        return text
    left, right = (columns - 1) // 2, columns - 1 - (columns - 1) // 2
    head, tail = _first(text, left), _first(text[::-1], right)[::-1]
    return f"{head}…{tail}"


def wrapped(text: str, columns: int, lines: int) -> list[str]:
    """Break a text into lines that fit; what does not fit on the last one is cut.

    Examples
    --------
    >>> wrapped("the gradient is not summed over the batch", 16, 2)
    ['the gradient is', 'not summed over…']
    """
    words = _one_line(text).split(" ")
    found: list[str] = [""]
    for word in words:
        rest = word
        while rest:
            line = f"{found[-1]} {rest}".strip()
            if width(line) <= columns:
                found[-1] = line
                break
            if found[-1]:
                found.append("")
            elif width(rest) > columns:
                piece = _first(rest, columns)
                found[-1], rest = piece, rest[len(piece) :]
                found.append("")
    found = [line for line in found if line]
    if len(found) > lines:
        last = found[lines - 1]
        cut = last if width(last) < columns else _first(last, columns - 1)
        found = [*found[: lines - 1], f"{cut}…"]
    return found


def _one_line(text: str) -> str:
    spaced = " ".join(text.split())
    return "".join(c for c in spaced if unicodedata.category(c) not in {"Cc", "Cs", "Co", "Cn"})


def _columns(c: str) -> int:
    # Zero-width joiners hold emoji together, which then take less room: never more than this.
    if unicodedata.combining(c) or unicodedata.category(c) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(c) in {"W", "F"} or ord(c) > 0x1F000 else 1


def _first(text: str, columns: int) -> str:
    taken = 0
    for i, c in enumerate(text):
        taken += _columns(c)
        if taken > columns:
            return text[:i]
    return text
