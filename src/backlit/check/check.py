"""Gradient check: what backward says, against what moving the tensors shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from backlit.errors import ValueRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from backlit.check.report import Report
    from backlit.tensor import Tensor

__all__ = ["check"]


def check(
    target: Any,
    *inputs: Any,
    loss: Callable[..., Tensor] | None = None,
    elements: Literal["all"] | None = None,
    samples: int | None = None,
    tolerance: float = 1e-4,
    seed: int = 0,
) -> Report:
    """Compare every gradient with the slope found by moving the tensors, and name what is wrong.

    All of it happens on float64 copies: the target, its inputs and every random generator are as
    before. Each evaluation is given the same random numbers, so dropout keeps its mask.

    A small tensor is moved element by element. A large one is moved along random directions, in
    which a single wrong element shows too; it is then found by halving. In a net each layer is
    checked by itself as well, at the input that it really gets, so that the layer at fault is
    named and the others are cleared; if all are right and the net is not, its wiring is wrong.

    Parameters
    ----------
    target
        One of

        - an op: its inputs are checked;
        - a function of tensors: its inputs are checked;
        - a layer or a net of this library: its parameters and its input;
        - an object by hand with ``forward(*inputs)`` (or a call) and ``backward(dout)``: its
          inputs, by what ``backward`` returns, and its parameters, by the gradients that it leaves
          beside them (``dW``, ``grad_W``, ``W_grad``, ``grads["W"]``, ``W.grad`` …);
        - a net by hand with ``loss(x, t)`` and ``gradient(x, t)``: its parameters;
        - a pair of functions, ``(forward, backward)``.
    inputs
        What it is called with. For a net with a loss, ``x`` and the labels ``t``. Inputs that are
        not floats (labels) have no gradient and are left alone.
    loss
        What is computed from the output of a net of this library and the inputs after the first;
        :func:`~backlit.softmax_cross_entropy` if left out. Without labels and loss, a random
        upstream gradient is sent back from the output.
    elements
        ``"all"`` to move every element by itself, however many there are.
    samples
        How many elements of each tensor to move by themselves, chosen at random, in place of
        random directions.
    tolerance
        The largest relative error that passes. What rounding explains passes too.
    seed
        Decides the upstream gradient, the directions, and which elements are chosen.

    Returns
    -------
    Report
        A row for each tensor, and what is wrong as faults. What the target raises is a fault too.

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

    >>> import numpy as np
    >>> class Sine:
    ...     def forward(self, x):
    ...         self.x = x
    ...         return np.sin(x)
    ...
    ...     def backward(self, dout):
    ...         return -dout * np.cos(self.x)
    >>> report = check(Sine(), np.array([0.0, 1.0]))
    >>> report.ok
    False
    >>> report.faults[0].diagnosis
    'sign'
    """
    if samples is not None and samples < 1:
        raise ValueRefusedError(
            f"check: samples must be at least 1, or None for all; not {samples}."
        )
    if elements not in {None, "all"}:
        raise ValueRefusedError(f"check: elements must be 'all' or None, not {elements!r}.")
    if not 0 < tolerance < 1:
        raise ValueRefusedError(f"check: tolerance must lie between 0 and 1, not be {tolerance}.")
    count = 2**62 if elements == "all" else samples
    # What follows is large, and whoever imports the library may never need it.
    from backlit.check.checked import checked  # noqa: PLC0415

    return checked(target, inputs, loss, tolerance=tolerance, seed=seed, elements=count)
