"""A symbolic tensor in a function of TensorFlow or NumPy: Keras' own function, or a layer around the code."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from kerasguard.adapters import foreign, specs, symbolic
from kerasguard.adapters.foreign import Equivalent
from kerasguard.adapters.trial import Outcome
from kerasguard.adapters.trial_graph import Undecidable
from kerasguard.evidence import Evidence
from kerasguard.provenance.dataflow import references
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.coming import Coming, coming
from kerasguard.repairs.failing import (
    FailingCall,
    delete_argument,
    failing_call,
    has_symbolic,
    is_live,
    keras_path,
    statement_place,
)
from kerasguard.repairs.graph.layer_calls import is_layer_class
from kerasguard.repairs.symbolic.replay import replay
from kerasguard.vocabulary import Edit


def foreign_call(evidence: Evidence) -> FailingCall | None:
    """Return the failing call when it gives a symbolic tensor to a function that is not Keras'."""
    call = failing_call(evidence)
    if call is None or not foreign.is_foreign(call.function):
        return None
    return call if any(tensors_of(call)) else None


def tensors_of(call: FailingCall) -> Iterator[tuple[str, Any]]:
    """Yield text and value of the symbolic tensors that a call was given, of an expression those that it reads."""
    for _, node, value in call.nodes():
        if has_symbolic(value):
            yield call.source.segment(node), value
        elif not is_live(value):
            for name in dict.fromkeys(one.id for one in ast.walk(node) if isinstance(one, ast.Name)):
                if has_symbolic(call.scope.current(name)):
                    yield name, call.scope.current(name)


def of_keras(call: FailingCall) -> bool:
    """Return whether a call was given a tensor of Keras' own, not only such as TensorFlow computes on."""
    return any(specs.kind_of(leaf) == "keras" for _, leaf in specs.leaves([value for _, value in tensors_of(call)]))


def root_of(evidence: Evidence, call: FailingCall) -> str:
    """Return which Keras the tensors belong to, or the layer that is being called where they are TensorFlow's."""
    leaves = [leaf for _, leaf in specs.leaves([value for _, value in tensors_of(call)])]
    layers = [one.layer for one in evidence.layer_calls]
    return symbolic.flavour(*(leaf for leaf in leaves if specs.kind_of(leaf) == "keras"), *layers) or "keras"


def candidates(evidence: Evidence) -> Iterator[Candidate]:
    """Propose what works on symbolic tensors."""
    call = foreign_call(evidence)
    if call is None:
        return
    root = root_of(evidence, call)
    yield from _by_operations(evidence, call, root)
    # Inside a layer numpy works no better.
    if evidence.event.entry in ("keras_tensor", "none", "op") and foreign.root_of(call.function) == "tensorflow":
        yield from _helper_in_layer(evidence, root)
        yield from _expression_in_layer(call, root)


# -- the function of Keras that does the same --------------------------------------------------------------------------


def _by_operations(evidence: Evidence, call: FailingCall, root: str) -> Iterator[Candidate]:
    first = _equivalent(call.node, call.scope, root)
    if first is None:
        return
    others = _others(evidence, call)
    written: list[Edit] = []
    instead: dict[ast.AST, Callable[..., Any]] = {}
    for node, scope, source in [(call.node, call.scope, call.source), *((o.node, o.scope, o.source) for o in others)]:
        found = _equivalent(node, scope, root)
        made = _written(source, scope, node, found) if found is not None else None
        if found is None or made is None:
            if scope is call.scope:
                return  # as a whole the function belongs into a layer
            continue
        written += [edit for edit in made if edit not in written]
        instead[node] = _renaming(found)
    yield Candidate(
        title=f"use {first.package}.{first.path} instead of {call.source.segment(call.node.func)}",
        edits=tuple(written),
        cost=1.0,
        check=lambda: _tried(call, instead, root),
        cause=statement_place(call.source, call.node),
        exact=not others,
        applicability="safe",
    )


def _tried(call: FailingCall, instead: dict[ast.AST, Callable[..., Any]], root: str) -> Outcome:
    """Call the equivalent on the tensors; its output has to be symbolic."""
    read = references(call.source, call.node)
    live = {name: value for name, value in call.scope.names.items() if has_symbolic(value) and name in read}

    def run() -> Any:
        names = {name: stand_in(value, root) for name, value in live.items()}
        made = replay(call.node, call.scope, instead, names)
        if not has_symbolic(made) or any(value is None for value in ([*made] if isinstance(made, tuple) else [])):
            raise Undecidable("the result is not symbolic")
        return made

    return symbolic.attempt(run, list(live.values()), root, "it returns")


def stand_in(value: Any, root: str) -> Any:
    """Return the value with Keras' symbolic tensors in place of TensorFlow's, which cannot be used outside their graph.

    For use inside a trial.
    """

    def one(leaf: Any) -> Any:
        if specs.kind_of(leaf) != "symbolic":
            return leaf
        shape = specs.shape_of(leaf)
        if not shape:
            raise Undecidable("a tensor of unknown shape")
        return symbolic.input_like(root, shape[1:], specs.dtype_of(leaf), shape[0])

    return specs.map_leaves(value, one)


def _equivalent(node: ast.Call, scope: Scope, root: str) -> Equivalent | None:
    function = evaluate(node.func, scope)
    name = node.func.attr if isinstance(node.func, ast.Attribute) else str(getattr(function, "__name__", ""))
    keywords = tuple(str(keyword.arg) for keyword in node.keywords if keyword.arg is not None)
    return foreign.equivalent(name.removesuffix("_v2"), function, keywords, root)


