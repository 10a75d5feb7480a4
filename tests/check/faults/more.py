"""More of everything, in other people's hands; written without looking at what the check does."""

import numpy as np
from check.faults.case import Family, classes, normal, one_hot

family = Family("more")
wrong, right = family.wrong, family.right


def logistic(v):
    return 1.0 / (1.0 + np.exp(-v))


@wrong("Bilinear", ("A", "left", "right"), "transposed")
def bilinear_with_its_matrix_turned():
    class Bilinear:
        def __init__(self, A):
            self.A = A

        def forward(self, left, right):
            self.left, self.right = left, right
            return np.einsum("ni,ij,nj->n", left, self.A, right)

        def backward(self, dout):
            self.dA = np.einsum("n,ni,nj->ji", dout, self.left, self.right)
            dleft = dout[:, None] * (self.right @ self.A.T)
            dright = dout[:, None] * (self.left @ self.A)
            return dleft, dright

    return Bilinear(normal(1, 3, 3)), (normal(2, 5, 3), normal(3, 5, 3)), {}


@wrong("Highway", ("W_gate", "b_gate", "x"), "sign")
def the_carry_gate_has_the_wrong_sign():
    class Highway:
        """g·tanh(x) + (1 − g)·x with g = σ(x W + b)."""

        def __init__(self, W_gate, b_gate):
            self.W_gate, self.b_gate = W_gate, b_gate

        def forward(self, x):
            self.x, self.h = x, np.tanh(x)
            self.g = logistic(x @ self.W_gate + self.b_gate)
            return self.g * self.h + (1 - self.g) * x

        def backward(self, dout):
            dg = dout * (self.x - self.h)
            da = dg * self.g * (1 - self.g)
            self.dW_gate, self.db_gate = self.x.T @ da, da.sum(axis=0)
            dx = dout * self.g * (1 - self.h**2) + dout * (1 - self.g)
            return dx - da @ self.W_gate.T

    return Highway(normal(4, 3, 3), normal(5, 3)), (normal(6, 5, 3),), {}


@wrong("CosineSimilarity", ("a", "b"), "dropped_use")
def the_norms_are_taken_for_constants():
    class CosineSimilarity:
        def forward(self, a, b):
            self.a, self.b = a, b
            self.na = np.linalg.norm(a, axis=1, keepdims=True)
            self.nb = np.linalg.norm(b, axis=1, keepdims=True)
            return np.sum(a * b, axis=1) / (self.na * self.nb)[:, 0]

        def backward(self, dout):
            scale = dout[:, None] / (self.na * self.nb)
            return scale * self.b, scale * self.a

    return CosineSimilarity(), (normal(7, 4, 3), normal(8, 4, 3)), {}


@wrong("LogSumExp", "x", "wrong_axis", "softmax_axis")
def the_weights_of_logsumexp_are_taken_over_the_rows():
    class LogSumExp:
        def forward(self, x):
            self.x = x
            m = x.max(axis=1, keepdims=True)
            return (m + np.log(np.exp(x - m).sum(axis=1, keepdims=True)))[:, 0]

        def backward(self, dout):
            e = np.exp(self.x - self.x.max())
            return dout[:, None] * e / e.sum(axis=0)

    return LogSumExp(), (normal(9, 4, 3),), {}


@wrong("GLU", "x", "swapped_inputs", "unknown")
def the_halves_of_the_gated_unit_are_exchanged():
    class GLU:
        def forward(self, x):
            self.a, self.b = np.split(x, 2, axis=1)
            self.s = logistic(self.b)
            return self.a * self.s

        def backward(self, dout):
            da = dout * self.s
            db = dout * self.a * self.s * (1 - self.s)
            return np.concatenate([db, da], axis=1)

    return GLU(), (normal(10, 4, 6),), {}


@wrong("Maxout", "x", "mask_reversed", "swapped_inputs", "unknown")
def maxout_sends_back_to_the_smaller():
    class Maxout:
        def forward(self, x):
            a, b = x[:, ::2], x[:, 1::2]
            self.first = a > b
            return np.where(self.first, a, b)

        def backward(self, dout):
            dx = np.empty((len(dout), 2 * dout.shape[1]))
            dx[:, ::2] = dout * ~self.first
            dx[:, 1::2] = dout * self.first
            return dx

    return Maxout(), (normal(11, 4, 6),), {}


