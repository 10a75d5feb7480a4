"""What is said when a function can't be compiled."""

from __future__ import annotations

__all__ = ["CompileWarning", "Untraceable"]


class CompileWarning(UserWarning):
    """A function runs eagerly although it was to be compiled; says why, and the way out."""


class Untraceable(Exception):  # noqa: N818  (it is caught here, and becomes a warning)
    """Something that a program can't hold was done to a traced value."""
