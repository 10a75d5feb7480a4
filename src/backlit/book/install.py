"""Making the book's imports find this library."""

from __future__ import annotations

import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING, Any

from backlit.book import (
    columns,
    convnet,
    convolution,
    functions,
    gradient,
    layers,
    mnist,
    net,
    optimizer,
    util,
)
from backlit.errors import ValueRefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

__all__ = ["install", "is_installed", "uninstall"]


def _names(*modules: ModuleType) -> dict[str, Any]:
    return {name: getattr(module, name) for module in modules for name in module.__all__}


_NAIVE = ("MulLayer", "AddLayer")

_FIRST: dict[str, dict[str, Any]] = {
    "common": {},
    "common.functions": _names(functions),
    "common.gradient": _names(gradient),
    "common.layers": {
        name: value
        for name, value in _names(layers, convolution, functions).items()
        if name not in _NAIVE
    },
    "common.optimizer": _names(optimizer),
    "common.util": _names(util, columns),
    "dataset": {},
    "dataset.mnist": _names(mnist),
}
"""What takes the place of the book's folders, wherever those may be."""

_LAST: dict[str, dict[str, Any]] = {
    "layer_naive": {name: getattr(layers, name) for name in _NAIVE},
    "two_layer_net": _names(net),
    "simple_convnet": _names(convnet),
}
"""What stands in for the reader's own files where there are none."""


class _Finder(MetaPathFinder, Loader):
    """Finds modules made of names of this library.

    Parameters
    ----------
    contents
        The names in each module.
    whole
        Whether a package's other modules are known not to be here.
    """

    def __init__(self, contents: dict[str, dict[str, Any]], *, whole: bool) -> None:
        self._contents, self._whole = contents, whole

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """Return a spec for a module of ours, nothing for others."""
        if fullname in self._contents:
            packages = {name.rpartition(".")[0] for name in self._contents}
            return ModuleSpec(fullname, self, origin="backlit", is_package=fullname in packages)
        package = fullname.partition(".")[0]
        if self._whole and package in self._contents:
            siblings = [name for name in self._contents if name.startswith(f"{package}.")]
            raise ModuleNotFoundError(
                f"backlit takes the place of the book's {package!r} but has no {fullname!r} yet, "
                f"only {', '.join(siblings)}. For a folder {package!r} of your own, call "
                "backlit.book.uninstall() first.",
                name=fullname,
            )
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Fill a module with its names."""
        contents = self._contents[module.__name__]

        def missing(name: str) -> Any:
            message = f"{module.__name__!r}, which backlit provides, has no {name!r}"
            if name.startswith("__"):
                raise AttributeError(message)
            raise ImportError(f"{message}; it has {', '.join(contents)}.", name=module.__name__)

        module.__doc__ = f"The book's ``{module.__name__}``, provided by backlit."
        vars(module).update(contents, __all__=list(contents), __getattr__=missing)


_FINDERS = (_Finder(_FIRST, whole=True), _Finder(_LAST, whole=False))


def install() -> None:
    """Make ``common``, ``dataset`` and the chapter's own files import from here.

    A script of the chapter then runs with its own imports, and without ``sys.path`` lines.
    ``common`` and ``dataset`` are found here first; ``layer_naive``, ``two_layer_net`` and
    ``simple_convnet`` only where the reader has no file of that name. A second call does nothing.

    Raises
    ------
    ValueRefusedError
        If another ``common`` or ``dataset`` was imported already.

    Examples
    --------
    >>> install()
    >>> from common.layers import Affine
    >>> from dataset.mnist import load_mnist
    >>> uninstall()
    """
    for name, module in sys.modules.items():
        if name.partition(".")[0] in _FIRST and not _is_ours(module):
            place = getattr(module, "__file__", None) or "nowhere that it says"
            raise ValueRefusedError(
                f"install: {name!r} was imported already, from {place}, and a module in use is not "
                "replaced; call backlit.book.install() before importing it."
            )
    first, last = _FINDERS
    if first not in sys.meta_path:
        sys.meta_path.insert(0, first)
    if last not in sys.meta_path:
        sys.meta_path.append(last)


def uninstall() -> None:
    """Undo :func:`install`: the imports find what they found before. A second call does nothing."""
    for finder in _FINDERS:
        if finder in sys.meta_path:
            sys.meta_path.remove(finder)
    for name in [name for name, module in sys.modules.items() if _is_ours(module)]:
        del sys.modules[name]


def is_installed() -> bool:
    """Tell whether the book's imports find this library."""
    return _FINDERS[0] in sys.meta_path


def _is_ours(module: Any) -> bool:
    return getattr(getattr(module, "__spec__", None), "loader", None) in _FINDERS
