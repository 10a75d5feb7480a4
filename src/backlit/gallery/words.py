"""Names and captions in English, Japanese and Korean."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Literal

from backlit.errors import ValueRefusedError

__all__ = ["LANGUAGES", "Language", "caption", "name", "phrase"]

Language = Literal["en", "ja", "ko"]
LANGUAGES: tuple[Language, ...] = ("en", "ja", "ko")


@cache
def _words() -> dict[str, dict[str, list[str]]]:
    text = files("backlit.gallery").joinpath("words.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, list[str]]] = json.loads(text)
    return found


def _look_up(kind: str, key: str, language: str) -> str:
    if language not in LANGUAGES:
        raise ValueRefusedError(
            f"gallery: language is {language!r}, but must be one of {', '.join(LANGUAGES)}."
        )
    return _words()[kind][key][LANGUAGES.index(language)]


def name(key: str, language: str) -> str:
    """Return what a variable is called.

    Examples
    --------
    >>> name("apple", "en"), name("apple", "ja"), name("apple", "ko")
    ('apple', 'りんご', '사과')
    """
    return _look_up("names", key, language)


def caption(id: str, language: str = "en") -> str:
    """Return what stands below a figure.

    Raises
    ------
    ValueRefusedError
        If there is no such language.
    """
    return _look_up("captions", id, language)


def phrase(key: str, language: str) -> str:
    """Return a phrase of the index page."""
    return _look_up("page", key, language)
