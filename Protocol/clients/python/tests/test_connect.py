import asyncio
import json
import ssl
import unittest

from tests.fake_gateway import FakeGateway, Notices, Refusal, soon
from tradermind_gateway import GatewayError, connect


class ConnectTests(unittest.IsolatedAsyncioTestCase):
    async def test_it_signs_in_with_the_header_and_is_greeted(self):
        async with FakeGateway() as gateway, gateway.connect("abc") as client:
            self.assertEqual(gateway.handshakes[0]["Authorization"], "Bearer abc")
            self.assertEqual(client.hello["user_id"], "u1")
            self.assertTrue(client.is_connected)

    async def test_the_token_may_come_from_a_function_plain_or_async(self):
        async def provide():
            return "later"

        async with FakeGateway() as gateway:
            for token, sent in ((lambda: "now", "now"), (provide, "later")):
                async with gateway.connect(token):
                    self.assertEqual(gateway.handshakes[-1]["Authorization"], f"Bearer {sent}")

    async def test_a_refusal_has_the_gateways_error_and_when_to_come_again(self):
        body = json.dumps({"error": {"code": 1200, "message": "not now", "data": {"reason": "starting"}}})
        async with FakeGateway() as gateway:
            gateway.refusals = [(503, body, {"Retry-After": "7"}), (404, "no", {}), (429, "", {})]
            seen = []
            for _ in range(3):
                with self.assertRaises(GatewayError) as caught:
                    await gateway.connect()
                seen.append(caught.exception)
        first, second, third = seen
        self.assertEqual((first.symbol, first.reason, first.http_status), ("unavailable", "starting", 503))
        self.assertEqual((first.retryable, first.retry_after), (True, 7))
        self.assertEqual((second.symbol, second.retryable), ("refused", False))
        self.assertEqual((third.symbol, third.retryable), ("refused", True))

    async def test_what_cannot_work_is_said_with_a_symbol(self):
        async with FakeGateway() as gateway:
            cases = [
                (gateway.url, "two words", {}, "token_unavailable"),
                (gateway.url, lambda: 1 / 0, {}, "token_unavailable"),
                ("http://127.0.0.1/", "t", {}, "connect_failed"),
                (gateway.url, "t", {"ssl": ssl.create_default_context()}, "connect_failed"),
            ]
            for url, token, changes, symbol in cases:
                with self.assertRaises(GatewayError) as caught:
                    await connect(url, token, proxy=None, **changes)
                self.assertEqual(caught.exception.symbol, symbol)
            port = gateway.port
        with self.assertRaises(GatewayError) as caught:
            await connect(f"ws://127.0.0.1:{port}/v1", "t", proxy=None)
        self.assertEqual(caught.exception.symbol, "connect_failed")

    async def test_a_server_that_says_nothing_is_given_up(self):
        server = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        with self.assertRaises(GatewayError) as caught:
            await connect(f"ws://127.0.0.1:{port}/v1", "t", proxy=None, connect_timeout=0.05)
        self.assertEqual(caught.exception.symbol, "connect_timed_out")
        server.close()

    async def test_a_token_is_never_in_what_an_error_says(self):
        async with FakeGateway() as gateway:
            gateway.refusals = [(401, "", {})]
            with self.assertRaises(GatewayError) as caught:
                await gateway.connect("very-secret")
        self.assertNotIn("very-secret", repr(caught.exception) + str(caught.exception.__context__))


