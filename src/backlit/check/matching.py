"""What backward returns, and what it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.part import NOTHING
from backlit.check.values import is_numbers

if TYPE_CHECKING:
    from backlit.check.holdings import Holding

__all__ = ["matched", "named"]

PREFIXES = ("{}", "d{}", "grad_{}", "d_{}", "{}_grad")


def matched(returned: Any, names: list[str], floats: list[str]) -> tuple[dict[str, Any], list[Any]]:
    """Match what backward returned with the arguments of forward.

    Parameters
    ----------
    returned
        A gradient, a tuple or list of them, or a dict.
    names
        The arguments.
    floats
        Those of them that can have a gradient.

    Returns
    -------
    entries
        The gradient of each argument that has one.
    surplus
        What is left over: gradients of parameters.

    Examples
    --------
    >>> matched((1.0, 2.0), ["x", "t"], ["x"])
    ({'x': 1.0, 't': 2.0}, [])
    >>> matched((1.0, 2.0, 3.0), ["x"], ["x"])
    ({'x': 1.0}, [2.0, 3.0])
    """
    if isinstance(returned, Mapping):
        keys = {name: [form.format(name) for form in PREFIXES] for name in names}
        found = {name: [k for k in forms if k in returned] for name, forms in keys.items()}
        return {name: returned[some[0]] for name, some in found.items() if some}, []
    one = not isinstance(returned, (tuple, list))
    if one or (isinstance(returned, list) and _is_nested_numbers(returned)):
        return ({floats[0]: returned} if floats else {}), []
    flat = list(_flat(returned))
    # Labels and options have no gradient, and most backwards return none for them.
    targets = names if len(flat) >= len(names) else floats[: len(flat)]
    return dict(zip(targets, flat, strict=False)), flat[len(targets) :]


def named(returned: Any, holding: Holding) -> Any:
    """Find a parameter's gradient in a dict that backward returned, alone or in a tuple."""
    dicts = [returned] if isinstance(returned, Mapping) else []
    if isinstance(returned, (tuple, list)):
        dicts += [x for x in returned if isinstance(x, Mapping)]
    for each in dicts:
        for form in PREFIXES:
            key = form.format(holding.key) if isinstance(holding.key, str) else holding.key
            if key in each:
                return each[key]
    return NOTHING


def _flat(returned: Any) -> list[Any]:
    """List the gradients in a tuple, those in lists within it last."""
    plain = [x for x in returned if not isinstance(x, (Mapping, list, tuple)) or is_numbers(x)]
    nested = [y for x in returned if isinstance(x, (list, tuple)) and not is_numbers(x) for y in x]
    return plain + nested


def _is_nested_numbers(x: list[Any]) -> bool:
    """Tell whether a list stands for one array, and not for several."""
    return not any(isinstance(each, np.ndarray) for each in x) and is_numbers(x)
