import asyncio
import json
import unittest

from tests.fake_gateway import FakeGateway, Notices, Refusal, hello, soon, take
from tradermind_gateway import Gap, GatewayError, connect


class ReconnectTests(unittest.IsolatedAsyncioTestCase):
    async def test_it_comes_back_and_no_event_is_lost_or_doubled(self):
        async with FakeGateway() as gateway, gateway.connect() as client:
            notices = Notices(client, "disconnected", "reconnected", "gap")
            reader = await client.subscribe("c", "d")
            first = await gateway.peer()
            await first.event("c", 1)
            gateway.places["c"] = ("a1", 3, [{"n": 1}, {"n": 2}, {"n": 3}], True)
            await first.socket.close(1011)
            kind, (end, pause) = await notices.next()
            self.assertEqual((kind, end.code, end.reconnect), ("disconnected", 1011, "backoff"))
            self.assertLessEqual(pause, 0.01)
            kind, states = await notices.next()
            self.assertEqual((kind, [state["channel"] for state in states]), ("reconnected", ["c", "d"]))
            second = await gateway.peer(1)
            self.assertEqual(
                second.asked("subscribe")[0]["channels"],
                [{"channel": "c", "recover": {"epoch": "a1", "seq": 1}}, {"channel": "d", "recover": {"epoch": "a1", "seq": 0}}],
            )
            await second.event("c", 4)
            self.assertEqual([event.seq for event in await take(reader, 4)], [1, 2, 3, 4])

    async def test_what_is_lost_for_good_is_a_gap(self):
        async with FakeGateway() as gateway, gateway.connect() as client:
            notices = Notices(client, "gap")
            reader = await client.subscribe("c")
            gateway.places["c"] = ("b2", 1, [{"n": 1}], False)
            (await gateway.peer()).socket.transport.abort()
            self.assertEqual(await notices.next(), ("gap", Gap("c", 0, None)))
            event = (await take(reader, 1))[0]
            self.assertEqual((event.origin, event.gap), ("snapshot", Gap("c", 0, None)))

    async def test_calls_in_flight_fail_and_are_not_sent_again(self):
        async with FakeGateway(**{"session.start": lambda *_: None}) as gateway, gateway.connect() as client:
            notices = Notices(client, "reconnected")
            call = asyncio.ensure_future(client.session_start(session_id="s", idempotency_key="k"))
            await gateway.until(lambda: gateway.peers[0].requests)
            gateway.peers[0].socket.transport.abort()
            with self.assertRaises(GatewayError) as caught:
                await call
            error = caught.exception
            self.assertEqual((error.symbol, error.outcome_unknown, error.retryable), ("connection_lost", True, True))
            with self.assertRaises(GatewayError) as caught:
                await client.ping()
            self.assertEqual(caught.exception.symbol, "not_connected")
            self.assertFalse(caught.exception.outcome_unknown)
            await soon(client.connected())
            await notices.next()
            self.assertEqual(gateway.peers[1].requests, [])

    async def test_a_close_code_that_forbids_it_ends_the_client_and_its_readers(self):
        async with FakeGateway() as gateway, gateway.connect() as client:
            reader = await client.subscribe("c")
            await (await gateway.peer()).socket.close(4500, "token_revoked")
            error = await soon(client.closed())
            self.assertEqual((error.symbol, error.close_code, error.retryable), ("token_revoked", 4500, False))
            with self.assertRaises(GatewayError):
                await take(reader, 1)
            with self.assertRaises(GatewayError) as caught:
                await soon(client.connected())
            self.assertIs(caught.exception, error)
            self.assertEqual(len(gateway.handshakes), 1)

    async def test_an_expired_token_comes_back_only_with_a_provider(self):
        for token, comes_back in (("fixed", False), (lambda: "fresh", True)):
            async with FakeGateway() as gateway, gateway.connect(token) as client:
                await (await gateway.peer()).socket.close(4003)
                if comes_back:
                    await gateway.peer(1)
                else:
                    error = await soon(client.closed())
                    self.assertEqual((error.symbol, error.retry), ("token_expired", "after_refresh"))

    async def test_refusals_are_waited_out_unless_they_are_final(self):
        unauthorized = json.dumps({"error": {"code": 1000, "message": "no", "data": {"reason": "x"}}})
        async with FakeGateway() as gateway, gateway.connect(lambda: "t") as client:
            notices = Notices(client, "disconnected")
            gateway.refusals = [(503, "", {"Retry-After": "0"}), (401, unauthorized, {}), (429, "", {})]
            (await gateway.peer()).socket.transport.abort()
            await gateway.peer(1)
            for _ in range(4):
                await notices.next()
            gateway.refusals = [(403, "", {})]
            gateway.peers[1].socket.transport.abort()
            self.assertEqual((await soon(client.closed())).http_status, 403)

    async def test_a_fixed_token_that_is_refused_is_not_offered_again(self):
        unauthorized = json.dumps({"error": {"code": 1000, "message": "no", "data": {"reason": "x"}}})
        async with FakeGateway() as gateway, gateway.connect() as client:
            gateway.refusals = [(401, unauthorized, {})]
            (await gateway.peer()).socket.transport.abort()
            self.assertEqual((await soon(client.closed())).symbol, "unauthorized")
            self.assertEqual(len(gateway.handshakes), 2)

    async def test_each_connection_may_go_to_another_node(self):
        async with FakeGateway() as one, FakeGateway() as two:
            nodes = iter((one.url, two.url))
            async with connect(lambda: next(nodes), "t", proxy=None, backoff_base=0.01):
                one.peers[0].socket.transport.abort()
                await two.peer()
                self.assertEqual((len(one.handshakes), len(two.handshakes)), (1, 1))

    async def test_attempts_end_where_they_are_bounded(self):
        async with FakeGateway() as gateway:
            client = await gateway.connect(attempts_max=2)
            gateway.refusals = [(503, "", {})] * 5
            (await gateway.peer()).socket.transport.abort()
            self.assertEqual((await soon(client.closed())).http_status, 503)
            self.assertEqual(len(gateway.handshakes), 3)

    async def test_a_channel_that_is_refused_now_is_forgotten(self):
        async with FakeGateway() as gateway, gateway.connect() as client:
            notices = Notices(client, "reconnected")
            reader = await client.subscribe("c", "signals:s")
            gateway.places["signals:s"] = Refusal(1503)
            gateway.peers[0].socket.transport.abort()
            await notices.next()
            self.assertEqual(reader.channels, {"c"})
            self.assertEqual(reader.refused["signals:s"].symbol, "not_participant")

    async def test_silence_is_asked_about_and_then_given_up(self):
        async with FakeGateway() as gateway:
            gateway.greeting = hello(interval_ms=20, timeout_ms=100)
            gateway.answers["ping"] = lambda *_: None
            async with gateway.connect() as client:
                notices = Notices(client, "disconnected")
                _, (end, _) = await notices.next()
                self.assertEqual(end.code, 1006)
                self.assertIn("silent", end.reason)
                self.assertEqual(gateway.peers[0].requests[0]["method"], "ping")

    async def test_a_message_that_is_none_ends_the_connection(self):
        async with FakeGateway() as gateway, gateway.connect() as client:
            notices = Notices(client, "disconnected")
            await client.subscribe("c")
            misfit = '{"jsonrpc":"2.0","method":"event","params":{"channel":"c","seq":"x","data":{}}}'
            for message in ("{", b"binary", "[]", misfit):
                peer = gateway.peers[-1]
                count = len(gateway.peers)
                await peer.socket.send(message)
                await notices.next()
                await gateway.peer(count)

    async def test_closing_while_it_waits_ends_the_attempts(self):
        async with FakeGateway() as gateway:
            client = await gateway.connect(backoff_base=60, backoff_cap=60)
            notices = Notices(client, "disconnected", "closed")
            gateway.peers[0].socket.transport.abort()
            await notices.next()
            await client.close()
            self.assertEqual(await notices.next(), ("closed", None))
            self.assertEqual(len(gateway.handshakes), 1)


