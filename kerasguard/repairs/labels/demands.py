"""Labels against outputs and losses: what was given, what each output's loss wants, which side to change."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from kerasguard.adapters import losses, specs
from kerasguard.adapters.dataset_rows import array_behind
from kerasguard.adapters.losses import Head
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
from kerasguard.repairs import constructors, writing
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
    if evidence.event.entry not in TRAINING or evidence.event.owner is None or evidence.failing is not None:
        return []  # what fails inside a layer is no matter of labels
    predicted = evidence.held("y_pred", "train_step", "test_step", "compute_loss", "__call__", "call")
    return losses.heads(evidence.event.owner, predicted)


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
    """Return the array that was passed, or whose rows a dataset hands out; None where only the user's objects know."""
    if given.element is None:
        return as_array(given.value)
    return array_behind(given.value, given.element)


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
    if there is None or here is None or link.lift or given.spec.kind == "object":
        return True
    return len(there) == len(here) and all(
        a is None or b is None or a == b for a, b in zip(there[1:], here[1:], strict=True)
    )


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
    from kerasguard import edits

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
            if one.path == (position, *given.path) and one.shape and _comes_from(one, at):
                sizes = (one.shape[0], *tuple(value.shape)[1:])
                changes["validation_data", one.path] = blank(tuple(size or 1 for size in sizes), value.dtype)
    return changed(call, changes)


def _comes_from(one: Given, at: Link) -> bool:
    if one.node is None or one.scope is None:
        return False
    return any(link.node is at.node for link in walk.chain(one.node, one.scope))


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


def with_loss(evidence: Evidence, pair: Pair, new: Any) -> Any:
    """Return the structure of losses with another one for an output."""
    held = losses.user_losses(evidence.event.owner)
    if isinstance(held, Mapping):
        return {**held, pair.head.name: new}
    if isinstance(held, list | tuple):
        return [new if index == pair.head.index else one for index, one in enumerate(held)]
    return new


def loss_edits(evidence: Evidence, pair: Pair, old: str, new: str) -> tuple[tuple[Edit, ...], Any]:
    """Write another kind of loss, metrics of that kind with it, where the model is compiled; return edits and place."""
    made = constructors.compiled(evidence)
    node = made.argument("loss", 1) if made is not None else None
    if made is None or node is None:
        return (), None
    held = losses.user_losses(evidence.event.owner)
    path: tuple[Any, ...] = (pair.head.name,) if isinstance(held, Mapping) else ()
    if isinstance(held, list | tuple):
        path = (pair.head.index,)
    home = walk.number_home(node, made.scope, path)
    if home is None or home.path:
        return (), None
    found = list(_renamed(home.source, home.node, old, new))
    metrics = made.argument("metrics", 4)
    if found and metrics is not None:
        for part in ast.walk(metrics):
            found += _renamed(made.source, part, old, new, within=True)
    return tuple(found), home.place if home.node is not node else made.place


def _renamed(source: Any, node: ast.AST, old: str, new: str, *, within: bool = False) -> Iterator[Edit]:
    """Yield the edit that turns the prefix `old` of a loss' name into `new`, in its snake or camel form."""
    from kerasguard import edits

    camel_old, camel_new = (part.title().replace("_", "") for part in (old, new))
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        if node.value.startswith(old):
            quote = source.segment(node)[0]
            yield edits.replace(source, node, f"{quote}{new}{node.value[len(old) :]}{quote}")
        return
    if isinstance(node, ast.Call) and not within:
        yield from _renamed(source, node.func, old, new)
        return
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    for before, after in ((old, new), (camel_old, camel_new)):
        if not name.startswith(before) or not isinstance(node, ast.Attribute | ast.Name):
            continue
        text = after + name[len(before) :]
        if isinstance(node, ast.Attribute):
            head = source.segment(node)[: -len(name)]
            yield edits.replace(source, node, head + text)
        else:
            yield from _import_renamed(source, node, name, text)
        return


def _import_renamed(source: Any, node: ast.Name, name: str, text: str) -> Iterator[Edit]:
    from kerasguard import edits

    for statement in ast.walk(source.tree):
        for item in statement.names if isinstance(statement, ast.ImportFrom) else []:
            if (item.asname or item.name) == name and item.asname is None:
                yield edits.replace(source, item, text)
                yield edits.replace(source, node, text)
                return


def rehead(pair: Pair, **changes: Any) -> Pair:
    """Return the pair with the labels' spec changed."""
    return Pair(dataclasses.replace(pair.given, spec=dataclasses.replace(pair.given.spec, **changes)), pair.head)
