"""What compiled losses want of the labels: one `Head` per output, and trials with a changed loss or layer."""

from __future__ import annotations

import contextlib
import dataclasses
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kerasguard.adapters import trial, wants
from kerasguard.adapters.specs import leaves, read, shape_of
from kerasguard.adapters.trial_loss import loss_name
from kerasguard.provenance.access import is_a
from kerasguard.vocabulary import Shape

MOST_BACK = 12  # so many layers that keep the last axis are passed on the way from an output to what fixed its size
_CONTAINERS = ("_compile_loss", "compiled_loss")  # Keras 3, tf_keras
_STRUCTURES = ("_user_loss", "_user_losses")
_SIZES = ("units", "filters")


@dataclass(frozen=True)
class Head:
    """One output of a model with the loss that was compiled for it.

    Attributes
    ----------
    name, index
        As the dict or list of losses and labels knows the output.
    shape
        Of the output, with None for the batch axis; None as a whole where it is not known.
    layer
        The layer that makes the output.
    maker
        The layer whose units or filters are the output's last axis; None where none fixes it alone.
    loss
        What the user compiled: a name, a loss object, a function, or None.
    loss_name
        The loss' plain name (`categoricalcrossentropy`), None for a function of the user's own.
    """

    name: str
    index: int
    shape: Shape | None = None
    layer: Any = None
    maker: Any = None
    loss: Any = None
    loss_name: str | None = None
    from_logits: bool = False
    ignore_class: int | None = None

    @property
    def units(self) -> int | None:
        """The size of the output's last axis."""
        return self.shape[-1] if self.shape else None

    @property
    def size_argument(self) -> str:
        """The name of the maker's argument that fixes the last axis."""
        return next((name for name in _SIZES if isinstance(read(self.maker, name), int)), _SIZES[0])

    @property
    def activation(self) -> str | None:
        """The name of the maker's activation."""
        name = read(read(self.maker, "activation"), "__name__")
        return name if isinstance(name, str) else None

    @property
    def sparse(self) -> bool:
        """Whether the loss wants class numbers."""
        return (self.loss_name or "").startswith("sparsecategorical")

    @property
    def categorical(self) -> bool:
        """Whether the loss wants one-hot labels."""
        return (self.loss_name or "").startswith(("categoricalcross", "categoricalfocal"))

    @property
    def binary(self) -> bool:
        """Whether the loss compares probabilities of yes or no."""
        return (self.loss_name or "").startswith(("binarycross", "binaryfocal"))


def heads(model: Any, predicted: Any = None) -> list[Head]:
    """Return the outputs of a compiled model with their losses; empty where it was not compiled with any.

    Parameters
    ----------
    predicted
        What the model returned in the failing call, for models that do not know their outputs themselves.
    """
    losses = user_losses(model)
    outputs = _outputs(model, predicted)
    names = _names(model, outputs)
    found = []
    for index, (name, tensor) in enumerate(zip(names, outputs, strict=True)):
        found.append(_head(name, index, tensor, _loss_of(losses, name, index), model))
    seen = [shape_of(leaf) for _, leaf in leaves(predicted)] if predicted is not None else []
    if len(seen) != len(found):
        return found
    return [
        dataclasses.replace(head, shape=_sharper(head.shape, shape)) for head, shape in zip(found, seen, strict=True)
    ]


def _sharper(shape: Shape | None, seen: Shape | None) -> Shape | None:
    """Return an output's shape with the sizes that the model leaves open as they were in the failing call."""
    if shape is None or seen is None or len(shape) != len(seen):
        return shape
    sizes = zip(shape[1:], seen[1:], strict=True)
    return (*shape[:1], *(other if size is None else size for size, other in sizes))


def head_of(loss: Any, predicted: Any, model: Any = None) -> Head:
    """Return the output that a loss object was called with, made by `model` where that is known and has one output."""
    outputs = _outputs(model, None) if model is not None else []
    tensor = outputs[0] if len(outputs) == 1 else predicted
    found = _head(str(read(_layer_of(tensor), "name") or "output"), 0, tensor, loss, model)
    return dataclasses.replace(found, shape=_batched(shape_of(predicted)))


def user_losses(model: Any) -> Any:
    """Return the losses as they were given to ``compile``, None without any."""
    for container, structure in zip(_CONTAINERS, _STRUCTURES, strict=True):
        held = read(model, container)
        if held is not None and hasattr(held, structure):
            return getattr(held, structure)
    return None


