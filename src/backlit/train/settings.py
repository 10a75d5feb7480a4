"""An experiment in words and numbers: which data, which net, how it is trained."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from backlit import data, layers, optim
from backlit.data.fashion import CLASSES as CLOTHES
from backlit.data.mnist import CLASSES as DIGITS
from backlit.errors import DataError, ValueRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import DTypeLike

    from backlit.data import Dataset

DATA: dict[str, Callable[..., Dataset]] = {
    "mnist": data.mnist,
    "fashion-mnist": data.fashion_mnist,
}
CLASSES: dict[str, tuple[str, ...]] = {"mnist": DIGITS, "fashion-mnist": CLOTHES}
MODELS: dict[str, dict[str, Any]] = {
    "dense": {},
    "cnn": {
        "hidden": (128,), "init": "he", "optimizer": "adam", "lr": 0.003, "schedule": "cosine",
        "epochs": 2,
    },
}  # fmt: skip
"""Each with what is usual for it, where that differs from the usual for all."""
SHAPES: dict[str, tuple[int, ...]] = {"dense": (784,), "cnn": (1, 28, 28)}
"""What each takes for an image of 28 × 28 pixels."""
FILTERS = (32, 64)
"""Of the convolutions of a ``cnn``; each is followed by a pooling that halves the image."""

ACTIVATIONS: dict[str, Callable[[], layers.Layer]] = {
    "relu": layers.ReLU,
    "sigmoid": layers.Sigmoid,
    "tanh": layers.Tanh,
    "leaky-relu": layers.LeakyReLU,
    "softplus": layers.Softplus,
    "gelu": layers.GELU,
    "silu": layers.SiLU,
}
INITS = ("normal", "xavier", "he")
OPTIMIZERS: dict[str, tuple[Callable[..., optim.Optimizer], float]] = {
    "sgd": (optim.SGD, 0.1),
    "momentum": (optim.Momentum, 0.05),
    "nesterov": (optim.Nesterov, 0.05),
    "adagrad": (optim.AdaGrad, 0.01),
    "rmsprop": (optim.RMSProp, 0.001),
    "adam": (optim.Adam, 0.001),
    "adamw": (optim.AdamW, 0.001),
}
"""Each with the learning rate it has if none is asked for."""
SCHEDULES = ("constant", "step", "cosine")
LATER = {"model": "dense", "eager": True}
"""Settings that the first runs did not write down, as there was no choice: what they did."""


@dataclass(frozen=True)
class Settings:
    """Everything that decides the result of a run, and nothing else.

    Parameters
    ----------
    data
        ``"mnist"`` or ``"fashion-mnist"``.
    model
        ``"dense"``, affine layers alone; or ``"cnn"``, which has two convolutions of 3 × 3, each
        with an activation and a max pooling of 2 × 2, before them. :meth:`usual` has what suits it.
    hidden
        The sizes of the hidden affine layers; none make a linear classifier.
    activation
        What follows each hidden layer, and each convolution.
    init
        How weights begin: ``"normal"`` (0.01 times the standard normal distribution), ``"xavier"``
        or ``"he"``. Biases begin at 0.
    dropout
        The fraction of each hidden layer's outputs that is dropped in training.
    optimizer, lr
        The optimiser and its learning rate; its usual one if ``None``.
    schedule
        How the learning rate changes: ``"constant"``; ``"step"``, divided by 10 after each
        third of the steps; ``"cosine"``, down to 0 at the last step.
    warmup
        Steps in which the learning rate rises to its first value.
    batch
        Samples in a batch.
    epochs, steps
        When to end, one of the two; 17 epochs if both are ``None``.
    seed
        Decides initial weights, dropout and the order of samples.
    eager
        Whether ops run one by one, and not in a compiled step; the numbers agree to rounding.

    Raises
    ------
    ValueRefusedError
        If a name is unknown, or a number out of range.

    Examples
    --------
    >>> settings = Settings(hidden=(20,), activation="tanh")
    >>> settings.net()
    Sequential(
        affine1: Affine(784, 20)
        tanh1: Tanh()
        affine2: Affine(20, 10)
    )
    >>> settings.architecture
    '784-20-10'
    >>> Settings.from_json(settings.to_json()) == settings
    True
    """

    data: str = "mnist"
    model: str = "dense"
    hidden: tuple[int, ...] = (50,)
    activation: str = "relu"
    init: str = "normal"
    dropout: float = 0.0
    optimizer: str = "sgd"
    lr: float | None = None
    schedule: str = "constant"
    warmup: int = 0
    batch: int = 100
    epochs: int | None = None
    steps: int | None = None
    seed: int = 0
    eager: bool = False

    def __post_init__(self) -> None:
        for name, known in (
            ("data", DATA),
            ("model", MODELS),
            ("activation", ACTIVATIONS),
            ("init", INITS),
            ("optimizer", OPTIMIZERS),
            ("schedule", SCHEDULES),
        ):
            if getattr(self, name) not in known:
                raise ValueRefusedError(
                    f"{name} must be one of {', '.join(known)}, not {getattr(self, name)!r}."
                )
        if not isinstance(self.eager, bool):
            raise ValueRefusedError(f"eager must be True or False, not {self.eager!r}.")
        if self.epochs is None and self.steps is None:
            object.__setattr__(self, "epochs", 17)
        if self.lr is None:
            object.__setattr__(self, "lr", OPTIMIZERS[self.optimizer][1])
        self._refuse_numbers()

    def _refuse_numbers(self) -> None:
        if self.epochs is not None and self.steps is not None:
            raise ValueRefusedError(
                f"training ends after a number of epochs or of steps; give one of the two, not "
                f"epochs {self.epochs} and steps {self.steps}."
            )
        for name, least, values in (
            ("hidden", 1, self.hidden),
            ("warmup", 0, (self.warmup,)),
            ("batch", 1, (self.batch,)),
            ("epochs", 1, (self.epochs,)),
            ("steps", 1, (self.steps,)),
            ("seed", 0, (self.seed,)),
        ):
            for value in values:
                if value is not None and value < least:
                    raise ValueRefusedError(f"{name} must be at least {least}, not {value}.")
        if not 0 <= self.dropout < 1:
            raise ValueRefusedError(f"dropout must be from 0 to below 1, not {self.dropout}.")
        if self.lr is None or not 0 < self.lr < float("inf"):
            raise ValueRefusedError(f"lr must be a positive number, not {self.lr}.")

    @classmethod
    def usual(cls, **asked: Any) -> Settings:
        """Take what is usual for the model, but what is asked for as it is asked.

        Examples
        --------
        >>> Settings.usual(model="cnn", hidden=(50,)).architecture
        'conv32-conv64-50-10'
        """
        usual = dict(MODELS.get(asked.get("model", "dense"), {}))
        if asked.get("steps") is not None:
            usual.pop("epochs", None)
        if asked.get("optimizer", usual.get("optimizer")) != usual.get("optimizer"):
            usual.pop("lr", None)
        return cls(**usual | asked)

    @property
    def architecture(self) -> str:
        """The sizes of all layers, ``784-50-10``."""
        first = [f"conv{n}" for n in FILTERS] if self.model == "cnn" else [self.shape[0]]
        return "-".join(map(str, (*first, *self.hidden, len(self.classes))))

    @property
    def shape(self) -> tuple[int, ...]:
        """What the net takes for one image."""
        return SHAPES[self.model]

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes."""
        return CLASSES[self.data]

    def dataset(self) -> Dataset:
        """Load the data, as :func:`backlit.data.mnist` does, and with its errors."""
        load = DATA[self.data]
        return load() if len(self.shape) == 1 else load(flatten=False)

    def net(self, dtype: DTypeLike = np.float32) -> layers.Sequential:
        """Build the net, with its first weights."""
        # A stream apart from that of the order of samples, which begins with the seed too.
        stream = np.random.SeedSequence(self.seed, spawn_key=(0,))
        rng = np.random.default_rng(stream)
        make: dict[str, Any] = {"init": self.init, "rng": rng, "dtype": dtype}
        parts: list[layers.Layer] = []
        if self.model == "cnn":
            channels, side, _ = self.shape
            for filters in FILTERS:
                parts.append(layers.Conv2d(channels, filters, 3, padding="same", **make))
                parts += [ACTIVATIONS[self.activation](), layers.MaxPool2d(2)]
                channels, side = filters, side // 2
            parts.append(layers.Flatten())
            size = channels * side * side
        else:
            (size,) = self.shape
        for i, wider in enumerate(self.hidden):
            parts.append(layers.Affine(size, wider, **make))
            parts.append(ACTIVATIONS[self.activation]())
            if self.dropout:
                masks = np.random.SeedSequence(self.seed, spawn_key=(1, i))
                parts.append(layers.Dropout(self.dropout, rng=np.random.default_rng(masks)))
            size = wider
        parts.append(layers.Affine(size, len(self.classes), **make))
        return layers.Sequential(*parts)

    def total_steps(self, samples: int) -> int:
        """Return how many steps there are in all, given the number of training samples."""
        if self.steps is not None:
            return self.steps
        return (self.epochs or 0) * -(-samples // self.batch)

    def make_optimizer(self, net: layers.Layer, steps: int) -> optim.Optimizer:
        """Make the optimiser of a net that is trained for so many steps."""
        lr = self.lr or 0.0
        rate: optim.Schedule = optim.Constant(lr)
        if self.schedule == "step":
            rate = optim.Step(lr, every=max(1, -(-steps // 3)))
        elif self.schedule == "cosine":
            rate = optim.Cosine(lr, steps=steps)
        if self.warmup:
            rate = optim.WarmUp(rate, steps=self.warmup)
        return OPTIMIZERS[self.optimizer][0](net.parameters(), rate)

    def to_json(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return asdict(self) | {"hidden": list(self.hidden)}

    @classmethod
    def from_json(cls, values: Any, where: str = "settings") -> Settings:
        """Take what :meth:`to_json` gave.

        Raises
        ------
        DataError
            If it is anything else; ``where`` is its name in the error.

        Examples
        --------
        >>> old = Settings(hidden=(20,)).to_json()
        >>> del old["model"], old["eager"]
        >>> Settings.from_json(old).architecture
        '784-20-10'
        """
        names = [field.name for field in fields(cls)]
        if isinstance(values, dict):
            values = LATER | values
        if not isinstance(values, dict) or sorted(values) != sorted(names):
            raise DataError(
                f"{where} does not describe an experiment of `backlit train`: "
                f"it should have the fields {', '.join(names)}."
            )
        try:
            return cls(**{**values, "hidden": tuple(values["hidden"])})
        except (TypeError, ValueError) as error:
            raise DataError(f"{where} has settings without meaning: {error}") from error


def settings_of(content: Mapping[str, Any], where: str) -> Settings:
    """Take the experiment's settings out of those of a run, or of a weights file.

    Raises
    ------
    DataError
        If they are not there: the run was made by :func:`fit` with a net of your own.
    """
    settings = content.get("settings")
    if not isinstance(settings, dict) or "hidden" not in settings:
        raise DataError(
            f"{where} does not describe an experiment of `backlit train`, as it comes from your "
            "own fit: go on with that run by fit(..., resume=True); or build its net and use "
            "load_state(safetensors.numpy.load_file(...)) with its weights.safetensors."
        )
    return Settings.from_json(settings, where)
