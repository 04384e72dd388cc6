"""Labels against outputs and losses: what was given, what each output's loss wants, which side to change."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from kerasguard.adapters import losses, specs, wants
from kerasguard.adapters.dataset_rows import array_behind
from kerasguard.adapters.losses import Head
from kerasguard.adapters.specs import kind_of, shape_of
from kerasguard.adapters.tensors import blank
from kerasguard.adapters.trial import Call, Outcome
from kerasguard.adapters.trial_loss import value_range
from kerasguard.evidence import SLOTS, Evidence, Given
from kerasguard.provenance import walk
from kerasguard.provenance.abstract import Budget
from kerasguard.provenance.access import is_a
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.links import Link
from kerasguard.provenance.reentry import users_function
from kerasguard.provenance.values import ghost_of
from kerasguard.repairs import writing
from kerasguard.repairs.data.search import key_of
from kerasguard.vocabulary import Edit, Expectation, Offender, Shape

TRAINING = frozenset({"fit", "evaluate", "train_on_batch", "test_on_batch"})
PASSING = frozenset({"train_test_split", "next", "iter"})  # library calls that hand rows on as they are
WHOLE = ((), ("*",))  # paths that mean a value, or each of its rows
STAGES = frozenset({"from_tensor_slices", "from_tensors", "shuffle", "batch", "prefetch", "cache", "repeat", "take"})
ARRAYS = frozenset({"numpy", "eager", "variable", "dataframe"})


class Pair(NamedTuple):
    """Labels, and the output that they are for."""

    given: Given
    head: Head


def heads(evidence: Evidence) -> list[Head]:
    """Return the outputs of the model that was to be trained or evaluated, with their losses."""
    if evidence.event.entry == "loss" and evidence.call is not None:
        return [losses.head_of(evidence.event.owner, evidence.call.x, _predicting(evidence))]
    if evidence.event.entry not in TRAINING or evidence.event.owner is None or evidence.failing is not None:
        return []  # what fails inside a layer is no matter of labels
    predicted = evidence.held("y_pred", "train_step", "test_step", "compute_loss", "__call__", "call")
    if evidence.event.entry == "fit" and any(frame.f_code.co_name == "test_step" for frame in evidence.library):
        predicted = None  # that is what came of the data for validation
    return losses.heads(evidence.event.owner, predicted)


def _predicting(evidence: Evidence) -> Any:
    """Return the model whose call gave what a loss object was called with."""
    predicted = next(iter(evidence.given), None)
    if predicted is None or predicted.node is None or predicted.scope is None:
        return None
    budget = Budget(nodes=20_000, seconds=0.2)
    for link in walk.chain(predicted.node, predicted.scope):
        if isinstance(link.node, ast.Call):
            called = evaluate(link.node.func, link.scope, budget)
            return called if wants.is_model(called) else None
    return None


def labels(evidence: Evidence) -> list[Given]:
    """Return the labels that were passed."""
    return [one for one in evidence.everything if one.slot == "y"]


def pairs(evidence: Evidence) -> list[Pair]:
    """Match labels with outputs, by name in dicts and by position elsewhere; empty where the counts differ."""
    return paired(labels(evidence), heads(evidence))


def paired(given: list[Given], outputs: list[Head]) -> list[Pair]:
    """Match some labels with outputs."""
    if not given or len(given) != len(outputs):
        return []
    keys = [key_of(one) for one in given]
    names = {head.name: head for head in outputs}
    if all(key is not None for key in keys) and (len(given) > 1 or set(keys) == set(names)):
        if set(keys) != set(names):
            return []
        return [Pair(one, names[str(key)]) for one, key in zip(given, keys, strict=True)]
    return [Pair(one, head) for one, head in zip(given, outputs, strict=True)]


def label_range(given: Given) -> tuple[float, float] | None:
    """Return least and greatest label, None where that is not known without asking the user's objects for rows."""
    return value_range(values_of(given))


def values_of(given: Given) -> Any:
    """Return the array that was passed, or whose rows a pipeline hands out; None where only the user's objects know.

    No iterator is asked: of a dataset its stages tell, of generators and Sequences the way back from an element, up to
    the array on which nothing is computed any more.
    """
    if given.element is None:
        return as_array(given.value)
    found = array_behind(given.value, given.element)
    return _handed_out(given) if found is None else found


