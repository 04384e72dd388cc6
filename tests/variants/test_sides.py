"""A mistake on the side of the labels is never blamed on the data, nor the other way round."""

from __future__ import annotations

import pytest

from tests.conftest import Python
from tests.variants.sides import INPUT_MISTAKES, LABEL_MISTAKES, WAYS, diagnosed, fit, judged


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", LABEL_MISTAKES)
def test_labels_are_not_blamed_on_the_data(name: str, way: str) -> None:
    """Wrong labels give a code of the labels, on every way that refuses them."""
    assert judged(way, name, labels=True) == ""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", INPUT_MISTAKES)
def test_data_is_not_blamed_on_the_labels(name: str, way: str) -> None:
    """Wrong data gives a code of the data, on every way that refuses it."""
    assert judged(way, name, labels=False) == ""


@pytest.mark.parametrize("labels", [True, False])
def test_most_are_refused_at_all(labels: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """The tests above look at failures: `fit` refuses at least twelve mistakes of each side."""
    mistakes = LABEL_MISTAKES if labels else INPUT_MISTAKES
    refused = [name for name, (make, x, y) in mistakes.items() if diagnosed(fit, make, x, y) is not None]
    assert len(refused) >= 12


def test_the_same_under_tf_keras(python: Python) -> None:
    """The other Keras gives the same sides."""
    done = python(["-m", "tests.variants.sides"], environment={"TF_USE_LEGACY_KERAS": "1"}, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
