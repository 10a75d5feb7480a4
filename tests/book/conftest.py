import sys

import pytest

from backlit import book


@pytest.fixture(autouse=True)
def as_before():
    """Leave the interpreter's imports as they were, and notice who did not."""
    finders, path = sys.meta_path.copy(), sys.path.copy()
    yield
    book.uninstall()
    assert sys.meta_path == finders
    assert sys.path == path
