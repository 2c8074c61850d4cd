"""A client that comes back by itself."""

from __future__ import annotations

import asyncio
import inspect
import logging
from dataclasses import replace
from functools import partial
from typing import Any, Awaitable, Callable, Dict, Generator, List, Mapping, Optional, Union

from .backoff import Backoff
from .channel_book import ChannelBook
from .channels import Event, Gap
from .contract import AuthExpiringParams, HelloParams, ServerDrainingParams, WhoAmIResult
from .errors import GatewayError, for_close, from_wire
from .link import CloseInfo, Link
from .methods import GatewayMethods
from .options import Options
from .subscription import EventHandler, Subscription

logger = logging.getLogger("tradermind_gateway")

#: A text, or a function (plain or ``async``) that gives one.
Text = Union[str, Callable[[], Union[str, Awaitable[str]]]]

#: What ``Client.on`` takes.
NOTICES = (
    "gap", "status", "overflow", "disconnected", "reconnected", "expiring", "refreshed",
    "refresh_failed", "draining", "warning", "error", "notification", "closed",
)  # fmt: skip


class Client(GatewayMethods):
    """A connection to a gateway, made by ``connect``.

    The first connection is made by ``connect`` or fails with a reason. After that a lost connection
    is a notice: the client connects again where the close code allows it, subscribes again and gets
    what it missed, or says what it could not get. Calls never wait for a connection and are never
    repeated by themselves: an order that is carried out late, or twice, is worse than one that fails.
    """

    def __init__(self, url: Text, token: Text, options: Options) -> None:
        self._url = url
        self._token = token
        self._options = options
        self._link: Optional[Link] = None
        self._book = ChannelBook()
        self._handlers: Dict[str, List[Callable[[Any], Any]]] = {}
        self._backoff = Backoff(options.backoff_base, options.backoff_cap, options.attempts_max)
        self._tasks: Dict[str, asyncio.Task[None]] = {}
        self._is_closing = False
        self._ended: asyncio.Future[Optional[GatewayError]] = asyncio.get_running_loop().create_future()
        self._hello: Optional[HelloParams] = None
        #: Set, and replaced, when there is a connection or the client is over.
        self._changed = asyncio.Event()

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    # Life.

    @property
    def hello(self) -> HelloParams:
        """The gateway's last greeting: who the client is, and what it may do."""
        assert self._hello is not None, "a client is made by connect"
        return self._hello

    @property
    def is_connected(self) -> bool:
        """Whether calls can be sent now."""
        return self._link is not None and self._link.is_open

    async def connected(self) -> None:
        """Waits until calls can be sent; raises why the client is over where it is."""
        while not self.is_connected:
            if self._ended.done():
                raise self._ended.result() or GatewayError("closed", "the client was closed", retry="never")
            await self._changed.wait()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Closes with the closing handshake and does not come back."""
        self._is_closing = True
        link = self._link
        self._finish(None)
        if link is not None:
            link.fail_requests(GatewayError("closed", "the client was closed"))
            await link.close(code, reason)

    async def closed(self) -> Optional[GatewayError]:
        """Waits for the end; returns why the client gave up, None after ``close``."""
        return await asyncio.shield(self._ended)

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # Notices.

    def on(self, notice: str, handler: Callable[[Any], Any]) -> Callable[[], None]:
        """Calls ``handler`` for each notice of a kind; returns what takes it away again.

        ============== ================================================================
        gap            a ``Gap``: events are missing and could not be recovered
        status         the parameters of ``channel.status``
        overflow       the ``Subscription`` whose queue begins to drop events
        disconnected   ``(CloseInfo, seconds until the next attempt)``
        reconnected    the list of channel states; one with an ``error`` is forgotten
        expiring       the parameters of ``auth.expiring``
        refreshed      the answer to ``auth.refresh``
        refresh_failed a ``GatewayError``; the client tries again while the token lasts
        draining       the parameters of ``server.draining``
        warning        the parameters of ``limits.warning``
        error          a ``GatewayError`` that belongs to no call
        notification   ``(method, params)`` of a notification newer than this library
        closed         a ``GatewayError`` where the client gave up, None after ``close``
        ============== ================================================================
        """
        if notice not in NOTICES:
            raise ValueError(f"no notice {notice!r}: there are {', '.join(NOTICES)}")
        check_handler(handler)
        handlers = self._handlers.setdefault(notice, [])
        handlers.append(handler)
        return lambda: handlers.remove(handler) if handler in handlers else None

    def _notify(self, notice: str, value: Any) -> None:
        for handler in tuple(self._handlers.get(notice, ())):
            self._run_handler(handler, value)

    def _run_handler(self, handler: Callable[[Any], Any], value: Any) -> None:
        try:
            handler(value)
        except Exception:  # A handler's fault must not stop the reading.
            logger.exception("a handler failed")

    # Calls.

    async def call(
        self, method: str, params: Optional[Mapping[str, Any]] = None, *, timeout: Optional[float] = None
    ) -> Any:
        """Calls a method by its name; every method of the contract also is one of this class.

        Raises ``GatewayError``: the gateway's, or why there is no answer.
        """
        if method in ("subscribe", "unsubscribe"):
            raise ValueError(f"{method} is done by Client.subscribe and Subscription.close")
        return await self._request(method, params or {}, timeout)

    async def _request(
        self,
        method: str,
        params: Mapping[str, Any],
        timeout: Optional[float] = None,
        hook: Optional[Callable[[Any], None]] = None,
    ) -> Any:
        if self._link is None:
            symbol = "closed" if self._ended.done() else "not_connected"
            raise GatewayError(symbol, "there is no connection", retry="never" if symbol == "closed" else None)
        link = self._link

        def noted(result: Any) -> None:
            # One that was replaced meanwhile has nothing to say of places: its successor knows them.
            if hook is not None and link is self._link:
                hook(result)

        return await link.request(method, params, timeout or self._options.request_timeout, noted)

    # Channels.

    async def subscribe(
        self,
        *channels: str,
        policy: Optional[str] = None,
        max_rate: Optional[int] = None,
        queue_max: Optional[int] = None,
        on_event: Optional[EventHandler] = None,
    ) -> Subscription:
        """Subscribes to up to 100 channels.

        A channel that is refused is in ``Subscription.refused``; where all are, the first refusal is
        raised. Several subscriptions may share a channel; the last ``policy`` and ``max_rate`` hold.
        """
        if not channels or len(set(channels)) != len(channels):
            raise ValueError("subscribe takes channels, each once")
        if on_event is not None:
            check_handler(on_event)
        subscription = Subscription(self, channels, queue_max or self._options.queue_max, on_event)
        wishes = self._book.add(subscription, channels, policy, max_rate)
        try:
            hook = partial(self._settle, newcomer=subscription)
            await self._request("subscribe", {"channels": wishes}, hook=hook)
        except BaseException:
            # What was sent may have been carried out: nobody reads the channels, so they are left.
            await self._leave(subscription)
            raise
        # One that has no channel left may also have seen the end of those that were accepted.
        if len(subscription.refused) == len(channels):
            raise next(iter(subscription.refused.values()))
        return subscription

    def _settle(self, result: Any, newcomer: Optional[Subscription] = None) -> None:
        """Takes an answer to ``subscribe``."""
        for state in result["channels"]:
            channel = state["channel"]
            if "error" in state:
                self._book.refused(channel, from_wire(state["error"]), newcomer)
            else:
                self._deliver(channel, self._book.answered(channel, state, newcomer))

    async def _leave(self, subscription: Subscription) -> None:
        channels = self._book.remove(subscription)
        subscription._end(None)
        if channels and self.is_connected:
            try:
                await self._request("unsubscribe", {"channels": channels})
            except GatewayError:
                pass  # They are forgotten: a reconnect does not bring them back.

    def _deliver(self, channel: str, items: Optional[List[Union[Event, Gap]]]) -> None:
        """Hands events on; None asks the gateway for what was lost."""
        if items is None:
            self._start(f"recover {channel}", self._recover(channel))
            return
        for item in items:
            if isinstance(item, Gap):
                self._notify("gap", item)
            for subscription in self._book.deliver(channel, item):
                self._notify("overflow", subscription)

    async def _recover(self, channel: str) -> None:
        """Subscribes again from the last event, to get what was lost."""
        link = self._link
        try:
            await self._request("subscribe", {"channels": self._book.wishes([channel])}, hook=self._settle)
        except GatewayError:
            if link is self._link and link is not None and link.is_open:
                self._deliver(channel, self._book.abandoned(channel))

    # What comes.

    def _notified(self, link: Link, method: str, params: Any) -> None:
        if link is not self._link:
            return  # A connection that was replaced: its successor has recovered what it carries.
        if method == "event":
            self._deliver(params.get("channel"), self._book.received(params))
        elif method == "channel.status":
            for channel, items in self._book.status(params):
                self._deliver(channel, items)
            self._notify("status", params)
        elif method == "auth.expiring":
            self._notify("expiring", params)
            if callable(self._token):
                self._start("refresh", self._refresh(link, params))
        elif method == "server.draining":
            self._notify("draining", params)
            if self._options.reconnect:
                self._start("move", self._move(link, params))
        elif method == "limits.warning":
            self._notify("warning", params)
        elif method == "error":
            self._notify("error", from_wire(params.get("error")))
        elif method != "hello":
            self._notify("notification", (method, params))

    def _start(self, name: str, work: Any) -> None:
        """Runs something beside the reading; the same again takes the place of the first."""
        earlier = self._tasks.pop(name, None)
        if earlier is not None:
            earlier.cancel()
        task = asyncio.get_running_loop().create_task(work)
        self._tasks[name] = task
        task.add_done_callback(lambda done: self._tasks.pop(name) if self._tasks.get(name) is done else None)

    # The token.

    async def _provide_token(self) -> str:
        try:
            return await _provided(self._token)
        except GatewayError:
            raise
        except Exception as error:
            message = f"the token's provider failed: {type(error).__name__}"
            raise GatewayError("token_unavailable", message) from error

    async def refresh_token(self) -> WhoAmIResult:
        """Asks the provider for a token and gives it to this connection; subscriptions go on."""
        answer: WhoAmIResult = await self._request("auth.refresh", {"token": await self._provide_token()})
        self._notify("refreshed", answer)
        return answer

    async def _refresh(self, link: Link, expiring: AuthExpiringParams) -> None:
        pauses = Backoff(self._options.backoff_base, self._options.backoff_cap)
        while link is self._link and link.is_open:
            try:
                await self.refresh_token()
                return
            except GatewayError as error:
                self._notify("refresh_failed", error)
                if error.symbol != "token_unavailable" and not error.retryable:
                    return  # The gateway closes the connection when the token's grace is over.
                await asyncio.sleep(pauses.next(error.retry_after or 0.0) or 0.0)

    # Connecting.

    async def _open(self) -> Link:
        try:
            url = await _provided(self._url)
        except Exception as error:
            raise GatewayError("connect_failed", f"the address's provider failed: {type(error).__name__}") from error
        link = await Link.open(url, await self._provide_token(), self._options)
        if self._is_closing:
            link.abort("closed")
            raise GatewayError("closed", "the client was closed", retry="never")
        return link

    async def _take_up(self, link: Link) -> None:
        """Makes a connection the current one, and goes on where each channel was."""
        self._link, self._hello = link, link.hello
        link.start(self._notified, self._link_ended)
        self._wake()
        states: List[Mapping[str, Any]] = []

        def hook(result: Any) -> None:
            states.extend(result["channels"])
            self._settle(result)

        for batch in self._book.batches():
            try:
                await link.request("subscribe", {"channels": batch}, self._options.request_timeout, hook)
            except GatewayError as error:
                link.abort(f"not subscribed again: {error.message}")
                return
        if link is self._link:
            self._notify("reconnected", states)

    def _link_ended(self, link: Link, end: CloseInfo) -> None:
        if link is not self._link:
            return
        self._link = None
        self._backoff.lasted(asyncio.get_running_loop().time() - link.opened_at)
        for name in [name for name in self._tasks if name != "reconnect"]:
            self._tasks.pop(name).cancel()
        can_refresh = end.reconnect != "after_refresh" or callable(self._token)
        if self._is_closing or not self._options.reconnect or end.reconnect == "never" or not can_refresh:
            self._finish(None if self._is_closing else for_close(end.code, end.reason))
        else:
            self._book.disconnected()
            self._start("reconnect", self._reconnect(end))

    async def _reconnect(self, end: CloseInfo) -> None:
        error, at_least = for_close(end.code, end.reason), 0.0
        is_immediate = end.reconnect == "immediately" and self._backoff.attempt == 0
        while True:
            pause = self._backoff.next(at_least)
            if pause is None:
                self._finish(error)
                return
            pause = 0.0 if is_immediate else pause
            is_immediate = False
            self._notify("disconnected", (end, pause))
            await asyncio.sleep(pause)
            try:
                link = await self._open()
            except GatewayError as failure:
                # A new token may help, whatever was wrong with the last one; the same one cannot.
                needs_token = failure.http_status == 401 or failure.retry == "after_refresh"
                if not (callable(self._token) if needs_token else failure.retryable):
                    self._finish(failure)
                    return
                error, at_least = failure, failure.retry_after or 0.0
                end = CloseInfo(1006, failure.message)
                continue
            # The task ends here, so that a loss while it takes up finds room for the next one.
            self._start("take up", self._take_up(link))
            return

    async def _move(self, link: Link, draining: ServerDrainingParams) -> None:
        """Opens the next connection before the node goes, and closes the old one behind it."""
        await asyncio.sleep(draining.get("reconnect_after_ms", 0) / 1000)
        pauses = Backoff(self._options.backoff_base, self._options.backoff_cap)
        while link is self._link and link.is_open:
            try:
                following = await self._open()
            except GatewayError as error:
                # While the old connection lasts it serves; its end is dealt with as any other.
                await asyncio.sleep(pauses.next(error.retry_after or 0.0) or 0.0)
                continue
            if link is not self._link:
                following.abort("not needed")
                return
            self._start("take up", self._take_up(following))
            await link.retire(self._options.request_timeout)
            return

    def _finish(self, error: Optional[GatewayError]) -> None:
        if self._ended.done():
            return
        self._ended.set_result(error)
        self._link = None
        self._wake()
        current = asyncio.current_task()
        for task in self._tasks.values():
            if task is not current:
                task.cancel()
        self._book.end(error)
        self._notify("closed", error)


async def _provided(text: Text) -> str:
    if isinstance(text, str):
        return text
    given = text()
    return await given if inspect.isawaitable(given) else given


def check_handler(handler: Callable[[Any], Any]) -> None:
    """Handlers run while the connection is read, one after another, and so cannot wait."""
    if inspect.iscoroutinefunction(handler):
        raise TypeError("a handler is a plain function; to await, read the subscription with async for")


class connect:
    """Connects and waits for the greeting.

    ::

        async with connect("wss://gateway.example/v1", token=get_token) as client:
            ticks = await client.subscribe("ticks:R_100")
            async for tick in ticks:
                print(tick.data["quote"])

    ``token`` is the bearer token, or a function (plain or ``async``) that gives one: it is asked for
    each connection, and when the token is about to expire. ``url`` may be a function too, which can
    name another node for each connection. ``options`` and the keywords of ``Options`` set bounds and
    times. Raises ``GatewayError`` where there is no connection.
    """

    def __init__(self, url: Text, token: Text, options: Optional[Options] = None, **changes: Any) -> None:
        self._arguments = (url, token, replace(options or Options(), **changes))
        self._client: Optional[Client] = None

    def __await__(self) -> Generator[Any, None, Client]:
        return self._connect().__await__()

    async def _connect(self) -> Client:
        client = Client(*self._arguments)
        link = await client._open()
        await client._take_up(link)
        return client

    async def __aenter__(self) -> Client:
        self._client = await self._connect()
        return self._client

    async def __aexit__(self, *_: object) -> None:
        if self._client is not None:
            await self._client.close()
