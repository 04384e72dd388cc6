"""Repairs for a graph whose outputs do not come from the listed inputs: use, replace or list the right tensor."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kerasguard.adapters import connections, specs, wants
from kerasguard.adapters.connections import Wiring
from kerasguard.adapters.rebuild_plan import leaves, node_of
from kerasguard.adapters.trial import Outcome
from kerasguard.evidence import Evidence
from kerasguard.provenance.bindings import reaching
from kerasguard.provenance.origins import lines_that_made
from kerasguard.provenance.recorder import origin_of
from kerasguard.provenance.scope import Scope
from kerasguard.provenance.source import SourceFile, node_at, places_of
from kerasguard.repairs import edits
from kerasguard.repairs.candidate import Candidate
from kerasguard.vocabulary import Edit, Place

MOST_ENDS = 4


@dataclass(eq=False)
class Cut:
    """A functional model that Keras refused since its outputs do not come from its inputs."""

    evidence: Evidence
    wiring: Wiring

    @cached_property
    def scope(self) -> Scope | None:
        """The scope of the call that makes the model."""
        evidence = self.evidence
        return evidence.scopes[evidence.site] if evidence.site is not None else None

    @property
    def source(self) -> SourceFile | None:
        """The file of that call."""
        return None if self.scope is None else self.scope.source

    def listed(self, tensor: Any) -> tuple[str, ast.expr | None, Scope | None]:
        """Return how the user wrote a listed input."""
        given = connections.passed(self.evidence.event)
        if given is not None:
            for path, leaf in leaves(given[0]):
                if leaf is tensor:
                    return self.evidence.written("inputs", path, tensor)
        return "inputs", None, None

    def expression(self, tensor: Any) -> str | None:
        """Return an expression that gives a tensor where the model is made: a name, or the input of a model."""
        scope = self.scope
        if scope is None:
            return None
        for name, value in self.names():
            if value is tensor:
                return name
        for name, value in self.names():
            inputs = connections.model_inputs(value)
            if len(inputs) == 1 and inputs[0] is tensor:
                return f"{name}.input"
            for index, one in enumerate(inputs):
                if one is tensor:
                    return f"{name}.inputs[{index}]"
        return None

    def names(self) -> Iterator[tuple[str, Any]]:
        """Yield the names that are bound where the model is made."""
        scope = self.scope
        if scope is None:
            return
        yield from list(scope.names.items())
        if scope.names is not scope.globals:
            yield from list(scope.globals.items())

    def made_by(self, tensor: Any) -> tuple[SourceFile, ast.Call, Place] | None:
        """Return the call, in the function that makes the model, from which an Input came."""
        origin = origin_of(connections.maker(tensor))
        evidence = self.evidence
        if origin is None or evidence.site is None:
            return None
        for code, lasti in origin.stack:
            if code is evidence.frames[evidence.site].code:
                located = node_at(code, lasti)
                if located is not None and isinstance(located[1], ast.Call):
                    source, call = located[0], located[1]
                    statement = source.statement(call)
                    return source, call, source.place(statement if statement is not None else call, code.co_name)
        return None

    def birth(self, tensor: Any) -> Place | None:
        """Return the innermost line of the user's that made an Input."""
        origin = origin_of(connections.maker(tensor))
        places = [] if origin is None else places_of(origin)
        return places[0] if places else None


def cut_of(evidence: Evidence) -> Cut | None:
    """Return the wiring of a model that could not be made, where Inputs are missing in it; asked once."""
    held = vars(evidence)
    if "_cut" not in held:
        given = connections.passed(evidence.event)
        wiring = None if given is None else connections.wiring_of(*given)
        held["_cut"] = Cut(evidence, wiring) if wiring is not None and wiring.loose else None
    found: Cut | None = held["_cut"]
    return found


def called_models(cut: Cut) -> Iterator[Candidate]:
    """Call a model on the listed input, in the place of using the output it was built with."""
    scope, source = cut.scope, cut.source
    if scope is None or source is None:
        return
    models = {name: value for name, value in cut.names() if connections.model_inputs(value)}
    for node in ast.walk(scope.owner or source.tree):
        if not (
            isinstance(node, ast.Attribute) and node.attr in ("output", "outputs") and isinstance(node.value, ast.Name)
        ):
            continue
        model = models.get(node.value.id)
        inputs = connections.model_inputs(model)
        if len(inputs) != 1 or not any(inputs[0] is one for one in cut.wiring.loose):
            continue
        for unused in cut.wiring.unused:
            for order, end in enumerate(list(connections.dangling(unused))[:MOST_ENDS]):
                text = _end_name(cut, end, node, models)
                if text is None:
                    continue
                statement = source.statement(node)
                yield Candidate(
                    title=f"call `{node.value.id}` on what comes from the new input",
                    edits=(edits.replace(source, node, f"{node.value.id}({text})"),),
                    cost=0.5 + 0.05 * order,
                    check=lambda loose=inputs[0], end=end: _feeds(cut, {id(loose): end}),  # type: ignore[misc]
                    cause=source.place(statement) if statement is not None else None,
                )


