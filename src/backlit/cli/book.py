"""``backlit book``."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from backlit.errors import BacklitError

if TYPE_CHECKING:
    from argparse import Namespace


def run(arguments: Namespace) -> int:
    """Run a script of the book. What the script itself raises is shown with its line."""
    from backlit.book import run_script  # noqa: PLC0415 - nothing else needs the book's names

    try:
        run_script(arguments.script, arguments.arguments)
    except (BacklitError, OSError) as error:
        files = {frame.filename for frame in traceback.extract_tb(error.__traceback__)}
        if arguments.script not in files:
            raise
        traceback.print_exception(error)
        return 1
    return 0
