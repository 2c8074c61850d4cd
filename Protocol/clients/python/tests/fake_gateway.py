"""A gateway that does what a test says, on a loopback port of its own."""

import asyncio
import json
from http import HTTPStatus

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed
from websockets.datastructures import Headers
from websockets.http11 import Response

import tradermind_gateway

#: Nothing in these tests takes longer, unless it is stuck.
PATIENCE = 20

LIMITS = {
    "message_byte_count_max": 65536, "batch_count_max": 50, "subscription_count_max": 200,
    "requests_in_flight_max": 64, "messages_per_second_max": 100, "message_burst_max": 200,
    "outbound_byte_count_max": 1048576,
}  # fmt: skip


def hello(interval_ms=25000, timeout_ms=60000):
    return {
        "node": "n1", "connection_id": "c1", "user_id": "u1", "role": "user",
        "server_time": 1, "expires_at": 2, "protocol": "tradermind.v1", "limits": LIMITS,
        "heartbeat": {"interval_ms": interval_ms, "timeout_ms": timeout_ms},
    }  # fmt: skip


class Refusal(Exception):
    """What an answer raises to answer with an error."""

    def __init__(self, code, **data):
        self.error = {"code": code, "message": "no", "data": {"reason": "test", **data}}


class Peer:
    """One connection as the fake gateway sees it."""

    def __init__(self, socket):
        self.socket = socket
        self.requests = []

    async def notify(self, method, params):
        await self.socket.send(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}))

    async def event(self, channel, seq, data=None, **more):
        await self.notify("event", {"channel": channel, "seq": seq, "data": data or {"n": seq}, **more})

    async def answer(self, request, result):
        await self.socket.send(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}))

    def asked(self, method):
        return [request["params"] for request in self.requests if request["method"] == method]


class FakeGateway:
    """Serves while it is entered. ``answers`` maps a method to a function of (peer, params)."""

    def __init__(self, **answers):
        self.answers = {"subscribe": self.subscribe, "unsubscribe": self.unsubscribe, "ping": lambda *_: {"server_time": 1}}
        self.answers.update(answers)
        self.places = {}
        self.peers = []
        self.handshakes = []
        self.refusals = []
        self.greeting = hello()
        self._changed = asyncio.Event()

    async def __aenter__(self):
        self._server = await serve(
            self._serve, "127.0.0.1", 0, subprotocols=["tradermind.v1"], process_request=self._look,
            ping_interval=None, close_timeout=1)  # fmt: skip
        self.port = next(iter(self._server.sockets)).getsockname()[1]
        self.url = f"ws://127.0.0.1:{self.port}/v1"
        return self

    async def __aexit__(self, *_):
        self._server.close()
        await self._server.wait_closed()

    def connect(self, token="secret", **changes):
        options = {"backoff_base": 0.01, "proxy": None, **changes}
        return tradermind_gateway.connect(self.url, token, **options)

    def _look(self, socket, request):
        self.handshakes.append(request.headers)
        if not self.refusals:
            return None
        status, body, headers = self.refusals.pop(0)
        fields = Headers({"Content-Length": str(len(body)), "Connection": "close", **headers})
        return Response(status, HTTPStatus(status).phrase, fields, body.encode())

    async def _serve(self, socket):
        peer = Peer(socket)
        await peer.notify("hello", self.greeting)
        self.peers.append(peer)
        self._wake()
        try:
            async for text in socket:
                await self._answer(peer, json.loads(text))
        except ConnectionClosed:
            pass  # As the test wanted it.

    async def _answer(self, peer, request):
        peer.requests.append(request)
        self._wake()
        try:
            result = self.answers[request["method"]](peer, request["params"])
            if asyncio.iscoroutine(result):
                result = await result
        except Refusal as refusal:
            await peer.socket.send(json.dumps({"jsonrpc": "2.0", "id": request["id"], "error": refusal.error}))
            return
        if result is not None:
            await peer.answer(request, result)

    def _wake(self):
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, condition):
        """Waits until a condition holds that a connection or a request may make true."""

        async def wait():
            while not condition():
                await self._changed.wait()

        await asyncio.wait_for(wait(), PATIENCE)

    async def peer(self, index=0):
        await self.until(lambda: len(self.peers) > index)
        return self.peers[index]

    # The answers of a gateway; ``places`` has (epoch, seq, snapshot, recovered) of channels.

    def subscribe(self, peer, params):
        return {"channels": [self._state(wish) for wish in params["channels"]]}

    def _state(self, wish):
        place = self.places.get(wish["channel"], ("a1", 0, [], False))
        if isinstance(place, Refusal):
            return {"channel": wish["channel"], "error": place.error}
        epoch, seq, snapshot, recovered = place
        state = {"channel": wish["channel"], "epoch": epoch, "seq": seq, "policy": "merge", "status": "live"}
        if snapshot:
            state["snapshot"] = snapshot
        if "recover" in wish:
            state["recovered"] = recovered
        return state

    def unsubscribe(self, peer, params):
        return {"channels": params["channels"]}


class Notices:
    """Collects a client's notices."""

    def __init__(self, client, *kinds):
        self._queue = asyncio.Queue()
        for kind in kinds:
            client.on(kind, lambda value, kind=kind: self._queue.put_nowait((kind, value)))

    async def next(self):
        return await soon(self._queue.get())


async def soon(awaitable):
    return await asyncio.wait_for(awaitable, PATIENCE)


async def take(subscription, count):
    return [await soon(subscription.__anext__()) for _ in range(count)]
