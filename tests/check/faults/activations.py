"""Elementwise layers: a function, and somebody's idea of its derivative."""

import numpy as np
from check.faults.case import Family, normal

family = Family("activations")
wrong, right = family.wrong, family.right


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class Relu:
    """The chapter's, which writes into what it is given on the way back."""

    def __init__(self):
        self.mask = None

    def forward(self, x):
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout):
        dout[self.mask] = 0
        dx = dout
        return dx  # noqa: RET504


@wrong("Sigmoid", "x", "derivative_at_input")
def sigmoid_s_formula_is_fed_the_input():
    class Sigmoid:
        def forward(self, x):
            self.x = x
            return 1 / (1 + np.exp(-x))

        def backward(self, dout):
            return dout * self.x * (1 - self.x)

    return Sigmoid(), (normal(1, 4, 3),), {}


@wrong("SigmoidLayer", "x", "derivative_at_output")
def sigmoid_is_applied_to_the_output_again():
    class SigmoidLayer:
        def __call__(self, x):
            self.out = sigmoid(x)
            return self.out

        def backward(self, d):
            s = sigmoid(self.out)
            return d * s * (1 - s)

    return SigmoidLayer(), (normal(2, 4, 3),), {}


@wrong("Sigmoid", "x", "local_derivative", "dropped_use")
def sigmoid_without_its_second_factor():
    class Sigmoid:
        def forward(self, x):
            self.out = sigmoid(x)
            return self.out

        def backward(self, dout):
            return dout * (1 - self.out)

    return Sigmoid(), (normal(3, 5, 2),), {}


@wrong("Tanh", "x", "derivative_at_input")
def tanh_s_formula_is_fed_the_input():
    class Tanh:
        def forward(self, x):
            self.x = x
            return np.tanh(x)

        def backward(self, dout):
            return dout * (1 - self.x**2)

    return Tanh(), (normal(4, 4, 3),), {}


@wrong("Tanh", "z", "derivative_at_output")
def tanh_of_tanh():
    class Tanh:
        def __init__(self):
            self.cache = {}

        def forward(self, z):
            self.cache["a"] = np.tanh(z)
            return self.cache["a"]

        def backward(self, da):
            return da * (1 - np.tanh(self.cache["a"]) ** 2)

    return Tanh(), (normal(5, 4, 3),), {}


@wrong("Tanh", "x", "local_derivative")
def tanh_without_the_square():
    class Tanh:
        def forward(self, x):
            self.y = np.tanh(x)
            return self.y

        def backward(self, dout):
            return dout * (1 - self.y)

    return Tanh(), (normal(6, 4, 3),), {}


@wrong("Exp", "x", "derivative_at_input")
def exp_remembers_the_wrong_end():
    class Exp:
        def forward(self, x):
            self.saved = x
            return np.exp(x)

        def backward(self, dout):
            return dout * self.saved

    return Exp(), (normal(7, 3, 3),), {}


@wrong("Exp", "x", "derivative_at_output")
def exp_of_exp():
    class Exp:
        def forward(self, x):
            self.y = np.exp(x)
            return self.y

        def backward(self, dout):
            return dout * np.exp(self.y)

    return Exp(), (normal(8, 3, 3),), {}


@wrong("Softplus", "x", "derivative_at_output")
def softplus_keeps_its_output():
    class Softplus:
        def forward(self, x):
            self.out = np.log1p(np.exp(x))
            return self.out

        def backward(self, dout):
            return dout * sigmoid(self.out)

    return Softplus(), (normal(9, 4, 3),), {}


@wrong("Cos", "x", "sign")
def cosine_without_its_minus():
    class Cos:
        def forward(self, x):
            self.x = x
            return np.cos(x)

        def backward(self, dout):
            return dout * np.sin(self.x)

    return Cos(), (normal(10, 4),), {}


@wrong("Sine", "x", "local_derivative", "derivative_at_output")
def sine_gives_sine():
    class Sine:
        def forward(self, x):
            self.x = x
            return np.sin(x)

        def backward(self, dout):
            return dout * -np.sin(self.x)

    return Sine(), (normal(11, 4, 2),), {}


