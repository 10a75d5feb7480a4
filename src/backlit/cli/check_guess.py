"""Guessing what a layer is made with and called with, by the names that people use."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.foreign import adapted, library
from backlit.check.sandbox import attempt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["Nothing", "Subject", "guessed"]


class Nothing(Exception):  # noqa: N818 - it says why there is nothing to check
    """There is nothing to check, and why."""


@dataclass
class Subject:
    """What to check, its inputs, the options of the check, and what of it was guessed."""

    target: Any
    inputs: tuple[Any, ...]
    options: dict[str, Any] = field(default_factory=dict)
    said: str = ""


@dataclass(frozen=True)
class World:
    """Shapes that go together: of an input, weights, biases, and one number for each feature."""

    x: tuple[int, ...]
    W: tuple[int, ...]
    b: tuple[int, ...]
    gamma: tuple[int, ...]
    inputs: int
    outputs: int


FLAT = World((5, 4), (4, 3), (3,), (4,), 4, 3)
WORLDS = (
    FLAT,
    World((5, 4), (3, 4), (3,), (4,), 4, 3),  # W @ x of a row: weights the other way round
    World((5, 4), (4, 4), (4,), (4,), 4, 4),
    World((2, 3, 4, 4), (2, 3, 3, 3), (2,), (3,), 3, 2),  # images, and filters for them
    World((4, 5), (3, 4), (3, 1), (4, 1), 4, 3),  # samples in columns
    World((2, 5, 4), (4, 3), (3,), (4,), 4, 3),  # sequences
    World((4,), (4, 3), (3,), (4,), 4, 3),
    World((), (), (), (), 1, 1),
)

WEIGHTS = {"w", "weight", "weights", "kernel", "filters", "filter", "theta", "u", "v", "wx"}
BIASES = {"b", "bias", "biases"}
SCALES = {"gamma", "scale", "g"}
SHIFTS = {"beta", "shift", "mean", "mu"}
SIZES_IN = {
    "input_size", "in_features", "n_in", "in_dim", "input_dim", "d", "d_in", "dim_in", "size",
    "dim", "n_features", "num_features", "features", "in_channels", "channels", "n", "c",
    "input_dims", "nin", "fan_in", "in_size", "n_input", "n_inputs", "dims",
}  # fmt: skip
SIZES_OUT = {
    "output_size", "out_features", "n_out", "out_dim", "output_dim", "m", "d_out", "nout",
    "dim_out", "num_classes", "n_classes", "classes", "out_channels", "fan_out", "k", "out_size",
    "n_output", "n_outputs", "units",
}  # fmt: skip
HIDDEN = {"hidden_size", "hidden", "hidden_dim", "n_hidden", "h", "d_hidden", "hidden_units"}
RATES = {"ratio", "dropout_ratio", "p", "rate", "drop", "dropout", "keep_prob", "prob"}
SMALL = {"eps", "epsilon"}
FACTORS = {"alpha", "slope", "negative_slope", "temperature", "lam", "momentum", "factor", "a_min",
           "weight_init_std", "std", "decay"}  # fmt: skip
ONES = {"stride", "pool_h", "pool_w", "kernel_size", "k_size", "pool_size", "fh", "fw", "window"}
LABELS = {"t", "target", "targets", "label", "labels", "y_true", "truth", "teacher"}


def guessed(thing: Any, seed: int) -> Subject:
    """Make something and inputs for it, such that its forward runs and gives finite numbers.

    Parameters
    ----------
    thing
        A class, an object, or a function.
    seed
        Decides the numbers.

    Raises
    ------
    Nothing
        If no guess fits; says what was unknown, or what was raised first.
    """
    first = ""
    shaky: Subject | None = None
    for world, labels in product(_worlds(thing), ("one-hot", "of outputs", "ids")):
        outcome = attempt(lambda w=world, form=labels: _made(thing, w, form, seed))  # type: ignore[misc]
        if isinstance(outcome.error, Nothing):
            raise outcome.error
        subject = outcome.value
        if subject is None:
            first = first or _raised(outcome.error, outcome.reason)
            continue
        again = attempt(lambda s=subject: _forward(s))  # type: ignore[misc]
        if again.error is not None:
            first = first or _raised(again.error, again.reason)
        elif again.value:
            return _made(thing, world, labels, seed)
        else:
            shaky = shaky or subject
    if shaky is not None:
        return shaky
    raise Nothing(
        f"nothing that was guessed fits ({first}); offer it with its inputs: "
        "checks = [(target, input, ...)]"
    )


def _made(thing: Any, world: World, labels: str, seed: int) -> Subject:
    rng = np.random.default_rng(seed)
    target, words = thing, ""
    foreign = library(thing)
    if isinstance(thing, type) and not (foreign and not hasattr(thing, "parameters")):
        arguments = _arguments(thing.__init__, world, labels, rng, thing.__name__)  # type: ignore[misc]
        np.random.seed(seed)  # noqa: NPY002 - what constructors draw from, in the chapter's style
        target = thing(**arguments)
        words = f"{thing.__name__}({_said(arguments)})"
    name = getattr(thing, "__name__", type(thing).__name__)
    skip = 1 if foreign == "torch" and isinstance(target, type) else 0
    inputs = _arguments(_called(target), world, labels, rng, name, skip=skip)
    said = " with ".join(filter(None, (words, _said(inputs))))
    return Subject(target, tuple(inputs.values()), {}, said)


def _called(target: Any) -> Callable[..., Any]:
    """Return what is called with the inputs."""
    if hasattr(target, "loss") and hasattr(target, "gradient"):
        return target.loss  # type: ignore[no-any-return]
    for name in ("forward", "foward", "forwards", "fowrard", "forwad"):
        if callable(getattr(target, name, None)):
            return getattr(target, name)  # type: ignore[no-any-return]
    return target  # type: ignore[no-any-return]


def _forward(subject: Subject) -> bool:
    """Run forward, and tell whether it gives finite numbers."""
    target, inputs, _ = adapted(subject.target, subject.inputs)
    copies = [x.copy() if isinstance(x, np.ndarray) else x for x in inputs]
    y = _called(target)(*copies)
    first = y[0] if isinstance(y, tuple) and y else y
    values = np.asarray(getattr(first, "data", first) if not np.isscalar(first) else first)
    return values.dtype.kind in "fiub" and bool(np.all(np.isfinite(values)))


def _arguments(
    f: Callable[..., Any],
    world: World,
    labels: str,
    rng: np.random.Generator,
    owner: str,
    *,
    skip: int = 0,
) -> dict[str, Any]:
    """Guess the arguments that a call can't do without."""
    try:
        parameters: Mapping[str, inspect.Parameter] = inspect.signature(f).parameters
    except (TypeError, ValueError):
        return {}
    arguments = {}
    for name, parameter in list(parameters.items())[skip:]:
        variable = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if name == "self" or variable or parameter.default is not parameter.empty:
            continue
        arguments[name] = _value(name, parameter.annotation, world, labels, rng)
        if arguments[name] is None:
            if getattr(f, "__name__", "") != "__init__":
                arguments[name] = rng.standard_normal(world.x)
                continue
            raise Nothing(
                f"{owner} is made with {name!r}, and what that may be is not known; offer it ready "
                "made: checks = [(target, input, ...)]"
            )
    return arguments


