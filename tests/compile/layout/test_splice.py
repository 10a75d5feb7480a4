"""New nodes in the place of old ones, and the order that follows."""

import numpy as np

from backlit.compile.layout.splice import read, spliced
from backlit.compile.node import Node, Program

F = np.dtype(np.float32)


def call(function, *operands):
    return Node(function, operands, {}, (3,), F)


def test_what_read_the_old_reads_the_new_and_comes_after_it():
    x = Node("input", shape=(3,), dtype=F)
    old, late = call("np.exp", x), call("np.log", x)
    reader = call("np.negative", old)
    again = call("np.add", reader, old)
    program = Program([old, reader, late, again], [again], {x: reader})
    new = call("np.sqrt", late)
    after = spliced(program, {old: new})
    assert [node.function for node in after.nodes] == ["np.log", "np.sqrt", "np.negative", "np.add"]
    assert after.results[0].operands == (after.states[x], new)
    assert program.nodes[1].operands == (old,)


def test_draws_keep_their_order():
    rng = np.random.default_rng(0)
    old, first, second = call("np.exp"), call("draw", rng, "random"), call("draw", rng, "random")
    reader = call("np.add", old, first)
    program = Program([old, first, reader, second], [reader, second], {})
    assert spliced(program, {old: call("np.sqrt", second)}) is None
    assert spliced(program, {old: call("np.sqrt", first)}) is not None


def test_what_is_still_read():
    x = Node("input", shape=(3,), dtype=F)
    inner = call("np.exp", x)
    old = call("np.log", inner)
    program = Program([inner, old], [old], {})
    assert inner in read(program, {})
    assert inner not in read(program, {old: call("np.sqrt", x)})
