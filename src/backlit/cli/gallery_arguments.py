"""What ``backlit gallery`` accepts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import ArgumentParser

__all__ = ["GALLERY", "GALLERY_EXAMPLES", "add_arguments"]

GALLERY = """\
Draw the figures of the backpropagation chapter, each by code that runs here, with its numbers
checked before it is written; and a page that shows them all, with captions.
"""
GALLERY_EXAMPLES = """\
examples:
  backlit gallery
  backlit gallery slides --lang ja --format svg,pdf --theme print
  backlit gallery --only apples-gradients multiply-node
  backlit gallery --list
"""


def add_arguments(command: ArgumentParser) -> None:
    """Describe the arguments."""
    command.add_argument(
        "folder", nargs="?", default="gallery", metavar="OUT", help="where to (default ./gallery)"
    )
    command.add_argument(
        "--lang",
        choices=("en", "ja", "ko"),
        default="en",
        help="of names and captions (default en)",
    )
    command.add_argument(
        "--format",
        default="svg",
        metavar="FORMATS",
        help="svg (default), png, pdf, html, or several with commas between them",
    )
    command.add_argument(
        "--theme", choices=("light", "dark", "print"), default="light", help="(default light)"
    )
    command.add_argument(
        "--only", nargs="+", metavar="ID", help="the figures to write (default: all)"
    )
    command.add_argument(
        "--list", action="store_true", help="print the ids and captions, and write nothing"
    )
