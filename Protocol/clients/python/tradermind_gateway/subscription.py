"""A reader of channels with a bounded queue of its own."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Callable, Deque, Dict, FrozenSet, Iterable, Mapping, Optional

from .channels import Event, Gap
from .errors import GatewayError

if TYPE_CHECKING:
    from .client import Client

EventHandler = Callable[[Event], Any]


class Subscription:
    """The events of one or more channels, in the order in which they came.

    Read it with ``async for``, from one task, or give ``on_event`` to ``subscribe``. Beyond
    ``queue_max`` unread events the oldest is dropped: ``Event.skipped`` of the next one and
    ``skipped_total`` say how many, and the client's ``overflow`` handlers are told when it begins.

    Reading ends after ``close``, or when no channel is left; it raises ``GatewayError`` where the
    client gave up or the last channel was refused.
    """

    def __init__(
        self,
        client: Client,
        channels: Iterable[str],
        queue_max: int,
        on_event: Optional[EventHandler],
    ) -> None:
        if queue_max < 1:
            raise ValueError("queue_max is at least 1")
        self._client = client
        self._open = set(channels)
        self._queue: Deque[Event] = deque()
        self._queue_max = queue_max
        self._on_event = on_event
        self._gaps: Dict[str, Gap] = {}
        self._skipped = 0
        self._ready = asyncio.Event()
        self._is_ended = False
        self._error: Optional[GatewayError] = None
        #: Events that made room since the beginning.
        self.skipped_total = 0
        #: How each channel stands, as the gateway last said: ``policy``, ``status``, …
        self.states: Dict[str, Mapping[str, Any]] = {}
        #: Channels that the gateway refused, and why.
        self.refused: Dict[str, GatewayError] = {}

    @property
    def channels(self) -> FrozenSet[str]:
        """The channels that are subscribed to."""
        return frozenset(self._open)

    async def close(self) -> None:
        """Leaves the channels, unless another subscription of the client has them too."""
        await self._client._leave(self)

    async def __aenter__(self) -> Subscription:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> Event:
        while not self._queue:
            if self._is_ended:
                if self._error is not None:
                    raise self._error
                raise StopAsyncIteration
            self._ready.clear()
            await self._ready.wait()
        event = self._queue.popleft()
        if self._skipped:
            event, self._skipped = event._with(skipped=self._skipped), 0
        return event

    # What the client tells.

    def _gap(self, gap: Gap) -> None:
        self._gaps.setdefault(gap.channel, gap)

    def _push(self, event: Event) -> bool:
        """Takes an event; says whether the queue begins to overflow with it."""
        gap = self._gaps.pop(event.channel, None)
        if gap is not None:
            event = event._with(gap=gap)
        if self._on_event is not None:
            self._client._run_handler(self._on_event, event)
            return False
        is_full = len(self._queue) >= self._queue_max
        begins = is_full and self._skipped == 0
        if is_full:
            self._queue.popleft()
            self._skipped += 1
            self.skipped_total += 1
        self._queue.append(event)
        self._ready.set()
        return begins

    def _refuse(self, channel: str, error: GatewayError) -> None:
        self.refused[channel] = error
        self._drop(channel, error)

    def _drop(self, channel: str, error: Optional[GatewayError] = None) -> None:
        """Takes that a channel is over."""
        self._open.discard(channel)
        if not self._open:
            self._end(error)

    def _end(self, error: Optional[GatewayError]) -> None:
        if not self._is_ended:
            self._is_ended, self._error = True, error
            self._ready.set()
