"""The client that is the same for every server that is compared, and the publishing beside it."""

import os
import pathlib
import socket
import struct
import subprocess
import tempfile
import time

# How often the client sleeps and is woken is a part of what a delivery costs, so all get the same.
BURSTS_PER_SECOND = 100
WARM_UP_BURSTS = 20
PATIENCE_SECONDS = 20
QUIET_SECONDS = 0.3


def masked_frame(payload):
    """A text frame of a client, with a masking key of zeros."""
    length = (
        bytes([0x80 | len(payload)]) if len(payload) <= 125
        else b"\xfe" + struct.pack(">H", len(payload)))
    return b"\x81" + length + bytes(4) + payload


def upgrade_request(path, *fields):
    """The request that opens a WebSocket connection."""
    return "\r\n".join([
        "GET %s HTTP/1.1" % path, "Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", *fields, "", ""
    ]).encode()


def processor_nanoseconds(process):
    """The time that all threads of a process have run."""
    total = 0
    for path in pathlib.Path("/proc/%d/task" % process).glob("*/schedstat"):
        total += int(path.read_text().split()[0])
    return total


class DrainClient:
    """drain-client as a process: subscribers that count the text frames that they get."""

    def __init__(self, options, port, opening, first_frames):
        self.connections = options.connections or 1000
        with tempfile.NamedTemporaryFile() as file:
            file.write(opening)
            file.flush()
            core = 1 if (os.cpu_count() or 1) > 1 else 0
            self.process = subprocess.Popen(
                [options.floor.with_name("drain-client"), str(port), file.name,
                 str(self.connections), str(first_frames), str(core)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
            if self.process.stdout.readline() != b"ready\n":
                raise SystemExit("bench: not every subscriber is connected")

    def count(self):
        """Text frames that came behind the first ones."""
        self.process.stdin.write(b"\n")
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("bench: a subscriber lost its connection")
        return int(line)

    def settle(self):
        """Waits until nothing more comes; the count then."""
        last, since = self.count(), time.monotonic()
        while time.monotonic() - since < QUIET_SECONDS:
            time.sleep(0.02)
            now = self.count()
            if now != last:
                last, since = now, time.monotonic()
        return last

    def end(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE_SECONDS)


def cost_per_delivery(options, server, client, publish, pending):
    """Publishes bursts at the rate; the server's time in microseconds, divided by the deliveries."""
    bursts = max(1, options.messages // pending)
    send_bursts(publish, WARM_UP_BURSTS)
    before = client.settle()
    start = processor_nanoseconds(server)
    send_bursts(publish, bursts)
    expected = bursts * pending * client.connections
    deadline = time.monotonic() + PATIENCE_SECONDS
    while client.count() - before < expected and time.monotonic() < deadline:
        time.sleep(0.02)
    spent = processor_nanoseconds(server) - start
    delivered = client.settle() - before
    if delivered != expected:
        raise SystemExit("bench: %d of %d deliveries arrived" % (delivered, expected))
    return spent / 1000 / expected


def send_bursts(publish, count):
    due = time.monotonic()
    for _ in range(count):
        time.sleep(max(0, due - time.monotonic()))
        due += 1 / BURSTS_PER_SECOND
        publish()


def connect(address):
    """A TCP connection, or one to the path of a unix socket."""
    if isinstance(address, str):
        one = socket.socket(socket.AF_UNIX)
        one.settimeout(PATIENCE_SECONDS)
        one.connect(address)
        return one
    one = socket.create_connection(address, timeout=PATIENCE_SECONDS)
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return one
