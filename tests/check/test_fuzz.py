"""Random nets: no healthy one is failed, no planted mistake passes, and the layer is right."""

import pytest
from check.fuzz import MISTAKES, differs, healthy, make, planted, tried

FEW = 40
MANY = 2_000
PLACED = 0.99


def test_a_net_is_its_own_twin():
    for seed in range(50):
        assert not differs(healthy(seed), healthy(seed))


def test_every_mistake_can_be_planted():
    unplanted = {
        mistake for mistake in MISTAKES if not any(make(seed, mistake) for seed in range(200))
    }
    assert not unplanted


def failures(seeds):
    outcomes = map(tried, map(healthy, seeds))
    return [f"{one.made.story} → {one.said}" for one in outcomes if not one.ok]


def mistakes(seeds):
    """Return the stories of those that pass, and of those whose layer is not named."""
    outcomes = [tried(planted(seed)) for seed in seeds]
    passed = [one.made.story for one in outcomes if one.ok]
    elsewhere = [f"{one.made.story} → {one.said}" for one in outcomes if not one.placed]
    return passed, elsewhere


@pytest.mark.parametrize("start", range(0, FEW, 10))
def test_few_healthy_nets_pass(start):
    assert not failures(range(start, start + 10))


@pytest.mark.parametrize("start", range(0, FEW, 10))
def test_few_planted_mistakes_are_found(start):
    passed, elsewhere = mistakes(range(start, start + 10))
    assert not passed
    assert not elsewhere


@pytest.mark.slow
def test_many_healthy_nets_pass():
    assert not failures(range(FEW, FEW + MANY))


@pytest.mark.slow
def test_many_planted_mistakes_are_found():
    passed, elsewhere = mistakes(range(FEW, FEW + MANY))
    assert not passed
    assert len(elsewhere) <= (1 - PLACED) * MANY, "\n".join(elsewhere)
