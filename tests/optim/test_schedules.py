import copy
import pickle

import pytest

from backlit.errors import BacklitError, TypeRefusedError, ValueRefusedError
from backlit.optim import Constant, Cosine, Step, WarmUp

BY_HAND = [
    (Constant(0.3), {0: 0.3, 10**9: 0.3}),
    (Step(0.8, every=3, factor=0.5), {0: 0.8, 2: 0.8, 3: 0.4, 8: 0.2, 9: 0.1}),
    # (1 + cos(π / 3)) / 2 = 0.75, (1 + cos(π / 2)) / 2 = 0.5, (1 + cos(2π / 3)) / 2 = 0.25
    (Cosine(0.4, steps=12), {0: 0.4, 4: 0.3, 6: 0.2, 8: 0.1, 12: 0.0, 99: 0.0}),
    (Cosine(0.5, steps=2, final=0.1), {0: 0.5, 1: 0.3, 2: 0.1, 3: 0.1}),
    (WarmUp(0.4, steps=4), {0: 0.1, 1: 0.2, 2: 0.3, 3: 0.4, 4: 0.4}),
    (WarmUp(Cosine(0.4, steps=12), steps=8), {3: 0.5 * (0.2 + 0.2 * 2**-0.5), 6: 0.175, 8: 0.1}),
    (WarmUp(Step(1.0, every=1), steps=1), {0: 1.0, 1: 0.1}),
]


@pytest.mark.parametrize(("schedule", "points"), BY_HAND)
def test_points_worked_by_hand(schedule, points):
    for step, rate in points.items():
        assert schedule(step) == pytest.approx(rate, abs=1e-15)
        assert type(schedule(step)) is float


@pytest.mark.parametrize("schedule", [schedule for schedule, _ in BY_HAND])
def test_a_schedule_is_its_settings(schedule):
    assert pickle.loads(pickle.dumps(schedule)) == schedule == copy.deepcopy(schedule)
    kinds = {"Constant": Constant, "Cosine": Cosine, "Step": Step, "WarmUp": WarmUp}
    assert eval(repr(schedule), kinds) == schedule
    with pytest.raises(AttributeError):
        schedule.lr = 1.0


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: Constant(-1), ValueRefusedError, "Constant: lr is -1.0"),
        (lambda: Constant("1"), TypeRefusedError, "Constant: lr must be a number.*'1'"),
        (lambda: Step(0.1, every=0), ValueRefusedError, "Step: every is 0"),
        (lambda: Step(0.1, every=1.5), TypeRefusedError, "Step: every must be a whole number.*1.5"),
        (lambda: Step(0.1, every=1, factor=0), ValueRefusedError, "Step: factor is 0.0"),
        (lambda: Cosine(0, steps=10), ValueRefusedError, "Cosine: lr is 0.0"),
        (lambda: Cosine(0.1, steps=10, final=-1), ValueRefusedError, "Cosine: final is -1.0"),
        (lambda: Cosine(0.1, steps=True), TypeRefusedError, "Cosine: steps"),
        (lambda: WarmUp("slow", 5), TypeRefusedError, "WarmUp: schedule must be.*'slow'"),
        (lambda: WarmUp(-0.1, 5), ValueRefusedError, "lr is -0.1"),
        (lambda: WarmUp(0.1, 0), ValueRefusedError, "WarmUp: steps is 0"),
    ],
)
def test_what_makes_no_schedule_is_refused(make, error, says):
    with pytest.raises(error, match=says) as caught:
        make()
    assert isinstance(caught.value, BacklitError)
