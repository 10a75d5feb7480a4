"""Public names that are imported when they are first used (PEP 562).

A name given this way must not be that of a submodule: Python sets a package's attribute to a
submodule when that is imported, and the name would then be the module. Functions whose submodule
bears their name are imported at once, and load what is large when they are called.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["later"]


def later(
    package: dict[str, Any], homes: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Make the ``__getattr__`` and ``__dir__`` of a package.

    Parameters
    ----------
    package
        Its ``globals()``, where a name is put once it was used.
    homes
        The full name of the module that each name is in, or that it is.
    """

    def of(name: str) -> Any:
        here = package["__name__"]
        home = homes.get(name)
        if home is None:
            raise AttributeError(
                f"module {here!r} has no attribute {name!r}", name=name, obj=sys.modules[here]
            )
        module = import_module(home)
        found = module if home == f"{here}.{name}" else getattr(module, name)
        package[name] = found
        return found

    def names() -> list[str]:
        return sorted({*package, *homes})

    return of, names
