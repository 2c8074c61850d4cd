"""Opens the console page in a headless Chromium, signs in with a token and waits for ticks.

    browser.py CHROMIUM PAGE TOKEN FOLDER

The browser is driven by its own protocol (Chrome DevTools) over a WebSocket. Prints one line of JSON: the
markets whose quotes changed, what the page says of its state, the extensions of its socket, and what the
page said before it had a token that is accepted.
"""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request

from websockets.sync.client import connect

SECONDS = 60

WATCH = """
(() => {
  const made = WebSocket;
  window.WebSocket = class extends made {
    constructor(...given) { super(...given); window.watchedSocket = this; }
  };
  document.getElementById("token").value = TOKEN;
  document.getElementById("connect").requestSubmit();
})()
"""

LOOK = """
JSON.stringify({
  quotes: [...document.querySelectorAll("#ticks tr")].map(
    line => [line.cells[0].textContent, line.cells[1].textContent, line.cells[3].textContent]),
  state: document.getElementById("state").textContent,
  extensions: window.watchedSocket ? window.watchedSocket.extensions : "",
})
"""


STATE = 'document.getElementById("state").textContent'
EARLY = """
(() => {
  document.getElementById("call").requestSubmit();
  document.getElementById("token").value = "no.token.ofthisgateway";
  document.getElementById("connect").requestSubmit();
  return document.getElementById("log").textContent;
})()
"""


class Browser:
    def __init__(self, program, page, folder):
        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--no-first-run", "--disable-background-networking", "--disable-component-update",
             "--remote-debugging-port=0", "--user-data-dir=" + folder, page],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            start_new_session=True)
        self.last_id = 0

    def attach(self):
        """Connects to the page that it was started with."""
        for line in self.process.stderr:
            found = re.search(r"DevTools listening on ws://([^/]+)/", line)
            if found:
                break
        else:
            raise SystemExit("the browser did not start")
        # What it says further is not read, but has to go somewhere.
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            with urllib.request.urlopen("http://%s/json" % found[1], timeout=10) as answer:
                pages = [one for one in json.load(answer) if one["type"] == "page"]
            if pages:
                self.socket = connect(pages[0]["webSocketDebuggerUrl"], max_size=None)
                return
            time.sleep(0.1)
        raise SystemExit("the browser has no page")

    def evaluate(self, expression):
        self.last_id += 1
        self.socket.send(json.dumps({
            "id": self.last_id, "method": "Runtime.evaluate",
            "params": {"expression": expression, "returnByValue": True}}))
        while True:
            message = json.loads(self.socket.recv(timeout=SECONDS))
            if message.get("id") == self.last_id:
                result = message["result"]
                if "exceptionDetails" in result:
                    raise SystemExit("the page: %s" % result["exceptionDetails"])
                return result["result"].get("value")

    def end(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def wait(what, condition):
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    raise SystemExit("%s did not happen in time" % what)


def main():
    program, page, token, folder = sys.argv[1:]
    browser = Browser(program, page, folder)
    try:
        browser.attach()
        wait("the page", lambda: browser.evaluate(
            "document.readyState === 'complete' && !!document.getElementById('connect')"))
        log = browser.evaluate(EARLY)
        refusal = wait("the refusal", lambda: [
            state for state in [browser.evaluate(STATE)] if state.startswith("refused: ")])[0]
        browser.evaluate(WATCH.replace("TOKEN", json.dumps(token)))
        first = {}

        def changed():
            seen = json.loads(browser.evaluate(LOOK))
            moved = []
            for market, quote, sequence in seen["quotes"]:
                if market in first and first[market] != sequence:
                    moved.append(market)
                if quote:
                    first.setdefault(market, sequence)
            return (seen, moved) if len(moved) >= 3 else None

        seen, moved = wait("ticks of three markets", changed)
        print(json.dumps({
            "markets": sorted(moved), "state": seen["state"], "extensions": seen["extensions"],
            "log": log, "refusal": refusal}))
    finally:
        browser.end()


if __name__ == "__main__":
    main()
