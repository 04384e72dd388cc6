"""Every layer class of both Kerases gives under guard what it gives without."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tf_keras

import kerasguard
from tests.upstream import layer_recipes

PACKAGES = {package.__name__: package for package in (keras, tf_keras)}
LAYERS = {flavour: layer_recipes.classes(package) for flavour, package in PACKAGES.items()}


def outputs(flavour: str, name: str) -> list[Any]:
    """Build a layer with fixed seeds, call it, and return its outputs and its weights as arrays."""
    package = PACKAGES[flavour]
    package.utils.set_random_seed(1)
    layer = layer_recipes.made(package, name, LAYERS[flavour][name])
    leaves = _flat(layer_recipes.called(name, layer))
    return [np.asarray(leaf) for leaf in leaves] + [np.asarray(weight) for weight in layer.get_weights()]


def _flat(found: Any) -> list[Any]:
    if isinstance(found, dict):
        return _flat([found[key] for key in sorted(found)])
    if isinstance(found, list | tuple):
        return [leaf for one in found for leaf in _flat(one)]
    return [found]


@pytest.mark.parametrize(("flavour", "name"), [(flavour, name) for flavour, found in LAYERS.items() for name in found])
def test_layer(flavour: str, name: str) -> None:
    """The outputs and the weights are the same to the last bit."""
    bare = outputs(flavour, name)
    with kerasguard.guard():
        guarded = outputs(flavour, name)
    assert bare
    assert len(bare) == len(guarded)
    for one, other in zip(bare, guarded, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("flavour", PACKAGES)
def test_every_class_is_there(flavour: str) -> None:
    """The search finds the layers, and only those that cannot be built are left out."""
    assert len(LAYERS[flavour]) > 100
    assert not set(LAYERS[flavour]) & set(layer_recipes.UNBUILT)
