"""What is wrong with an op's card: one examination that every op must pass.

`faults(card)` returns a list of sentences, empty for a healthy op. A new op gets all of
this by existing; `tests/test_card_faults.py` plants faults and holds the list to naming them.
"""

import numpy as np

import backlit as bl
from backlit.card import Words
from backlit.errors import BacklitError
from backlit.graph import unbroadcast
from backlit.op import Op
from backlit.quiet import quiet

H = 1e-3


def faults(card: type[Op]) -> list[str]:
    """Return every fault that the examination finds, as sentences."""
    examinations = (stated, examples, texts, slopes, curvatures, purity, dtypes, forms, refusals)
    found = []
    for examination in examinations:
        try:
            for fault in examination(card):
                found.append(f"{examination.__name__}: {fault}")
        except Exception as error:  # a card may raise anything
            found.append(f"{examination.__name__}: it raised {error!r}")
    return found


def cases(card):
    """Yield (inputs, options, whether the text covers it): the samples, drawn."""
    rng = np.random.default_rng(5)
    for sample in card.samples:
        yield sample.draw(rng), dict(sample.options), sample.stated


def worked(card):
    """Yield (inputs, example) with lists made arrays and numbers left plain."""
    for example in card.examples:
        yield tuple(x if isinstance(x, float) else np.asarray(x) for x in example.inputs), example


def as_tuple(gradients):
    return gradients if isinstance(gradients, tuple) else (gradients,)


# The examinations


def stated(card):
    if not card.symbol or not card.formula or not card.__doc__:
        yield "symbol, formula or docstring is missing"
    if not card.examples:
        yield "no example worked by hand"
    if card.differentiable and not card.samples:
        yield "no samples to differentiate at"
    count = len(card.examples[0].inputs) if card.examples else 1
    names = {name.split("[")[0] for name in card.input_names(count)}
    if set(card.gradients) != names:
        yield f"gradients are stated for {sorted(card.gradients)}, inputs are {sorted(names)}"
    if card.__bases__ != (Op,):
        yield "it does not derive from Op alone"


def examples(card):
    for inputs, example in worked(card):
        op = card(**example.options)
        z = quiet(op.forward, *inputs)
        if not same(z, example.output):
            yield f"forward{example.inputs} is {z}, by hand {example.output}"
        dout = example.dout if isinstance(example.dout, float) else np.asarray(example.dout)
        for name, got, expected in zip(
            op.input_names(len(inputs)),
            as_tuple(quiet(op.backward, dout)),
            example.gradients,
            strict=True,
        ):
            if (got is None) != (expected is None) or (got is not None and not same(got, expected)):
                yield f"the gradient of {name} at {example.inputs} is {got}, by hand {expected}"


def texts(card):
    rng = np.random.default_rng(6)
    drawn = [(inputs, options) for inputs, options, stated in cases(card) if stated]
    by_hand = [(tuple(map(np.asarray, inputs)), dict(e.options)) for inputs, e in worked(card)]
    for inputs, options in drawn + by_hand:
        op = card(**options)
        names = op.input_names(len(inputs))
        z = quiet(op.forward, *inputs)
        scope = {**dict(zip(names, inputs, strict=True)), "np": np, "z": z}
        scope |= {names[0].split("[")[0]: inputs} if "[" in names[0] else {}
        scope |= vars(op)  # options, and what forward saved
        with np.errstate(all="ignore"):
            if not isinstance(card.formula, Words) and not same(eval(card.formula, scope), z):
                yield f"the formula {card.formula!r} is not forward's for {shapes(inputs)}"
            dz = rng.standard_normal(np.shape(z))
            scope["dz"] = dz
            for name, gradient in zip(names, as_tuple(quiet(op.backward, dz)), strict=True):
                text = card.gradients[name.split("[")[0]]
                if (text is None) != (gradient is None):
                    yield f"the gradient of {name} is {text!r} in the text, {gradient} in backward"
                elif not (text is None or isinstance(text, Words)) and not same(
                    eval(text, scope), gradient
                ):
                    yield f"the text {text!r} is not backward's for {shapes(inputs)}"


