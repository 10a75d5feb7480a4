"""Training: the loop, its history and checkpoints, and what a run leaves behind."""

from backlit.train.evaluation import Predictions, accuracy, outputs
from backlit.train.history import History, Row
from backlit.train.interruption import Interrupted
from backlit.train.loop import fit
from backlit.train.progress import Bar, Lines, Progress, default_progress
from backlit.train.report import write_report
from backlit.train.run import Run, newest_run
from backlit.train.settings import Settings, settings_of
from backlit.train.step import NonFiniteLossError, make_step
from backlit.train.weights import load_net

__all__ = [
    "Bar",
    "History",
    "Interrupted",
    "Lines",
    "NonFiniteLossError",
    "Predictions",
    "Progress",
    "Row",
    "Run",
    "Settings",
    "accuracy",
    "default_progress",
    "fit",
    "load_net",
    "make_step",
    "newest_run",
    "outputs",
    "settings_of",
    "write_report",
]
