"""A page that uses the JavaScript client as it is, without a bundler, in a headless Chromium.

    page.py CHROMIUM CLIENT PEERS PROFILE

CLIENT is the folder of the client's modules, PEERS that of browser.py. Says its origin, reads
{"url", "token", "ways"} and says for each way in which the token travels that the page has subscribed; then
the tests publish events and end the connection, and it says what the page saw.
"""

import functools
import http.server
import json
import os
import sys
import threading

program, client, peers, profile = sys.argv[1:]
sys.path.insert(0, peers)

from browser import Browser, wait  # noqa: E402


class Pages(http.server.SimpleHTTPRequestHandler):
    """The page at /, and the client's modules below /client/."""

    extensions_map = {".html": "text/html", ".js": "text/javascript"}

    def translate_path(self, path):
        if path.startswith("/client/"):
            return os.path.join(client, os.path.basename(path))
        return os.path.join(os.path.dirname(os.path.abspath(__file__)), "page.html")

    def log_message(self, *_):
        pass


def say(**values):
    print(json.dumps(values), flush=True)


def visit(browser, given, way):
    arguments = ", ".join(json.dumps(value) for value in (given["url"], given["token"], way))
    browser.evaluate(
        f"window.seen = null; window.failure = ''; begin({arguments}).catch(error => window.failure = String(error))")
    look = functools.partial(browser.evaluate, "JSON.stringify([window.failure, window.seen])")

    def reached(condition):
        failure, seen = json.loads(look())
        if failure:
            raise SystemExit(failure)
        return seen if seen and condition(seen) else None

    wait("the subscription", lambda: reached(lambda seen: seen.get("isSubscribed")))
    say(phase="subscribed")
    say(**wait("the end", lambda: reached(lambda seen: seen["end"])))


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    origin = f"http://127.0.0.1:{server.server_address[1]}"
    say(origin=origin)
    given = json.loads(sys.stdin.readline())
    browser = Browser(program, origin + "/", profile)
    try:
        browser.attach()
        wait("the page", lambda: browser.evaluate("typeof window.begin === 'function'"))
        for way in given["ways"]:
            visit(browser, given, way)
    finally:
        browser.end()


main()
