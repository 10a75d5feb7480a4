"""One examination for every op: see tests/card_faults.py for what it looks at."""

import pytest
from card_faults import faults

from backlit import ops
from backlit.op import Op

CARDS = [card for card in Op.__subclasses__() if card.__module__.startswith("backlit.ops.")]


def test_every_card_is_exported():
    assert {card.__name__ for card in CARDS} <= set(vars(ops))
    assert len(CARDS) >= 45


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.__name__)
def test_card(card):
    assert faults(card) == []
