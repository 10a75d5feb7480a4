"""Pages that are one file: scripts merged from modules, data and style inside, no address."""

from backlit.web.bundle import bundled
from backlit.web.document import document

__all__ = ["bundled", "document"]
