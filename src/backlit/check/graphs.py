"""Checking what tensors flow through: ops, functions of tensors, nets of this library."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from backlit.check.names import argument_names
from backlit.check.part import Back, Broken, Part, Slot, Written
from backlit.check.randomness import Source, sources
from backlit.errors import TypeRefusedError, ValueRefusedError
from backlit.ops import softmax_cross_entropy
from backlit.tensor import Tensor, TensorLike, apply, no_grad, tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from backlit.op import Op

__all__ = ["GraphPart", "Net", "function_part", "net_part", "op_part"]


@runtime_checkable
class Net(Protocol):
    """A layer or a net: parameters by name, and a call on tensors."""

    def __call__(self, x: Any, /) -> Any:
        """Compute the output."""

    def parameters(self) -> dict[str, Tensor]:
        """Return the parameters by name."""


def op_part(op: Op, inputs: tuple[Any, ...]) -> GraphPart:
    """Check an op: every input that has a gradient, by the op's own card."""
    if not op.differentiable:
        raise ValueRefusedError(f"check: {op.name} has no gradient to check; it is a constant.")

    def call(*tensors: Tensor) -> Tensor:
        fresh = copy.copy(op)
        fresh.order, fresh.inputs = 0, ()
        return apply(fresh, *tensors)

    names = op.input_names(len(inputs))
    tensors = [
        _leaf(x, constant=name in op.gradients and op.gradients[name] is None)
        for name, x in zip(names, inputs, strict=True)
    ]
    leaves = {(op.name, name): x for name, x in zip(names, tensors, strict=True)}
    return GraphPart(op.name, lambda: call(*tensors), leaves, (op,), op)


def function_part(f: Callable[..., Any], inputs: tuple[Any, ...]) -> GraphPart:
    """Check a function of tensors: every input of floats."""
    name = getattr(f, "__name__", type(f).__name__)
    tensors = [_leaf(x) for x in inputs]
    leaves = {
        (name, x.name or argument): x
        for argument, x in zip(argument_names(f, len(inputs)), tensors, strict=True)
    }
    return GraphPart(name, lambda: f(*tensors), leaves, (f,), f)


def net_part(net: Net, inputs: tuple[Any, ...], loss: Callable[..., Any] | None) -> GraphPart:
    """Check a net on a float64 copy: every parameter, and the input if it is of floats."""
    name = type(net).__name__
    double = _double_copy(net)
    x = _leaf(inputs[0])
    targets = [_leaf(t, constant=True) for t in inputs[1:]]
    if loss is None and targets:
        loss = softmax_cross_entropy
    leaves = {
        ((path := key.rpartition("."))[0] or name, path[2]): parameter
        for key, parameter in double.parameters().items()
    }
    leaves[name, x.name or "x"] = x

    def forward() -> Any:
        y = double(x)
        return y if loss is None else loss(y, *targets)

    # However small its result, a softmax's loss adds up probabilities, and rounds as they do.
    floor = 1.0 if loss is softmax_cross_entropy else 0.0
    part = GraphPart(name, forward, leaves, (double, loss), net)
    part.floor = floor
    return part


