"""The layout pass: chains of convolutions run with the batch innermost, in parts of the batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backlit.ops import Conv2d

if TYPE_CHECKING:
    from backlit.compile.node import Program

__all__ = ["with_layout"]


def with_layout(program: Program, threads: int | None = None) -> Program:
    """Run chains of convolution, normalisation, ReLU and pooling with the batch innermost.

    Where it pays: elsewhere the program stays as it is. Images are converted once where a chain
    begins and once where it ends.

    Parameters
    ----------
    program
        As it was traced, its calls included.
    threads
        How many threads there may be; as many as there are cores, and the BLAS uses, if left
        out.
    """
    if not any(type(call.op) is Conv2d for call in program.calls):
        return program
    from backlit.compile.layout.rewrite import rewritten  # noqa: PLC0415  (only if needed)

    return rewritten(program, threads)
