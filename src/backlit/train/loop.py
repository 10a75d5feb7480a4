"""The training loop."""

from __future__ import annotations

import math
import operator
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from backlit.data import Batches, Dataset, Split
from backlit.errors import TypeRefusedError, ValueRefusedError
from backlit.layers import Layer
from backlit.ops import softmax_cross_entropy
from backlit.optim import SGD
from backlit.train.arrays import write_arrays
from backlit.train.checkpoint import Position, save_checkpoint
from backlit.train.evaluation import accuracy_if_any, own_modes
from backlit.train.history import History
from backlit.train.interruption import Interrupted, Interruption, deferred_interrupt
from backlit.train.progress import Progress, default_progress
from backlit.train.resumption import described, fingerprint, go_on, plain, shown
from backlit.train.run import Run
from backlit.train.step import NonFiniteLossError, make_step

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from backlit.data.batches import Augment
    from backlit.optim import Optimizer
    from backlit.train.step import Loss

    Samples = Split | tuple[ArrayLike, ArrayLike]


def fit(
    net: Layer,
    train: Samples | Dataset,
    *,
    test: Samples | None = None,
    loss: Loss = softmax_cross_entropy,
    optimizer: Optimizer | None = None,
    epochs: int | None = None,
    steps: int | None = None,
    batch_size: int = 100,
    seed: int = 0,
    folder: str | os.PathLike[str] | None = None,
    resume: bool = False,
    settings: Mapping[str, Any] | None = None,
    progress: bool | Progress = True,
    eager: bool = False,
    augment: Augment | None = None,
) -> History:
    """Train a net.

    With a ``folder`` training can be stopped at any moment, by Ctrl-C or by a power cut, and
    resumed: it goes on from the end of the last epoch (after Ctrl-C, from the last step) and ends
    with the weights and the history, to the last bit, of a training that was never stopped.

    The net is trained in training mode; afterwards every layer is in the mode it was in before.

    Parameters
    ----------
    net
        What to train, in place.
    train
        Samples ``(N, ...)`` and labels, ``(N,)`` or one-hot, as a :class:`Split` or a pair. Of a
        :class:`Dataset` both splits are used.
    test
        What to measure the accuracy on after each epoch, beside the training samples. There is
        one where outputs are rows of classes, and labels class numbers or one-hot rows.
    loss
        ``loss(net(x), t)`` is minimised.
    optimizer
        Made with ``net.parameters()``; ``SGD`` with the learning rate 0.1 if left out.
    epochs, steps
        When to end: one of the two.
    batch_size
        Samples in a batch.
    seed
        What decides the order of the samples.
    folder
        Where to keep the run; it is made, and nothing is ever overwritten.
    resume
        Go on with the run that is in ``folder``. Net, data and options must be those it began
        with, but ``epochs`` or ``steps`` may be more.
    settings
        Settings of your own, to be kept with the run: what JSON can hold.
    progress
        Whether to print a line an epoch, and in a terminal a bar; or a :class:`Progress` of your
        own.
    eager
        Whether to run the ops one by one instead of compiling the step (:func:`backlit.compile`).
        Both give the same numbers to rounding; a run goes on in the way it began.
    augment
        Changes the samples of each batch at random; see :class:`backlit.data.Batches`.

    Returns
    -------
    History
        A row for each epoch.

    Raises
    ------
    NonFiniteLossError
        If the loss is not a finite number.
    Interrupted
        If Ctrl-C was pressed, and there is a ``folder``; it is a ``KeyboardInterrupt``.
    ValueRefusedError
        If an option has no meaning, or contradicts the run that is resumed; or if the optimizer
        has none of the net's parameters.
    TypeRefusedError
        If the net is not a layer, or something else is not what it should be.
    DataError
        If a file of the run is damaged or was altered, or cannot be written.

    Examples
    --------
    >>> import numpy as np
    >>> from backlit.layers import Affine
    >>> x = np.array([[0.0, 1.0], [1.0, 0.0]], np.float32)
    >>> net = Affine(2, 2, rng=np.random.default_rng(0))
    >>> history = fit(net, (x, np.array([0, 1])), epochs=30, progress=False)
    >>> history[-1].train_accuracy
    1.0
    """
    if not isinstance(net, Layer):
        raise TypeRefusedError(
            f"fit: net must be a Layer, such as Sequential(...), but is {type(net).__name__}."
        )
    if not isinstance(progress, bool | Progress):
        raise TypeRefusedError(
            f"fit: progress must be True, False or a Progress of your own, not {progress!r}."
        )
    if resume and folder is None:
        raise ValueRefusedError(
            "fit: resume=True goes on with the run in a folder; say which one with folder=..."
        )
    train, test = _splits(train, test)
    batches = Batches(train.x, train.t, batch_size, seed=seed, augment=augment)
    last = _last_step(epochs, steps, len(batches))
    optimizer = SGD(net.parameters(), 0.1) if optimizer is None else optimizer
    trained = _trained(net, optimizer)
    run, position = None, Position()
    if folder is not None:
        facts = {
            "net": shown(net),
            "loss": described(loss),
            "optimizer": described(optimizer, leaving=("parameters", "steps", "memories")),
            "trained": trained,
            "batch_size": batches.batch_size,
            "seed": batches.seed,
            "epochs": epochs,
            "steps": steps,
            "eager": eager,
            "augment": described(augment),
            "data": fingerprint(train, test),
        }
        wanted = plain({"fit": facts, "settings": settings})
        if resume:
            run = Run(folder)
            position = go_on(run, wanted, net, optimizer)
        else:
            run = Run.create(folder, wanted)
    training = _Training(
        net=net,
        loss=loss,
        optimizer=optimizer,
        batches=batches,
        train=train,
        test=test,
        run=run,
        position=position,
        eager=eager,
    )
    if not isinstance(progress, Progress):
        progress = default_progress() if progress else Progress()
    history = training.go(last, progress)
    if run is not None:
        write_arrays(run.weights_file, "weights", net.state(), run.settings)
        history.save(run.history_file)
    return history


