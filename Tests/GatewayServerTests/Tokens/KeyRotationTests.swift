import EventLoop
import Security
import TestSupport
import Testing

@testable import GatewayServer

@Suite("Rotating the keys of tokens", .timeLimit(.minutes(10))) struct KeyRotationTests {
    @Test func `a prepared key is accepted before it signs, and the former one until its end`()
        async throws
    {
        try await withGateway(loops: 2) { scene in
            let old = try scene.token()
            let client = try scene.client(token: old)
            var keyring = scene.keyring
            try keyring.prepare(
                newKey: RandomBytes.makeSecret(byteCount: TokenKeyring.secretByteCount),
                algorithm: .es256, idBytes: RandomBytes.make(byteCount: TokenKeyring.idByteCount))
            scene.node.replaceTokenKeys(with: keyring)
            #expect(scene.node.shared.tokenIssuer?.algorithm == .hs256)
            try keyring.promote(now: WallClock.milliseconds(), overlapMilliseconds: 600_000)
            let new = try scene.token(keyring: keyring)
            // On every loop: the kernel gives each connection to either.
            try waitUntil("the new key") {
                try (0..<8).allSatisfy { _ in try scene.handshake(new).status == 101 }
            }
            scene.node.replaceTokenKeys(with: keyring)
            #expect(scene.node.shared.tokenIssuer?.algorithm == .es256)
            for token in [old, new] { #expect(try scene.handshake(token).status == 101) }
            let fresh = try TokenKeyring(
                newKey: RandomBytes.makeSecret(byteCount: TokenKeyring.secretByteCount),
                algorithm: .es256, idBytes: RandomBytes.make(byteCount: TokenKeyring.idByteCount))
            scene.node.replaceTokenKeys(with: fresh)
            try waitUntil("the end of the former keys") {
                try (0..<8).allSatisfy { _ in try scene.handshake(new).status == 401 }
            }
            #expect(try client.call("ping").has("result"), "connections stay")
        }
    }
}
