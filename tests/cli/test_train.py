"""``backlit train``: what it prints, keeps, refuses, and how it goes on."""

from __future__ import annotations

import re
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import time

import numpy as np
import pytest
from cli.conftest import SHORT

from backlit.cli import main
from backlit.cli.train import command, option
from backlit.data import Dataset, Split, mnist
from backlit.train import History, Run, Settings, settings
from backlit.train.documents import write_document


def test_a_run_in_plain_lines(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["train", "--hidden", "--epochs", "1", "--batch", "1000"]
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("784-10 on MNIST: 7,850 parameters, 60 steps, in runs")
    row = next(line.split() for line in lines if line.split()[:2] == ["1", "60"])
    assert float(row[5]) > 80
    assert any(re.search(r"affine1 +W +\(784, 10\) +7,840 .* pass$", line) for line in lines)
    (folder,) = (tmp_path / "runs").iterdir()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d-\d{6}-mnist-784-10", folder.name)
    listed = lines[lines.index(str(folder.relative_to(tmp_path))) + 1 :]
    for name in ("report.html", "weights.safetensors", "check.json", "mistakes.png"):
        assert (folder / name).exists()
        assert any(line.split()[0] == name for line in listed)


def test_quiet_prints_nothing_and_resuming_changes_nothing(run, tmp_path, capsys):
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    weights = (folder / "weights.safetensors").read_bytes()
    history = History.load(folder / "history.json")
    assert main(["train", "--resume", str(folder), "--quiet", "--no-check"]) == 0
    assert capsys.readouterr().out == ""
    assert (folder / "weights.safetensors").read_bytes() == weights
    assert History.load(folder / "history.json") == history


def test_a_run_made_longer(run, tmp_path, capsys):
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    words = ["train", "--resume", str(folder), "--steps", "320", "--hidden", "8", "--no-check"]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "300 of 320 steps were taken before; going on from there" in out
    assert History.load(folder / "history.json")[-1].step == 320


@pytest.mark.parametrize(
    ("words", "has"),
    [
        (["--lr", "0.2"], "--lr 0.1"),
        (["--hidden", "9"], "--hidden 8"),
        (["--seed", "1"], "--seed 0"),
        (["--epochs", "3"], "no --epochs"),
        (["--steps", "299"], "--steps 300"),
    ],
)
def test_contradictions_are_refused_with_both_values(words, has, run, refused):
    said = refused("train", "--resume", run, *words)
    assert has in said
    assert " ".join(words) in said


def test_a_schedule_keeps_its_end(tmp_path, refused):
    folder = tmp_path / "run"
    words = ["--hidden", "--steps", "2", "--schedule", "cosine", "--quiet", "--no-check"]
    assert main(["train", *words, "--folder", str(folder)]) == 0
    assert "--schedule cosine" in refused("train", "--resume", folder, "--steps", "3")


@pytest.mark.parametrize("name", ["settings.json", "checkpoint.safetensors"])
@pytest.mark.parametrize(
    "damage",
    [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b.replace(b"300", b"301", 1)],
    ids=["cut", "empty", "altered"],
)
def test_damaged_files_are_one_line(name, damage, run, tmp_path, refused):
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    path = folder / name
    path.write_bytes(damage(path.read_bytes()))
    assert name in refused("train", "--resume", folder)


def test_damaged_data_is_one_line(tmp_path, refused, monkeypatch):
    from backlit.data.mnist import FOLDER

    shutil.copytree(FOLDER, tmp_path / "mnist")
    path = tmp_path / "mnist" / "t10k-labels-idx1-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-10])
    monkeypatch.setitem(settings.DATA, "mnist", lambda: mnist(folder=tmp_path / "mnist"))
    assert path.name in refused("train", "--folder", tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_refusals(run, tmp_path, refused):
    assert "exists already" in refused("train", "--folder", run)
    assert "no such folder" in refused("train", "--resume", tmp_path / "none")
    assert "--hidden: 0 is below 1" in refused("train", "--hidden", "0")
    assert "'x' is not a number" in refused("train", "--lr", "x")
    assert "lr must be a positive number" in refused("train", "--lr", "-1")
    assert "not allowed with" in refused("train", "--epochs", "1", "--steps", "1")
    assert "nonsense" in refused("nonsense")
    said = refused("train", "--lr", "1e30", *SHORT, "--folder", tmp_path / "run")
    assert "try an --lr below 1e+30, --warmup, or another --init" in said
    Run.create(tmp_path / "mine", {"fit": {}, "settings": None})
    said = refused("train", "--resume", tmp_path / "mine")
    assert "does not describe an experiment" in said
    assert "load_state" in said
    assert "no run in" in refused("train", "--resume", tmp_path)
    write_document(tmp_path / "mine" / "settings.json", "history", {})
    assert "'history' where 'settings'" in refused("train", "--resume", tmp_path / "mine")


def test_the_command_of_a_run_trains_it_again():
    from backlit.cli.arguments import parser

    for each in (
        Settings(),
        Settings(hidden=(), steps=5),
        Settings(hidden=(3, 4), optimizer="adam", epochs=2, seed=3, dropout=0.25),
        Settings(optimizer="adam", lr=0.1, schedule="cosine", warmup=5),
        Settings(eager=True),
        Settings.usual(model="cnn"),
        Settings.usual(model="cnn", optimizer="sgd", hidden=(), steps=7, schedule="constant"),
    ):
        line = command(each)
        arguments = parser().parse_args(shlex.split(line)[1:])
        typed = {key: value for key, value in vars(arguments).items() if hasattr(each, key)}
        if "hidden" in typed:
            typed["hidden"] = tuple(typed["hidden"])
        assert Settings.usual(**typed) == each
    assert command(Settings()) == "backlit train"
    assert command(Settings.usual(model="cnn", seed=3)) == "backlit train --model cnn --seed 3"
    assert option("hidden", ()) == "--hidden"


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be sent Ctrl-C alone there")
def test_ctrl_c_says_how_to_go_on(run, tmp_path):
    folder = tmp_path / "with space"
    words = ["train", *SHORT[:4], "--steps", "100000", "--no-check", "--folder", str(folder)]
    process = subprocess.Popen(
        [sys.executable, "-m", "backlit", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        deadline = time.monotonic() + 60
        while not (folder / "checkpoint.safetensors").exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    said = err.decode().strip()
    assert re.fullmatch(r"backlit: stopped after step [\d,]+; to go on: (.*)", said)
    again = shlex.split(said.split("to go on: ")[1])
    assert again == ["backlit", "train", "--resume", str(folder)]
    assert not (folder / "weights.safetensors").exists()


def test_a_convolutional_run_from_end_to_end(tmp_path, capsys, monkeypatch):
    digits = mnist(flatten=False)
    few = Split(digits.train.x[:60], digits.train.t[:60])
    monkeypatch.setitem(
        settings.DATA, "mnist", lambda **_: Dataset("MNIST", digits.classes, few, few)
    )
    monkeypatch.setattr("backlit.cli.train.CHECKED", 1)
    folder = tmp_path / "run"
    words = ["train", "--model", "cnn", "--hidden", "--schedule", "constant", "--batch", "12"]
    assert main([*words, "--steps", "5", "--folder", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("conv32-conv64-10 on MNIST: 50,186 parameters, 5 steps")
    assert any(re.search(r"conv2d2 +W +\(64, 32, 3, 3\) +18,432 .* pass$", line) for line in lines)
    assert (folder / "report.html").exists()
    monkeypatch.setattr("backlit.cli.train.write_report", lambda *_, **__: None)  # one is enough
    assert main(["train", "--resume", str(folder), "--steps", "6", "--quiet", "--no-check"]) == 0
    whole = tmp_path / "whole"
    assert main([*words, "--steps", "6", "--folder", str(whole), "--quiet", "--no-check"]) == 0
    ends = [(each / "weights.safetensors").read_bytes()[-80_000:] for each in (folder, whole)]
    assert ends[0] == ends[1]
    np.save(tmp_path / "digits.npy", few.x[:3, 0])
    assert main(["predict", str(tmp_path / "digits.npy"), "--run", str(folder)]) == 0
    assert "digits.npy[2]" in capsys.readouterr().out
    assert main(["check", str(folder), "--batch", "1"]) == 0
    assert "gradient check of Sequential: pass" in capsys.readouterr().out


@pytest.mark.slow
def test_the_convolutional_net_reaches_98_9_percent(tmp_path):
    for seed in range(3):
        folder = tmp_path / str(seed)
        words = ["train", "--model", "cnn", "--seed", str(seed), "--no-check", "--quiet"]
        assert main([*words, "--folder", str(folder)]) == 0
        last = History.load(folder / "history.json")[-1]
        assert last.epoch == 2
        assert last.test_accuracy >= 0.989


@pytest.mark.slow
def test_the_usual_net_reaches_97_percent(tmp_path):
    reached = []
    for seed in range(5):
        folder = tmp_path / str(seed)
        words = ["train", "--seed", str(seed), "--steps", "10000", "--no-check", "--quiet"]
        assert main([*words, "--folder", str(folder)]) == 0
        reached.append(History.load(folder / "history.json")[-1].test_accuracy)
    assert statistics.median(reached) >= 0.97, reached
