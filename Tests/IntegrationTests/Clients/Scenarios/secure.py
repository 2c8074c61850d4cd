"""The Python client over TLS: reads {"url", "authorities", "token"} and says who it is signed in as."""

import asyncio
import json
import ssl
import sys

from tradermind_gateway import GatewayError, connect


async def main():
    given = json.loads(sys.stdin.readline())
    context = ssl.create_default_context(cafile=given["authorities"])
    async with connect(given["url"], given["token"], ssl=context, proxy=None) as client:
        user = (await client.auth_whoami())["user_id"]
    try:
        await connect(given["url"], given["token"], proxy=None)
        raise AssertionError("a certificate of nobody's was believed")
    except GatewayError as error:
        print(json.dumps({"user": user, "stranger": error.symbol}))


asyncio.run(main())