@wrong("Log", "x", "local_derivative")
def one_over_x_squared():
    class Log:
        def forward(self, x):
            self.x = x
            return np.log(x)

        def backward(self, dout):
            return dout / self.x**2

    return Log(), (0.5 + np.abs(normal(12, 4, 2)),), {}


@wrong("Sqrt", "x", "factor")
def the_half_of_the_root_is_forgotten():
    class Sqrt:
        def forward(self, x):
            self.y = np.sqrt(x)
            return self.y

        def backward(self, dout):
            return dout / self.y

    return Sqrt(), (0.5 + np.abs(normal(13, 4, 2)),), {}


@wrong("Square", "x", "factor", "dropped_use")
def the_two_of_the_square_is_forgotten():
    class Square:
        def forward(self, x):
            self.x = x
            return x**2

        def backward(self, dout):
            return dout * self.x

    return Square(), (normal(14, 4, 2),), {}


@wrong("Power", "x", "local_derivative")
def the_exponent_stays():
    class Power:
        def __init__(self, n):
            self.n = n

        def forward(self, x):
            self.x = x
            return x**self.n

        def backward(self, dout):
            return dout * self.n * self.x**self.n

    return Power(3), (normal(15, 4, 2),), {}


@wrong("Swish", "x", "dropped_use", "local_derivative")
def swish_forgets_the_product_rule():
    class Swish:
        def forward(self, x):
            self.x = x
            self.s = sigmoid(x)
            return x * self.s

        def backward(self, dout):
            return dout * self.s

    return Swish(), (normal(16, 4, 3),), {}


@wrong("Gelu", "x", "local_derivative", "dropped_use")
def gelu_is_taken_for_its_distribution_function():
    class Gelu:
        c = np.sqrt(2 / np.pi)

        def forward(self, x):
            self.x = x
            self.t = np.tanh(self.c * (x + 0.044715 * x**3))
            return 0.5 * x * (1 + self.t)

        def backward(self, dout):
            return dout * 0.5 * (1 + self.t)

    return Gelu(), (normal(17, 4, 3),), {}


@wrong("AreaLayer", "r", "factor")
def pi_is_3_14_on_the_way_back():
    class AreaLayer:
        def forward(self, r):
            self.r = r
            return np.pi * r**2

        def backward(self, dout):
            return dout * 2 * 3.14 * self.r

    return AreaLayer(), (normal(18, 6),), {}


@wrong("Log2", "x", "factor")
def a_thousandth_off_by_a_rounded_constant():
    class Log2:
        def forward(self, x):
            self.x = x
            return np.log2(x)

        def backward(self, dout):
            return dout / (0.694 * self.x)

    return Log2(), (0.5 + np.abs(normal(19, 5)),), {}


@wrong("LeakyRelu", "x", "local_derivative", "factor", "unknown", "element")
def the_leak_is_another_on_the_way_back():
    class LeakyRelu:
        def __init__(self, alpha=0.1):
            self.alpha = alpha

        def forward(self, x):
            self.x = x
            return np.where(x > 0, x, self.alpha * x)

        def backward(self, dout):
            return np.where(self.x > 0, dout, 0.01 * dout)

    return LeakyRelu(), (normal(20, 5, 4),), {}


@wrong("LeakyReLU", "x", "mask_at_zero", "element")
def a_leak_with_a_hole_at_zero():
    class LeakyReLU:
        def __init__(self, slope=0.1):
            self.slope = slope

        def forward(self, x):
            self.x = x
            return np.maximum(x, self.slope * x)

        def backward(self, dout):
            dx = np.zeros_like(dout)
            dx[self.x > 0] = dout[self.x > 0]
            dx[self.x < 0] = self.slope * dout[self.x < 0]
            return dx

    x = normal(21, 4, 4)
    x[1, 2] = x[3, 0] = 0.0
    return LeakyReLU(), (x,), {}