def _value(name: str, annotation: Any, world: World, labels: str, rng: np.random.Generator) -> Any:
    """Guess a value by its name; ``None`` if it says nothing."""
    key = name.lower().strip("_")
    bare = key.rstrip("0123456789").rstrip("_")
    if key in LABELS:
        return _labels(world, labels, rng)
    for names, value in (
        (SIZES_IN, world.inputs), (SIZES_OUT, world.outputs), (HIDDEN, 6), (RATES, 0.5),
        (SMALL, 1e-7), (FACTORS, 0.5), (ONES, 2), ({"pad", "padding"}, 0), ({"axis", "dim"}, -1),
        ({"seed"}, 0), ({"rng", "generator"}, np.random.default_rng(0)),
    ):  # fmt: skip
        if key in names and not (key in {"n", "m", "k", "c", "d", "h"} and name.isupper()):
            return value
    for names, shape in (
        (WEIGHTS, world.W), (BIASES, world.b), (SCALES, world.gamma), (SHIFTS, world.gamma),
    ):  # fmt: skip
        if bare in names:
            return rng.standard_normal(shape) * 0.7 + (1.0 if names is SCALES else 0.0)
    if annotation in (int, "int"):
        return world.inputs
    if annotation in (float, "float"):
        return 0.5
    inputs = {"x", "y", "z", "a", "h", "input", "inputs", "xs", "data", "logits", "out", "features"}
    return rng.standard_normal(world.x) if bare in inputs else None


def _labels(world: World, form: str, rng: np.random.Generator) -> Any:
    samples = world.x[0] if world.x else 1
    if form == "ids":
        return rng.integers(0, max(min(world.inputs, world.outputs), 1), samples)
    classes = world.outputs if form == "of outputs" else (world.x[-1] if world.x else 1)
    return np.eye(classes, dtype=int)[rng.integers(0, classes, samples)]


def _worlds(thing: Any) -> Iterator[World]:
    """Give the shapes to try, for an object first those that its own arrays suggest."""
    if not isinstance(thing, type):
        shapes = list(_shapes(thing))
        for shape in (*shapes[:1], *(s[::-1] for s in shapes[:1])):
            last = shapes[-1][-1] if shape == shapes[0] else shapes[-1][0]
            yield World((5, shape[0]), shape, shape[1:], shape[:1], shape[0], last)
    yield from WORLDS


def _shapes(thing: Any) -> Iterator[tuple[int, ...]]:
    from backlit.check.walk import walk  # noqa: PLC0415 - a look inside

    parameters = getattr(thing, "parameters", None)
    if library(thing) and callable(parameters):
        yield from (tuple(p.shape) for p in parameters() if p.ndim == 2)
        return
    yield from (x.shape for x in walk(thing) if isinstance(x, np.ndarray) and x.ndim == 2)


def _said(arguments: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} {x.shape}" if isinstance(x, np.ndarray) else f"{name}={x!r:.40}"
        for name, x in arguments.items()
    )


def _raised(error: BaseException | None, reason: str) -> str:
    import traceback  # noqa: PLC0415 - only where something went wrong

    frames = traceback.extract_tb(None if error is None else error.__traceback__)
    theirs = [f for f in frames if "backlit" not in f.filename and "numpy" not in f.filename]
    return f"{reason}, line {theirs[-1].lineno}" if theirs else reason
