"""Draw the graph of a failure as SVG: boxes, arrows with the shapes that pass, and the mismatch marked."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from kerasguard.render.document import shape_text
from kerasguard.render.layering import BOX_WIDTH, Layout, Spot, laid_out
from kerasguard.render.sanitise import cells, cut, one_line
from kerasguard.vocabulary import Drawing, DrawnEdge, DrawnNode

BOX_HEIGHT = 44
FAILING_HEIGHT = 62
ROW_GAP = 56
MERGING_GAP = 76  # several shapes have to find room there
MARGIN = 6
LABEL_HEIGHT = 15
LETTER = 6.7  # width of a letter of a shape
LONGEST_NAME = 17
LONGEST_KIND = 25
LONGEST_SHAPE = 26
SMALLEST = 0.8  # of its size, on a narrow screen; wider drawings scroll
MISFIT = "does not fit"
_STOPS = (0.45, 0.3, 0.6, 0.75, 0.15, 0.85)
_KINDS = {"InputLayer": "Input", "layers": "folded"}

Point = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class _Curve:
    """The way of an arrow: points joined by curves that leave and arrive upright."""

    points: tuple[Point, ...]

    def path(self) -> str:
        (x, y), *_ = self.points
        steps = [f"M{x:.1f} {y:.1f}"]
        for (x0, y0), (x1, y1) in pairwise(self.points):
            bend = (y1 - y0) / 2
            steps.append(f"C{x0:.1f} {y0 + bend:.1f} {x1:.1f} {y1 - bend:.1f} {x1:.1f} {y1:.1f}")
        return "".join(steps)

    def at(self, stop: float) -> Point:
        """Return the point where the part `stop` of the last stretch is behind."""
        (x0, y0), (x1, y1) = self.points[-2:]
        ease = stop * stop * (3 - 2 * stop)
        return x0 + (x1 - x0) * ease, y0 + (y1 - y0) * stop


class _Picture:
    """All that is measured before anything is written."""

    def __init__(self, drawing: Drawing) -> None:
        layout = laid_out(drawing)
        tops = _tops(drawing, layout)
        self.drawing = drawing
        self.boxes = [_box(node, spot, tops) for node, spot in zip(drawing.nodes, layout.boxes, strict=True)]
        self.curves = [_curve(drawing, layout, index, self.boxes, tops) for index in range(len(drawing.edges))]
        self.labels = _labels(drawing.edges, self.curves, self.boxes)
        taken = [*self.boxes, *(place for _, place in self.labels)]
        self.left = min(x for x, _, _, _ in taken) - MARGIN
        self.width = max(x + width for x, _, width, _ in taken) + MARGIN - self.left
        self.height = max(y + height for _, y, _, height in taken) + 2 * MARGIN

    def parts(self, identifier: str) -> str:
        """Return the elements: arrows below boxes below shapes."""
        sources = {edge.source for edge in self.drawing.edges}
        arrows = zip(self.drawing.edges, self.curves, strict=True)
        nodes = enumerate(zip(self.drawing.nodes, self.boxes, strict=True))
        return "".join(
            [
                *(_arrow(edge, curve, identifier) for edge, curve in arrows),
                *(_node(node, box, ends=index not in sources) for index, (node, box) in nodes),
                *(_label(edge, place) for edge, place in self.labels),
            ]
        )


def svg(drawing: Drawing, title: str, identifier: str) -> str:
    """Return the drawing as an SVG element, complete in itself but for the colours (see `html_style`).

    Parameters
    ----------
    title
        What the picture shows, for those who do not see it.
    identifier
        Begins every id, so that several drawings can stand on one page.
    """
    return _element(_Picture(drawing), title, identifier)


def sheet(drawing: Drawing, title: str, identifier: str) -> str:
    """Return the same on a sheet that shrinks a little on narrow screens, and scrolls to the mismatch at first."""
    picture = _Picture(drawing)
    states = [node.state for node in drawing.nodes]
    x = picture.boxes[states.index("failing") if "failing" in states else 0][0]
    start, part = 100 * (x - picture.left) / picture.width, 100 * BOX_WIDTH / picture.width
    return (
        f'<div class="sheet" style="width:clamp({SMALLEST * picture.width:.0f}px,100%,{picture.width:.0f}px)">'
        f'<span class="first" style="left:{start:.1f}%;width:{part:.1f}%"></span>'
        f"{_element(picture, title, identifier)}</div>"
    )


def in_words(drawing: Drawing) -> list[str]:
    """Return the same as sentences, one for each arrow."""
    names = [_full_name(node) for node in drawing.nodes]
    said = []
    for edge in drawing.edges:
        what = shape_text(edge.shape) or "a tensor"
        end = f": {MISFIT}" if edge.refused else ""
        said.append(f"{names[edge.source]} gives {what} to {names[edge.target]}{end}")
    return said


def _element(picture: _Picture, title: str, identifier: str) -> str:
    nodes = picture.drawing.nodes
    failing = ", ".join(_full_name(node) for node in nodes if node.state == "failing")
    described = f"{len(nodes)} boxes from the inputs down; {MISFIT}: {failing}."
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{identifier}-t {identifier}-d" '
        f'width="{picture.width:.0f}" height="{picture.height:.0f}" '
        f'viewBox="{picture.left:.1f} {-MARGIN} {picture.width:.1f} {picture.height:.1f}">'
        f'<title id="{identifier}-t">{_safe(title)}</title><desc id="{identifier}-d">{_safe(described)}</desc>'
        f"<defs>{_marker(identifier, 'ok')}{_marker(identifier, 'refused')}</defs>{picture.parts(identifier)}</svg>"
    )


def _marker(identifier: str, kind: str) -> str:
    return (
        f'<marker id="{identifier}-{kind}" class="kg-head kg-{kind}" viewBox="0 0 8 8" refX="7" refY="4" '
        'markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">'
        '<path d="M0 0L8 4L0 8z"/></marker>'
    )


def _tops(drawing: Drawing, layout: Layout) -> list[tuple[float, float]]:
    """Return top and height of every row."""
    heights = [float(BOX_HEIGHT)] * (max(spot.row for spot in layout.boxes) + 1)
    arriving = Counter(edge.target for edge in drawing.edges)
    merging = {layout.boxes[target].row for target, count in arriving.items() if count > 1}
    for node, spot in zip(drawing.nodes, layout.boxes, strict=True):
        heights[spot.row] = max(heights[spot.row], _height(node))
    found, top = [], 0.0
    for row, height in enumerate(heights):
        found.append((top, height))
        top += height + (MERGING_GAP if row + 1 in merging else ROW_GAP)
    return found


def _height(node: DrawnNode) -> float:
    return FAILING_HEIGHT if node.state == "failing" else BOX_HEIGHT


def _box(node: DrawnNode, spot: Spot, tops: Sequence[tuple[float, float]]) -> Box:
    top, height = tops[spot.row]
    own = _height(node)
    return spot.x - BOX_WIDTH / 2, top + (height - own) / 2, BOX_WIDTH, own


def _curve(
    drawing: Drawing, layout: Layout, index: int, boxes: Sequence[Box], tops: Sequence[tuple[float, float]]
) -> _Curve:
    edge, way = drawing.edges[index], layout.ways[index]
    x, y, width, height = boxes[edge.source]
    points: list[Point] = [(x + width / 2, y + height)]
    for spot in way[1:-1]:
        top, tall = tops[spot.row]
        points += [(spot.x, top), (spot.x, top + tall)]
    arriving = [number for number, other in enumerate(drawing.edges) if other.target == edge.target]
    arriving.sort(key=lambda number: layout.ways[number][-2].x)
    x, y, width, _ = boxes[edge.target]
    port = (arriving.index(index) + 1) / (len(arriving) + 1)
    points.append((x + width * (0.15 + 0.7 * port), y - 1))
    return _Curve(tuple(points))


def _labels(edges: Sequence[DrawnEdge], curves: Sequence[_Curve], boxes: Sequence[Box]) -> list[tuple[DrawnEdge, Box]]:
    """Find a place for the shape on every arrow, apart from boxes and other shapes."""
    placed: list[tuple[DrawnEdge, Box]] = []
    for edge, curve in zip(edges, curves, strict=True):
        text = _label_text(edge)
        if not text:
            continue
        width = cells(text) * LETTER + 4
        places = [(x - width / 2, y - LABEL_HEIGHT / 2, width, LABEL_HEIGHT) for x, y in map(curve.at, _STOPS)]
        taken = [*boxes, *(place for _, place in placed)]
        free = [place for place in places if not any(_overlap(place, other) for other in taken)]
        placed.append((edge, free[0] if free else places[0]))
    return placed


def _overlap(one: Box, other: Box) -> bool:
    apart_x = one[0] + one[2] < other[0] or other[0] + other[2] < one[0]
    apart_y = one[1] + one[3] < other[1] or other[1] + other[3] < one[1]
    return not (apart_x or apart_y)


def _label_text(edge: DrawnEdge) -> str:
    shape = cut(shape_text(edge.shape), LONGEST_SHAPE)
    return f"✗ {shape}".rstrip() if edge.refused else shape


def _label(edge: DrawnEdge, place: Box) -> str:
    x, y, width, height = place
    kind = "refused" if edge.refused else "ok"
    return (
        f'<rect class="kg-back" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height}"/>'
        f'<text class="kg-shape kg-{kind}" x="{x + width / 2:.1f}" y="{y + height - 4:.1f}">'
        f"{_safe(_label_text(edge))}</text>"
    )


def _arrow(edge: DrawnEdge, curve: _Curve, identifier: str) -> str:
    kind = "refused" if edge.refused else "ok"
    return f'<path class="kg-arrow kg-{kind}" d="{curve.path()}" marker-end="url(#{identifier}-{kind})"/>'


def _node(node: DrawnNode, box: Box, *, ends: bool) -> str:
    x, y, width, height = box
    middle = x + width / 2
    style = "folded" if node.count > 1 or node.kind == "layers" else node.state
    radius = BOX_HEIGHT / 2 if node.state == "input" else 5
    kind = _kind(node)
    if ends and node.shape is not None and node.state == "ok":
        kind = f"gives {shape_text(node.shape)}"
    lines = [("kg-name", cut(one_line(node.name), LONGEST_NAME)), ("kg-kind", cut(kind, LONGEST_KIND))]
    if node.state == "failing":
        lines.append(("kg-misfit", f"✗ {MISFIT}"))
    texts = "".join(
        f'<text class="{name}" x="{middle:.1f}" y="{y + 18 + 17 * number:.1f}">{_safe(text)}</text>'
        for number, (name, text) in enumerate(lines)
    )
    return (
        f'<g class="kg-node kg-{style}"><title>{_safe(_full_name(node))}</title>'
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width}" height="{height}" rx="{radius}"/>{texts}</g>'
    )


def _kind(node: DrawnNode) -> str:
    kind = one_line(_KINDS.get(node.kind, node.kind))
    shape = shape_text(node.shape)
    return f"wants {shape}" if node.kind == "InputLayer" and node.state == "failing" and shape else kind


def _full_name(node: DrawnNode) -> str:
    name, kind = one_line(node.name), _kind(node)
    return name if node.kind == "layers" or name.lower() == kind.lower() else f"{name} ({kind})"


def _safe(text: str) -> str:
    return html.escape(one_line(text))
