"""This library's own ops, layers, nets and functions of tensors: all of them healthy, but one."""

import numpy as np
from check.faults.case import Family, classes, normal

import backlit as bl
from backlit.layers import Affine, Dropout, Flatten, Layer, ReLU, Sequential, Softplus, Tanh

family = Family("library", style="tensors")
wrong, right = family.wrong, family.right


@right()
def a_layer_of_the_library():
    return Affine(4, 3, rng=np.random.default_rng(1)), (normal(2, 5, 4),), {}


@right()
def a_net_with_labels():
    rng = np.random.default_rng(3)
    net = Sequential(Affine(4, 5, rng=rng), ReLU(), Affine(5, 3, rng=rng))
    return net, (normal(4, 6, 4), classes(5, 6, 3)), {}


@right()
def a_net_with_dropout_and_another_loss():
    rng = np.random.default_rng(6)
    net = Sequential(Affine(4, 5, rng=rng), Tanh(), Dropout(0.4, rng=7), Affine(5, 2, rng=rng))
    inputs = normal(8, 6, 4), normal(9, 6, 2)
    return net, inputs, {"loss": bl.mean_squared_error}


@right()
def images_through_a_net():
    rng = np.random.default_rng(10)
    net = Sequential(Flatten(), Affine(12, 4, rng=rng), Softplus(), bl.sigmoid)
    return net, (normal(11, 3, 3, 2, 2),), {}


@right()
def a_layer_with_a_shortcut():
    class Residual(Layer):
        def __init__(self, rng):
            self.inner = Affine(4, 4, rng=rng)

        def __call__(self, x):
            return x + bl.tanh(self.inner(x))

    return Residual(np.random.default_rng(12)), (normal(13, 5, 4),), {}


@right()
def an_op():
    return bl.ops.Multiply(), (2.0, 3.0), {}


@right()
def an_op_with_ties():
    return bl.ops.Maximum(), (np.array([1.0, 2.0, 3.0]), np.array([1.0, 5.0, 3.0])), {}


@right()
def a_function_of_tensors():
    def energy(q, p):
        return bl.sum(p**2) / 2 + bl.sum(bl.cos(q) * bl.exp(-q * q))

    return energy, (normal(14, 4), normal(15, 4)), {}


@right()
def a_lambda_with_shared_and_repeated_values():
    return lambda x: (x * x + x) @ bl.transpose(x), (normal(16, 3, 2),), {}


@right()
def absolute_values_at_zero():
    return bl.absolute, (np.array([0.0, -1.0, 2.0]),), {}


@right()
def a_float32_net():
    rng = np.random.default_rng(17)
    net = Sequential(Affine(6, 5, rng=rng), ReLU(), Affine(5, 3, rng=rng)).astype(np.float32)
    return net, (normal(18, 8, 6).astype(np.float32), classes(19, 8, 3)), {}


@wrong(("swish", "x"), "x", "dropped_use", "missing")
def a_tensor_s_array_is_taken_out():
    def swish(x):
        """The gate is computed outside of the graph."""
        gate = 1 / (1 + np.exp(-x.data))
        return x * gate

    return swish, (normal(20, 4, 3),), {}


@wrong(("Gate", "gate"), None, "dropped_use", "missing")
def a_layer_takes_its_weights_out_of_the_graph():
    class Gate(Layer):
        def __init__(self, rng):
            self.value = Affine(4, 3, rng=rng)
            self.gate = Affine(4, 3, rng=rng)

        def __call__(self, x):
            return self.value(x) * bl.sigmoid(self.gate(x)).data

    return Gate(np.random.default_rng(21)), (normal(22, 5, 4),), {}


CASES = family.cases