@wrong("ELU", "x", "mask_at_zero", "element")
def elu_leaves_zero_out():
    class ELU:
        def forward(self, x):
            self.x = x
            return np.where(x > 0, x, np.exp(np.minimum(x, 0)) - 1)

        def backward(self, dout):
            slope = np.where(self.x > 0, 1.0, 0.0)
            slope += np.where(self.x < 0, np.exp(np.minimum(self.x, 0)), 0.0)
            return dout * slope

    x = normal(22, 3, 5)
    x[0, 0] = x[2, 4] = 0.0
    return ELU(), (x,), {}


@wrong("Huber", "x", "mask_at_zero", "element", "missing")
def huber_leaves_its_limit_out():
    class Huber:
        """Quadratic up to 1, then straight."""

        def forward(self, x):
            self.x = x
            a = np.abs(x)
            return np.where(a <= 1, 0.5 * x**2, a - 0.5)

        def backward(self, dout):
            a = np.abs(self.x)
            dx = np.zeros_like(self.x)
            dx[a < 1] = self.x[a < 1]
            dx[a > 1] = np.sign(self.x[a > 1])
            return dx * dout

    x = np.array([[0.3, 1.0, -2.0], [-1.0, 0.5, 3.0]])
    return Huber(), (x,), {}


@wrong("ReLU", "x", "mask_reversed")
def relu_lets_the_others_through():
    class ReLU:
        def forward(self, x):
            self.mask = x > 0
            return x * self.mask

        def backward(self, dout):
            dout = dout.copy()
            dout[self.mask] = 0
            return dout

    return ReLU(), (normal(23, 4, 5),), {}


@wrong("Clip", "x", "mask_reversed")
def clip_lets_the_outside_through():
    class Clip:
        def __init__(self, low, high):
            self.low, self.high = low, high

        def forward(self, x):
            self.out_of_range = (x < self.low) | (x > self.high)
            return np.clip(x, self.low, self.high)

        def backward(self, dout):
            return dout * self.out_of_range

    return Clip(-1, 1), (1.5 * normal(24, 4, 5),), {}


@wrong("Relu", "x", "dout_ignored")
def relu_returns_its_slope():
    class Relu:
        def forward(self, x):
            self.x = x
            return np.maximum(0, x)

        def backward(self, dout):
            return (self.x > 0).astype(float)

    return Relu(), (normal(25, 4, 5),), {}


@wrong("Relu", "x", "dout_ignored", "local_derivative", "unknown", "mask_reversed", "dropped_use")
def relu_masks_by_dout():
    class Relu:
        """Where dout is positive, and not where x is."""

        def forward(self, x):
            self.x = x
            return np.maximum(0, x)

        def backward(self, dout):
            return np.where(dout > 0, dout, 0)

    return Relu(), (normal(26, 4, 5),), {}


@wrong("Tanh", "x", "dout_ignored", "dropped_use", "local_derivative", "unknown")
def dout_comes_in_by_its_sum():
    class Tanh:
        """Right for a dout of equal numbers with the mean 1."""

        def forward(self, x):
            self.y = np.tanh(x)
            return self.y

        def backward(self, dout):
            return (1 - self.y**2) * np.mean(dout)

    return Tanh(), (normal(27, 4, 3),), {}


@wrong("Sigmoid", "x", "stale_state")
def the_output_is_stored_only_once():
    class Sigmoid:
        def __init__(self):
            self.out = None

        def forward(self, x):
            out = sigmoid(x)
            if self.out is None:
                self.out = out
            return out

        def backward(self, dout):
            return dout * self.out * (1 - self.out)

    return Sigmoid(), (normal(28, 4, 3),), {}


@wrong("Relu", "x", "input_overwritten")
def relu_zeroes_what_it_was_given():
    class Relu:
        def forward(self, x):
            self.mask = x <= 0
            x[self.mask] = 0
            return x

        def backward(self, dout):
            dx = dout.copy()
            dx[self.mask] = 0
            return dx

    return Relu(), (normal(29, 4, 5),), {}


