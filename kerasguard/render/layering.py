"""Place the boxes of a drawing: in rows from the inputs down, long arrows led around, few crossings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from kerasguard.vocabulary import Drawing, DrawnEdge

BOX_WIDTH = 148
LANE_WIDTH = 12  # of an arrow that passes a row
GAP = 16
SWEEPS = 6


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the middle of a box (or of an arrow that passes) stands: its row, and its x."""

    row: int
    x: float


@dataclass(frozen=True, slots=True)
class Layout:
    """A spot for every box; for every arrow the spots on its way, its two ends included."""

    boxes: tuple[Spot, ...]
    ways: tuple[tuple[Spot, ...], ...]


class _Item:
    """A box, or the place where a long arrow passes a row."""

    __slots__ = ("above", "below", "row", "width", "x")

    def __init__(self, row: int, width: float) -> None:
        self.row, self.width, self.x = row, width, 0.0
        self.above: list[_Item] = []
        self.below: list[_Item] = []


def laid_out(drawing: Drawing) -> Layout:
    """Return the places of all boxes and arrows of `drawing`."""
    rows = _rows(drawing)
    items = [_Item(row, BOX_WIDTH) for row in rows]
    lanes: list[_Item] = []
    ways = [_way(edge, items, lanes) for edge in drawing.edges]
    table: list[list[_Item]] = [[] for _ in range(max(rows, default=0) + 1)]
    for item in [*items, *lanes]:
        table[item.row].append(item)
    for row in table:
        _spread(row)
    for sweep in range(SWEEPS):
        for row in table if sweep % 2 == 0 else reversed(table):
            _order(row, down=sweep % 2 == 0)
            _settle(row)
    return Layout(
        tuple(Spot(item.row, item.x) for item in items),
        tuple(tuple(Spot(item.row, item.x) for item in way) for way in ways),
    )


def _rows(drawing: Drawing) -> list[int]:
    """Return the row of every box: below all that leads to it, and inputs right above their first use."""
    rows = [0] * len(drawing.nodes)
    forward = sorted((edge for edge in drawing.edges if edge.source < edge.target), key=lambda edge: edge.target)
    for edge in forward:
        rows[edge.target] = max(rows[edge.target], rows[edge.source] + 1)
    fed = {edge.target for edge in forward}
    for index in range(len(rows)):
        uses = [rows[edge.target] for edge in forward if edge.source == index]
        if index not in fed and uses:
            rows[index] = min(uses) - 1
    return rows


def _way(edge: DrawnEdge, items: Sequence[_Item], lanes: list[_Item]) -> list[_Item]:
    source, target = items[edge.source], items[edge.target]
    passed = [_Item(row, LANE_WIDTH) for row in range(source.row + 1, target.row)]
    lanes += passed
    way = [source, *passed, target]
    for upper, lower in pairwise(way):
        upper.below.append(lower)
        lower.above.append(upper)
    return way


def _spread(row: Sequence[_Item]) -> None:
    x = 0.0
    for item in row:
        item.x = x + item.width / 2
        x += item.width + GAP
    for item in row:
        item.x -= (x - GAP) / 2


def _order(row: list[_Item], *, down: bool) -> None:
    row.sort(key=lambda item: _wish(item, item.above if down else item.below))


def _wish(item: _Item, neighbours: Sequence[_Item]) -> float:
    """Return where an item would like to be: under its neighbours, boxes counting more than passing arrows."""
    weights = [3.0 if one.width == item.width else 1.0 for one in neighbours]
    if not weights:
        return item.x
    return sum(one.x * weight for one, weight in zip(neighbours, weights, strict=True)) / sum(weights)


def _settle(row: Sequence[_Item]) -> None:
    """Move the items of a row to where they would like to be, as far as they leave room for each other."""
    wishes = [_wish(item, [*item.above, *item.below]) for item in row]
    left, right = list(wishes), list(wishes)
    for index in range(1, len(row)):
        room = (row[index - 1].width + row[index].width) / 2 + GAP
        left[index] = max(left[index], left[index - 1] + room)
    for index in range(len(row) - 2, -1, -1):
        room = (row[index + 1].width + row[index].width) / 2 + GAP
        right[index] = min(right[index], right[index + 1] - room)
    for item, one, other in zip(row, left, right, strict=True):
        item.x = (one + other) / 2
