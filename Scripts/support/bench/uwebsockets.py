"""What a delivery costs uWebSockets: its own publish, to subscribers that only count bytes."""

import os
import pathlib
import select
import socket
import struct
import subprocess

WARM_UP_BURSTS = 20
STALL_SECONDS = 20


def processor_nanoseconds(process):
    """The time that all threads of a process have run."""
    total = 0
    for path in pathlib.Path("/proc/%d/task" % process).glob("*/schedstat"):
        total += int(path.read_text().split()[0])
    return total


def connect(port, path):
    """Opens a WebSocket connection; nothing has been read behind the handshake."""
    one = socket.create_connection(("127.0.0.1", port), timeout=STALL_SECONDS)
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    one.sendall((
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" % path
    ).encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += one.recv(1)
    if not head.startswith(b"HTTP/1.1 101 "):
        raise SystemExit("bench: uWebSockets refused: %r" % head)
    return one


def masked_frame(payload):
    """A text frame of a client, with a masking key of zeros."""
    length = (
        bytes([0x80 | len(payload)]) if len(payload) <= 125
        else b"\xfe" + struct.pack(">H", len(payload)))
    return b"\x81" + length + bytes(4) + payload


class Subscribers:
    """Connections that count what they get."""

    def __init__(self, port, count):
        self.connections = [connect(port, "/subscribe") for _ in range(count)]
        self.poll = select.epoll()
        for one in self.connections:
            one.setblocking(False)
            self.poll.register(one, select.EPOLLIN)
        self.by_number = {one.fileno(): one for one in self.connections}

    def receive(self, byte_count):
        """Reads until so many bytes have come in all."""
        missing = byte_count
        while missing > 0:
            events = self.poll.poll(STALL_SECONDS, 1024)
            if not events:
                raise SystemExit("bench: uWebSockets delivers no more")
            for number, _ in events:
                chunk = self.by_number[number].recv(1 << 16)
                if not chunk:
                    raise SystemExit("bench: uWebSockets closed a connection")
                missing -= len(chunk)
        if missing < 0:
            raise SystemExit("bench: uWebSockets sent %d bytes too many" % -missing)


def measure_uwebsockets(options, pending, frame_bytes):
    """Publishes bursts, each when all have the last, and divides its time by the deliveries."""
    count = options.connections or 1000
    server = subprocess.Popen(
        ["taskset", "-c", "0", options.uwebsockets_python,
         pathlib.Path(__file__).with_name("uwebsockets_server.py")],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        port = server.stdout.readline().strip()
        if not port:
            raise SystemExit(
                "bench: uWebSockets did not start (its Python package needs the system package libuv1)")
        if (os.cpu_count() or 1) > 1:
            os.sched_setaffinity(0, {1})
        subscribers = Subscribers(int(port), count)
        publisher = connect(int(port), "/publish")
        payload = b"x" * (frame_bytes - (2 if frame_bytes <= 127 else 4))
        burst = masked_frame(payload) * pending
        bursts = max(1, options.messages // pending)
        for number in range(WARM_UP_BURSTS + bursts):
            if number == WARM_UP_BURSTS:
                start = processor_nanoseconds(server.pid)
            publisher.sendall(burst)
            subscribers.receive(frame_bytes * pending * count)
        spent = processor_nanoseconds(server.pid) - start
        return {
            "µs per delivery": spent / 1000 / (bursts * pending * count),
            "bytes per delivery": frame_bytes}
    finally:
        server.kill()
        server.wait()
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
