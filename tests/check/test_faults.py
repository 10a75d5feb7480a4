"""The check, judged by the corpus of mistakes and of healthy code in ``faults/``.

``python tests/check/faults/table.py`` prints the same as a table.
"""

from functools import cache

import pytest
from check.faults import judge as judging
from check.faults.case import CODES
from check.faults.corpus import CASES, HEALTHY, WRONG
from check.faults.judge import DIAGNOSED, share_diagnosed
from check.faults.truth import complaints

judge = cache(judging.judge)


def of(cases):
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


@pytest.fixture(autouse=True)
def _needed(request):
    case = getattr(request.node, "callspec", None) and request.node.callspec.params.get("case")
    if case and case.missing:
        pytest.skip(f"{case.missing} is not installed")


@of(CASES)
def test_corpus_is_true(case):
    found = complaints(case)
    assert bool(found) != case.healthy, found
    alone = case.style in {"layer", "functions"}
    if alone and not case.healthy:
        assert all(case.names_tensor(tensor) for tensor, _ in found if tensor), found


def test_corpus_is_large_and_has_every_mistake():
    assert len(WRONG) >= 60
    assert len(HEALTHY) >= 40
    assert {case.diagnosis for case in WRONG} == CODES


@of(HEALTHY)
def test_healthy_code_passes(case):
    judgement = judge(case)
    assert judgement.verdict, judgement.said


@of(WRONG)
def test_a_mistake_is_found_where_it_is(case):
    judgement = judge(case)
    assert judgement.placed, judgement.said


def test_mistakes_are_called_by_their_names():
    judgements = [judge(case) for case in WRONG if not case.missing]
    wrong = "\n".join(
        f"{one.case.name}: {one.case.diagnosis}, but it said {one.said:.100}"
        for one in judgements
        if not one.diagnosis
    )
    assert share_diagnosed(judgements) >= DIAGNOSED, wrong
