"""What a client is subscribed to: the places in the channels, and who reads them."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Tuple, Union

from .channels import Cursor, Event, Gap
from .errors import GatewayError
from .subscription import Subscription

#: Channels that one ``subscribe`` takes (``SubscribeParams``).
CHANNELS_PER_REQUEST_MAX = 100

Items = Optional[List[Union[Event, Gap]]]


class _Channel:
    """One channel: its place, what was asked for, and its readers."""

    def __init__(self, name: str) -> None:
        self.cursor = Cursor(name)
        self.options: Dict[str, Any] = {}
        self.readers: List[Subscription] = []
        self.newest: Optional[Event] = None
        self.keeps_newest = False

    def wish(self) -> Dict[str, Any]:
        """The entry of a ``subscribe``, from where the channel is."""
        position = self.cursor.position
        return {"channel": self.cursor.channel, **self.options, **({"recover": position} if position else {})}


class ChannelBook:
    """The channels of a client, in the order in which they were first asked for."""

    def __init__(self) -> None:
        self._channels: Dict[str, _Channel] = {}

    # What the owner wants.

    def add(
        self, reader: Subscription, channels: Iterable[str], policy: Optional[str], max_rate: Optional[int]
    ) -> List[Dict[str, Any]]:
        """Adds a reader; returns the entries of its ``subscribe``."""
        asked = {"policy": policy, "max_rate": max_rate}
        options = {name: value for name, value in asked.items() if value is not None}
        for name in channels:
            channel = self._channels.setdefault(name, _Channel(name))
            channel.options.update(options)
            channel.readers.append(reader)
        return self.wishes(channels)

    def remove(self, reader: Subscription) -> List[str]:
        """Takes a reader away; returns the channels that nobody reads any more."""
        left = []
        for name, channel in list(self._channels.items()):
            if reader in channel.readers:
                channel.readers.remove(reader)
                if not channel.readers:
                    del self._channels[name]
                    left.append(name)
        return left

    def wishes(self, channels: Iterable[str]) -> List[Dict[str, Any]]:
        """The entries of a ``subscribe`` from where the channels are."""
        return [self._channels[name].wish() for name in channels if name in self._channels]

    def batches(self) -> Iterator[List[Dict[str, Any]]]:
        """The entries of all channels, in groups of the size that one request takes."""
        names = list(self._channels)
        for start in range(0, len(names), CHANNELS_PER_REQUEST_MAX):
            wishes = self.wishes(names[start : start + CHANNELS_PER_REQUEST_MAX])
            if wishes:
                yield wishes

    # What the gateway says.

    def answered(self, name: str, state: Mapping[str, Any], newcomer: Optional[Subscription]) -> Items:
        """Takes an accepted channel of an answer to ``subscribe``."""
        channel = self._channels.get(name)
        if channel is None:
            return []
        known = {key: value for key, value in state.items() if key != "snapshot"}
        for reader in channel.readers:
            reader.states[name] = known
        # A newcomer to a channel that others read is shown how things stand, as they were.
        if newcomer is not None and channel.newest is not None and channel.keeps_newest:
            newcomer._push(channel.newest._with(origin="snapshot", gap=None, merged=0, dropped=0))
        items = channel.cursor.answered(state)
        if any(isinstance(item, Event) and item.origin == "snapshot" for item in items):
            channel.keeps_newest = True
        return items

    def refused(self, name: str, error: GatewayError, newcomer: Optional[Subscription]) -> None:
        """Takes a refused channel: of the newcomer that asked, else of everybody."""
        channel = self._channels.get(name)
        readers = [] if channel is None else list(channel.readers)
        for reader in readers if newcomer is None else [newcomer]:
            reader._refuse(name, error)
            # Where the channel ended meanwhile the newcomer is gone from it, and others may have come.
            if channel is not None and reader in channel.readers:
                channel.readers.remove(reader)
        if channel is not None and not channel.readers:
            del self._channels[name]

    def received(self, params: Mapping[str, Any]) -> Items:
        """Takes an event; None for a loss."""
        channel = self._channels.get(params.get("channel", ""))
        return [] if channel is None else channel.cursor.received(params)

    def status(self, params: Mapping[str, Any]) -> Iterator[Tuple[str, Items]]:
        """Takes a ``channel.status``; gives what to deliver of each channel."""
        status, reason = params.get("status"), params.get("reason")
        for entry in params.get("channels", ()):
            name = entry.get("channel")
            channel = self._channels.get(name)
            if channel is None:
                continue
            for reader in channel.readers:
                reader.states[name] = {**reader.states.get(name, {}), "status": status}
            if status == "live":
                yield name, channel.cursor.restored(entry, reason == "feed_resumed")
            elif status == "ended":
                del self._channels[name]
                for reader in channel.readers:
                    reader._drop(name)

    def abandoned(self, name: str) -> Items:
        """Takes that a loss could not be mended."""
        channel = self._channels.get(name)
        return [] if channel is None else channel.cursor.abandoned()

    def disconnected(self) -> None:
        """Takes that the connection is gone: what was being recovered is asked for anew."""
        for channel in self._channels.values():
            channel.cursor.is_recovering = False

    # To the readers.

    def deliver(self, name: str, item: Union[Event, Gap]) -> List[Subscription]:
        """Hands an item to the channel's readers; returns those that begin to overflow."""
        channel = self._channels.get(name)
        if channel is None:
            return []
        readers = tuple(channel.readers)
        if isinstance(item, Gap):
            for reader in readers:
                reader._gap(item)
            return []
        channel.newest = item
        return [reader for reader in readers if reader._push(item)]

    def end(self, error: Optional[GatewayError]) -> None:
        """Takes that the client is over."""
        channels, self._channels = self._channels, {}
        for channel in channels.values():
            for reader in channel.readers:
                reader._end(error)