@wrong("Swish", "x", "input_overwritten")
def the_sigmoid_is_made_where_x_was():
    class Swish:
        def forward(self, x):
            self.x = x
            s = x
            s *= -1
            np.exp(s, out=s)
            s += 1
            self.s = 1 / s
            return self.x * self.s

        def backward(self, dout):
            return dout * (self.s + self.x * self.s * (1 - self.s))

    return Swish(), (normal(30, 4, 5),), {}


@wrong("Tanh", "x", "wrong_dtype")
def half_the_digits_are_thrown_away():
    class Tanh:
        def forward(self, x):
            self.y = np.tanh(x)
            return self.y

        def backward(self, dout):
            dx = np.empty(dout.shape, dtype=np.float16)
            dx[...] = dout * (1 - self.y**2)
            return dx

    return Tanh(), (normal(31, 4, 5),), {}


@wrong("Scale", "x", "wrong_dtype")
def an_array_of_objects_comes_back():
    class Scale:
        def forward(self, x):
            self.shape = x.shape
            return 3.0 * x

        def backward(self, dout):
            dx = np.array([None] * dout.size)
            for i, d in enumerate(dout.flat):
                dx[i] = 3.0 * d
            return dx.reshape(self.shape)

    return Scale(), (normal(32, 2, 3),), {}


@wrong("Sigmoid", "x", "integer_arithmetic", "wrong_dtype")
def the_gradient_is_rounded_to_whole_numbers():
    class Sigmoid:
        def forward(self, x):
            self.y = sigmoid(x)
            return self.y

        def backward(self, dout):
            dx = np.zeros(self.y.shape, dtype=np.int64)
            for i in range(len(dx)):
                dx[i] = 10 * dout[i] * self.y[i] * (1 - self.y[i])
            return dx / 10

    return Sigmoid(), (normal(33, 4, 3),), {}