def slopes(card):
    """Compare every input's gradient with differences of fourth order, for a random upstream."""
    rng = np.random.default_rng(7)
    for inputs, options, _ in cases(card):
        tensors = [bl.tensor(x) if x.dtype.kind == "f" else x for x in inputs]
        y = bl.apply(card(**options), *tensors)
        dout = rng.standard_normal(y.shape)
        if y.requires_grad:
            y.backward(dout)

        def value(*arrays, options=options, dout=dout):
            return np.sum(dout * quiet(card(**options).forward, *arrays))

        for i, name in enumerate(card(**options).input_names(len(inputs))):
            if card.gradients[name.split("[")[0]] is None:
                continue
            error = distance(tensors[i].grad, differences(value, inputs, i))
            if not error <= 1e-7:
                yield f"the gradient of {name} is off by {error:.1e} for {shapes(inputs)} {options}"


def curvatures(card):
    """Compare second derivatives (`grad` of `grad`) with differences of first ones."""
    if not (card.smooth and card.differentiable):
        return
    rng = np.random.default_rng(8)
    for inputs, options, _ in cases(card):
        names = card(**options).input_names(len(inputs))
        variables = [
            i for i, name in enumerate(names) if card.gradients[name.split("[")[0]] is not None
        ]
        tensors = [bl.tensor(x) if i in variables else x for i, x in enumerate(inputs)]
        y = bl.apply(card(**options), *tensors)
        dout = rng.standard_normal(y.shape)
        wanted = [tensors[i] for i in variables]
        first = bl.grad(y, wanted, dout)
        directions = [rng.standard_normal(x.shape) for x in wanted]
        along = sum((g * v).sum() for g, v in zip(first, directions, strict=True))
        second = bl.grad(along, wanted) if along.requires_grad else [0 * x.data for x in wanted]

        def slope(*arrays, options=options, dout=dout, variables=variables, directions=directions):
            op = card(**options)
            quiet(op.forward, *arrays)
            gradients = as_tuple(quiet(op.backward, dout))
            return sum(
                np.sum(unbroadcast(np.asarray(gradients[i]), arrays[i].shape) * v)
                for i, v in zip(variables, directions, strict=True)
            )

        for i, got in zip(variables, second, strict=True):
            values = got.numpy() if isinstance(got, bl.Tensor) else got
            error = distance(values, differences(slope, inputs, i))
            if not error <= 1e-5:
                where = f"{names[i]} is off by {error:.1e} for {shapes(inputs)}"
                yield f"the second derivative in {where}"


def purity(card):
    """What was given is not written to, what is returned is not shared, twice is the same."""
    rng = np.random.default_rng(9)
    drawn = [(inputs, options) for inputs, options, _ in cases(card)]
    by_hand = [(tuple(map(np.array, inputs)), dict(e.options)) for inputs, e in worked(card)]
    for inputs, options in drawn + by_hand:
        op = card(**options)
        before = [x.copy() for x in inputs]
        z = np.asarray(quiet(op.forward, *inputs))
        z_before = z.copy()
        dz = rng.standard_normal(z.shape)
        dz_before = dz.copy()
        first = [g if g is None else np.array(g) for g in as_tuple(quiet(op.backward, dz))]
        second = as_tuple(quiet(op.backward, dz))
        if not all(map(identical, inputs, before)):
            yield f"an input of {shapes(inputs)} was written to"
        if not identical(z, z_before):
            yield "backward wrote into the output"
        if not identical(dz, dz_before):
            yield "backward wrote into dz"
        if not all(map(identical, first, second)):
            yield "a second backward gives another result"
        doubled = as_tuple(quiet(op.backward, 2 * dz))
        if any(
            g is not None and not np.allclose(d, 2 * g, rtol=1e-12, equal_nan=True)
            for g, d in zip(first, doubled, strict=True)
        ):
            yield "backward is not linear in dz"
        for g in second:
            if g is not None and any(np.shares_memory(g, x) for x in inputs):
                yield "a gradient shares memory with an input"
        yield from aliases(card, inputs, options, dz)


