"""`W.why(...)` and `W.why[3, 7]`: a question to a tensor that can also be asked of one element."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from backlit.draw.why import why

if TYPE_CHECKING:
    from backlit.draw.why_reason import Why
    from backlit.tensor import Tensor

__all__ = ["Asking", "Question"]


class Question:
    """Why the gradient of one tensor is what it is.

    Examples
    --------
    >>> import backlit as bl
    >>> W = bl.tensor([[1.0, 2.0], [3.0, 4.0]], "W")
    >>> loss = (bl.tensor([[1.0, 10.0]], "x") @ W).sum()
    >>> loss.name = "loss"
    >>> print(W.why[1, 0])
    ∂loss/∂W[1, 0] = 10
      10 = 1 × 1 (Σ) × 10 (x @ → [0, 0])
       0 = all others together
    >>> W.why(loss, (1, 0)).gradient == W.why[1, 0].gradient
    True
    """

    def __init__(self, x: Tensor) -> None:
        self._x = x

    def __call__(self, *arguments: Any, **options: Any) -> Why:
        """Explain it; takes what :func:`backlit.why` takes after the tensor."""
        return why(self._x, *arguments, **options)

    def __getitem__(self, index: int | tuple[int, ...]) -> Why:
        """Explain one element's gradient; the output is what the caller's variables hold."""
        return why(self._x, index=index)

    def __repr__(self) -> str:
        return f"<why of {self._x._label()}: call it, or index it with one element>"  # noqa: SLF001


class Asking:
    """What makes `why` of a tensor both a method and something to be indexed."""

    @overload
    def __get__(self, x: None, owner: type[Tensor]) -> Asking: ...
    @overload
    def __get__(self, x: Tensor, owner: type[Tensor]) -> Question: ...
    def __get__(self, x: Tensor | None, owner: type[Tensor]) -> Asking | Question:
        """Return the question to ask this tensor."""
        return self if x is None else Question(x)
