import EventLoop
import Redis
import RedisProtocol
import TestSupport
import Testing

@Suite(
    "Redis over TLS",
    .enabled(if: PrivateRedisServer.speaksTLS, "\(PrivateRedisServer.noTLSReason)"),
    .serialized, .timeLimit(.minutes(10)))
struct RedisTLSTests {
    private func trusting(
        _ certificate: TestCertificate, _ url: String,
        _ change: (inout RedisLimits) -> Void = { _ in }
    ) throws -> RedisConfiguration {
        var made = try configuration(url, change)
        made.authorityPath = certificate.certificatePath
        return made
    }

    @Test("Ten thousand commands sent in one turn are answered in order, after a TLS handshake")
    func pipelining() async throws {
        let certificate = try TestCertificate(names: ["127.0.0.1"])
        let (server, url) = try PrivateRedisServer.withTLS(
            certificate, arguments: ["--requirepass", "word"])
        let withPassword = url.replacing("//", with: "//:word@", maxReplacements: 1)
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let connection = try await readyConnection(
                trusting(certificate, withPassword), loop, scene)
            var replies: [Int64] = []
            for _ in 0..<10_000 {
                connection.send(RedisCommand("INCR", "n")) { result in
                    replies.append((try? result.get().integer) ?? -1)
                    scene.look()
                }
            }
            try await scene.wait("10 000 replies") { replies.count == 10_000 }
            #expect(replies == Array(1...10_000))
            connection.close()
        }
        server.kill()
    }

    @Test("Values of megabytes go and come whole, through records and full sockets")
    func largeValues() async throws {
        let certificate = try TestCertificate(names: ["127.0.0.1"])
        let (server, url) = try PrivateRedisServer.withTLS(certificate)
        try await onLoop { loop in
            let connection = try await readyConnection(
                trusting(certificate, url), loop, LoopScene(loop))
            for byteCount in [16_384, 16_385, 65_536, 4_000_000] {
                let value = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                var command = RedisCommand(name: "SET")
                command.append("k")
                command.append(value)
                #expect(try await connection.command(command).text == "OK")
                let reply = try await connection.command(RedisCommand("GET", "k"))
                #expect(reply.bytes?.elementsEqual(value) == true, "\(byteCount) bytes")
            }
            connection.close()
        }
        server.kill()
    }

    @Test("A subscriber gets what is published, in order, and again after the server was killed")
    func subscriber() async throws {
        let certificate = try TestCertificate(names: ["127.0.0.1"])
        let (server, url) = try PrivateRedisServer.withTLS(certificate)
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let configuration = try trusting(certificate, url)
            let subscriber = RedisSubscriber(
                loop: loop, configuration: configuration, delegate: scene)
            subscriber.start()
            try subscriber.subscribe(Array("a".utf8))
            let connection = try await readyConnection(configuration, loop, scene)
            try await scene.wait("live") { scene.liveBatches == [["a"]] }
            for index in 0..<100 {
                connection.send(RedisCommand("PUBLISH", "a", "\(index)")) { _ in }
            }
            try await scene.wait("100 messages") { scene.messages.count == 100 }
            #expect(scene.messages.map(\.payload) == (0..<100).map(String.init))

            server.kill()
            try await scene.wait("loss") {
                scene.losses.count == 1 && connection.state != .ready
            }
            try server.start()
            try await scene.wait("live again") {
                scene.liveBatches.count == 2 && connection.state == .ready
            }
            connection.send(RedisCommand("PUBLISH", "a", "after")) { _ in }
            try await scene.wait("a message after") { scene.messages.last?.payload == "after" }
            subscriber.close()
            connection.close()
        }
    }

    @Test("A server is refused that another authority certifies, or whose name is another")
    func verification() async throws {
        let certificate = try TestCertificate(names: ["127.0.0.1"])
        let stranger = try TestCertificate(names: ["127.0.0.1"])
        let (server, url) = try PrivateRedisServer.withTLS(certificate)
        try await expectTLSFailure(trusting(stranger, url), "self-signed certificate")
        // The system's authorities do not know it either.
        try await expectTLSFailure(configuration(url), "self-signed certificate")
        server.kill()
        let other = try TestCertificate(names: ["redis.test"])
        let (elsewhere, otherURL) = try PrivateRedisServer.withTLS(other)
        try await expectTLSFailure(trusting(other, otherURL), "IP address mismatch")
        elsewhere.kill()
    }

    @Test("A file of authorities that is none is told as such")
    func missingAuthorities() async throws {
        let listener = try SilentListener()
        var missing = try configuration("rediss://127.0.0.1:\(listener.port)")
        missing.authorityPath = "/nonexistent"
        try await expectTLSFailure(missing, "reading the certificate authorities")
    }

    @Test("A listener that says nothing runs into the attempt's deadline during the handshake")
    func silentListener() async throws {
        let certificate = try TestCertificate(names: ["127.0.0.1"])
        try await onLoop { loop in
            let listener = try SilentListener()
            let scene = LoopScene(loop)
            let connection = RedisConnection(
                loop: loop,
                configuration: try trusting(certificate, "rediss://127.0.0.1:\(listener.port)") {
                    $0.connectDuration = .milliseconds(50)
                }, delegate: scene)
            connection.start()
            try await scene.wait("deadline") {
                scene.states.contains(.backingOff(.connectTimedOut))
            }
            #expect(scene.states.contains(.securing))
            connection.close()
        }
    }

    @Test("Authorities that were replaced are read again after a failure")
    func replacedAuthorities() async throws {
        let trusted = try TestCertificate(names: ["127.0.0.1"])
        let (server, url) = try PrivateRedisServer.withTLS(trusted)
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let stranger = try TestCertificate(names: ["127.0.0.1"])
            let connection = RedisConnection(
                loop: loop, configuration: try trusting(stranger, url), delegate: scene)
            connection.start()
            try await scene.wait("failure") {
                scene.states.contains { state in
                    if case .backingOff(.tlsFailed) = state { true } else { false }
                }
            }
            try stranger.replaceCertificate(by: trusted)
            try await scene.wait("ready") { connection.state == .ready }
            connection.close()
        }
        server.kill()
    }

    private func expectTLSFailure(
        _ configuration: RedisConfiguration, _ words: String
    ) async throws {
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let connection = RedisConnection(
                loop: loop, configuration: configuration, delegate: scene)
            connection.start()
            try await scene.wait("failure with \(words)") {
                guard case .backingOff(.tlsFailed(let error)) = scene.states.last else {
                    return false
                }
                return error.description.contains(words)
            }
            #expect(connection.counters.readyCount == 0)
            connection.close()
        }
    }
}
