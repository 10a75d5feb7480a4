"""Links are led around what stands in their way."""

import numpy as np
import pytest
from draw.boxes import assert_legible

import backlit as bl
from backlit.draw.detour import lane, meeting
from backlit.draw.scene import Frame, Line, Text

TEXT = Text(50.0, 0.0, "in the way", 15.0, "value")
BLOCK = Frame(50.0, -10.0, 40.0, 20.0, "block")


def through(*points):
    return Line(points, "wire", arrow=True)


def test_lines_through_texts_and_boxes_of_others_are_found():
    straight, around = through((0, 0), (200, 0)), through((0, 0), (20, 40), (180, 40), (200, 0))
    upright = through((60.0, -90.0), (60.0, 90.0))
    for item in (TEXT, BLOCK):
        pieces = [[], [], [item]]
        links = [(0, 1), (0, 1), (0, 1), (0, 2), (0, 1)]
        found = meeting([straight, around, upright, straight, None], links, pieces)
        assert found == [0, 2]  # its own piece a line may touch


def test_a_border_may_be_touched_and_lines_of_pieces_do_not_count():
    along = through((0.0, BLOCK.box.top), (200.0, BLOCK.box.top))
    assert meeting([along], [(0, 1)], [[], [], [BLOCK]]) == []
    assert meeting([along], [(0, 1)], [[], [], [through((50, -20), (50, 20))]]) == []


def test_a_lane_is_beyond_all_that_stands_between():
    taken = np.array(
        [(10.0, 20.0, -30.0, 5.0), (40.0, 50.0, -5.0, 12.0), (90.0, 99.0, -80.0, 80.0)]
    )
    assert lane(taken, 0.0, 60.0, 0.0, 16.0) == 28.0
    assert lane(taken, 0.0, 60.0, -20.0, 16.0) == -46.0
    assert lane(taken, 60.0, 80.0, 3.0, 16.0) == 19.0


@pytest.mark.parametrize("direction", ["right", "left", "down", "up"])
def test_a_steep_link_turns_before_a_leaf_below_its_op(direction):
    """The leaf is as wide as the op and a little more, so the link cut its corner."""

    def product():
        x = bl.tensor(np.ones((2, 3, 4, 5)))
        w = bl.tensor(np.ones((2, 3, 4, 5)), requires_grad=False)
        y = x - x
        y = y * y
        return w * (w * y)

    options = {"dout": np.ones((2, 3, 4, 5)), "precision": 2, "direction": direction}
    assert_legible(bl.draw(product(), **options).scene)
