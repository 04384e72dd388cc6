"""A model built on data: find what should have been an Input, and write the Input into the source."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from kerasguard.adapters import specs, symbolic
from kerasguard.adapters.trial import Outcome
from kerasguard.evidence import Evidence
from kerasguard.provenance.bindings import Binding
from kerasguard.provenance.dataflow import Part, occurrences, references, slice_of
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.repairs.failing import FailingCall, failing_call, keras_path, statement_place
from kerasguard.repairs.graph.layer_calls import inspect_arguments
from kerasguard.vocabulary import Edit, Place

DATA = frozenset({"numpy", "eager", "variable", "python", "ragged", "sparse", "dataframe"})


@dataclass(frozen=True)
class Fed:
    """An expression among the inputs (or outputs) of ``Model(...)`` that is data."""

    node: ast.expr
    value: Any
    scope: Scope
    call: FailingCall
    outputs: ast.expr | None

    @property
    def source(self) -> SourceFile:
        """The file of the expression."""
        return self.call.source if self.scope.source is None else self.scope.source

    @property
    def text(self) -> str:
        """As the user wrote it."""
        return self.source.segment(self.node)

    @property
    def leaf(self) -> Any:
        """The data, of several the first."""
        return next((leaf for _, leaf in specs.leaves(self.value) if specs.kind_of(leaf) in DATA), None)


def fed(evidence: Evidence, slot: str = "inputs") -> list[Fed]:
    """Return the data among the inputs or outputs of a functional model's constructor."""
    if evidence.event.entry != "functional" or evidence.site is None:
        return []
    call = failing_call(evidence, evidence.site)
    given = inspect_arguments(evidence.event.args, evidence.event.kwargs)
    if call is None or not _holds_data(given[slot]):
        return []
    nodes: dict[str, ast.expr] = {}
    for where, node, _ in call.nodes():
        nodes[{0: "inputs", 1: "outputs"}.get(where, str(where)) if isinstance(where, int) else where] = node
    if slot not in nodes:
        return []
    found: list[Fed] = []
    for node, value in _expressions(nodes[slot], given[slot]):
        if _holds_data(value):
            found.append(Fed(node, value, call.scope, call, nodes.get("outputs")))
    return found


def _holds_data(value: Any) -> bool:
    return any(specs.kind_of(leaf) in DATA for _, leaf in specs.leaves(value))


def _expressions(node: ast.expr, value: Any) -> Iterator[tuple[ast.expr, Any]]:
    if isinstance(node, ast.List | ast.Tuple) and isinstance(value, list | tuple) and len(node.elts) == len(value):
        for one, item in zip(node.elts, value, strict=True):
            yield from _expressions(one, item)
    elif isinstance(node, ast.Dict) and isinstance(value, dict) and len(node.values) == len(value):
        for one, item in zip(node.values, value.values(), strict=True):
            yield from _expressions(one, item)
    else:
        yield node, value


def _arguments(evidence: Evidence) -> tuple[Any, Any, str | None]:
    given = inspect_arguments(evidence.event.args, evidence.event.kwargs)
    return given["inputs"], given["outputs"], symbolic.flavour(evidence.event.owner)


def _real_inputs(evidence: Evidence) -> list[Any]:
    """Return the Inputs that feed the outputs and are not listed."""
    inputs, outputs, _ = _arguments(evidence)
    tensors = [leaf for _, leaf in specs.leaves(outputs) if specs.kind_of(leaf) == "keras"]
    listed = [leaf for _, leaf in specs.leaves(inputs)]
    return [one for one in symbolic.inputs_behind(tensors) if all(one is not other for other in listed)]


def _with_input(evidence: Evidence, one: Fed, tensor: Any) -> Callable[[], Outcome]:
    inputs, outputs, root = _arguments(evidence)
    assert root is not None  # noqa: S101 - the owner is a Keras model
    mended = specs.map_leaves(inputs, lambda leaf: tensor if leaf is one.leaf else leaf)
    return lambda: symbolic.attempt(
        lambda: symbolic.functional(root, mended, outputs),
        [mended, outputs],
        root,
        "the model can be built; it returns",
    )


# -- the name of an Input was bound to data ----------------------------------------------------------------------------


def rebindings(one: Fed) -> list[Binding]:
    """Return the statements that bound the name of an Input to data, in source order; empty when none did."""
    if not isinstance(one.node, ast.Name):
        return []
    home, reaching = one.scope.home(one.node.id, one.node)
    found: list[Binding] = []
    binding = next(iter(reaching), None)
    while binding is not None and len(found) < 20:
        if binding.value is not None and _is_input(binding.value, home):
            return found[::-1]
        if binding.kind not in ("assign", "for", "augmented") or binding in found:
            return []
        found.append(binding)
        use: ast.AST = binding.statement if binding.kind == "for" else binding.value or binding.statement
        earlier = [b for b in home.bindings(one.node.id, use) if b.statement is not binding.statement]
        binding = next(iter(earlier), None)
    return []


