"""The function that takes the place of the user's: it compiles when it must, and runs."""

from __future__ import annotations

import functools
import threading
import warnings
from typing import TYPE_CHECKING, Any

from backlit.compile.arguments import Arguments
from backlit.compile.capture import capture
from backlit.compile.cost import Costs, costs
from backlit.compile.over import Stacked, checked
from backlit.compile.reading import is_reading
from backlit.compile.refusal import CompileWarning, Untraceable
from backlit.compile.threads import blas_threads
from backlit.compile.variant import StaleError, Variant
from backlit.compile.world import World
from backlit.errors import GraphError, TypeRefusedError
from backlit.gather import rows_of
from backlit.tensor import _not_recording

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from numpy.typing import ArrayLike

    from backlit.compile.node import Program
    from backlit.draw.figure import Figure

__all__ = ["MOST_VARIANTS", "Compiled"]

MOST_VARIANTS = 8
"""So many programs one function may have, for arguments of different shapes, say."""

_AT_ONCE = 100
"""So many steps of one call run before it is asked again what is asked at every call."""


class Compiled:
    """A compiled function; made by :func:`backlit.compile`."""

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        keep_gradients: bool = False,
        threads: int | None = None,
    ) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.keep_gradients = keep_gradients
        self.threads = threads
        self._name = getattr(function, "__name__", type(function).__name__).strip("<>")
        self._world: World | None = None
        self._variants: dict[Hashable, Variant] = {}
        self._eager: set[Hashable] = set()
        self._warned: set[str] = set()
        self._last: Variant | None = None
        self._last_world: World | None = None
        self._failed: tuple[Hashable, Exception] | None = None
        self._lock = threading.RLock()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run a step."""
        if is_reading():
            return self.function(*args, **kwargs)
        with self._lock:
            try:
                last = self._last
                if last is not None and not kwargs and last.takes(args) and self._same():
                    return last(args)
                arguments = Arguments(args, kwargs)
                variant = self._variant(arguments)
                if variant is not None:
                    self._last = variant
                    self._last_world = None if _not_recording.get() else self._world
                    return variant(arguments.arrays, arguments.tensors)
            except StaleError:
                self._world = None
                return self(*args, **kwargs)
            except Untraceable as error:
                self._warn(str(error))
            failed, self._failed = self._failed, None
            result = self.function(*args, **kwargs)
            if failed is not None:  # though run eagerly it went well
                key, error_of_trace = failed
                self._eager.add(key)
                told = f"{type(error_of_trace).__name__}: {error_of_trace}"
                self._warn(f"following it failed ({told})")
            return result

    def over(self, rows: ArrayLike, *arrays: ArrayLike) -> Any:
        """Run a step for each batch of rows: many steps in one call.

        The same steps, bit for bit, as ``self(*[array[batch] for array in arrays])`` for each
        ``batch`` of ``rows``. What is asked at every call (whether the net, the optimiser and the
        settings are still those it was compiled for) is asked once for many steps, as nobody
        changes them in between, and batches are gathered into the same few arrays. It saves some
        twenty microseconds a step.

        Parameters
        ----------
        rows
            ``(S, B)``: for each of S steps the rows of its batch, whole numbers from 0.
        arrays
            For each argument of the function, the samples that its batches are taken from,
            ``(N, ...)``.

        Returns
        -------
        array, or tuple, list or dict
            What a step returns, with the tensors, arrays and numbers of all steps stacked along a
            new first axis: a loss becomes an array of shape ``(S,)``.

        Raises
        ------
        TypeRefusedError
            If ``rows`` are not whole numbers, there are no arrays, or what a step returns can't be
            stacked.
        ShapeError
            If ``rows`` has other than two axes or no step, an array has no axis, or steps return
            arrays of different shapes.
        ValueRefusedError
            If an array has no such row.

        Examples
        --------
        >>> import numpy as np
        >>> import backlit as bl
        >>> mean = bl.compile(lambda x: x.mean())
        >>> mean.over([[0, 1], [3, 3]], np.array([1.0, 2.0, 3.0, 4.0]))
        array([1.5, 4. ])
        """
        batches, samples = checked(rows, arrays, self._name)
        stacked = Stacked(len(batches), self._name)
        kinds = tuple([((batches.shape[1], *a.shape[1:]), a.dtype) for a in samples])
        with self._lock:
            while (done := stacked.count) < len(batches):
                last = self._last
                if (
                    done
                    and last is not None
                    and (last.kinds, last.results) == (kinds, len(stacked.arrays))
                    and self._same()
                    and not is_reading()
                ):
                    last.many(samples, batches[done : done + _AT_ONCE], stacked)
                else:
                    stacked.add(self(*[rows_of(array, batches[done]) for array in samples]))
        return stacked.whole()

    @property
    def source(self) -> str:
        """The text of the program that ran last.

        Raises
        ------
        GraphError
            If none ran yet.
        """
        return self._ran("source").source

    @property
    def cost(self) -> Costs:
        """What the program that ran last costs, before and after each pass; printed, a table.

        Raises
        ------
        GraphError
            If none ran yet.
        """
        return costs(self._ran("cost").read, self.threads)

    @property
    def program(self) -> Program:
        """The program that ran last, as data: for whoever draws or examines it.

        Raises
        ------
        GraphError
            If none ran yet.
        """
        return self._ran("program").program

    def draw(self, *, fold: bool = True, **options: Any) -> Figure:
        """Draw the program that ran last: what is called, and what flows from call to call.

        Forward calls have the colour of values, backward calls that of gradients, updates a grey
        one. Values are named as in :attr:`source`. What is given stands at what reads it, in
        each phase anew; what the step leaves behind (its result, new parameters) at the end.

        Parameters
        ----------
        fold
            Whether to draw one box for each layer and phase, or one for each call. Reshaped and
            transposed arrays count as the arrays that they are views of.
        options
            ``direction``, ``theme``, ``size`` and ``limit``, as for :func:`backlit.draw.draw`.

        Returns
        -------
        Figure
            As by :func:`backlit.draw.draw`; it has no page (``.html``).

        Raises
        ------
        GraphError
            If none ran yet.
        ValueRefusedError
            If an option has no such value, or is for graphs of tensors alone, or more than
            ``limit`` boxes are to be drawn.

        Examples
        --------
        >>> import numpy as np
        >>> import backlit as bl
        >>> W = bl.tensor(np.ones((3, 2)), "W")
        >>> @bl.compile
        ... def step(x):
        ...     return bl.relu(x @ W)
        >>> y = step(np.ones((5, 3)))
        >>> print(step.draw())
        #1 (5, 2) = matmul: x, W
        relu (5, 2) = relu: #1
        return relu
        """
        from backlit.draw.draw import draw  # noqa: PLC0415 - few programs draw their steps

        return draw(self, fold=fold, **options)

    @property
    def threads_used(self) -> int | None:
        """The number of BLAS threads of the program that ran last; ``None`` if none ran yet."""
        if self._last is None:
            return None
        return blas_threads() if self._last.threads is None else self._last.threads

    def __set_name__(self, owner: type, name: str) -> None:
        raise TypeRefusedError(
            f"{owner.__name__}.{name}: backlit.compile does not decorate methods; compile the "
            f"bound method of an object, as in step = backlit.compile(object.{name})."
        )

    def __repr__(self) -> str:
        return f"backlit.compile({self._name})"

    def _ran(self, asked: str) -> Variant:
        if self._last is None:
            raise GraphError(
                f"{self._name} has no {asked} yet: it is compiled when it is called first, for "
                "arguments of the shapes it is called with."
            )
        return self._last

    def _same(self) -> bool:
        """Tell whether the program that ran last is still the one for arguments of its kind."""
        return (
            self._world is self._last_world
            and self._world is not None
            and not _not_recording.get()
            and self._world.unchanged()
        )

    def _variant(self, arguments: Arguments) -> Variant | None:
        """Return the program for these arguments, compiling it if needed; ``None`` for eager."""
        if self._world is None or not self._world.unchanged():
            self._world = World(self.function)
        world = self._world
        key = arguments.key, _not_recording.get() > 0, world.facts
        variant = self._variants.get(key)
        if variant is not None or key in self._eager:
            return variant
        if len(self._variants) >= MOST_VARIANTS:
            raise Untraceable(
                f"it has {MOST_VARIANTS} programs already, one for each shape of its arguments "
                "and each setting of what it reaches; give it batches of fewer sizes, and numbers "
                "that change as arrays"
            )
        try:
            found = capture(self.function, arguments, world, keep_gradients=self.keep_gradients)
            variant = Variant(found, world, self._name, arguments.plain(), self.threads)
            variant._bind()  # noqa: SLF001
        except Untraceable:
            self._eager.add(key)
            raise
        except Exception as error:  # noqa: BLE001  (the eager run decides what it means)
            self._failed = key, error
            return None
        self._variants[key] = variant
        return variant

    def _warn(self, why: str) -> None:
        if why not in self._warned:
            self._warned.add(why)
            warnings.warn(f"{self._name} runs eagerly: {why}", CompileWarning, stacklevel=3)