class CallTests(unittest.IsolatedAsyncioTestCase):
    async def test_answers_find_their_calls_in_any_order(self):
        waiting = []

        async def get(peer, params):
            waiting.append((peer.requests[-1], params["session_id"]))
            if len(waiting) == 3:
                for request, name in reversed(waiting):
                    await peer.answer(request, {"session": {"id": name}})

        async with FakeGateway(**{"session.get": get}) as gateway, gateway.connect() as client:
            answers = await soon(asyncio.gather(*(client.session_get(session_id=name) for name in "abc")))
            self.assertEqual([answer["session"]["id"] for answer in answers], ["a", "b", "c"])

    async def test_a_refused_call_raises_what_the_catalog_says(self):
        def refuse(_, params):
            raise Refusal(**params["error"])

        async with FakeGateway(x=refuse) as gateway, gateway.connect() as client:
            cases = [
                ({"code": 1402, "current_status": "COMPLETED"}, "invalid_state", "never", False),
                ({"code": 1100, "retry_after_ms": 1500}, "rate_limited", "later", True),
                ({"code": 1001}, "token_expired", "after_refresh", True),
                ({"code": 7777}, "unknown_7777", "never", False),
            ]
            for error, symbol, retry, retryable in cases:
                with self.assertRaises(GatewayError) as caught:
                    await client.call("x", {"error": error})
                found = caught.exception
                self.assertEqual((found.symbol, found.retry, found.retryable), (symbol, retry, retryable))
                self.assertEqual(found.code, error["code"])
            with self.assertRaises(GatewayError) as caught:
                await client.call("x", {"error": cases[1][0]})
            self.assertEqual(caught.exception.retry_after, 1.5)

    async def test_no_answer_leaves_only_commands_in_doubt(self):
        nothing = {"session.get": lambda *_: None, "session.start": lambda *_: None}
        async with FakeGateway(**nothing) as gateway, gateway.connect(request_timeout=0.05) as client:
            cases = [
                ("session.get", {}, False, True, "later"),
                ("session.start", {}, True, False, "unknown_outcome"),
                ("session.start", {"idempotency_key": "k"}, True, True, "unknown_outcome"),
            ]
            for method, more, unknown, retryable, retry in cases:
                with self.assertRaises(GatewayError) as caught:
                    await client.call(method, {"session_id": "s", **more})
                found = caught.exception
                self.assertEqual(found.symbol, "request_timed_out")
                self.assertEqual((found.outcome_unknown, found.retryable, found.retry), (unknown, retryable, retry))
            self.assertEqual(found.idempotency_key, "k")
            self.assertEqual(len(gateway.peers[0].requests), 3, "nothing is sent twice")

    async def test_what_is_absent_is_left_out(self):
        async with FakeGateway(**{"session.leave": lambda *_: {}}) as gateway, gateway.connect() as client:
            await client.session_leave(session_id="s", as_="OPTED_OUT")
            self.assertEqual(gateway.peers[0].asked("session.leave"), [{"session_id": "s", "as": "OPTED_OUT"}])

    async def test_requests_are_bounded_in_number_and_size(self):
        async with FakeGateway(wait=lambda *_: None) as gateway, gateway.connect(pending_max=1) as client:
            with self.assertRaises(GatewayError) as caught:
                await client.call("x", {"text": "x" * 70000})
            self.assertEqual(caught.exception.symbol, "request_too_large")
            first = asyncio.ensure_future(client.call("wait"))
            await gateway.until(lambda: gateway.peers[0].requests)
            with self.assertRaises(GatewayError) as caught:
                await client.call("x")
            self.assertEqual(caught.exception.symbol, "too_many_pending_requests")
            self.assertFalse(caught.exception.outcome_unknown)
            first.cancel()
            await asyncio.wait([first])
            await client.ping()

    async def test_closing_ends_what_waits_and_says_so(self):
        async with FakeGateway(**{"session.start": lambda *_: None}) as gateway:
            client = await gateway.connect()
            call = asyncio.ensure_future(client.session_start(session_id="s"))
            await gateway.until(lambda: gateway.peers[0].requests)
            await client.close(4321, "done")
            with self.assertRaises(GatewayError) as caught:
                await call
            self.assertEqual((caught.exception.symbol, caught.exception.outcome_unknown), ("closed", True))
            self.assertIsNone(await soon(client.closed()))
            await soon(gateway.peers[0].socket.wait_closed())
            self.assertEqual(gateway.peers[0].socket.close_code, 4321)
            with self.assertRaises(GatewayError) as caught:
                await client.ping()
            self.assertEqual(caught.exception.symbol, "closed")
            await client.close()

    async def test_an_error_without_an_id_and_a_new_notification_are_notices(self):
        async with FakeGateway() as gateway, gateway.connect() as client:
            notices = Notices(client, "error", "notification")
            peer = gateway.peers[0]
            await peer.socket.send('{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no"}}')
            await peer.notify("weather", {"rain": True})
            kind, error = await notices.next()
            self.assertEqual((kind, error.symbol), ("error", "parse_error"))
            self.assertEqual(await notices.next(), ("notification", ("weather", {"rain": True})))

    async def test_a_handler_cannot_wait_and_its_fault_stops_nothing(self):
        async def waits(_):
            pass

        async with FakeGateway() as gateway, gateway.connect() as client:
            with self.assertRaises(TypeError):
                client.on("gap", waits)
            with self.assertRaises(ValueError):
                client.on("gaps", print)
            client.on("notification", lambda _: 1 / 0)
            notices = Notices(client, "notification")
            with self.assertLogs("tradermind_gateway"):
                await gateway.peers[0].notify("weather", {})
                await notices.next()
            await client.ping()
