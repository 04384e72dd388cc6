"""Deadlines count work, and end what only waits."""

from __future__ import annotations

import time

from kerasguard.deadline import CROWDED, Deadline


def test_work_counts() -> None:
    """The processor time of the thread is what passes."""
    begun = time.thread_time()
    deadline = Deadline.within(0.02)
    while not deadline.passed():
        assert time.thread_time() - begun < 1
    assert time.thread_time() - begun >= 0.02


def test_waiting_counts_less_but_counts() -> None:
    """A machine that is busy with other things takes nothing away; what sleeps comes to an end all the same."""
    deadline = Deadline.within(0.05)
    time.sleep(0.06)
    assert not deadline.passed()
    time.sleep(0.05 * CROWDED)
    assert deadline.passed()


def test_the_sooner_one() -> None:
    """Of two deadlines the sooner one counts, whichever way they are asked."""
    near, far = Deadline.within(0.001), Deadline.within(100)
    assert near.sooner(far) == far.sooner(near) == near
    assert far.left() > 90 > near.left()
