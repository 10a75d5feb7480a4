"""Sphinx configuration: `sphinx-build -W docs docs/_build/html`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

from backlit import __version__

project = "backlit"
author = "The backlit authors"
copyright = "2026, the backlit authors"
version = release = __version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "myst_parser",
    "gallery_figures",
    "op_cards",
]
exclude_patterns = ["_build", "gallery/*"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # they stand in the signatures
autodoc_default_options = {"members": True, "show-inheritance": False}
napoleon_google_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = "backlit"
html_static_path: list[str] = []
