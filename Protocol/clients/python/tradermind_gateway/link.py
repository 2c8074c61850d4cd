"""One connection: its handshake, its requests with their answers, and what else comes, in order."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Callable, Dict, Mapping, Optional, Tuple

import websockets.asyncio.client
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
    InvalidURI,
    WebSocketException,
)
from websockets.typing import Subprotocol

from .backoff import reconnect_after
from .contract import SUBPROTOCOL, HelloParams
from .errors import GatewayError, for_call, from_wire
from .options import Options

#: Characters of a token: what fits into a request head with room for the other fields.
TOKEN_LENGTH_MAX = 8 * 1024
#: Bytes that may wait to be sent.
UNSENT_BYTES_MAX = 1024 * 1024


@dataclass(frozen=True)
class CloseInfo:
    """How a connection ended."""

    #: The code of the Close frame; 1006 without one (RFC 6455 §7.4.1).
    code: int
    #: The reason in it, or what broke the link.
    reason: str = ""

    @property
    def reconnect(self) -> str:
        """``never``, ``immediately``, ``backoff`` or ``after_refresh``."""
        return reconnect_after(self.code)


Notified = Callable[["Link", str, Mapping[str, Any]], None]
Ended = Callable[["Link", CloseInfo], None]
Hook = Callable[[Any], None]


class _Handshake(websockets.asyncio.client.connect):
    """A gateway does not redirect, and a token must not travel to where an answer points."""

    def process_redirect(self, exc: Exception) -> Exception:
        return exc


class Link:
    """A connection that has been greeted. Reads until it ends."""

    def __init__(self, socket: Any, hello: HelloParams, options: Options) -> None:
        self.hello = hello
        self._socket = socket
        self._options = options
        self._loop = asyncio.get_running_loop()
        self._pending: Dict[int, Tuple[asyncio.Future[Any], Optional[Hook]]] = {}
        self._last_id = 0
        self._last_input = self.opened_at = self._loop.time()
        self._reader: Optional[asyncio.Task[None]] = None
        self._watch: Optional[asyncio.Task[None]] = None
        self._failure: Optional[str] = None
        self._idle = asyncio.Event()
        self._idle.set()

    @classmethod
    async def open(cls, url: str, token: str, options: Options) -> Link:
        """Connects, signs in and waits for the greeting."""
        if not 0 < len(token) <= TOKEN_LENGTH_MAX or not all("!" <= letter <= "~" for letter in token):
            raise GatewayError("token_unavailable", "the token is no text that fits a header", retry="never")
        try:
            return await asyncio.wait_for(cls._open(url, token, options), options.connect_timeout)
        except asyncio.TimeoutError:
            raise GatewayError("connect_timed_out", "the connection was not ready in time") from None
        except InvalidStatus as refusal:
            raise _refused(refusal) from None
        except InvalidURI:
            raise GatewayError("connect_failed", "the URL is no ws:// or wss:// URL", retry="never") from None
        except ConnectionClosed as error:
            code = error.rcvd.code if error.rcvd else 1006
            retry = "never" if reconnect_after(code) == "never" else "later"
            message = f"closed before the greeting: {code}"
            raise GatewayError("connect_failed", message, retry=retry, close_code=code) from None
        except InvalidMessage as error:
            # What a server that goes in the middle of a handshake leaves.
            raise GatewayError("connect_failed", str(error)) from None
        except (InvalidHandshake, WebSocketException) as error:
            raise GatewayError("invalid_handshake", str(error)) from None
        except OSError as error:
            raise GatewayError("connect_failed", str(error)) from None
        except GatewayError:
            raise
        except Exception as error:
            # Options that do not go together, as a proxy that is none.
            raise GatewayError("connect_failed", f"{type(error).__name__}: {error}", retry="never") from error

    @classmethod
    async def _open(cls, url: str, token: str, options: Options) -> Link:
        secure: Dict[str, Any] = {} if options.ssl is None else {"ssl": options.ssl}
        socket = await _Handshake(
            url,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            additional_headers={"Authorization": f"Bearer {token}"},
            compression="deflate" if options.compression else None,
            max_size=options.message_bytes_max,
            open_timeout=None,
            close_timeout=options.close_timeout,
            # The gateway pings; silence is looked after by the link itself.
            ping_interval=None,
            proxy=options.proxy,
            **secure,
        )
        try:
            if socket.subprotocol != SUBPROTOCOL:
                raise GatewayError("invalid_handshake", f"the server does not speak {SUBPROTOCOL}")
            return cls(socket, _greeting(await socket.recv()), options)
        except BaseException:
            socket.transport.abort()
            raise

    def start(self, notified: Notified, ended: Ended) -> None:
        """Begins to read. ``notified`` gets every notification, ``ended`` the end, once."""
        self._reader = self._loop.create_task(self._read_all(notified, ended))
        self._watch = self._loop.create_task(self._watch_silence())

    @property
    def is_open(self) -> bool:
        """Whether requests can be sent."""
        return self._reader is not None and not self._reader.done() and self._failure is None

    # Requests.

    async def request(
        self, method: str, params: Mapping[str, Any], timeout: float, hook: Optional[Hook] = None
    ) -> Any:
        """Sends a request and waits for its answer.

        ``hook`` gets the result before any message behind it is looked at, so that what it notes
        holds for the events that follow the answer.
        """
        if not self.is_open:
            raise GatewayError("not_connected", "there is no connection")
        is_full = self._socket.transport.get_write_buffer_size() > UNSENT_BYTES_MAX
        if is_full or len(self._pending) >= self._options.pending_max:
            raise GatewayError("too_many_pending_requests", f"{len(self._pending)} requests wait for answers")
        self._last_id += 1
        identifier = self._last_id
        text = json.dumps(
            {"jsonrpc": "2.0", "id": identifier, "method": method, "params": params},
            separators=(",", ":"),
            allow_nan=False,
        )
        if len(text.encode()) > self.hello["limits"]["message_byte_count_max"]:
            raise GatewayError("request_too_large", f"{len(text)} characters are more than the gateway takes")
        future: asyncio.Future[Any] = self._loop.create_future()
        self._pending[identifier] = (future, hook)
        self._idle.clear()
        try:
            return await asyncio.wait_for(self._exchange(text, future), timeout)
        except asyncio.TimeoutError:
            raise for_call(GatewayError("request_timed_out", "no answer in time"), method, params, True) from None
        except GatewayError as error:
            raise for_call(error, method, params, True) from None
        finally:
            self._pending.pop(identifier, None)
            if not self._pending:
                self._idle.set()

    async def _exchange(self, text: str, future: asyncio.Future[Any]) -> Any:
        try:
            await self._socket.send(text)
        except ConnectionClosed:
            pass  # The reader sees the end too, and fails the future with its reason.
        return await future

    # Reading.

    async def _read_all(self, notified: Notified, ended: Ended) -> None:
        try:
            while True:
                text = await self._socket.recv()
                self._last_input = self._loop.time()
                self._take(_read(text), notified)
        except ConnectionClosed as error:
            frame = error.rcvd or error.sent
            end = CloseInfo(frame.code, frame.reason) if frame else CloseInfo(1006, "no Close frame")
            if error.rcvd is None and self._failure is not None:
                end = CloseInfo(1006, self._failure)
        except Exception as error:
            # What the gateway sent does not fit the contract: nothing behind it can be trusted.
            end = CloseInfo(1006, str(error) if isinstance(error, GatewayError) else f"misfit: {error!r}")
            self.abort(end.reason)
        if self._watch is not None:
            self._watch.cancel()
        # First the owner: what fails now finds the state behind the loss.
        ended(self, end)
        message = f"the connection ended: {end.code} {end.reason}".rstrip()
        self.fail_requests(GatewayError("connection_lost", message, close_code=end.code))

    def _take(self, message: Mapping[str, Any], notified: Notified) -> None:
        method = message.get("method")
        if method is not None:
            params = message.get("params")
            notified(self, method, params if isinstance(params, dict) else {})
            return
        identifier = message.get("id")
        if identifier is None and "error" in message:
            # A message that the gateway could not read has no id.
            notified(self, "error", message)
            return
        future, hook = self._pending.pop(identifier, (None, None))  # type: ignore[arg-type]
        if future is None or future.done():
            return  # The wait for it was given up.
        if "error" in message:
            future.set_exception(from_wire(message["error"]))
            return
        result = message.get("result")
        if hook is not None:
            hook(result)
        future.set_result(result)

    def fail_requests(self, error: GatewayError) -> None:
        """Ends every wait for an answer."""
        pending, self._pending = self._pending, {}
        for future, _ in pending.values():
            if not future.done():
                future.set_exception(GatewayError(error.symbol, error.message, close_code=error.close_code))
                future.exception()  # Seen, also where the one that waits is cancelled at this moment.

    # The end.

    async def _watch_silence(self) -> None:
        """Asks when nothing comes, and gives the connection up when nothing comes still."""
        heartbeat = self.hello["heartbeat"]
        interval, timeout = heartbeat["interval_ms"] / 1000, heartbeat["timeout_ms"] / 1000
        while True:
            await asyncio.sleep(interval)
            asked = self._loop.time()
            if asked - self._last_input < interval * 0.9:
                continue
            try:
                await self.request("ping", {}, max(timeout - interval, interval))
            except GatewayError as error:
                if error.symbol == "request_timed_out" and self._last_input < asked:
                    self.abort(f"the gateway has been silent for {timeout:g} s")
                    return

    def abort(self, reason: str) -> None:
        """Breaks the connection without a closing handshake."""
        self._failure = reason
        self._socket.transport.abort()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Closes with the closing handshake."""
        await self._socket.close(code, reason)
        if self._reader is not None and self._reader is not asyncio.current_task():
            await asyncio.wait([self._reader])

    async def retire(self, patience: float) -> None:
        """Closes once every answer is there, at most after ``patience`` seconds."""
        try:
            await asyncio.wait_for(self._idle.wait(), patience)
        except asyncio.TimeoutError:
            pass
        except asyncio.CancelledError:
            self.abort("the client has moved")
            raise
        await self.close(1000, "moved")