def _handed_out(given: Given) -> Any:
    if given.node is None or given.scope is None:
        return None
    found, budget = None, Budget(nodes=20_000, seconds=0.3)
    for link in walk.chain(given.node, given.scope, element_path(given)):
        if link.path in WHOLE:
            value = link.whole if link.path else link.value
            if kind_of(value) in ARRAYS and _alike(shape_of(value), given.shape):
                found = value  # the last one is the whole of which batches are cut
            if not _passes(link, budget, columns=False):
                break
    return found


def _alike(one: Shape | None, other: Shape | None) -> bool:
    """Return whether two shapes are those of the same samples, as far as they are known."""
    if one is None or other is None or len(one) != len(other):
        return False
    return all(a is None or b is None or a == b for a, b in zip(one[1:], other[1:], strict=True))


def as_array(value: Any) -> Any:
    """Return the plain array that an array or a Python list of numbers stands for, and anything else as it is."""
    import numpy as np

    if isinstance(value, np.ndarray):
        return np.ndarray.view(value, np.ndarray)  # the operations of a subclass are the user's
    return np.asarray(value) if is_a(value, list | tuple) and specs.kind_of(value) == "python" else value


def integral(given: Given) -> bool:
    """Return whether the labels are whole numbers, by dtype or by value."""
    if (given.spec.dtype or "").startswith(("int", "uint")):
        return True
    if label_range(given) is None:
        return False
    array = values_of(given)
    values = array if hasattr(array, "astype") else array.numpy()
    return bool((values == values.round()).all())


def class_rank(pair: Pair) -> int | None:
    """Return how many axes fewer the labels have than the output; a last axis of one counts as missing."""
    shape, output = pair.given.shape, pair.head.shape
    if shape is None or output is None:
        return None
    rank = len(shape) - 1 if len(shape) == len(output) and shape[-1] == 1 and output[-1] != 1 else len(shape)
    return len(output) - rank


def one_hot(pair: Pair) -> bool:
    """Return whether the labels have the output's rank and one column per class."""
    shape, output = pair.given.shape, pair.head.shape
    return (
        shape is not None
        and output is not None
        and len(shape) == len(output)
        and shape[-1] not in (1, None)
        and shape[-1] == output[-1]
    )


def fits(pair: Pair) -> bool:
    """Return whether labels and output agree in shape as the loss wants it."""
    shape, output = pair.given.shape, pair.head.shape
    if shape is None or output is None:
        return True
    if pair.head.sparse:
        return class_rank(pair) == 1
    if len(shape) != len(output):
        short, long = sorted((shape, output), key=len)
        return len(long) == len(short) + 1 and long[-1] == 1
    return all(a is None or b is None or a == b for a, b in zip(shape[1:], output[1:], strict=True))


def maker(given: Given, *, columns: bool = False) -> Link | None:
    """Return the expression that makes the labels: past names, rows selected, helpers' results and splits.

    A name whose value is changed in place after it was made stays the place to write at. ``columns`` passes selections
    of columns as well.
    """
    if given.node is None or given.scope is None:
        return None
    path = element_path(given)
    last: Link | None = None
    budget = Budget(nodes=20_000, seconds=0.6)
    for link in walk.chain(given.node, given.scope, path, budget):
        if link.path not in WHOLE:
            if not _passes(link, budget, columns=columns):
                break
            continue
        if not columns and not _same_sample(link, given):
            return last
        last = link
        if isinstance(link.node, ast.Name) and changed_in_place(link):
            return link
        if not _passes(link, budget, columns=columns):
            return link
    return last


def _same_sample(link: Link, given: Given) -> bool:
    """Return whether the value there, as far as it is known, has the rank and the samples of what was passed."""
    there, here = link.shape, given.shape
    return there is None or here is None or bool(link.lift) or given.spec.kind == "object" or _alike(there, here)


def element_path(given: Given) -> tuple[Any, ...]:
    """Return the path to a tensor in the expression that was passed: into the elements of a dataset."""
    if given.element is None:
        return ()
    return ("*", *given.element)


def _passes(link: Link, budget: Budget, *, columns: bool) -> bool:
    """Return whether an expression only hands its rows on: a name, a field, a selection of rows, a helper, a split."""
    node = link.node
    if isinstance(node, ast.Name | ast.Attribute):
        return True
    if isinstance(node, ast.Subscript):
        return columns or not isinstance(node.slice, ast.Tuple)
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in PASSING:
        return True
    if name in STAGES:
        made = ghost_of(evaluate(node, link.scope, budget))
        return made is not None and made.kind == "dataset"
    called = evaluate(node.func, link.scope, budget)
    return users_function(called) is not None or (isinstance(called, type) and called.__module__ == "__main__")


