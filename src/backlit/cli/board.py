"""``backlit board``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backlit.board import Board, board_of_run
from backlit.train import Run, newest_run

if TYPE_CHECKING:
    from argparse import Namespace

    from backlit.board.numbers import Precision


def run(arguments: Namespace) -> int:
    """Write the board of a run."""
    trained = newest_run() if arguments.folder is None else Run(arguments.folder)
    precision: Precision = "float16" if arguments.float16 else "float32"
    board = board_of_run(trained, arguments.out, lang=arguments.lang, precision=precision)
    print(f"{board.path}  {_kilobytes(board.size)}, {board.parameters:,} parameters as {precision}")
    if not arguments.float16:
        print(_offer(board))
    return 0


def _offer(board: Board) -> str:
    """Say what float16 would change."""
    if board.right_half is None:
        return "float16 would not do: a parameter is too large for it"
    if board.right_half != board.right:
        return (
            f"float16 would change accuracy: {board.right_half} instead of {board.right} of "
            f"{board.tried} test digits right"
        )
    return (
        f"with --float16 {_kilobytes(board.size_half)}, and as many of {board.tried} test digits "
        f"right ({board.right})"
    )


def _kilobytes(size: int) -> str:
    return f"{size / 1000:,.0f} kB"
