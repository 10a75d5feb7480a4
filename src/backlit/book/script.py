"""Running a script of the book's."""

from __future__ import annotations

import runpy
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backlit.book.install import install, is_installed, uninstall
from backlit.errors import DataError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence

__all__ = ["run_script"]


def run_script(path: str | os.PathLike[str], argv: Sequence[str] = ()) -> dict[str, Any]:
    """Run a script as ``python path *argv`` would, with the book's imports found here.

    Its folder comes first in ``sys.path``. Afterwards ``sys.path``, ``sys.argv``, the imports and
    the modules of that folder are as before.

    Parameters
    ----------
    path
        The script.
    argv
        What it finds in ``sys.argv[1:]``.

    Returns
    -------
    dict
        The script's variables, by name.

    Raises
    ------
    DataError
        If there is no such file.
    ValueRefusedError
        If another ``common`` or ``dataset`` was imported already.
    """
    script = Path(path)
    if not script.is_file():
        what = "is a folder" if script.is_dir() else "does not exist"
        raise DataError(f"run_script: {script} {what}; pass the path of a Python script.")
    with _as_started(script, argv):
        return runpy.run_path(str(script), run_name="__main__")


@contextmanager
def _as_started(script: Path, argv: Sequence[str]) -> Iterator[None]:
    """Set the interpreter up as for a script of its own, and put it back."""
    folder = script.resolve().parent
    before, arguments, path, modules = is_installed(), sys.argv, sys.path.copy(), set(sys.modules)
    install()
    try:
        sys.argv = [str(script), *argv]
        sys.path.insert(0, str(folder))
        yield
    finally:
        sys.argv, sys.path[:] = arguments, path
        for name in set(sys.modules) - modules:
            if _is_from(folder, sys.modules[name]):
                del sys.modules[name]
        if not before:
            uninstall()


def _is_from(folder: Path, module: Any) -> bool:
    """Tell whether a module is one of the script's neighbours, and not of an environment there."""
    file = getattr(module, "__file__", None)
    if file is None:
        return False
    place = Path(file).resolve()
    return folder in place.parents and "site-packages" not in place.parts