def changed_in_place(link: Link) -> bool:
    """Return whether the program stores into parts of a name's value, or appends to it."""
    node = link.node
    if not isinstance(node, ast.Name) or link.scope.owner is None:
        return False
    for other in ast.walk(link.scope.owner):
        if isinstance(other, ast.Assign | ast.AugAssign) and link.source.owner(other) is not link.scope.owner:
            continue  # a name of a function inside
        targets = (
            other.targets
            if isinstance(other, ast.Assign)
            else [other.target]
            if isinstance(other, ast.AugAssign)
            else []
        )
        for target in targets:
            base = (
                target.value
                if isinstance(target, ast.Subscript)
                else target
                if isinstance(other, ast.AugAssign)
                else None
            )
            if isinstance(base, ast.Name) and base.id == node.id:
                return True
    return False


def wrapping(given: Given, at: Link | None, pattern: Mapping[str, str]) -> tuple[tuple[Edit, ...], Link | None]:
    """Write a pattern around the expression that makes the labels, else around the one that was passed."""
    from kerasguard.repairs import edits

    if at is not None and isinstance(at.node, ast.expr):
        kind = at.value.kind if hasattr(at.value, "kind") else given.spec.kind
        text, imports = writing.pattern(at.source, "numpy" if kind in {"list", "python"} else kind, dict(pattern))
        return (*imports, edits.wrap(at.source, at.node, text)), at
    if given.node is None or given.scope is None or given.scope.source is None:
        return (), None
    text, imports = writing.pattern(given.scope.source, given.spec.kind, dict(pattern))
    return (*imports, edits.wrap(given.scope.source, given.node, text)), None


def replaced(evidence: Evidence, given: Given, value: Any, at: Link | None = None) -> Call | None:
    """Return the failing call with other labels, those for validation as well where both come from the link `at`."""
    from kerasguard.repairs.data.changing import changed

    call = evidence.call
    if call is None or given.element is not None:
        return None
    changes = {(given.slot, given.path): value}
    position = SLOTS.index(given.slot) if given.slot in SLOTS else None
    held_out = call.validation_data
    if at is not None and position is not None and isinstance(held_out, tuple | list) and len(held_out) > position:
        for one in evidence.tensors("validation_data", held_out):
            if one.path == (position, *given.path) and one.shape and _comes_from(evidence, one, at):
                sizes = (one.shape[0], *tuple(value.shape)[1:])
                changes["validation_data", one.path] = blank(tuple(size or 1 for size in sizes), value.dtype)
    return changed(call, changes)


def _comes_from(evidence: Evidence, one: Given, at: Link) -> bool:
    return any(link.node is at.node for link in held_out_way(evidence, one))


def held_out_way(evidence: Evidence, one: Given) -> list[Link]:
    """Return the way of a part of the validation data, also where a helper returned the whole of it."""
    call = evidence.call
    _, node, scope = evidence.written("validation_data", (), call.validation_data if call is not None else None)
    return [] if node is None or scope is None else walk.chain(node, scope, one.path)


def tried(
    evidence: Evidence,
    call: Call | None = None,
    *,
    loss: Any = None,
    layers: Mapping[Any, Mapping[str, Any]] | None = None,
) -> Callable[[], Outcome]:
    """Return the trial of a change of model or loss: the control first, then the call under the change."""

    def check() -> Outcome:
        if evidence.call is None or not evidence.reproduced:
            return Outcome(accepted=False, note="the trial does not show the failure")
        return losses.retried(call or evidence.call, evidence.event.built_before, losses=loss, layers=layers)

    return check


def offenders(pair: Pair, *names: str) -> tuple[Offender, ...]:
    """Return the labels, the layer that makes the output, and further names."""
    found = [pair.given.offender()]
    for layer in (pair.head.maker, pair.head.layer):
        if layer is not None and layer.name not in {one.name for one in found}:
            found.append(Offender(str(layer.name), "layer", pair.head.shape))
    found += [Offender(name, "variable") for name in names if name not in {one.name for one in found}]
    if isinstance(pair.head.loss, str):
        found.append(Offender(pair.head.loss, "loss"))
    return tuple(found)


def expectation(pair: Pair, shape: Shape | None, why: str) -> Expectation:
    """Return what the loss wanted of the labels."""
    return Expectation(pair.head.name, shape, None, why)


def rehead(pair: Pair, **changes: Any) -> Pair:
    """Return the pair with the labels' spec changed."""
    return Pair(dataclasses.replace(pair.given, spec=dataclasses.replace(pair.given.spec, **changes)), pair.head)
