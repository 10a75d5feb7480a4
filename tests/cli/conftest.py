"""A run that was trained once for all tests of the command line."""

from __future__ import annotations

import pytest

from backlit.cli import main

SHORT = ("--hidden", "8", "--init", "he", "--steps", "300", "--quiet", "--no-check")


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli") / "runs" / "short"
    assert main(["train", *SHORT, "--folder", str(folder)]) == 0
    return folder


@pytest.fixture
def refused(capsys):
    """Run a command that must be refused in one line, and return the line."""

    def run(*words):
        capsys.readouterr()
        try:
            status = main([*map(str, words)])
        except SystemExit as leaving:
            status = leaving.code
        out, err = capsys.readouterr()
        assert (status, out) == (2, "")
        assert err.startswith("backlit: error: ")
        assert err.count("\n") == 1
        return err

    return run
