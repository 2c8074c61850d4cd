// An independent WebSocket peer for the tests: Node's `ws`, in both roles.
//
//     peer.js client ws URL DEFLATE [AUTHORITIES]       talks to an echo server and compares
//     peer.js server ws DEFLATE [CERTIFICATE KEY]       echoes until its input ends
//
// The arguments and what it prints are those of peer.py.

"use strict";

const fs = require("fs");
const http = require("http");
const https = require("https");

// The package of Debian and Ubuntu is not on the path of every Node.
const { WebSocket, WebSocketServer } = (() => {
  try {
    return require("ws");
  } catch {
    return require("/usr/share/nodejs/ws");
  }
})();

const SIZES = [0, 1, 125, 126, 65535, 65536, 1024 * 1024];
const TIMEOUT = 60000;

function deflateOptions(deflate) {
  if (deflate === "off") return false;
  if (deflate === "shared") {
    return { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true };
  }
  if (deflate === "takeover") return { threshold: 0 };
  return { threshold: 0, serverMaxWindowBits: Number(deflate) };
}

// Bytes and texts of every length form, each twice for compressors that remember. A block of 3000
// bytes repeats, which a compressor sees only through a large window.
function messages() {
  let state = 20260101;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 24;
  const block = Buffer.from(Array.from({ length: 3000 }, next));
  const letters = ["A", "α", "€", "🎉"];
  const words = Array.from({ length: 1000 }, () => letters[next() % 4] + (next() % 8)).join("");
  const all = [];
  for (const size of SIZES) {
    const bytes = Buffer.alloc(size, block);
    let text = [...words.repeat(Math.ceil(size / 4 / words.length) || 0)]
      .slice(0, Math.floor(size / 8)).join("");
    text += ".".repeat(size - Buffer.byteLength(text));
    all.push(bytes, bytes, text, text);
  }
  return all;
}

function runClient(url, deflate, authorities) {
  const options = { perMessageDeflate: deflateOptions(deflate) };
  if (authorities) options.ca = fs.readFileSync(authorities);
  const client = new WebSocket(url, options);
  const parts = ["Grü", "", "ße ", "🎉".repeat(500), "end"];
  const expected = [...messages(), parts.join("")];
  let agreed = "";
  let count = 0;
  const fail = (reason) => {
    console.error(reason);
    process.exit(1);
  };
  const timer = setTimeout(() => fail(`message ${count} did not come back`), TIMEOUT);
  const sendNext = () => {
    if (count === expected.length) return client.close(1000, "done");
    if (count < expected.length - 1) return client.send(expected[count]);
    parts.forEach((part, index) => client.send(part, { fin: index === parts.length - 1 }));
  };
  client.on("upgrade", (response) => {
    agreed = response.headers["sec-websocket-extensions"] || "";
  });
  client.on("open", sendNext);
  client.on("message", (data, isBinary) => {
    const wanted = expected[count];
    const same = isBinary
      ? Buffer.isBuffer(wanted) && wanted.equals(data)
      : wanted === data.toString();
    if (!same) fail(`message ${count} came back different`);
    count += 1;
    sendNext();
  });
  client.on("error", (error) => fail(error.message));
  client.on("close", (code) => {
    clearTimeout(timer);
    console.log(JSON.stringify({ agreed, messages: count, close: code }));
  });
}

function runServer(deflate, certificate, key) {
  const server = certificate
    ? https.createServer({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key) })
    : http.createServer();
  const sockets = new WebSocketServer({ server, perMessageDeflate: deflateOptions(deflate) });
  sockets.on("connection", (socket) => {
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  server.listen(0, "127.0.0.1", () => console.log(`listening on ${server.address().port}`));
  process.stdin.on("end", () => process.exit(0)).resume();
}

const [role, , ...rest] = process.argv.slice(2);
if (role === "client") runClient(...rest);
else runServer(...rest);