def replacements(node: ast.expr, scope: Scope, root: str) -> Iterator[tuple[ast.Call, Callable[..., Any]]]:
    """Yield the foreign calls in an expression with what does the same on Keras' symbolic tensors.

    For a trial: inside a layer the foreign function itself works on the tensors that it gets there.
    """
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and foreign.is_foreign(evaluate(call.func, scope)):
            found = _equivalent(call, scope, root)
            if found is not None:
                yield call, _renaming(found)


def _renaming(found: Equivalent) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        names = {old: found.renames.get(old, old) for old in kwargs}
        return found.function(*args, **{str(new): kwargs[old] for old, new in names.items() if new is not None})

    return call


def _written(source: SourceFile, scope: Scope, node: ast.Call, found: Equivalent) -> list[Edit] | None:
    if found.package == "keras":
        text, imports = keras_path(scope, "keras", found.path)
    else:
        known = edits.alias(source, "tensorflow")
        imports = () if known else (edits.import_line(source, "import tensorflow as tf"),)
        text = f"{known or 'tf'}.{found.path}"
    written = [*imports, edits.replace(source, node.func, text)]
    for keyword in node.keywords:
        if keyword.arg not in found.renames:
            continue
        new = found.renames[keyword.arg]
        if new is None:
            gone = delete_argument(source, node, keyword.value)
            if gone is None:
                return None
            written.append(gone)
        else:
            row, column, _, _ = source.span(keyword)
            start, end = (row, column), (row, column + len(keyword.arg))
            written.append(Edit(source.filename, start, end, new))
    return written


def _others(evidence: Evidence, call: FailingCall) -> list[Coming]:
    """Return the other foreign calls that the program would come to with symbolic tensors."""
    return [
        one
        for one in coming(evidence)
        if one.symbolic and one.node is not call.node and foreign.is_foreign(evaluate(one.node.func, one.scope))
    ]


# -- a layer around it -------------------------------------------------------------------------------------------------


def _helper_in_layer(evidence: Evidence, root: str) -> Iterator[Candidate]:
    """Propose to call the user's own function in a Lambda layer, where it makes no layers itself."""
    if len(evidence.frames) < 2 or not evidence.frames[-1].direct:
        return
    scope, outer = evidence.scopes[-1], evidence.scopes[-2]
    node = evidence.frames[-2].node
    if not isinstance(node, ast.Call) or scope.owner is None or outer.source is None:
        return
    if not isinstance(scope.owner, ast.FunctionDef) or _makes_layers(scope) or _is_method(scope):
        return
    if any(isinstance(arg, ast.Starred) for arg in node.args) or any(k.arg is None for k in node.keywords):
        return
    source = outer.source
    written: list[tuple[str, ast.expr]] = [("", arg) for arg in node.args]
    written += [(f"{keyword.arg}=", keyword.value) for keyword in node.keywords]
    symbolic_nodes = [id(one.node) for one in scope.arguments.values() if has_symbolic(one.value)]
    symbols = [arg for _, arg in written if id(arg) in symbolic_nodes]
    if not symbols:
        return
    places = {id(arg): ("t" if len(symbols) == 1 else f"t[{index}]") for index, arg in enumerate(symbols)}
    inner = ", ".join(name + places.get(id(arg), source.segment(arg)) for name, arg in written)
    given = [source.segment(arg) for arg in symbols]
    inputs = given[0] if len(given) == 1 else f"[{', '.join(given)}]"
    layer, imports = keras_path(outer, root, "layers.Lambda")
    text = f"{layer}(lambda t: {source.segment(node.func)}({inner}))({inputs})"
    yield Candidate(
        title=f"call {source.segment(node.func)} inside a Lambda layer",
        edits=(*imports, edits.replace(source, node, text)),
        cost=1.5,
        cause=statement_place(scope.source or source, evidence.frames[-1].node or node),
        exact=False,
    )


def _makes_layers(scope: Scope) -> bool:
    """Return whether a function makes or calls layers: they would be hidden inside a Lambda."""
    for node in ast.walk(scope.owner or ast.Pass()):
        if isinstance(node, ast.Call):
            function = evaluate(node.func, scope)
            if is_layer_class(function) or specs.kind_of(function) in ("layer", "model"):
                return True
    return False


def _is_method(scope: Scope) -> bool:
    return scope.source is not None and isinstance(scope.source.parent(scope.owner or scope.source.tree), ast.ClassDef)


def _expression_in_layer(call: FailingCall, root: str) -> Iterator[Candidate]:
    """Propose a Lambda layer around the foreign expression alone."""
    source, scope = call.source, call.scope
    whole: ast.expr = call.node
    parent = source.parent(whole)
    while isinstance(parent, ast.Call) and whole in parent.args and foreign.is_foreign(evaluate(parent.func, scope)):
        whole, parent = parent, source.parent(parent)
    names = [
        name
        for name in dict.fromkeys(node.id for node in ast.walk(whole) if isinstance(node, ast.Name))
        if has_symbolic(scope.names.get(name))
    ]
    if len(names) != 1 or not is_live(scope.names[names[0]]):
        return
    name = names[0]
    layer, imports = keras_path(scope, root, "layers.Lambda")
    text = f"{layer}(lambda {name}: {source.segment(whole)})({name})"
    yield Candidate(
        title=f"put {source.segment(call.node.func)} into a Lambda layer",
        edits=(*imports, edits.replace(source, whole, text)),
        cost=2.0,
        cause=statement_place(source, call.node),
        exact=False,
    )
