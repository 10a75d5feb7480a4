"""Pages of figures, opened in a browser."""

import pytest


@pytest.fixture
def opened(visit, tmp_path):
    """Return a function that saves a figure as a page and opens it."""

    def opened(figure, **options):
        page = visit(figure.save(tmp_path / "figure.html"), **options)
        page.locator("html[data-ready]").wait_for(state="attached")
        return page

    opened.seen = visit.seen
    return opened
