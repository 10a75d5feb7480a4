"""The folder of a run: its settings, its checkpoint, and in the end its results."""

from __future__ import annotations

import secrets
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backlit.errors import DataError, ValueRefusedError
from backlit.train.documents import read_document, write_document
from backlit.train.settings import settings_of

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping


class Run:
    """A run's folder, which exists only with its settings inside.

    Parameters
    ----------
    folder
        The folder of a run that :meth:`create` made.

    Raises
    ------
    DataError
        If it is no such folder, or its settings are damaged or were altered.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise DataError(f"there is no run in {self.folder}, as there is no such folder.")
        if not self.settings_file.exists():
            raise DataError(f"there is no run in {self.folder}, as it holds no settings.json.")
        self.settings = read_document(self.settings_file, "settings")

    @classmethod
    def create(cls, folder: str | os.PathLike[str], settings: Mapping[str, Any]) -> Run:
        """Make the folder in one step.

        Raises
        ------
        ValueRefusedError
            If there is something of that name already.
        DataError
            If the folder cannot be made.
        """
        folder = Path(folder)
        if folder.exists() or folder.is_symlink():
            raise ValueRefusedError(
                f"{folder} exists already, and nothing is overwritten; "
                "choose another folder, or resume the run that is in it."
            )
        beside = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.part")
        try:
            beside.mkdir(parents=True)
            try:
                write_document(beside / "settings.json", "settings", settings)
                beside.rename(folder)
            finally:
                shutil.rmtree(beside, ignore_errors=True)
        except OSError as error:
            raise DataError(
                f"the folder {folder} could not be made ({error.strerror or error})."
            ) from error
        return cls(folder)

    def change(self, settings: Mapping[str, Any]) -> None:
        """Replace the settings.

        Raises
        ------
        DataError
            If they cannot be written.
        """
        write_document(self.settings_file, "settings", settings)
        self.settings = dict(settings)

    def sweep(self) -> None:
        """Remove what a process that was killed had begun to write."""
        for part in self.folder.glob(".*.part"):
            part.unlink(missing_ok=True)

    @property
    def settings_file(self) -> Path:
        """``settings.json``."""
        return self.folder / "settings.json"

    @property
    def checkpoint_file(self) -> Path:
        """``checkpoint.safetensors``."""
        return self.folder / "checkpoint.safetensors"

    @property
    def weights_file(self) -> Path:
        """``weights.safetensors``, there once training has ended."""
        return self.folder / "weights.safetensors"

    @property
    def history_file(self) -> Path:
        """``history.json``, there once training has ended."""
        return self.folder / "history.json"


def newest_run(parent: str | os.PathLike[str] = "runs") -> Run:
    """Return the run of ``backlit train`` under ``parent`` whose training ended last.

    Raises
    ------
    DataError
        If there is none.
    """
    parent = Path(parent)
    found = [f for f in parent.glob("*/weights.safetensors") if f.parent.name[0] != "."]
    for file in sorted(found, key=lambda file: (file.stat().st_mtime_ns, file), reverse=True):
        with suppress(DataError):  # of another making, or damaged
            run = Run(file.parent)
            settings_of(run.settings, str(run.settings_file))
            return run
    raise DataError(
        f"there is no trained run in {parent}; train one with `backlit train`, or name the folder "
        "of one (--help says how)."
    )
