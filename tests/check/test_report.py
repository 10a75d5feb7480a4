import json

import numpy as np

import backlit as bl
from backlit.check import Fault, Report, check


class Wrong(bl.Op):
    def forward(self, x, y):
        return x * 2 + y

    def backward(self, dz):
        return dz * np.array([2.0, np.nan, -2.0]), dz


def test_a_report_reads_as_a_table_and_says_what_is_wrong():
    report = check(Wrong(), np.ones(3), np.ones(3))
    lines = str(report).splitlines()
    assert lines[0] == "gradient check of wrong: FAIL"
    header, x, y = lines[2:5]
    assert header.index("verdict") == x.index("FAIL") == y.index("pass")
    assert [line.split()[:2] for line in (x, y)] == [["wrong", "x"], ["wrong", "y"]]
    assert [fault.index for fault in report.faults] == [(1,)]
    assert lines[6].startswith("✗ wrong · x[1]: expected")
    assert report.faults[0].diagnosis == "overflow"


def test_a_report_is_json():
    report = check(Wrong(), np.ones(3), np.ones(3))
    whole = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert not whole["ok"]
    assert whole["faults"][0]["got"] == "nan"
    assert whole["faults"][0]["index"] == [1]
    assert whole["faults"][0]["source"]["line"] > 0
    assert whole["rows"][1]["shape"] == [3]


def test_ok_is_no_rows_amiss_and_no_faults():
    assert Report("nothing").ok
    assert not Report("x", (), (Fault("layer", message="broke"),)).ok
    Report("nothing").assert_ok()
