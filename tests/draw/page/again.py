"""A graph computed anew in Python, from other inputs: what a page must come to."""

import copy

import numpy as np

import backlit as bl
from backlit.graph import history
from backlit.tensor import apply


def replayed(root, inputs):
    """Return the graph of ``root`` again, leaves replaced by arrays, and the new leaves.

    ``inputs`` has arrays by the leaves that they replace.
    """
    new = {x: bl.tensor(np.asarray(array), x.name) for x, array in inputs.items()}
    for x in reversed(history(root)):
        sources = [new.get(source, source) for source in x.op.inputs]
        op = copy.copy(x.op)
        op.order, op.inputs = 0, ()
        new[x] = apply(op, *sources)
    return new[root], new


def leaves(root):
    """Return the leaves that a gradient goes to."""
    found = dict.fromkeys(x for call in history(root)[::-1] for x in call.op.inputs if x.op is None)
    return [x for x in found if x.requires_grad]