@wrong("Cumsum", "x", "unknown", "transposed", "wrong_axis", "wrong_order")
def the_running_sum_runs_the_same_way_back():
    class Cumsum:
        def forward(self, x):
            return np.cumsum(x, axis=1)

        def backward(self, dout):
            return np.cumsum(dout, axis=1)

    return Cumsum(), (normal(12, 3, 5),), {}


@wrong("Roll", "x", "unknown", "wrong_order", "transposed")
def rolled_on_instead_of_back():
    class Roll:
        def forward(self, x):
            return np.roll(x, 1, axis=1)

        def backward(self, dout):
            return np.roll(dout, 1, axis=1)

    return Roll(), (normal(13, 3, 5),), {}


@wrong("Standardise", "x", "factor")
def ddof_of_one_forwards_and_none_back():
    class Standardise:
        """Divides by N − 1 in forward, as if by N in backward."""

        def forward(self, x):
            self.sum = np.sum(x, axis=0)
            self.n = len(x)
            return self.sum / (self.n - 1)

        def backward(self, dout):
            return np.tile(dout / self.n, (self.n, 1))

    return Standardise(), (normal(14, 6, 2),), {}


@wrong("Temperature", ("T", "x"), "missing", "dropped_use")
def the_temperature_is_a_parameter_and_gets_zero():
    class Temperature:
        def __init__(self, T):
            self.T = np.array([T])
            self.dT = np.zeros(1)

        def forward(self, x):
            self.x = x
            return x / self.T

        def backward(self, dout):
            return dout / self.T

    return Temperature(2.5), (normal(15, 4, 3),), {}


@wrong("LabelSmoothing", "logits", "factor", "dropped_use", "unknown", "local_derivative")
def smoothed_labels_only_in_the_loss():
    class LabelSmoothing:
        def __init__(self, eps):
            self.eps = eps

        def forward(self, logits, labels):
            z = logits - logits.max(axis=1, keepdims=True)
            logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
            self.p, self.hot = np.exp(logp), one_hot(labels, logits.shape[1])
            soft = (1 - self.eps) * self.hot + self.eps / logits.shape[1]
            return -np.sum(soft * logp) / len(logits)

        def backward(self, dout=1.0):
            return dout * (self.p - self.hot) / len(self.p)

    return LabelSmoothing(0.1), (normal(16, 5, 4), classes(17, 5, 4)), {}


@wrong("TripletLoss", ("anchor", "positive", "negative"), "sign", "swapped_inputs")
def the_triplet_pulls_the_negative():
    class TripletLoss:
        def forward(self, anchor, positive, negative):
            self.p, self.n = anchor - positive, anchor - negative
            margin = 1 + np.sum(self.p**2, axis=1) - np.sum(self.n**2, axis=1)
            self.on = (margin > 0).astype(float)[:, None]
            return np.sum(np.maximum(margin, 0))

        def backward(self, dout=1.0):
            danchor = 2 * dout * self.on * (self.p - self.n)
            dpositive = -2 * dout * self.on * self.p
            dnegative = -2 * dout * self.on * self.n
            return danchor, dpositive, dnegative

    return TripletLoss(), (normal(18, 6, 3), normal(19, 6, 3), normal(20, 6, 3)), {}


@wrong("KLDivergence", "mu", "batch_size")
def the_kl_term_is_averaged_and_its_gradient_summed():
    class KLDivergence:
        def forward(self, mu, log_var):
            self.mu, self.log_var = mu, log_var
            return -0.5 * np.sum(1 + log_var - mu**2 - np.exp(log_var)) / len(mu)

        def backward(self, dout=1.0):
            dmu = dout * self.mu
            dlog_var = dout * 0.5 * (np.exp(self.log_var) - 1) / len(self.mu)
            return dmu, dlog_var

    return KLDivergence(), (normal(21, 6, 3), normal(22, 6, 3)), {}


