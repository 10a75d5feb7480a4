"""What other libraries' errors mean, in words that say what to do."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from backlit.errors import GraphError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["in_words", "translated"]

_MEANINGS = {
    r"returned an incorrect number of gradients \(expected (\d+), got (\d+)\)": (
        "backward returned {1} gradients for {0} inputs; return one for each argument of forward "
        "in its order, and None for those that have none"
    ),
    r"invalid gradient at index (\d+) - got (\[.*?\]) but expected .*?compatible with (\[.*?\])": (
        "backward returned a gradient of shape {1} for input {0}, which has shape {2}"
    ),
    r"saved tensors? .*(?:been freed|second time)|backward through the graph a second": (
        "the values that backward needs were freed: keep them with ctx.save_for_backward, and run "
        "forward again before each backward"
    ),
    r"(?:expected|have).*[Dd]ouble.*[Ff]loat\b|[Ff]loat\b.*(?:but found|!=|and).*[Dd]ouble": (
        "something in it stays in float32 while all that goes in is float64: create what it needs "
        "like its input (x.new_zeros(...), dtype=x.dtype), and convert nothing with .float()"
    ),
    r"modified by an inplace operation": (
        "a value that backward needs was overwritten in place (an operator such as +=, or a name "
        "that ends in _); compute into a new tensor instead"
    ),
    r"Can't call numpy\(\) on Tensor that requires grad": (
        "it leaves torch (.numpy()) where torch records gradients; do that inside of a "
        "torch.autograd.Function, or stay with tensors"
    ),
    r"[Oo]nly Tensors? of floating point": "a gradient is asked of integers; pass floats",
    r"Custom VJP bwd rule .* must produce": (
        "bwd must return a tuple with one gradient for each argument of the function, each of its "
        "argument's shape"
    ),
    r"Custom VJP (?:fwd|forward) rule .* must (?:produce|return) a (?:pair|tuple)": (
        "fwd must return a pair: the output, and what bwd is to be given"
    ),
}


def in_words(error: BaseException) -> str:
    """Return what an error of another library means, ``""`` if that is not known.

    Examples
    --------
    >>> in_words(RuntimeError("Sq returned an incorrect number of gradients (expected 2, got 1)"))
    'backward returned 1 gradients for 2 inputs; return one for each argument of forward in its \
order, and None for those that have none'
    >>> in_words(ValueError("no"))
    ''
    """
    text = str(error)
    for pattern, meaning in _MEANINGS.items():
        found = re.search(pattern, text, re.DOTALL)
        if found:
            return meaning.format(*found.groups())
    return ""


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Raise what another library means, from the place where it was raised.

    Raises
    ------
    GraphError
        If the meaning of what was raised is known.
    """
    try:
        yield
    except (RuntimeError, TypeError, ValueError) as error:
        meaning = "" if isinstance(error, GraphError) else in_words(error)
        if not meaning:
            raise
        first = str(error).strip().splitlines()[0]
        message = f"{name}: {meaning} ({type(error).__name__}: {first:.160})"
        raise GraphError(message).with_traceback(error.__traceback__) from error
