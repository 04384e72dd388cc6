"""Until when something may run: counted in the thread's own processor time, so that a crowded machine changes no answer."""

from __future__ import annotations

import time
from dataclasses import dataclass

CROWDED = 4.0  # how many times the processor time may pass on the clock: a call that sleeps or waits comes to an end


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on two clocks; it has passed with the first of them.

    Attributes
    ----------
    processor
        The processor time of the thread that made it, in seconds.
    clock
        Seconds on the monotonic clock.
    """

    processor: float
    clock: float

    @classmethod
    def within(cls, seconds: float) -> Deadline:
        """Return the moment that lies so many seconds of work ahead."""
        return cls(time.thread_time() + seconds, time.monotonic() + CROWDED * seconds)

    def passed(self) -> bool:
        """Return whether it is over."""
        return self.left() <= 0

    def left(self) -> float:
        """Return the seconds of work that are left; negative when it is over."""
        return min(self.processor - time.thread_time(), (self.clock - time.monotonic()) / CROWDED)

    def sooner(self, other: Deadline) -> Deadline:
        """Return the moment at which the first of both has passed."""
        return Deadline(min(self.processor, other.processor), min(self.clock, other.clock))
