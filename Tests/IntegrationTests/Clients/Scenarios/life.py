"""The Python client against a real gateway, as the tests lead it.

Reads one line of JSON from the tests: {"url", "admin", "service", "user", "short"}: a file with the address
of the node to go to, which the tests change, and tokens, the last one about to expire. Says what it has done in lines {"phase": …}; behind a phase the tests do their part, and
the script sees what becomes of it. Ends with 0 where everything was as it has to be.
"""

import asyncio
import json
import sys

from tradermind_gateway import GatewayError, connect, new_idempotency_key

PATIENCE = 60
MARKET = "R_100"


def say(phase, **more):
    print(json.dumps({"phase": phase, **more}), flush=True)


async def soon(awaitable):
    return await asyncio.wait_for(awaitable, PATIENCE)


async def take(reader, channel, count):
    """The next events of one channel; those of others are passed over."""
    events = []
    while len(events) < count:
        event = await soon(reader.__anext__())
        if event.channel == channel:
            events.append(event)
    return events


async def refused(call):
    try:
        await soon(call)
    except GatewayError as error:
        return error
    raise AssertionError("it was not refused")


class Notices:
    def __init__(self, client, *kinds):
        self.seen = []
        self.gaps = []
        self._queue = asyncio.Queue()
        for kind in kinds:
            client.on(kind, lambda value, kind=kind: self._note(kind, value))

    def _note(self, kind, value):
        self.seen.append(kind)
        if kind == "gap" and value.last_seq:  # Not that of the epoch of a channel that was never used.
            self.gaps.append(value)
        self._queue.put_nowait((kind, value))

    async def until(self, wanted):
        while True:
            kind, value = await soon(self._queue.get())
            if kind == wanted:
                return value


async def check_token(user, notices):
    """It was about to expire when the client connected; the provider has another one."""
    before = user.hello["expires_at"]
    answer = await notices.until("refreshed")
    assert answer["expires_at"] > before, (answer, before)
    assert (await user.auth_whoami())["user_id"] == user.hello["user_id"]
    say("refreshed")


async def check_ticks(service, reader):
    quotes = [f"{100 + number}.25" for number in range(100)]
    start = service.hello["server_time"]
    for number, quote in enumerate(quotes):
        await service.tick_publish(market=MARKET, quote=quote, epoch_ms=start + number, pip_size=2)
    events = await take(reader, f"ticks:{MARKET}", len(quotes))
    assert [event.data["quote"] for event in events] == quotes, events
    seqs = [event.seq for event in events]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs))), seqs
    history = await service.tick_history(market=MARKET, count=5)
    assert [tick["quote"] for tick in history["ticks"]] in (quotes[-5:], quotes[:-6:-1]), history
    say("live")


async def check_first(reader):
    """A channel that nobody has ever used has an epoch of the node's: with the first number it gets one
    that all nodes share."""
    assert (await take(reader, "system", 1))[0].data["n"] == -1
    say("numbered")


async def check_return(reader, notices, first):
    """The tests publish 50 numbers while the node goes and another one takes its place."""
    events = await take(reader, "system", 50)
    assert [event.data["n"] for event in events] == list(range(first, first + 50)), events
    seqs = [event.seq for event in events]
    assert seqs == list(range(seqs[0], seqs[0] + 50)), seqs
    assert all(event.gap is None and event.skipped == 0 for event in events)
    assert not notices.gaps, notices.gaps


async def check_refusals(url, user, admin):
    error = await refused(connect(url, user.hello["user_id"], proxy=None))
    assert (error.symbol, error.http_status, error.retry) == ("unauthorized", 401, "after_refresh"), error
    error = await refused(user.session_create(name="x", config={"max_participants": 1, "allowed_markets": [MARKET]}))
    assert error.symbol == "forbidden", error
    error = await refused(admin.call("session.create", {"name": "", "config": {"max_participants": 0}}))
    assert error.symbol == "invalid_params", error
    fields = [fault["field"] for fault in error.fields]
    assert "name" in fields and "config.max_participants" in fields, fields
    error = await refused(user.session_get(session_id="nowhere"))
    assert (error.symbol, error.retryable) == ("not_found", False), error
    error = await refused(user.subscribe("weather:today"))
    assert error.symbol == "unknown_channel", error
    key = new_idempotency_key()
    config = {"max_participants": 1, "allowed_markets": [MARKET]}
    one = await soon(admin.session_create(name="Once", config=config, idempotency_key=key))
    two = await soon(admin.session_create(name="Once", config=config, idempotency_key=key))
    assert one["session"]["id"] == two["session"]["id"]
    error = await refused(admin.session_create(name="Other", config=config, idempotency_key=key))
    assert (error.symbol, error.idempotency_key) == ("idempotency_conflict", key), error
    say("refused")


async def check_end(user, admin, reader):
    await soon(admin.auth_disconnect(user_id=user.hello["user_id"], reason="the test is over"))
    error = await soon(user.closed())
    assert (error.symbol, error.close_code, error.retryable) == ("disconnected", 4507, False), error
    assert await refused(reader.__anext__()) is error
    assert (await refused(user.ping())).symbol == "closed"
    say("ended")


async def main():
    given = json.loads(sys.stdin.readline())
    tokens = iter((given["short"],))

    def url():
        with open(given["url"], encoding="utf-8") as file:
            return file.read()

    async with connect(url, lambda: next(tokens, given["user"]), proxy=None) as user:
        notices = Notices(user, "refreshed", "disconnected", "reconnected", "draining", "gap")
        service = await connect(url, given["service"], proxy=None)
        admin = await connect(url, given["admin"], proxy=None)
        await check_token(user, notices)
        reader = await soon(user.subscribe(f"ticks:{MARKET}", "system", policy="buffer"))
        await check_ticks(service, reader)
        await check_first(reader)
        await check_return(reader, notices, 0)
        await notices.until("reconnected")
        assert notices.seen.count("disconnected") == 1, notices.seen
        say("returned")
        await check_return(reader, notices, 50)
        await notices.until("reconnected")
        assert "draining" in notices.seen, notices.seen
        say("moved")
        # These were drained as well; the node that they were on is gone by now.
        await asyncio.to_thread(sys.stdin.readline)
        await soon(admin.connected())
        await check_refusals(url, user, admin)
        await check_end(user, admin, reader)
        for client in (service, admin):
            await client.close()


asyncio.run(main())
