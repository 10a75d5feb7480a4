"""Values and gradients of 200 random convolutions, poolings and normalisations, and PyTorch's."""

import numpy as np
import pytest

import backlit as bl

torch = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")
F = torch.nn.functional
KINDS = ("conv2d", "conv1d", "max_pool2d", "avg_pool2d", "batch_norm")
TOLERANCE = {"float32": 1e-5, "float64": 1e-10}


def drawn(seed):
    """Draw a kind, inputs and options, edge cases often: batch 1, one channel, 1 × 1, odd sizes."""
    rng = np.random.default_rng(seed)

    def whole(low, high, count=None):
        return rng.integers(low, high + 1, count).tolist()

    kind = KINDS[seed % len(KINDS)]
    batch = 1 if rng.random() < 0.3 else whole(2, 5)
    if kind == "batch_norm":
        channels = whole(1, 6)
        # A batch of one is normalised over its pixels.
        shape = (batch, channels, *(whole(2, 7, 2) if batch == 1 else whole(1, 7, whole(0, 2))))
        inputs = [rng.normal(2, 3, shape), rng.normal(size=channels), rng.normal(size=channels)]
        return kind, inputs, {"eps": 10.0 ** -whole(2, 5)}
    axes = 1 if kind == "conv1d" else 2
    lengths = whole(1, 13, axes)
    if kind.startswith("conv"):
        groups = whole(1, 3)
        channels, filters = groups * whole(1, 4), groups * whole(1, 4)
        padding, dilation = whole(0, 3, axes), whole(1, 3, axes)
        room = [
            (n + 2 * p - 1) // d + 1 for n, p, d in zip(lengths, padding, dilation, strict=True)
        ]
        kernel = [whole(1, min(5, n)) for n in room]
        inputs = [
            rng.normal(size=(batch, channels, *lengths)),
            rng.normal(size=(filters, channels // groups, *kernel)),
        ]
        if rng.random() < 0.7:
            inputs.append(rng.normal(size=filters))
        options = {"stride": whole(1, 3, axes), "padding": padding, "dilation": dilation}
        return kind, inputs, {**options, "groups": groups}
    size = whole(1, 4, 2)
    padding = [whole(0, k // 2) for k in size]
    options = {"stride": whole(1, 4, 2), "padding": padding}
    lengths = [max(n, k) for n, k in zip(lengths, size, strict=True)]
    if kind == "max_pool2d":
        room = [(n - 1) // max(k - 1, 1) for n, k in zip(lengths, size, strict=True)]
        options["dilation"] = [whole(1, max(1, min(3, n))) for n in room]
        x = rng.integers(-3, 4, (batch, whole(1, 4), *lengths)).astype(float)  # ties everywhere
    else:
        options["count_include_pad"] = bool(whole(0, 1))
        x = rng.normal(size=(batch, whole(1, 4), *lengths))
    return kind, [x], {"size": size, **options}


def theirs(kind, inputs, options):
    if kind == "batch_norm":
        x, gamma, beta = inputs
        return F.batch_norm(x, None, None, gamma, beta, training=True, **options)
    renamed = {"size": "kernel_size"}
    options = {renamed.get(name, name): value for name, value in options.items()}
    return getattr(F, kind)(*inputs, **options)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("seed", range(200))
def test_agreement(seed, dtype):
    kind, inputs, options = drawn(seed)
    inputs = [x.astype(dtype) for x in inputs]
    mine = [bl.tensor(x) for x in inputs]
    y = getattr(bl, kind)(*mine, **options)
    peer = [torch.tensor(x, requires_grad=True) for x in inputs]
    z = theirs(kind, peer, options)
    dout = np.random.default_rng(seed).normal(size=y.shape).astype(dtype)
    y.backward(dout)
    z.backward(torch.tensor(dout))
    pairs = [(y.data, z.detach().numpy())]
    pairs += [(a.grad, b.grad.numpy()) for a, b in zip(mine, peer, strict=True)]
    for a, b in pairs:
        assert a.shape == b.shape
        assert a.dtype == b.dtype
        scale = max(1.0, float(np.max(np.abs(b), initial=0.0)))
        assert np.max(np.abs(a - b), initial=0.0) <= TOLERANCE[dtype] * scale, (kind, options)


@pytest.mark.parametrize("shape", [(4, 3), (4, 3, 5), (3, 2, 4, 5)])
def test_batch_norm_remembers_what_theirs_does(shape):
    kind = {2: "BatchNorm1d", 3: "BatchNorm1d", 4: "BatchNorm2d"}[len(shape)]
    peer = getattr(torch.nn, kind)(shape[1], momentum=0.3, dtype=torch.float64)
    layer = bl.layers.BatchNorm(shape[1], momentum=0.3, dtype="float64")
    rng = np.random.default_rng(0)
    for _ in range(3):
        x = rng.normal(1, 2, shape)
        np.testing.assert_allclose(layer(x).data, peer(torch.tensor(x)).detach(), atol=1e-10)
    np.testing.assert_allclose(layer.mean.data, peer.running_mean, rtol=1e-10)
    np.testing.assert_allclose(layer.variance.data, peer.running_var, rtol=1e-10)
    x = rng.normal(1, 2, shape)
    given = bl.tensor(x)
    y = layer.eval()(given)
    y.sum().backward()
    theirs = torch.tensor(x, requires_grad=True)
    z = peer.eval()(theirs)
    z.sum().backward()
    np.testing.assert_allclose(y.data, z.detach(), atol=1e-10)
    np.testing.assert_allclose(given.grad, theirs.grad, atol=1e-10)
    np.testing.assert_allclose(layer.gamma.grad, peer.weight.grad, atol=1e-10)
