"""Gradients compared with slopes: which layer, which tensor, which element is wrong."""

from typing import TYPE_CHECKING

from backlit.check.check import check
from backlit.later import later

if TYPE_CHECKING:
    from backlit.check.numerical import numerical_gradient
    from backlit.check.report import Fault, Layer, Report, Row
else:
    __getattr__, __dir__ = later(
        globals(),
        {
            "Fault": "backlit.check.report",
            "Layer": "backlit.check.report",
            "Report": "backlit.check.report",
            "Row": "backlit.check.report",
            "numerical_gradient": "backlit.check.numerical",
        },
    )

__all__ = ["Fault", "Layer", "Report", "Row", "check", "numerical_gradient"]
