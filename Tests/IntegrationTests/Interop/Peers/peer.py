"""An independent WebSocket peer for the tests: the stacks `websockets` and `wsproto`, in both roles.

    peer.py client STACK URL DEFLATE [AUTHORITIES]      sends messages to an echo server and compares
                                                        what comes back
    peer.py server STACK DEFLATE [CERTIFICATE KEY]      echoes; says "listening on PORT" and ends with
                                                        its input

With PEM files it speaks TLS: a client trusts the authorities, a server has the certificate.
DEFLATE is off, shared (no context takeover), takeover, or a number: takeover with a window of so many
bits for what the server compresses. The client prints one line of JSON: what was agreed and how many
messages came back unchanged.
"""

import asyncio
import json
import random
import socket
import ssl
import sys
import threading
from urllib.parse import urlsplit

import wsproto
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosedError
from websockets.extensions.permessage_deflate import (
    ClientPerMessageDeflateFactory,
    ServerPerMessageDeflateFactory,
)
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Message,
    Ping,
    Request,
    TextMessage,
)
from wsproto.extensions import PerMessageDeflate

SIZES = [0, 1, 125, 126, 65535, 65536, 1024 * 1024]
TIMEOUT = 60


def messages():
    """Texts and bytes of every length form. A block of 3000 bytes repeats, which a compressor sees only
    through a large window; each comes twice, for compressors that remember."""
    source = random.Random(20260101)
    block = bytes(source.randrange(256) for _ in range(3000))
    words = "".join(chr(source.choice((65, 0x3B1, 0x20AC, 0x1F389)) + source.randrange(8)) for _ in range(1000))
    for size in SIZES:
        payload = (block * (size // len(block) + 1))[:size]
        yield payload
        yield payload
        text = (words * (size // len(words) + 1))[: size // 4]
        yield text + "." * (size - len(text.encode()))
        yield text


def client_tls(authorities):
    return ssl.create_default_context(cafile=authorities) if authorities else None


def server_tls(certificate, key):
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


class WebsocketsClient:
    """On one thread: websockets.sync reads and writes one TLS connection on two at the same time, for
    which Python's ssl has a lock only since 3.13, and loses one connection in some fifty."""

    def __init__(self, url, deflate, authorities):
        self.loop = asyncio.new_event_loop()
        self.connection = self.run(self.open(url, deflate, authorities))
        self.agreed = self.connection.response.headers.get("Sec-WebSocket-Extensions", "")

    async def open(self, url, deflate, authorities):
        # No pings of its own: a sanitizer may take longer than their time-out for a megabyte.
        return await connect(
            url, ssl=client_tls(authorities), compression=None, ping_interval=None,
            extensions=self.offers(deflate), max_size=None, proxy=None)

    def run(self, coroutine):
        return self.loop.run_until_complete(asyncio.wait_for(coroutine, TIMEOUT))

    @staticmethod
    def offers(deflate):
        if deflate == "off":
            return None
        if deflate == "shared":
            return [ClientPerMessageDeflateFactory(
                server_no_context_takeover=True, client_no_context_takeover=True)]
        if deflate == "takeover":
            return [ClientPerMessageDeflateFactory(client_max_window_bits=True)]
        return [ClientPerMessageDeflateFactory(server_max_window_bits=int(deflate))]

    def send(self, message):
        self.run(self.connection.send(message))

    def send_in_fragments(self, parts):
        self.run(self.connection.send(iter(parts)))

    def receive(self):
        return self.run(self.connection.recv())

    def close(self):
        self.run(self.connection.close(1000, "done"))
        received = self.connection.protocol.close_rcvd
        if received is None:
            raise ConnectionClosedError(None, None)
        return received.code


def wsproto_extensions(deflate):
    if deflate == "off":
        return []
    if deflate == "shared":
        return [PerMessageDeflate(client_no_context_takeover=True, server_no_context_takeover=True)]
    if deflate == "takeover":
        return [PerMessageDeflate()]
    return [PerMessageDeflate(server_max_window_bits=int(deflate))]


class WsprotoEndpoint:
    """A wsproto connection on a socket: whole messages in and out."""

    def __init__(self, stream, kind):
        self.stream = stream
        self.protocol = wsproto.WSConnection(kind)
        self.events = iter(())

    def write(self, event):
        self.stream.sendall(self.protocol.send(event))

    def next_event(self):
        while True:
            for event in self.events:
                return event
            data = self.stream.recv(65536)
            self.protocol.receive_data(data or None)
            self.events = self.protocol.events()

    def next_message(self):
        """The next message; None once the peer closes, which is answered."""
        parts = []
        while True:
            event = self.next_event()
            if isinstance(event, Message):
                parts.append(event.data)
                if event.message_finished:
                    return (parts[0][:0]).join(parts)
            elif isinstance(event, Ping):
                self.write(event.response())
            elif isinstance(event, CloseConnection):
                if self.protocol.state is wsproto.connection.ConnectionState.REMOTE_CLOSING:
                    self.write(event.response())
                self.close_code = event.code
                return None

    def send(self, message, is_finished=True):
        kind = TextMessage if isinstance(message, str) else BytesMessage
        self.write(kind(data=message, message_finished=is_finished))


class WsprotoClient(WsprotoEndpoint):
    def __init__(self, url, deflate, authorities):
        parts = urlsplit(url)
        stream = socket.create_connection((parts.hostname, parts.port), TIMEOUT)
        if authorities:
            stream = client_tls(authorities).wrap_socket(stream, server_hostname=parts.hostname)
        super().__init__(stream, wsproto.ConnectionType.CLIENT)
        self.write(Request(
            host=parts.netloc, target=parts.path or "/", extensions=wsproto_extensions(deflate)))
        accepted = self.next_event()
        assert isinstance(accepted, AcceptConnection), accepted
        self.agreed = dict(accepted.extra_headers).get(b"sec-websocket-extensions", b"").decode()
        if not self.agreed and accepted.extensions:
            extension = accepted.extensions[0]
            self.agreed = "permessage-deflate" + "".join(
                "; %s" % name
                for name in ("server_no_context_takeover", "client_no_context_takeover")
                if getattr(extension, name))
            if extension.server_max_window_bits < 15:
                self.agreed += "; server_max_window_bits=%d" % extension.server_max_window_bits

    def send_in_fragments(self, parts):
        for index, part in enumerate(parts):
            self.send(part, is_finished=index == len(parts) - 1)

    def receive(self):
        return self.next_message()

    def close(self):
        self.write(CloseConnection(code=1000, reason="done"))
        assert self.next_message() is None
        return self.close_code


def run_client(stack, url, deflate, authorities=None):
    client = {"websockets": WebsocketsClient, "wsproto": WsprotoClient}[stack](
        url, deflate, authorities)
    count = 0
    for message in messages():
        client.send(message)
        echoed = client.receive()
        assert echoed == message, "message %d of %d came back as %d" % (
            count, len(message), len(echoed))
        count += 1
    parts = ["Grü", "", "ße ", "🎉" * 500, "end"]
    client.send_in_fragments(parts)
    assert client.receive() == "".join(parts)
    close_code = client.close()
    print(json.dumps({"agreed": client.agreed, "messages": count + 1, "close": close_code}))


def serve_websockets(deflate, certificate=None, key=None):
    async def echo(connection):
        async for message in connection:
            await connection.send(message)

    extensions = None
    if deflate == "shared":
        extensions = [ServerPerMessageDeflateFactory(
            server_no_context_takeover=True, client_no_context_takeover=True)]
    elif deflate == "takeover":
        extensions = [ServerPerMessageDeflateFactory()]
    elif deflate != "off":
        extensions = [ServerPerMessageDeflateFactory(server_max_window_bits=int(deflate))]

    async def start():
        return await serve(
            echo, "127.0.0.1", 0, ssl=server_tls(certificate, key), compression=None,
            ping_interval=None, extensions=extensions, max_size=None)

    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    server = asyncio.run_coroutine_threadsafe(start(), loop).result()
    return server.sockets[0].getsockname()[1]


def serve_wsproto(deflate, certificate=None, key=None):
    listener = socket.create_server(("127.0.0.1", 0))
    context = server_tls(certificate, key)

    def echo(stream):
        if context:
            stream = context.wrap_socket(stream, server_side=True)
        with stream:
            endpoint = WsprotoEndpoint(stream, wsproto.ConnectionType.SERVER)
            request = endpoint.next_event()
            assert isinstance(request, Request), request
            endpoint.write(AcceptConnection(extensions=wsproto_extensions(deflate)))
            while (message := endpoint.next_message()) is not None:
                endpoint.send(message)

    def accept():
        while True:
            threading.Thread(target=echo, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def main():
    role, stack, *rest = sys.argv[1:]
    if role == "client":
        run_client(stack, *rest)
        return
    port = {"websockets": serve_websockets, "wsproto": serve_wsproto}[stack](*rest)
    print("listening on %d" % port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
