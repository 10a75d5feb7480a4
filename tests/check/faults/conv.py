"""Convolutions, small and slow, and what they lose on the way back."""

import numpy as np
from check.faults.case import Family, normal

family = Family("conv")
wrong, right = family.wrong, family.right


class Conv2d:
    """Loops over the kernel; stride 1, no padding."""

    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        f, _, kh, kw = self.W.shape
        n, _, h, w = x.shape
        self.size = h - kh + 1, w - kw + 1
        out = np.zeros((n, f, *self.size)) + self.b[None, :, None, None]
        for i in range(kh):
            for j in range(kw):
                out += np.einsum("nchw,fc->nfhw", self.patch(x, i, j), self.W[:, :, i, j])
        return out

    def patch(self, x, i, j):
        h, w = self.size
        return x[:, :, i : i + h, j : j + w]

    def backward(self, dout):
        self.db = dout.sum(axis=(0, 2, 3))
        self.dW = np.zeros_like(self.W)
        dx = np.zeros_like(self.x)
        for i in range(self.W.shape[2]):
            for j in range(self.W.shape[3]):
                self.dW[:, :, i, j] = np.einsum("nfhw,nchw->fc", dout, self.patch(self.x, i, j))
                self.patch(dx, i, j)[...] += np.einsum("nfhw,fc->nchw", dout, self.W[:, :, i, j])
        return dx


class Conv1d:
    """(N, C, T) by explicit windows."""

    def __init__(self, W, b, stride=1):
        self.params, self.stride = [W, b], stride
        self.grads = [np.zeros_like(W), np.zeros_like(b)]

    def forward(self, x):
        W, b = self.params
        k, s = W.shape[2], self.stride
        self.x = x
        steps = (x.shape[2] - k) // s + 1
        windows = [x[:, :, s * i : s * i + k] for i in range(steps)]
        self.windows = np.stack(windows, axis=2)
        return np.einsum("nctk,fck->nft", self.windows, W) + b[:, None]

    def backward(self, dout):
        W, _ = self.params
        k, s = W.shape[2], self.stride
        self.grads[0][...] = np.einsum("nft,nctk->fck", dout, self.windows)
        self.grads[1][...] = dout.sum(axis=(0, 2))
        dx = np.zeros_like(self.x)
        for i in range(dout.shape[2]):
            dx[:, :, s * i : s * i + k] += np.einsum("nf,fck->nck", dout[:, :, i], W)
        return dx


@wrong("Conv1d", "x", "dropped_use", "unknown", "element")
def overlapping_windows_overwrite_each_other():
    class MyConv1d(Conv1d):
        def backward(self, dout):
            super().backward(dout)
            W, _ = self.params
            k, s = W.shape[2], self.stride
            dx = np.zeros_like(self.x)
            for i in range(dout.shape[2]):
                dx[:, :, s * i : s * i + k] = np.einsum("nf,fck->nck", dout[:, :, i], W)
            return dx

    return MyConv1d(normal(1, 2, 3, 3), normal(2, 2)), (normal(3, 2, 3, 7),), {}


@wrong("Convolution", "b", "wrong_axis")
def the_bias_gradient_keeps_the_width():
    class Convolution(Conv2d):
        """As many filters as columns, so that nothing complains."""

        def backward(self, dout):
            dx = super().backward(dout)
            self.db = dout.sum(axis=(0, 1, 2))
            return dx

    return Convolution(normal(4, 3, 2, 2, 2), normal(5, 3)), (normal(6, 2, 2, 5, 4),), {}


@wrong("Conv", "b", "mean_for_sum", "factor")
def the_bias_gradient_is_a_mean_over_the_pixels():
    class Conv(Conv2d):
        def backward(self, dout):
            dx = super().backward(dout)
            self.db = dout.mean(axis=(2, 3)).sum(axis=0)
            return dx

    return Conv(normal(7, 2, 1, 3, 3), normal(8, 2)), (normal(9, 5, 1, 5, 6),), {}


