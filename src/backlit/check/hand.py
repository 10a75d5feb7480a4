"""Layers by hand: any object (or pair of functions) that goes forwards and backwards on arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.calling import only_dout
from backlit.check.clone import Clone
from backlit.check.holdings import Holding, clear_gradients
from backlit.check.keeper import Keeper
from backlit.check.names import argument_names
from backlit.check.part import Back, Slot
from backlit.check.randomness import Source, sources
from backlit.check.search import in_clone, owners, shared_by_all
from backlit.check.tap import Tap, copied, listening
from backlit.check.values import (
    another_batch,
    dout_for,
    dtype_of,
    duplicates,
    prepared,
    promoted,
)
from backlit.check.walk import attributes, walk
from backlit.check.watching import change, written
from backlit.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["HandPart"]

LABELS = {"t", "target", "targets", "label", "labels", "y_true", "mask", "truth", "teacher"}


class HandPart(Keeper):
    """A layer or net by hand, run on float64 copies.

    Parameters
    ----------
    root
        The object; or a pair of functions, forward and backward.
    arguments
        What forward is called with.
    name
        What to call it.
    keywords
        Further arguments, by name.
    received
        The ``dout`` that it received in its net, if that is known.
    """

    def __init__(
        self,
        root: Any,
        arguments: tuple[Any, ...],
        *,
        name: str,
        keywords: dict[str, Any] | None = None,
        received: Any = None,
        shared: tuple[Any, ...] = (),
    ) -> None:
        self.name, self.root, self.received = name, root, received
        self.shared = (*shared, *shared_by_all(root))
        shared = self.shared
        self.keywords = keywords or {}
        self._given = arguments
        self._arguments = [prepared(x) for x in arguments]
        if not any(isinstance(x, np.ndarray) for x in self._arguments):
            self._arguments = [promoted(x) for x in self._arguments]
        self._names = argument_names(self._forward(root), len(arguments))
        self.inputs = dict(zip(self._names, self._arguments, strict=True)) | self.keywords
        self._live = Clone(root, shared)
        self._drawn: list[Source] = []
        self._leaves_traces = False
        self._shapes: list[tuple[int, ...]] = []
        self._places: list[tuple[Slot, Holding, Any]] = []
        self.slots = [
            Slot(name, argument, x, "input", dtype_of(given), argument.lower() in LABELS)
            for argument, x, given in zip(self._names, self._arguments, arguments, strict=True)
            if isinstance(x, np.ndarray) and x.dtype.kind == "f"
        ]
        self._owners = owners(root, name)
        originals = duplicates(self._arguments)
        self.here = self._first_output()
        self.outputs = self.here.size
        moved = [source for source in self._drawn if source.is_global]
        for source in moved:
            source.rewind()
        self._live = Clone(root, shared)  # untouched by that first run
        self._drawn = moved + [s for s in sources(self._live.root) if not s.is_global]
        for x, original in zip(self._arguments, originals, strict=True):
            if isinstance(x, np.ndarray):
                np.copyto(x, original)
        backward = self.method("backward")
        self.fixed_dout = only_dout(backward, received) if self.here.size == 1 else None
        self._find_parameters()
        self._leaves_traces = self._changes()

    def _changes(self) -> bool:
        """Tell whether forward writes into what it is given, or gives another result next time."""
        inputs = duplicates(self._arguments)
        slots = [slot.array.copy() for slot in self.slots]
        again = self.output()
        changed = not np.array_equal(again, self.here, equal_nan=True)
        for x, before in zip(self._arguments, inputs, strict=True):
            if isinstance(x, np.ndarray) and x.tobytes() != before.tobytes():
                np.copyto(x, before)
                changed = True
        for slot, array in zip(self.slots, slots, strict=True):
            if slot.array.tobytes() != array.tobytes():
                np.copyto(slot.array, array)
                changed = True
        return changed

    wants_no_input_gradient = False
    """Whether the net as a whole has no use for the gradient of its input."""

    def is_within(self, net: HandPart) -> bool:
        """Tell whether all of the parameters are the net's too."""
        known = {id(array) for _, _, array in net.places}
        return all(id(array) in known for _, _, array in self.places)

    @property
    def places(self) -> list[tuple[Slot, Holding, Any]]:
        """The parameters: slot, where it is held, and the user's own array."""
        return self._places

    @property
    def draws(self) -> bool:
        """Whether forward draws random numbers."""
        return bool(self._drawn)

    # What a part does

    def output(self) -> NDArray[Any]:
        """Run forward on the live copy, on a fresh one if forward leaves traces."""
        self._rewind()
        if self._leaves_traces:
            arguments = duplicates(self._arguments)
            y, _ = self._run_forward(self._fresh().root, arguments)
            return y
        self._write_scalars(self._live)
        y, _ = self._run_forward(self._live.root, self._arguments)
        return y

    def output_with(self, tap: Tap) -> NDArray[Any]:
        """Run forward on the live copy while its layers are listened to."""
        tap.attach(self._live)
        with listening(tap):
            return self.output()

    def complex_output(self, slot: Slot, array: NDArray[Any]) -> Any:
        """Run forward on a fresh copy that holds complex numbers in a slot's place."""
        own = [theirs for other, _, theirs in self._places if other is slot]
        lasting = self.shared or self._leaves_traces  # complex numbers might stay in there
        if lasting or any(not isinstance(theirs, np.ndarray) for theirs in own):
            return None
        clone = self._fresh(instead=[(theirs, array) for theirs in own])
        arguments = [array if x is slot.array else copied(x) for x in self._arguments]
        self._rewind()
        self.spend()
        keywords = {k: copied(v) for k, v in self.keywords.items()}
        try:
            y = self._forward(clone.root)(*self._as_given(arguments), **keywords)
            if isinstance(y, tuple) and self._shapes:
                return np.concatenate([np.asarray(each).ravel() for each in y])
            return y[0] if isinstance(y, tuple) else y
        except Exception:  # noqa: BLE001 - made for real numbers, as most code is
            return None

    def back(self, dout: NDArray[Any], **options: Any) -> Back:
        """Run forward and backward on a fresh copy."""
        clone = self._fresh()
        clear = options.get("clear", True)
        if clear:
            for owner, _ in self._owners:
                clear_gradients(clone.of(owner))
        arguments = duplicates(self._arguments)
        watched = self._watched(clone, arguments)
        before = {name: x.copy() for name, x in watched.items()}
        tap = options.get("tap")
        if tap is not None:
            tap.attach(clone)
            with listening(tap):
                return self._round(clone, arguments, dout, watched, before, options)
        return self._round(clone, arguments, dout, watched, before, options)

    def _round(  # noqa: PLR0917
        self,
        clone: Clone,
        arguments: list[Any],
        dout: NDArray[Any],
        watched: dict[str, NDArray[Any]],
        before: dict[str, NDArray[Any]],
        options: dict[str, Any],
    ) -> Back:
        """Run forward and backward on a clone, and see what came of it."""
        self._rewind()
        drawn = sources(clone.root) if options.get("twice") else []
        if options.get("warm"):
            self._run_another_batch(clone.root, arguments, dout)
        y, cache = self._forward_of_round(clone.root, arguments)
        if options.get("other"):
            self._run_another_batch(self._fresh().root, arguments, None)
        changed = written(watched, before, "forward")
        between: Callable[[Any], None] | None = options.get("between")
        if between is not None:
            between(clone)
        sent = np.array(dout, dtype=np.float64)
        held = {name: x.copy() for name, x in watched.items()}
        if options.get("warm"):
            for x in walk(clone.root):
                if attributes(x) and not isinstance(x, np.ndarray):
                    clear_gradients(x)
        returned = self._run_backward(clone.root, sent, arguments, y, cache)
        if options.get("twice"):
            sent = np.array(dout, dtype=np.float64)
            self._rewind()
            for source in drawn:
                source.rewind()
            returned = self._run_backward(clone.root, sent, arguments, y, cache)
        changed += written(watched, held, "backward")
        if sent.tobytes() != np.asarray(dout, np.float64).tobytes():
            changed.append(change("dout", "dout", "backward", np.asarray(dout, float), sent))
        gradients = self._gradients(clone, returned)
        aliases = [
            slot
            for slot, g in gradients.items()
            if isinstance(g, np.ndarray) and np.may_share_memory(g, sent)
        ]
        return Back(
            y,
            np.array(dout, float),
            {k: copied(g) for k, g in gradients.items()},
            changed,
            sent,
            aliases,
            clone.root,
            returned,
        )

    def method(self, phase: str) -> Callable[..., Any] | None:
        """Return the user's forward or backward."""
        choose = self._forward if phase == "forward" else self._backward
        try:
            method: Callable[..., Any] = choose(self.root)
        except AttributeError:
            return None
        return method

    def reads(self, values: dict[str, Any]) -> NDArray[Any]:
        """Run forward with other inputs, by name."""
        arguments = [
            values.get(name, x) for name, x in zip(self._names, self._arguments, strict=True)
        ]
        self._rewind()
        y, _ = self._run_forward(self._fresh().root, arguments)
        return y

    def trace(self, slot: Slot) -> tuple[Tensor, Any]:
        """Run forward on tensors, ``slot`` being the leaf; return it and the output."""
        leaf = Tensor(slot.array.copy(), slot.tensor)
        clone = self._fresh()
        arguments = [
            leaf if x is slot.array else x.copy() if isinstance(x, np.ndarray) else copied(x)
            for x in self._arguments
        ]
        for other, holding, _ in self._places:
            if other is slot:
                in_clone(clone, holding).write(leaf)
        y = self._forward(clone.root)(*arguments, **self.keywords)
        return leaf, y[0] if isinstance(y, tuple) else y

    # Afterwards

    def after_use(self) -> HandPart:
        """Return the part as it is once another batch has gone forwards and backwards."""
        clone = self._fresh()
        arguments = duplicates(self._arguments)
        self._run_another_batch(clone.root, arguments, dout_for(self.here), rewind=False)
        used = type(self)(clone.root, tuple(self._as_given(arguments)), name=self.name)
        if self.budget is not None:
            self.budget.adopt(used)
        return used

    def _forward_of_round(self, root: Any, arguments: list[Any]) -> tuple[NDArray[Any], Any]:
        """Run the forward that backward belongs to."""
        return self._run_forward(root, arguments)

    def _run_another_batch(
        self, root: Any, arguments: list[Any], dout: NDArray[Any] | None, *, rewind: bool = True
    ) -> None:
        """Run forward (and backward) on other numbers, and give the random numbers back."""
        drawn = sources(root)
        other = another_batch(arguments)
        y, cache = self._run_forward(root, other)
        if dout is not None:
            self._run_backward(root, np.array(dout, float), other, y, cache)
        if rewind:
            for source in drawn:
                source.rewind()
            self._rewind()

    def _first_output(self) -> NDArray[Any]:
        self._candidates = sources(self._live.root, self.root, *self.shared)
        for source in self._candidates:
            source.mark()
        y = self.output()
        self._drawn = [source for source in self._candidates if source.moved()]
        return y
