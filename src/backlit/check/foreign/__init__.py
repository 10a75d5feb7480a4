"""Code for other libraries: PyTorch's functions and modules, JAX's functions, checked as layers.

Nothing of theirs is imported unless something of theirs is given.
"""

from backlit.check.foreign.adapt import adapted, as_pair
from backlit.check.foreign.library import is_module, library

__all__ = ["adapted", "as_pair", "is_module", "library"]
