"""What ``backlit check`` accepts."""

from __future__ import annotations

import math
from argparse import ArgumentParser, ArgumentTypeError

__all__ = ["CHECK", "CHECK_EXAMPLES", "add_arguments"]

CHECK = """\
Compare every gradient that backpropagation computes with numerical differentiation, in float64: of
the net of a run, or of the layers and nets in a Python file. What is wrong is named: layer, tensor,
element, and the likely mistake.

In a file, backlit looks for NAME; else for a function check_me() or a list checks, which give what
to check as (target, input, ...); else for every class with forward and backward (or loss and
gradient), and guesses what to make it and call it with. The file is imported in a process of its
own, which is ended after the time limit.

exit status: 0 all is well; 1 a fault was found; 2 something could not be checked
"""
CHECK_EXAMPLES = """\
examples:
  backlit check layers.py
  backlit check layers.py:Affine --seed 1
  backlit check net.py --json
  backlit check runs/mine --batch 10
"""


def add_arguments(command: ArgumentParser) -> None:
    """Add the options of ``backlit check``."""
    command.add_argument("target", metavar="RUN | FILE.py[:NAME]",
                         help="the folder of a run, or a Python file and what to check in "
                         "it")  # fmt: skip
    command.add_argument("--samples", type=_whole, default=None, metavar="N",
                         help="elements of each tensor to compare (default all)")  # fmt: skip
    command.add_argument("--json", action="store_true", help="print the report as JSON")
    run = command.add_argument_group("of a run")
    run.add_argument("--batch", type=_whole, default=5, metavar="SIZE",
                     help="training samples to check with (default 5)")  # fmt: skip
    file = command.add_argument_group("of a file")
    file.add_argument("--time-limit", type=_seconds, default=60.0, metavar="S",
                      help="seconds until it is ended (default 60)")  # fmt: skip
    file.add_argument("--seed", type=int, default=0, metavar="N",
                      help="decides inputs that are guessed, and dout (default 0)")  # fmt: skip
    file.add_argument("--html", metavar="PAGE", help="write the report as a page, with its picture")


def _whole(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return seconds