@wrong("Half", "x", "integer_arithmetic", "missing", "factor")
def one_halved_the_integer_way():
    class Half:
        def forward(self, x):
            return x / 2

        def backward(self, dout):
            return dout * (1 // 2)

    return Half(), (normal(34, 4, 3),), {}


@wrong("Softsign", "x", "overflow", "mask_at_zero")
def zero_over_zero():
    class Softsign:
        def forward(self, x):
            self.x = x
            return x / (1 + np.abs(x))

        def backward(self, dout):
            sign = self.x / np.abs(self.x)
            return dout * (1 + np.abs(self.x) - self.x * sign) / (1 + np.abs(self.x)) ** 2

    return Softsign(), (np.array([[1.0, 0.0], [-2.0, 0.5]]),), {}


@wrong("Sigmoid", None, "overflow")
def sigmoid_overflows_for_large_inputs():
    class Sigmoid:
        def forward(self, x):
            self.out = np.exp(x) / (1 + np.exp(x))
            return self.out

        def backward(self, dout):
            return dout * self.out * (1 - self.out)

    return Sigmoid(), (np.array([[1.0, 800.0, -3.0], [2.0, -900.0, 0.5]]),), {}


@wrong("Softplus", "x", "overflow")
def softplus_is_right_forwards_and_nan_backwards():
    class Softplus:
        def forward(self, x):
            self.x = x
            return np.logaddexp(0, x)

        def backward(self, dout):
            e = np.exp(self.x)
            return dout * e / (1 + e)

    return Softplus(), (np.array([[1.0, 750.0], [-3.0, 2.0]]),), {}


@wrong("Softplus", None, "raised")
def backward_uses_what_forward_never_saved():
    class Softplus:
        def forward(self, x):
            return np.log1p(np.exp(x))

        def backward(self, dout):
            return dout * sigmoid(self.x)

    return Softplus(), (normal(35, 3, 2),), {}


@wrong("GaussianNoise", "x", "mask_new", "not_deterministic")
def the_noise_is_drawn_twice():
    class GaussianNoise:
        def __init__(self, sigma=0.3):
            self.sigma = sigma

        def forward(self, x):
            return x * (1 + self.sigma * np.random.randn(*x.shape))

        def backward(self, dout):
            return dout * (1 + self.sigma * np.random.randn(*dout.shape))

    return GaussianNoise(), (normal(36, 4, 3),), {}


@wrong("RRelu", None, "not_deterministic", "mask_new", "stale_state")
def the_leak_changes_with_every_call():
    class RRelu:
        """Its slope goes down as it is called, forwards and backwards alike."""

        def __init__(self):
            self.calls = 0

        def slope(self):
            self.calls += 1
            return 1 / (1 + self.calls)

        def forward(self, x):
            self.x = x
            return np.where(x > 0, x, self.slope() * x)

        def backward(self, dout):
            return np.where(self.x > 0, dout, self.slope() * dout)

    return RRelu(), (normal(37, 4, 3),), {}


# Healthy


@right()
def the_chapters_relu_at_exactly_zero():
    x = normal(51, 4, 5)
    x[0, 0] = x[2, 3] = 0.0
    return Relu(), (x,), {}


@right()
def relu_that_takes_zero_the_other_way():
    class ReLU:
        def forward(self, x):
            self.x = x
            return np.maximum(x, 0)

        def backward(self, dout):
            return dout * (self.x >= 0)

    return ReLU(), (np.array([[0.0, -0.0, 1.0], [-1.0, 2.0, 0.0]]),), {}


@right()
def relu_with_a_half_at_zero():
    class ReLU:
        def forward(self, x):
            self.x = x
            return 0.5 * (x + np.abs(x))

        def backward(self, dout):
            return dout * 0.5 * (1 + np.sign(self.x))

    return ReLU(), (np.array([[0.0, -0.5, 1.0], [-1.0, 0.0, 0.0]]),), {}


@right()
def an_input_that_is_dead_everywhere():
    return Relu(), (-1 - np.abs(normal(52, 4, 5)),), {}


@right()
def absolute_value_at_zero():
    class Abs:
        def forward(self, x):
            self.sign = np.sign(x)
            return np.abs(x)

        def backward(self, dout):
            return dout * self.sign

    return Abs(), (np.array([0.0, 1.0, -2.0, 0.0]),), {}


@right()
def clip_exactly_at_its_limits():
    class Clip:
        def __init__(self, low, high):
            self.low, self.high = low, high

        def forward(self, x):
            self.inside = (x >= self.low) & (x <= self.high)
            return np.clip(x, self.low, self.high)

        def backward(self, dout):
            return dout * self.inside

    return Clip(-1.0, 2.0), (np.array([[-1.0, 2.0, 0.5], [-3.0, 4.0, 2.0]]),), {}


@right()
def leaky_relu_at_zero():
    class LeakyRelu:
        def __init__(self, alpha=0.01):
            self.alpha = alpha

        def forward(self, x):
            self.slope = np.where(x > 0, 1.0, self.alpha)
            return x * self.slope

        def backward(self, dout):
            return dout * self.slope

    return LeakyRelu(), (np.array([[0.0, -2.0, 3.0]]),), {}


@right()
def inputs_a_hair_from_the_kink():
    return Relu(), (np.array([[1e-9, -1e-9, 1e-7, -1e-6, 1e-5]]),), {}


@right()
def saturated_tanh():
    class Tanh:
        def forward(self, x):
            self.y = np.tanh(x)
            return self.y

        def backward(self, dout):
            return dout * (1 - self.y**2)

    return Tanh(), (np.array([[40.0, -50.0, 0.1], [12.0, -9.0, 3.0]]),), {}


@right()
def a_sigmoid_that_never_overflows():
    class Sigmoid:
        def forward(self, x):
            e = np.exp(-np.abs(x))
            self.y = np.where(x >= 0, 1 / (1 + e), e / (1 + e))
            return self.y

        def backward(self, dout):
            return dout * self.y * (1 - self.y)

    return Sigmoid(), (np.array([[800.0, -900.0, 0.0, 2.0]]),), {}


@right()
def softplus_in_two_pieces():
    class Softplus:
        def forward(self, x):
            self.x = x
            return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))

        def backward(self, dout):
            return dout * 0.5 * (1 + np.tanh(0.5 * self.x))

    return Softplus(), (np.array([[0.0, 700.0, -30.0, 1.0]]),), {}


