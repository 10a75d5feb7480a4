"""Layers by hand: any object (or pair of functions) that goes forwards and backwards on arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from backlit.check.calling import backward_arguments, only_dout, takes_all
from backlit.check.clone import Clone
from backlit.check.holdings import Holding, clear_gradients, gradient_of
from backlit.check.matching import matched, named
from backlit.check.names import argument_names
from backlit.check.part import NOTHING, Back, Broken, Part, Slot
from backlit.check.randomness import Source, sources
from backlit.check.search import in_clone, owners, parameters, plain_numbers, shared_by_all
from backlit.check.tap import Tap, copied, listening
from backlit.check.values import (
    another_batch,
    as_output,
    dout_for,
    dtype_of,
    duplicates,
    is_numbers,
    pieces,
    prepared,
    promoted,
    was_array,
)
from backlit.check.walk import attributes, walk
from backlit.check.watching import change, written
from backlit.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["HandPart"]

LABELS = {"t", "target", "targets", "label", "labels", "y_true", "mask", "truth", "teacher"}


class HandPart(Part):
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

    # Forwards

    def after_use(self) -> HandPart:
        """Return the part as it is once another batch has gone forwards and backwards."""
        clone = self._fresh()
        arguments = duplicates(self._arguments)
        self._run_another_batch(clone.root, arguments, dout_for(self.here), rewind=False)
        return type(self)(clone.root, tuple(self._as_given(arguments)), name=self.name)

    def _as_given(self, arguments: list[Any]) -> list[Any]:
        return [
            x.item() if isinstance(x, np.ndarray) and not x.ndim and not was_array(given) else x
            for x, given in zip(arguments, self._given, strict=True)
        ]

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

    # Forwards

    def _forward(self, root: Any) -> Any:
        if isinstance(root, tuple):
            return root[0]
        forward = getattr(root, "forward", None)
        return forward if callable(forward) else root

    def _backward(self, root: Any) -> Any:
        return root[1] if isinstance(root, tuple) else root.backward

    def _run_forward(self, root: Any, arguments: list[Any]) -> tuple[NDArray[Any], Any]:
        self.calls += 1
        # A number by hand stays a number: an array would be written into by `x += 1`.
        passed = self._as_given(arguments)
        try:
            y = self._forward(root)(*passed, **{k: copied(v) for k, v in self.keywords.items()})
        except Exception as error:
            raise Broken("forward", error) from error
        cache = None
        if isinstance(y, tuple) and len(y) > 1:
            if hasattr(root, "backward") or isinstance(root, tuple):
                several = takes_all(self._backward(root), y)
                if several:
                    outputs = [as_output(each, "forward") for each in y]
                    self._shapes = [each.shape for each in outputs]
                    return np.concatenate([each.ravel() for each in outputs]), None
            if is_numbers(y[0]):
                y, cache = y[0], (y[1] if len(y) == 2 else tuple(y[1:]))
        return as_output(y, "forward"), cache

    def _first_output(self) -> NDArray[Any]:
        self._candidates = sources(self._live.root, self.root, *self.shared)
        for source in self._candidates:
            source.mark()
        y = self.output()
        self._drawn = [source for source in self._candidates if source.moved()]
        return y

    def _rewind(self) -> None:
        for source in self._drawn:
            source.rewind()

    # Backwards

    def _run_backward(
        self, root: Any, sent: NDArray[Any], arguments: list[Any], y: NDArray[Any], cache: Any
    ) -> Any:
        dout: Any = sent if sent.ndim else sent.item()
        try:
            backward = self._backward(root)
            if self._shapes:
                return backward(*pieces(sent, self._shapes))
            return backward(*self._arguments_for(backward, dout, arguments, y, cache))
        except Exception as error:
            raise Broken("backward", error) from error

    def _arguments_for(
        self, backward: Any, dout: Any, arguments: list[Any], y: Any, cache: Any
    ) -> tuple[Any, ...]:
        return backward_arguments(backward, dout, arguments, y, cache)

    # Parameters

    def _fresh(self) -> Clone:
        clone = Clone(self.root, self.shared)
        for slot, holding, array in self._places:
            twin = clone.of(array)
            if isinstance(twin, np.ndarray) and twin is not array:
                np.copyto(twin, slot.array)
            elif not isinstance(array, np.ndarray):
                in_clone(clone, holding).write(slot.array.item())
        return clone

    def _write_scalars(self, clone: Clone) -> None:
        for slot, holding, array in self._places:
            if not isinstance(array, np.ndarray):
                in_clone(clone, holding).write(slot.array.item())

    def _find_parameters(self) -> None:
        """Find the arrays that survive a run and have a gradient beside them, or ought to."""
        clone = Clone(self.root, self.shared)
        returned: list[Any] = []

        def run(root: Any) -> None:
            arguments = duplicates(self._arguments)
            self._rewind()
            try:
                y, cache = self._run_forward(root, arguments)
                returned.append(self._run_backward(root, dout_for(y), arguments, y, cache))
            except Broken:
                return

        found = parameters(self._owners, clone, run)
        # Where nothing has a gradient beside it, these are constants: nothing learns here.
        constants = (
            bool(returned)
            and not any(each.rank > 0 or each.holding.container for each in found)
            and not (isinstance(returned[0], tuple) and len(returned[0]) > len(self.slots))
        )
        for each in found:
            slot = Slot(
                each.layer,
                each.holding.name,
                self._live.of(each.array),
                "parameter",
                each.array.dtype,
                optional=constants,
            )
            self._places.append((slot, each.holding, each.array))
        for each in plain_numbers(self._owners, clone):
            slot = Slot(each.layer, each.holding.name, np.array(each.array, float), "parameter")
            self._places.append((slot, each.holding, each.array))
        self.slots += [slot for slot, *_ in self._places]

    def _gradients(self, clone: Clone, returned: Any) -> dict[Slot, Any]:
        """Find the gradient of each slot in what backward returned and left behind."""
        inputs = [slot for slot in self.slots if slot.role == "input"]
        entries, surplus = matched(returned, self._names, [slot.tensor for slot in inputs])
        found = {slot: entries.get(slot.tensor, NOTHING) for slot in inputs}
        for slot, holding, array in self._places:
            gradient = gradient_of(in_clone(clone, holding))
            if gradient is NOTHING or gradient is None:
                told = named(returned, holding)
                if told is not NOTHING:
                    gradient = told
                elif surplus and isinstance(array, np.ndarray):
                    fitting = [i for i, g in enumerate(surplus) if np.shape(g) == slot.shape]
                    gradient = surplus.pop(fitting[0] if fitting else 0)
            found[slot] = gradient
        return found

    def _watched(self, clone: Clone, arguments: list[Any]) -> dict[str, NDArray[Any]]:
        watched = {
            f"input {name}": x
            for name, x in zip(self._names, arguments, strict=True)
            if isinstance(x, np.ndarray) and x.ndim
        }
        for slot, _, array in self._places:
            twin = clone.of(array)
            if isinstance(twin, np.ndarray):
                watched[f"parameter {slot.tensor}"] = twin
        return watched
