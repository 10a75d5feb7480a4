"""Small JavaScript modules, merged into the text of one inline script.

Why no bundler from npm: a page must be one file, and a browser does not load modules of a
file that was opened from a disk. The modules here are small, written by hand and import only one
another, so that merging them takes a page of Python. A bundler would bring a second language's
tools, hundreds of packages and a generated file in the repository that nobody can review; this
way what is in the package is what was written, and a page is built wherever backlit runs.

What can be merged is a subset of the language, and everything outside it is refused by name:
imports and exports stand at the beginning of a line and look like one of ::

    import {a, b as c} from "./x.js";
    import * as x from "../folder/x.js";
    import "./x.js";
    export function f() {}      export const c = 1;
    export class C {}           export {a, b as c};

Each module becomes a function that returns what it exports, so that equal names in two modules
never meet. Modules run once, each after those it imports.
"""

from __future__ import annotations

import posixpath
import re
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from backlit.errors import DataError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = ["bundled"]

_NAME = r"[A-Za-z_$][\w$]*"
_NAMES = re.compile(rf"\s*(?:{_NAME}(?:\s+as\s+{_NAME})?\s*(?:,\s*|$))*")
_IMPORT = re.compile(
    rf'import\s*(?:(?:\{{(?P<names>[^{{}}"]*)\}}|\*\s*as\s+(?P<all>{_NAME}))\s*from\s*)?'
    r'"(?P<path>\.\.?/[^"\n]+\.js)";',
)
_DECLARED = re.compile(
    rf"export\s+(?P<what>(?:async\s+)?function\s*\*?|class|const)\s*(?P<name>{_NAME})"
)
_LISTED = re.compile(r"export\s*\{(?P<names>[^{}]*)\};")
_STATEMENT = re.compile(r"^[ \t]*(?:import\b(?!\s*[.:,=)])|export\b(?!\s*[.:,=)(]))", re.MULTILINE)
_DYNAMIC = re.compile(r"(?<![\w$.])import\s*(?:\(|\.\s*meta\b)")


class _Module(NamedTuple):
    """A module whose imports and exports are taken out of its text."""

    text: str
    exports: tuple[tuple[str, str], ...]


def bundled(entry: str, root: Traversable | None = None) -> str:
    """Return the module ``entry`` and all that it imports as the text of one script.

    Parameters
    ----------
    entry
        The module's path below ``root``, as ``"draw/page/main.js"``.
    root
        The folder that holds all modules; the package ``backlit`` if left out.

    Returns
    -------
    str
        For a ``<script type="module">``; it can't end that element by itself.

    Raises
    ------
    DataError
        If a module is missing, lies outside ``root``, does not export what is imported from it,
        imports itself by way of others, or holds an import or export of another form.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "a.js").write_text("export const two = 2;")
    ...     _ = Path(folder, "b.js").write_text('import {two} from "./a.js";')
    ...     print(bundled("b.js", Path(folder)))
    // a.js
    const $0 = (() => {
    const two = 2;
    return {two};
    })();
    // b.js
    const $1 = (() => {
    const {two} = $0;
    return {};
    })();
    """
    merger = _Merger(files("backlit") if root is None else root)
    merger.add(posixpath.normpath(entry), ())
    text = "\n".join(merger.parts)
    # Inside a string both spellings mean the same; outside of one neither is JavaScript.
    return re.sub(r"<(?=/script|!--)", r"<\\", text, flags=re.IGNORECASE)


class _Merger:
    """Modules in the order in which they run."""

    def __init__(self, root: Traversable) -> None:
        self.root = root
        self.parts: list[str] = []
        self.done: dict[str, tuple[str, set[str]]] = {}

    def add(self, path: str, through: tuple[str, ...]) -> tuple[str, set[str]]:
        """Add a module after those it imports; return its variable and what it exports."""
        if path in through:
            circle = " → ".join((*through[through.index(path) :], path))
            raise DataError(f"bundle: {circle} import each other in a circle; part them.")
        if path not in self.done:
            module = self._read(path, (*through, path))
            variable = f"${len(self.done)}"
            listed = ", ".join(a if a == b else f"{b}: {a}" for a, b in module.exports)
            self.parts.append(
                f"// {path}\nconst {variable} = (() => {{\n{module.text.strip()}\n"
                f"return {{{listed}}};\n}})();"
            )
            self.done[path] = variable, {exported for _, exported in module.exports}
        return self.done[path]

    def _read(self, path: str, through: tuple[str, ...]) -> _Module:
        text = self._text(path, through)
        exports: list[tuple[str, str]] = []
        found = _DYNAMIC.search(text)
        if found:
            raise _refusal(path, text, found.start())
        parts: list[str] = []
        end = 0
        for statement in _STATEMENT.finditer(text):
            start = statement.start()
            if start < end:
                raise _refusal(path, text, start)
            parts.append(text[end:start])
            if taken := _IMPORT.match(text, start):
                parts.append(self._import(path, taken, through))
                end = taken.end()
            elif declared := _DECLARED.match(text, start):
                exports.append((declared["name"], declared["name"]))
                parts.append(f"{declared['what']} {declared['name']}")
                end = declared.end()
            elif (listed := _LISTED.match(text, start)) and _NAMES.fullmatch(listed["names"]):
                exports += _pairs(listed["names"])
                end = listed.end()
            else:
                raise _refusal(path, text, start)
        parts.append(text[end:])
        return _Module("".join(parts), tuple(exports))

    def _import(self, path: str, taken: re.Match[str], through: tuple[str, ...]) -> str:
        if taken["names"] and not _NAMES.fullmatch(taken["names"]):
            raise _refusal(path, taken.string, taken.start())
        source = posixpath.normpath(posixpath.join(posixpath.dirname(path), taken["path"]))
        variable, exported = self.add(source, through)
        if taken["all"]:
            return f"const {taken['all']} = {variable};"
        if taken["names"] is None:
            return ""
        pairs = _pairs(taken["names"])
        missing = sorted({name for name, _ in pairs} - exported)
        if missing:
            raise DataError(
                f"bundle: {path} imports {missing[0]!r} from {source}, which exports "
                f"{', '.join(sorted(exported)) or 'nothing'}."
            )
        names = ", ".join(a if a == b else f"{a}: {b}" for a, b in pairs)
        return f"const {{{names}}} = {variable};"

    def _text(self, path: str, through: tuple[str, ...]) -> str:
        by = f", imported by {through[-2]}," if len(through) > 1 else ""
        if path.startswith(("../", "/")) or path == "..":
            raise DataError(f"bundle: {path}{by} lies outside the folder of the modules.")
        try:
            return self.root.joinpath(*path.split("/")).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"bundle: {path}{by} can't be read: {error}.") from error


def _pairs(names: str) -> list[tuple[str, str]]:
    """Return ``a, b as c`` as pairs ``(a, a), (b, c)``."""
    pairs = [name.split() for name in names.split(",") if name.strip()]
    return [(name[0], name[-1]) for name in pairs]


def _refusal(path: str, text: str, place: int) -> DataError:
    place += len(text[place:]) - len(text[place:].lstrip())
    line = text.count("\n", 0, place) + 1
    shown = text[place:].split("\n", 1)[0][:80]
    return DataError(
        f"bundle: {path}, line {line}: {shown!r} can't be merged. At the beginning of a line write "
        'import {a, b as c} from "./x.js"; import * as x from "./x.js"; import "./x.js"; export '
        "function, export class, export const NAME, or export {a, b as c};"
    )
