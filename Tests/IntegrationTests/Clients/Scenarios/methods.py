"""Calls every method of the contract with the Python client, and looks at what comes.

Reads one line of JSON from the tests: {"url", "admin", "service", "user"}. Ends with 0 where each answer
has the fields of its type and no others, and no method was left out.
"""

import ast
import asyncio
import json
import sys

from tradermind_gateway import connect, contract, methods

MARKET = "R_100"
CONFIG = {"max_participants": 5, "allowed_markets": [MARKET], "risk_profile": "HIGH", "min_confidence": 0.5}


class Caller:
    """Notes which methods were called, and compares each answer with its type."""

    def __init__(self, client, called):
        self._client = client
        self._called = called

    def __getattr__(self, name):
        async def call(**params):
            answer = await asyncio.wait_for(getattr(self._client, name)(**params), 60)
            self._called.add(name)
            check(answer, getattr(methods.GatewayMethods, name).__annotations__["return"])
            return answer

        return call


def check(value, type_name, path="result"):
    """Compares an answer with the type that its annotation names."""
    inner = type_name[type_name.find("[") + 1 : -1]
    if type_name.startswith(("Optional[", "NotRequired[")):
        if value is not None:
            check(value, inner, path)
    elif type_name.startswith("List["):
        for index, element in enumerate(value):
            check(element, inner, f"{path}[{index}]")
    elif type_name.startswith("Literal["):
        assert value in ast.literal_eval(f"[{inner}]"), f"{path} is {value!r}"
    elif type_name in ("str", "int", "bool", "DecimalText"):
        kind = {"DecimalText": str}.get(type_name) or {"str": str, "int": int, "bool": bool}[type_name]
        assert isinstance(value, kind), f"{path} is {value!r}, no {type_name}"
    elif type_name not in ("Any", "float", "DiscoverResult"):
        fields = getattr(contract, type_name).__annotations__
        fields = {name: getattr(kind, "__forward_arg__", kind) for name, kind in fields.items()}
        required = {name for name, kind in fields.items() if not kind.startswith("NotRequired[")}
        assert required <= set(value) <= set(fields), f"{path}: {sorted(value)} for {type_name}"
        for name, member in value.items():
            check(member, fields[name], f"{path}.{name}")


async def sessions(admin, user, user_id):
    session = (await admin.session_create(name="Run", config=CONFIG))["session"]["id"]
    await admin.session_update(session_id=session, config={**CONFIG, "duration_minutes": 30}, expected_version=1)
    await admin.session_start(session_id=session, reason="the morning")
    await user.session_join(session_id=session)
    await user.session_get(session_id=session)
    await user.session_list(limit=10)
    await admin.session_participants(session_id=session)
    await admin.session_pause(session_id=session)
    await admin.session_resume(session_id=session)
    return session


async def signals(service, admin, session, user_id):
    published = await service.signal_publish(market=MARKET, type="CALL", confidence=0.9, reason="crossed", session_id=session)
    claims = (await service.signal_claim(max=1, lease_ms=10000))["claims"]
    signal = claims[0]["signal"]["id"]
    assert signal == published["signals"][0]["id"]
    await service.signal_acknowledge(signal_id=signal, outcome="EXECUTED")
    await admin.signal_list(session_id=session)
    settled = await service.trade_settle(trade_id="t1", session_id=session, user_id=user_id, pnl="-3.25")
    assert settled, settled


async def ending(admin, user, session, user_id):
    await user.session_leave(session_id=session, as_="LEFT")
    await user.session_join(session_id=session)
    await admin.session_remove_participant(session_id=session, user_id=user_id, reason="a test")
    await admin.session_stop(session_id=session)
    await admin.session_delete(session_id=session)
    other = (await admin.session_create(name="Other", config=CONFIG))["session"]["id"]
    await admin.session_terminate(session_id=other)
    await admin.kill_switch_engage(scope="market:R_50", reason="quotes are wrong")
    assert (await admin.kill_switch_list())["kill_switches"][0]["scope"] == "market:R_50"
    await admin.kill_switch_release(scope="market:R_50", reason="they are right again")
    await admin.session_rebuild_report()


async def connection(user, service, token):
    for name in ("ping", "auth_whoami", "limits_get", "connection_stats", "subscriptions", "rpc_discover"):
        await getattr(user, name)()
    await user.auth_refresh(token=token)
    await service.tick_publish(market=MARKET, quote="1234.56", epoch_ms=1764036000000, bid="1234.50", ask="1234.62")
    await user.tick_history(market=MARKET, count=1)


async def main():
    given = json.loads(sys.stdin.readline())
    called = set()
    async with connect(given["url"], given["admin"], proxy=None) as first, connect(
        given["url"], given["service"], proxy=None
    ) as second, connect(given["url"], given["user"], proxy=None) as third:
        admin, service, user = (Caller(client, called) for client in (first, second, third))
        user_id = third.hello["user_id"]
        session = await sessions(admin, user, user_id)
        await signals(service, admin, session, user_id)
        await ending(admin, user, session, user_id)
        await connection(user, service, given["user"])
        await admin.auth_disconnect(user_id=user_id, reason="a test")
        await admin.auth_revoke(user_id=user_id, reason="a test")
    every = {name.replace(".", "_") for name in contract.METHODS} - {"subscribe", "unsubscribe"}
    assert called == every, f"not called: {sorted(every - called)}"
    print(json.dumps({"methods": len(called)}))


asyncio.run(main())
