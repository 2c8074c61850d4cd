"""A client on an independent WebSocket stack: live ticks in order, and the documented refusals.

Usage: live_ticks.py DEV_JSON
"""

import json
import sys
import time

from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

SECONDS = 4
CHANNELS = ["ticks:R_100", "ticks:1HZ10V", "ticks:1HZ25V"]


def receive(socket, deadline):
    return json.loads(socket.recv(timeout=max(0.1, deadline - time.monotonic())))


def open_socket(report, token, **options):
    return connect(
        report["ws_url"],
        subprotocols=["tradermind.v1"],
        additional_headers={"Authorization": f"Bearer {token}"} if token else {},
        open_timeout=10,
        **options,
    )


def check_ticks(report):
    with open_socket(report, report["tokens"]["user"]) as socket:
        deadline = time.monotonic() + 20
        hello = receive(socket, deadline)
        assert hello["method"] == "hello", hello
        assert socket.subprotocol == "tradermind.v1", socket.subprotocol
        request = {
            "jsonrpc": "2.0",
            "id": "s",
            "method": "subscribe",
            "params": {"channels": [{"channel": name, "policy": "buffer"} for name in CHANNELS]},
        }
        socket.send(json.dumps(request))
        last = {}
        counts = dict.fromkeys(CHANNELS, 0)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end or min(counts.values()) == 0:
            message = receive(socket, deadline)
            if message.get("id") == "s":
                for state in message["result"]["channels"]:
                    assert state["status"] == "live", state
                    last[state["channel"]] = state["seq"]
                continue
            if message["method"] == "channel.status":
                # The feed's first tick begins an epoch.
                assert message["params"]["status"] == "live", message
                for state in message["params"]["channels"]:
                    last[state["channel"]] = state["seq"]
                continue
            assert message["method"] == "event", message
            params = message["params"]
            channel = params["channel"]
            assert params["seq"] == last[channel] + 1, (params, last)
            assert params["data"]["market"] == channel.removeprefix("ticks:"), params
            assert float(params["data"]["quote"]) > 0, params
            assert abs(params["data"]["epoch_ms"] / 1000 - time.time()) < 30, params
            last[channel] = params["seq"]
            counts[channel] += 1
        socket.send(json.dumps({"jsonrpc": "2.0", "id": "p", "method": "ping"}))
        while receive(socket, deadline).get("id") != "p":
            pass
    print("events", counts)


def check_refusal(status, report, token, **options):
    try:
        with open_socket(report, token, **options):
            raise AssertionError(f"connected, but {status} was expected")
    except InvalidStatus as refusal:
        assert refusal.response.status_code == status, refusal.response
        body = json.loads(refusal.response.body)
        assert body["error"]["data"]["reason"], body
        if status == 401:
            assert "Bearer" in refusal.response.headers["WWW-Authenticate"]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        report = json.load(file)
    check_ticks(report)
    check_refusal(401, report, None)
    check_refusal(401, report, report["tokens"]["user"] + "x")
    check_refusal(403, report, report["tokens"]["user"], origin="https://evil.example")


if __name__ == "__main__":
    main()
