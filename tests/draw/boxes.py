"""Whether a drawing can be read, by the boxes of what is in it."""

from itertools import pairwise

import numpy as np

from backlit.draw.scene import Box, Circle, Frame, Heat, Line


def assert_legible(scene):
    """No text meets another, a circle's border, a heat map, a frame, a line or the edge."""
    texts = scene.texts()
    assert texts
    page = Box(0, 0, scene.width, scene.height)
    boxes = np.array([text.box for text in texts])
    assert (boxes[:, :2] >= -1e-6).all()
    assert (boxes[:, 2] <= page.right + 1e-6).all()
    assert (boxes[:, 3] <= page.bottom + 1e-6).all()
    for i, text in enumerate(texts[:-1]):
        hit = np.flatnonzero(overlapping(boxes[i + 1 :], text.box))
        assert not len(hit), (text, texts[i + 1 + hit[0]])
    for item in scene.items:
        if isinstance(item, (Circle, Heat)):
            for k in np.flatnonzero(overlapping(boxes, item.box)):
                text = texts[k]
                assert isinstance(item, Circle), (text, item)
                assert text.role == "symbol", (text, item)
                assert within(text.box, item.box), (text, item)
        elif isinstance(item, Frame):
            for k in np.flatnonzero(overlapping(boxes, item.box)):
                assert not any(crosses(texts[k].box, a, b) for a, b in sides(item)), (
                    texts[k],
                    item,
                )
        elif isinstance(item, Line):
            for a, b in pairwise(item.points):
                (left, right), (top, bottom) = sorted((a[0], b[0])), sorted((a[1], b[1]))
                around = Box(left - 1, top - 1, right + 1, bottom + 1)
                for k in np.flatnonzero(overlapping(boxes, around)):
                    assert not crosses(texts[k].box, a, b), (texts[k], item)


def assert_apart(boxes):
    """No two boxes overlap."""
    boxes = np.array(boxes)
    for i in range(len(boxes) - 1):
        assert not overlapping(boxes[i + 1 :], Box(*boxes[i])).any(), boxes[i]


def overlapping(boxes, box):
    across = np.minimum(boxes[:, 2], box.right) - np.maximum(boxes[:, 0], box.left)
    along = np.minimum(boxes[:, 3], box.bottom) - np.maximum(boxes[:, 1], box.top)
    return np.minimum(across, along) > 1e-6


def within(inner, outer):
    return (
        outer.left < inner.left
        and inner.right < outer.right
        and outer.top < inner.top
        and inner.bottom < outer.bottom
    )


def sides(frame):
    left, top, right, bottom = frame.box
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    return zip(corners, corners[1:] + corners[:1], strict=True)


def crosses(box, a, b):
    """Whether the segment from a to b enters the box, by clipping it to the box."""
    low, high = 0.0, 1.0
    limits = ((box.left, box.right), (box.top, box.bottom))
    for start, end, (first, last) in zip(a, b, limits, strict=True):
        step = end - start
        if abs(step) < 1e-9:
            if not first < start < last:
                return False
            continue
        near, far = sorted(((first - start) / step, (last - start) / step))
        low, high = max(low, near), min(high, far)
    return high - low > 1e-9
