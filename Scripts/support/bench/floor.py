"""The gateway beside the bare C loop of LoadTests/Benchmarks, with frames of the same size."""

import json
import subprocess

from drain import (
    BURSTS_PER_SECOND, DrainClient, connect, cost_per_delivery, masked_frame, upgrade_request)
from figures import progress, show
from programs import gateway, load
from uwebsockets import measure_uwebsockets

CHANNEL = "ticks:BENCH_0"
# Bytes of an answer to `ping`: {"jsonrpc":"2.0","id":1,"result":{"server_time":1764036000123}}
ANSWER_BYTES = 63
COST = "µs per delivery"
ANSWER_COST = "µs per answer"
# Of the bare loop, in seconds.
RUN_SECONDS = 120


def bare_loop(options, *arguments):
    """Runs the bare C loop; its results."""
    outcome = subprocess.run(
        ["timeout", str(RUN_SECONDS), options.floor, *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False)
    if outcome.returncode != 0:
        raise SystemExit("bench: the bare C loop failed")
    return json.loads(outcome.stdout)


def fanout(options):
    """One message at a time, and ten pending."""
    for pending in [options.pending] if options.pending else [1, 10]:
        print("\n%d pending" % pending, flush=True)
        rows = {"gateway": [], "bare C loop": []}
        if options.uwebsockets_python:
            rows["uWebSockets"] = []
        for number in range(options.rounds):
            progress(number, options.rounds, "gateway")
            cost, frame_bytes = gateway_fanout(options, pending)
            rows["gateway"].append({COST: cost, "bytes per delivery": frame_bytes})
            progress(number, options.rounds, "bare C loop")
            rows["bare C loop"].append({COST: floor_fanout(options, pending, frame_bytes)})
            if options.uwebsockets_python:
                progress(number, options.rounds, "uWebSockets")
                rows["uWebSockets"].append({COST: measure_uwebsockets(options, pending, frame_bytes)})
        show(rows, base="bare C loop")


def gateway_fanout(options, pending):
    """What a delivery costs the gateway, and the bytes of its frames."""
    with gateway(options.programs, ["--compression", "off"]) as running:
        report = json.loads(running.report.read_text())
        token = report["tokens"]["user"]
        subscribe = {
            "jsonrpc": "2.0", "id": 1, "method": "subscribe",
            "params": {"channels": [{"channel": CHANNEL, "policy": "buffer"}]}}
        opening = upgrade_request(
            "/v1", "Sec-WebSocket-Protocol: tradermind.v1", "Authorization: Bearer " + token
        ) + masked_frame(json.dumps(subscribe).encode())
        port = report["ws_url"].split(":")[2].split("/")[0]
        # The greeting and the answer to `subscribe`.
        client = DrainClient(options, port, opening, 2)
        publish = redis_publisher(report["redis_url"], tick(options.payload), pending)
        names = ["tradermind_sent_bytes_total", "tradermind_deliveries_total"]
        before = [running.metric(name) for name in names]
        cost = cost_per_delivery(options, report["pid"], client, publish, pending)
        sent, deliveries = (running.metric(name) - old for name, old in zip(names, before))
        client.end()
        return cost, round(sent / deliveries)


def tick(payload_bytes):
    """A tick, filled up to a size."""
    text = json.dumps({"market": "BENCH_0", "quote": "1234.56", "epoch_ms": 1764036000123})
    filling = payload_bytes - len(text) - len(', "filling": ""')
    return text if filling < 0 else text[:-1] + ', "filling": "%s"}' % ("x" * filling)


def redis_publisher(url, payload, pending):
    """A function that publishes a burst with one write."""
    path = url.split(":", 1)[1].split("?")[0]
    redis = connect(path[path.index("/"):].replace("//", "/"))
    parts = ["PUBLISH", "tradermind:events:" + CHANNEL, payload]
    command = "*3\r\n" + "".join("$%d\r\n%s\r\n" % (len(part), part) for part in parts)
    burst = command.encode() * pending

    def publish():
        redis.sendall(burst)
        answers = 0
        while answers < pending:
            answers += redis.recv(4096).count(b"\n")

    return publish


def floor_fanout(options, pending, frame_bytes):
    """What the bare C loop spends on as many frames of that size."""
    payload = frame_bytes - (2 if frame_bytes <= 127 else 4)
    results = bare_loop(
        options, "--mode", "single" if pending == 1 else "pending10",
        "--connections", str(options.connections or 1000), "--payload", str(payload),
        "--rate", str(BURSTS_PER_SECOND * pending),
        "--messages", str(options.messages // pending * pending))
    return results["cpu_us_per_delivery"]


def ping(options):
    """Round trips of a request that needs no Redis."""
    clients = str(options.connections or 400)
    rows = {"gateway": [], "bare C loop": []}
    for number in range(options.rounds):
        progress(number, options.rounds, "gateway")
        with gateway(options.programs) as running:
            results = load(options.programs, running, "ping", "--clients", clients)
        rows["gateway"].append({
            ANSWER_COST: results["server_cpu_nanoseconds_per_answer"] / 1000,
            "p50 ms": results["round_trip"]["p50_microseconds"] / 1000})
        progress(number, options.rounds, "bare C loop")
        floor = bare_loop(
            options, "--mode", "echo", "--connections", clients, "--payload", str(ANSWER_BYTES))
        rows["bare C loop"].append({ANSWER_COST: floor["cpu_us_per_delivery"]})
    show(rows, base="bare C loop")
