import gzip
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from backlit.data import read_idx, write_idx
from backlit.data.idx import DTYPES, parse_idx
from backlit.errors import DataError, TypeRefusedError

SAMPLE = np.arange(6, dtype=np.int16).reshape(2, 3)
DTYPE = st.sampled_from(
    [dtype.newbyteorder(order) for dtype in DTYPES.values() for order in "<>"],
)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("idx")


def content_of(array, suffix, folder):
    path = folder / f"sample{suffix}"
    write_idx(path, array)
    return path.read_bytes()


@given(
    array=DTYPE.flatmap(lambda d: hnp.arrays(d, hnp.array_shapes(min_dims=0, min_side=0))),
    suffix=st.sampled_from(["", ".gz"]),
)
def test_what_is_written_is_read_back(array, suffix, folder):
    path = folder / f"round{suffix}"
    write_idx(path, array)
    read = read_idx(path)
    assert read.dtype == array.dtype.newbyteorder("=")
    assert read.dtype.isnative
    assert read.shape == array.shape
    assert read.astype(array.dtype).tobytes() == array.tobytes()
    assert read.flags.writeable


def test_the_bytes_are_those_of_the_format(folder):
    assert content_of(SAMPLE, "", folder) == bytes.fromhex(
        "00000b02 00000002 00000003 0000 0001 0002 0003 0004 0005"
    )
    assert content_of(np.float32(1), "", folder) == bytes.fromhex("00000d00 3f800000")


def test_the_same_array_gives_the_same_gzip(folder, monkeypatch):
    first = content_of(SAMPLE, ".gz", folder)
    monkeypatch.setattr("time.time", lambda: 1e9)
    assert content_of(SAMPLE, ".gz", folder) == first
    assert gzip.decompress(first) == content_of(SAMPLE, "", folder)


def test_a_fortran_ordered_array_keeps_its_values(folder):
    write_idx(folder / "fortran", np.asfortranarray(SAMPLE))
    np.testing.assert_array_equal(read_idx(folder / "fortran"), SAMPLE)


def test_gzip_is_recognised_by_content(folder):
    (folder / "named-plain").write_bytes(content_of(SAMPLE, ".gz", folder))
    (folder / "named.gz").write_bytes(content_of(SAMPLE, "", folder))
    for name in ("named-plain", "named.gz"):
        np.testing.assert_array_equal(read_idx(folder / name), SAMPLE)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_every_cut_and_every_extra_byte_is_refused(suffix, folder):
    content = content_of(SAMPLE, suffix, folder)
    path = folder / "damaged"
    for damaged in [*(content[:end] for end in range(len(content))), content + b"\x01"]:
        path.write_bytes(damaged)
        with pytest.raises(DataError) as caught:
            read_idx(path)
        assert str(path) in str(caught.value)
        assert str(caught.value).endswith(".")


def test_every_flipped_bit_of_a_gzip_is_refused_or_harmless(folder):
    content = content_of(SAMPLE, ".gz", folder)
    refused = 0
    for bit in range(8 * len(content)):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            # Some fields of the gzip header, such as the time, say nothing of the values.
            assert parse_idx(bytes(flipped), "flipped").tolist() == SAMPLE.tolist()
        except DataError:
            refused += 1
    assert refused > 8 * (len(content) - 10)


@given(st.binary(max_size=64), st.sampled_from([b"", b"\0\0", b"\0\0\x08\x01", b"\x1f\x8b\x08"]))
@settings(max_examples=500)
def test_no_bytes_raise_anything_but_a_data_error(content, start):
    try:
        said = f"noise of shape {parse_idx(start + content, 'noise').shape}"
    except DataError as error:
        said = str(error)
    assert said.startswith("noise")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "0 bytes where an IDX header has at least 4"),
        ("89504e47", "begins with the bytes 89 50 where IDX has 00 00"),
        ("00000a01 00000001 00", "dtype code 0x0a where IDX has 0x08"),
        ("00000802 00000001", "ends after 8 bytes, inside its header, which has 12"),
        ("00000c01 00000002 00000001", "announces 8 bytes of values, shape (2,) of int32, and 4"),
        ("00000801 00000001 0000", "announces 1 bytes of values, shape (1,) of uint8, and 2"),
        ("00000841" + 65 * "00000001" + "00", "65 dimensions"),
        ("00000804 00000000" + 3 * "ffffffff", "which NumPy cannot hold"),
    ],
)
def test_errors_say_what_was_found_and_what_was_expected(content, said, folder):
    path = folder / "wrong"
    path.write_bytes(bytes.fromhex(content))
    with pytest.raises(DataError) as caught:
        read_idx(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_file_and_a_folder_are_refused(folder):
    with pytest.raises(DataError, match="does not exist"):
        read_idx(folder / "nowhere")
    with pytest.raises(DataError, match="could not be read"):
        read_idx(folder)


@pytest.mark.parametrize("dtype", [np.int64, np.bool_, np.float16, np.complex64, "U1", object])
def test_a_dtype_unknown_to_idx_is_refused(dtype, tmp_path):
    with pytest.raises(TypeRefusedError, match=r"IDX cannot hold .*, only uint8, int8"):
        write_idx(tmp_path / "never", np.zeros(1, dtype))
    assert not list(tmp_path.iterdir())


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "kept"
    write_idx(path, SAMPLE)

    def no_space(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(DataError, match=r"could not be written \(No space left on device\)"):
        write_idx(path, SAMPLE + 1)
    assert list(tmp_path.iterdir()) == [path]
    np.testing.assert_array_equal(read_idx(path), SAMPLE)


def test_an_interrupted_write_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_idx(tmp_path / "never", SAMPLE)
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(DataError, match="could not be written") as caught:
        write_idx(tmp_path / "nowhere" / "file", SAMPLE)
    assert str(tmp_path / "nowhere") in str(caught.value)


@pytest.mark.skipif(sys.platform == "win32", reason="files have no mode there")
def test_others_may_read_the_file_as_the_umask_says(tmp_path):
    (tmp_path / "usual").touch()
    write_idx(tmp_path / "ours", SAMPLE)
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "usual").stat().st_mode
