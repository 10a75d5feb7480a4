"""What a function can reach besides its arguments: nets, optimisers, arrays, settings."""

from __future__ import annotations

import functools
import sys
from itertools import chain
from operator import attrgetter, getitem, is_
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from backlit.compile.refusal import Untraceable
from backlit.layers import Layer
from backlit.optim import Optimizer
from backlit.tensor import Tensor

__all__ = ["Source", "World"]

_LIMIT = 20_000
_LIBRARIES = frozenset(sys.stdlib_module_names - {"__main__"}) | {"numpy", "backlit"}
_VALUES = (bool, int, float, complex, str, bytes, range, slice, type(None), type(Ellipsis))
_PER_STEP = frozenset({"steps", "memories", "schedule"})
"""What an optimiser changes by itself, and is asked for anew at every step."""
_MISSING = object()
_contents = attrgetter("cell_contents")
_flags = attrgetter("requires_grad", "op")


class Source:
    """Where an array is kept: ``holder[key]``, as a tensor's data or an element of a dict."""

    def __init__(self, holder: Any, key: Any, name: str) -> None:
        self.holder, self.key, self.name = holder, key, name

    def get(self) -> Any:
        """Return the array that is there now."""
        if type(self.holder) is CellType:
            return self.holder.cell_contents
        return self.holder[self.key]

    def set(self, value: Any) -> None:
        """Put another there."""
        if type(self.holder) is CellType:
            self.holder.cell_contents = value
        else:
            self.holder[self.key] = value