class DrainTests(unittest.IsolatedAsyncioTestCase):
    DRAINING = {"reason": "shutdown", "closes_at": 1, "reconnect_after_ms": 1}

    async def test_the_next_connection_stands_before_the_old_one_goes(self):
        async with FakeGateway(**{"session.start": lambda *_: None}) as gateway, gateway.connect() as client:
            notices = Notices(client, "reconnected", "disconnected", "gap")
            reader = await client.subscribe("c")
            first = await gateway.peer()
            call = asyncio.ensure_future(client.session_start(session_id="s"))
            await gateway.until(lambda: first.asked("session.start"))
            await first.event("c", 1)
            gateway.places["c"] = ("a1", 2, [{"n": 2}], True)
            await first.notify("server.draining", self.DRAINING)
            self.assertEqual((await notices.next())[0], "reconnected")
            await first.event("c", 2)
            second = await gateway.peer(1)
            await second.event("c", 3)
            self.assertEqual([event.seq for event in await take(reader, 3)], [1, 2, 3])
            await first.answer(first.requests[1], {"session": {"id": "s"}})
            self.assertEqual((await soon(call))["session"]["id"], "s")
            await soon(first.socket.wait_closed())
            self.assertEqual(first.socket.close_code, 1000)

    async def test_an_answer_of_the_old_connection_says_nothing_of_places(self):
        async with FakeGateway() as gateway, gateway.connect() as client:
            notices = Notices(client, "reconnected", "gap")
            first = await gateway.peer()
            gateway.answers["subscribe"] = lambda peer, params: None if peer is first else gateway.subscribe(peer, params)
            subscribing = asyncio.ensure_future(client.subscribe("c"))
            await gateway.until(lambda: first.requests)
            gateway.places["c"] = ("a1", 5, [], False)
            await first.notify("server.draining", self.DRAINING)
            await notices.next()
            await first.answer(first.requests[0], {"channels": [{"channel": "c", "epoch": "a1", "seq": 3}]})
            reader = await soon(subscribing)
            await (await gateway.peer(1)).event("c", 6)
            self.assertEqual([event.seq for event in await take(reader, 1)], [6])
            await client.close()
            self.assertEqual(notices._queue.qsize(), 0)

    async def test_a_node_that_refuses_meanwhile_is_asked_again(self):
        async with FakeGateway() as gateway, gateway.connect() as client:
            notices = Notices(client, "reconnected", "disconnected")
            gateway.refusals = [(503, "", {})] * 2
            await gateway.peers[0].notify("server.draining", self.DRAINING)
            self.assertEqual((await notices.next())[0], "reconnected")
            self.assertEqual(len(gateway.handshakes), 4)

    async def test_4001_connects_again_at_once(self):
        async with FakeGateway() as gateway, gateway.connect(backoff_base=60, backoff_cap=60) as client:
            notices = Notices(client, "disconnected", "reconnected")
            await gateway.peers[0].socket.close(4001)
            self.assertEqual((await notices.next())[1][1], 0)
            await notices.next()


