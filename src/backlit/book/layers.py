"""The chapter's layers: ``forward``, and ``backward(dout)``.

Each forward makes a new op of this library and each backward is that op's, so nothing that is
passed in is ever written into, and what comes out is the caller's own.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backlit import ops
from backlit.book.call import Call, own
from backlit.errors import GraphError, ShapeError, ValueRefusedError
from backlit.tensor import Tensor, tensor

__all__ = [
    "AddLayer",
    "Affine",
    "BatchNormalization",
    "Dropout",
    "MulLayer",
    "Relu",
    "Sigmoid",
    "SoftmaxWithLoss",
]

Array: TypeAlias = NDArray[Any]


class MulLayer:
    """A product of two.

    Examples
    --------
    >>> layer = MulLayer()
    >>> layer.forward(5, 10)
    50
    >>> layer.backward(1.3)
    (13.0, 6.5)
    """

    def __init__(self) -> None:
        self.x: Any = None
        self.y: Any = None
        self._call = Call("MulLayer")

    def forward(self, x: Any, y: Any) -> Any:
        """Return ``x * y``, for numbers or arrays of one shape."""
        self.x, self.y = own(x), own(y)
        return self._call.forward(ops.Multiply(), self.x, self.y)

    def backward(self, dout: Any) -> tuple[Any, Any]:
        """Return the gradients of ``x`` and ``y``."""
        dx, dy = self._call.backward(dout)
        return dx, dy


class AddLayer:
    """A sum of two.

    Examples
    --------
    >>> layer = AddLayer()
    >>> layer.forward(10, 5)
    15
    >>> layer.backward(1.3)
    (1.3, 1.3)
    """

    def __init__(self) -> None:
        self._call = Call("AddLayer")

    def forward(self, x: Any, y: Any) -> Any:
        """Return ``x + y``, for numbers or arrays of one shape."""
        return self._call.forward(ops.Add(), x, y)

    def backward(self, dout: Any) -> tuple[Any, Any]:
        """Return the gradients of ``x`` and ``y``."""
        dx, dy = self._call.backward(dout)
        return dx, dy


class Relu:
    """The rectifier, for arrays of any shape.

    Attributes
    ----------
    mask : ndarray
        Where the last input was 0 or below, and nothing comes through.

    Examples
    --------
    >>> layer = Relu()
    >>> layer.forward([[1.0, -0.5], [-2.0, 3.0]])
    array([[1., 0.],
           [0., 3.]])
    >>> layer.mask
    array([[False,  True],
           [ True, False]])
    """

    def __init__(self) -> None:
        self.mask: Any = None
        self._call = Call("Relu")

    def forward(self, x: ArrayLike) -> Array:
        """Return ``max(x, 0)``."""
        x = np.array(x)
        out: Array = self._call.forward(ops.Relu(), x)
        self.mask = x <= 0
        return out

    def backward(self, dout: Any) -> Array:
        """Return the gradient of ``x``: that of the output, but 0 under the mask."""
        (dx,) = self._call.backward(dout)
        return dx  # type: ignore[no-any-return]


class Sigmoid:
    """The logistic function, for arrays of any shape.

    Attributes
    ----------
    out : ndarray
        The last output.

    Examples
    --------
    >>> layer = Sigmoid()
    >>> layer.forward([0.0, -1000.0])
    array([0.5, 0. ])
    >>> layer.backward(np.array([1.0, 1.0]))
    array([0.25, 0.  ])
    """

    def __init__(self) -> None:
        self.out: Any = None
        self._call = Call("Sigmoid")

    def forward(self, x: ArrayLike) -> Array:
        """Return ``1 / (1 + exp(-x))``."""
        self.out = self._call.forward(ops.Sigmoid(), np.asarray(x))
        return own(self.out)  # type: ignore[no-any-return]

    def backward(self, dout: Any) -> Array:
        """Return the gradient of ``x``."""
        (dx,) = self._call.backward(dout)
        return dx  # type: ignore[no-any-return]


class Affine:
    """The affine map ``x @ W + b``.

    Parameters
    ----------
    W
        ``(D, M)``. The array itself is held, so ``W -= ...`` outside is seen here.
    b
        ``(M,)``, held too.

    Attributes
    ----------
    x : ndarray
        The last input, as rows.
    dW, db : ndarray
        The gradients that the last backward left.

    Examples
    --------
    >>> layer = Affine(np.eye(3)[:2], np.zeros(3))
    >>> layer.forward([[1.0, 2.0], [3.0, 4.0]])
    array([[1., 2., 0.],
           [3., 4., 0.]])
    >>> layer.backward(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
    array([[1., 2.],
           [4., 5.]])
    >>> layer.db
    array([5., 7., 9.])
    """

    def __init__(self, W: ArrayLike, b: ArrayLike) -> None:
        self.W, self.b = np.asarray(W), np.asarray(b)
        self.x: Any = None
        self.dW: Any = None
        self.db: Any = None
        self.original_x_shape: tuple[int, ...] | None = None
        self._call = Call("Affine")

    def forward(self, x: ArrayLike) -> Array:
        """Return ``x @ W + b``.

        Parameters
        ----------
        x
            ``(N, D)``, or one sample ``(D,)``, or ``(N, ...)`` with D numbers to a sample, such
            as images ``(N, C, H, W)``.

        Raises
        ------
        ShapeError
            If the shapes do not fit.
        """
        x = np.array(x)
        rows = x.reshape(x.shape[0], -1) if x.ndim > 2 and x.size else x
        out: Array = self._call.forward(ops.Affine(), rows, self.W, self.b)
        self.x, self.original_x_shape = rows, x.shape
        return out

    def backward(self, dout: Any) -> Array:
        """Return the gradient of ``x``, of its shape; leave those of ``W`` and ``b`` behind."""
        dx, self.dW, self.db = self._call.backward(dout)
        return dx.reshape(self.original_x_shape)  # type: ignore[no-any-return]


class SoftmaxWithLoss:
    """Softmax and cross entropy, averaged over the batch.

    Attributes
    ----------
    y : ndarray
        The softmax of the last input.
    t : ndarray
        The labels.
    loss : float
        The last output.

    Examples
    --------
    >>> layer = SoftmaxWithLoss()
    >>> round(float(layer.forward(np.log([0.25, 0.25, 0.5]), [0, 1, 0])), 4)
    1.3863
    >>> layer.backward().round(4)
    array([ 0.25, -0.75,  0.5 ])
    """

    def __init__(self) -> None:
        self.loss: Any = None
        self.y: Any = None
        self.t: Any = None
        self._call = Call("SoftmaxWithLoss")

    def forward(self, x: ArrayLike, t: ArrayLike) -> Any:
        """Return the loss, in nats.

        Parameters
        ----------
        x
            Scores, ``(N, C)``, or ``(C,)`` for one sample.
        t
            Labels as class numbers, ``(N,)``, or as one-hot rows of the shape of ``x``.

        Raises
        ------
        ShapeError
            If the labels have neither shape.
        ValueRefusedError
            If a class number has no column, or a row does not sum to 1.
        TypeRefusedError
            If class numbers are not integers.
        """
        x, t = np.asarray(x), np.array(t)
        for shape in (x.shape, x.shape[:-1]):
            if t.size == np.prod(shape, dtype=int):
                t = t.reshape(shape)
                break
        op = ops.SoftmaxCrossEntropy()
        self.loss = self._call.forward(op, x, t)
        self.y, self.t = own(op.y), t
        return self.loss

    def backward(self, dout: Any = 1) -> Array:
        """Return the gradient of ``x``, ``dout * (y - t) / N``."""
        (dx,) = self._call.backward(dout)
        return dx  # type: ignore[no-any-return]


class Dropout:
    """Sets elements to 0 at random while training; else scales all by the share that stays.

    Parameters
    ----------
    dropout_ratio
        The probability of 0, at least 0 and at most 1.
    rng
        Draws the masks; NumPy's global state if left out.

    Attributes
    ----------
    mask : ndarray of bool
        What stayed in the last forward of training.

    Raises
    ------
    ValueRefusedError
        If ``dropout_ratio`` lies outside its range.

    References
    ----------
    N. Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting",
    JMLR 15 (2014), section 4.

    Examples
    --------
    >>> layer = Dropout(0.5, rng=np.random.default_rng(0))
    >>> layer.forward(np.ones(4))
    array([1., 0., 0., 0.])
    >>> layer.forward(np.ones(4), train_flg=False)
    array([0.5, 0.5, 0.5, 0.5])
    """

    def __init__(
        self, dropout_ratio: float = 0.5, *, rng: np.random.Generator | None = None
    ) -> None:
        if not 0 <= dropout_ratio <= 1:
            raise ValueRefusedError(
                f"Dropout: dropout_ratio is {dropout_ratio}, but must lie between 0 and 1."
            )
        self.dropout_ratio = dropout_ratio
        self.mask: Any = None
        self._rng: Any = np.random if rng is None else rng
        self._call = Call("Dropout")

    def forward(self, x: ArrayLike, train_flg: bool = True) -> Array:
        """Return ``x * mask`` while training, else ``x * (1 - dropout_ratio)``."""
        x = np.asarray(x)
        factor: Any = 1.0 - self.dropout_ratio
        if train_flg:
            factor = self.mask = self._rng.random(x.shape) > self.dropout_ratio
        return self._call.forward(ops.Multiply(), x, own(factor))  # type: ignore[no-any-return]

    def backward(self, dout: Any) -> Array:
        """Return the gradient of ``x``."""
        dx, _ = self._call.backward(dout)
        return dx  # type: ignore[no-any-return]


class BatchNormalization:
    """Gives each feature mean 0 and variance 1 over the batch, then the scale and shift it learns.

    Parameters
    ----------
    gamma, beta
        Scale and shift, ``(D,)`` or one number each. Arrays are held, not copied.
    momentum
        What share of the running statistics stays at each forward.
    running_mean, running_var
        Statistics to start from, ``(D,)``; zeros if left out.

    Attributes
    ----------
    dgamma, dbeta : ndarray
        The gradients that the last backward left.

    References
    ----------
    S. Ioffe and C. Szegedy, "Batch Normalization", arXiv:1502.03167, algorithms 1 and 2.

    Examples
    --------
    >>> layer = BatchNormalization(1.0, 0.0)
    >>> layer.forward([[1.0], [3.0]]).round(3)
    array([[-1.],
           [ 1.]])
    >>> layer.running_mean
    array([0.2])
    """

    def __init__(
        self,
        gamma: Any,
        beta: Any,
        momentum: float = 0.9,
        running_mean: Array | None = None,
        running_var: Array | None = None,
    ) -> None:
        self.gamma, self.beta, self.momentum = gamma, beta, momentum
        self.running_mean, self.running_var = running_mean, running_var
        self.dgamma: Any = None
        self.dbeta: Any = None
        self._last: tuple[Tensor, Tensor, Tensor, Tensor] | None = None

    def forward(self, x: ArrayLike, train_flg: bool = True) -> Array:
        """Normalise by the batch while training, else by the running statistics.

        Parameters
        ----------
        x
            ``(N, D)``, or ``(N, C, H, W)``, of which every pixel is a feature.

        Raises
        ------
        ShapeError
            If ``x`` has fewer than two axes.
        """
        x = np.asarray(x)
        if x.ndim < 2:
            raise ShapeError(
                f"BatchNormalization: x has shape {x.shape}, but must be a batch, (N, D)."
            )
        leaf, gamma, beta = tensor(x), tensor(self.gamma), tensor(self.beta)
        rows = leaf.reshape(len(x), -1)
        features = rows.shape[1]
        if self.running_mean is None or self.running_var is None:
            self.running_mean, self.running_var = np.zeros(features), np.zeros(features)
        mean: Any = self.running_mean
        variance: Any = self.running_var
        if train_flg:
            mean, variance = rows.mean(axis=0), rows.var(axis=0)
            stays, comes = self.momentum, 1 - self.momentum
            self.running_mean = stays * self.running_mean + comes * mean.data
            self.running_var = stays * self.running_var + comes * variance.data
        out = gamma * ((rows - mean) / np.sqrt(variance + 1e-6)) + beta
        out = out.reshape(x.shape)
        self._last = leaf, gamma, beta, out
        return own(out.data)  # type: ignore[no-any-return]

    def backward(self, dout: Any) -> Array:
        """Return the gradient of ``x``; leave those of ``gamma`` and ``beta`` behind.

        Raises
        ------
        GraphError
            If there was no forward.
        """
        if self._last is None:
            raise GraphError("BatchNormalization.backward(dout): call forward first.")
        x, gamma, beta, out = self._last
        out.backward(dout)
        self.dgamma, self.dbeta = gamma.grad, beta.grad
        assert x.grad is not None
        return x.grad