def _is_input(node: ast.expr, scope: Scope) -> bool:
    if not isinstance(node, ast.Call):
        return False
    function = evaluate(node.func, scope)
    module = str(getattr(function, "__module__", "") or "")
    return getattr(function, "__name__", "") == "Input" and module.partition(".")[0] in ("keras", "tf_keras")


def renamed(evidence: Evidence, one: Fed) -> Iterator[Candidate]:
    """Propose another name for the data where it took the name of an Input."""
    bound = rebindings(one)
    if not bound or not isinstance(one.node, ast.Name):
        return
    source, name = one.source, one.node.id
    new = edits.fresh_name(source, f"{name}_data")
    written: list[Edit] = []
    for index, binding in enumerate(bound):
        names = [n for n in ast.walk(binding.statement) if isinstance(n, ast.Name) and n.id == name]
        written += [edits.replace(source, n, new) for n in names if index or not _reads(binding, n)]
    crash = source.statement(one.call.node)
    owner = one.scope.owner or source.tree
    for node in ast.walk(owner):
        later = crash is not None and getattr(node, "lineno", 0) > (crash.end_lineno or crash.lineno)
        if later and isinstance(node, ast.Name) and node.id == name and source.owner(node) is source.owner(one.node):
            written.append(edits.replace(source, node, new))
    real = _real_inputs(evidence)
    tensor = real[0] if len(real) == 1 else None
    yield Candidate(
        title=f"keep the Input in `{name}` and call the data `{new}`",
        edits=tuple(written),
        cost=1.0,
        check=_with_input(evidence, one, tensor) if tensor is not None else None,
        cause=statement_place(source, bound[0].statement)
        if not isinstance(bound[0].statement, ast.For)
        else source.place(bound[0].statement),
    )


def _reads(binding: Binding, node: ast.Name) -> bool:
    return binding.kind == "assign" and isinstance(node.ctx, ast.Load)


# -- the outputs come from an Input that is not listed -----------------------------------------------------------------


def replaced(evidence: Evidence, one: Fed) -> Iterator[Candidate]:
    """Propose the Input that feeds the outputs in place of the data."""
    for tensor in _real_inputs(evidence):
        name = name_in(one.scope, tensor)
        if name is not None:
            yield Candidate(
                title=f"give the model the Input `{name}`",
                edits=(edits.replace(one.source, one.node, name),),
                cost=1.0,
                check=_with_input(evidence, one, tensor),
                cause=statement_place(one.source, one.node),
            )


def name_in(scope: Scope, tensor: Any) -> str | None:
    """Return how a scope can name a live object: a variable, or an attribute of one."""
    for name, value in list(scope.names.items()):
        if value is tensor and not name.startswith("_"):
            return name
    for name, value in list(scope.names.items()):
        held = getattr(value, "__dict__", None) if name == "self" else None
        for attribute, inner in list((held or {}).items()):
            if inner is tensor:
                return f"{name}.{attribute}"
    return None


# -- layers were called on data ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wiring:
    """Where the data enters the layers: the uses to replace, the statement before which an Input belongs."""

    scope: Scope
    source: SourceFile
    text: str
    uses: tuple[ast.expr, ...]
    parts: tuple[Part, ...]
    first: ast.stmt
    blame: Place


def wiring(one: Fed) -> Wiring | None:
    """Follow the outputs back to where the data was given to layers."""
    node, scope, outputs = one.node, one.scope, one.outputs
    before: ast.AST = one.call.node
    for _ in range(4):
        if scope.source is None or outputs is None:
            return None
        statement = scope.source.statement(before)
        owner = scope.owner or scope.source.tree
        if statement is None:
            return None
        text = scope.source.segment(node)
        parts = slice_of(scope.source, owner, references(scope.source, outputs), statement)
        parts = [part for part in parts if part.statement.lineno >= _bound_at(scope, node)]
        uses = [use for part in parts for use in occurrences(scope.source, part.value, text)]
        uses += list(occurrences(scope.source, outputs, text))
        if uses:
            return _wiring(scope, text, [*uses, node], parts)
        argument = scope.arguments.get(node.id) if isinstance(node, ast.Name) else None
        other = scope.arguments.get(outputs.id) if isinstance(outputs, ast.Name) else None
        if argument is None or other is None or argument.node is None or argument.scope is None or other.node is None:
            return None
        node, scope, outputs, before = argument.node, argument.scope, other.node, argument.node
    return None


