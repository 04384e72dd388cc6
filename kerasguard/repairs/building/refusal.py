"""A refused input while a model was built, and what is proposed to have it accepted: the data of the search."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from kerasguard.adapters import wants
from kerasguard.adapters.rebuild import Built, Change, WrongInputShape
from kerasguard.adapters.rebuild_plan import Plan, Slot, Step, is_data_input, leaves
from kerasguard.evidence import Evidence
from kerasguard.provenance.access import is_a
from kerasguard.provenance.arguments import into_display, resolve_path
from kerasguard.provenance.origins import made_at
from kerasguard.provenance.scope import Scope
from kerasguard.repairs.building.plans import symbolic
from kerasguard.repairs.building.sites import Site, site_of
from kerasguard.repairs.failing import statement_place
from kerasguard.vocabulary import Applicability, Edit, Place, Shape

STATES = ("initial_state", "constants")


@dataclass(frozen=True)
class Proposal:
    """One change of the model, with its edit of the source and the mistake that it mends."""

    title: str
    change: Change
    edits: tuple[Edit, ...]
    cost: float
    code: str = ""
    cause: Place | None = None
    exact: bool = False
    names: tuple[str, ...] = ()
    applicability: Applicability = "safe"


@dataclass(eq=False)
class Failure:
    """What is known of a refused input: the plan that leads to it, and where the unmodified plan stops."""

    evidence: Evidence
    plan: Plan
    control: Built
    traced: bool
    _sites: dict[int, Site | None] = field(default_factory=dict)

    @property
    def step(self) -> Step:
        """The step that refuses."""
        return self.plan.steps[self.index]

    @property
    def index(self) -> int:
        """Its index in the plan."""
        return self.control.step if self.control.step is not None else self.plan.failing

    @cached_property
    def given(self) -> tuple[Shape | None, ...]:
        """The shapes that reach the refusing step."""
        return tuple(self.control.shapes.get(slot) for slot in self.step.slots)

    @property
    def shape(self) -> Shape | None:
        """The first of them."""
        return self.given[0] if self.given else None

    @property
    def merges(self) -> bool:
        """Whether the step brings several tensors together."""
        states = any(name in self.step.kwargs for name in STATES) or hasattr(self.step.operation, "return_sequences")
        return len(set(self.step.slots)) > 1 and not states

    @property
    def nested(self) -> bool:
        """Whether the Input of a nested model refuses."""
        return isinstance(self.control.error, WrongInputShape) and not self.from_data

    @property
    def from_data(self) -> bool:
        """Whether it is data, not another layer, that reaches the refusing step."""
        made = [self.plan.producer(slot) for slot in self.step.slots]
        return bool(made) and all(one is not None and is_data_input(one.operation) for one in made)

    @property
    def on_data(self) -> bool:
        """Whether the model was being built on data, not by the user's own lines."""
        call = self.evidence.call
        return call is not None and not symbolic([call.x])

    @cached_property
    def wanted_rank(self) -> int | None:
        """The rank that the layer's own specification fixes."""
        if not wants.is_layer(self.step.operation) or self.merges:
            return None
        for want in wants.layer_wants(self.step.operation, frozenset()):
            if want.min_rank is not None and want.min_rank == want.max_rank:
                return want.min_rank
        return None

    def site(self, layer: Any) -> Site | None:
        """Return where a layer is made."""
        key = id(layer)
        if key not in self._sites:
            self._sites[key] = site_of(self.evidence, layer)
        return self._sites[key]

    def group(self, layer: Any) -> list[Any]:
        """Return the plan's layers that the same call of the source makes."""
        site = self.site(layer)
        found: dict[int, Any] = {}
        for step in self.plan.steps:
            other = self.site(step.operation) if wants.is_layer(step.operation) else None
            if step.operation is layer or (site is not None and other is not None and other.call is site.call):
                found[id(step.operation)] = step.operation
        return list(found.values())

    @cached_property
    def upstream(self) -> list[Step]:
        """The steps before the refusing one, nearest first."""
        return list(self.plan.upstream(self.step))

    def inputs(self) -> Iterator[Step]:
        """Yield the steps that declare the inputs of the user's model."""
        for step in self.plan.steps[: self.index + 1]:
            if step.is_input:
                yield step

    @cached_property
    def use_call(self) -> tuple[ast.Call, Scope] | None:
        """The user's call of the refusing layer on tensors, where it is written out."""
        evidence = self.evidence
        if evidence.event.entry not in ("call", "op") or evidence.site_call is None or evidence.site is None:
            return None
        if self.step.operation is not evidence.event.owner and evidence.event.entry == "call" and not self.nested:
            return None
        return evidence.site_call, evidence.scopes[evidence.site]

    @property
    def _operator(self) -> ast.BinOp | None:
        """The user's arithmetic on tensors that is refused."""
        evidence = self.evidence
        node = evidence.frames[evidence.site].node if evidence.site is not None else None
        return node if isinstance(node, ast.BinOp) and evidence.event.entry in ("call", "op") else None

    def called_at(self, step: Step) -> Place | None:
        """Return the line on which a layer was called on symbolic tensors, as recorded; its last call."""
        for node in reversed(getattr(step.operation, "_inbound_nodes", ())):
            located = made_at(node)
            if located is not None:
                return statement_place(located[0], located[1])
        return None

    def any_site(self) -> Site | None:
        """Return the nearest layer's constructor call in the file of the failing call."""
        evidence = self.evidence
        source = evidence.scopes[evidence.site].source if evidence.site is not None else None
        for step in (self.step, *self.upstream):
            site = self.site(step.operation) if wants.is_layer(step.operation) else None
            if site is not None and site.source is source and not site.kind.startswith("Input"):
                return site
        return None

    def use(self, position: int) -> ast.expr | None:
        """Return the expression of the tensor at a position among those that reach the refusing step."""
        operator = self._operator
        if operator is not None:
            return (operator.left, operator.right)[position] if position < 2 else None
        if self.use_call is None:
            return None
        paths = [path for path, leaf in leaves([list(self.step.args), dict(self.step.kwargs)]) if is_a(leaf, Slot)]
        if position >= len(paths):
            return None
        call, scope = self.use_call
        path = list(paths[position])
        if path[0] == 1:
            node = next((k.value for k in call.keywords if k.arg == path[1]), None)
        elif path[1] < len(call.args):
            node = call.args[path[1]]
        else:
            node = None
        if node is None:
            return None
        found, rest = into_display(node, tuple(path[2:]))
        if rest and isinstance(found, ast.Name):
            found, inner, rest = resolve_path(found, scope, rest)
            if inner.source is not scope.source:
                return None
        return None if rest else found
