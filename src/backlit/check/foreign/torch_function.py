"""A ``torch.autograd.Function``, or a function of torch tensors, as a layer on arrays."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from backlit.check.foreign.library import Lazy, is_function, library
from backlit.check.foreign.pair import Outputs, Pair, Template, dressed
from backlit.check.foreign.torch_world import (
    Randomness,
    as_array,
    as_tensor,
    in_double,
    is_array,
    tensors_in,
)
from backlit.check.foreign.words import translated
from backlit.check.names import argument_names
from backlit.errors import GraphError, TypeRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

__all__ = ["Run", "TorchPair", "is_float", "tracked"]

torch = Lazy("torch")

AGREE = 1e-9
"""How far two runs of the same backward may be apart, relative to their size."""


class TorchPair(Pair):
    """Forward by calling, backward by torch's own engine, which calls the user's."""

    @classmethod
    def of(cls, target: Any, inputs: tuple[Any, ...]) -> Self:
        """Adapt a Function (as a class) or a function of tensors."""
        own = is_function(target)
        call = target.apply if own else target
        wanted = [_wants_gradient(inputs, x) for x in inputs]
        if not any(wanted):
            raise TypeRefusedError(
                f"check: {getattr(target, '__name__', target)} is given no array of floats that "
                "may have a gradient; pass one (a tensor with requires_grad=False is left alone)."
            )
        # A tensor of floats that wants no gradient is an option like any other.
        fixed = [
            as_tensor(as_array(x)) if is_array(x) and is_float(x) and not wants else x
            for x, wants in zip(inputs, wanted, strict=True)
        ]
        moved = [
            is_array(x) and (wants or not is_float(x))
            for x, wants in zip(inputs, wanted, strict=True)
        ]
        template = Template(fixed, moved)
        names = _names(target.forward if own else target, len(inputs), skip=_context(target))
        kind = dressed(
            cls,
            target,
            [names[i] for i in template.places],
            target.forward if own else target,
            target.backward if own else target,
        )
        given = tuple(as_array(inputs[i]) for i in template.places)
        pair: Any = kind(given, call=call, template=template, run=Run(), random=Randomness())
        return pair  # type: ignore[no-any-return]

    def forward(self, *arrays: Any) -> NDArray[Any]:
        """Call it on tensors that share the arrays' memory."""
        held = self._held
        run: Run = held["run"]
        with in_double(), held["random"].rewound(), translated(self.name):
            run.arguments = [as_tensor(x) for x in arrays]
            run.leaves = tracked(run.arguments)
            run.outputs = self._called(run.arguments)
            return run.joined(self.name)

    def backward(self, dout: Any) -> Any:
        """Return the gradients that torch finds, one for each array of floats."""
        held = self._held
        run: Run = held["run"]
        with in_double(), held["random"].continued(), translated(self.name):
            gradients = run.gradients(dout, run.leaves)
        if not run.compared:
            run.compared = True
            self._compare_alone(dout, gradients)
        found = iter(gradients)
        answer = tuple(next(found) if x.is_floating_point() else None for x in run.arguments)
        return answer[0] if len(answer) == 1 else answer

    def _called(self, leaves: list[Any]) -> Any:
        held = self._held
        template: Template = held["template"]
        before = [x.detach().clone() for x in leaves]
        try:
            return held["call"](*template.filled(leaves))
        except RuntimeError as error:
            # ctx.mark_dirty, or an operator in place: what is made for that can take a copy.
            if "leaf" not in str(error) or "in-place" not in str(error):
                raise
            with torch.no_grad():
                for x, value in zip(leaves, before, strict=True):
                    x.copy_(value)
            return held["call"](*template.filled([x.clone() for x in leaves]))

    def _compare_alone(self, dout: Any, together: list[NDArray[Any]]) -> None:
        """Run it with one gradient wanted at a time: ``ctx.needs_input_grad`` must not matter.

        Raises
        ------
        GraphError
            If a gradient is then another.
        """
        held = self._held
        if len(together) < 2:
            return
        outer: Run = held["run"]
        places = [i for i, x in enumerate(outer.arguments) if x.requires_grad]
        names = list(inspect.signature(self.forward).parameters)
        for i, expected in zip(places, together, strict=True):
            alone = Run()
            with in_double(), held["random"].rewound(), translated(self.name):
                leaves = [x.detach().clone() for x in outer.arguments]
                alone.leaves = [leaves[i].requires_grad_()]
                alone.outputs = self._called(leaves)
                alone.joined(self.name)
            try:
                with in_double(), held["random"].continued():
                    found = alone.gradients(np.array(dout, np.float64), alone.leaves)[0]
            except Exception as error:
                raise GraphError(
                    f"{self.name}.backward raises where only {names[i]} needs a gradient "
                    f"(ctx.needs_input_grad), and not where all do: {type(error).__name__}: {error}"
                ).with_traceback(error.__traceback__) from error
            if found.shape != expected.shape or _differ(found, expected):
                raise GraphError(
                    f"{self.name}.backward gives another gradient of {names[i]} where only that "
                    "one is needed (ctx.needs_input_grad) than where all are."
                )

    def _held_by_twin(self, memo: dict[int, Any]) -> dict[str, Any]:  # noqa: ARG002
        run = Run()
        run.compared = self._held["run"].compared
        return {**self._held, "run": run}


