"""The figures of the chapter, each drawn from live code whose numbers are checked first."""

from backlit.gallery.entries import ENTRIES, Entry, entries
from backlit.gallery.hold import WrongNumberError
from backlit.gallery.setting import Setting
from backlit.gallery.words import LANGUAGES, caption
from backlit.gallery.write import FORMATS, Written, write

__all__ = [
    "ENTRIES",
    "FORMATS",
    "LANGUAGES",
    "Entry",
    "Setting",
    "Written",
    "WrongNumberError",
    "caption",
    "entries",
    "write",
]
