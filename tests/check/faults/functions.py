"""Pairs of functions, forward and backward, with a cache or with the inputs."""

import numpy as np
from check.faults.case import Family, normal

family = Family("functions", style="functions")
wrong, right = family.wrong, family.right


@wrong("affine", "w", "transposed", "wrong_shape")
def affine_with_a_cache():
    def affine_forward(x, w, b):
        out = x @ w + b
        cache = (x, w, b)
        return out, cache

    def affine_backward(dout, cache):
        x, w, _ = cache
        dx = dout @ w.T
        dw = dout.T @ x
        db = dout.sum(axis=0)
        return dx, dw, db

    return (affine_forward, affine_backward), (normal(1, 5, 4), normal(2, 4, 3), normal(3, 3)), {}


@wrong("relu", "x", "mask_reversed")
def relu_with_a_cache():
    def relu_forward(x):
        return np.maximum(0, x), x

    def relu_backward(dout, cache):
        return dout * (cache < 0)

    return (relu_forward, relu_backward), (normal(4, 4, 3),), {}


@wrong("sigmoid", "x", "derivative_at_input")
def sigmoid_given_its_input():
    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    def sigmoid_grad(dout, x):
        return dout * x * (1 - x)

    return (sigmoid, sigmoid_grad), (normal(5, 4, 3),), {}


@wrong("layernorm", "x", "dropped_use")
def the_mean_is_taken_for_a_constant():
    def layernorm_forward(x, gamma, beta):
        mu = x.mean(axis=-1, keepdims=True)
        std = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
        xhat = (x - mu) / std
        return gamma * xhat + beta, (xhat, std, gamma)

    def layernorm_backward(dout, cache):
        xhat, std, gamma = cache
        dgamma = np.sum(dout * xhat, axis=0)
        dbeta = np.sum(dout, axis=0)
        d = dout * gamma
        dx = d - xhat * np.mean(d * xhat, axis=-1, keepdims=True)
        return dx / std, dgamma, dbeta

    inputs = normal(6, 5, 4), 1 + normal(7, 4), normal(8, 4)
    return (layernorm_forward, layernorm_backward), inputs, {}


@wrong("bias", "b", "not_summed", "wrong_shape")
def a_bias_that_is_not_summed():
    def bias_forward(x, b):
        return x + b

    def bias_backward(dout, x, b):
        return dout, dout

    return (bias_forward, bias_backward), (normal(9, 5, 4), normal(10, 4)), {}


@wrong("exp", "x", "dout_ignored")
def the_slope_of_exp_and_nothing_else():
    def exp_forward(x):
        y = np.exp(x)
        return y, y

    def exp_backward(dout, cache):
        return cache

    return (exp_forward, exp_backward), (normal(11, 3, 2),), {}


@wrong("dot", ("a", "b"), "swapped_inputs")
def a_product_of_vectors():
    def dot(a, b):
        return np.sum(a * b)

    def dot_backward(dout, a, b):
        return dout * a, dout * b

    return (dot, dot_backward), (normal(12, 5), normal(13, 5)), {}


# Healthy


@right()
def an_affine_pair_with_a_cache():
    def affine_forward(x, w, b):
        out = x.reshape(len(x), -1) @ w + b
        return out, (x, w, b)

    def affine_backward(dout, cache):
        x, w, _ = cache
        dx = (dout @ w.T).reshape(x.shape)
        dw = x.reshape(len(x), -1).T @ dout
        return dx, dw, dout.sum(axis=0)

    inputs = normal(51, 5, 2, 2), normal(52, 4, 3), normal(53, 3)
    return (affine_forward, affine_backward), inputs, {}


@right()
def a_pair_that_takes_the_inputs_again():
    def softplus(x):
        return np.logaddexp(0, x)

    def softplus_backward(dout, x):
        return dout / (1 + np.exp(-x))

    return (softplus, softplus_backward), (normal(54, 4, 3),), {}


@right()
def batch_norm_with_a_dict_of_settings():
    settings = {"eps": 1e-5, "running_mean": np.zeros(4), "momentum": 0.9}

    def batchnorm_forward(x, gamma, beta):
        mu, var = x.mean(axis=0), x.var(axis=0)
        m = settings["momentum"]
        settings["running_mean"] = m * settings["running_mean"] + (1 - m) * mu
        std = np.sqrt(var + settings["eps"])
        xhat = (x - mu) / std
        return gamma * xhat + beta, {"xhat": xhat, "std": std, "gamma": gamma}

    def batchnorm_backward(dout, cache):
        xhat = cache["xhat"]
        d = dout * cache["gamma"]
        dx = (d - d.mean(axis=0) - xhat * (d * xhat).mean(axis=0)) / cache["std"]
        return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)

    inputs = normal(55, 6, 4), 1 + normal(56, 4), normal(57, 4)
    return (batchnorm_forward, batchnorm_backward), inputs, {}


CASES = family.cases