class World:
    """All that a function reaches through closures, globals that it names, and attributes.

    It is walked once. At every call :meth:`unchanged` tells whether it is still the same, by
    the identity of every part; after a trace :meth:`restore` puts everything back.

    Attributes
    ----------
    tensors, optimizers, generators
        What was found, each once.
    sources
        Where arrays are kept: the data of tensors, and other arrays.
    facts
        All values that the function may branch on; equal facts mean an equal program.
    """

    def __init__(self, function: Any) -> None:
        self.tensors: list[Tensor] = []
        self.optimizers: list[Optimizer] = []
        self.generators: list[np.random.Generator] = []
        self.sources: list[Source] = []
        self.layers: dict[int, str] = {}
        self.dicts: list[tuple[Any, dict[Any, Any]]] = []
        self.lists: list[tuple[Any, tuple[Any, ...]]] = []
        self.names: list[tuple[Any, str, Any]] = []
        self.cells: list[tuple[Any, Any]] = []
        self._classes: dict[int, type] = {}
        self._facts: list[Any] = []
        self._seen: dict[int, Any] = {}
        self._waiting: list[tuple[Any, str]] = [(function, "")]
        while self._waiting:
            value, name = self._waiting.pop()
            self._visit(value, name)
            if len(self._seen) > _LIMIT:
                raise Untraceable(
                    "it reaches more objects than can be watched; pass it what it needs as "
                    "arguments."
                )
        self.facts = tuple(self._facts)
        watched = [(d, d.values, tuple(kept.values())) for d, kept in self.dicts if kept]
        watched += [(x, x.__iter__, kept) for x, kept in self.lists if kept]
        self._holders = [x for x, _, _ in watched]
        self._sizes = [len(kept) for *_, kept in watched]
        self._reads = [read for _, read, _ in watched]
        self._kept = [value for *_, kept in watched for value in kept]
        self._scopes = [scope for scope, _, _ in self.names]
        self._global_names = [name for _, name, _ in self.names]
        self._globals_ = [value for *_, value in self.names]
        self._filled = [cell for cell, value in self.cells if value is not _MISSING]
        self._contents_ = [value for _, value in self.cells if value is not _MISSING]
        self._empty = [cell for cell, value in self.cells if value is _MISSING]
        self._flags_ = list(map(_flags, self.tensors))

    def trained(self) -> dict[int, str]:
        """Return the names that optimisers have for parameters, by the id of their attributes."""
        return {id(vars(W)): name for o in self.optimizers for name, W in o.parameters.items()}

    def unchanged(self) -> bool:
        """Tell whether every part is the one that was found (arrays may hold other values)."""
        # Asked at every step, hence loops in C over all parts of a kind at once.
        try:
            return (
                list(map(len, self._holders)) == self._sizes
                and all(map(is_, chain.from_iterable([r() for r in self._reads]), self._kept))
                and all(map(is_, map(getitem, self._scopes, self._global_names), self._globals_))
                and all(map(is_, map(_contents, self._filled), self._contents_))
                and list(map(_flags, self.tensors)) == self._flags_
                and not any(_content(cell) is not _MISSING for cell in self._empty)
            )
        except (KeyError, ValueError):  # a global or a variable that is gone
            return False

    def changes(self) -> list[str]:
        """Return words for what differs from what was found, tensors and optimisers apart."""
        found = [
            f"the contents of a {type(x).__name__}"
            for x, kept in self.lists
            if len(x) != len(kept) or not all(map(is_, x, kept))
        ]
        for d, kept in self.dicts:
            keys = [k for k in {**kept, **d} if d.get(k, _MISSING) is not kept.get(k, _MISSING)]
            found += [repr(k) for k in keys]
        found += [repr(n) for scope, n, kept in self.names if scope.get(n, _MISSING) is not kept]
        found += ["a variable of an outer function"] * any(
            _content(cell) is not kept for cell, kept in self.cells
        )
        return found

    def restore(self) -> None:
        """Put back everything that was found."""
        for d, items in self.dicts:
            if not _same(d.values(), items.values()):
                d.clear()
                d.update(items)
        for x, kept in self.lists:
            if isinstance(x, (list, set)) and not _same(x, kept):
                x.clear()
                (x.extend if isinstance(x, list) else x.update)(kept)
        for scope, name, value in self.names:
            if scope.get(name, _MISSING) is value:
                continue
            if id(scope) in self._classes:
                setattr(self._classes[id(scope)], name, value)
            else:
                scope[name] = value
        for cell, value in self.cells:
            if _content(cell) is not value and value is not _MISSING:
                cell.cell_contents = value

    # The walk

    def _visit(self, value: Any, name: str) -> None:  # noqa: C901, PLR0912  (by kind)
        kind = type(value)
        if kind in _VALUES or isinstance(value, np.generic):
            self._facts.append((kind, repr(value) if kind in {float, complex, slice} else value))
            return
        self._facts.append(kind if id(value) not in self._seen else (kind, id(value)))
        if id(value) in self._seen:
            return
        self._seen[id(value)] = value
        if isinstance(value, np.ndarray):
            self._facts.append((value.shape, value.dtype))
            return
        self._facts.append(len(value) if kind is tuple else id(value))
        if kind is Tensor:
            self._facts.append((value.shape, value.dtype, value.requires_grad, value.op is None))
            self.tensors.append(value)
            self.sources.append(Source(vars(value), "data", value.name or name or "tensor"))
        elif isinstance(value, np.random.Generator):
            self.generators.append(value)
        elif isinstance(value, Optimizer):
            self.optimizers.append(value)
            self._object(value, name, skipped=_PER_STEP)
        elif isinstance(value, dict):
            self._items(value, dict(value), name)
        elif isinstance(value, (list, tuple, set, frozenset)):
            self.lists.append((value, tuple(value)))
            for i, item in enumerate(value):
                self._item(value, i, item, f"{name}.{i}")
        elif kind is FunctionType:
            self._function(value, name)
        elif kind is MethodType:
            self._later(value.__self__, name)
            self._later(value.__func__, name)
        elif isinstance(value, functools.partial):
            for part in (value.func, value.args, value.keywords):
                self._later(part, name)
        elif isinstance(value, (ModuleType, BuiltinFunctionType, np.ufunc, np.dtype)):
            pass
        elif isinstance(value, type):
            self._class(value)
        elif kind.__module__ == "backlit.compile.compiled":  # its programs are its own affair
            self._later(value.function, name)
        else:
            if isinstance(value, Layer):
                self.layers[id(value)] = name
            self._object(value, name)
            self._later(kind, name)

    def _later(self, value: Any, name: str) -> None:
        self._waiting.append((value, name))

    def _items(self, holder: Any, kept: dict[Any, Any], name: str) -> None:
        self.dicts.append((holder, kept))
        self._facts.append(tuple(map(str, kept)))
        for key, item in kept.items():
            self._item(holder, key, item, f"{name}.{key}" if name else str(key))

    def _item(self, holder: Any, key: Any, item: Any, name: str) -> None:
        if isinstance(item, np.ndarray):
            if type(holder) not in {dict, list}:
                raise Untraceable(
                    f"it reaches the array {name}, which is kept in a {type(holder).__name__} and "
                    "can't be watched there; keep it in an attribute, or pass it as an argument."
                )
            self.sources.append(Source(holder, key, name))
        self._later(item, name)

    def _object(self, value: Any, name: str, skipped: frozenset[str] = frozenset()) -> None:
        kept = getattr(value, "__dict__", None)
        prefix = "" if name in {"net", "model", "self"} else name
        if isinstance(kept, dict):
            if not skipped:
                self.dicts.append((kept, dict(kept)))
            self._facts.append(tuple(kept))
            for key, item in list(kept.items()):
                if key in skipped:
                    continue
                if skipped:
                    self.names.append((kept, key, item))
                self._item(kept, key, item, f"{prefix}.{key}" if prefix else key)
        for cls in type(value).__mro__:
            for slot in _slots(cls):
                item = getattr(value, slot, _MISSING)
                if item is not _MISSING and slot not in {"__dict__", "__weakref__"}:
                    self._item(slot, slot, item, f"{prefix}.{slot}" if prefix else slot)

    def _class(self, cls: type) -> None:
        for base in cls.__mro__:
            if _library(base.__module__) or base in self._classes.values():
                continue
            kept = {
                key: item
                for key, item in vars(base).items()
                if key not in {"__dict__", "__weakref__", "__doc__", "__module__"}
            }
            scope = vars(base)
            self._classes[id(scope)] = base
            for key, item in kept.items():
                self.names.append((scope, key, item))
                inner = item.__func__ if isinstance(item, (staticmethod, classmethod)) else item
                if isinstance(inner, property):
                    inner = inner.fget
                self._item(scope, key, inner, str(key))

    def _function(self, function: FunctionType, name: str) -> None:
        code = function.__code__
        self._facts.append(id(code))
        self._seen.setdefault(id(code), code)
        for free, cell in zip(code.co_freevars, function.__closure__ or (), strict=False):
            content = _content(cell)
            self.cells.append((cell, content))
            if isinstance(content, np.ndarray):
                self.sources.append(Source(cell, None, free))
            if content is not _MISSING:
                self._later(content, free)
        for default in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
            if isinstance(default, np.ndarray):
                raise Untraceable(
                    f"{function.__name__} has an array as the default of an argument; pass it."
                )
            self._later(default, name)
        if vars(function):
            self._items(vars(function), dict(vars(function)), name)
        written_here = code.co_filename.startswith("<")  # in a console or a doctest
        if written_here or not _library(function.__module__):
            self._globals(function.__globals__, _names(code))

    def _globals(self, scope: dict[str, Any], named: set[str]) -> None:
        for global_name in sorted(named):
            if global_name not in scope:
                continue
            item = scope[global_name]
            self.names.append((scope, global_name, item))
            self._item(scope, global_name, item, global_name)
            if isinstance(item, ModuleType) and not _library(item.__name__):
                for attribute in sorted(named & vars(item).keys()):
                    inner = vars(item)[attribute]
                    self.names.append((vars(item), attribute, inner))
                    self._item(vars(item), attribute, inner, attribute)


def _same(now: Any, kept: Any) -> bool:
    return len(now) == len(kept) and all(map(is_, now, kept))


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return _MISSING


def _library(module: str | None) -> bool:
    return (module or "").partition(".")[0] in _LIBRARIES


def _slots(cls: type) -> tuple[str, ...]:
    slots = vars(cls).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def _names(code: CodeType) -> set[str]:
    """Return every name that a function, or one inside it, looks up."""
    found, waiting = set(), [code]
    while waiting:
        one = waiting.pop()
        found |= set(one.co_names)
        waiting += [constant for constant in one.co_consts if isinstance(constant, CodeType)]
    return found