class _Training:
    """One call of :func:`fit`."""

    def __init__(
        self,
        *,
        net: Layer,
        loss: Loss,
        optimizer: Optimizer,
        batches: Batches,
        train: Split,
        test: Split | None,
        run: Run | None,
        position: Position,
        eager: bool,
    ) -> None:
        self.net = net
        self.optimizer = optimizer
        self.step = make_step(net, loss, optimizer, eager=eager)
        self.batches = batches
        self.train = train
        self.test = test
        self.run = run
        self.position = position

    def go(self, last: int, progress: Progress) -> History:
        """Take all steps up to the last."""
        position = self.position
        if position.step > last:
            raise ValueRefusedError(
                f"fit: {position.step} steps are taken already, and it should end after {last}; "
                "ask for more."
            )
        progress.start(position.step, last)
        with ExitStack() as stack:
            stack.enter_context(own_modes(self.net))
            self.net.train()
            stack.callback(progress.stop)
            stop = stack.enter_context(deferred_interrupt()) if self.run else Interruption()
            self._take_steps(last, progress, stop)
            history = History(position.history)
            if position.samples and not stop:  # it ends within an epoch, which has a row but no end
                history.rows.append(position.row(*self._accuracies()))
                progress.epoch(history[-1])
        if stop and self.run:
            raise Interrupted(self.run.folder, position.step)
        return history

    def _take_steps(self, last: int, progress: Progress, stop: Interruption) -> None:
        position, batches = self.position, self.batches
        began, latest = time.perf_counter() - position.seconds, None
        for x, t in batches.stream(position.step, last):
            loss = float(self.step(x, t))
            if not math.isfinite(loss):
                raise NonFiniteLossError(position.step + 1, loss, latest)
            latest = loss
            position.add(loss, len(x))
            progress.step(position.step, loss)
            if position.step % len(batches) == 0:
                accuracies = self._accuracies()
                now = time.perf_counter()
                position.seconds, began = now - began, now
                progress.epoch(position.turn(*accuracies))
            elif not stop and position.step < last:
                continue
            else:
                position.seconds = time.perf_counter() - began
            self._keep()
            if stop and self.run:
                break

    def _keep(self) -> None:
        if self.run:
            save_checkpoint(
                self.run.checkpoint_file,
                self.net,
                self.optimizer,
                self.position,
                self.run.settings,
            )

    def _accuracies(self) -> tuple[float | None, float | None]:
        return (
            accuracy_if_any(self.net, *self.train),
            None if self.test is None else accuracy_if_any(self.net, *self.test),
        )


def _trained(net: Layer, optimizer: Optimizer) -> list[str]:
    """Return the names of the net's parameters that the optimizer changes."""
    changed = set(map(id, optimizer.parameters.values()))
    trained = [name for name, W in net.parameters().items() if id(W) in changed]
    if not trained:
        raise ValueRefusedError(
            "fit: the optimizer has none of this net's parameters, so it would train nothing; make "
            f"it with them: {type(optimizer).__name__}(net.parameters(), ...)."
        )
    return trained


def _splits(train: Samples | Dataset, test: Samples | None) -> tuple[Split, Split | None]:
    if isinstance(train, Dataset):
        return train.train, train.test if test is None else _split(test, "test")
    return _split(train, "train"), None if test is None else _split(test, "test")


def _split(samples: Samples, name: str) -> Split:
    try:
        x, t = samples
    except (TypeError, ValueError):
        raise TypeRefusedError(
            f"fit: {name} must be samples and labels, as a pair (x, t) or a Split, "
            f"not {type(samples).__name__}."
        ) from None
    split = Split(x, t)  # type: ignore[arg-type]  # it makes them arrays
    if len(split) == 0:
        raise ValueRefusedError(
            f"fit: {name} holds no samples; give at least one, or leave it out."
        )
    return split


def _last_step(epochs: int | None, steps: int | None, steps_per_epoch: int) -> int:
    if (epochs is None) == (steps is None):
        raise ValueRefusedError(
            f"fit: it ends after a number of epochs or of steps; give one of the two, "
            f"not epochs={epochs} and steps={steps}."
        )
    name, value = ("steps", steps) if epochs is None else ("epochs", epochs)
    try:
        count = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeRefusedError(f"fit: {name} must be a whole number, not {value!r}.") from None
    if count < 1:
        raise ValueRefusedError(f"fit: {name} must be at least 1, not {count}.")
    return count if epochs is None else count * steps_per_epoch
