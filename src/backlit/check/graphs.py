"""Checking what tensors flow through: ops, functions of tensors, nets of this library."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from backlit.check.names import argument_names
from backlit.check.subject import Place, Subject
from backlit.check.upstream import Upstream
from backlit.errors import TypeRefusedError, ValueRefusedError
from backlit.ops import softmax_cross_entropy
from backlit.tensor import Tensor, TensorLike, apply, tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from backlit.op import Op

__all__ = ["Net", "function_subject", "net_subject", "op_subject"]


@runtime_checkable
class Net(Protocol):
    """A layer or a net: parameters by name, and a call on tensors."""

    def __call__(self, x: Any, /) -> Any:
        """Compute the output."""

    def parameters(self) -> dict[str, Tensor]:
        """Return the parameters by name."""


def op_subject(op: Op, inputs: tuple[Any, ...], seed: int) -> Subject:
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
    return _graph_subject(op.name, lambda: call(*tensors), leaves, (op,), seed)


def function_subject(f: Callable[..., Any], inputs: tuple[Any, ...], seed: int) -> Subject:
    """Check a function of tensors: every input of floats."""
    name = getattr(f, "__name__", type(f).__name__)
    tensors = [_leaf(x) for x in inputs]
    leaves = {
        (name, x.name or argument): x
        for argument, x in zip(argument_names(f, len(inputs)), tensors, strict=True)
    }
    return _graph_subject(name, lambda: f(*tensors), leaves, (f,), seed)


def net_subject(
    net: Net, inputs: tuple[Any, ...], loss: Callable[..., Any] | None, seed: int
) -> Subject:
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
    return _graph_subject(name, forward, leaves, (double, loss), seed, floor=floor)


def _graph_subject(
    name: str,
    forward: Callable[[], Any],
    leaves: dict[tuple[str, str], Tensor],
    roots: tuple[Any, ...],
    seed: int,
    *,
    floor: float = 0.0,
) -> Subject:
    upstream = Upstream(seed)
    places = [
        (Place(layer, key, x.data), x) for (layer, key), x in leaves.items() if x.requires_grad
    ]
    if not places:
        raise ValueRefusedError(
            f"check: there is nothing to check in {name}: it has no parameters, and no input of "
            "floats; pass at least one input as floats."
        )

    def gradients() -> list[tuple[Place, Any]]:
        output = _as_tensor(forward(), name)
        dout = upstream.start(output.data)
        subject.magnitude = max(upstream.magnitude, floor)
        for _, x in places:
            x.grad = None
        output.backward(dout)
        return [
            (place, np.zeros(x.shape) if x.grad is None else x.grad / upstream.scale)
            for place, x in places
        ]

    def evaluate() -> float:
        return upstream.project(forward().data)

    watched = {
        place.tensor if place.layer == name else f"{place.layer}.{place.tensor}": place.array
        for place, _ in places
    }
    subject = Subject(name, gradients, evaluate, roots, watched=watched)
    return subject


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
