"""Going on with a run, or saying why this is not how it began."""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import suppress
from functools import partial, singledispatch
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from backlit.errors import DataError, TypeRefusedError, ValueRefusedError
from backlit.layers import Layer
from backlit.tensor import Tensor
from backlit.train.checkpoint import Position, load_checkpoint

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from backlit.data import Split
    from backlit.optim import Optimizer
    from backlit.train.run import Run

    _Parts: TypeAlias = tuple[str, Sequence[Any], Mapping[str, Any]]

EARLIER = {
    "fit.eager": True,
    "fit.augment": "None",
    "settings.model": "dense",
    "settings.eager": True,
}
"""What the first runs did, and did not write down as there was no choice."""
LENGTH = ("epochs", "steps")
"""Settings that may be raised: how long training goes on does not change what it did before."""


def go_on(run: Run, wanted: Mapping[str, Any], net: Layer, optimizer: Optimizer) -> Position:
    """Set net and optimiser to where the run stopped, and return where that was.

    A run that has no checkpoint yet is at its beginning.

    Raises
    ------
    ValueRefusedError
        If the wanted settings contradict those of the run.
    DataError
        If a file of the run is damaged, altered, or from another run.
    """
    run.sweep()
    refuse_contradictions(run, wanted)
    position = Position()
    if run.checkpoint_file.exists():
        position, settings = load_checkpoint(run.checkpoint_file, net, optimizer)
        if _lasting(settings) != _lasting(run.settings):
            raise DataError(
                f"{run.checkpoint_file} belongs to another run than {run.settings_file}, as their "
                "settings differ; restore the two from one copy."
            )
    if run.settings != wanted:
        run.change(wanted)
    return position


def refuse_contradictions(run: Run, wanted: Mapping[str, Any]) -> None:
    """Refuse settings other than the run's, except for a later end.

    Raises
    ------
    ValueRefusedError
        Naming the setting and both values.
    """
    for name, has, asked in _differences(run.settings, wanted):
        *_, key = name.split(".")
        if key not in LENGTH:
            raise ValueRefusedError(
                f"the run in {run.folder} began with {name} = {has!r}, and {asked!r} was asked "
                "for; resume it as it began, or start a new run."
            )
        if asked is None or has is None or asked < has:
            raise ValueRefusedError(
                f"the run in {run.folder} has {name} = {has!r}, and {asked!r} was asked for; "
                "it can be raised, but neither lowered nor exchanged."
            )


def described(what: Any, *, leaving: Collection[str] = ()) -> str:
    """Return what decides how a loss, a schedule or an optimiser behaves, in words.

    That is its class and all its attributes but those in ``leaving``; of a function its name and
    the values that it was made with; of an array a checksum.

    Examples
    --------
    >>> from functools import partial, singledispatch
    >>> from backlit.optim import Cosine, WarmUp
    >>> described(WarmUp(Cosine(0.1, steps=9), steps=3))
    'WarmUp(schedule=Cosine(lr=0.1, steps=9, final=0.0), steps=3)'
    >>> described(partial(max, key=abs))
    'partial(max, key=abs)'
    """
    return _described(what, leaving, ())


def _described(what: Any, leaving: Collection[str], within: tuple[int, ...]) -> str:
    if id(what) in within:
        return "..."
    name, values, named = _parts(what)
    told = [("", value) for value in values]
    told += [(f"{key}=", value) for key, value in named.items() if key not in leaving]
    said = [f"{key}{_described(value, (), (*within, id(what)))}" for key, value in told]
    return f"{name}({', '.join(said)})" if said else name


@singledispatch
def _parts(what: Any) -> _Parts:
    """Return what something is called, and its parts without and with names."""
    held = getattr(what, "__dict__", None)
    return (type(what).__name__, (), held) if held else (shown(what), (), {})


@_parts.register(Layer)
def _(layer: Layer) -> _Parts:
    return shown(layer), (), {}


@_parts.register(Tensor)
def _(x: Tensor) -> _Parts:  # perhaps a parameter, whose values change
    return f"Tensor{x.shape}", (), {}


@_parts.register(np.ndarray)
def _(array: NDArray[Any]) -> _Parts:
    checksum = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:16]
    return f"{array.dtype}{array.shape} {checksum}", (), {}


@_parts.register(list)
@_parts.register(tuple)
def _(values: Sequence[Any]) -> _Parts:
    return type(values).__name__, values, {}


@_parts.register(dict)
def _(values: dict[str, Any]) -> _Parts:
    return "dict", (), values


@_parts.register(type)
@_parts.register(BuiltinFunctionType)
def _(what: Any) -> _Parts:
    return what.__name__, (), {}


@_parts.register(partial)
def _(what: partial[Any]) -> _Parts:
    return "partial", (what.func, *what.args), what.keywords


@_parts.register(MethodType)
def _(method: MethodType) -> _Parts:
    return method.__name__, (method.__self__,), {}


@_parts.register(FunctionType)
def _(function: FunctionType) -> _Parts:
    return function.__name__, (), _made_with(function)


def _made_with(function: FunctionType) -> dict[str, Any]:
    """Return the values that a function took from around it when it was made."""
    code, defaults = function.__code__, function.__defaults__ or ()
    arguments = code.co_varnames[: code.co_argcount]
    found = dict(zip(arguments[len(arguments) - len(defaults) :], defaults, strict=True))
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        with suppress(ValueError):  # it has no value yet
            found[name] = cell.cell_contents
    return found


def shown(what: Any) -> str:
    """Return what an object says of itself, without its address in memory."""
    return re.sub(r" at 0x[0-9A-Fa-f]+", "", repr(what))


def plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings as they will be read back from JSON.

    Raises
    ------
    TypeRefusedError
        If JSON cannot hold them.
    """
    try:
        read: dict[str, Any] = json.loads(json.dumps(settings, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise TypeRefusedError(f"fit: settings must be what JSON can hold ({error}).") from None
    return read


def fingerprint(train: Split, test: Split | None) -> dict[str, Any]:
    """Tell one set of samples from another: shapes, and a checksum over the values."""
    total = hashlib.sha256()
    for split in (train, test):
        for array in () if split is None else split:
            total.update(repr((array.dtype.str, array.shape)).encode())
            total.update(np.ascontiguousarray(array).data)
    return {
        "train": repr(train),
        "test": None if test is None else repr(test),
        "sha256": total.hexdigest(),
    }


def _differences(
    has: Mapping[str, Any], asked: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, Any, Any]]:
    for key in sorted(has.keys() | asked.keys()):
        usual = EARLIER.get(f"{prefix}{key}")
        one, other = has.get(key, usual), asked.get(key, usual)
        if isinstance(one, dict) and isinstance(other, dict):
            yield from _differences(one, other, f"{prefix}{key}.")
        elif one != other:
            yield f"{prefix}{key}", one, other


def _lasting(settings: Any, prefix: str = "") -> Any:
    """Leave out what may change between one resumption and the next."""
    if not isinstance(settings, dict):
        return settings
    return {
        key: _lasting(value, f"{prefix}{key}.")
        for key, value in settings.items()
        if key not in LENGTH and EARLIER.get(f"{prefix}{key}", _lasting) != value
    }
