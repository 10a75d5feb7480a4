"""What ``backlit board`` accepts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser

__all__ = ["BOARD", "BOARD_EXAMPLES", "add_arguments"]

BOARD = """\
Write a page with a trained net inside, to be opened in any browser, with no network: draw a digit
with mouse, finger or keyboard, and see what the net takes it for, what each layer makes of it, and,
by backpropagation in the page, which pixels spoke for and against the answer.
"""
BOARD_EXAMPLES = """\
examples:
  backlit board                                   of the newest run in ./runs
  backlit board runs/mine --out board.html --float16
"""


def add_arguments(command: ArgumentParser) -> None:
    """Add the options of ``backlit board``."""
    command.add_argument("folder", nargs="?", metavar="RUN",
                         help="the folder of a run on MNIST (default: the newest in "
                         "./runs)")  # fmt: skip
    command.add_argument("--out", metavar="PAGE",
                         help="the file to write (default board.html in the run)")  # fmt: skip
    command.add_argument("--float16", action="store_true",
                         help="weights of half the size; refused if that changes the "
                         "accuracy on test digits")  # fmt: skip
    command.add_argument("--lang", choices=("en", "ja", "ko"), default="en",
                         help="of the page (default en)")  # fmt: skip