def aliases(card, inputs, options, dz):
    """Look for shared memory among what a user can reach: values, gradients, dout."""
    tensors = [bl.tensor(x) if x.dtype.kind == "f" else x for x in inputs]
    y = bl.apply(card(**options), *tensors)
    if not y.requires_grad:
        return
    y.backward(dz)
    grads = [x.grad for x in tensors if isinstance(x, bl.Tensor) and x.grad is not None]
    others = [dz, y.data, *(x.data for x in tensors if isinstance(x, bl.Tensor))]
    for i, g in enumerate(grads):
        if not g.flags.writeable:
            yield "a leaf's gradient can't be written to"
        if any(np.shares_memory(g, other) for other in others + grads[:i]):
            yield "a leaf's gradient shares memory with another array"


def dtypes(card):
    """float32 in, float32 out and back."""
    for inputs, options, _ in cases(card):
        if options.get("dtype"):
            continue
        singles = [x.astype(np.float32) if x.dtype.kind == "f" else x for x in inputs]
        op = card(**options)
        z = quiet(op.forward, *singles)
        gradients = as_tuple(quiet(op.backward, np.ones_like(z)))
        found = {np.asarray(a).dtype for a in (z, *gradients) if a is not None}
        if found != {np.dtype(np.float32)}:
            yield f"float32 inputs of {shapes(inputs)} give {sorted(map(str, found))}"


def forms(card):
    """A card that says it is elementwise gives the form that its inputs have, if that is one."""
    if not card.elementwise:
        return
    for inputs, options, _ in cases(card):
        for dtype in (np.float16, np.float32, np.float64):
            alike = [x.astype(dtype)[()] for x in np.broadcast_arrays(*inputs)]
            op = card(**options)
            z = quiet(op.forward, *alike)
            gradients = quiet(op.backward, np.ones_like(z)[()])
            if isinstance(gradients, tuple) != (len(inputs) > 1):
                yield "its backward does not return a tuple of all gradients, or the only one"
            found = {(g.shape, g.dtype) for g in (z, *as_tuple(gradients))}
            if found != {(alike[0].shape, alike[0].dtype)}:
                form = f"{alike[0].dtype} {alike[0].shape}"
                yield f"elementwise, but {form} gives {', '.join(map(str, found))}"


def refusals(card):
    if len(card.gradients) > 1 and not card.refusals:
        yield "it takes several inputs and states no refusal"
    for refusal in card.refusals:
        op = card(**refusal.options)
        try:
            bl.apply(op, *refusal.inputs)
        except BacklitError as error:
            missing = [part for part in (op.name, *refusal.says) if part not in str(error)]
            if missing:
                yield f"its refusal of {shapes(refusal.inputs)} does not mention {missing}: {error}"
        else:
            yield f"it accepts {shapes(refusal.inputs)} {refusal.options}, which it must refuse"


# Measures


def differences(f, arrays, i):
    """Differentiate ``f`` in every element of ``arrays[i]``, with an error of order h⁴."""
    arrays = [np.array(x) for x in arrays]
    x = arrays[i]
    slope = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        kept = x[index]
        values = {}
        for k in (-2, -1, 1, 2):
            x[index] = kept + k * H
            values[k] = f(*arrays)
        x[index] = kept
        slope[index] = (8 * (values[1] - values[-1]) - (values[2] - values[-2])) / (12 * H)
    return slope


def distance(got, expected):
    """Return the largest difference relative to the largest expected element (or to 1e-3)."""
    if got is None:
        return np.inf
    if got.shape != expected.shape:
        return np.inf
    if expected.size == 0:
        return 0.0
    return float(np.max(np.abs(got - expected)) / max(np.max(np.abs(expected)), 1e-3))


def same(a, b):
    a, b = np.asarray(a), np.asarray(b)
    return a.shape == b.shape and np.allclose(a, b, rtol=1e-12, atol=1e-15, equal_nan=True)


def identical(a, b):
    return (a is None and b is None) or np.array_equal(a, b, equal_nan=True)


def shapes(inputs):
    return ", ".join(str(np.shape(x)) for x in inputs)