def user_metrics(model: Any) -> Any:
    """Return the metrics as they were given to ``compile``."""
    for container in ("_compile_metrics", "compiled_metrics"):
        held = read(model, container)
        if held is not None and hasattr(held, "_user_metrics"):
            return held._user_metrics
    return None


def output_structure(model: Any) -> Any:
    """Return the tree of outputs on which a functional model was built, or its list of outputs."""
    inner = read(model, "_functional") or model
    for attribute in ("_outputs_struct", "_nested_outputs"):
        structure = read(inner, attribute)
        if structure is not None:
            return structure
    return None


def _head(name: str, index: int, tensor: Any, loss: Any, model: Any) -> Head:
    layer = _layer_of(tensor)
    maker = _maker(tensor)
    if layer is None:
        made = [one for one in read(model, "layers") or [] if _size(one) is not None]
        layer = maker = made[-1] if len(made) == 1 else None
    resolved = _resolved(loss)
    return Head(
        name=name,
        index=index,
        shape=_batched(shape_of(tensor)),
        layer=layer,
        maker=maker,
        loss=loss,
        loss_name=resolved,
        from_logits=bool(_loss_option(loss, "from_logits")),
        ignore_class=_loss_option(loss, "ignore_class"),
    )


def _batched(shape: Shape | None) -> Shape | None:
    return None if shape is None else (None, *shape[1:])


def _outputs(model: Any, predicted: Any) -> list[Any]:
    found = read(model, "outputs")
    if found:
        return list(found) if isinstance(found, (list, tuple)) else [found]
    return [leaf for _, leaf in leaves(predicted)] if predicted is not None else []


def _names(model: Any, outputs: list[Any]) -> list[str]:
    structure = output_structure(model)
    if isinstance(structure, dict) and len(structure) == len(outputs):
        by_id = {id(tensor): str(name) for name, tensor in structure.items()}
        if all(id(tensor) in by_id for tensor in outputs):
            return [by_id[id(tensor)] for tensor in outputs]
        return [str(name) for name in sorted(structure)]
    names = read(model, "output_names")
    if isinstance(names, list) and len(names) == len(outputs):
        return [str(name) for name in names]
    return [str(read(_layer_of(tensor), "name") or f"output_{index + 1}") for index, tensor in enumerate(outputs)]


def _loss_of(losses: Any, name: str, index: int) -> Any:
    if is_a(losses, Mapping):
        return losses.get(name)
    if is_a(losses, (list, tuple)):
        return losses[index] if index < len(losses) else None
    return losses


def _resolved(loss: Any) -> str | None:
    if is_a(loss, str):
        plain = loss.replace("_", "").lower()
        return {"mse": "meansquarederror", "mae": "meanabsoluteerror", "bce": "binarycrossentropy"}.get(plain, plain)
    if loss is None:
        return None
    name = loss_name(loss)
    if name is not None:
        return name
    module = str(read(loss, "__module__") or "").partition(".")[0]
    return str(read(loss, "__name__") or "").replace("_", "").lower() if module in {"keras", "tf_keras"} else None


def _loss_option(loss: Any, name: str) -> Any:
    for holder in (loss, read(loss, "_fn_kwargs")):
        value = holder.get(name) if is_a(holder, Mapping) else read(holder, name)
        if value is not None:
            return value
    return None


def _layer_of(tensor: Any) -> Any:
    history = read(tensor, "_keras_history")
    return None if history is None else history[0]


def _size(layer: Any) -> int | None:
    for name in _SIZES:
        value = read(layer, name)
        if isinstance(value, int):
            return value
    return None


def _maker(tensor: Any) -> Any:
    """Return the layer that fixes the size of a tensor's last axis: layers that keep it are passed by."""
    for _ in range(MOST_BACK):
        layer = _layer_of(tensor)
        if layer is None:
            return None
        if _size(layer) is not None:
            return layer
        if read(layer, "outputs") and wants.is_model(layer):
            inner = layer.outputs
            tensor = inner[0] if isinstance(inner, (list, tuple)) and len(inner) == 1 else None
            continue
        nodes = read(layer, "_inbound_nodes") or []
        before = _inputs_of(nodes[0]) if len(nodes) == 1 else []
        if len(before) != 1 or (shape_of(before[0]) or (None,))[-1] != (shape_of(tensor) or (None,))[-1]:
            return None
        tensor = before[0]
    return None


