"""Search: which other shape of the model's Inputs makes the data fit, where the model is the one to change."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator

from kerasguard.adapters import other_inputs, wants
from kerasguard.adapters.trial import Outcome
from kerasguard.adapters.wants import Wanted
from kerasguard.evidence import Evidence
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.source import SourceFile
from kerasguard.provenance.suspect import Suspect
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.constructors import Made, made, number_at
from kerasguard.repairs.data.search import Pair
from kerasguard.repairs.transformations import proposals
from kerasguard.vocabulary import Edit, Place, Shape

SHAPES = ("shape", "input_shape")
TIME = re.compile(r"time|step|seq|len|window|frame|lag|hist|sample", re.IGNORECASE)
FEATURES = re.compile(r"feat|chan|dim|sensor|electrode|var|col|band", re.IGNORECASE)
PLAIN, LIKELY = 2.3, 0.9


def candidates(evidence: Evidence, wrong: list[Pair]) -> Iterator[Candidate]:
    """Propose to give the one Input that does not fit the shape of the samples it gets."""
    call = evidence.call
    if call is None or len(wrong) != 1 or not other_inputs.is_untrained(call.owner):
        return
    given, want = wrong[0]
    found = written(evidence, want)
    if found is None or given.shape is None or want.shape is None or len(given.shape) < 2 or None in given.shape[1:]:
        return
    at, node = found
    sample = given.shape[1:]
    # Data that only has to be arranged otherwise is the cheaper thing to change.
    arranged = any(
        not change.lossy and (change.kind == "permute" or (change.shape(given.shape) or ())[:1] == given.shape[:1])
        for change in proposals(given.shape, want)
    )
    for written_edit, place, cost in _rewritten(at, node, sample):
        shapes = [(None, *sample) if other is want else other.shape or () for other in evidence.wanted]
        yield Candidate(
            title=f"give the model's Input the shape of a sample of `{given.name}`: {tuple(sample)}",
            edits=(written_edit,),
            cost=cost if cost == LIKELY or not arranged else cost + 2.0,
            check=lambda shapes=shapes: _tried(evidence, shapes),  # type: ignore[misc]
            cause=place,
            applicability="unsafe",
            suspect=None if given.node is None or given.scope is None else Suspect(given.node, given.scope),
        )


def _tried(evidence: Evidence, shapes: list[Shape]) -> Outcome:
    call = evidence.call
    if call is None or not evidence.reproduced:
        return Outcome(accepted=False, note="the trial does not see the fault")
    return other_inputs.accepts(call, shapes)


def written(evidence: Evidence, want: Wanted) -> tuple[Made, ast.expr] | None:
    """Return the call and the expression that give an Input its shape."""
    history = getattr(want.source, "_keras_history", None)
    layer = history[0] if history else None
    at = made(evidence, layer) if layer is not None else None
    if at is not None and getattr(at.call.func, "attr", getattr(at.call.func, "id", "")) in ("Input", "InputLayer"):
        node = next((n for name in SHAPES if (n := at.argument(name)) is not None), None) or at.argument("shape", 0)
        return None if node is None else (at, node)
    model = evidence.event.owner
    if wants.is_sequential(model):
        first = next((one for one in model.layers if not wants.is_input_layer(one)), None)
        at = made(evidence, first) if first is not None else None
        node = at.argument("input_shape") if at is not None else None
        if at is not None and node is not None:
            return at, node
    return None


def _rewritten(at: Made, node: ast.expr, sample: Shape) -> Iterator[tuple[Edit, Place, float]]:
    """Yield ways to write the shape of a sample: the same sizes in another order, one number changed, or all of it."""
    place = at.source.place(node)
    if isinstance(node, ast.Tuple | ast.List):
        values = [evaluate(element, at.scope) for element in node.elts]
        for order in itertools.permutations(range(len(values))):
            if tuple(values[index] for index in order) == tuple(sample) and order != tuple(range(len(values))):
                text = ", ".join(at.source.segment(node.elts[index]) for index in order)
                names = [at.source.segment(element) for element in node.elts]
                yield edits.replace(at.source, node, f"({text})"), place, LIKELY if _confused(names) else PLAIN
                return
        wrong = [index for index, value in enumerate(values) if len(values) == len(sample) and value != sample[index]]
        if len(wrong) == 1 and sample[wrong[0]] is not None:
            element = node.elts[wrong[0]]
            if _only_use(at.source, element):
                home = number_at(at, element, sample[wrong[0]] or 0)
                yield home.edit, home.place, 1.3
            else:  # other lines use the number too
                yield edits.replace(at.source, element, str(sample[wrong[0]])), place, 1.3
            return
    text = f"({', '.join(map(str, sample))}{',' if len(sample) == 1 else ''})"
    rank_same = isinstance(node, ast.Tuple | ast.List) and len(node.elts) == len(sample)
    yield edits.replace(at.source, node, text), place, 1.3 if rank_same else PLAIN + 0.4


def _only_use(source: SourceFile, node: ast.expr) -> bool:
    """Return whether a number is written here, or bound to a name that nothing else reads."""
    if not isinstance(node, ast.Name):
        return isinstance(node, ast.Constant)
    reads = [
        n for n in ast.walk(source.tree) if isinstance(n, ast.Name) and n.id == node.id and isinstance(n.ctx, ast.Load)
    ]
    return len(reads) == 1


def _confused(names: list[str]) -> bool:
    """Return whether features are named where time belongs, in front, and time behind them."""
    return bool(FEATURES.search(names[0])) and bool(TIME.search(names[-1])) and not TIME.search(names[0])