@wrong("Reparametrise", "log_var", "factor")
def a_half_is_lost_in_the_reparametrisation():
    class Reparametrise:
        def __init__(self, seed):
            self.rng = np.random.default_rng(seed)

        def forward(self, mu, log_var):
            self.std = np.exp(0.5 * log_var)
            self.eps = self.rng.standard_normal(mu.shape)
            return mu + self.std * self.eps

        def backward(self, dout):
            return dout, dout * self.eps * self.std

    return Reparametrise(23), (normal(24, 4, 3), normal(25, 4, 3)), {}


@wrong("Reparametrise", "log_var", "mask_new", "not_deterministic")
def the_noise_of_the_sample_is_drawn_anew():
    class Reparametrise:
        def __init__(self, seed):
            self.rng = np.random.default_rng(seed)

        def forward(self, mu, log_var):
            self.std = np.exp(0.5 * log_var)
            return mu + self.std * self.rng.standard_normal(mu.shape)

        def backward(self, dout):
            return dout, 0.5 * dout * self.std * self.rng.standard_normal(dout.shape)

    return Reparametrise(26), (normal(27, 4, 3), normal(28, 4, 3)), {}


@wrong("Jitter", None, "not_deterministic", "mask_new", "local_derivative", "factor")
def a_scale_from_the_clock():
    class Jitter:
        def forward(self, x):
            import time

            return x * (1 + 0.1 * np.sin(time.perf_counter_ns()))

        def backward(self, dout):
            return dout

    return Jitter(), (normal(29, 4, 3),), {}


@wrong("Subsample", None, "not_deterministic", "mask_new", "stale_state")
def every_other_call_sees_every_other_sample():
    class Subsample:
        """A generator of rows that goes on from call to call, in backward too."""

        def __init__(self):
            self.turn = 0

        def rows(self, x):
            self.turn += 1
            keep = np.zeros(len(x), dtype=bool)
            keep[self.turn % 3 :: 3] = True
            return keep[:, None]

        def forward(self, x):
            return x * self.rows(x)

        def backward(self, dout):
            return dout * self.rows(dout)

    return Subsample(), (normal(30, 7, 2),), {}


@wrong(("DenseBlock", "Pass (skip)"), None, "aliases_dout", "dout_overwritten", style="net")
def the_gradients_of_three_paths_are_collected_in_the_first():
    class Pass:
        def __call__(self, x):
            return x

        def backward(self, d):
            return d

    class Tanh:
        def __call__(self, x):
            self.y = np.tanh(x)
            return self.y

        def backward(self, d):
            return d * (1 - self.y**2)

    class DenseBlock:
        def __init__(self):
            self.skip, self.one, self.two = Pass(), Tanh(), Tanh()

        def __call__(self, x):
            return self.skip(x) + self.one(x) + self.two(2 * x)

        def backward(self, d):
            total = self.skip.backward(d)
            total += self.one.backward(d)
            total += 2 * self.two.backward(d)
            return total

    return DenseBlock(), (normal(31, 4, 3),), {}


@wrong("Pair", ("U", "V"), "swapped_inputs", "wrong_order", "unknown")
def the_gradients_of_two_square_layers_go_to_each_other():
    class Pair:
        """Two products in one layer."""

        def __init__(self, U, V):
            self.U, self.V = U, V

        def forward(self, x):
            self.x = x
            self.h = np.tanh(x @ self.U)
            return self.h @ self.V

        def backward(self, dout):
            dh = dout @ self.V.T * (1 - self.h**2)
            self.dV = self.x.T @ dh
            self.dU = self.h.T @ dout
            return dh @ self.U.T

    return Pair(normal(32, 3, 3), normal(33, 3, 3)), (normal(34, 5, 3),), {}


@wrong("Spectral", "W", "parameter_overwritten")
def clipped_weights_are_written_back():
    class SpectralDense:
        """Clips before each use, and forgets to do it in a copy."""

        def __init__(self, W):
            self.W = W

        def forward(self, x):
            self.x = x
            np.clip(self.W, -0.5, 0.5, out=self.W)
            return x @ self.W

        def backward(self, dout):
            self.dW = self.x.T @ dout
            return dout @ self.W.T

    return SpectralDense(normal(35, 4, 3)), (normal(36, 5, 4),), {}


