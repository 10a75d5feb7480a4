"""What the page says, by language."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from backlit.errors import ValueRefusedError

__all__ = ["LANGUAGES", "words"]

LANGUAGES = ("en", "ja", "ko")


def words(lang: str) -> dict[str, Any]:
    """Return the page's words and sentences.

    Raises
    ------
    ValueRefusedError
        If the page does not speak that language.

    Examples
    --------
    >>> words("en")["undo"]
    'Undo'
    """
    if lang not in LANGUAGES:
        raise ValueRefusedError(
            f"board: lang is {lang!r}, but must be one of {', '.join(LANGUAGES)}."
        )
    text = files("backlit.board.words").joinpath(f"{lang}.json").read_text(encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]
