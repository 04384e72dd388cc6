"""Tensors that stand in for others in a trial."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from kerasguard.vocabulary import Shape


def blank(shape: Shape, dtype: Any) -> Any:
    """Return a tensor of this shape, free sizes taken as 1, that holds nothing."""
    return tf.zeros([1 if size is None else size for size in shape], dtype)


def blank_rows(tensor: Any, sample: Shape) -> Any:
    """Return a tensor of other samples that hold nothing, as many as `tensor` has rows."""
    sizes = [1 if size is None else size for size in sample]
    return tf.zeros([tf.shape(tensor)[0], *sizes], tensor.dtype)