def _end_name(cut: Cut, end: Any, use: ast.Attribute, models: dict[str, Any]) -> str | None:
    """Return how the user's code can name a tensor at the place of `use`."""
    source, scope = cut.source, cut.scope
    if source is None or scope is None:
        return None
    for name, value in models.items():
        outputs = connections.model_outputs(value)
        if len(outputs) == 1 and outputs[0] is end:
            return f"{name}.output"
    statement = source.statement(use)
    if isinstance(statement, ast.stmt):
        for home, node in lines_that_made(_node(end)):
            if home is not source:
                continue
            made = source.statement(node)
            if isinstance(made, ast.Assign) and isinstance(made.targets[0], ast.Name):
                name = made.targets[0].id
                if any(binding.statement is made for binding in reaching(source, name, use)):
                    return name
    expression = cut.expression(end)
    return expression if expression is not None and "." not in expression else None


def _node(tensor: Any) -> Any:
    made = node_of(tensor)
    return None if made is None else made[1]


def _feeds(cut: Cut, sources: dict[int, Any]) -> Outcome:
    built = connections.fed(cut.wiring, sources)
    left = [tensor for tensor in cut.wiring.loose if id(tensor) not in sources]
    if built is None or not built.accepted or left:
        return Outcome(
            accepted=False,
            error=built.error if built is not None else None,
            note="the graph is not connected that way",
        )
    return Outcome(accepted=True, note="rebuilt on specs: the outputs come from the listed inputs")


def replaced(cut: Cut) -> Iterator[Candidate]:
    """List the Input that feeds the outputs in the place of the one that feeds nothing, or use the listed one."""
    source, scope = cut.source, cut.scope
    if source is None or scope is None:
        return
    for unused in cut.wiring.unused:
        for loose in cut.wiring.loose:
            yield from _one_for_other(cut, unused, loose, same=connections.same_shape(unused, loose))


def _one_for_other(cut: Cut, unused: Any, loose: Any, *, same: bool) -> Iterator[Candidate]:
    source = cut.source
    written, node, where = cut.listed(unused)
    if source is None or node is None or where is None or where.source is not source:
        return
    made = cut.made_by(loose)
    text = cut.expression(loose)
    if text is not None:
        yield Candidate(
            title=f"list `{text}`, from which the output is computed, in the place of `{written}`",
            edits=(edits.replace(source, node, text),),
            cost=0.7,
            check=lambda: _listed(cut, unused, loose),
            cause=source.place(source.statement(node) or node),
            exact=same,
        )
        return
    if made is None or not same or made[0] is not source:
        return
    _, call, place = made
    statement = source.statement(call)
    if statement is None:
        return
    if isinstance(node, ast.Name) and any(binding.value is not None for binding in reaching(source, node.id, call)):
        written_edits: tuple[Edit, ...] = (edits.replace(source, call, node.id),)
    else:
        name = edits.fresh_name(source, "inputs")
        written_edits = (
            edits.insert_before(source, statement, f"{name} = {source.segment(call)}"),
            edits.replace(source, call, name),
            edits.replace(source, node, name),
        )
    yield Candidate(
        title="make one Input and use it in both places: every call of Input makes another one",
        edits=written_edits,
        cost=0.6,
        check=lambda: _feeds(cut, {id(loose): unused}),
        cause=place,
    )


def _listed(cut: Cut, unused: Any, loose: Any) -> Outcome:
    """Say whether all outputs come from the inputs when one is listed in the place of another."""
    listed = [loose if tensor is unused else tensor for tensor in cut.wiring.inputs]
    wiring = connections.wiring_of(listed, list(cut.wiring.outputs))
    if wiring is None or wiring.loose:
        return Outcome(accepted=False, note="the graph is not connected that way")
    return Outcome(accepted=True, note="walked through the graph: the outputs come from these inputs")


