"""What a delivery costs uWebSockets: its own publish."""

import pathlib
import subprocess

from drain import DrainClient, connect, cost_per_delivery, masked_frame, upgrade_request


def measure_uwebsockets(options, pending, frame_bytes):
    """Microseconds per delivery of frames of that size."""
    server = subprocess.Popen(
        ["taskset", "-c", "0", options.uwebsockets_python,
         pathlib.Path(__file__).with_name("uwebsockets_server.py")],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        port = server.stdout.readline().strip()
        if not port:
            raise SystemExit(
                "bench: uWebSockets did not start (its Python package needs the system package libuv1)")
        client = DrainClient(options, port, upgrade_request("/subscribe"), 0)
        publisher = connect(("127.0.0.1", int(port)))
        publisher.sendall(upgrade_request("/publish"))
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += publisher.recv(1)
        payload = b"x" * (frame_bytes - (2 if frame_bytes <= 127 else 4))
        burst = masked_frame(payload) * pending
        cost = cost_per_delivery(
            options, server.pid, client, lambda: publisher.sendall(burst), pending)
        client.end()
        return cost
    finally:
        server.kill()
        server.wait()
