"""Files are written whole or not at all."""

from pathlib import Path

import pytest

from backlit.data.atomic import write_atomically
from backlit.errors import DataError


def test_a_file_is_replaced_and_nothing_stays_beside_it(tmp_path):
    path = tmp_path / "a b" / "ü.txt"
    with pytest.raises(DataError, match="could not be written"):
        write_atomically(path, b"one")
    path.parent.mkdir()
    for content in (b"one", b""):
        write_atomically(path, content)
        assert path.read_bytes() == content
    path.with_name("folder").mkdir()
    with pytest.raises(DataError, match="folder could not be written"):
        write_atomically(path.with_name("folder"), b"one")
    assert sorted(each.name for each in path.parent.iterdir()) == ["folder", path.name]


@pytest.mark.parametrize("name", ["", ".", "a\0b"])
def test_what_is_no_name_is_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="no name of a file"):
        write_atomically(Path(name), b"one")
    assert not list(tmp_path.iterdir())
