"""Every stage against the op's card, on random sizes, forwards and backwards."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backlit as bl
from backlit.compile.layout import blocks, geometry, windows
from backlit.compile.layout.kernels import (
    AvgPool,
    Conv,
    MaxPool,
    Norm,
    chains,
    descend,
    enter,
    in_parts,
    leave,
    normalise,
    total,
)
from backlit.compile.layout.winograd import Winograd

EPS = 1e-5


@st.composite
def convolutions(draw, image):
    kernel = draw(st.sampled_from([(3, 3), (1, 1), (2, 3), (5, 4), (3, 1), (1, 4)]))
    padding = tuple((draw(st.integers(0, 2)), draw(st.integers(0, 2))) for _ in range(2))
    stride = draw(st.sampled_from([(1, 1), (1, 1), (2, 2), (1, 3), (3, 1)]))
    dilation = draw(st.sampled_from([(1, 1), (1, 1), (2, 1), (1, 2), (2, 3)]))
    pool = draw(st.sampled_from([(1, 1), (2, 2), (2, 2), (3, 2), (1, 3)]))
    link = Conv(draw(st.integers(1, 5)), kernel, stride, padding, dilation, pool,
                relu=draw(st.booleans()), bias=draw(st.booleans()))  # fmt: skip
    fits = all(
        size >= span
        for size, span in zip(link.geometry(image).padded, link.geometry(image).span, strict=True)
    )
    if not fits or 0 in link.output(image):
        return Conv(2, (1, 1), bias=False)
    return link


@st.composite
def poolings(draw, image):
    _, height, width = image
    size = draw(st.integers(1, min(3, height))), draw(st.integers(1, min(3, width)))
    stride = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    padding = tuple((draw(st.integers(0, k // 2)), draw(st.integers(0, k // 2))) for k in size)
    if draw(st.booleans()):
        return MaxPool(size, stride, padding)
    return AvgPool(size, stride, padding, draw(st.booleans()))


@st.composite
def nets(draw):
    image = draw(st.integers(1, 4)), draw(st.integers(3, 11)), draw(st.integers(3, 11))
    links, first = [], image
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from([convolutions, convolutions, poolings, None]))
        links.append(Norm(draw(st.booleans())) if kind is None else draw(kind(image)))
        image = links[-1].output(image)
    return first, links


def parameters(links, image, rng, dtype):
    """Return, for each link, what it takes besides its images."""
    given = []
    for link in links:
        if isinstance(link, Conv):
            given.append([rng.standard_normal((link.filters, image[0], *link.kernel))])
            given[-1] += [rng.standard_normal(link.filters)] if link.bias else []
        else:
            norm = isinstance(link, Norm)
            given.append([rng.standard_normal(image[0]) for _ in range(2)] if norm else [])
        image = link.output(image)
    return [[array.astype(dtype) for array in one] for one in given]


def by_cards(links, x, arrays, dz):
    """Return the output, and the gradients of the images and of all parameters."""
    images = bl.tensor(x, requires_grad=True)
    given = [[bl.tensor(array, requires_grad=True) for array in one] for one in arrays]
    z = images
    for link, one in zip(links, given, strict=True):
        if isinstance(link, Conv):
            z = bl.conv2d(z, *one, stride=link.stride, padding=link.padding,
                          dilation=link.dilation)  # fmt: skip
            z = bl.relu(z) if link.relu else z
            z = bl.max_pool2d(z, link.pool) if link.pool != (1, 1) else z
        elif isinstance(link, Norm):
            z = bl.batch_norm(z, *one, eps=EPS)
            z = bl.relu(z) if link.relu else z
        elif isinstance(link, MaxPool):
            z = bl.max_pool2d(z, link.size, stride=link.stride, padding=link.padding)
        else:
            z = bl.avg_pool2d(z, link.size, stride=link.stride, padding=link.padding,
                              count_include_pad=link.padding_counts)  # fmt: skip
    z.backward(dz(z.shape))
    return z.data, images.grad, [[x.grad for x in one] for one in given]


def by_stages(links, x, arrays, dz, parts, threads):
    """Return the same, computed with the batch innermost; twice, in the same memory."""
    made = chains(len(x), parts, threads, x.shape[1:], x.dtype, *links, descends=True)

    def each(function):
        in_parts(function, made, threads)

    gradients = [()] * len(links)
    for _ in range(2):
        each(lambda part: enter(x[part.images], part.x))
        for i, (link, one) in enumerate(zip(links, arrays, strict=True)):
            if isinstance(link, Norm):
                each(lambda part: part[i].measure())
                normalise([part[i] for part in made], EPS)
            each(lambda part: part[i].forward(*one))
        height, channels, width, _ = made[0].out.shape
        z = np.empty((len(x), channels, height, width), x.dtype)
        each(lambda part: leave(part.out, z[part.images]))
        d_z = dz(z.shape)
        each(lambda part: enter(d_z[part.images], part.d_out))
        for i in range(len(links))[::-1]:
            if isinstance(links[i], Norm):
                each(lambda part: part[i].gather())
                gradients[i] = descend([part[i] for part in made])
                count = made[0][i].x[:, 0, :, 0].size * len(x)
                each(lambda part: part[i].backward(arrays[i][0], *gradients[i], count))
            else:
                each(lambda part: part[i].backward(*arrays[i][:1]))
                gradients[i] = [array.copy() for array in total(made, i)]
        d_x = np.empty_like(x)
        each(lambda part: leave(part.d_x, d_x[part.images]))
    return z, d_x, gradients


def assert_same(links, image, batch, seed, dtype, parts, threads):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((batch, *image)).astype(dtype)
    arrays = parameters(links, image, rng, dtype)

    def dz(shape):
        return np.random.default_rng(seed + 1).standard_normal(shape).astype(dtype)

    wanted = by_cards(links, x, arrays, dz)
    found = by_stages(links, x, arrays, dz, parts, threads)
    tolerance = 1e-5 if dtype == np.float32 else 1e-10
    pairs = [(wanted[0], found[0]), (wanted[1], found[1])]
    for one, other in zip(wanted[2], found[2], strict=True):
        pairs += zip(one, other, strict=True)
    for a, b in pairs:
        assert a.dtype == b.dtype
        np.testing.assert_allclose(b, a, rtol=0, atol=tolerance * max(1, np.abs(a).max()))


@pytest.mark.parametrize("cached", [0, 4_000, 20_000, 1 << 20])
@pytest.mark.parametrize("many", [1, 16])
@settings(max_examples=30, deadline=None)
@given(net=nets(), batch=st.integers(2, 7), seed=st.integers(0, 99), cut=st.data())
def test_stages_agree_with_the_cards(cached, many, net, batch, seed, cut):
    image, links = net
    parts = cut.draw(st.integers(1, batch))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "_CACHED", cached)
        patch.setattr(windows, "_BUDGET", 4 * cached)
        patch.setattr(geometry, "_MANY", many)
        assert_same(links, image, batch, seed, np.float64, parts, cut.draw(st.integers(1, 2)))


@settings(max_examples=60, deadline=None)
@given(data=st.data(), batch=st.integers(1, 5), seed=st.integers(0, 99))
def test_float32_to_1e_5(data, batch, seed):
    image = data.draw(st.tuples(st.integers(1, 20), st.integers(1, 9), st.integers(3, 9)))
    link = data.draw(convolutions(image))
    # In float32 two candidates may be equal on one side alone, so nothing is chosen here.
    link = Conv(16, link.kernel, link.stride, link.padding, link.dilation, bias=link.bias)
    assert_same([link], image, batch, seed, np.float32, 1, 1)


@pytest.mark.parametrize("size", [1, 3, 4, 7])
@pytest.mark.parametrize("pool", [(1, 1), (2, 2)])
def test_few_multiplications_at_odd_sizes(size, pool):
    image, link = (16, size, size + 1), Conv(17, (3, 3), padding=((1, 2), (2, 0)), pool=pool)
    (made,) = chains(2, 1, 1, image, np.float64, link)
    assert type(made[0]) is Winograd
    assert_same([link], image, 3, 0, np.float64, 2, 2)


@pytest.mark.parametrize("cached", [0, 150_000, 250_000, 1 << 20])
@pytest.mark.parametrize("pool", [(1, 1), (2, 2)])
def test_few_multiplications_in_any_blocks(cached, pool, monkeypatch):
    monkeypatch.setattr(blocks, "_CACHED", cached)
    links = [Conv(16, (3, 3), pool=pool, relu=True)]
    assert_same(links, (16, 22, 7), 4, 0, np.float64, 1, 1)


def test_of_equals_the_first_wins():
    x = np.zeros((2, 1, 4, 4))
    x[:, :, 2:, 2:] = [[1, 3], [3, 3]]
    one = [np.ones((1, 1, 1, 1)), np.full(1, 0.5)]
    for link in (Conv(1, (1, 1), pool=(2, 2)), Conv(1, (1, 1), pool=(2, 2), relu=True)):
        _, d_x, _ = by_stages([link], x, [one], np.ones, 1, 1)
        np.testing.assert_array_equal(
            d_x[0, 0], [[1, 0, 1, 0], [0, 0, 0, 0], [1, 0, 0, 1], [0, 0, 0, 0]]
        )


def test_a_failing_part_is_heard_of_after_all_are_done():
    made = chains(4, 2, 2, (1, 4, 4), np.float64, Conv(1, (3, 3)))
    done = []

    def work(part):
        if part is made[1]:
            raise ValueError("second")
        done.append(part)

    with pytest.raises(ValueError, match="second"):
        in_parts(work, made, 2)
    assert done == [made[0]]
