// How the token travels: as a subprotocol, as a header, or as a ticket that is bought with it.

import { SUBPROTOCOL } from "./contract.js";
import { GatewayError, fromWire } from "./errors.js";

/** Characters of a token: what fits into a request head with room for the other fields. */
const TOKEN_LENGTH_MAX = 8 * 1024;
/** Bytes of a refusal's body that are read. */
const REFUSAL_LENGTH_MAX = 16 * 1024;

/** Makes a socket that signs in with a token; it is not open yet. */
export async function makeSocket(url, token, options, signal) {
  if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token) || token.length > TOKEN_LENGTH_MAX) {
    throw new GatewayError("token_unavailable", "the token is no text that fits a header", { retry: "never" });
  }
  const address = options.tokenIn === "ticket" ? await withTicket(url, token, options, signal) : url;
  const protocols = [SUBPROTOCOL];
  if (options.tokenIn === "subprotocol") protocols.push(`tradermind.bearer.${token}`);
  const isHeader = options.tokenIn === "header";
  const more = isHeader
    ? [{ headers: { Authorization: `Bearer ${token}` }, maxPayload: options.messageBytesMax }]
    : [];
  try {
    return new options.WebSocket(address, protocols, ...more);
  } catch {
    // What it says of the arguments may hold the token.
    throw new GatewayError("connect_failed", "the URL or the token is not accepted", { retry: "never" });
  }
}

/** Buys a ticket, so that the token is in no URL and no subprotocol. */
async function withTicket(url, token, options, signal) {
  if (!URL.canParse(url)) throw new GatewayError("connect_failed", "the URL is none", { retry: "never" });
  const address = new URL(url);
  const shop = new URL("/auth/ticket", address);
  shop.protocol = address.protocol === "wss:" ? "https:" : "http:";
  const headers = { Authorization: `Bearer ${token}` };
  let response;
  let body;
  try {
    response = await options.fetch(shop, { method: "POST", headers, redirect: "error", signal });
    body = (await response.text()).slice(0, REFUSAL_LENGTH_MAX);
  } catch {
    throw new GatewayError("connect_failed", "there was no answer to POST /auth/ticket");
  }
  if (!response.ok) throw refusal(response.status, body, response.headers.get("Retry-After"));
  try {
    address.searchParams.set("ticket", JSON.parse(body).ticket);
  } catch {
    throw new GatewayError("protocol_violation", "the answer to POST /auth/ticket is no JSON");
  }
  return address.href;
}

/** The stable error of a refused handshake, with when to come again. */
export function refusal(status, body, retryAfter) {
  let error;
  try {
    error = fromWire(JSON.parse(body).error, status);
  } catch {
    error = fromWire(undefined);
  }
  if (error.code === undefined) {
    const retry = status === 429 || status >= 500 ? "later" : "never";
    error = new GatewayError("refused", `refused with status ${status}`, { retry, httpStatus: status });
  }
  if (/^\d+$/.test(retryAfter ?? "")) error.retryAfterMs = Number(retryAfter) * 1000;
  return error;
}

/** Watches for a refusal where the socket tells it, as Node's `ws` does and browsers do not. */
export function watchForRefusal(socket, refused) {
  socket.on?.("unexpected-response", (request, response) => {
    let body = "";
    const finish = () => {
      refused(refusal(response.statusCode, body, response.headers["retry-after"]));
      request.destroy();
    };
    response.on("data", (chunk) => {
      if (body.length < REFUSAL_LENGTH_MAX) body += chunk;
    });
    response.on("end", finish);
    response.on("error", finish);
  });
}
