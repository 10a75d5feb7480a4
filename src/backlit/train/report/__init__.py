"""What a run leaves to look at: pictures, and a page that holds them all."""

from backlit.train.report.write import write_report

__all__ = ["write_report"]
