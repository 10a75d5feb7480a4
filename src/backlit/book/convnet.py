"""The book's convolutional net."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.book.convolution import Convolution, Pooling
from backlit.book.gradient import numerical_gradient
from backlit.book.layers import Affine, Relu, SoftmaxWithLoss
from backlit.data.atomic import write_atomically
from backlit.errors import DataError, ShapeError, TypeRefusedError, ValueRefusedError
from backlit.ops.windows import lengths_out

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[Any]

__all__ = ["SimpleConvNet"]

_CONV = {"filter_num": 30, "filter_size": 5, "pad": 0, "stride": 1}
_LAYERS = {"1": "Conv1", "2": "Affine1", "3": "Affine2"}
"""Which layer holds the parameters of each number."""


class SimpleConvNet:
    """Convolution, ReLU, pooling; affine, ReLU, affine; and softmax with loss.

    Parameters
    ----------
    input_dim
        Channels, height and width of the images.
    conv_param
        ``filter_num``, ``filter_size``, ``pad`` and ``stride`` of the convolution.
    hidden_size, output_size
        How many numbers lie between the affine layers, and come out.
    weight_init_std
        The standard deviation of the initial weights.
    rng
        Draws them; NumPy's global state if left out, so that ``np.random.seed`` decides.

    Attributes
    ----------
    params : dict
        ``W1``, ``b1`` of the convolution; ``W2``, ``b2`` and ``W3``, ``b3`` of the affine layers.
        Write into the arrays or put others in their place; the layers use what is here.
    layers : OrderedDict
        ``Conv1``, ``Relu1``, ``Pool1``, ``Affine1``, ``Relu2``, ``Affine2``.
    last_layer : SoftmaxWithLoss
        The loss.

    Raises
    ------
    ValueRefusedError
        If ``conv_param`` lacks an entry, or a size is out of range.
    TypeRefusedError
        If a size is not a whole number.
    ShapeError
        If ``input_dim`` has not three entries, the filters are larger than the padded images, or
        nothing is left to pool.

    Examples
    --------
    >>> small = {"filter_num": 2, "filter_size": 3, "pad": 1, "stride": 1}
    >>> net = SimpleConvNet((1, 4, 4), small, 5, 3, rng=np.random.default_rng(0))
    >>> x, t = np.ones((6, 1, 4, 4)), np.arange(6) % 3
    >>> net.predict(x).shape
    (6, 3)
    >>> {name: grad.shape for name, grad in net.gradient(x, t).items() if "W" in name}
    {'W1': (2, 1, 3, 3), 'W2': (8, 5), 'W3': (5, 3)}
    """

    def __init__(
        self,
        input_dim: tuple[int, int, int] = (1, 28, 28),
        conv_param: Mapping[str, int] = _CONV,
        hidden_size: int = 100,
        output_size: int = 10,
        weight_init_std: float = 0.01,
        *,
        rng: np.random.Generator | None = None,
    ) -> None:
        missing = [name for name in _CONV if name not in conv_param]
        if missing:
            raise ValueRefusedError(
                f"SimpleConvNet: conv_param lacks {', '.join(missing)}; it needs "
                f"{', '.join(_CONV)}."
            )
        if np.shape(input_dim) != (3,):
            raise ShapeError(
                f"SimpleConvNet: input_dim is {input_dim!r}, but must be the channels, the height "
                "and the width of an image, like (1, 28, 28)."
            )
        given = {"hidden_size": hidden_size, "output_size": output_size, **conv_param}
        for name in (*_CONV, "hidden_size", "output_size"):
            _refuse_size(name, given[name])
        filters, size, pad, stride = (conv_param[name] for name in _CONV)
        channels, *image = input_dim
        conv = lengths_out(
            tuple(n + 2 * pad for n in image), (size, size), (stride, stride), (1, 1)
        )
        pooled = lengths_out(conv, (2, 2), (2, 2), (1, 1))
        if min(pooled) < 1:
            raise ShapeError(
                f"SimpleConvNet: images of {tuple(image)} give {conv} after a convolution with "
                f"conv_param={dict(conv_param)}, which leaves nothing to pool by 2 × 2."
            )
        normal: Callable[..., Any] = (
            np.random.standard_normal if rng is None else rng.standard_normal
        )
        shapes = {
            "1": (filters, channels, size, size),
            "2": (filters * pooled[0] * pooled[1], hidden_size),
            "3": (hidden_size, output_size),
        }
        self.params: dict[str, Array] = {}
        for number, shape in shapes.items():
            self.params[f"W{number}"] = weight_init_std * normal(shape)
            self.params[f"b{number}"] = np.zeros(shape[0] if number == "1" else shape[1])
        p = self.params
        self.layers: OrderedDict[str, Any] = OrderedDict(
            Conv1=Convolution(p["W1"], p["b1"], stride, pad),
            Relu1=Relu(),
            Pool1=Pooling(2, 2, stride=2),
            Affine1=Affine(p["W2"], p["b2"]),
            Relu2=Relu(),
            Affine2=Affine(p["W3"], p["b3"]),
        )
        self.last_layer = SoftmaxWithLoss()

    def predict(self, x: ArrayLike) -> Array:
        """Return the scores of images, ``(N, C, H, W)`` → ``(N, output_size)``."""
        for number, name in _LAYERS.items():
            layer = self.layers[name]
            layer.W, layer.b = self.params[f"W{number}"], self.params[f"b{number}"]
        out: Any = x
        for layer in self.layers.values():
            out = layer.forward(out)
        return out  # type: ignore[no-any-return]

    def loss(self, x: ArrayLike, t: ArrayLike) -> Any:
        """Return the mean loss, for labels as class numbers ``(N,)`` or one-hot rows."""
        return self.last_layer.forward(self.predict(x), t)

    def accuracy(self, x: ArrayLike, t: ArrayLike, batch_size: int = 100) -> float:
        """Return the share of images, 0 … 1, whose largest score is that of their label.

        Parameters
        ----------
        x, t
            Images and labels.
        batch_size
            Images at a time, which bounds the memory that it takes.

        Raises
        ------
        ShapeError
            If there are no images, or not as many labels.
        ValueRefusedError
            If ``batch_size`` is below 1.
        """
        _refuse_size("batch_size", batch_size)
        images, labels = np.asarray(x), np.asarray(t)
        if np.shape(labels)[:1] != (len(images),) or not len(images):
            raise ShapeError(
                f"SimpleConvNet: x has shape {images.shape} and t has shape {labels.shape}; give "
                "at least one image, and a label for each."
            )
        if labels.ndim > 1:
            labels = np.argmax(labels, axis=1)
        starts = range(0, len(images), batch_size)
        found = [np.argmax(self.predict(images[i : i + batch_size]), axis=1) for i in starts]
        return float(np.mean(np.concatenate(found) == labels))

    def numerical_gradient(self, x: ArrayLike, t: ArrayLike) -> dict[str, Array]:
        """Return the gradients of the loss by differences: very slow, and right."""
        return {
            name: numerical_gradient(lambda _: self.loss(x, t), W)
            for name, W in self.params.items()
        }

    def gradient(self, x: ArrayLike, t: ArrayLike) -> dict[str, Array]:
        """Return the gradients of the loss by backpropagation."""
        self.loss(x, t)
        dout: Any = self.last_layer.backward(1)
        for layer in reversed(self.layers.values()):
            dout = layer.backward(dout)
        return {
            f"{kind}{number}": getattr(self.layers[name], f"d{kind}")
            for number, name in _LAYERS.items()
            for kind in "Wb"
        }

    def save_params(self, file_name: str | os.PathLike[str] = "params.pkl") -> None:
        """Write the parameters into a pickle file, as the book does: a dict of arrays.

        Raises
        ------
        DataError
            If the file can't be written.
        """
        write_atomically(Path(file_name), pickle.dumps(dict(self.params)))

    def load_params(self, file_name: str | os.PathLike[str] = "params.pkl") -> None:
        """Take over parameters that :meth:`save_params`, or the book's, wrote.

        A pickle file can hold any code; this one is refused unless it holds a dict of arrays.

        Raises
        ------
        DataError
            If the file can't be read, or holds something else.
        ShapeError
            If its arrays have other names or shapes than the net's. Nothing is changed then.
        """
        found = _read_arrays(Path(file_name))
        ours = {name: W.shape for name, W in self.params.items()}
        theirs = {name: np.shape(W) for name, W in found.items()}
        if ours != theirs:
            raise ShapeError(
                f"SimpleConvNet.load_params: {file_name} holds {theirs}, but the net has {ours}; "
                "build the net with the sizes it was saved with."
            )
        self.params.update(found)


def _refuse_size(name: str, value: Any) -> None:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeRefusedError(f"SimpleConvNet: {name} must be a whole number, but is {value!r}.")
    least = 0 if name == "pad" else 1
    if value < least:
        raise ValueRefusedError(f"SimpleConvNet: {name} is {value}, but must be at least {least}.")


class _ArraysAlone(pickle.Unpickler):
    """Reads arrays and plain containers, and runs nothing else that a file may name."""

    def find_class(self, module: str, name: str) -> Any:
        known = {
            ("multiarray", "_reconstruct"), ("multiarray", "scalar"), ("numeric", "_frombuffer"),
            ("numpy", "ndarray"), ("numpy", "dtype"), ("collections", "OrderedDict"),
            ("_codecs", "encode"),
        }  # fmt: skip
        package, _, last = module.rpartition(".")
        ours = package in {"numpy.core", "numpy._core", ""}
        if ours and (last, name) in known:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"it names {module}.{name}")


def _read_arrays(path: Path) -> dict[str, Array]:
    try:
        with path.open("rb") as file:
            found = _ArraysAlone(file).load()
    except OSError as error:
        raise DataError(f"{path} could not be read: {error.strerror or error}.") from error
    except Exception as error:  # a damaged pickle raises almost anything
        raise DataError(f"{path} does not hold a dict of arrays ({error}).") from error
    if not isinstance(found, dict) or not all(isinstance(W, np.ndarray) for W in found.values()):
        raise DataError(f"{path} does not hold a dict of arrays.")
    return found
