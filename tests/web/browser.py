"""One headless browser for all tests of pages; what it is asked to fetch, and its errors.

Fixtures: ``browser`` (one for the session) and ``visit``, which opens a file and fails the test
at its end if the page asked for anything else or wrote an error to the console. Both skip
where there is no browser, unless BACKLIT_BROWSER=required says that there must be one.
"""

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND",
]
SYSTEM = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge"]


@dataclass
class Seen:
    """What a page did that no page should do."""

    requests: list = field(default_factory=list)
    errors: list = field(default_factory=list)


@pytest.fixture(scope="session")
def browser():
    """Start a headless Chromium: Playwright's own, else one that the system has."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _none('Playwright is not installed: pip install -e ".[test]"')
    with sync_playwright() as playwright:
        path = _executable(playwright)
        if path is None:
            _none("no browser found: playwright install chromium, or install Chromium or Chrome")
        started = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield started
        started.close()


def _executable(playwright):
    own = Path(playwright.chromium.executable_path)
    if own.exists():
        return str(own)
    return next(filter(None, map(shutil.which, SYSTEM)), None)


def _none(reason):
    if os.environ.get("BACKLIT_BROWSER") == "required":
        pytest.fail(f"BACKLIT_BROWSER=required, but {reason}")
    pytest.skip(reason)


class Window:
    """A page of the browser, and what it did that no page should do."""

    def __init__(self, browser, options):
        self.context = browser.new_context(offline=True, **options)
        self.context.set_default_timeout(5000)
        self.page = self.context.new_page()
        self.address, self.seen = "about:blank", Seen()
        self.page.on("request", self.requested)
        self.page.on("pageerror", lambda error: self.seen.errors.append(str(error)))
        self.page.on("console", self.written)
        self.page.on("dialog", self.asked)

    def open(self, address, seen):
        self.address, self.seen = address, seen
        self.page.goto(address)
        return self.page

    def requested(self, request):
        own = request.url.split("#")[0] == self.address
        if not own and not request.url.startswith(("data:", "blob:")):
            self.seen.requests.append(request.url)

    def written(self, message):
        if message.type in {"error", "warning"}:
            self.seen.errors.append(message.text)

    def asked(self, dialog):
        self.seen.errors.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@pytest.fixture(scope="session")
def shared(browser):
    """Open one window for all pages without options: a window of its own takes longest."""
    window = Window(browser, {})
    yield window
    window.context.close()


@pytest.fixture
def visit(browser, shared):
    """Return a function that opens a file in a window.

    Options are Playwright's for ``new_context``, as ``viewport={"width": 360, "height": 740}``,
    ``color_scheme="dark"``, ``has_touch=True``, ``reduced_motion="reduce"``.
    """
    windows, seen = [], Seen()

    def visit(path, **options):
        window = Window(browser, options) if options or shared in windows else shared
        windows.append(window)
        return window.open(Path(path).resolve().as_uri(), seen)

    visit.seen = seen
    yield visit
    for window in windows:
        if window is shared:
            window.open("about:blank", seen)
        else:
            window.context.close()
    assert seen == Seen()
