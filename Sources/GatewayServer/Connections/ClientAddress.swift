import EventLoop
import GatewayAPI
import WebSocketProtocol

extension TrustedProxies {
    /// Whether a peer is a proxy that is believed.
    func contains(_ peer: PeerAddress) -> Bool {
        contains(IPAddress(high: peer.high, low: peer.low))
    }

    /// For whom a peer has sent a request: itself, unless it is a proxy that is believed.
    func client(of head: HTTPRequestHead, from peer: PeerAddress) -> PeerAddress {
        let address = client(
            behind: IPAddress(high: peer.high, low: peer.low),
            forwardedFor: head.fields.rawValues(of: "X-Forwarded-For"))
        return PeerAddress(high: address.high, low: address.low)
    }
}

extension LoopServer {
    /// Whether a connection is made for somebody whom only its head will name.
    func isMadeForOthers(by peer: PeerAddress, _ audience: Audience) -> Bool {
        audience == .everyone && shared.configuration.trustedProxies.contains(peer)
    }

    /// Learns from a head for whom a trusted proxy has connected, and holds that address to the
    /// bounds that others meet when they connect.
    func identify(_ connection: ClientConnection, by head: HTTPRequestHead) throws(Refusal) {
        guard !connection.isCounted else { return }
        let client = shared.configuration.trustedProxies.client(
            of: head, from: connection.client)
        guard hasRoom(for: client) else { throw Self.addressIsFull }
        guard canOpen(for: client) else {
            throw Refusal(
                GatewayError(
                    .tooManyConnections, reason: "too_many_handshakes",
                    retryAfterMilliseconds: 1000),
                detail: "This address has all the handshakes under way that it may have.")
        }
        count(connection, for: client)
    }
}
