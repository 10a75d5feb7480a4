"""``backlit train``."""

from __future__ import annotations

import os
import shlex
import subprocess
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backlit.check import check
from backlit.cli.console import Console
from backlit.errors import ValueRefusedError
from backlit.train import (
    Interrupted,
    NonFiniteLossError,
    Predictions,
    Progress,
    Run,
    Settings,
    default_progress,
    fit,
    settings_of,
    write_report,
)

if TYPE_CHECKING:
    from argparse import Namespace

CHECKED = 5
"""Samples in the batch that gradients are checked with."""

FILES = {
    "report.html": "all of it on one page",
    "weights.safetensors": "the trained net, for `backlit predict`",
    "checkpoint.safetensors": "the same with all that training needs to go on",
    "settings.json": "what decided the result",
    "history.json": "loss and accuracies, epoch by epoch",
    "check.json": "the gradient check",
    "curves.png": "loss and accuracies over the epochs (and .svg)",
    "confusion.png": "which class was taken for which (and .svg)",
    "mistakes.png": "the most confidently wrong",
}


def run(arguments: Namespace) -> int:
    """Train, check, report."""
    asked = {
        field.name: getattr(arguments, field.name)
        for field in fields(Settings)
        if hasattr(arguments, field.name)
    }
    if "hidden" in asked:
        asked["hidden"] = tuple(asked["hidden"])
    if arguments.resume is None:
        settings = Settings.usual(**asked)
        folder = Path(arguments.folder or default_folder(settings))
    else:
        folder = Path(arguments.resume)
        settings = resumed(folder, asked)
    console = Console(quiet=arguments.quiet)
    try:
        return _train(settings, folder, arguments, console)
    except KeyboardInterrupt as interrupt:
        if not folder.exists():
            raise
        after = f" after step {interrupt.step:,}" if isinstance(interrupt, Interrupted) else ""
        raise KeyboardInterrupt(
            f"stopped{after}; to go on: {_shell(['backlit', 'train', '--resume', str(folder)])}"
        ) from None
    except NonFiniteLossError as error:
        raise ValueRefusedError(
            f"{error.found}; try an --lr below {settings.lr:g}, --warmup, or another --init."
        ) from None


def _train(settings: Settings, folder: Path, arguments: Namespace, console: Console) -> int:
    dataset = settings.dataset()
    net = settings.net()
    steps = settings.total_steps(len(dataset.train))
    count = sum(W.size for W in net.parameters().values())
    heading = (
        f"{settings.architecture} on {dataset.name}: {count:,} parameters, {steps:,} steps, "
        f"in {folder}"
    )
    history = fit(
        net,
        dataset,
        optimizer=settings.make_optimizer(net, steps),
        epochs=settings.epochs,
        steps=settings.steps,
        batch_size=settings.batch,
        seed=settings.seed,
        folder=folder,
        resume=arguments.resume is not None,
        settings=settings.to_json(),
        eager=settings.eager,
        progress=Progress() if arguments.quiet else default_progress(heading),
    )
    predictions = Predictions.of(net, *dataset.test)
    found = None
    if not arguments.no_check:
        x, t = dataset.train
        with console.waiting("checking the gradients"):
            found = check(net.eval(), x[:CHECKED], t[:CHECKED])
        console.say()
        console.report(found)
    with console.waiting("drawing the report"):
        write_report(
            folder,
            net=net,
            settings=settings,
            dataset=dataset,
            history=history,
            predictions=predictions,
            check=found,
            command=command(settings),
        )
    console.say()
    console.say(str(folder))
    console.table((name, what) for name, what in FILES.items() if (folder / name).exists())
    return 0 if found is None or found.ok else 1


def resumed(folder: Path, asked: dict[str, Any]) -> Settings:
    """Return the settings of a run that is gone on with, where those asked for allow it.

    Raises
    ------
    ValueRefusedError
        If what was asked for contradicts the run.
    DataError
        If there is no run in the folder, or its settings are damaged.
    """
    run = Run(folder)
    settings = settings_of(run.settings, str(run.settings_file))
    for name, wanted in asked.items():
        has = getattr(settings, name)
        raised = name in ("epochs", "steps") and has is not None and wanted > has
        if wanted == has:
            continue
        if not raised:
            raise ValueRefusedError(
                f"the run in {folder} has {option(name, has)}, which {option(name, wanted)} "
                "contradicts; leave it out, or start a new run."
            )
        if settings.schedule != "constant":
            raise ValueRefusedError(
                f"the run in {folder} has {option('schedule', settings.schedule)}, which is laid "
                f"out for {option(name, has)}; with {option(name, wanted)} the steps it has taken "
                "would have been others. Start a new run."
            )
    return replace(settings, **asked)


def default_folder(settings: Settings) -> Path:
    """Return a new folder under ``runs`` whose name says when and what."""
    now = datetime.now().astimezone().strftime("%Y-%m-%d-%H%M%S")
    name = f"{now}-{settings.data}-{settings.architecture}"
    folder = Path("runs", name)
    number = 1
    while folder.exists():
        number += 1
        folder = Path("runs", f"{name}-{number}")
    return folder


def command(settings: Settings) -> str:
    """Return the command that trains the same net again."""
    usual = {
        "model": Settings(),
        "optimizer": Settings.usual(model=settings.model),
    }
    of_both = Settings.usual(model=settings.model, optimizer=settings.optimizer)
    words = ["backlit", "train"]
    for field in fields(settings):
        value = getattr(settings, field.name)
        if value is not None and value != getattr(usual.get(field.name, of_both), field.name):
            words += option(field.name, value).split()
    return _shell(words)


def option(name: str, value: Any) -> str:
    """Write a setting as it is typed."""
    if isinstance(value, bool):
        return f"--{name}" if value else f"no --{name}"
    if isinstance(value, tuple):
        return " ".join([f"--{name}", *map(str, value)])
    return f"no --{name}" if value is None else f"--{name} {value}"


def _shell(words: list[str]) -> str:
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)
