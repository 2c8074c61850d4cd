import asyncio
import unittest

from tests.fake_gateway import FakeGateway, Notices, Refusal, soon, take
from tradermind_gateway import Gap, GatewayError


class SubscriptionTests(unittest.IsolatedAsyncioTestCase):
    async def test_a_reader_gets_how_things_stand_and_then_what_happens(self):
        async with FakeGateway() as gateway, gateway.connect() as client:
            gateway.places["ticks:A"] = ("a1", 5, [{"quote": "1.5"}], False)
            ticks = await client.subscribe("ticks:A", policy="merge", max_rate=10)
            peer = gateway.peers[0]
            self.assertEqual(peer.asked("subscribe"), [{"channels": [{"channel": "ticks:A", "policy": "merge", "max_rate": 10}]}])
            await peer.event("ticks:A", 6)
            await peer.event("ticks:A", 9, prev_seq=6, merged=2)
            first, second, third = await take(ticks, 3)
            self.assertEqual((first.origin, first.seq, first.data), ("snapshot", 5, {"quote": "1.5"}))
            self.assertEqual((second.origin, second.seq, second.gap), ("live", 6, None))
            self.assertEqual((third.seq, third.merged), (9, 2))
            self.assertEqual(ticks.states["ticks:A"]["status"], "live")

    async def test_events_right_behind_the_answer_follow_it(self):
        """They come in the same packet, before any task can run."""

        async def subscribe(peer, params):
            await peer.answer(peer.requests[-1], {"channels": [{"channel": "c", "epoch": "a1", "seq": 41}]})
            for seq in range(42, 62):
                await peer.event("c", seq)

        async with FakeGateway(subscribe=subscribe) as gateway, gateway.connect() as client:
            events = await take(await client.subscribe("c"), 20)
            self.assertEqual([event.seq for event in events], list(range(42, 62)))
            self.assertEqual(len(gateway.peers[0].requests), 1)

    async def test_a_handler_gets_events_in_place_of_the_queue(self):
        async with FakeGateway() as gateway, gateway.connect() as client:
            seen = asyncio.Queue()
            await client.subscribe("c", on_event=seen.put_nowait)
            await gateway.peers[0].event("c", 1)
            self.assertEqual((await soon(seen.get())).seq, 1)

    async def test_a_loss_is_mended_before_anything_behind_it_is_delivered(self):
        async with FakeGateway() as gateway, gateway.connect() as client:
            reader = await client.subscribe("c")
            gateway.places["c"] = ("a1", 4, [{"n": n} for n in range(2, 5)], True)
            peer = gateway.peers[0]
            await peer.event("c", 1)
            await peer.event("c", 4)
            events = await take(reader, 4)
            self.assertEqual([event.data["n"] for event in events], [1, 2, 3, 4])
            self.assertEqual([event.origin for event in events], ["live"] + ["recovered"] * 3)
            self.assertEqual(peer.asked("subscribe")[1]["channels"][0]["recover"], {"epoch": "a1", "seq": 1})

    async def test_what_cannot_be_mended_is_told_at_once_and_at_its_place(self):
        async with FakeGateway() as gateway, gateway.connect() as client:
            notices = Notices(client, "gap")
            reader = await client.subscribe("c")
            gateway.places["c"] = ("a1", 7, [], False)
            peer = gateway.peers[0]
            await peer.event("c", 5)
            gap = Gap("c", 0, 8)
            self.assertEqual(await notices.next(), ("gap", gap))
            await peer.event("c", 8)
            await peer.event("c", 9)
            self.assertEqual([event.gap for event in await take(reader, 2)], [gap, None])

    async def test_a_recovery_that_is_refused_is_a_gap_too(self):
        async with FakeGateway() as gateway, gateway.connect() as client:
            notices = Notices(client, "gap")
            await client.subscribe("c")

            def refuse(*_):
                raise Refusal(1100)

            gateway.answers["subscribe"] = refuse
            await gateway.peers[0].event("c", 5)
            self.assertEqual(await notices.next(), ("gap", Gap("c", 0, None)))

    async def test_a_full_queue_drops_the_oldest_and_says_how_many(self):
        async with FakeGateway() as gateway, gateway.connect() as client:
            notices = Notices(client, "overflow")
            reader = await client.subscribe("c", queue_max=2)
            for seq in range(1, 6):
                await gateway.peers[0].event("c", seq)
            await client.ping()
            self.assertEqual(await notices.next(), ("overflow", reader))
            events = await take(reader, 2)
            self.assertEqual([(event.seq, event.skipped) for event in events], [(4, 3), (5, 0)])
            self.assertEqual(reader.skipped_total, 3)

    async def test_a_refused_channel_does_not_spoil_the_others(self):
        async with FakeGateway() as gateway, gateway.connect() as client:
            gateway.places["user:x"] = Refusal(1003)
            reader = await client.subscribe("c", "user:x")
            self.assertEqual(reader.channels, {"c"})
            self.assertEqual(reader.refused["user:x"].symbol, "forbidden")
            with self.assertRaises(GatewayError) as caught:
                await client.subscribe("user:x")
            self.assertEqual(caught.exception.symbol, "forbidden")

    async def test_a_channel_that_ends_right_behind_the_answer_was_not_refused(self):
        """The end comes in the same packet, before any task can run."""

        async def subscribe(peer, params):
            first, *others = [wish["channel"] for wish in params["channels"]]
            states = [{"channel": first, "epoch": "a1", "seq": 1, "snapshot": [{"n": 1}]}]
            states += [{"channel": channel, "error": Refusal(1003).error} for channel in others]
            await peer.answer(peer.requests[-1], {"channels": states})
            ended = {"channels": [{"channel": first}], "status": "ended", "reason": "participation_ended"}
            await peer.notify("channel.status", ended)

        async with FakeGateway(subscribe=subscribe) as gateway, gateway.connect() as client:
            for channels in (["c"], ["c", "user:x"]):
                reader = await client.subscribe(*channels)
                self.assertEqual((reader.channels, list(reader.refused)), (frozenset(), channels[1:]))
                self.assertEqual([event.seq async for event in reader], [1])

    async def test_a_refusal_behind_the_end_of_the_channel_is_told_and_stops_nothing(self):
        for is_added_anew in (False, True):
            async with FakeGateway() as gateway, gateway.connect() as client:
                notices = Notices(client, "status")
                await client.subscribe("c")
                gateway.answers["subscribe"] = lambda *_: None
                peer = gateway.peers[0]
                refused = asyncio.ensure_future(client.subscribe("c"))
                await gateway.until(lambda: len(peer.requests) == 2)
                ended = {"channels": [{"channel": "c"}], "status": "ended", "reason": "participation_ended"}
                await peer.notify("channel.status", ended)
                await notices.next()
                if is_added_anew:
                    anew = asyncio.ensure_future(client.subscribe("c"))
                    await gateway.until(lambda: len(peer.requests) == 3)
                await peer.answer(peer.requests[1], {"channels": [{"channel": "c", "error": Refusal(1503).error}]})
                with self.assertRaises(GatewayError) as caught:
                    await soon(refused)
                self.assertEqual(caught.exception.symbol, "not_participant")
                if is_added_anew:
                    await peer.answer(peer.requests[2], {"channels": [{"channel": "c", "epoch": "b2", "seq": 0}]})
                    reader = await soon(anew)
                    await peer.event("c", 1)
                    self.assertEqual((await take(reader, 1))[0].seq, 1)
                await client.ping()
                self.assertEqual(len(gateway.peers), 1)

    async def test_readers_share_a_channel_and_the_last_one_leaves_it(self):
        async with FakeGateway() as gateway, gateway.connect() as client:
            gateway.places["ticks:A"] = ("a1", 1, [{"n": 1}], True)
            one = await client.subscribe("ticks:A")
            peer = gateway.peers[0]
            await peer.event("ticks:A", 2)
            await take(one, 2)
            gateway.places["ticks:A"] = ("a1", 2, [], True)
            two = await client.subscribe("ticks:A")
            newcomer = (await take(two, 1))[0]
            self.assertEqual((newcomer.seq, newcomer.origin), (2, "snapshot"))
            await peer.event("ticks:A", 3)
            self.assertEqual([(await take(reader, 1))[0].seq for reader in (one, two)], [3, 3])
            await one.close()
            self.assertEqual(peer.asked("unsubscribe"), [])
            self.assertEqual([event async for event in one], [])
            await two.close()
            self.assertEqual(peer.asked("unsubscribe"), [{"channels": ["ticks:A"]}])

    async def test_a_feed_that_is_lost_is_shown_and_one_that_ends_is_over(self):
        async with FakeGateway() as gateway, gateway.connect() as client:
            notices = Notices(client, "status", "gap")
            reader = await client.subscribe("c")
            peer = gateway.peers[0]
            await peer.notify("channel.status", {"channels": [{"channel": "c"}], "status": "stale", "reason": "feed_lost"})
            await notices.next()
            self.assertEqual(reader.states["c"]["status"], "stale")
            live = {"channels": [{"channel": "c", "epoch": "b2", "seq": 3}], "status": "live", "reason": "feed_restored"}
            await peer.notify("channel.status", live)
            self.assertEqual(await notices.next(), ("gap", Gap("c", 0, None)))
            await notices.next()
            await peer.event("c", 4)
            self.assertEqual((await take(reader, 1))[0].seq, 4)
            ended = {"channels": [{"channel": "c"}], "status": "ended", "reason": "participation_ended"}
            await peer.notify("channel.status", ended)
            await notices.next()
            self.assertEqual([event async for event in reader], [])