class GraphPart(Part):
    """What tensors flow through.

    Parameters
    ----------
    name
        What to call it.
    forward
        Computes the output from the leaves.
    leaves
        The tensors to differentiate by, by layer and name.
    roots
        Where to look for random generators.
    target
        What the user gave.
    """

    def __init__(
        self,
        name: str,
        forward: Callable[[], Any],
        leaves: dict[tuple[str, str], Tensor],
        roots: tuple[Any, ...],
        target: Any,
    ) -> None:
        self.name, self._forward, self.target, self.roots = name, forward, target, roots
        self._leaves = {
            Slot(layer, key, x.data, "input" if layer == name else "parameter"): x
            for (layer, key), x in leaves.items()
            if x.requires_grad
        }
        if not self._leaves:
            raise ValueRefusedError(
                f"check: there is nothing to check in {name}: it has no parameters, and no input "
                "of floats; pass at least one input as floats."
            )
        self.slots = list(self._leaves)
        self.inputs = {key: x.data for (_, key), x in leaves.items()}
        self.fixed_dout = None
        self._drawn: list[Source] | None = None

    def output(self) -> NDArray[Any]:
        """Run forward, without recording a graph."""
        with no_grad():
            data: NDArray[Any] = self._run().data.copy()  # it may be a view of what is moved
        if data.dtype.kind not in "fiub":
            raise Broken("forward", message=f"forward must return real numbers, not {data!r:.60}")
        self.outputs = data.size
        return data

    def back(self, dout: NDArray[Any], **options: Any) -> Back:
        """Run forward and backward."""
        if options.get("warm") or options.get("other"):
            raise Broken("backward", message="a graph remembers nothing")
        before = {slot: slot.array.copy() for slot in self.slots}
        out = self._run()
        written = [self._written(slot, x, "forward") for slot, x in before.items()]
        for leaf in self._leaves.values():
            leaf.grad = None
        sent = np.array(dout, float)
        try:
            out.backward(sent)
        except Exception as error:
            raise Broken("backward", error) from error
        written += [self._written(slot, x, "backward") for slot, x in before.items()]
        gradients: dict[Slot, Any] = {
            slot: np.zeros(x.shape) if x.grad is None else x.grad.copy()
            for slot, x in self._leaves.items()
        }
        found = [w for w in written if w is not None]
        return Back(out.data.copy(), np.array(dout, float), gradients, found, sent, root=out)

    def method(self, phase: str) -> Callable[..., Any] | None:
        """Return the op's method, or the function itself."""
        if hasattr(self.target, phase):
            method: Callable[..., Any] = getattr(self.target, phase)
            return method
        return self.target if callable(self.target) else None

    def _run(self) -> Tensor:
        self.spend()
        if self._drawn is None:
            known = sources(*self.roots)
            try:
                self._forward()
            except Exception as error:
                raise Broken("forward", error) from error
            self._drawn = [source for source in known if source.moved()]
        for source in self._drawn:
            source.rewind()
        try:
            return _as_tensor(self._forward(), self.name)
        except Exception as error:
            raise Broken("forward", error) from error

    @staticmethod
    def _written(slot: Slot, before: NDArray[Any], phase: str) -> Written | None:
        if slot.array.tobytes() == before.tobytes():
            return None
        changed = np.argwhere(slot.array != before)
        index = tuple(int(i) for i in changed[0]) if len(changed) else None
        after = float(slot.array[index]) if index is not None else 0.0
        was = float(before[index]) if index is not None else 0.0
        np.copyto(slot.array, before)
        return Written(slot.role, slot.tensor, phase, index, was, after)


def _double_copy(net: Net) -> Net:
    """Copy a net in float64: its parameters, and all else that its own ``astype`` converts."""
    double = copy.deepcopy(net)
    if hasattr(double, "astype"):
        return double.astype(np.float64)  # type: ignore[no-any-return]
    for parameter in double.parameters().values():
        parameter.data = parameter.data.astype(np.float64)
    return double


def _as_tensor(output: Any, name: str) -> Tensor:
    if isinstance(output, Tensor):
        return output
    raise TypeRefusedError(
        f"{name} returned {type(output).__name__}, but must return a tensor: compute with the "
        "tensors it is given, not with arrays taken out of them."
    )


def _leaf(x: TensorLike, *, constant: bool = False) -> Tensor:
    """Return a float64 copy to move the elements of; what isn't made of floats stays as it is."""
    if isinstance(x, Tensor):
        constant, name, data = constant or not x.requires_grad, x.name, x.data
    else:
        name, data = None, np.asarray(x)
    if data.dtype.kind == "f":
        return tensor(data, name, dtype=np.float64, requires_grad=not constant)
    return tensor(data, name, requires_grad=False)
