"""What compression and TLS cost and save, and what hostile peers can take."""

import pathlib
import subprocess
import tempfile

from figures import progress, show
from programs import fan_out, gateway, load

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


def measure_compression(options, arguments, asks):
    with gateway(options.programs, arguments + BUDGET) as running:
        names = [
            "tradermind_compressions_total", "tradermind_dedicated_compressions_total",
            "tradermind_sent_bytes_total", "tradermind_deliveries_total",
            "tradermind_publications_total",
        ]
        deflate = ["--deflate"] if asks else []
        before = {name: running.metric(name) for name in names}
        results = fan_out(options, running, *deflate)
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
        fanout = fan_out(options, running, *trust)
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
                progress(number, options.rounds, name)
                rows[name].append(measure_tls(options, given))
    show(rows)


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


def compression(options):
    """Fan-out in each mode."""
    show(in_each_mode(options, measure_compression))


def memory(options):
    """Idle connections in each mode."""
    show(in_each_mode(options, measure_memory))


def in_each_mode(options, measure):
    """Measures in turn; the rounds of each mode."""
    rows = {name: [] for name, _, _ in MODES}
    for number in range(options.rounds):
        for name, arguments, asks in MODES:
            progress(number, options.rounds, name)
            rows[name].append(measure(options, arguments, asks))
    return rows
