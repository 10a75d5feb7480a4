"""Writing the gallery: files for each figure, and a page that shows them all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from backlit.data.atomic import write_atomically
from backlit.errors import DataError, ValueRefusedError
from backlit.gallery.chart import Chart
from backlit.gallery.entries import entries
from backlit.gallery.page import Shown, chart_page, page
from backlit.gallery.setting import Setting
from backlit.gallery.words import LANGUAGES, caption

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable

__all__ = ["FORMATS", "Written", "write"]

FORMATS = ("svg", "png", "pdf", "html")


@dataclass(frozen=True)
class Written:
    """The files of one figure."""

    id: str
    files: tuple[Path, ...]


def write(
    folder: str | os.PathLike[str] = "gallery",
    *,
    language: str = "en",
    formats: Iterable[str] = ("svg",),
    theme: str = "light",
    only: Iterable[str] | None = None,
    told: Callable[[Written], None] | None = None,
) -> Path:
    """Draw the figures of the chapter, check their numbers, and write them.

    Parameters
    ----------
    folder
        Where to; it is made if it is not there.
    language
        ``"en"``, ``"ja"`` or ``"ko"``.
    formats
        Of ``"svg"``, ``"png"``, ``"pdf"`` and ``"html"``, one or several.
    theme
        ``"light"``, ``"dark"`` or ``"print"``.
    only
        The id of the figure to write, or several; all if left out.
    told
        Called after each figure.

    Returns
    -------
    Path
        The page that shows them all, with captions.

    Raises
    ------
    ValueRefusedError
        If there is no such language, format, theme or figure.
    WrongNumberError
        If a number in a figure is not the one worked by hand; that figure is not written.
    DataError
        If a file can't be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     index = write(folder, language="ko", only=["add-node"])
    ...     sorted(path.name for path in index.parent.iterdir())
    ['add-node.svg', 'index.html']
    """
    asked = tuple(dict.fromkeys([formats] if isinstance(formats, str) else formats))
    wrong = [kind for kind in asked if kind not in FORMATS]
    if wrong or not asked:
        raise ValueRefusedError(
            f"gallery: there is no format {wrong[0]!r}; there are {', '.join(FORMATS)}."
            if wrong
            else f"gallery: no format is given; there are {', '.join(FORMATS)}."
        )
    if language not in LANGUAGES:
        raise ValueRefusedError(
            f"gallery: language is {language!r}, but must be one of {', '.join(LANGUAGES)}."
        )
    setting = Setting(language, theme)
    chosen = entries(only)
    where = Path(folder)
    try:
        where.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"the folder {where} could not be made ({error.strerror or error}); name another."
        ) from error
    shown = []
    for entry in chosen:
        picture = entry.draw(setting)
        files = []
        for kind in asked:
            file = where / f"{entry.id}.{kind}"
            if kind == "html" and isinstance(picture, Chart):
                write_atomically(file, chart_page(picture, setting, entry.id).encode())
            else:
                picture.save(file)
            files.append(file)
        shown.append(Shown(entry.id, caption(entry.id, language), picture.svg, tuple(files)))
        if told is not None:
            told(Written(entry.id, tuple(files)))
    index = where / "index.html"
    write_atomically(index, page(shown, setting).encode())
    return index
