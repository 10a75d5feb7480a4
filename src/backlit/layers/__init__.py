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
from backlit.layers.convolution import Conv1d, Conv2d
from backlit.layers.dropout import Dropout
from backlit.layers.flatten import Flatten
from backlit.layers.function import Lambda
from backlit.layers.layer import Layer
from backlit.layers.normalization import BatchNorm
from backlit.layers.pooling import AvgPool2d, GlobalAvgPool2d, GlobalMaxPool2d, MaxPool2d
from backlit.layers.sequential import Sequential

__all__ = [
    "GELU",
    "Affine",
    "AvgPool2d",
    "BatchNorm",
    "Conv1d",
    "Conv2d",
    "Dropout",
    "Flatten",
    "GlobalAvgPool2d",
    "GlobalMaxPool2d",
    "Lambda",
    "Layer",
    "LeakyReLU",
    "LogSoftmax",
    "MaxPool2d",
    "ReLU",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
    "init",
]
