"""Runs the gateway in each mode and the load tester against it; prints a table.

Called by Scripts/bench-wire, which describes the arguments.
"""

import argparse
import contextlib
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

START_SECONDS = 60

# Name, the gateway's arguments, and whether the clients ask for compression.
MODES = [
    ("plain", ["--compression", "shared"], False),
    ("shared", ["--compression", "shared"], True),
    ("dedicated 15/8", ["--compression", "dedicated"], True),
    (
        "dedicated 11/4",
        ["--compression", "dedicated", "--compression-window", "11", "--compression-memory", "4"],
        True,
    ),
]
# So that no connection steps down: what is measured is the mode.
BUDGET = ["--compression-budget", str(8 << 30)]


class Gateway:
    """A `gateway dev` of its own."""

    def __init__(self, programs, folder, arguments):
        self.report = pathlib.Path(folder) / "dev.json"
        self.process = subprocess.Popen(
            ["taskset", "-c", "0", programs / "gateway", "dev", "--port", "0", "--loops", "1",
             "--data", folder, *arguments],
            stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS
        while not self.report.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("bench-wire: gateway dev did not start")
            time.sleep(0.05)

    def metric(self, name):
        url = json.loads(self.report.read_text())["internal_url"] + "/metrics"
        with urllib.request.urlopen(url, timeout=10) as answer:
            for line in answer.read().decode().splitlines():
                if line.startswith(name + " "):
                    return float(line.split()[-1])
        raise SystemExit("bench-wire: no metric " + name)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextlib.contextmanager
def gateway(programs, arguments):
    # A short path: the address of a unix socket holds 108 bytes.
    with tempfile.TemporaryDirectory(prefix="tmb-", dir="/tmp") as folder:
        running = Gateway(programs, folder, arguments)
        try:
            yield running
        finally:
            running.end()


def load(programs, running, command, *arguments):
    """Runs a command of the load tester; returns its results."""
    with tempfile.NamedTemporaryFile(suffix=".json") as results:
        pin = ["--pin", "1"] if (os.cpu_count() or 1) > 1 else []
        outcome = subprocess.run(
            [programs / "gateway-load", command, "--dev-json", running.report, "--quiet",
             "--json", results.name, *pin, *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False)
        if outcome.returncode != 0:
            raise SystemExit("bench-wire: %s failed:\n%s" % (command, outcome.stdout))
        return json.loads(pathlib.Path(results.name).read_text())


def measure_fanout(options, arguments, asks):
    with gateway(options.programs, arguments + BUDGET) as running:
        names = [
            "tradermind_compressions_total", "tradermind_dedicated_compressions_total",
            "tradermind_sent_bytes_total", "tradermind_deliveries_total",
            "tradermind_publications_total",
        ]
        deflate = ["--deflate"] if asks else []
        before = {name: running.metric(name) for name in names}
        results = load(
            options.programs, running, "fanout", "--connections", str(options.connections or 1000),
            "--messages", str(options.messages), "--payload", str(options.payload),
            "--market", "BENCH_0", *deflate)
        change = {name: running.metric(name) - before[name] for name in names}
    # The feed of `gateway dev` is not subscribed to, so that it is no publication of a loop.
    messages = change["tradermind_publications_total"]
    return {
        "µs per delivery": results["server_cpu_nanoseconds_per_delivery"] / 1000,
        "bytes per delivery":
            change["tradermind_sent_bytes_total"] / change["tradermind_deliveries_total"],
        "compressions per message": change["tradermind_compressions_total"] / messages,
        "of its own per message":
            change["tradermind_dedicated_compressions_total"] / messages,
        "p50 ms": results["latency"]["p50_microseconds"] / 1000,
    }


def measure_memory(options, arguments, asks):
    with gateway(options.programs, arguments + BUDGET) as running:
        deflate = ["--deflate"] if asks else []
        results = load(
            options.programs, running, "idle", "--connections", str(options.connections or 2000),
            *deflate)
    return {
        "bytes per connection (proportional)": results["proportional_bytes_per_connection"],
        "(resident)": results["resident_bytes_per_connection"],
    }


def certificate(folder):
    """A self-signed certificate for 127.0.0.1; returns the paths of it and of its key."""
    files = [str(pathlib.Path(folder) / name) for name in ("certificate.pem", "key.pem")]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", "2", "-out", files[0], "-keyout", files[1], "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1"],
        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return files


def measure_tls(options, files):
    """With TLS where there are files."""
    arguments = ["--certificate", files[0], "--key", files[1]] if files else []
    trust = ["--ca", files[0]] if files else []
    with gateway(options.programs, arguments + ["--compression", "off"]) as running:
        churn = load(
            options.programs, running, "churn", "--parallel", "64", "--duration", "5",
            "--subscriptions", "0", *trust)
        fanout = load(
            options.programs, running, "fanout", "--connections", str(options.connections or 1000),
            "--messages", str(options.messages), "--payload", str(options.payload),
            "--market", "BENCH_0", *trust)
    return {
        "µs per delivery": fanout["server_cpu_nanoseconds_per_delivery"] / 1000,
        "handshakes per second of a core": 1e9 / churn["server_cpu_nanoseconds_per_cycle"],
        "handshakes per second as measured": churn["cycles_per_second"],
        "connect to open, p50 ms": churn["handshake"]["p50_microseconds"] / 1000,
    }


def tls(options):
    rows = {"plain": [], "TLS 1.3": []}
    with tempfile.TemporaryDirectory() as folder:
        files = certificate(folder)
        for number in range(options.rounds):
            for name, given in (("plain", None), ("TLS 1.3", files)):
                print("round %d of %d: %s" % (number + 1, options.rounds, name), file=sys.stderr)
                rows[name].append(measure_tls(options, given))
    show(rows)


def show(rows):
    """Prints medians, and after them every round's value."""
    for name, rounds in rows.items():
        for figure in rounds[0]:
            values = [one[figure] for one in rounds]
            print("%-16s %-38s %12.3f   (%s)" % (
                name, figure, statistics.median(values), ", ".join("%.3f" % v for v in values)))
    first = next(iter(rows.values()))
    figure = next(iter(first[0]))
    base = statistics.median(one[figure] for one in first)
    for name, rounds in rows.items():
        ratio = statistics.median(one[figure] for one in rounds) / base
        print("%-16s %s: %.3f times that of plain" % (name, figure, ratio))


def siege(options):
    """Each attack twice on the same gateway: what the first leaves behind, the second must not add to."""
    with tempfile.TemporaryDirectory() as folder:
        files = certificate(folder)
        for attack, arguments, trust in (
            ("inflate-bomb", [], []),
            ("slow-handshakes", [], []),
            ("slow-handshakes", ["--certificate", files[0], "--key", files[1]], ["--ca", files[0]]),
        ):
            with gateway(options.programs, arguments) as running:
                for number in (1, 2):
                    results = load(options.programs, running, "siege", "--attack", attack, *trust)
                    show_siege(attack + (", TLS" if trust else ""), number, results)


def show_siege(name, number, results):
    resident = [results["resident_bytes_" + when] / (1 << 20) for when in ("before", "peak", "after")]
    outcomes = ", ".join("%d × %s" % (count, how) for how, count in results["outcomes"].items())
    print("%-21s %d. time, %d connections: %.1f MiB before, %.1f during, %.1f after; %s" % (
        name, number, results["connections"], *resident, outcomes), flush=True)


def main():
    parser = argparse.ArgumentParser(prog="Scripts/bench-wire")
    parser.add_argument("what", choices=["fanout", "memory", "siege", "tls"])
    parser.add_argument("--programs", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int)
    parser.add_argument("--payload", type=int)
    parser.add_argument("--messages", type=int, default=1000)
    options = parser.parse_args()
    if options.payload is None:
        options.payload = 0 if options.what == "tls" else 900
    if options.what == "siege":
        siege(options)
        return
    if options.what == "tls":
        tls(options)
        return
    measure = {"fanout": measure_fanout, "memory": measure_memory}[options.what]
    rows = {name: [] for name, _, _ in MODES}
    for number in range(options.rounds):
        for name, arguments, asks in MODES:
            print("round %d of %d: %s" % (number + 1, options.rounds, name), file=sys.stderr)
            rows[name].append(measure(options, arguments, asks))
    show(rows)


if __name__ == "__main__":
    main()
