"""The gateway and the load tester as processes of their own."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import urllib.request

START_SECONDS = 60
STOP_SECONDS = 30
RUN_SECONDS = 300


class Gateway:
    """A `gateway dev` of its own, on the first processor."""

    def __init__(self, programs, folder, arguments):
        self.report = pathlib.Path(folder) / "dev.json"
        self.process = subprocess.Popen(
            ["taskset", "-c", "0", programs / "gateway", "dev", "--port", "0", "--loops", "1",
             "--data", folder, *arguments],
            stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS
        while not self.report.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.end()
                raise SystemExit("bench: gateway dev did not start")
            time.sleep(0.05)

    def metric(self, name):
        """The value of a metric without labels."""
        url = json.loads(self.report.read_text())["internal_url"] + "/metrics"
        with urllib.request.urlopen(url, timeout=10) as answer:
            for line in answer.read().decode().splitlines():
                if line.startswith(name + " "):
                    return float(line.split()[-1])
        raise SystemExit("bench: no metric " + name)

    def end(self):
        """Stops it, and what it started."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextlib.contextmanager
def gateway(programs, arguments=()):
    """A gateway that ends with the block."""
    # A short path: the address of a unix socket holds 108 bytes.
    with tempfile.TemporaryDirectory(prefix="tmb-", dir="/tmp") as folder:
        running = Gateway(programs, folder, arguments)
        try:
            yield running
        finally:
            running.end()


def load(programs, running, command, *arguments):
    """Runs a command of the load tester, on the second processor where there is one; its results."""
    with tempfile.NamedTemporaryFile(suffix=".json") as results:
        pin = ["--pin", "1"] if (os.cpu_count() or 1) > 1 else []
        outcome = subprocess.run(
            [programs / "gateway-load", command, "--dev-json", running.report, "--quiet",
             "--json", results.name, *pin, *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False,
            timeout=RUN_SECONDS)
        if outcome.returncode != 0:
            raise SystemExit("bench: %s failed:\n%s" % (command, outcome.stdout))
        return json.loads(pathlib.Path(results.name).read_text())


def fan_out(options, running, *arguments):
    """Runs `gateway-load fanout` on a market that nobody else uses."""
    return load(
        options.programs, running, "fanout", "--connections", str(options.connections or 1000),
        "--messages", str(options.messages), "--payload", str(options.payload),
        "--market", "BENCH_0", *arguments)
