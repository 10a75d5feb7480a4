import hashlib
import subprocess
import sys

import pytest

from backlit.data import download
from backlit.data.download import cache_folder
from backlit.errors import DataError, NetworkError, ValueRefusedError

CONTENT = b"some content"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def test_a_file_is_fetched_once(server, cache):
    (server.folder / "file.bin").write_bytes(CONTENT)
    for _ in range(2):
        path = download(f"{server.url}/file.bin", sha256=SHA256, cache_dir=cache)
        assert path == cache / "file.bin"
        assert path.read_bytes() == CONTENT
    assert server.asked == ["/file.bin"]
    assert list(cache.iterdir()) == [path]


def test_a_damaged_file_in_the_cache_is_fetched_again(server, cache):
    (server.folder / "file").write_bytes(CONTENT)
    cache.mkdir()
    (cache / "mine").write_bytes(CONTENT[:-1])
    path = download(f"{server.url}/file", sha256=SHA256.upper(), name="mine", cache_dir=cache)
    assert path.read_bytes() == CONTENT
    assert path.name == "mine"


@pytest.mark.parametrize(
    ("file", "reason"),
    [("file", "not as expected"), ("gone", "answered 404"), ("cut", "no complete answer came")],
)
def test_what_does_not_arrive_whole_is_not_kept(file, reason, server, cache):
    (server.folder / "file").write_bytes(b"other content")
    with pytest.raises(NetworkError, match=reason) as caught:
        download(f"{server.url}/{file}", sha256=SHA256, cache_dir=cache)
    assert f"{server.url}/{file}" in str(caught.value)
    assert not list(cache.iterdir())


def test_without_a_network_the_error_says_how_to_do_without(nowhere, cache):
    with pytest.raises(NetworkError, match="no complete answer came") as caught:
        download(f"{nowhere}/file", sha256=SHA256, cache_dir=cache)
    message = str(caught.value)
    assert f"{nowhere}/file" in message
    assert f"save it as {cache / 'file'}" in message

    (cache / "file").write_bytes(CONTENT)
    assert download(f"{nowhere}/file", sha256=SHA256, cache_dir=cache).read_bytes() == CONTENT


def test_a_damaged_file_stays_refused_without_a_network(nowhere, cache):
    cache.mkdir()
    (cache / "file").write_bytes(CONTENT[:-1])
    with pytest.raises(NetworkError):
        download(f"{nowhere}/file", sha256=SHA256, cache_dir=cache)


def test_a_cache_that_cannot_hold_the_file_is_named(server, cache):
    (server.folder / "file").write_bytes(CONTENT)
    cache.write_text("a file, not a folder")
    with pytest.raises(DataError, match="could not be cached") as caught:
        download(f"{server.url}/file", sha256=SHA256, cache_dir=cache)
    assert not isinstance(caught.value, NetworkError)
    cache.unlink()
    (cache / "file").mkdir(parents=True)
    with pytest.raises(DataError, match="could not be cached"):
        download(f"{server.url}/file", sha256=SHA256, cache_dir=cache)


@pytest.mark.parametrize(
    ("url", "changes", "said"),
    [
        ("ftp://127.0.0.1/file", {}, "not an address"),
        ("/tmp/file", {}, "not an address"),
        ("http:///file", {}, "not an address"),
        ("http://127.0.0.1/file", {"sha256": "abc"}, "64 hexadecimal digits, not 'abc'"),
        ("http://127.0.0.1/", {}, "cannot name the file"),
        ("http://127.0.0.1/file", {"name": "../file"}, "cannot name the file"),
        ("http://127.0.0.1/..", {}, "cannot name the file"),
    ],
)
def test_arguments_are_checked_before_anything_is_fetched(url, changes, said, cache):
    with pytest.raises(ValueRefusedError, match=said):
        download(url, **{"sha256": SHA256, "cache_dir": cache, **changes})
    assert not cache.exists()


def test_the_cache_has_a_place_of_its_own(tmp_path):
    assert cache_folder().name == "backlit"
    assert cache_folder("~/somewhere").is_absolute()
    assert cache_folder(tmp_path) == tmp_path


def test_importing_the_data_room_does_not_import_pooch():
    command = "import sys, backlit.data; assert not {'pooch', 'requests'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", command], check=True)
