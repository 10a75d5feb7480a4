"""What every optimiser does around its rule: gradients, clipping, steps, state."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary, ref

import numpy as np

from backlit.errors import GraphError, ShapeError, TypeRefusedError, ValueRefusedError
from backlit.optim.clipping import clip_by_norm, clip_by_value
from backlit.optim.schedules import Constant, Schedule, as_schedule
from backlit.optim.settings import positive
from backlit.quiet import quiet
from backlit.tensor import Tensor

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[Any]

__all__ = ["Optimizer"]

_applied: WeakKeyDictionary[Optimizer, dict[str, ref[Array]]] = WeakKeyDictionary()
"""The gradients of each optimiser's last steps. They say nothing about the steps to come, so they
are no part of it, nor of its state."""


class Optimizer(ABC):
    """Changes parameters so that a loss decreases, by their gradients.

    A subclass writes its :meth:`rule` as in its paper, and names in ``memory`` the arrays that
    the rule remembers from step to step.

    Parameters
    ----------
    parameters
        ``net.parameters()``, or tensors; those are then called ``parameter1`` and so on.
    lr
        The learning rate: a number or a :class:`Schedule`.
    clip_norm
        The largest norm of all gradients together; see :func:`clip_by_norm`.
    clip_value
        The largest magnitude of an entry of a gradient; see :func:`clip_by_value`.

    Raises
    ------
    TypeRefusedError
        If something is not a tensor or not a number.
    ValueRefusedError
        If there are no parameters, one comes twice, was computed rather than given, or requires
        no gradient; if a number lies outside its range; or if both ways of clipping are asked
        for.

    Attributes
    ----------
    parameters : dict of str to Tensor
        What is trained.
    schedule : Schedule
        What gives the learning rate.
    steps : int
        The number of steps taken.
    memories : dict of str to tuple of numpy.ndarray
        For each parameter what the rule remembers, in the order of ``memory``.

    Examples
    --------
    An optimiser of your own, which looks at the signs alone:

    >>> import numpy as np
    >>> import backlit as bl
    >>> from backlit.optim import Optimizer
    >>> class SignDescent(Optimizer):
    ...     def rule(self, lr, t, W, dW):
    ...         return W - lr * np.sign(dW)
    >>> W = bl.tensor([3.0, -0.5], "W")
    >>> optimizer = SignDescent([W], lr=0.1)
    >>> (W**2).sum().backward()
    >>> optimizer.step()
    >>> W.data
    array([ 2.9, -0.4])
    """

    memory: ClassVar[tuple[str, ...]] = ()
    """What the rule remembers of each parameter: arrays of its shape, zeros at first."""

    def __init__(
        self,
        parameters: Mapping[str, Tensor] | Iterable[Tensor],
        lr: float | Schedule,
        *,
        clip_norm: float | None = None,
        clip_value: float | None = None,
    ) -> None:
        kind = type(self).__name__
        self.parameters = _named(parameters, kind)
        self.schedule = as_schedule(lr, f"{kind}: lr")
        if clip_norm is not None and clip_value is not None:
            raise ValueRefusedError(
                f"{kind}: gradients are clipped by clip_norm or by clip_value, not by both."
            )
        self.clip_norm = None if clip_norm is None else positive(clip_norm, "clip_norm", kind)
        self.clip_value = None if clip_value is None else positive(clip_value, "clip_value", kind)
        self.steps = 0
        self.memories: dict[str, tuple[Array, ...]] = {
            name: tuple(np.zeros_like(W.data) for _ in self.memory)
            for name, W in self.parameters.items()
        }

    @abstractmethod
    def rule(self, lr: Any, t: Any, W: Any, dW: Any, *memory: Any, **_: Any) -> Any:
        """Return the new value of one parameter, and of what is remembered of it.

        NumPy expressions that write into nothing and branch on no value: the same text serves
        arrays and whoever else speaks NumPy's protocols.

        Parameters
        ----------
        lr
            The learning rate.
        t
            The number of this step, counted from 1.
        W, dW
            The parameter and its gradient, of one shape.
        memory
            The arrays named in ``memory``, of the same shape.

        Returns
        -------
        array or tuple of arrays
            The new ``W``, then the new memory.
        """

    @property
    def lr(self) -> float:
        """The learning rate of the next step; may be set to a number or a schedule."""
        return float(self.schedule(self.steps))

    @lr.setter
    def lr(self, lr: float | Schedule) -> None:
        self.schedule = as_schedule(lr, f"{type(self).__name__}: lr")

    def step(self) -> None:
        """Take one step: every parameter gets a new array, by the rule.

        A gradient is applied once. A parameter that got none since the last step, as one that
        the loss does not depend on, is left out with all that is remembered of it. (So a
        gradient of your own is a new array every time, not the old one written into.)

        Raises
        ------
        GraphError
            If no parameter has a gradient, or none got one since the last step.
        ShapeError
            If a gradient has another shape than its parameter.

        Nothing is changed if anything is refused.
        """
        self.apply(*self._next())
        self.steps += 1

    def apply(self, lr: Any, t: Any) -> None:
        """Do what :meth:`step` does, with a rate and a step number (from 1) of your own.

        Neither the schedule nor ``steps`` has a part in it.
        """
        quiet(self._apply, lr, t)

    def state(self) -> dict[str, Array]:
        """Return copies of all that the next steps depend on besides parameters and settings.

        Returns
        -------
        dict of str to numpy.ndarray
            ``"steps"``, and ``"<parameter>/<memory>"`` for each array remembered.

        Examples
        --------
        >>> import backlit as bl
        >>> from backlit.optim import Momentum
        >>> Momentum([bl.tensor([1.0, 2.0])]).state()
        {'steps': array(0), 'parameter1/velocity': array([0., 0.])}
        """
        return {"steps": np.asarray(self.steps)} | {
            key: array.copy() for key, array in self._remembered().items()
        }

    def load_state(self, state: Mapping[str, ArrayLike]) -> None:
        """Take over what :meth:`state` returned, and go on with the step that came next there.

        Parameters
        ----------
        state
            The arrays, by name. Each is given the dtype of its parameter.

        Raises
        ------
        ValueRefusedError
            If a name is missing or unknown, as in the state of another optimiser, or if
            ``steps`` is not a whole number of 0 or more.
        ShapeError
            If an array has another shape than its parameter.
        TypeRefusedError
            If an array is not made of real numbers.

        Nothing is changed if anything is refused.
        """
        where = f"{type(self).__name__}.load_state()"
        here = self._remembered()
        known = ["steps", *here]
        for words, names in (
            ("lacks", [name for name in known if name not in state]),
            ("has, besides what is known here,", [name for name in state if name not in known]),
        ):
            if names:
                raise ValueRefusedError(
                    f"{where}: the state {words} {', '.join(map(str, names))}; is it that of "
                    f"another optimiser or net? Known here are {', '.join(known)}."
                )
        steps = np.asarray(state["steps"])
        if steps.shape != () or steps.dtype.kind not in "iu" or steps < 0:
            raise ValueRefusedError(
                f"{where}: steps must be a whole number of 0 or more, but is {state['steps']!r}."
            )
        new = {key: np.asarray(state[key]) for key in here}
        for key, array in new.items():
            if array.dtype.kind not in "fiub":
                raise TypeRefusedError(
                    f"{where}: {key} has dtype {array.dtype}, but must be real numbers."
                )
            if array.shape != here[key].shape:
                raise ShapeError(
                    f"{where}: {key} has shape {array.shape} in the state, but "
                    f"{here[key].shape} here."
                )
        self.steps = int(steps)
        self.memories = {
            name: tuple(new[f"{name}/{part}"].astype(W.dtype) for part in self.memory)
            for name, W in self.parameters.items()
        }

    def __repr__(self) -> str:
        settings = {
            name: getattr(self, name)
            for name in inspect.signature(type(self)).parameters
            if hasattr(self, name)
        }
        if not isinstance(self.schedule, Constant):
            settings["lr"] = self.schedule
        told = [
            f"{name}={value!r}"
            for name, value in settings.items()
            if name != "parameters" and value is not None
        ]
        return f"{type(self).__name__}({', '.join(told)})"

    def _next(self) -> tuple[Any, Any]:
        """Return the rate and the number of the next step."""
        return self.lr, self.steps + 1

    def _apply(self, lr: Any, t: Any) -> None:
        given = self._gradients()
        gradients = list(given.values())
        if self.clip_norm is not None:
            gradients = clip_by_norm(gradients, self.clip_norm)
        if self.clip_value is not None:
            gradients = clip_by_value(gradients, self.clip_value)
        results = {}
        for name, dW in zip(given, gradients, strict=True):
            W = self.parameters[name]
            new = self.rule(lr, t, W.data, dW, *self.memories[name])
            new = new if isinstance(new, tuple) else (new,)
            if len(new) != 1 + len(self.memory):
                raise ValueRefusedError(
                    f"{type(self).__name__}.rule() returned {len(new)} arrays, but must return "
                    f"{1 + len(self.memory)}: {', '.join(['W', *self.memory])}."
                )
            results[name] = tuple(_like(array, W.data) for array in new)
        # Only now, so that a rule that fails leaves all parameters as they were.
        for name, (data, *memory) in results.items():
            self.parameters[name].data = data
            self.memories[name] = tuple(memory)
        applied = _applied.setdefault(self, {})
        applied |= {name: ref(dW) for name, dW in given.items() if isinstance(dW, np.ndarray)}

    def _gradients(self) -> dict[str, Array]:
        """Return the gradients that no step has applied yet, by the names of their parameters."""
        kind = type(self).__name__
        present = {name: W.grad for name, W in self.parameters.items() if W.grad is not None}
        if not present:
            raise GraphError(
                f"{kind}.step(): no parameter has a gradient yet; call loss.backward() first. (If "
                f"you did: the loss does not depend on {', '.join(self.parameters)}.)"
            )
        applied = _applied.get(self, {})
        new = {
            name: gradient
            for name, gradient in present.items()
            if name not in applied or applied[name]() is not gradient
        }
        if not new:
            raise GraphError(
                f"{kind}.step(): the last step has applied all gradients that there are; call "
                "loss.backward() first: it computes those at the new values."
            )
        for name, gradient in new.items():
            if gradient.shape != self.parameters[name].shape:
                raise ShapeError(
                    f"{kind}.step(): the gradient of {name} has shape {gradient.shape}, but {name} "
                    f"has shape {self.parameters[name].shape}."
                )
        return new

    def _remembered(self) -> dict[str, Array]:
        return {
            f"{name}/{part}": array
            for name, arrays in self.memories.items()
            for part, array in zip(self.memory, arrays, strict=True)
        }


def _named(parameters: Any, taker: str) -> dict[str, Tensor]:
    """Return parameters by name, or say why these can't be trained."""
    if isinstance(parameters, Mapping):
        named = dict(parameters)
    elif (
        isinstance(parameters, Iterable)
        and not isinstance(parameters, (Tensor, str, np.ndarray))
        and not hasattr(parameters, "parameters")  # a net, whose layers can be iterated over
    ):
        named = {f"parameter{i}": W for i, W in enumerate(parameters, start=1)}
    else:
        raise TypeRefusedError(
            f"{taker} takes net.parameters() or a list of tensors, but got "
            f"{type(parameters).__name__}."
        )
    if not named:
        raise ValueRefusedError(f"{taker} was given no parameters, so there is nothing to train.")
    seen: dict[int, str] = {}
    for name, W in named.items():
        if not isinstance(W, Tensor):
            raise TypeRefusedError(
                f"{taker}: {name} is a {type(W).__name__}, but must be a Tensor; make it one with "
                "backlit.tensor(...)."
            )
        if W.op is not None or not W.requires_grad:
            why = "requires no gradient" if W.op is None else f"was computed by {W.op.name}"
            raise ValueRefusedError(f"{taker}: {name} {why}, so it can't be trained; leave it out.")
        if id(W) in seen:
            raise ValueRefusedError(
                f"{taker}: {seen[id(W)]} and {name} are the same tensor; give it once."
            )
        seen[id(W)] = name
    return named


def _like(array: Any, old: Any) -> Any:
    """Return ``array`` in the dtype of ``old``, and a NumPy scalar (of a 0-d rule) as an array."""
    if isinstance(array, (np.generic, float)):
        array = np.asarray(array)
    return array if array.dtype == old.dtype else array.astype(old.dtype)
