"""The command line."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING

from backlit.cli.arguments import parser
from backlit.errors import BacklitError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

REFUSED, INTERRUPTED, UNREAD = 2, 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``backlit`` with arguments, those of the process if left out.

    Returns
    -------
    int
        The exit status: 0; 1 if what was checked is wrong; 2 if something was refused or a file
        is damaged, with one line on standard error; 130 after Ctrl-C; 141 if whoever read the
        output went away.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console that has no → still shows the rest
    try:
        arguments = parser().parse_args(argv)
        status: int = arguments.run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt as interrupt:
        print(f"\nbacklit: {interrupt or 'interrupted'}", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for Python's last flush
        return UNREAD
    except (BacklitError, OSError) as error:
        print(f"backlit: error: {' '.join(str(error).split())}", file=sys.stderr)
        return REFUSED
    return status
