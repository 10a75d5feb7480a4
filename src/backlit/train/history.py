"""What training was like: one row an epoch."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backlit.errors import DataError
from backlit.train.documents import read_document, write_document

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True)
class Row:
    """One epoch. Two rows are equal if all but their times are.

    Parameters
    ----------
    epoch
        Which epoch, counted from 1.
    step
        Steps taken since the start of training.
    loss
        The training loss, averaged over the samples of the epoch as they were trained on.
    train_accuracy, test_accuracy
        The fraction classified right after the epoch, 0 to 1; ``None`` where there is no such
        thing.
    seconds
        The time the epoch took, with its evaluation.
    """

    epoch: int
    step: int
    loss: float
    train_accuracy: float | None
    test_accuracy: float | None
    seconds: float = field(compare=False)


class History:
    """The rows of a training, in order.

    Examples
    --------
    >>> history = History([Row(1, 600, 0.5, 0.91, 0.92, 1.2), Row(2, 1200, 0.25, 0.95, 0.94, 1.1)])
    >>> history[-1].test_accuracy
    0.94
    >>> history.column("loss")
    [0.5, 0.25]
    >>> History.from_json(history.to_json()) == history
    True
    """

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self.rows: list[Row] = list(rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __getitem__(self, index: int) -> Row:
        return self.rows[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, History) and self.rows == other.rows

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        if not self.rows:
            return "History(no epochs)"
        last = self.rows[-1]
        said = [f"loss {last.loss:.4g}"]
        if last.train_accuracy is not None:
            said.append(f"train accuracy {last.train_accuracy:.2%}")
        if last.test_accuracy is not None:
            said.append(f"test accuracy {last.test_accuracy:.2%}")
        return f"History({len(self)} epochs, {last.step} steps; {', '.join(said)})"

    @property
    def seconds(self) -> float:
        """The time that all epochs took."""
        return math.fsum(row.seconds for row in self.rows)

    def column(self, name: str) -> list[Any]:
        """Return one field of every row."""
        return [getattr(row, name) for row in self.rows]

    def to_json(self) -> list[dict[str, Any]]:
        """Return the rows as dictionaries that JSON can hold, to the last bit."""
        return [asdict(row) for row in self.rows]

    @classmethod
    def from_json(cls, rows: Any, where: str = "history") -> History:
        """Take what :meth:`to_json` gave.

        Parameters
        ----------
        rows
            A list of dictionaries.
        where
            What to call it in errors.

        Raises
        ------
        DataError
            If a row lacks a field, or has a value that is none of the field's.
        """
        if not isinstance(rows, list):
            raise DataError(f"{where} should be a list of rows, not {type(rows).__name__}.")
        return cls(_row(row, f"{where}, row {i + 1},") for i, row in enumerate(rows))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a JSON file.

        Raises
        ------
        DataError
            If it cannot be written.
        """
        write_document(Path(path), "history", {"rows": self.to_json()})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> History:
        """Read what :meth:`save` wrote.

        Raises
        ------
        DataError
            If the file is missing, damaged, or not a history.
        """
        return cls.from_json(read_document(Path(path), "history").get("rows"), str(path))


def _row(row: Any, where: str) -> Row:
    names = [field.name for field in fields(Row)]
    if not isinstance(row, dict) or sorted(row) != sorted(names):
        raise DataError(f"{where} should have the fields {', '.join(names)}, but is {row!r:.120}.")
    for name in names:
        value = row[name]
        whole = name in ("epoch", "step")
        if value is None and name.endswith("accuracy"):
            continue
        fits = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
        if not fits or not math.isfinite(value) or value < 0:
            kind = "a whole number" if whole else "a number"
            raise DataError(f"{where} has {name} {value!r}, which should be {kind}, 0 or more.")
    return Row(**row)
