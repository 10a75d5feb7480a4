"""The picture of `backlit board` in the docs, docs/images/board.png, from a run.

    pip install -e ".[test]"
    backlit train --quiet
    python tools/board_picture.py runs/<the run>

It needs Playwright and a Chromium: its own (`playwright install chromium`) or the system's.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from backlit.board import board_of_run

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "images" / "board.png"
WIDTH, COLOURS = 1280, 128


def main() -> None:
    """Write the board of a run, take its fourth test digit, and photograph the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    run = parser.parse_args().run
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_file, shot = Path(folder) / "board.html", Path(folder) / "board.png"
        board_of_run(run, page_file)
        own = Path(playwright.chromium.executable_path)
        browser = playwright.chromium.launch(
            executable_path=str(own) if own.exists() else shutil.which("chromium"),
            args=["--no-sandbox"],
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": 900})
        page.goto(page_file.as_uri())
        page.locator("button[aria-label*='4'] canvas").first.click()
        page.screenshot(path=shot, full_page=True)
        browser.close()
        Image.open(shot).convert("RGB").quantize(COLOURS).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
