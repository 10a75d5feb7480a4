"""Errors for people: what was given, what was expected, where, and what to do next."""

from __future__ import annotations


class BacklitError(Exception):
    """Base of every error that backlit raises on purpose.

    ``str(error)`` is a complete sentence for the user. As an error rises through
    nested layers, each adds its own name with :meth:`inside`.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.path: tuple[str, ...] = ()

    def inside(self, name: str) -> None:
        """Add the name of an enclosing layer, innermost first."""
        self.path = (name, *self.path)

    def __str__(self) -> str:
        return f"in {' → '.join(self.path)}: {self.message}" if self.path else self.message


class ShapeError(BacklitError, ValueError):
    """Shapes that do not fit together."""


class ValueRefusedError(BacklitError, ValueError):
    """A value outside what an op, layer or option is defined for."""


class TypeRefusedError(BacklitError, TypeError):
    """An argument of the wrong type or dtype."""


class GraphError(BacklitError, RuntimeError):
    """A question that the recorded graph cannot answer."""


class DataError(BacklitError, ValueError):
    """A file that is missing, damaged, or not what it should be."""


class NetworkError(DataError, ConnectionError):
    """A download that did not succeed."""