@wrong("Conv2D", ("W", "kernel"), "transposed", "unknown", "wrong_axis", "element")
def the_kernel_s_gradient_is_turned_over():
    class Conv2D(Conv2d):
        def backward(self, dout):
            dx = super().backward(dout)
            self.dW = self.dW.transpose(0, 1, 3, 2)
            return dx

    return Conv2D(normal(10, 2, 2, 3, 3), normal(11, 2)), (normal(12, 2, 2, 5, 5),), {}


@wrong("Conv", "x", "unknown", "transposed", "element", "sign")
def the_kernel_is_not_flipped_on_the_way_back():
    class Conv:
        """One channel, 'same' size; backward correlates where it should convolve."""

        def __init__(self, kernel):
            self.kernel = kernel

        def correlate(self, x, kernel):
            r = kernel.shape[0] // 2
            padded = np.pad(x, ((0, 0), (r, r), (r, r)))
            h, w = x.shape[1:]
            out = np.zeros_like(x)
            for i in range(kernel.shape[0]):
                for j in range(kernel.shape[1]):
                    out += kernel[i, j] * padded[:, i : i + h, j : j + w]
            return out

        def forward(self, x):
            return self.correlate(x, self.kernel)

        def backward(self, dout):
            return self.correlate(dout, self.kernel)

    return Conv(normal(13, 3, 3)), (normal(14, 2, 5, 5),), {}


@wrong("Pad", "x", "element", "missing", "unknown", "wrong_shape")
def the_padding_is_cut_off_by_one_too_many():
    class Pad:
        """The last row and column are zero in what is returned."""

        def __init__(self, p):
            self.p = p

        def forward(self, x):
            return np.pad(x, ((0, 0), (self.p, self.p), (self.p, self.p)))

        def backward(self, dout):
            p = self.p
            n, h, w = dout.shape
            dx = np.zeros((n, h - 2 * p, w - 2 * p))
            dx[:, :-1, :-1] = dout[:, p : -p - 1, p : -p - 1]
            return dx

    return Pad(1), (normal(15, 2, 4, 4),), {}


@wrong("Upsample", "x", "dropped_use", "unknown", "element")
def upsampling_takes_one_pixel_of_four():
    class Upsample:
        def forward(self, x):
            return x.repeat(2, axis=1).repeat(2, axis=2)

        def backward(self, dout):
            return dout[:, ::2, ::2]

    return Upsample(), (normal(16, 2, 3, 3),), {}


# Healthy


@right()
def a_convolution():
    return Conv2d(normal(51, 2, 3, 2, 2), normal(52, 2)), (normal(53, 2, 3, 4, 5),), {}


@right()
def a_strided_convolution_that_leaves_a_pixel_out():
    return Conv1d(normal(54, 2, 3, 3), normal(55, 2), stride=2), (normal(56, 2, 3, 8),), {}


@right()
def by_im2col():
    class Convolution:
        def __init__(self, W, b):
            self.W, self.b = W, b
            self.x = self.col = self.dW = self.db = None

        def forward(self, x):
            n, _, h, w = x.shape
            k = self.W.shape[2]
            oh, ow = h - k + 1, w - k + 1
            windows = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(2, 3))
            self.col = windows.transpose(0, 2, 3, 1, 4, 5).reshape(n * oh * ow, -1)
            self.x, self.out_size = x, (oh, ow)
            out = self.col @ self.W.reshape(len(self.W), -1).T + self.b
            return out.reshape(n, oh, ow, -1).transpose(0, 3, 1, 2)

        def backward(self, dout):
            f, c, k, _ = self.W.shape
            oh, ow = self.out_size
            d = dout.transpose(0, 2, 3, 1).reshape(-1, f)
            self.db = d.sum(axis=0)
            self.dW = (d.T @ self.col).reshape(self.W.shape)
            dcol = (d @ self.W.reshape(f, -1)).reshape(len(dout), oh, ow, c, k, k)
            dx = np.zeros(self.x.shape, dtype=dout.dtype)
            for i in range(k):
                for j in range(k):
                    dx[:, :, i : i + oh, j : j + ow] += dcol[..., i, j].transpose(0, 3, 1, 2)
            return dx

    return Convolution(normal(57, 3, 2, 3, 3), normal(58, 3)), (normal(59, 2, 2, 5, 5),), {}


CASES = family.cases
