"""The examination of cards is itself examined: it must name each planted fault."""

import numpy as np
import pytest
from card_faults import faults

from backlit.card import MISMATCHED, UNARY, Draw, Example, Refusal, Sample
from backlit.op import Op

HEALTHY = {
    "__doc__": "Twice the product.",
    "symbol": "2×",
    "formula": "2 * x * y",
    "gradients": {"x": "2 * dz * y", "y": "2 * dz * x"},
    "examples": (Example((5.0, 10.0), 100.0, dout=2.0, gradients=(40.0, 20.0)),),
    "samples": (
        Sample((Draw((3, 4)), Draw((3, 4)))),
        Sample((Draw((3, 1)), Draw((4,)))),
    ),
    "refusals": MISMATCHED,
}


def make(**changes):
    def forward(self, x, y):
        self.x, self.y = x, y
        return 2 * x * y

    def backward(self, dz):
        return 2 * dz * self.y, 2 * dz * self.x

    card = type("Twice", (Op,), {**HEALTHY, "forward": forward, "backward": backward, **changes})
    return faults(card)


def test_a_healthy_card_has_no_faults():
    assert make() == []


def wrong_sign(self, dz):
    return 2 * dz * self.y, -2 * dz * self.x


def wrong_by_a_millionth(self, dz):
    return 2 * dz * self.y, (2 + 2e-6) * dz * self.x


def wrong_in_one_element(self, dz):
    first = np.arange(np.size(dz)).reshape(np.shape(dz)) == 0
    return 2 * dz * self.y, 2 * dz * self.x + 0.01 * first


def exchanged(self, dz):
    return 2 * dz * self.x, 2 * dz * self.y


def ignoring_dz(self, dz):
    return 2 * np.ones_like(dz) * self.y, 2 * np.ones_like(dz) * self.x


def writing_into_dz(self, dz):
    if np.ndim(dz):
        dz *= 2
        return dz * self.y, dz * self.x
    return 2 * dz * self.y, 2 * dz * self.x


def writing_into_an_input(self, dz):
    gradients = 2 * dz * self.y, 2 * dz * self.x
    if np.ndim(self.x):
        self.x += 1
    return gradients


def missing(self, dz):
    return 2 * dz * self.y, None


def one_too_few(self, dz):
    return (2 * dz * self.y,)


def returning_an_input(self, dz):
    return 2 * dz * self.y, np.asarray(self.x)


def in_double_precision(self, dz):
    return 2 * dz * self.y, np.float64(2) * dz * self.x


def sharing_one_array(self, dz):
    both = 2 * dz * self.x * self.y
    return both, both


def remembering(self, dz):
    self.calls = getattr(self, "calls", 0) + 1
    return 2 * dz * self.y * self.calls, 2 * dz * self.x


@pytest.mark.parametrize(
    ("backward", "found"),
    [
        (wrong_sign, "slopes: the gradient of y is off"),
        (wrong_by_a_millionth, "slopes: the gradient of y is off"),
        (wrong_in_one_element, "slopes: the gradient of y is off"),
        (exchanged, "slopes: the gradient of x is off"),
        (ignoring_dz, "slopes: the gradient of x is off"),
        (writing_into_dz, "purity: backward wrote into dz"),
        (writing_into_an_input, "purity: an input of"),
        (missing, "None in backward"),
        (returning_an_input, "purity: a gradient shares memory with an input"),
        (in_double_precision, "dtypes: float32 inputs"),
        (one_too_few, "slopes: it raised GraphError"),
        (remembering, "purity: a second backward gives another result"),
    ],
)
def test_a_wrong_backward_is_named(backward, found):
    assert any(found in fault for fault in make(backward=backward))


def test_a_shared_array_never_reaches_two_leaves():
    found = make(backward=sharing_one_array)
    assert not any("shares memory with another" in fault for fault in found)


def test_a_gradient_that_upstream_of_ones_hides():
    """A softmax whose gradient is 0 passes under ones; a random upstream exposes it."""

    def forward(self, x):
        powers = np.exp(x)
        return powers / np.sum(powers)

    found = make(
        forward=forward,
        backward=lambda self, dz: np.zeros_like(dz),
        gradients={"x": "0 * dz"},
        formula="np.exp(x) / np.sum(np.exp(x))",
        examples=(Example(([0.0],), [1.0], dout=[1.0], gradients=([0.0],)),),
        samples=(Sample((Draw((4,)),)),),
        refusals=(),
    )
    assert any("slopes: the gradient of x is off" in fault for fault in found)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"formula": "x * y"}, "texts: the formula"),
        ({"gradients": {"x": "2 * dz * y", "y": "dz * x"}}, "texts: the text"),
        ({"gradients": {"x": "2 * dz * y"}}, "stated: gradients are stated"),
        ({"symbol": ""}, "stated: symbol"),
        ({"examples": ()}, "stated: no example"),
        ({"samples": ()}, "stated: no samples"),
        ({"refusals": ()}, "refusals: it takes several inputs"),
        ({"examples": (Example((5.0, 10.0), 101.0, gradients=(20.0, 10.0)),)}, "examples: forward"),
        ({"examples": (Example((5.0, 10.0), 100.0, gradients=(20.0, 11.0)),)},
         "examples: the gradient of y"),
        ({"forward": lambda self, x, y: 2 * np.sum(x) * np.sum(y)}, "refusals: it accepts"),
        ({"refusals": (Refusal((np.zeros(2), np.zeros(3)), ("nonsense",)),)},
         "refusals: its refusal"),
        ({"elementwise": True, "backward": lambda self, dz: (np.sum(dz), 2 * dz * self.x)},
         "forms: elementwise, but"),
        ({"elementwise": True, "backward": lambda self, dz: 2 * dz * self.y},
         "forms: its backward"),
    ],
)  # fmt: skip
def test_a_wrong_statement_is_named(change, found):
    assert any(found in fault for fault in make(**change))


def test_a_wrong_second_derivative_is_named():
    """The first derivative is right at every sample, but its text hides a constant."""

    def forward(self, x):
        self.slope = np.cos(x.data if hasattr(x, "data") and not isinstance(x, np.ndarray) else x)
        return np.sin(x)

    found = make(
        forward=forward,
        backward=lambda self, dz: dz * self.slope,
        formula="np.sin(x)",
        gradients={"x": "dz * np.cos(x)"},
        examples=(Example(([0.0],), [0.0], dout=[1.0], gradients=([1.0],)),),
        samples=UNARY,
        refusals=(),
    )
    assert any("curvatures: the second derivative in x is off" in fault for fault in found)
