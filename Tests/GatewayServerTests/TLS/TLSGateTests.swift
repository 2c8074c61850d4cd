import EventLoop
import Foundation
import GatewayClient
import GatewayServer
import TestSupport
import Testing

/// The door: handshakes that fail, stall or come by the hundred, and certificates that change.
@Suite(
    "The TLS gate", .timeLimit(.minutes(10)), .serialized,
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"))
struct TLSGateTests {
    /// The first bytes of a record with a ClientHello of 512 bytes (RFC 8446 §5.1).
    private static let beginning: [UInt8] = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00]

    @Test(
        "A peer that does not go on is cut off at the deadline, and nobody waits for it",
        arguments: [[], beginning])
    func stalled(bytes: [UInt8]) async throws {
        try await SecureGateway.run { configuration in
            configuration.limits.handshakeDuration = .milliseconds(300)
        } _: { gateway in
            let start = MonotonicTime.current()
            let stalled = try PeerSocket(port: gateway.port)
            if !bytes.isEmpty { try stalled.send(bytes) }
            let client = try await gateway.client()
            try await client.ping()
            #expect(try stalled.readToEnd(seconds: 10).isEmpty)
            let elapsed = MonotonicTime.current().nanoseconds - start.nanoseconds
            #expect(elapsed >= 300_000_000)
            try gateway.wait("the count") {
                try gateway.metric("tradermind_tls_failures_total") == 1
            }
            try await client.ping()
            await client.close()
        }
    }

    @Test func `two hundred half handshakes delay no tick`() async throws {
        try await SecureGateway.run { gateway in
            let client = try await gateway.client()
            try await client.subscribe("ticks:R_100")
            var events = client.events.makeAsyncIterator()
            var peers: [PeerSocket] = []
            for number in 1...200 {
                let peer = try PeerSocket(port: gateway.port)
                try peer.send(Self.beginning)
                peers.append(peer)
                try gateway.publish("ticks:R_100", [#"{"n":\#(number)}"#])
                guard case .event(let event) = await events.next() else {
                    Issue.record("something else came")
                    return
                }
                #expect(event.sequence == UInt64(number))
            }
            // New clients come through too, while all of them are still open.
            let another = try await gateway.client()
            try await another.ping()
            #expect(try gateway.metric("tradermind_tls_failures_total") == 0)
            await another.close()
            await client.close()
            withExtendedLifetime(peers) {}
        }
    }

    @Test func `plain HTTP on the port for TLS gets no answer and an end`() async throws {
        try await SecureGateway.run { gateway in
            for request in [
                "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\0\0\0\0\0\0\0\0",
                "PRI * HTTP/2.0\r\n\r\n",
            ] {
                let peer = try PeerSocket(port: gateway.port)
                try peer.send(request)
                let answer = try peer.readToEnd(seconds: 5)
                // At most an alert: seven bytes.
                #expect(answer.count <= 7 && answer.first ?? 0x15 == 0x15)
            }
            let client = try await gateway.client()
            try await client.ping()
            await client.close()
        }
    }

    @Test func `TLS to a port without it is told as such`() async throws {
        try await SecureGateway.run { gateway in
            let error = await #expect(throws: GatewayClientError.self) {
                try await GatewayClient.connect(
                    to: "wss://127.0.0.1:\(gateway.internalPort)/v1", token: "t",
                    options: gateway.options())
            }
            #expect(error?.code == .tlsFailed)
        }
    }

    @Test func `a renewed certificate is for new clients, and the others stay`() async throws {
        try await SecureGateway.run { gateway in
            let former = try TestCertificate(names: ["unused"])
            try former.replaceCertificate(by: gateway.certificate)
            let client = try await gateway.client()
            try await client.subscribe("ticks:R_100")

            try gateway.certificate.write(names: ["127.0.0.1"])
            try gateway.node.reloadCertificates()
            let renewed = try await gateway.client()
            try await renewed.ping()
            await #expect(throws: GatewayClientError.self) {
                try await gateway.client(gateway.options(trusting: former))
            }

            try gateway.publish("ticks:R_100", [#"{"n":1}"#])
            var events = client.events.makeAsyncIterator()
            guard case .event(let event) = await events.next() else {
                Issue.record("the connection was lost")
                return
            }
            #expect(event.sequence == 1)
            await client.close()
            await renewed.close()
        }
    }

    @Test func `damaged files are refused, and the certificate in use stays`() async throws {
        try await SecureGateway.run { gateway in
            try Data("no key".utf8).write(to: URL(fileURLWithPath: gateway.certificate.keyPath))
            #expect(throws: TLSError.self) { try gateway.node.reloadCertificates() }
            let client = try await gateway.client()
            try await client.ping()
            await client.close()
        }
    }

    @Test func `a drain ends handshakes, tells clients, and takes nobody more`() async throws {
        try await SecureGateway.run { configuration in
            configuration.drainDuration = .milliseconds(100)
        } _: { gateway in
            let stalled = try PeerSocket(port: gateway.port)
            try stalled.send(Self.beginning)
            let client = try await gateway.client()
            await gateway.node.drain()
            #expect(try stalled.readToEnd(seconds: 5).isEmpty)
            #expect(await client.closed().code == 4001)
        }
    }
}
