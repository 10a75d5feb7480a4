"""The names of *Deep Learning from Scratch*, chapter 5 ("Backpropagation"), on this library.

K. Saitoh, O'Reilly Japan, 2016. Its scripts run unchanged after :func:`install`, or by
:func:`run_script`; every layer computes and differentiates by an op of this library.
"""

from backlit.book.columns import col2im, conv_output_size, im2col
from backlit.book.convnet import SimpleConvNet
from backlit.book.convolution import Convolution, Pooling
from backlit.book.functions import (
    cross_entropy_error,
    identity_function,
    mean_squared_error,
    relu,
    relu_grad,
    sigmoid,
    sigmoid_grad,
    softmax,
    softmax_loss,
    step_function,
    sum_squared_error,
)
from backlit.book.gradient import numerical_gradient
from backlit.book.install import install, uninstall
from backlit.book.layers import (
    AddLayer,
    Affine,
    BatchNormalization,
    Dropout,
    MulLayer,
    Relu,
    Sigmoid,
    SoftmaxWithLoss,
)
from backlit.book.mnist import load_mnist
from backlit.book.net import TwoLayerNet
from backlit.book.network import NeuralNetwork
from backlit.book.optimizer import SGD, AdaGrad, Adam, Momentum, Nesterov, RMSprop
from backlit.book.script import run_script
from backlit.book.util import shuffle_dataset, smooth_curve

__all__ = [
    "SGD",
    "AdaGrad",
    "Adam",
    "AddLayer",
    "Affine",
    "BatchNormalization",
    "Convolution",
    "Dropout",
    "Momentum",
    "MulLayer",
    "Nesterov",
    "NeuralNetwork",
    "Pooling",
    "RMSprop",
    "Relu",
    "Sigmoid",
    "SimpleConvNet",
    "SoftmaxWithLoss",
    "TwoLayerNet",
    "col2im",
    "conv_output_size",
    "cross_entropy_error",
    "identity_function",
    "im2col",
    "install",
    "load_mnist",
    "mean_squared_error",
    "numerical_gradient",
    "relu",
    "relu_grad",
    "run_script",
    "shuffle_dataset",
    "sigmoid",
    "sigmoid_grad",
    "smooth_curve",
    "softmax",
    "softmax_loss",
    "step_function",
    "sum_squared_error",
    "uninstall",
]
