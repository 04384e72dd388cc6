"""A layer of the user's own that fails inside its code: which operation refused what, and where the layer is made."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any

from kerasguard.adapters import specs, symbolic, wants
from kerasguard.adapters.trial import Outcome
from kerasguard.evidence import Evidence
from kerasguard.provenance.abstract import Budget
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.origins import made_at
from kerasguard.provenance.recorder import origin_of
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile, places_of
from kerasguard.provenance.values import UNKNOWN, shape_of
from kerasguard.provenance.walk import chain
from kerasguard.repairs import constructors, edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import statement_place
from kerasguard.repairs.labels import demands
from kerasguard.vocabulary import Place, Shape, Step

METHODS = ("call", "build")
OPERATIONS = ast.Call | ast.BinOp | ast.Subscript | ast.Compare
SIZES = ("units", "filters")
MOST_OPERANDS = 4
OWN_MISTAKES = (NameError, AttributeError, ImportError, OSError, AssertionError, NotImplementedError)


@dataclass(frozen=True)
class Inside:
    """A failure in the code of a layer.

    Attributes
    ----------
    layer
        The layer whose code it is: of a class of the user's, or a Lambda around a function of theirs.
    given
        The shapes that it was called on.
    method
        The function that failed, with its class.
    node, scope, source
        The operation that was refused, where it is written.
    inner
        The layer of Keras' own that refused, where the operation is its call.
    """

    layer: Any
    given: tuple[Shape | None, ...]
    method: str
    node: ast.expr
    scope: Scope
    source: SourceFile
    inner: Any = None

    @property
    def text(self) -> str:
        """The operation as it is written, on one line."""
        return " ".join(self.source.segment(self.node).split())

    @property
    def place(self) -> Place:
        """Its line."""
        return statement_place(self.source, self.node)


def inside_of(evidence: Evidence) -> Inside | None:
    """Return the operation in a layer of the user's own that refused its operands; asked once."""
    held = vars(evidence)
    if "_own_layer" not in held:
        held["_own_layer"] = _inside(evidence)
    found: Inside | None = held["_own_layer"]
    return found


def _inside(evidence: Evidence) -> Inside | None:
    if not evidence.frames or (isinstance(evidence.event.error, OWN_MISTAKES) and not _hidden(evidence)):
        return None
    frame, scope = evidence.frames[-1], evidence.scopes[-1]
    located = frame.source is not None and frame.node is not None
    node = _operation(frame.source, frame.node, scope) if located else None  # type: ignore[arg-type]
    if frame.source is None or node is None:
        return None
    if not evidence.library and not isinstance(evidence.event.error, IndexError | TypeError) and not _hidden(evidence):
        return None  # plain Python, or an error that the user's code raises itself
    for call in reversed(evidence.layer_calls):
        if _runs(evidence, call.layer):
            given = tuple(specs.shape_of(leaf) for _, leaf in specs.leaves(call.inputs))
            last = evidence.layer_calls[-1].layer
            inner = last if last is not call.layer and wants.is_keras(type(last)) else None
            around = type(call.layer).__name__
            method = f"{around}.{frame.function}" if frame.function in METHODS else f"{frame.function}()"
            return Inside(call.layer, given, method, node, scope, frame.source, inner)
    return None


def _operation(source: SourceFile, node: ast.AST, scope: Scope) -> ast.expr | None:
    """Return the operation that failed; of a statement of which no more is known, what it computes."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
        called = evaluate(node.func, scope)
        if called is not UNKNOWN and not callable(called):
            return None  # a list of layers, say: what is given to it is right
    if isinstance(node, OPERATIONS):
        return node
    value = getattr(source.statement(node), "value", None)
    return value if isinstance(value, OPERATIONS) else None


def _hidden(evidence: Evidence) -> bool:
    """Return whether Keras put an error of its own in the place of the one that the user's code raised."""
    hides = isinstance(evidence.event.error, NotImplementedError)
    return hides and any(frame.f_code.co_name == "compute_output_shape" for frame in _stack(evidence))


def _stack(evidence: Evidence) -> Iterator[FrameType]:
    return (entry.frame for entry in evidence.event.stack)


def _runs(evidence: Evidence, layer: Any) -> bool:
    """Return whether a layer's code of the user's is under way: a method of its class, or a Lambda's function."""
    function = getattr(layer, "function", None)
    if wants.is_keras(type(layer)):
        code = getattr(function, "__code__", None)
        return type(layer).__name__ == "Lambda" and any(frame.code is code for frame in evidence.frames)
    owns = (frame for frame in evidence.frames if frame.function in METHODS)
    return any(next(iter(frame.locals.values()), None) is layer for frame in owns)


def knew_other_data(evidence: Evidence, found: Inside) -> bool:
    """Return whether the layer that refused had its weights before this call on data: it has taken other data then."""
    call, built = evidence.call, evidence.event.built_before
    if found.inner is None or call is None or any(wants.is_keras_tensor(leaf) for _, leaf in specs.leaves(call.x)):
        return False
    return bool(specs.read(found.inner, "built")) and (built is None or id(found.inner) in built)


