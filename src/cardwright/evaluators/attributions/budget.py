"""How long an evaluation may take, and how much of it is left."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class TimeBudget:
    """A point in time at which work ends, by a clock that is handed in."""

    until: float = math.inf
    """When it is used up, in the clock's seconds."""
    seconds: float = math.inf
    """How long it was when it began."""
    clock: Callable[[], float] = time.monotonic
    """Seconds since some moment."""

    @classmethod
    def of(cls, seconds: float, clock: Callable[[], float] = time.monotonic) -> TimeBudget:
        """A budget that begins now."""
        return cls(clock() + seconds, seconds, clock)

    @property
    def left(self) -> float:
        """Seconds that are left; 0 or less where it is used up."""
        return self.until - self.clock()

    def part(self, share: float) -> TimeBudget:
        """A budget that ends when this share of what is left is used up.

        >>> TimeBudget(until=10.0, clock=lambda: 2.0).part(0.25).left
        2.0
        """
        return self if math.isinf(self.until) else replace(self, until=self.clock() + share * max(self.left, 0.0))

    def pieces(self, total: int) -> Iterator[tuple[int, int]]:
        """Work of so many rows in pieces (start, stop), for as long as the next is expected to end in time.

        The first piece is always handed out. Sizes double from 1 to 64, whatever the clock says, so that whoever has time enough
        gets the same numbers on a fast machine and on a slow one.

        >>> list(TimeBudget().pieces(10))
        [(0, 1), (1, 3), (3, 7), (7, 10)]
        """
        begun, done, size = self.clock(), 0, 1
        while done < total:
            stop = min(done + size, total)
            if done:
                each = (self.clock() - begun) / done
                if self.left <= each * (stop - done):
                    return
            yield done, stop
            done, size = stop, min(size * 2, 64)


__all__ = ["TimeBudget"]
