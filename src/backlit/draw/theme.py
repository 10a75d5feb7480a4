"""The colours of a drawing."""

from __future__ import annotations

from dataclasses import dataclass

from backlit.errors import ValueRefusedError

__all__ = ["THEMES", "Theme", "theme"]


@dataclass(frozen=True)
class Theme:
    """Colours by the part they play; ``dash`` sets backward arrows apart where colour can't."""

    paper: str
    ink: str
    wire: str
    muted: str
    gradient: str
    node: str
    node_edge: str
    group: str
    cold: str
    warm: str
    dash: str = ""


THEMES = {
    "light": Theme(
        paper="#ffffff",
        ink="#1d2733",
        wire="#50606f",
        muted="#5d6b79",
        gradient="#c8401a",
        node="#eaf2fb",
        node_edge="#2f6db0",
        group="#8aa4bf",
        cold="#2f6db0",
        warm="#d9622b",
    ),
    "dark": Theme(
        paper="#14181e",
        ink="#eef2f6",
        wire="#93a1af",
        muted="#a3afbb",
        gradient="#ff9966",
        node="#1f3145",
        node_edge="#76b3f2",
        group="#5b7188",
        cold="#5aa2ee",
        warm="#ff9966",
    ),
    "print": Theme(
        paper="#ffffff",
        ink="#000000",
        wire="#000000",
        muted="#333333",
        gradient="#000000",
        node="#ffffff",
        node_edge="#000000",
        group="#666666",
        cold="#000000",
        warm="#000000",
        dash="4 2.5",
    ),
}


def theme(name: str) -> Theme:
    """Return the theme of that name.

    Raises
    ------
    ValueRefusedError
        If there is none.
    """
    if name not in THEMES:
        raise ValueRefusedError(f"draw: theme is {name!r}, but must be one of {', '.join(THEMES)}.")
    return THEMES[name]
