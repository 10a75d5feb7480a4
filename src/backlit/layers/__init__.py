"""Layers: parameters, and the tensors they make."""

from backlit.layers import init
from backlit.layers.activations import (
    GELU,
    LeakyReLU,
    LogSoftmax,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from backlit.layers.affine import Affine
from backlit.layers.dropout import Dropout
from backlit.layers.flatten import Flatten
from backlit.layers.function import Lambda
from backlit.layers.layer import Layer
from backlit.layers.sequential import Sequential

__all__ = [
    "GELU",
    "Affine",
    "Dropout",
    "Flatten",
    "Lambda",
    "Layer",
    "LeakyReLU",
    "LogSoftmax",
    "ReLU",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
    "init",
]
