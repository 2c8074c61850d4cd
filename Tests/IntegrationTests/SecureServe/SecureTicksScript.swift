/// A client on an independent WebSocket and TLS stack (Python's `websockets` and `ssl`).
enum SecureTicksScript {
    /// Arguments: port, file of authorities, token, socket of Redis, what to do.
    static let text = """
        import asyncio, json, socket, ssl, sys
        # Not websockets.sync: its threads read and write one TLS connection at the same time, for
        # which Python's ssl has a lock only since 3.13.
        from websockets.asyncio.client import connect

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


        async def receive(client):
            return json.loads(await asyncio.wait_for(client.recv(), 20))


        async def check(made, version, **options):
            async with open_socket(made, **options) as client:
                session = client.transport.get_extra_info("ssl_object")
                assert session.version() == version, session.version()
                assert session.selected_alpn_protocol() == "http/1.1"
                assert (await receive(client))["method"] == "hello"
                await client.send(json.dumps({
                    "jsonrpc": "2.0", "id": 1, "method": "subscribe",
                    "params": {"channels": [{"channel": "ticks:R_100", "policy": "buffer"}]}}))
                first = (await receive(client))["result"]["channels"][0]["seq"]
                payloads = [json.dumps({"n": n, "filling": "x" * (n * 97)}) for n in range(200)]
                for index, payload in enumerate(payloads):
                    if index % 10 == 0:
                        # A few at a time: who leaves a megabyte unread is closed as slow.
                        publish(payloads[index:index + 10])
                    event = (await receive(client))["params"]
                    assert event["seq"] == first + 1 + index, event
                    assert event["data"] == json.loads(payload), index
                await client.send(json.dumps({"jsonrpc": "2.0", "id": 2, "method": "rpc.discover"}))
                document = (await receive(client))["result"]
                assert document["openrpc"].startswith("1."), document["openrpc"]


        async def is_refused(made, error):
            try:
                async with open_socket(made):
                    return False
            except error:
                return True


        async def main():
            if mode == "refused":
                assert await is_refused(context(), ssl.SSLCertVerificationError), "trusted"
                return
            await check(context(), "TLSv1.3")
            await check(context(), "TLSv1.3", compression=None)
            await check(context(maximum_version=ssl.TLSVersion.TLSv1_2), "TLSv1.2")
            old = context()
            old.minimum_version = ssl.TLSVersion.TLSv1
            old.maximum_version = ssl.TLSVersion.TLSv1_1
            old.set_ciphers("ALL:@SECLEVEL=0")
            assert await is_refused(old, (ssl.SSLError, OSError)), "TLS 1.1 was spoken"


        asyncio.run(main())
        """
}