def operands(found: Inside) -> list[tuple[str, Shape]]:
    """Return the tensors of the operation as they are written, with their shapes."""
    node = found.node
    parts: list[ast.expr] = []
    if isinstance(node, ast.Call):
        parts = [*node.args, *(keyword.value for keyword in node.keywords)]
    elif isinstance(node, ast.BinOp):
        parts = [node.left, node.right]
    elif isinstance(node, ast.Subscript):
        parts = [node.value]
    budget = Budget(nodes=10_000, seconds=0.1)
    told: list[tuple[str, Shape]] = []
    for part in [one for each in parts for one in _flat(each)]:
        value = found.scope.current(part.id) if isinstance(part, ast.Name) else evaluate(part, found.scope, budget)
        shape = None if value is UNKNOWN else shape_of(value)
        if shape:
            told.append((" ".join(found.source.segment(part).split()), shape))
    return told[:MOST_OPERANDS]


def _flat(node: ast.expr) -> list[ast.expr]:
    return [one for part in node.elts for one in _flat(part)] if isinstance(node, ast.List | ast.Tuple) else [node]


def lines(found: Inside) -> Iterator[Step]:
    """Yield where the layer is made, and where it was called."""
    origin = origin_of(found.layer)
    places = places_of(origin) if origin is not None else []
    if places:
        yield Step(places[0], f"layer {found.layer.name!r} is made here")
    for node in getattr(found.layer, "_inbound_nodes", ())[-1:]:
        located = made_at(node)
        if located is not None:
            yield Step(statement_place(*located), f"layer {found.layer.name!r} is called here")


def names(found: Inside) -> list[str]:
    """Return the names that the refused operation reads: variables, and attributes of the layer."""
    told: dict[str, None] = {}
    for node in ast.walk(found.node):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
            told |= {node.attr: None}
        elif isinstance(node, ast.Name) and not hasattr(found.scope.current(node.id), "__path__"):
            told |= {node.id: None}
    told.pop("self", None)
    return list(told)


def makers(found: Inside) -> Iterator[Any]:
    """Yield the layers of Keras' own that made the operands, in the same function; the nearest first."""
    budget = Budget(nodes=20_000, seconds=0.2)
    node = found.node
    parts = (
        [*node.args] if isinstance(node, ast.Call) else [node.left, node.right] if isinstance(node, ast.BinOp) else []
    )
    seen: list[Any] = [found.inner]  # what refused an operand did not make it: in a loop they share a name
    for part in [one for each in parts for one in _flat(each)]:
        for link in chain(part, found.scope, (), budget):
            called = evaluate(link.node.func, link.scope, budget) if isinstance(link.node, ast.Call) else None
            if wants.is_layer(called) and wants.is_keras(type(called)) and all(called is not one for one in seen):
                seen.append(called)
                yield called


def candidates(evidence: Evidence, found: Inside) -> Iterator[Candidate]:
    """Propose other settings for the layers that made the operands: the whole sequence, a size that fits."""
    for layer in makers(found):
        made = constructors.made(evidence, layer)
        if made is None:
            continue
        sequences = getattr(layer, "return_sequences", None)
        if sequences is False and found.inner is not None:
            yield Candidate(
                title=f"let {layer.name!r} return the whole sequence",
                edits=(edits.set_argument(made.source, made.call, "return_sequences", "True"),),
                cost=0.5,
                check=_tried(evidence, layer, "return_sequences", value=True),
                cause=made.place,
                exact=evidence.call is not None,
            )
            continue
        yield from _sized(evidence, found, layer, made)


def _tried(evidence: Evidence, layer: Any, setting: str, *, value: Any) -> Callable[[], Outcome] | None:
    """Return the trial with another setting of a layer; None where the trial would make all layers anew."""
    if evidence.event.built_before is not None and symbolic.flavour(layer) == "tf_keras":
        return None
    return demands.tried(evidence, layers={layer: {setting: value}})


def _sized(evidence: Evidence, found: Inside, layer: Any, made: constructors.Made) -> Iterator[Candidate]:
    argument = next((name for name in SIZES if isinstance(getattr(layer, name, None), int)), None)
    if argument is None:
        return
    size = getattr(layer, argument)
    others = [one for _, shape in operands(found) for one in shape if one not in (None, size)]
    if not others:
        others = [size + 1]
    for count, new in enumerate(dict.fromkeys(int(one) for one in others)):
        written = constructors.number(made, argument, 0, new)
        if written is not None:
            yield Candidate(
                title=f"give layer {layer.name!r} {new} {argument}",
                edits=(written.edit,),
                cost=0.8 + 0.1 * count,
                check=_tried(evidence, layer, argument, value=new),
                cause=written.place,
                exact=False,
            )