def width_maker(layer: Any, size: int) -> tuple[Any, str] | None:
    """Return the layer, within a layer or model, that fixes its output's last axis, and by which argument."""
    inner: Any = layer
    if wants.is_model(layer) and wants.graph_inputs(layer):
        outputs = read(layer, "outputs") or []
        inner = _maker(outputs[0]) if len(outputs) == 1 else None
    elif wants.is_sequential(layer):
        inner = next((one for one in reversed(layer.layers) if _size(one) is not None), None)
    elif not wants.is_keras(type(layer)):
        found = [one for one in layer._flatten_layers(include_self=False) if _width(one) is not None]
        alike = [one for one in found if _width(one) == size]
        inner = alike[0] if len(alike) == 1 else None
    for name in (*_SIZES, "output_dim"):
        if inner is not None and read(inner, name) == size:
            return inner, name
    return None


def _width(layer: Any) -> int | None:
    found = _size(layer)
    wide = read(layer, "output_dim")
    return found if found is not None else wide if isinstance(wide, int) else None


def _inputs_of(node: Any) -> list[Any]:
    found = read(node, "input_tensors")
    if found is None:
        return []
    return list(found) if isinstance(found, (list, tuple)) else [found]


def retried(
    call: trial.Call,
    built_before: frozenset[int] | None,
    *,
    losses: Any = None,
    layers: Mapping[Any, Mapping[str, Any]] | None = None,
) -> trial.Outcome:
    """Try a call as it would run had the model been compiled, or some of its layers been made, otherwise.

    Parameters
    ----------
    losses
        The structure of losses in place of the compiled one.
    layers
        For layers of the model, the settings of their config that change.
    """
    if call.entry == "loss":
        if layers or losses is None or isinstance(losses, (Mapping, list, tuple, str)):
            return trial.Outcome(accepted=False, note="undecidable: what makes the output is not part of this call")
        return trial.try_call(dataclasses.replace(call, owner=losses))
    if any(not wants.is_keras(type(layer)) for layer in layers or ()):
        return trial.Outcome(accepted=False, note="a layer of the user's own cannot be made anew")
    with contextlib.ExitStack() as stack:
        if losses is not None:
            stack.enter_context(_compiled_with(call.owner, losses))
        for layer, settings in (layers or {}).items():
            stack.enter_context(_made_with(layer, settings, built_before))
        return trial.try_call(call, built_before)


@contextlib.contextmanager
def _compiled_with(model: Any, losses: Any) -> Iterator[None]:
    for container, structure in zip(_CONTAINERS, _STRUCTURES, strict=True):
        held = vars(model).get(container)
        if held is not None and hasattr(held, structure):
            changed = object.__new__(type(held))  # Keras' containers refuse to be copied
            vars(changed).update({**vars(held), structure: losses})
            vars(model)[container] = changed
            try:
                yield
            finally:
                vars(model)[container] = held
            return
    yield


@contextlib.contextmanager
def _made_with(layer: Any, settings: Mapping[str, Any], built_before: frozenset[int] | None) -> Iterator[None]:
    """Let another layer stand in: for a built one by its call, for one that the trial builds anew by its config."""
    config = {**layer.get_config(), **settings}
    fresh_build = built_before is not None and id(layer) not in built_before
    value: Any
    if fresh_build:
        name, value = "get_config", lambda: config
    else:
        other = type(layer).from_config(config)
        name, value = "call", lambda *args, **kwargs: other(*args, **kwargs)  # noqa: PLW0108 - a function, as AutoGraph needs
    before = vars(layer).get(name)
    had = name in vars(layer)
    vars(layer)[name] = value
    try:
        yield
    finally:
        if had:
            vars(layer)[name] = before
        else:
            vars(layer).pop(name, None)


def other_loss(model: Any, head: Head, name: str, **settings: Any) -> Any:
    """Return the loss class `name` of the model's package, with the settings of the head's loss that it shares."""
    root = next((cls.__module__.partition(".")[0] for cls in type(model).__mro__ if wants.is_keras(cls)), "keras")
    made = getattr(sys.modules[root].losses, name)
    if head.from_logits:
        settings["from_logits"] = True
    return made(**settings)
