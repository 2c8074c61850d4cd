"""An admin whose profile says otherwise loses the role: on a living connection, and at a handshake."""

import asyncio
import json
import subprocess
import sys
import time

import websockets

dev = json.load(open(sys.argv[1]))


async def connect():
    socket = await websockets.connect(
        dev["ws_url"],
        subprotocols=["tradermind.v1"],
        additional_headers={"Authorization": "Bearer " + dev["tokens"]["admin"]},
    )
    hello = json.loads(await socket.recv())
    return socket, hello["params"]


async def call(socket, method, params, seen):
    await socket.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
    while True:
        message = json.loads(await socket.recv())
        if message.get("id") == 1:
            return message
        seen.append(message)


def set_role(user, role):
    statement = f"UPDATE public.profiles SET role = '{role}' WHERE id = '{user}'"
    subprocess.run(
        ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement, dev["database_url"]], check=True
    )


async def main():
    socket, hello = await connect()
    assert hello["role"] == "admin", hello
    seen = []
    assert "result" in await call(socket, "kill_switch.list", {}, seen)
    channels = {"channels": [{"channel": "signals:s1"}, {"channel": "sessions"}]}
    await call(socket, "subscribe", channels, seen)
    set_role(hello["user_id"], "user")
    deadline = time.monotonic() + 60
    while (await call(socket, "auth.whoami", {}, seen))["result"]["role"] != "user":
        assert time.monotonic() < deadline, "the role stays"
        await asyncio.sleep(0.2)
    refused = await call(socket, "kill_switch.list", {}, seen)
    assert refused["error"]["code"] == 1003, refused
    ended = [m["params"] for m in seen if m["method"] == "channel.status"]
    assert [e["channels"] for e in ended] == [[{"channel": "signals:s1"}]], ended
    assert ended[0]["status"] == "ended" and ended[0]["reason"] == "role_changed", ended
    second, hello = await connect()
    assert hello["role"] == "user", hello
    await socket.close()
    await second.close()


asyncio.run(asyncio.wait_for(main(), 90))
print("ok")