def _read(text: Any) -> Mapping[str, Any]:
    if not isinstance(text, str):
        raise GatewayError("protocol_violation", "the gateway sent a binary message")
    try:
        message = json.loads(text)
    except ValueError:
        raise GatewayError("protocol_violation", "the gateway sent no JSON") from None
    if not isinstance(message, dict):
        raise GatewayError("protocol_violation", "the gateway sent no JSON-RPC message")
    return message


def _greeting(text: Any) -> HelloParams:
    message = _read(text)
    params: Any = message.get("params")
    try:
        if message.get("method") == "hello":
            params["heartbeat"]["interval_ms"] + params["heartbeat"]["timeout_ms"]
            params["limits"]["message_byte_count_max"] + 0
            return params  # type: ignore[no-any-return]
    except (KeyError, TypeError):
        pass
    raise GatewayError("protocol_violation", "the first message is no hello")


def _refused(refusal: InvalidStatus) -> GatewayError:
    """The stable error of a refused handshake, with when to come again."""
    response = refusal.response
    status = response.status_code
    try:
        body = json.loads(response.body or b"")
        error = from_wire(body["error"], http_status=status)
    except (ValueError, KeyError, TypeError):
        retry = "later" if status == 429 or status >= 500 else "never"
        error = GatewayError("refused", f"refused with status {status}", retry=retry, http_status=status)
    seconds = response.headers.get("Retry-After", "")
    if seconds.isdecimal():
        error.retry_after = float(seconds)
    return error