def _bound_at(scope: Scope, node: ast.expr) -> int:
    """Return the line from which on a name holds the data."""
    if not isinstance(node, ast.Name):
        return 0
    _, found = scope.home(node.id, node)
    if not found or found[0].kind == "parameter":
        return 0
    home_is_here = any(found[0] == one for one in scope.bindings(node.id, node))
    return getattr(found[0].statement, "lineno", 0) + 1 if home_is_here else 0


def _wiring(scope: Scope, text: str, uses: list[ast.expr], parts: list[Part]) -> Wiring | None:
    source = scope.source
    assert source is not None  # noqa: S101 - checked by the caller
    ordered = sorted(uses, key=lambda use: (use.lineno, use.col_offset))
    first = source.statement(ordered[0])
    if first is None:
        return None
    blame = statement_place(source, first)
    if isinstance(first, ast.For):  # the layer is called in the loop, on what the header hands out
        targets = {node.id for node in ast.walk(first.target) if isinstance(node, ast.Name)}
        inner = [p for p in parts if p.statement is not first and targets & references(source, p.value)]
        if inner:
            blame = statement_place(source, inner[0].statement)
    return Wiring(scope, source, text, tuple(ordered), tuple(parts), first, blame)


def through_new_input(evidence: Evidence, found: list[Fed]) -> Iterator[Candidate]:
    """Propose an Input of the data's shape, used wherever layers were called on the data."""
    root = symbolic.flavour(evidence.event.owner)
    written: list[Edit] = []
    cause: Place | None = None
    names: list[str] = []
    for one in found:
        wired = wiring(one)
        if wired is None or root is None:
            return
        maker, imports = keras_path(wired.scope, root, "Input")
        name = edits.fresh_name(wired.source, _input_name(wired.text))
        names.append(name)
        made = f"{name} = {_input_text(maker, wired.text, one.value)}"
        written += [edit for edit in imports if edit not in written]
        written.append(edits.insert_before(wired.source, wired.first, made))
        written += [edits.replace(wired.source, use, name) for use in wired.uses]
        cause = cause or wired.blame
    yield Candidate(
        title=f"build the layers on an Input ({', '.join(names)}) and keep the data for the call",
        edits=tuple(written),
        cost=1.5,
        cause=cause,
        exact=False,
    )


def at_birth(evidence: Evidence, one: Fed) -> Iterator[Candidate]:
    """Propose to bind an Input where the data was bound."""
    root = symbolic.flavour(evidence.event.owner)
    shape = specs.shape_of(one.leaf)
    if root is None or shape is None or not isinstance(one.node, ast.Name):
        return
    home, bound = one.scope.home(one.node.id, one.node)
    binding = next(iter(bound), None)
    if binding is None or binding.value is None or binding.path or home.source is None or binding.kind != "assign":
        return
    maker, imports = keras_path(home, root, "Input")
    text = f"{maker}(shape={tuple(shape[1:])!r}{_dtype(one.leaf)})"
    yield Candidate(
        title="make an Input where the data is made",
        edits=(*imports, edits.replace(home.source, binding.value, text)),
        cost=2.5,
        cause=statement_place(home.source, binding.value),
        exact=False,
    )


def _input_name(text: str) -> str:
    last = "".join(c if c.isalnum() or c == "_" else " " for c in text).split()
    return f"{last[-1]}_input" if last and last[-1].isidentifier() else "model_input"


def _input_text(maker: str, text: str, value: Any) -> str:
    if isinstance(value, dict):
        dtype = ", dtype=value.dtype" if any(_dtype(leaf) for leaf in value.values()) else ""
        return f"{{name: {maker}(shape=value.shape[1:], name=name{dtype}) for name, value in {text}.items()}}"
    if isinstance(value, list | tuple) and specs.is_container(value):
        dtype = ", dtype=value.dtype" if any(_dtype(leaf) for leaf in value) else ""
        return f"[{maker}(shape=value.shape[1:]{dtype}) for value in {text}]"
    if specs.kind_of(value) == "python" or not text.replace(".", "").replace("_", "").isalnum():
        shape = specs.spec_of(value).shape or ()
        return f"{maker}(shape={tuple(shape[1:])!r}{_dtype(value)})"
    return f"{maker}(shape={text}.shape[1:]{_dtype(value)})"


def _dtype(value: Any) -> str:
    dtype = specs.spec_of(value).dtype
    return "" if dtype is None or dtype.startswith("float") else f', dtype="{dtype}"'
