"""A short part of Keras' own tests comes out the same under guard (`tests.upstream.run` runs the whole)."""

from __future__ import annotations

import pytest

from tests.upstream import modules, run


def test_keras_own_tests_do_not_notice_the_guard() -> None:
    """Each test of these modules ends as without the guard, with the same exception where it fails."""
    paths = modules.found(modules.SHORT)
    if not paths:
        pytest.skip("this release of Keras ships no tests")
    comparison = run.compare(paths)
    assert not comparison.differences, "\n".join(map(str, comparison.differences))
    assert not comparison.uncollected
    assert comparison.passed > 100, comparison.summary()
