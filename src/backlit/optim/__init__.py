"""Optimisers, learning-rate schedules and gradient clipping."""

from backlit.optim.adam import Adam, AdamW
from backlit.optim.adaptive import AdaGrad, RMSProp
from backlit.optim.clipping import clip_by_norm, clip_by_value, global_norm
from backlit.optim.optimizer import Optimizer
from backlit.optim.schedules import Constant, Cosine, Schedule, Step, WarmUp
from backlit.optim.sgd import SGD, Momentum, Nesterov

__all__ = [
    "SGD",
    "AdaGrad",
    "Adam",
    "AdamW",
    "Constant",
    "Cosine",
    "Momentum",
    "Nesterov",
    "Optimizer",
    "RMSProp",
    "Schedule",
    "Step",
    "WarmUp",
    "clip_by_norm",
    "clip_by_value",
    "global_norm",
]
