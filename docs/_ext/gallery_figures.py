"""Write the gallery's figures before Sphinx reads its sources, and the README's first picture.

`python docs/_ext/gallery_figures.py` writes the latter, which is kept in the repository.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from backlit.gallery import ENTRIES, LANGUAGES, Setting, caption, entries, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

FIRST = Path(__file__).parents[1] / "images/price.svg"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("builder-inited", write_figures)
    return {"parallel_read_safe": True}


def write_figures(app: Sphinx) -> None:
    """Write `gallery/ID.svg` for every figure, and `gallery/figures.md` with the captions."""
    folder = Path(app.srcdir) / "gallery"
    write(folder)
    (folder / "index.html").unlink()
    for language in LANGUAGES[1:]:
        write(folder / language, language=language, only=["apples-gradients"])
        (folder / language / "index.html").unlink(missing_ok=True)
    (folder / "figures.md").write_text("\n".join(figures()) + "\n", encoding="utf-8")


def figures() -> Iterator[str]:
    """Yield a picture and its caption for every figure."""
    for entry in ENTRIES:
        words = caption(entry.id)
        yield f"![{words.split('. ')[0].rstrip('.')}](gallery/{entry.id}.svg)\n"
        yield f"`{entry.id}` · {words}\n"


if __name__ == "__main__":
    entries(["apples-gradients"])[0].draw(Setting()).save(FIRST)
