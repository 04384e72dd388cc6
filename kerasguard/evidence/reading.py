"""Read the evidence of a failure off the live objects, once: what was wanted, what was given, where it is written."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import FrameType, TracebackType
from typing import Any, NamedTuple

from kerasguard.adapters import specs, wants
from kerasguard.adapters.shape_inference import infer
from kerasguard.adapters.specs import Spec
from kerasguard.adapters.trial import Call, call_of, same_failure, try_call
from kerasguard.event import Event, StackEntry
from kerasguard.provenance.abstract import use_inference
from kerasguard.provenance.arguments import argument_node, order_of, resolve_path
from kerasguard.provenance.evaluate import evaluate
from kerasguard.provenance.frames import UserFrame, library_frames, release, user_frames
from kerasguard.provenance.operands import ITEM
from kerasguard.provenance.scope import Scope, scopes_of
from kerasguard.provenance.user_files import is_made_up
from kerasguard.provenance.walk import chain, name_of
from kerasguard.vocabulary import Offender, Place, Shape

use_inference(infer)

CALLS = ("call", "fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "predict_on_batch", "loss")
SLOTS = ("x", "y", "sample_weight")
PARAMETERS = {
    "fit": ("x", "y", "batch_size", "epochs", "verbose", "callbacks", "validation_split", "validation_data"),
    "evaluate": ("x", "y", "batch_size", "verbose", "sample_weight"),
    "predict": ("x", "batch_size", "verbose", "steps"),
    "train_on_batch": ("x", "y", "sample_weight", "class_weight"),
    "test_on_batch": ("x", "y", "sample_weight"),
    "predict_on_batch": ("x",),
    "functional": ("inputs", "outputs", "name"),
    "loss": ("y", "x", "sample_weight"),
}
LONGEST_NAME = 40
GUARDS = (
    ("kerasguard.guarding.boundary", "body"),
    ("kerasguard.guarding.switch", "_at_loss"),
    ("kerasguard.guarding.preflight", "check"),
)  # the functions that stand around a call


@dataclass(frozen=True)
class Given:
    """One tensor that was passed: a leaf of an argument, or of the elements of a dataset that was passed.

    Attributes
    ----------
    slot, path
        The parameter of the entry point, and indices and keys into what was passed for it.
    value
        The live leaf; for an element of a dataset, generator or Sequence the whole dataset.
    spec
        Kind, shape and dtype of the tensor; within a dataset, those of one element.
    element
        Path inside the elements of the dataset; None where `value` is the tensor itself.
    name, node, scope
        As the user wrote it, and where.
    rest
        Where the expression is a name for a whole list or dict, indices and keys from there to the tensor.
    """

    slot: str
    path: tuple[Any, ...]
    value: Any
    spec: Spec
    name: str
    node: ast.expr | None = None
    scope: Scope | None = None
    element: tuple[Any, ...] | None = None
    rest: tuple[Any, ...] = ()

    @property
    def text(self) -> str | None:
        """An expression for the tensor itself, None where no line of the user's has one."""
        if self.node is None or self.scope is None or self.scope.source is None or self.element is not None:
            return None
        segment = self.scope.source.segment(self.node)
        return segment + "".join(f"[{step!r}]" for step in self.rest) if segment else None

    @property
    def shape(self) -> Shape | None:
        """Shape of the tensor, None sizes where they are free."""
        return self.spec.shape

    def offender(self) -> Offender:
        """Return the tensor as a report names it."""
        path = "".join(f"[{step!r}]" for step in (*self.path, *(self.element or ())))
        return Offender(self.name, self.spec.kind, self.spec.shape, self.spec.dtype, f"{self.slot}{path}")


class LayerCall(NamedTuple):
    """A layer's call that was under way when the error was raised."""

    layer: Any
    inputs: Any
    frame: FrameType


