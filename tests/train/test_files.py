"""What is on disk is whole, or is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backlit.errors import DataError, ValueRefusedError
from backlit.train import History, Row, Run, Settings, newest_run
from backlit.train.arrays import read_arrays, write_arrays
from backlit.train.documents import read_document, write_document

ARRAYS = {
    "W": np.arange(6, dtype=np.float32).reshape(2, 3),
    "turned": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "steps": np.asarray(7),
    "none": np.zeros((0, 3), np.float16),
}
HISTORY = History([Row(1, 600, 1 / 3, 0.91, None, 0.5), Row(2, 1200, 1e-300, 0.1 + 0.2, 1.0, 1e9)])
unhurried = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150
)


def test_arrays_come_back_to_the_last_bit(tmp_path):
    path = tmp_path / "a.safetensors"
    write_arrays(path, "weights", ARRAYS, {"name": "é", "value": 0.1})
    first = path.read_bytes()
    arrays, content = read_arrays(path, "weights")
    assert content == {"name": "é", "value": 0.1}
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        assert np.array_equal(arrays[name], array)
        assert arrays[name].shape == array.shape
    write_arrays(path, "weights", ARRAYS, {"name": "é", "value": 0.1})
    assert path.read_bytes() == first


@unhurried
@given(data=st.data())
def test_a_damaged_file_is_never_read(data, tmp_path):
    path = tmp_path / "damaged"
    if data.draw(st.booleans(), "arrays"):
        write_arrays(path, "weights", ARRAYS, {"value": 1})
        read = lambda: read_arrays(path, "weights")  # noqa: E731
    else:
        HISTORY.save(path)
        read = lambda: History.load(path)  # noqa: E731
    before = read()
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1), "place")
    if data.draw(st.booleans(), "cut"):
        content = content[:place]
    else:
        content[place] ^= data.draw(st.integers(1, 255), "flip")
    path.write_bytes(content)
    try:
        after = read()
    except DataError as error:
        said = str(error)
    else:  # only what says nothing may have changed: spaces between the parts of JSON
        assert repr(after) == repr(before)
        return
    assert str(path) in said
    assert "\n" not in said


def test_a_missing_file_of_another_kind_or_version(tmp_path):
    path = tmp_path / "x.json"
    with pytest.raises(DataError, match="could not be read"):
        read_document(path, "history")
    with pytest.raises(DataError, match="could not be read"):
        read_arrays(path, "weights")
    write_document(path, "settings", {})
    with pytest.raises(DataError, match="holds 'settings' where 'history'"):
        read_document(path, "history")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": 99}))
    with pytest.raises(DataError, match="version 99"):
        read_document(path, "settings")


def test_history_round_trip(tmp_path):
    HISTORY.save(tmp_path / "history.json")
    loaded = History.load(tmp_path / "history.json")
    assert loaded == HISTORY
    assert loaded.column("seconds") == HISTORY.column("seconds")
    assert loaded != History(HISTORY.rows[:1])
    slower = History([Row(1, 600, 1 / 3, 0.91, None, 99.0), HISTORY[1]])
    assert slower == HISTORY


@pytest.mark.parametrize(
    "rows",
    [
        None,
        [3],
        [{"epoch": 1}],
        *(
            [HISTORY.to_json()[0] | wrong]
            for wrong in (
                {"epoch": 1.5},
                {"step": True},
                {"loss": "0.3"},
                {"loss": float("nan")},
                {"seconds": -1},
                {"loss": None},
            )
        ),
    ],
)
def test_rows_of_another_type_are_refused(rows):
    with pytest.raises(DataError, match=r"should (be|have)"):
        History.from_json(rows)


def test_a_run_appears_with_its_settings(tmp_path):
    run = Run.create(tmp_path / "deep" / "run", {"a": [1]})
    assert Run(run.folder).settings == {"a": [1]}
    assert [path.name for path in run.folder.parent.iterdir()] == ["run"]
    with pytest.raises(ValueRefusedError, match="exists already"):
        Run.create(run.folder, {})
    with pytest.raises(DataError, match="no such folder"):
        Run(tmp_path / "none")
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="could not be made"):
        Run.create(tmp_path / "file" / "run", {})


def test_the_newest_run_is_the_one_that_ended_last(tmp_path):
    with pytest.raises(DataError, match="no trained run"):
        newest_run(tmp_path)
    for name in ("z", "a", ".hidden.part"):
        run = Run.create(tmp_path / name, {"settings": Settings().to_json()})
        write_arrays(run.weights_file, "weights", {}, {})
    Run.create(tmp_path / "unfinished", {"settings": Settings().to_json()})
    own = Run.create(tmp_path / "own", {"fit": {}, "settings": {"note": "mine"}})
    write_arrays(own.weights_file, "weights", {}, {})
    (tmp_path / "download").mkdir()
    (tmp_path / "download" / "weights.safetensors").write_bytes(b"of another library")
    assert newest_run(tmp_path).folder == tmp_path / "a"