@right()
def swish_with_its_product_rule():
    class Swish:
        def __init__(self):
            self.saved = ()

        def forward(self, x):
            s = sigmoid(x)
            self.saved = (x, s)
            return x * s

        def backward(self, dout):
            x, s = self.saved
            return dout * (s + x * s * (1 - s))

    return Swish(), (normal(53, 4, 3),), {}


@right()
def identity_returns_dout_itself():
    class Identity:
        def forward(self, x):
            return x

        def backward(self, dout):
            return dout

    return Identity(), (normal(54, 4, 3),), {}


@right()
def flatten_returns_views():
    class Flatten:
        def forward(self, x):
            self.shape = x.shape
            return x.reshape(len(x), -1)

        def backward(self, dout):
            return dout.reshape(self.shape)

    return Flatten(), (normal(55, 2, 3, 4),), {}


@right()
def steps_have_no_slope():
    class Sign:
        """Zero gradients, and rightly so."""

        def forward(self, x):
            return np.sign(x)

        def backward(self, dout):
            return np.zeros_like(dout)

    return Sign(), (normal(56, 4, 3),), {}


@right()
def a_wiggly_function():
    class Wiggle:
        def forward(self, x):
            self.x = x
            return np.sin(50 * x)

        def backward(self, dout):
            return 50 * np.cos(50 * self.x) * dout

    return Wiggle(), (normal(57, 3, 3),), {}


@right()
def float32_sigmoid():
    class Sigmoid:
        def forward(self, x):
            self.out = sigmoid(x)
            return self.out

        def backward(self, dout):
            return dout * self.out * (1 - self.out)

    return Sigmoid(), (normal(58, 8, 5).astype(np.float32),), {}


@right()
def a_layer_that_insists_on_float32():
    class Tanh:
        def forward(self, x):
            self.y = np.tanh(np.asarray(x, dtype=np.float32))
            return self.y

        def backward(self, dout):
            return (np.asarray(dout, dtype=np.float32) * (1 - self.y**2)).astype(np.float32)

    return Tanh(), (normal(59, 6, 4).astype(np.float32),), {}


@right()
def keeps_its_output_in_half_precision():
    class Sigmoid:
        """Saves memory between the passes; three digits are left, and no mistake is made."""

        def forward(self, x):
            y = sigmoid(x)
            self.y = y.astype(np.float16)
            return y

        def backward(self, dout):
            y = self.y.astype(dout.dtype)
            return dout * y * (1 - y)

    return Sigmoid(), (normal(60, 6, 4).astype(np.float16),), {}


@right()
def prelu_learns_its_slope():
    class PReLU:
        def __init__(self, channels):
            self.a = np.full(channels, 0.25)
            self.da = None

        def forward(self, x):
            self.x = x
            return np.where(x > 0, x, self.a * x)

        def backward(self, dout):
            self.da = np.sum(np.where(self.x > 0, 0, self.x) * dout, axis=0)
            return np.where(self.x > 0, dout, self.a * dout)

    return PReLU(3), (normal(61, 5, 3),), {}


@wrong("PReLU", "a", "not_summed", "wrong_shape")
def prelu_s_slope_is_not_summed():
    class PReLU:
        def __init__(self, channels):
            self.a = np.full(channels, 0.25)
            self.da = None

        def forward(self, x):
            self.x = x
            return np.where(x > 0, x, self.a * x)

        def backward(self, dout):
            self.da = np.where(self.x > 0, 0, self.x) * dout
            return np.where(self.x > 0, dout, self.a * dout)

    return PReLU(3), (normal(61, 5, 3),), {}


@wrong("PReLU", "a", "mask_reversed")
def prelu_learns_from_the_other_half():
    class PReLU:
        def __init__(self, channels):
            self.a = np.full(channels, 0.25)
            self.da = None

        def forward(self, x):
            self.x = x
            return np.where(x > 0, x, self.a * x)

        def backward(self, dout):
            self.da = np.sum(np.where(self.x > 0, self.x, 0) * dout, axis=0)
            return np.where(self.x > 0, dout, self.a * dout)

    return PReLU(3), (normal(61, 5, 3),), {}


CASES = family.cases