def listed_too(cut: Cut) -> Iterator[Candidate]:
    """List the Inputs that the outputs depend on besides the others."""
    source, scope, call = cut.source, cut.scope, cut.evidence.site_call
    given = connections.passed(cut.evidence.event)
    if source is None or scope is None or call is None or given is None:
        return
    more: list[Edit] = []
    names: list[str] = []
    for loose in cut.wiring.loose:
        text = cut.expression(loose)
        if text is None:
            out = _handed_out(cut, loose)
            if out is None:
                return
            text, handed = out
            more += handed
        names.append(text)
    node = cut.evidence.written("inputs", (), given[0])[1]
    written = None if node is None else longer(source, scope, node, given[0], names)
    if written is None:
        return
    place = cut.birth(cut.wiring.loose[0])
    yield Candidate(
        title=f"list {', '.join(f'`{name}`' for name in names)} among the inputs",
        edits=(written, *more),
        cost=0.6,
        check=lambda: _all_listed(cut),
        cause=place,
        exact=False,
    )


def _all_listed(cut: Cut) -> Outcome:
    wiring = connections.wiring_of([*cut.wiring.inputs, *cut.wiring.loose], list(cut.wiring.outputs))
    if wiring is None or wiring.loose:
        return Outcome(accepted=False, note="the graph is not connected that way")
    return Outcome(accepted=True, note="walked through the graph: the outputs come from these inputs")


def longer(source: SourceFile, scope: Scope, node: ast.expr, inputs: Any, names: list[str]) -> Edit | None:
    """Write the listed inputs with some more."""
    text, more = source.segment(node), ", ".join(names)
    if isinstance(node, ast.List) and node.elts:
        last = source.place(node.elts[-1])
        at = (last.end_row, last.end_column)
        return Edit(source.filename, at, at, f", {more}")
    if isinstance(node, ast.Dict):
        return None
    del scope
    return edits.replace(
        source, node, f"[*{text}, {more}]" if isinstance(inputs, list | tuple) else f"[{text}, {more}]"
    )


def _handed_out(cut: Cut, loose: Any) -> tuple[str, tuple[Edit, ...]] | None:
    """Let the helper that makes an Input return it too, and bind it where the helper is called."""
    origin = origin_of(connections.maker(loose))
    made = cut.made_by(loose)
    if origin is None or made is None or origin.stack[0][0] is cut.evidence.frames[cut.evidence.site or 0].code:
        return None
    source, call, _ = made
    inner = node_at(*origin.stack[0])
    outer = source.statement(call)
    if inner is None or not isinstance(outer, ast.Assign) or len(outer.targets) != 1 or outer.value is not call:
        return None
    home, node = inner
    binding, function = home.statement(node), home.function(node)
    if function is None or not isinstance(binding, ast.Assign) or not isinstance(binding.targets[0], ast.Name):
        return None
    name = binding.targets[0].id
    returns = [one for one in ast.walk(function) if isinstance(one, ast.Return) and one.value is not None]
    if len(returns) != 1 or returns[0].value is None:
        return None
    given, target = returns[0].value, outer.targets[0]
    found = edits.fresh_name(source, name) if any(one == name for one, _ in cut.names()) else name
    return found, (
        edits.replace(home, given, f"{home.segment(given)}, {name}"),
        edits.replace(source, target, f"{source.segment(target)}, {found}"),
    )


def names(cut: Cut) -> list[str]:
    """Return the names under which the user knows the ends of the graph."""
    found: dict[str, None] = {}
    for tensor in (*cut.wiring.loose, *cut.wiring.unused):
        found[str(getattr(connections.maker(tensor), "name", ""))] = None
        expression = cut.expression(tensor)
        if expression is not None:
            found[expression] = None
            found[expression.partition(".")[0]] = None
        for source, node in lines_that_made(connections.maker(tensor)):
            statement = source.statement(node)
            for target in getattr(statement, "targets", []):
                found.update((one.id, None) for one in ast.walk(target) if isinstance(one, ast.Name))
    call = cut.evidence.site_call
    for node in ast.walk(call) if call is not None else ():
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found[node.id] = None
    for name, value in cut.names():
        if wants.is_model(value) and any(
            one is loose for one in connections.model_inputs(value) for loose in cut.wiring.loose
        ):
            found[name] = None
    return [name for name in found if name][:12]


def shape(tensor: Any) -> str:
    """Return the shape of a tensor in words."""
    return str(specs.shape_of(tensor))
