"""When to connect again (Protocol/README.md, "Close codes and connecting again")."""

from __future__ import annotations

import random
from typing import Callable, Optional

from .contract import CLOSE_CODES

#: A connection that has lasted so many seconds makes the pauses begin anew.
STEADY_SECONDS = 60.0
#: What a server may ask to wait at most, in seconds: a node is never away on purpose for longer.
RETRY_AFTER_MAX = 3600.0


class Backoff:
    """Pauses with full jitter: evenly from 0 to min(``cap``, ``base`` · 2^attempt) seconds."""

    def __init__(
        self,
        base: float = 0.5,
        cap: float = 30.0,
        attempts_max: Optional[int] = None,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.base = base
        self.cap = cap
        self.attempts_max = attempts_max
        self.attempt = 0
        self._draw = draw

    def next(self, at_least: float = 0.0) -> Optional[float]:
        """Seconds before the next attempt, the jitter on top of ``at_least``; None to give up."""
        if self.attempts_max is not None and self.attempt >= self.attempts_max:
            return None
        widest = min(self.cap, self.base * float(1 << min(self.attempt, 32)))
        self.attempt += 1
        return min(at_least, RETRY_AFTER_MAX) + widest * self._draw()

    def lasted(self, seconds: float) -> None:
        """Notes how long a connection has lasted."""
        if seconds >= STEADY_SECONDS:
            self.attempt = 0


def reconnect_after(code: int) -> str:
    """What to do after a close code: ``never``, ``immediately``, ``backoff``, ``after_refresh``."""
    known = CLOSE_CODES.get(code)
    if known:
        return known.reconnect
    # The ranges hold for codes that came after this client.
    return "backoff" if code in (1005, 1006, 1012, 1013) or 4000 <= code < 4500 else "never"
