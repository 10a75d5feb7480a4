import hashlib
import shutil
import stat
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from backlit.data import mnist, one_hot, read_idx
from backlit.errors import DataError, TypeRefusedError

module = import_module("backlit.data.mnist")


@pytest.fixture(scope="module")
def digits():
    return mnist()


def test_the_digits_are_the_digits(digits):
    assert digits.name == "MNIST"
    assert digits.classes == tuple("0123456789")
    for split, n in ((digits.train, 60_000), (digits.test, 10_000)):
        assert len(split) == n
        assert split.x.shape == (n, 784)
        assert split.x.dtype == np.float32
        assert split.x.min() == 0
        assert split.x.max() == 1
        assert split.t.shape == (n,)
        assert split.t.dtype == np.int64
    assert digits.train.t[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert np.bincount(digits.test.t).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]  # fmt: skip
    assert digits.train.x.mean(dtype=np.float64) == pytest.approx(0.1307, abs=5e-5)
    assert digits.train.x.std(dtype=np.float64) == pytest.approx(0.3081, abs=5e-5)


def test_the_options_are_other_views_of_the_same_digits(digits):
    other = mnist(flatten=False, normalize=False, one_hot=True)
    for split, plain in ((other.train, digits.train), (other.test, digits.test)):
        assert split.x.shape == (len(plain), 1, 28, 28)
        assert split.x.dtype == np.uint8
        assert split.x.flags.writeable
        pixels = split.x.reshape(len(plain), 784)
        np.testing.assert_array_equal(np.float32(pixels) / np.float32(255), plain.x)
        assert split.t.dtype == np.float32
        np.testing.assert_array_equal(split.t, one_hot(plain.t, 10))


def test_the_dtype_reaches_pixels_and_one_hot_labels():
    test = mnist(dtype=np.float64, one_hot=True).test
    assert test.x.dtype == test.t.dtype == np.float64
    with pytest.raises(TypeRefusedError, match=r"not int32; .* normalize=False"):
        mnist(dtype=np.int32)


@pytest.mark.parametrize("file", module.SHA256)
def test_a_missing_or_altered_file_is_named(file, tmp_path):
    for name in module.SHA256:
        shutil.copy(module.FOLDER / name, tmp_path)
    whole = (tmp_path / file).read_bytes()
    (tmp_path / file).chmod(stat.S_IRUSR | stat.S_IWUSR)

    for damaged in (whole[:-1], whole + b"\0", bytes([*whole[:-1], whole[-1] ^ 1]), b""):
        (tmp_path / file).write_bytes(damaged)
        with pytest.raises(DataError, match="is damaged or altered") as caught:
            mnist(folder=tmp_path)
        assert str(tmp_path / file) in str(caught.value)
        assert module.SHA256[file] in str(caught.value)
    (tmp_path / file).unlink()
    with pytest.raises(DataError, match="could not be read") as caught:
        mnist(folder=tmp_path)
    assert str(tmp_path / file) in str(caught.value)


def test_damage_inside_the_package_is_cured_by_reinstalling(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    with pytest.raises(DataError, match="pip install --force-reinstall"):
        mnist()


def test_the_licence_lists_the_files_as_they_are():
    licence = (module.FOLDER / "LICENSE.md").read_text("utf-8")
    for file, sha256 in module.SHA256.items():
        assert f"{sha256}  {file}" in licence
        idx = Path(file).stem
        values = read_idx(module.FOLDER / file)
        header = bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">u4").tobytes()
        assert f"{hashlib.sha256(header + values.tobytes()).hexdigest()}  {idx}" in licence