class Run:
    """One call, and what torch recorded of it."""

    def __init__(self) -> None:
        self.leaves: list[Any] = []
        self.arguments: list[Any] = []
        self.outputs: Any = None
        self.compared = False
        self._tensors: list[Any] = []
        self._shape = Outputs()

    def joined(self, name: str) -> NDArray[Any]:
        """Return the outputs of floats as one array.

        Raises
        ------
        TypeRefusedError
            If there are none.
        """
        self._tensors = tensors_in(self.outputs)
        if not self._tensors:
            raise TypeRefusedError(
                f"{name} returned {type(self.outputs).__name__} and no tensor of floats in it."
            )
        return self._shape.joined([x.detach().cpu().numpy().copy() for x in self._tensors])

    def gradients(self, dout: Any, leaves: Sequence[Any]) -> list[NDArray[Any]]:
        """Send ``dout`` back; what no gradient comes to has zeros, as in torch."""
        found = self.raw_gradients(dout, leaves)
        return [
            np.zeros(tuple(leaf.shape)) if g is None else g.detach().cpu().numpy().copy()
            for leaf, g in zip(leaves, found, strict=True)
        ]

    def raw_gradients(self, dout: Any, leaves: Sequence[Any]) -> Sequence[Any]:
        """Send ``dout`` back; ``None`` where no gradient comes to."""
        sent = [
            (y, as_tensor(part).to(y.dtype))
            for y, part in zip(self._tensors, self._shape.split(dout), strict=True)
            if y.requires_grad
        ]
        if not sent or not leaves:
            return [None] * len(leaves)
        outputs, douts = zip(*sent, strict=True)
        try:
            found: Sequence[Any] = torch.autograd.grad(
                outputs, leaves, douts, retain_graph=True, allow_unused=True
            )
        except RuntimeError as error:
            if "invalid gradient at index" not in str(error) or len(sent) != 1:
                raise
            found = _as_returned(outputs[0], douts[0], leaves)
            if not found:
                raise
        return found

    def functions(self) -> list[Any]:
        """Return the subclasses of ``torch.autograd.Function`` in the graph, ours left out."""
        found: dict[int, Any] = {}
        seen: set[Any] = set()
        waiting = [x.grad_fn for x in self._tensors]
        while waiting:
            node = waiting.pop()
            if node is None or node in seen:
                continue
            seen.add(node)
            function = getattr(type(node), "_forward_cls", None)
            if function is not None and not str(function.__module__).startswith("backlit."):
                found[id(function)] = function
            waiting += [each for each, _ in node.next_functions]
        return list(found.values())


def _as_returned(output: Any, dout: Any, leaves: Sequence[Any]) -> list[Any]:
    """Ask a Function itself what it returns, where torch refuses its shape."""
    node = output.grad_fn
    if not hasattr(node, "apply"):
        return []
    returned = node.apply(dout)
    entries = list(returned) if isinstance(returned, tuple) else [returned]
    inputs = [getattr(each[0], "variable", None) for each in node.next_functions]
    by_leaf = {id(x): g for x, g in zip(inputs, entries, strict=False) if x is not None}
    return [by_leaf.get(id(leaf)) for leaf in leaves] if by_leaf else []


def tracked(tensors: Sequence[Any]) -> list[Any]:
    """Have gradients recorded for the floats among tensors, and return those."""
    return [x.requires_grad_() for x in tensors if x.is_floating_point()]


def _wants_gradient(inputs: tuple[Any, ...], x: Any) -> bool:
    """Tell whether an input may have a gradient: of tensors, those that say so, if any does."""
    if not is_array(x) or not is_float(x):
        return False
    says = [getattr(each, "requires_grad", False) for each in inputs if library(each) == "torch"]
    return not any(says) or bool(getattr(x, "requires_grad", True))


def is_float(x: Any) -> bool:
    """Tell whether an array is made of floats."""
    if library(x) == "torch":
        return bool(x.is_floating_point())
    return np.asarray(x).dtype.kind in "fV"


def _differ(one: NDArray[Any], other: NDArray[Any]) -> bool:
    size = max(float(np.abs(one).max(initial=0)), float(np.abs(other).max(initial=0)))
    return not bool(np.all(np.abs(one - other) <= AGREE * size))


def _context(target: Any) -> int:
    """Count the arguments before the inputs: ``ctx`` of an older-style forward."""
    if not is_function(target):
        return 0
    own = any("setup_context" in vars(base) for base in target.__mro__[:-1] if _is_users(base))
    return 0 if own else 1


def _is_users(base: type) -> bool:
    return not base.__module__.startswith("torch.")


def _names(f: Callable[..., Any], count: int, skip: int) -> list[str]:
    names = argument_names(f, count + skip)[skip:]
    return [name if not name.startswith("input ") else f"input {i}" for i, name in enumerate(names)]