@wrong("Whiten", "x", "input_overwritten")
def the_mean_is_taken_off_the_caller_s_array():
    class Whiten:
        def forward(self, x):
            x -= x.mean(axis=0)
            return x.copy()

        def backward(self, dout):
            return dout - dout.mean(axis=0)

    return Whiten(), (2 + normal(37, 5, 3),), {}


@wrong("Gated", "gamma", "dout_overwritten", "unknown")
def the_mask_is_put_on_dout_too_early():
    class Gated:
        def __init__(self, n):
            self.gamma = 1 + normal(38, n)
            self.beta = normal(39, n)

        def forward(self, x):
            self.x = x
            self.z = self.gamma * x
            self.on = x > 0
            return self.z * 2 * self.on + self.z + self.beta

        def backward(self, dout):
            self.dbeta = dout.sum(axis=0)
            dz = dout + 2 * dout * self.on
            dout[~self.on] = 0
            self.dgamma = np.sum((dout + 2 * dout * self.on) * self.x, axis=0)
            return dz * self.gamma

    return Gated(4), (normal(40, 6, 4),), {}


@wrong("Affine", "b", "misspelt", "missing")
def d_bias_for_db():
    class Affine:
        def __init__(self, W, b):
            self.W, self.b = W, b
            self.dW, self.db = np.zeros_like(W), np.zeros_like(b)

        def forward(self, x):
            self.x = x
            return x @ self.W + self.b

        def backward(self, dout):
            self.dW = self.x.T @ dout
            self.dB = dout.sum(axis=0)
            return dout @ self.W.T

    return Affine(normal(41, 4, 3), normal(42, 3)), (normal(43, 5, 4),), {}


@wrong("Tanh", None, "misspelt", "missing", "raised")
def bakward():
    class Tanh:
        def __call__(self, x):
            self.y = np.tanh(x)
            return self.y

        def bakward(self, d):
            return d * (1 - self.y**2)

    return Tanh(), (normal(44, 4, 3),), {}


@wrong("Sparse", "x", "wrong_dtype")
def single_bytes_come_back():
    class SparseRelu:
        def forward(self, x):
            self.on = (x > 0).astype(np.int8)
            return x * self.on

        def backward(self, dout):
            return np.asarray(dout * self.on, dtype=np.float16)

    return SparseRelu(), (normal(45, 4, 3),), {}


