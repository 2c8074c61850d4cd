"""Where a client is in a channel, and whether an event follows the one before it.

Pure: answers and events in, what to deliver out. Protocol/README.md, "``seq`` and ``epoch``: nothing
is lost unnoticed", has the rules.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Dict, List, Mapping, Optional, Union


@dataclass(frozen=True)
class Gap:
    """Events of a channel that are missing and could not be recovered."""

    channel: str
    #: The last event before the gap.
    last_seq: Optional[int]
    #: The first one behind it; None where another epoch began, which counts anew.
    next_seq: Optional[int]


@dataclass(frozen=True)
class Event:
    """Something that happened on a channel."""

    channel: str
    #: What happened, as it was published: a tick on ``ticks:<market>``, else an object.
    data: Any
    #: Its number in the channel; None for one that was published without.
    seq: Optional[int] = None
    #: ``live``; ``recovered``: missed before and got later; ``snapshot``: how things stood.
    origin: str = "live"
    #: Earlier events that the gateway merged into this one for this client.
    merged: int = 0
    #: Earlier events that the gateway dropped for this client.
    dropped: int = 0
    #: Set where events right before this one are missing and could not be recovered.
    gap: Optional[Gap] = None
    #: Events that this reader's own queue dropped right before this one: it was read too slowly.
    skipped: int = 0

    def _with(self, **changes: Any) -> "Event":
        return replace(self, **changes)


Item = Union[Event, Gap]


class Cursor:
    """The place in one channel."""

    def __init__(self, channel: str) -> None:
        self.channel = channel
        self.epoch: Optional[str] = None
        self.seq: Optional[int] = None
        #: Whether a loss was found and the answer that mends it is awaited.
        self.is_recovering = False

    @property
    def position(self) -> Optional[Dict[str, Any]]:
        """``recover`` of the next ``subscribe``; None where nothing was seen yet."""
        if self.epoch is None or self.seq is None:
            return None
        return {"epoch": self.epoch, "seq": self.seq}

    def answered(self, state: Mapping[str, Any]) -> List[Item]:
        """Takes the entry of an answer to ``subscribe``."""
        self.is_recovering = False
        seq: Optional[int] = state.get("seq")
        if seq is None:
            return []  # The feed is not known yet; ``channel.status`` will name the place.
        recovered = state.get("recovered") is True
        last, is_same = self.seq, self.epoch is None or self.epoch == state.get("epoch")
        snapshot = state.get("snapshot") or []
        first = seq - len(snapshot) + 1
        events: List[Item] = [
            Event(self.channel, data, first + index, "recovered" if recovered else "snapshot")
            for index, data in enumerate(snapshot)
            if last is None or not is_same or first + index > last
        ]
        self.epoch, self.seq = state.get("epoch"), seq
        if last is not None and not recovered and not (is_same and last == seq):
            following = events[0].seq if events and isinstance(events[0], Event) else seq + 1
            return [Gap(self.channel, last, following if is_same else None), *events]
        return events

    def received(self, params: Mapping[str, Any]) -> Optional[List[Item]]:
        """Takes an event.

        Returns what to deliver, or None for a loss: then ``subscribe`` with ``position`` mends it,
        and what comes until its answer is in the answer.
        """
        seq: Optional[int] = params.get("seq")
        event = Event(
            self.channel,
            params.get("data"),
            seq,
            merged=params.get("merged", 0),
            dropped=params.get("dropped", 0),
        )
        if seq is None or self.seq is None:
            self.seq = seq if seq is not None else self.seq
            return [event]
        if seq <= self.seq or self.is_recovering:
            return []
        previous = params.get("prev_seq")
        follows = seq == self.seq + 1 if previous is None else previous <= self.seq
        if not follows:
            return self._lost()
        self.seq = seq
        return [event]

    def restored(self, entry: Mapping[str, Any], is_whole: bool) -> Optional[List[Item]]:
        """Takes the entry of a ``channel.status`` that says ``live``; None for a loss, as above."""
        seq, epoch = entry.get("seq"), entry.get("epoch")
        if seq is None or self.is_recovering:
            return []
        if self.seq is not None and self.epoch == epoch:
            # The count has gone on; what it is ahead may still be had.
            return [] if is_whole or seq <= self.seq else self._lost()
        last = self.seq
        self.epoch, self.seq = epoch, seq
        return [] if last is None or is_whole else [Gap(self.channel, last, None)]

    def abandoned(self) -> List[Item]:
        """Takes that a loss could not be mended; what comes next counts as the beginning."""
        last = self.seq
        self.is_recovering, self.seq = False, None
        return [Gap(self.channel, last, None)]

    def _lost(self) -> Optional[List[Item]]:
        if self.position is None:
            return self.abandoned()
        self.is_recovering = True
        return None
