"""Make a drawing small: runs and blocks of layers far from the failing place become one box, and so does the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from kerasguard.vocabulary import Drawing, DrawnEdge, DrawnNode, Shape

MOST_NODES = 40
ROOMY = 12  # a drawing of so few boxes is shown as it is
NEAR = 2  # boxes so close to the failing place are never folded
SHORTEST_RUN = 3
MOST_SOURCES = 6
FOLDED = "layers"


def folded(drawing: Drawing) -> Drawing:
    """Return `drawing` with at most 40 boxes; sources still come before targets."""
    before = 0
    while len(drawing.nodes) > ROOMY and len(drawing.nodes) != before:
        before = len(drawing.nodes)
        drawing = _merged(drawing, _runs(drawing))
        if len(drawing.nodes) > ROOMY:
            drawing = _merged(drawing, _detours(drawing))
    if len(drawing.nodes) > MOST_NODES:
        drawing = _merged(drawing, _leftover(drawing))
    return drawing


def _runs(drawing: Drawing) -> list[list[int]]:
    """Return the runs of layers that have one tensor in and one out, away from the failing place."""
    before, after = _neighbours(drawing)
    near = _near(drawing, before)
    plain = {
        index
        for index, node in enumerate(drawing.nodes)
        if node.state == "ok" and index not in near and len(before[index]) == len(after[index]) == 1
    }
    runs: list[list[int]] = []
    for index in sorted(plain):  # sources come first, so a run is met at its beginning
        if before[index][0] in plain:
            continue
        run = [index]
        while after[run[-1]][0] in plain:
            run.append(after[run[-1]][0])
        if len(run) >= SHORTEST_RUN:
            runs.append(run)
    return runs


def _detours(drawing: Drawing) -> list[list[int]]:
    """Return the blocks that begin and end in one tensor: where ways that parted at one box meet again."""
    before, after = _neighbours(drawing)
    near = _near(drawing, before)
    single = [
        before[index][0] if node.state == "ok" and len(before[index]) == len(after[index]) == 1 else None
        for index, node in enumerate(drawing.nodes)
    ]
    blocks: list[list[int]] = []
    for index, node in enumerate(drawing.nodes):
        if index in near or node.state != "ok" or len(before[index]) == 1:
            continue
        starts = {source if single[source] is None else single[source] for source in before[index]}
        for start in set(before[index]) | starts:
            inside = [source for source in before[index] if source != start]
            if inside and start not in inside and all(single[source] == start for source in inside):
                blocks.append([*sorted(inside), index])
                break
    return blocks


def _near(drawing: Drawing, before: Sequence[Sequence[int]]) -> set[int]:
    found = {index for index, node in enumerate(drawing.nodes) if node.state == "failing"}
    for _ in range(NEAR):
        found |= {source for index in found for source in before[index]}
    return found


def _leftover(drawing: Drawing) -> list[list[int]]:
    """Return what is furthest from the end as one group: with sources first, nothing kept can lead back into it."""
    sources = [index for index, node in enumerate(drawing.nodes) if node.state == "input"][:MOST_SOURCES]
    kept = set(range(len(drawing.nodes) - (MOST_NODES - len(sources) - 1), len(drawing.nodes))) | set(sources)
    kept |= {index for index, node in enumerate(drawing.nodes) if node.state == "failing"}
    return [[index for index in range(len(drawing.nodes)) if index not in kept]]


def _merged(drawing: Drawing, groups: Iterable[list[int]]) -> Drawing:
    """Return `drawing` with each group as one box, in the place of the group's last one."""
    home = {index: group[-1] for group in groups for index in group}
    members = {group[-1]: group for group in groups}
    order = [index for index in range(len(drawing.nodes)) if home.get(index, index) == index]
    number = {index: position for position, index in enumerate(order)}
    nodes = tuple(_box(drawing, members[index]) if index in members else drawing.nodes[index] for index in order)
    edges: dict[tuple[int, int, Shape | None], DrawnEdge] = {}
    for edge in drawing.edges:
        source, target = home.get(edge.source, edge.source), home.get(edge.target, edge.target)
        if source == target:
            continue
        moved = replace(edge, source=number[source], target=number[target])
        key = (moved.source, moved.target, moved.shape)
        if key not in edges or moved.refused:
            edges[key] = moved
    return Drawing(nodes, tuple(edges.values()))


def _box(drawing: Drawing, group: Sequence[int]) -> DrawnNode:
    count = sum(drawing.nodes[index].count for index in group)
    return DrawnNode(f"{count} layers", FOLDED, drawing.nodes[group[-1]].shape, "ok", count)


def _neighbours(drawing: Drawing) -> tuple[list[list[int]], list[list[int]]]:
    before: list[list[int]] = [[] for _ in drawing.nodes]
    after: list[list[int]] = [[] for _ in drawing.nodes]
    for edge in drawing.edges:
        before[edge.target].append(edge.source)
        after[edge.source].append(edge.target)
    return before, after
