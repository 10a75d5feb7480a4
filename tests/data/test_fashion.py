import hashlib
import inspect
from importlib import import_module

import numpy as np
import pytest

from backlit.data import fashion_mnist, mnist, write_idx
from backlit.errors import NetworkError

module = import_module("backlit.data.fashion")


def test_it_is_downloaded_verified_and_read_as_mnist_is(server, tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    sums = {}
    for file in module.SHA256:
        n = 5 if file.startswith("train") else 3
        images = rng.integers(0, 256, (n, 28, 28), np.uint8)
        write_idx(server.folder / file, images if "images" in file else images[:, 0, 0] % 10)
        sums[file] = hashlib.sha256((server.folder / file).read_bytes()).hexdigest()
    monkeypatch.setattr(module, "SHA256", sums)

    for _ in range(2):
        clothes = fashion_mnist(one_hot=True, flatten=False, cache_dir=tmp_path, source=server.url)
        assert clothes.name == "Fashion-MNIST"
        assert clothes.train.x.shape == (5, 1, 28, 28)
        assert clothes.test.t.shape == (3, 10)
    assert len(server.asked) == 4
    assert {path.name for path in (tmp_path / "fashion-mnist").iterdir()} == set(sums)


def test_without_a_network_the_first_file_missing_is_named(nowhere, tmp_path):
    with pytest.raises(NetworkError) as caught:
        fashion_mnist(cache_dir=tmp_path, source=nowhere)
    path = tmp_path / "fashion-mnist" / "train-images-idx3-ubyte.gz"
    assert f"save it as {path}" in str(caught.value)


def test_the_options_are_those_of_mnist():
    ours, theirs = (dict(inspect.signature(f).parameters) for f in (fashion_mnist, mnist))
    for option in ("flatten", "normalize", "one_hot", "dtype"):
        assert ours[option] == theirs[option]
    assert len(module.CLASSES) == 10
