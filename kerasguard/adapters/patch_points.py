"""Which attributes of a Keras package are wrapped, and in which role."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any, Literal, NamedTuple

PACKAGES = ("keras", "tf_keras")
METHODS = (
    "__call__",
    "fit",
    "evaluate",
    "predict",
    "train_on_batch",
    "test_on_batch",
    "predict_on_batch",
    "compile",
    "summary",
)
CONVERSIONS = (
    "__tf_tensor__",
    "__array__",
    "__bool__",
    "__iter__",
    "__int__",
    "__float__",
    "__len__",
    "__index__",
)

Role = Literal[
    "guard", "record", "stash", "peek", "hide", "left out", "renew", "unsupported", "loss", "gradient", "starting", "started"
]  # fmt: skip
_FILTERS = "tensorflow.python.util.tf_stack"


class Point(NamedTuple):
    """An attribute to wrap; `entry` names the guarded entry point."""

    owner: Any
    attribute: str
    role: Role
    entry: str = ""


def points(package: ModuleType) -> Iterator[Point]:
    """Yield the points of an imported Keras package; what a release does not have is left out."""
    layer, model = getattr(getattr(package, "layers", None), "Layer", None), getattr(package, "Model", None)
    if layer is None or model is None:
        return  # only being imported, or a namespace that shadows Keras
    source = f"{package.__name__}.src"
    yield from _construction(layer, package, source)
    yield from _methods(layer, model)
    yield from _tensors(source)
    for utilities in _found(f"{source}.utils.traceback_utils"):
        yield Point(utilities, "_process_traceback_frames", "stash")
    for loss in _found(f"{source}.losses.loss.Loss", f"{source}.losses.Loss"):
        yield Point(loss, "__call__", "loss")
    adapters = f"{source}.engine.data_adapter"
    for adapter in _found(f"{adapters}.GeneratorDataAdapter", f"{adapters}.KerasSequenceAdapter"):
        yield Point(adapter, "_peek_and_restore", "peek")


def _construction(layer: type, package: ModuleType, source: str) -> Iterator[Point]:
    """Yield where layers, nodes and models are made."""
    yield Point(layer, "__init__", "record")
    for node in _found(f"{source}.ops.node.Node", f"{source}.engine.node.Node"):
        yield Point(node, "__init__", "record")
    functional = _functional(source)
    if functional is not None:
        yield Point(functional, "__init__", "guard", "functional")
    sequential = getattr(package, "Sequential", None)
    if sequential is not None:
        yield Point(sequential, "__init__", "guard", "sequential")
        yield Point(sequential, "add", "guard", "add")


def _methods(layer: type, model: type) -> Iterator[Point]:
    """Yield the methods that users call, each at the class that owns it."""
    guarded: set[tuple[Any, str]] = set()
    for attribute in METHODS:
        for cls in (layer, model):
            owner = _owner(cls, attribute)
            if owner is not None and (owner, attribute) not in guarded:
                guarded.add((owner, attribute))
                yield Point(owner, attribute, "guard", attribute.strip("_"))


def _tensors(source: str) -> Iterator[Point]:
    """Yield the ops on symbolic tensors, and what turns such a tensor into something else."""
    for operation in _found(f"{source}.ops.operation.Operation"):
        yield Point(operation, "symbolic_call", "guard", "op")
    kinds = (f"{source}.backend.common.keras_tensor.KerasTensor", f"{source}.engine.keras_tensor.KerasTensor")
    for tensor in _found(*kinds):
        for attribute in CONVERSIONS:
            if attribute in vars(tensor):
                yield Point(tensor, attribute, "guard", "keras_tensor")


def tensorflow_points() -> Iterator[Point]:
    """Yield the points in TensorFlow: where every tf.data stage is made, and what its messages show of a stack."""
    for utilities in _found("tensorflow.python.util.traceback_utils"):
        yield Point(utilities, "include_frame", "hide")
    # Every op notes the stack that made it, and TensorFlow prints it into the message of an error of the op.
    for bottom in _found(f"{_FILTERS}.SentinelFilter"):
        yield Point(bottom, "get_filtered_filenames", "left out")
        yield Point(bottom, "__init__", "renew")
    for conversion in _found("tensorflow.python.autograph.impl.conversion"):
        yield Point(conversion, "is_unsupported", "unsupported")
    # GradientTape.gradient itself is called by code that AutoGraph converts, and AutoGraph complains of wrapped functions.
    for gradients in _found("tensorflow.python.eager.imperative_grad"):
        yield Point(gradients, "imperative_grad", "gradient")
    # tf.distribute runs each replica of a mirrored strategy in a thread of its own, on behalf of the thread that calls it.
    for thread in _found("tensorflow.python.distribute.mirrored_run._MirroredReplicaThread"):
        yield Point(thread, "__init__", "starting")
        yield Point(thread, "run", "started")
    for dataset in _found("tensorflow.python.data.ops.dataset_ops.DatasetV2"):
        yield Point(dataset, "__init__", "record")


def renew_filters() -> None:
    """Let the filters of stacks that threads have in use already ask anew which files to leave out."""
    for stacks in _found(f"{_FILTERS}._source_filter_stacks"):
        for stack in list(stacks.values()):
            stack[0].update()


def is_probe(entry: str, owner: Any, stack: Iterable[Any]) -> bool:
    """Return whether TensorFlow only probes a symbolic tensor of tf_keras: it dispatches to Keras after the refusal."""
    if entry != "keras_tensor" or type(owner).__module__.partition(".")[0] != "tf_keras":
        return False
    caller = ""
    for step in stack:
        name = str(step.frame.f_globals.get("__name__", ""))
        if name == "kerasguard.guarding.boundary":
            return caller.partition(".")[0] == "tensorflow"
        caller = name
    return False


def built_layers(owner: Any) -> frozenset[int] | None:
    """Return the ids of the layers of `owner` that are built, or None where `owner` is built as a whole."""
    if getattr(owner, "built", True):
        return None
    flatten = getattr(owner, "_flatten_layers", None)
    if flatten is None:
        return None
    try:
        return frozenset(id(layer) for layer in flatten() if layer.built)
    except (AttributeError, TypeError):
        return None  # its constructor did not run to the end: nothing can be built


def makes_cut_models(functional: type) -> bool:
    """Return whether this Keras makes a model without a look at whether its outputs come from its inputs.

    Keras 3 began to run through the new graph some releases after 3.10; tf_keras always refuses.
    """
    checked = [vars(cls).get("__init__") for cls in functional.__mro__ if cls.__module__.endswith(".ops.function")]
    return any("_run_through_graph" not in made.__code__.co_names for made in checked if made is not None)


def _functional(source: str) -> Any:
    for cls in _found(f"{source}.models.functional.Functional", f"{source}.engine.functional.Functional"):
        return cls
    return None


def _owner(cls: type, attribute: str) -> type | None:
    """Return the class that owns the method: an inherited one must not be copied down."""
    return next((base for base in cls.__mro__ if attribute in vars(base)), None)


def _found(*paths: str) -> Iterator[Any]:
    """Yield what stands at the dotted paths among the modules that are loaded."""
    for path in paths:
        module = sys.modules.get(path)
        if module is not None:
            yield module
            continue
        parent, _, name = path.rpartition(".")
        found = getattr(sys.modules.get(parent), name, None)
        if found is not None:
            yield found
