"""Gradients compared with slopes: which layer, which tensor, which element is wrong."""

from backlit.check.check import check
from backlit.check.numerical import numerical_gradient
from backlit.check.report import Fault, Layer, Report, Row

__all__ = ["Fault", "Layer", "Report", "Row", "check", "numerical_gradient"]