class TokenTests(unittest.IsolatedAsyncioTestCase):
    EXPIRING = {"expires_at": 1, "closes_at": 2}

    async def test_a_token_that_expires_is_renewed_on_the_living_connection(self):
        tokens = iter(("first", "second"))
        refresh = {"auth.refresh": lambda *_: {"user_id": "u1", "role": "user", "expires_at": 3}}
        async with FakeGateway(**refresh) as gateway, gateway.connect(lambda: next(tokens)) as client:
            notices = Notices(client, "expiring", "refreshed")
            await gateway.peers[0].notify("auth.expiring", self.EXPIRING)
            self.assertEqual(await notices.next(), ("expiring", self.EXPIRING))
            self.assertEqual((await notices.next())[1]["expires_at"], 3)
            self.assertEqual(gateway.peers[0].asked("auth.refresh"), [{"token": "second"}])

    async def test_a_provider_that_fails_is_asked_again(self):
        tokens = iter(("first", None, "third"))

        def provide():
            token = next(tokens)
            if token is None:
                raise OSError("the sign-in service is away")
            return token

        async with FakeGateway(**{"auth.refresh": lambda *_: {}}) as gateway, gateway.connect(provide) as client:
            notices = Notices(client, "refresh_failed", "refreshed")
            await gateway.peers[0].notify("auth.expiring", self.EXPIRING)
            kind, error = await notices.next()
            self.assertEqual((kind, error.symbol), ("refresh_failed", "token_unavailable"))
            self.assertEqual((await notices.next())[0], "refreshed")

    async def test_a_token_of_another_user_is_not_offered_again(self):
        def refuse(*_):
            raise Refusal(1007)

        async with FakeGateway(**{"auth.refresh": refuse}) as gateway, gateway.connect(lambda: "t") as client:
            notices = Notices(client, "refresh_failed")
            await gateway.peers[0].notify("auth.expiring", self.EXPIRING)
            self.assertEqual((await notices.next())[1].symbol, "identity_mismatch")
            await client.ping()
            self.assertEqual(len(gateway.peers[0].asked("auth.refresh")), 1)
