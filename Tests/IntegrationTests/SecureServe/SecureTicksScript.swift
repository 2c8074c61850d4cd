/// A client on an independent WebSocket and TLS stack (Python's `websockets` and `ssl`).
enum SecureTicksScript {
    /// Arguments: port, file of authorities, token, socket of Redis, what to do.
    static let text = """
        import json, socket, ssl, sys
        from websockets.exceptions import ConnectionClosedError, InvalidMessage
        from websockets.sync.client import connect

        port, authorities, token, redis_path, mode = sys.argv[1:6]


        def context(**versions):
            made = ssl.create_default_context(cafile=authorities)
            made.set_alpn_protocols(["h2", "http/1.1"])
            for name, value in versions.items():
                setattr(made, name, value)
            return made


        def open_socket(made, **options):
            return connect(
                f"wss://127.0.0.1:{port}/v1", ssl=made, subprotocols=["tradermind.v1"],
                additional_headers={"Authorization": f"Bearer {token}"}, open_timeout=20, **options)


        def publish(payloads):
            with socket.socket(socket.AF_UNIX) as redis:
                redis.connect(redis_path)
                for payload in payloads:
                    words = [b"PUBLISH", b"tradermind:events:ticks:R_100", payload.encode()]
                    redis.sendall(b"*3\\r\\n" + b"".join(
                        b"$%d\\r\\n%s\\r\\n" % (len(word), word) for word in words))
                redis.sendall(b"*1\\r\\n$4\\r\\nQUIT\\r\\n")
                while redis.recv(65536):
                    pass


        def check(made, version, **options):
            # websockets' threads read and write one TLS connection at the same time, for which
            # Python's ssl has a lock only since 3.13: before, a connection breaks now and then. One
            # that the gateway breaks would break again.
            for _ in range(2 if sys.version_info < (3, 13) else 0):
                try:
                    return check_once(made, version, **options)
                except (ConnectionClosedError, InvalidMessage) as error:
                    print("once more after:", error, file=sys.stderr)
            check_once(made, version, **options)


        def check_once(made, version, **options):
            with open_socket(made, **options) as client:
                assert client.socket.version() == version, client.socket.version()
                assert client.socket.selected_alpn_protocol() == "http/1.1"
                assert json.loads(client.recv(timeout=20))["method"] == "hello"
                client.send(json.dumps({
                    "jsonrpc": "2.0", "id": 1, "method": "subscribe",
                    "params": {"channels": [{"channel": "ticks:R_100", "policy": "buffer"}]}}))
                state = json.loads(client.recv(timeout=20))["result"]["channels"][0]
                first = state["seq"]
                payloads = [json.dumps({"n": n, "filling": "x" * (n * 97)}) for n in range(200)]
                for index, payload in enumerate(payloads):
                    if index % 10 == 0:
                        # A few at a time: who leaves a megabyte unread is closed as slow.
                        publish(payloads[index:index + 10])
                    event = json.loads(client.recv(timeout=20))["params"]
                    assert event["seq"] == first + 1 + index, event
                    assert event["data"] == json.loads(payload), index
                client.send(json.dumps({"jsonrpc": "2.0", "id": 2, "method": "rpc.discover"}))
                document = json.loads(client.recv(timeout=20))["result"]
                assert document["openrpc"].startswith("1."), document["openrpc"]


        if mode == "refused":
            try:
                open_socket(context())
            except ssl.SSLCertVerificationError:
                sys.exit(0)
            sys.exit("a certificate that was not trusted was taken")
        check(context(), "TLSv1.3")
        check(context(), "TLSv1.3", compression=None)
        check(context(maximum_version=ssl.TLSVersion.TLSv1_2), "TLSv1.2")
        old = context()
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        old.set_ciphers("ALL:@SECLEVEL=0")
        try:
            open_socket(old)
        except (ssl.SSLError, OSError):
            pass
        else:
            sys.exit("TLS 1.1 was spoken")
        """
}