@wrong("Average", "x", "integer_arithmetic", "missing")
def one_over_n_the_integer_way():
    class Average:
        def forward(self, x):
            self.n = x.shape[1]
            return x.sum(axis=1) / self.n

        def backward(self, dout):
            return np.repeat((dout * (1 // self.n))[:, None], self.n, axis=1)

    return Average(), (normal(46, 4, 3),), {}


@wrong("PoissonLoss", ("log_rate", "x"), "label_broadcast")
def counts_as_a_column():
    class PoissonLoss:
        def forward(self, log_rate, counts):
            self.log_rate, self.counts = log_rate, counts
            return np.mean(np.exp(log_rate) - counts * log_rate)

        def backward(self, dout=1.0):
            flat = self.counts.ravel()
            return dout * (np.exp(self.log_rate) - flat) / len(flat)

    return PoissonLoss(), (normal(47, 5), np.array([[1], [0], [3], [2], [5]])), {}


@wrong("Root", "x", "overflow")
def zero_over_zero_at_the_bottom_of_a_curve():
    class Root:
        """|x|^1.5 has the slope 0 at 0; written like this it is 0/0."""

        def forward(self, x):
            self.x = x
            return np.abs(x) ** 1.5

        def backward(self, dout):
            return dout * 1.5 * np.abs(self.x) ** 2.5 / self.x / np.abs(self.x)

    return Root(), (np.array([[4.0, 0.0, -1.0]]),), {}


@wrong("BatchNorm2d", ("gamma", "beta"), "wrong_axis", "wrong_shape")
def batch_norm_of_images_sums_only_over_the_batch():
    class BatchNorm2d:
        def __init__(self, c):
            self.gamma, self.beta = 1 + normal(48, 1, c, 1, 1), normal(49, 1, c, 1, 1)

        def forward(self, x):
            axes = (0, 2, 3)
            self.std = np.sqrt(x.var(axis=axes, keepdims=True) + 1e-5)
            self.xhat = (x - x.mean(axis=axes, keepdims=True)) / self.std
            return self.gamma * self.xhat + self.beta

        def backward(self, dout):
            axes = (0, 2, 3)
            self.dgamma = np.sum(dout * self.xhat, axis=axes, keepdims=True)
            self.dbeta = dout.sum(axis=(0, 1, 3), keepdims=True)
            d = dout * self.gamma
            mean = d.mean(axis=axes, keepdims=True)
            other = (d * self.xhat).mean(axis=axes, keepdims=True)
            return (d - mean - self.xhat * other) / self.std

    return BatchNorm2d(3), (normal(50, 2, 3, 3, 3),), {}


@wrong("part3", ("W",), "factor", style="net")
def only_the_fourth_of_five_has_a_factor():
    class Scaled:
        """Learning rates by layer, built into the layer."""

        def __init__(self, W, gain=1.0):
            self.W, self.gain = W, gain

        def __call__(self, x):
            self.x = x
            self.y = np.tanh(x @ self.W)
            return self.y

        def backward(self, d):
            a = d * (1 - self.y**2)
            self.grad_W = self.gain * (self.x.T @ a)
            return a @ self.W.T

    class Stack:
        def __init__(self, n):
            gains = (1.0, 1.0, 1.0, 1.001, 1.0)
            self.parts = {f"part{i}": Scaled(normal(51 + i, n, n), g) for i, g in enumerate(gains)}

        def __call__(self, x):
            for part in self.parts.values():
                x = part(x)
            return x

        def backward(self, d):
            for part in reversed(self.parts.values()):
                d = part.backward(d)
            return d

    return Stack(4), (normal(56, 5, 4),), {}


@wrong(("Siamese", "Encoder"), None, "stale_state", "dropped_use", "backward_twice", style="net")
def one_encoder_for_two_inputs_keeps_one():
    class Encoder:
        def __init__(self, W):
            self.W = W

        def forward(self, x):
            self.x = x
            return x @ self.W

        def backward(self, dout):
            self.dW = self.x.T @ dout
            return dout @ self.W.T

    class Siamese:
        def __init__(self):
            self.encoder = Encoder(normal(57, 4, 3))

        def forward(self, a, b):
            return self.encoder.forward(a) - self.encoder.forward(b)

        def backward(self, dout):
            da = self.encoder.backward(dout)
            db = self.encoder.backward(-dout)
            return da, db

    return Siamese(), (normal(58, 5, 4), normal(59, 5, 4)), {}


@wrong(
    "Net", ("W2", "b2"), "wrong_order", "unknown", "local_derivative", "dropped_use", style="net"
)
def the_second_layer_s_gradient_is_taken_after_the_activation():
    class Net:
        def __init__(self):
            self.params = {
                "W1": normal(60, 4, 5) / 2,
                "W2": normal(61, 5, 3) / 2,
                "b2": np.zeros(3),
            }

        def forward(self, x):
            self.h = np.maximum(0, x @ self.params["W1"])
            self.y = logistic(self.h @ self.params["W2"] + self.params["b2"])
            return self.y

        def loss(self, x, t):
            return 0.5 * np.sum((self.forward(x) - t) ** 2)

        def gradient(self, x, t):
            self.forward(x)
            d = self.y - t
            da = d * self.y * (1 - self.y)
            dh = da @ self.params["W2"].T * (self.h > 0)
            return {"W1": x.T @ dh, "W2": self.h.T @ d, "b2": d.sum(axis=0)}

    return Net(), (normal(62, 6, 4), logistic(normal(63, 6, 3))), {}


# Healthy


@right()
def a_gated_unit_in_halves():
    class GLU:
        def forward(self, x):
            self.a, b = np.split(x, 2, axis=1)
            self.s = logistic(b)
            return self.a * self.s

        def backward(self, dout):
            return np.hstack([dout * self.s, dout * self.a * self.s * (1 - self.s)])

    return GLU(), (normal(101, 4, 6),), {}


@right()
def a_sample_with_a_generator_of_its_own():
    class Reparametrise:
        def __init__(self, seed):
            self.rng = np.random.default_rng(seed)

        def forward(self, mu, log_var):
            self.std = np.exp(0.5 * log_var)
            self.eps = self.rng.standard_normal(mu.shape)
            return mu + self.std * self.eps

        def backward(self, dout):
            return dout, 0.5 * dout * self.eps * self.std

    return Reparametrise(102), (normal(103, 4, 3), normal(104, 4, 3)), {}


@right()
def a_sorted_row_with_ties():
    class Sort:
        def forward(self, x):
            self.order = np.argsort(x, axis=1, kind="stable")
            return np.take_along_axis(x, self.order, axis=1)

        def backward(self, dout):
            dx = np.empty_like(dout)
            np.put_along_axis(dx, self.order, dout, axis=1)
            return dx

    return Sort(), (np.array([[3.0, 1.0, 1.0], [0.0, 5.0, -1.0]]),), {}


@right()
def a_running_sum():
    class Cumsum:
        def forward(self, x):
            return np.cumsum(x, axis=1)

        def backward(self, dout):
            return np.cumsum(dout[:, ::-1], axis=1)[:, ::-1]

    return Cumsum(), (normal(105, 3, 5),), {}


@right()
def a_temperature_that_is_a_number():
    class Temperature:
        """A setting, and no parameter."""

        def __init__(self, T=2.5):
            self.T = T

        def forward(self, x):
            return x / self.T

        def backward(self, dout):
            return dout / self.T

    return Temperature(), (normal(106, 4, 3),), {}


@right()
def clipping_weights_in_a_copy():
    class ClippedDense:
        def __init__(self, W):
            self.W = W

        def forward(self, x):
            self.x = x
            self.inside = np.abs(self.W) < 0.5
            self.clipped = np.clip(self.W, -0.5, 0.5)
            return x @ self.clipped

        def backward(self, dout):
            self.dW = (self.x.T @ dout) * self.inside
            return dout @ self.clipped.T

    return ClippedDense(normal(107, 4, 3)), (normal(108, 5, 4),), {}


@right()
def frozen_weights_without_a_gradient():
    class RandomFeatures:
        """The projection is not learnt."""

        def __init__(self, seed, n, m):
            self.projection = normal(seed, n, m)

        def forward(self, x):
            self.z = x @ self.projection
            return np.cos(self.z)

        def backward(self, dout):
            return (-np.sin(self.z) * dout) @ self.projection.T

    return RandomFeatures(109, 3, 6), (normal(110, 4, 3),), {}


@right(style="net")
def one_encoder_for_two_inputs_and_both_are_kept():
    class Encoder:
        def __init__(self, W):
            self.W = W
            self.dW = np.zeros_like(W)

        def forward(self, x):
            return x @ self.W

        def backward(self, dout, x):
            self.dW = self.dW + x.T @ dout
            return dout @ self.W.T

    class Siamese:
        def __init__(self):
            self.encoder = Encoder(normal(111, 4, 3))

        def forward(self, a, b):
            self.a, self.b = a, b
            return self.encoder.forward(a) - self.encoder.forward(b)

        def backward(self, dout):
            self.encoder.dW = np.zeros_like(self.encoder.W)
            da = self.encoder.backward(dout, self.a)
            return da, self.encoder.backward(-dout, self.b)

    return Siamese(), (normal(112, 5, 4), normal(113, 5, 4)), {}


@right()
def gradients_of_very_different_sizes():
    class Stretch:
        def __init__(self):
            self.scale = np.array([1e-7, 1.0, 1e7])
            self.dscale = None

        def forward(self, x):
            self.x = x
            return self.scale * x

        def backward(self, dout):
            self.dscale = (dout * self.x).sum(axis=0)
            return dout * self.scale

    return Stretch(), (normal(114, 4, 3),), {}


@right()
def a_tensor_of_no_elements():
    class Scale:
        def __init__(self):
            self.k = np.ones(3)

        def forward(self, x):
            self.x = x
            return np.concatenate([x * self.k, np.zeros((0, 3))])

        def backward(self, dout):
            self.dk = np.sum(dout * self.x, axis=0)
            return dout * self.k

    return Scale(), (normal(115, 4, 3),), {}


CASES = family.cases
