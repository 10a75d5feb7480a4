"""Write one page per family of ops, from the cards' own text, before Sphinx reads its sources."""

from __future__ import annotations

import inspect
import re
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backlit import ops
from backlit.card import Words
from backlit.op import Op

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True}


def write_pages(app: Sphinx) -> None:
    """Write `ops/FAMILY.md` for every family, and `ops/index.md`."""
    folder = Path(app.srcdir) / "ops"
    folder.mkdir(exist_ok=True)
    cards = sorted(
        (card for card in Op.__subclasses__() if card.__module__.startswith(ops.__name__ + ".")),
        key=attrgetter("__module__"),
    )
    families = {
        module.rpartition(".")[2]: (inspect.getdoc(inspect.getmodule(group[0])) or "", group)
        for module, group in ((m, list(g)) for m, g in groupby(cards, attrgetter("__module__")))
    }
    for family, (about, group) in families.items():
        write(folder / f"{family}.md", page(family, about, group))
    write(folder / "index.md", index(families))


def page(family: str, about: str, cards: list[type[Op]]) -> Iterator[str]:
    """Yield the lines of a family's page."""
    yield f"# {family.capitalize()}\n\n{about}\n"
    for card in cards:
        yield f"## {card.__name__}\n"
        yield f"{inspect.getdoc(card)}\n".replace("\nReferences\n----------\n", "\n*Source:* ")
        yield f"`{card.symbol}` in a drawing.\n"
        yield "| | |\n| --- | --- |"
        yield f"| output | {written(card.formula)} |"
        for name, text in card.gradients.items():
            yield f"| gradient of `{name}` | {written(text)} |"
        for example in card.examples:
            yield ""
            yield from worked(example)
        yield "\n```{eval-rst}"
        yield f".. py:class:: backlit.ops.{card.__name__}{options(card)}\n"
        yield from function(card)
        yield "```\n"
        yield f"```python\n{source(card)}\n```\n"


def worked(example: Any) -> Iterator[str]:
    """Yield an example as a sentence."""
    options = ", ".join(f"{key}={value!r}" for key, value in example.options.items())
    yield (
        f"By hand{f' with `{options}`' if options else ''}: "
        f"inputs `{', '.join(map(short, example.inputs))}` give `{short(example.output)}`; "
        f"an upstream gradient of `{short(example.dout)}` gives back "
        f"`{', '.join('none' if g is None else short(g) for g in example.gradients)}`."
    )


def options(card: type[Op]) -> str:
    """Return the constructor's signature."""
    return "()" if card.__init__ is object.__init__ else str(inspect.signature(card))


def function(card: type[Op]) -> Iterator[str]:
    """Yield the directive for the function that applies the card, where it has its own."""
    name = card(**(card.examples[0].options)).name
    if hasattr(ops, name):
        yield f".. autofunction:: backlit.ops.{name}"


def source(card: type[Op]) -> str:
    """Return the source of forward and backward."""
    methods = (inspect.getsource(card.forward), inspect.getsource(card.backward))
    text = inspect.cleandoc("\n" + "\n".join(methods))
    return re.sub(r"(: Any| -> Any)", "", text)  # the types say only that all readings pass


def index(families: dict[str, tuple[str, list[type[Op]]]]) -> Iterator[str]:
    """Yield the lines of the index."""
    yield "# Ops\n"
    yield (
        "One op is one card: what it computes, how it differentiates, how both are written down, "
        "and an example worked by hand. These pages are made from the cards; one test holds "
        "every formula and gradient below to what the op computes.\n"
    )
    yield "| family | ops |\n| --- | --- |"
    for family, (about, cards) in families.items():
        links = ", ".join(
            f"[{card.__name__}]({family}.md#{card.__name__.lower()})" for card in cards
        )
        yield f"| [{family}]({family}.md): {about.splitlines()[0]} | {links} |"
    yield "\n```{toctree}\n:hidden:\n"
    yield from families
    yield "```"


def written(text: str | None) -> str:
    """Return a formula as code, words as words."""
    if text is None:
        return "none"
    escaped = text.replace("|", "\\|")
    return escaped if isinstance(text, Words) else f"`{escaped}`"


def short(value: Any) -> str:
    """Return a number or nested list in six digits."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list):
        return "[" + ", ".join(map(short, value)) + "]"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def write(path: Path, lines: Iterator[str]) -> None:
    """Write only what changed, so that Sphinx rebuilds only that."""
    text = "\n".join(lines) + "\n"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
