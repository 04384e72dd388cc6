"""A scratch graph: placeholders that look like the user's objects, and nothing that runs."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf
from tensorflow.python.framework.func_graph import FuncGraph

from kerasguard.adapters.specs import Spec, map_leaves, read, spec_of
from kerasguard.adapters.trial_loss import Labels
from kerasguard.deadline import Deadline
from kerasguard.vocabulary import Shape

_LARGE = 100_000_000  # a layer with more weights than this is not built for a trial


class Undecidable(Exception):  # noqa: N818 - not an error: the trial says nothing
    """The trial cannot tell; its message says why."""


class ScratchGraph(FuncGraph):
    """A graph that is thrown away, and that stops growing when the time is up."""

    def __init__(self, until: Deadline) -> None:
        super().__init__("kerasguard_trial")
        self._until = until

    def _create_op_internal(self, *args: Any, **kwargs: Any) -> Any:
        if self._until.passed():
            raise Undecidable("the time is up")
        return super()._create_op_internal(*args, **kwargs)


def placeholder(shape: Shape | None, dtype: str) -> Any:
    """Return a tensor without values in the current graph."""
    return tf.compat.v1.placeholder(tf.as_dtype(dtype), shape=None if shape is None else tf.TensorShape(shape))


def like(leaf: Any, labels: Labels) -> Any:
    """Return a stand-in for a leaf that is passed to Keras as it is; what has no array stays itself."""
    spec = spec_of(leaf)
    if spec.kind in {"numpy", "eager", "symbolic"} and spec.dtype is not None:
        return _named(placeholder(spec.shape, spec.dtype), leaf, labels)
    if spec.kind in {"ragged", "sparse"} and isinstance(leaf, (tf.RaggedTensor, tf.SparseTensor)):
        return from_type_spec(leaf)
    return leaf


def _named(made: Any, leaf: Any, labels: Labels) -> Any:
    labels.arrays[made.op.name] = leaf
    mask = read(leaf, "_keras_mask")
    if mask is not None and spec_of(mask).dtype is not None:
        made._keras_mask = placeholder(spec_of(mask).shape, "bool")
    return made


def rows_like(leaf: Any, rows: int, kit: Any, labels: Labels) -> Any:
    """Return a stand-in for `rows` rows of a leaf, as the data adapter passes it on to the model."""
    if leaf is None:
        return None
    spec = spec_of(leaf)
    if spec.kind in {"numpy", "eager"} and spec.dtype is not None and spec.shape and _numeric(spec):
        dtype = spec.dtype if spec.kind == "eager" and kit.KEEPS_TENSORS else kit.batch_dtype(spec.dtype)
        return _named(placeholder((rows, *spec.shape[1:]), dtype), leaf, labels)
    with tf.init_scope():  # the conversion of a few rows is the adapter's own, values and all
        converted = kit.convert(leaf[:rows])
    made = like(converted, labels)
    if made is not converted and hasattr(made, "op"):
        labels.arrays[made.op.name] = leaf
    return made


def _numeric(spec: Spec) -> bool:
    return str(spec.dtype).startswith(("int", "uint", "float", "bfloat", "bool", "complex"))


def from_type_spec(value: Any, batch: int | None = None) -> Any:
    """Return a placeholder for a tensor or for one leaf of an ``element_spec``; an open batch axis becomes `batch`."""
    spec = value if isinstance(value, tf.TypeSpec) else tf.type_spec_from_value(value)
    if isinstance(spec, tf.TensorSpec):
        shape = spec.shape
        if batch is not None and shape.rank and shape[0] is None:
            shape = tf.TensorShape([batch, *shape[1:]])
        return tf.compat.v1.placeholder(spec.dtype, shape=shape)
    if isinstance(spec, tf.SparseTensorSpec):
        indices = tf.compat.v1.placeholder(tf.int64, shape=(None, spec.shape.rank))
        values = tf.compat.v1.placeholder(spec.dtype, shape=(None,))
        static = spec.shape.is_fully_defined()
        size = tf.constant(spec.shape.as_list(), tf.int64) if static else placeholder((spec.shape.rank,), "int64")
        return tf.SparseTensor(indices, values, size)
    parts = [tf.compat.v1.placeholder(part.dtype, shape=part.shape) for part in tf.nest.flatten(spec._component_specs)]
    return spec._from_components(tf.nest.pack_sequence_as(spec._component_specs, parts))


def as_tuples(data: Any) -> Any:
    """Return the structure with tuples for lists, which is what datasets make of them."""
    if isinstance(data, dict):
        return {key: as_tuples(item) for key, item in data.items()}
    if isinstance(data, (list, tuple)) and not hasattr(data, "_fields"):
        return tuple(as_tuples(item) for item in data)
    return data


def stand_ins(data: Any, change: Callable[[Any], Any]) -> Any:
    """Return the structure with stand-ins for its leaves."""
    return map_leaves(data, change)


def _without_values(next_creator: Callable[..., Any], **kwargs: Any) -> Any:
    """Create a variable of zeros: no random generator is asked, and no huge one is made."""
    initial: Any = kwargs.get("initial_value")
    shape, dtype = kwargs.get("shape"), kwargs.get("dtype")
    # a value of the scratch graph is never computed
    traced = initial is not None and tf.is_tensor(initial) and hasattr(initial, "graph")
    if traced:
        shape, dtype = initial.shape, initial.dtype
    if (traced or callable(initial)) and shape is not None and dtype is not None:
        static = tf.TensorShape(shape)
        size = static.num_elements()
        if size is not None and size > _LARGE:
            raise Undecidable("a layer would get too many weights")
        if size is not None:
            kwargs["initial_value"] = lambda: tf.zeros(static, dtype)
    return next_creator(**kwargs)


@contextlib.contextmanager
def variables_without_values() -> Iterator[None]:
    """Variables made inside get no random values."""
    with tf.variable_creator_scope(_without_values):
        yield


@contextlib.contextmanager
def scratch_graph(until: Deadline) -> Iterator[ScratchGraph]:
    """Open a `ScratchGraph`."""
    graph = ScratchGraph(until)
    with graph.as_default(), tf.variable_creator_scope(_without_values):
        yield graph


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Print, warn and log nothing inside."""
    loggers = [logging.getLogger(name) for name in ("tensorflow", "absl", "keras", "tf_keras")]
    before = [logger.disabled for logger in loggers]
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.disabled = True
        try:
            yield
        finally:
            for logger, state in zip(loggers, before, strict=True):
                logger.disabled = state
