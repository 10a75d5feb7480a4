"""Write a layer by hand, as the chapter does, and let the check judge it."""

import numpy as np

import backlit as bl


class Swish:
    """x times the sigmoid of x."""

    def forward(self, x):
        """Compute the output."""
        self.x = x
        self.s = 1 / (1 + np.exp(-x))
        return x * self.s

    def backward(self, dout):
        """Compute the gradient of x."""
        return dout * self.s * (1 + self.x * (1 - self.s))


class WrongSwish(Swish):
    """The same with a term of the product rule forgotten."""

    def backward(self, dout):
        """Compute the gradient of x, wrongly."""
        return dout * self.s


x = np.random.default_rng(0).standard_normal((4, 3))
print(bl.check(Swish(), x))
print()
print(bl.check(WrongSwish(), x))
