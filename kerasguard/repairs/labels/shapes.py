"""Labels with an axis or with channels too many: the change that gives them the output's shape."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kerasguard.adapters.tensors import blank
from kerasguard.evidence import Evidence, Given
from kerasguard.provenance import walk
from kerasguard.provenance.links import Link
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.labels import demands, units
from kerasguard.repairs.labels.demands import Pair
from kerasguard.vocabulary import Shape

PICTURE_RANK = 4
COLOURS = frozenset({2, 3, 4})


@dataclass(frozen=True)
class Change:
    """A change of shape, and how it is written: for a batch of labels, and for one label before it is batched."""

    title: str
    pattern: dict[str, str]
    shape: Shape
    single: dict[str, str] | None = None
    data: Given | None = None  # what to change where it is not the labels


def change(pair: Pair) -> Change | None:
    """Return the change that makes labels fit their output; None where they fit or nothing simple does."""
    shape, output = pair.given.shape, pair.head.shape
    if shape is None or output is None or pair.head.loss is None:
        return None
    if demands.fits(pair):
        return _one_step_less(shape, output) if pair.head.sparse else None
    colours = len(shape) == len(output) >= PICTURE_RANK and output[-1] == 1 and shape[-1] in COLOURS
    if colours and units.same_places(pair) and not pair.head.sparse:
        return Change("keep one channel of the labels", {"any": "{}[..., :1]"}, (*shape[:-1], 1))
    if colours and pair.head.sparse:
        return None
    return _squeezed(pair, shape)


def _one_step_less(shape: Shape, output: Shape) -> Change | None:
    """Return the change of labels with one step more than the output: they were not moved one step ahead."""
    steps, wanted = (shape[1], output[1]) if len(shape) > 1 and len(output) > 2 else (None, None)
    if steps is None or wanted is None or steps != wanted + 1:
        return None
    return Change(
        "take the labels one step ahead of the data",
        {"any": "{}[:, 1:]"},
        (shape[0], wanted, *shape[2:]),
        {"any": "{}[1:]"},
    )


def ahead(evidence: Evidence, pair: Pair) -> Change | None:
    """Return the change of data of which the labels are made, one step ahead, where it still has its last step."""
    shape, output = pair.given.shape, pair.head.shape
    if len(evidence.given) != 1 or shape is None or output is None or len(output) < 3 or len(shape) < 2:
        return None
    data = evidence.given[0]
    sizes = data.shape[:2] if data.shape else ()
    if len(sizes) < 2 or sizes[1] is None or sizes[1] != output[1] or shape[1] != sizes[1] - 1:
        return None
    if _parting(pair.given, data) is None:
        return None
    left = (sizes[0], shape[1], *(data.shape or ())[2:])
    return Change("take the data without its last step", {"any": "{}[:, :-1]"}, left, {"any": "{}[:-1]"}, data)


def _squeezed(pair: Pair, shape: Shape) -> Change | None:
    for axis in range(1, len(shape)):
        if shape[axis] != 1:
            continue
        rest = (*shape[:axis], *shape[axis + 1 :])
        if demands.fits(demands.rehead(pair, shape=rest)):
            text = {
                "numpy": f"np.squeeze({{}}, axis={axis - len(shape)})",
                "tensor": f"tf.squeeze({{}}, axis={axis - len(shape)})",
            }
            return Change("drop the axis of size 1", text, rest)
    return None


def _parting(one: Given, *others: Given) -> Link | None:
    """Return the last expression on the way of a tensor before the one that it shares with others."""
    shared = {link.node for other in others for link in _way(other)}
    way = _way(one)
    own = [link for link in way if link.node not in shared and not link.path and link.lift <= 1]
    return own[-1] if own and any(link.node in shared for link in way) else None


def _way(given: Given) -> list[Link]:
    if given.node is None or given.scope is None:
        return []
    return walk.chain(given.node, given.scope, demands.element_path(given))


def candidates(evidence: Evidence, pair: Pair, found: Change) -> Iterator[Candidate]:
    """Propose the change where the labels are made, so that training and test data get it alike."""
    given = pair.given if found.data is None else found.data
    others = evidence.given if found.data is None else (pair.given,)
    call, maker = None, demands.maker(given)
    if found.single is not None:
        maker = _parting(given, *others) or maker
    if given.element is None and None not in found.shape:
        sizes = tuple(size for size in found.shape if size is not None)
        call = demands.replaced(evidence, given, blank(sizes, given.spec.dtype or "float32"), maker)
    single = maker is not None and maker.lift == 1 and found.single is not None
    written, at = demands.wrapping(given, maker, (found.single if single else None) or found.pattern)
    if at is None and given.element is not None:
        return  # a pipeline has no axes
    if written:
        yield Candidate(
            title=found.title,
            edits=written,
            cost=0.8,
            call=call,
            cause=at.place if at is not None else None,
            exact=call is not None,
        )
