"""Labels and outputs that a loss of Keras' own broadcasts against each other, and what of the program to change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from kerasguard.adapters import losses, unnoticed
from kerasguard.adapters.losses import Head
from kerasguard.adapters.specs import Spec, read
from kerasguard.evidence import Given
from kerasguard.evidence.situation import LossSeen, Situation
from kerasguard.repairs import constructors
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.constructors import Made
from kerasguard.repairs.labels import units
from kerasguard.repairs.labels.demands import Pair
from kerasguard.vocabulary import Expectation, Offender, Shape

Growth = Literal["columns", "steps"]
# Losses that compare element by element, by the beginnings of their names; others may mean the shapes that they take.
ELEMENTWISE = (
    "meansquared", "meanabsolute", "huber", "logcosh", "poisson", "binary", "hinge", "squaredhinge",
    "categoricalcrossentropy",
)  # fmt: skip


def growth(situation: Situation) -> Growth | None:
    """Return along which axes labels and output were broadcast: the last, or others as well; None where they agree."""
    seen = situation.seen
    if seen is None or seen.name is None or not seen.name.startswith(ELEMENTWISE) or not seen.true or not seen.pred:
        return None
    true = _declared(situation, seen.true)
    found = _growth(*_aligned(true, seen.pred))
    return "steps" if found == "columns" and len(true) < len(seen.pred) > 2 else found


def _declared(situation: Situation, true: Shape) -> Shape:
    """Return the shape of the labels; where the traced loss does not know it, as the first batch has it."""
    given = situation.labels_seen() if None in true[1:] else None
    known = given is not None and given.shape is not None and len(given.shape) == len(true)
    return true if given is None or not known else (true[0], *(given.shape or ())[1:])


def _aligned(true: Shape, pred: Shape) -> tuple[Shape, Shape]:
    """Return the shapes as Keras' losses see them: a last axis of one is added or dropped where the ranks differ."""
    if len(true) == len(pred) + 1 and true[-1] == 1:
        return (true, (*pred, 1)) if len(pred) == 1 else (true[:-1], pred)
    if len(pred) == len(true) + 1 and pred[-1] == 1:
        return ((*true, 1), pred) if len(true) == 1 else (true, pred[:-1])
    return true, pred


def _growth(true: Shape, pred: Shape) -> Growth | None:
    rank = max(len(true), len(pred))
    pairs = list(zip((1,) * (rank - len(true)) + true, (1,) * (rank - len(pred)) + pred, strict=True))
    if len(true) != len(pred):
        return "steps" if len(true) and all(a == b or 1 in (a, b) or None in (a, b) for a, b in pairs[1:]) else None
    if any(a != b and 1 not in (a, b) and None not in (a, b) for a, b in pairs):
        return None  # that is an error
    grown = [a != b and None not in (a, b) for a, b in pairs]
    if any(grown[1:-1]):
        return "steps"
    return "columns" if rank > 1 and grown[-1] else None


def head_of(situation: Situation) -> Head | None:
    """Return the output that the loss compared, where that can be told."""
    seen, model = situation.seen, situation.event.owner
    if seen is None or model is None:
        return None
    found = losses.heads(model)
    alike = [
        head for head in found if head.shape is not None and seen.pred is not None and head.shape[1:] == seen.pred[1:]
    ]
    return alike[0] if len(alike) == 1 else found[0] if len(found) == 1 else None


def offenders(situation: Situation, seen: LossSeen) -> tuple[Offender, ...]:
    """Return labels and output with the shapes that met."""
    given, head = situation.labels_seen(), head_of(situation)
    found = [Offender(given.name if given is not None else "y_true", "labels", seen.true)]
    maker = None if head is None else head.layer or head.maker
    found.append(Offender(str(maker.name) if maker is not None else "y_pred", "layer", seen.pred))
    if head is not None and head.maker is not None and head.maker is not maker:
        found.append(Offender(str(head.maker.name), "layer"))
    return tuple(found)


def expected(seen: LossSeen) -> tuple[Expectation, ...]:
    """Return what the loss wanted of the labels."""
    return (Expectation("labels", seen.pred, None, "one label for each number of the output"),)


def maker(situation: Situation) -> Made | None:
    """Return the user's call that made the layer which fixes the output's last axis."""
    head = head_of(situation)
    layer = None if head is None else head.maker or head.layer
    return constructors.made(situation, layer) if layer is not None else None


def resized(situation: Situation) -> Iterator[Candidate]:
    """Propose as many units as the labels have columns."""
    head, seen, given = head_of(situation), situation.seen, situation.labels_seen()
    if head is None or seen is None or seen.true is None or not seen.true[-1]:
        return
    stand_in: Any = given if given is not None else Given("y", (), None, Spec(seen.true, None, "symbolic"), "y")
    yield from units.resized(situation, Pair(stand_in, head), seen.true[-1], cost=0.9)


def sequences(situation: Situation) -> Made | None:
    """Return the call of the last recurrent layer that returns all its steps, None without any."""
    found = [layer for layer, _ in unnoticed.recurrent(situation.event.owner) if read(layer, "return_sequences")]
    return constructors.made(situation, found[-1]) if found else None
