"""From a compiled step, and how it is to look, to the figure of its program."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from backlit.draw.figure import Figure
from backlit.draw.place import placed
from backlit.draw.program_outline import program_outline, program_summary
from backlit.draw.program_parts import program_parts
from backlit.draw.program_read import charted
from backlit.draw.theme import theme as theme_named
from backlit.errors import ValueRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from backlit.compile.node import Program

__all__ = ["drawn_program"]

_FOLDS = {"auto": True, "layer": True, True: True, False: False}


def drawn_program(
    program: Program, name: str, options: Mapping[str, Any], defaults: Mapping[str, Any]
) -> Figure:
    """Draw the program of the step ``name``; see :meth:`backlit.compile.Compiled.draw`.

    Of the ``options`` of :func:`backlit.draw.draw` those that a program has nothing for must be
    their ``defaults``.
    """
    known = {"fold", "direction", "theme", "size", "limit"}
    for option, value in options.items():
        if option not in known and value is not defaults[option]:
            raise ValueRefusedError(
                f"draw: {option} is for the graph of a tensor, and {name} is a compiled step, "
                f"drawn as its program; of that fold, direction, theme, size and limit can be set."
            )
    wanted, direction, limit = options["fold"], options["direction"], options["limit"]
    if not isinstance(wanted, (bool, str)) or wanted not in _FOLDS:
        raise ValueRefusedError(
            f"draw: fold is {wanted!r}, but for a compiled step must be True, a box for each layer "
            "and phase, or False, one for each call."
        )
    colours, fold = theme_named(options["theme"]), _FOLDS[wanted]
    chart = charted(program, fold=fold)
    _keep_within(len(chart.boxes), limit, name, fold=fold)
    down, back = direction in {"down", "up"}, direction in {"left", "up"}
    scene = placed(program_parts(chart, fold=fold, down=down, back=back), down=down)
    text = program_outline(chart)
    titles = program_summary(name, chart, text)
    return Figure(replace(scene, size=options["size"]), colours, text, titles)


def _keep_within(count: int, limit: int, name: str, *, fold: bool) -> None:
    if count > limit:
        instead = "read it as text (step.source)" if fold else "fold it (fold=True)"
        raise ValueRefusedError(
            f"draw: the program of {name} has {count:,} {'boxes' if fold else 'calls'}, and a "
            f"drawing of more than {limit:,} is hard to read. Draw a smaller step, {instead}, "
            f"or say limit={count} to draw it all."
        )
