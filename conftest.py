"""Run the snippets of the README and of the guide as tests."""

import os

if "PYTEST_XDIST_WORKER" in os.environ:  # a core each, so that no two BLAS pools wait for one
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser

pytest_plugins = ["web.browser"]


def in_a_folder_of_its_own(namespace):
    """Let snippets write files, and none of them here."""
    import tempfile

    folder = tempfile.TemporaryDirectory()
    namespace["_cleanup"] = (folder, os.getcwd())
    os.chdir(folder.name)


def back(namespace):
    folder, before = namespace["_cleanup"]
    os.chdir(before)
    folder.cleanup()


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser()],
    patterns=["README.md", "docs/*.md"],
    setup=in_a_folder_of_its_own,
    teardown=back,
).pytest()
