"""Killed at any moment, a run resumes and ends as if it had not been."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backlit.train import History

TESTS = Path(__file__).parent.parent
SMALL = [sys.executable, str(Path(__file__).with_name("killed.py"))]
BACKLIT = [sys.executable, "-m", "backlit", "train", "--no-check", "--quiet"]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(TESTS)}


def small(folder, how):
    return [*SMALL, str(folder), how]


def backlit(folder, how):
    if how == "resume":
        return [*BACKLIT, "--resume", str(folder)]
    return [*BACKLIT, "--folder", str(folder), "--epochs", "4", "--dropout", "0.1"]


def killed_at(moment, command, folder):
    """Start a run, kill it, and go on until it ends; return how often it was resumed."""
    how = "begin"
    for attempt in range(20):
        process = subprocess.Popen(command(folder, how), env=ENVIRONMENT)
        try:
            process.wait(timeout=moment if attempt == 0 else None)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            if folder.exists():
                how = "resume"
                assert (folder / "settings.json").exists()
            continue
        assert process.returncode == 0
        return attempt
    pytest.fail("it did not end")


def compared(moments, command, tmp_path):
    started = time.monotonic()
    assert killed_at(None, command, tmp_path / "whole") == 0
    duration = time.monotonic() - started
    expected = (tmp_path / "whole" / "weights.safetensors").read_bytes()
    history = History.load(tmp_path / "whole" / "history.json")
    for i, moment in enumerate(moments):
        folder = tmp_path / f"run{i}"
        killed_at(moment * duration, command, folder)
        assert (folder / "weights.safetensors").read_bytes() == expected
        assert History.load(folder / "history.json") == history
        assert not list(folder.glob(".*"))


def test_a_small_run(tmp_path):
    compared([0.5, 0.7, 0.9], small, tmp_path)


@pytest.mark.slow
def test_twenty_random_moments_of_a_real_run(tmp_path):
    rng = random.Random(0)
    compared([rng.uniform(0, 1) for _ in range(20)], backlit, tmp_path)
