"""The gateway beside the bare C loop of LoadTests/Benchmarks, with frames of the same size."""

import json
import subprocess

from figures import progress, show
from programs import RUN_SECONDS, fan_out, gateway, load
from uwebsockets import measure_uwebsockets

# Bytes of an answer to `ping`: {"jsonrpc":"2.0","id":1,"result":{"server_time":1764036000123}}
ANSWER_BYTES = 63
COST = "µs per delivery"
ANSWER_COST = "µs per answer"


def bare_loop(options, *arguments):
    """Runs the bare C loop; its results."""
    outcome = subprocess.run(
        ["timeout", "120", options.floor, *arguments],
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
            with gateway(options.programs, ["--compression", "off"]) as running:
                names = ["tradermind_sent_bytes_total", "tradermind_deliveries_total"]
                before = [running.metric(name) for name in names]
                results = fan_out(options, running, "--pending", str(pending))
                sent, deliveries = (running.metric(name) - old for name, old in zip(names, before))
            # The few answers to `subscribe` are in it, and the headers of the frames.
            frame_bytes = round(sent / deliveries)
            rows["gateway"].append({
                COST: results["server_cpu_nanoseconds_per_delivery"] / 1000,
                "bytes per delivery": frame_bytes})
            progress(number, options.rounds, "bare C loop")
            rows["bare C loop"].append(floor_fanout(options, pending, frame_bytes))
            if options.uwebsockets_python:
                progress(number, options.rounds, "uWebSockets")
                rows["uWebSockets"].append(measure_uwebsockets(options, pending, frame_bytes))
        show(rows, base="bare C loop")


def floor_fanout(options, pending, frame_bytes):
    """What the bare C loop spends on as many frames of that size."""
    payload = frame_bytes - (2 if frame_bytes <= 127 else 4)
    results = bare_loop(
        options, "--mode", "single" if pending == 1 else "pending10",
        "--connections", str(options.connections or 1000), "--payload", str(payload),
        "--messages", str(options.messages // pending * pending))
    return {COST: results["cpu_us_per_delivery"], "bytes per delivery": results["frame_bytes"]}


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