@dataclass
class Evidence:
    """Everything a rule may reason from; read lazily, kept only while one error is explained."""

    event: Event

    @cached_property
    def traceback(self) -> TracebackType | None:
        """The complete stack in the form of a traceback."""
        return _traceback(self.event.stack)

    @cached_property
    def frames(self) -> tuple[UserFrame, ...]:
        """The user's frames, outermost first."""
        return user_frames(self.traceback)

    def release(self) -> None:
        """Let go of the user's objects: what was read is said, or dropped."""
        if "frames" in self.__dict__:
            release(self.frames)

    @cached_property
    def scopes(self) -> tuple[Scope, ...]:
        """The scope of each of `frames`."""
        return scopes_of(self.frames)

    @cached_property
    def library(self) -> tuple[FrameType, ...]:
        """The frames below the user's innermost one."""
        return library_frames(self.traceback)

    @cached_property
    def site(self) -> int | None:
        """Index (in `frames`) of the frame that made the guarded call."""
        inside = self._inside()
        if inside is None:
            return len(self.frames) - 1 if self.frames else None
        if inside and is_made_up(self.event.stack[inside - 1].frame.f_code.co_filename):
            return None  # called by text that was given to exec or eval: no line of a file is the call
        return self.frame_above(inside)

    def frame_above(self, depth: int) -> int | None:
        """Return the index (in `frames`) of the user's last frame above a place in the stack."""
        outside = user_frames(_traceback(self.event.stack[:depth]))
        release(outside)
        return len(outside) - 1 if outside else None

    @cached_property
    def site_call(self) -> ast.Call | None:
        """The guarded call in the user's source."""
        if self.site is None:
            return None
        frame = self.frames[self.site]
        translated = self._call_of_owner(self.site) if frame.lasti < 0 else None
        return translated or (frame.node if isinstance(frame.node, ast.Call) else None)

    def _call_of_owner(self, index: int) -> ast.Call | None:
        """Return the call of the event's owner in a translated statement: where in the line it stood is lost."""
        owner, entry = self.event.owner, self.event.entry
        found = self.frames[index].node
        for node in ast.walk(found) if found is not None else ():
            if not isinstance(node, ast.Call):
                continue
            method = node.func.value if isinstance(node.func, ast.Attribute) and node.func.attr == entry else None
            parts = [part for part in (node.func, method) if part is not None]
            if any(evaluate(part, self.scopes[index]) is owner for part in parts):
                return node
            if isinstance(node.func, ast.Call) and evaluate(node.func.func, self.scopes[index]) is type(owner):
                return node  # made and called in one expression
        return None

    @cached_property
    def called_at(self) -> Place | None:
        """Where the user's code made the guarded call."""
        source = self.frames[self.site].source if self.site is not None else None
        if source is None or self.site_call is None or self.site is None:
            return self.crash
        return source.place(self.site_call, self.frames[self.site].function)

    @cached_property
    def crash(self) -> Place | None:
        """Where the user's own code failed."""
        for frame in reversed(self.frames):
            if frame.source is not None and frame.node is not None:
                return frame.source.place(frame.node, frame.function)
            if frame.source is not None:
                statement = frame.source.at_line(frame.lineno)
                if statement is not None:
                    return frame.source.place(statement, frame.function)
        return None

    @cached_property
    def call(self) -> Call | None:
        """The guarded call with its arguments sorted, where it was a call on data."""
        if self.event.entry not in CALLS:
            return None
        return call_of(self.event.entry, self.event.owner, self.event.args, self.event.kwargs)

    @cached_property
    def reproduced(self) -> bool:
        """Whether a trial of the unmodified objects fails as the call did; without that, no trial proves anything."""
        if self.call is None:
            return False
        control = try_call(self.call, self.event.built_before)
        return not control.accepted and control.error is not None and same_failure(control.error, self.event.error)

    @cached_property
    def wanted(self) -> tuple[wants.Wanted, ...]:
        """What the inputs of the guarded model or layer want."""
        if self.event.entry not in CALLS or self.event.entry == "loss":
            return ()
        return wants.model_wants(self.event.owner, self.event.built_before)

    @cached_property
    def given(self) -> tuple[Given, ...]:
        """Every tensor that was passed as data (not labels, not weights)."""
        return tuple(given for given in self.everything if given.slot == "x")

    @cached_property
    def everything(self) -> tuple[Given, ...]:
        """Every tensor that was passed: data, labels, sample weights."""
        call = self.call
        if call is None:
            return ()
        found: list[Given] = []
        for slot in SLOTS:
            value = getattr(call, slot)
            if value is not None or (slot == "x"):
                found += self.tensors(slot, value)
        return tuple(found)

    def tensors(self, slot: str, value: Any) -> Iterator[Given]:
        """Yield the tensors of one argument; those of a dataset under the slots that its elements fill."""
        for path, leaf in specs.leaves(value):
            spec = specs.spec_of(leaf)
            name, node, scope, rest = self._written(slot, path, leaf)
            if spec.kind in ("dataset", "generator", "pydataset"):
                yield from self._elements(Given(slot, path, leaf, spec, name, node, scope))
            else:
                yield Given(slot, path, leaf, spec, name, node, scope, rest=rest)

    def _elements(self, whole: Given) -> Iterator[Given]:
        tree = specs.element_specs(whole.value)
        if tree is None:
            tree = self.event.peeked
        if tree is None:
            batches = specs.first_batch_specs(entry.frame for entry in self.event.stack)
            tree = batches[0] if batches else specs.running_specs(entry.frame for entry in self.event.stack)
        if tree is None:
            yield whole
            return
        parts = tree if isinstance(tree, tuple) and self.event.entry != "call" else (tree,)
        many = isinstance(tree, tuple) and self.event.entry != "call"
        for index, part in enumerate(parts[: len(SLOTS)]):
            for path, spec in specs.leaves(part):
                element = (index, *path) if many else path
                unnamed = SLOTS[index] if whole.name == whole.slot else whole.name
                name = next((str(step) for step in reversed(path) if isinstance(step, str)), unnamed)
                seen = _with_single_row(whole, element, spec)
                yield Given(SLOTS[index], (), whole.value, seen, name, whole.node, whole.scope, element)

    def written(self, slot: str, path: tuple[Any, ...], value: Any) -> tuple[str, ast.expr | None, Scope | None]:
        """Return how the user wrote a leaf of an argument: a name for it, its expression, and the scope of that."""
        return self._written(slot, path, value)[:3]

    def _written(
        self, slot: str, path: tuple[Any, ...], value: Any
    ) -> tuple[str, ast.expr | None, Scope | None, tuple[Any, ...]]:
        node: ast.expr | None = None
        scope: Scope | None = None
        rest: tuple[Any, ...] = ()
        if self.site is not None and self.site_call is not None:
            scope = self.scopes[self.site]
            node = argument_node(self.site_call, (slot,), self._order())
            if node is not None and path:
                node, scope, rest = resolve_path(node, scope, path)
                if rest:
                    node = None if not isinstance(node, ast.Name) else node
        name = self._short(node, scope)
        if name is None or not isinstance(node, ast.Name | ast.Attribute):
            name = name_of(value, self.frames) or name or _path_name(slot, path)
        return name, node, scope, rest

    @cached_property
    def failing(self) -> LayerCall | None:
        """The innermost layer call that was under way; for a functional model's own checks, the model's."""
        found: LayerCall | None = None
        for entry in self.event.stack:
            inside = _layer_call(entry)
            if inside is not None:
                found = inside
        return found

    @cached_property
    def layer_calls(self) -> tuple[LayerCall, ...]:
        """Every layer call that was under way, outermost first, each layer once per call."""
        found: list[LayerCall] = []
        for entry in self.event.stack:
            inside = _layer_call(entry)
            if inside is not None and not (found and found[-1].layer is inside.layer):
                found.append(inside)
        return tuple(found)

    def held(self, name: str, *functions: str) -> Any:
        """Return a local of the innermost library frame that runs one of `functions`, or None."""
        for frame in reversed(self.library):
            if frame.f_code.co_name in functions and name in frame.f_locals:
                return frame.f_locals[name]
        return None

    def _short(self, node: ast.expr | None, scope: Scope | None) -> str | None:
        if node is None or scope is None or scope.source is None:
            return None
        text = scope.source.segment(node)
        return text if text and len(text) <= LONGEST_NAME and "\n" not in text else None

    def _order(self) -> tuple[str, ...]:
        entry = self.event.entry
        if self.event.order:
            return self.event.order
        if entry == "call":
            names = order_of(getattr(self.event.owner, "call", None))
            return ("x", *names[1:])
        return PARAMETERS.get(entry, ())

    def _inside(self) -> int | None:
        """Return where in the stack the guarded call begins."""
        for index, entry in enumerate(self.event.stack):
            if (entry.frame.f_globals.get("__name__"), entry.frame.f_code.co_name) in GUARDS:
                return index
        return None


