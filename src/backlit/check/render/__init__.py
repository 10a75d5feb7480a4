"""A report as text, in colour, as HTML and as a picture of the net."""

from backlit.check.render.page import fragment, mimebundle, page
from backlit.check.render.picture import picture
from backlit.check.render.terminal import plain, show

__all__ = ["fragment", "mimebundle", "page", "picture", "plain", "show"]
