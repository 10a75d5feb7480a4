"""``backlit gallery``: the figures of the chapter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backlit.cli.console import Console

if TYPE_CHECKING:
    from argparse import Namespace

    from backlit.gallery import Written


def run(arguments: Namespace) -> int:
    """Write the figures, and print what was written."""
    from backlit.gallery import ENTRIES, caption, write  # noqa: PLC0415

    console = Console()
    if arguments.list:
        console.table((entry.id, caption(entry.id, arguments.lang)) for entry in ENTRIES)
        return 0

    def told(written: Written) -> None:
        console.say(f"{written.id}: {', '.join(str(file) for file in written.files)}")

    index = write(
        arguments.folder,
        language=arguments.lang,
        formats=[kind.strip().lower() for kind in arguments.format.split(",") if kind.strip()],
        theme=arguments.theme,
        only=arguments.only,
        told=told,
    )
    console.say(f"All of them, with captions: {index}")
    return 0