def _with_single_row(whole: Given, element: tuple[Any, ...], spec: Spec) -> Spec:
    """Return the spec with a first size of one where the user's code adds that axis: Keras declares it free."""
    shape = spec.shape
    if whole.node is None or whole.scope is None or not shape or shape[0] is not None or whole.spec.kind == "dataset":
        return spec
    handed = next((link for link in chain(whole.node, whole.scope, ("*", *element)) if link.note == ITEM), None)
    known = handed.shape if handed is not None else None
    if not known or known[0] != 1 or len(known) != len(shape):
        return spec
    agree = all(a is None or b is None or a == b for a, b in zip(known, shape, strict=True))
    return dataclasses.replace(spec, shape=(1, *shape[1:])) if agree else spec


def _traceback(stack: Sequence[StackEntry]) -> TracebackType | None:
    found: TracebackType | None = None
    for entry in reversed(stack):
        found = TracebackType(found, entry.frame, entry.lasti, max(entry.lineno, 1))
    return found


def _layer_call(entry: StackEntry) -> LayerCall | None:
    """Return the layer call that a frame of Keras runs, if it is the outer frame of one."""
    code = entry.frame.f_code
    if code.co_name != "__call__" or "self" not in entry.frame.f_locals:
        return None
    layer = entry.frame.f_locals["self"]
    if not wants.is_layer(layer):
        return None
    held = entry.frame.f_locals
    inputs = held.get("inputs")
    if inputs is None:
        args = held.get("args") or held.get("original_args") or ()
        inputs = args[0] if args else None
    return LayerCall(layer, inputs, entry.frame)


def _path_name(slot: str, path: tuple[Any, ...]) -> str:
    return slot + "".join(f"[{step!r}]" for step in path)
