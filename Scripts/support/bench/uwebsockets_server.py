"""Fans out with uWebSockets (through its Python package socketify, whose loop is libuv).

Each message that comes in on /publish goes to every connection on /subscribe, by the library's own
publish. Python runs once per message, not once per delivery.
"""

import os
import socket

from socketify import App, CompressOptions, OpCode

TOPIC = "t"


def use_cubic():
    """Sets what the gateway sets; connections inherit it from the listening socket."""
    for name in os.listdir("/proc/self/fd"):
        try:
            one = socket.socket(fileno=os.dup(int(name)))
        except OSError:
            continue
        with one:
            try:
                if one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"cubic")
            except OSError:
                continue


def listening(configuration):
    use_cubic()
    print(configuration.port, flush=True)


def main():
    app = App()
    common = {
        "compression": CompressOptions.DISABLED, "max_payload_length": 1 << 20,
        "idle_timeout": 0, "max_backpressure": 64 << 20,
    }
    app.ws("/subscribe", {**common, "open": lambda ws: ws.subscribe(TOPIC)})
    app.ws("/publish", {
        **common, "message": lambda ws, message, opcode: app.publish(TOPIC, message, OpCode.TEXT)})
    app.listen(0, listening)
    # The package's own way to run asks its loop again and again without waiting, for the sake of
    # asyncio: a processor's whole time, whatever there is to do. This is the library's loop alone.
    app.loop.uv_loop.run()


main()
