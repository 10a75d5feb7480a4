"""Gradient check: what backward says, against what moving the tensors shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from backlit.check.adapters import adapt, near_method, target_name
from backlit.check.diagnosis.errors import explain_error
from backlit.check.examine import Settings, examine
from backlit.check.foreign import adapted
from backlit.check.graph_net import attribute
from backlit.check.graphs import GraphPart
from backlit.check.guard import untouched
from backlit.check.hand import HandPart
from backlit.check.net import examine_net
from backlit.check.part import Broken
from backlit.check.report import Fault, Report
from backlit.check.source import find_line
from backlit.check.stub import Stub
from backlit.errors import ValueRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

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

    >>> import backlit as bl
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
    settings = Settings(tolerance, seed, elements=count)
    target, inputs, loss = adapted(target, inputs, loss)
    with untouched(target, *inputs), np.errstate(all="ignore"):
        return _checked(target, inputs, loss, settings)


def _checked(
    target: Any, inputs: tuple[Any, ...], loss: Callable[..., Any] | None, settings: Settings
) -> Report:
    name = target_name(target)
    misspelt = _misspelt_method(target)
    if misspelt is not None:
        return Report(name, (), (misspelt,), settings.tolerance)
    try:
        part = adapt(target, inputs, loss)
    except Broken as broken:
        fault = explain_error(Stub(name, target), broken)
        return Report(name, (), (fault,), settings.tolerance)
    if isinstance(part, HandPart) and not isinstance(target, tuple):
        finding, cleared, calls = examine_net(part, settings)
    else:
        finding, cleared, calls = examine(part, settings), [], part.calls
        if isinstance(part, GraphPart) and finding.faults:
            finding.faults, calls = attribute(part, finding, settings)
    if not part.slots and not finding.faults:
        raise ValueRefusedError(
            f"check: there is nothing to check in {name}: it has no parameters, and no input of "
            "floats; pass at least one input as floats."
        )
    return Report(
        part.name,
        tuple(finding.rows),
        tuple(finding.faults),
        settings.tolerance,
        tuple(cleared),
        tuple(finding.notes),
        calls or part.calls,
    )


def _misspelt_method(target: Any) -> Fault | None:
    """Find a ``backword`` in an object that has no ``backward``, or a ``foward``."""
    if isinstance(target, tuple) or not hasattr(target, "__dict__") or isinstance(target, type):
        return None
    has_forward = callable(getattr(target, "forward", None)) or callable(target)
    has_backward = callable(getattr(target, "backward", None))
    for name, there, other in (
        ("backward", has_backward, has_forward),
        ("forward", has_forward, has_backward),
    ):
        near = "" if there or not other else near_method(target, name)
        if near:
            kind = type(target).__name__
            return Fault(
                kind,
                "",
                message=f"{kind} has no method {name!r}, but has {near!r}: it is "
                "misspelt, and nobody calls it",
                diagnosis="misspelt",
                confidence=0.97,
                source=find_line(getattr(target, near), r"\bdef\b"),
                correction=f"def {name}(self, …)",
            )
    return None
