import EventLoop
import Redis
import RedisProtocol
import TestSupport
import Testing

@Suite(
    "Commands on a real Redis",
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"),
    .serialized, .timeLimit(.minutes(10)))
struct RedisConnectionTests {
    @Test("Ten thousand commands sent in one turn are answered in order")
    func pipelining() async throws {
        let server = try PrivateRedisServer()
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let connection = try await readyConnection(configuration(server.url), loop, scene)
            var replies: [Int64] = []
            for _ in 0..<10_000 {
                connection.send(RedisCommand("INCR", "n")) { result in
                    replies.append((try? result.get().integer) ?? -1)
                    scene.look()
                }
            }
            #expect(connection.inFlightCount == 10_000)
            try await scene.wait("10 000 replies") { replies.count == 10_000 }
            #expect(replies == Array(1...10_000))
            #expect(connection.inFlightCount == 0)
            #expect(connection.counters.commandCount == 10_000)
            #expect(connection.counters.replyCount == 10_000)
            #expect(connection.counters.receivedByteCount > 10_000 * 4)
            #expect(connection.counters.sentByteCount > 10_000 * 20)
            connection.close()
        }
    }

    @Test("Async code gets its reply on its loop, and an error reply as an error")
    func asyncCommands() async throws {
        let server = try PrivateRedisServer()
        try await onLoop { loop in
            let connection = try await readyConnection(
                configuration(server.url), loop, LoopScene(loop))
            #expect(try await connection.command(RedisCommand("SET", "k", "v")).text == "OK")
            #expect(loop.isOnLoop)
            #expect(try await connection.command(RedisCommand("GET", "k")).text == "v")
            #expect(try await connection.command(RedisCommand("GET", "none")) == .null)
            do throws(RedisError) {
                _ = try await connection.command(RedisCommand("INCR", "k"))
                Issue.record("INCR of a text was answered")
            } catch {
                guard case .refused(let reply) = error else {
                    Issue.record("\(error)")
                    return
                }
                #expect(reply.code == "ERR")
                #expect(!error.isOutcomeUnknown)
            }
            #expect(connection.counters.errorReplyCount == 1)
            connection.close()
        }
    }

    @Test("A command beyond the bound in flight is refused at once, and others go on")
    func overloadByCount() async throws {
        let server = try PrivateRedisServer()
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let connection = try await readyConnection(
                configuration(server.url) { $0.inFlightCountMax = 3 }, loop, scene)
            var results: [Result<RESPValue, RedisError>] = []
            for _ in 0..<4 {
                connection.send(RedisCommand("PING")) {
                    results.append($0)
                    scene.look()
                }
            }
            #expect(results == [.failure(.overloaded)])
            try await scene.wait("three replies") { results.count == 4 }
            #expect(results[1...].allSatisfy { $0 == .success(.simpleString("PONG")) })
            #expect(try await connection.command(RedisCommand("PING")) == .simpleString("PONG"))
            #expect(connection.counters.overloadCount == 1)
            connection.close()
        }
    }

    @Test("A command beyond the bytes that may wait is refused at once")
    func overloadByBytes() async throws {
        let server = try PrivateRedisServer()
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let command = RedisCommand("ECHO", String(repeating: "x", count: 1000))
            let connection = try await readyConnection(
                configuration(server.url) {
                    $0.outputByteCountMax = command.encodedByteCount * 2
                }, loop, scene)
            var results: [Result<RESPValue, RedisError>] = []
            for _ in 0..<3 {
                connection.send(command) {
                    results.append($0)
                    scene.look()
                }
            }
            #expect(results == [.failure(.overloaded)])
            try await scene.wait("two replies") { results.count == 3 }
            #expect(try results[2].get().bytes?.count == 1000)
            connection.close()
        }
    }

    @Test("When Redis is killed, commands in flight have an unknown outcome; it comes back")
    func killInFlight() async throws {
        let server = try PrivateRedisServer()
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let connection = try await readyConnection(configuration(server.url), loop, scene)
            var results: [Result<RESPValue, RedisError>] = []
            connection.send(RedisCommand("BLPOP", "never", "0")) {
                results.append($0)
                scene.look()
            }
            // A reply behind BLPOP cannot come, so the write is known by Redis' own count.
            let other = try await readyConnection(configuration(server.url), loop, scene)
            try await scene.poll("BLPOP at work") {
                let text = try await other.command(RedisCommand("INFO", "clients")).text
                return text?.contains("blocked_clients:1") == true
            }
            server.kill()
            try await scene.wait("failure") { results.count == 1 }
            guard case .failure(let error) = results[0] else {
                Issue.record("BLPOP was answered")
                return
            }
            #expect(error.isOutcomeUnknown)
            try await scene.wait("no connection") { connection.state != .ready }
            connection.send(RedisCommand("PING")) { results.append($0) }
            #expect(results.last == .failure(.unavailable))
            try server.start()
            try await scene.wait("ready again") { connection.state == .ready }
            #expect(try await connection.command(RedisCommand("PING")) == .simpleString("PONG"))
            #expect(connection.counters.readyCount == 2)
            #expect(connection.counters.lossCount == 1)
            connection.close()
            other.close()
        }
    }

    @Test("What was not written when the connection is closed counts as never sent")
    func unwrittenCommands() async throws {
        let server = try PrivateRedisServer()
        try await onLoop { loop in
            let connection = try await readyConnection(
                configuration(server.url), loop, LoopScene(loop))
            var results: [Result<RESPValue, RedisError>] = []
            connection.send(RedisCommand("PING")) { results.append($0) }
            connection.close()
            #expect(results == [.failure(.unavailable)])
            #expect(connection.state == .closed)
            connection.send(RedisCommand("PING")) { results.append($0) }
            #expect(results.count == 2)
        }
    }

    @Test("When a link goes, what was written may have happened and what was not has not")
    func partlyWritten() async throws {
        let server = try PrivateRedisServer()
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let large = RedisCommand("ECHO", String(repeating: "x", count: 3_000_000))
            let connection = try await readyConnection(
                configuration(server.url) { $0.commandDuration = .seconds(1) }, loop, scene)
            server.suspend()
            var results: [Int: RedisError] = [:]
            for (index, command) in [RedisCommand("PING"), RedisCommand("PING"), large, large]
                .enumerated()
            {
                connection.send(command) { result in
                    if case .failure(let error) = result { results[index] = error }
                    scene.look()
                }
            }
            try await scene.wait("four failures") { results.count == 4 }
            #expect(
                results == [
                    0: .timedOut, 1: .connectionLost(.commandTimedOut), 2: .unavailable,
                    3: .unavailable,
                ])
            server.resume()
            connection.close()
        }
    }

    @Test("A command without a reply in time gives the connection up as out of step")
    func commandDeadline() async throws {
        let server = try PrivateRedisServer()
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let connection = try await readyConnection(
                configuration(server.url) { $0.commandDuration = .milliseconds(60) }, loop, scene)
            var results: [Result<RESPValue, RedisError>] = []
            for command in [RedisCommand("BLPOP", "never", "0"), RedisCommand("PING")] {
                connection.send(command) {
                    results.append($0)
                    scene.look()
                }
            }
            try await scene.wait("both results") { results.count == 2 }
            #expect(results[0] == .failure(.timedOut))
            #expect(results[1] == .failure(.connectionLost(.commandTimedOut)))
            try await scene.wait("ready again") { connection.state == .ready }
            #expect(scene.states.contains(.backingOff(.commandTimedOut)))
            connection.close()
        }
    }

    @Test("A silent server is noticed by its missing sign of life")
    func silentServer() async throws {
        let server = try PrivateRedisServer()
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let connection = try await readyConnection(
                configuration(server.url) {
                    $0.idleDuration = .milliseconds(40)
                    $0.pongDuration = .milliseconds(60)
                }, loop, scene)
            server.suspend()
            let began = MonotonicTime.current()
            try await scene.wait("loss") {
                scene.states.contains(.backingOff(.unresponsive))
            }
            #expect(MonotonicTime.current() < began.advanced(by: .seconds(5)))
            server.resume()
            try await scene.wait("ready again") { connection.state == .ready }
            connection.close()
        }
    }

    @Test("A primary that becomes a replica is left until it is a primary again")
    func replica() async throws {
        let server = try PrivateRedisServer()
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let configuration = try configuration(server.url)
            let connection = try await readyConnection(configuration, loop, scene)
            let other = try await readyConnection(configuration, loop, LoopScene(loop))
            _ = try await connection.command(RedisCommand("SET", "k", "1"))
            _ = try await connection.command(RedisCommand("REPLICAOF", "127.0.0.1", "1"))
            // Sent together: the refused write takes no answer from the others.
            var answers: [Result<RESPValue, RedisError>] = []
            for command in [
                RedisCommand("GET", "k"), RedisCommand("SET", "k", "2"), RedisCommand("GET", "k"),
            ] {
                connection.send(command) {
                    answers.append($0)
                    scene.look()
                }
            }
            try await scene.wait("the link is given up") {
                scene.states.contains(.backingOff(.readOnly))
            }
            #expect(answers.count == 3)
            #expect(try answers[0].get().text == "1")
            #expect(throws: RedisError.self) { try answers[1].get() }
            #expect(try answers[2].get().text == "1")
            // It looks again and again, and takes no command meanwhile.
            try await scene.wait("more attempts") {
                scene.states.count { $0 == .backingOff(.readOnly) } > 2
            }
            #expect(scene.states.count { $0 == .ready } == 1)
            _ = try await other.command(RedisCommand("REPLICAOF", "NO", "ONE"))
            try await scene.wait("the link is back") { connection.state == .ready }
            _ = try await connection.command(RedisCommand("SET", "k", "3"))
            connection.close()
            other.close()
        }
    }

    @Test("A reply beyond the bound is refused, and the connection begins anew")
    func hugeReply() async throws {
        let server = try PrivateRedisServer()
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let connection = try await readyConnection(
                configuration(server.url) { $0.reply = RESPLimits(replyByteCountMax: 10_000) },
                loop, scene)
            _ = try await connection.command(RedisCommand("SETRANGE", "k", "9999", "x"))
            #expect(try await connection.command(RedisCommand("GET", "k")).bytes?.count == 10_000)
            _ = try await connection.command(RedisCommand("SETRANGE", "k", "199999", "x"))
            let reason = RedisLinkFailure.protocolViolation(
                .replyTooLarge(byteCountMax: 10_000))
            do throws(RedisError) {
                _ = try await connection.command(RedisCommand("GET", "k"))
                Issue.record("a huge reply was taken")
            } catch {
                #expect(error == .connectionLost(reason))
            }
            try await scene.wait("ready again") { connection.state == .ready }
            #expect(scene.states.contains(.backingOff(reason)))
            connection.close()
        }
    }
}

@Suite(
    "Signing in to a real Redis",
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"),
    .serialized, .timeLimit(.minutes(10)))
struct RedisSignInTests {
    @Test("User, password, database and client name are set before the first command, over TCP")
    func everything() async throws {
        let server = try PrivateRedisServer.onTCP(arguments: [
            "--user", "bot", "on", ">p@ss w", "~*", "&*", "+@all",
        ])
        let port = try #require(server.port)
        try await onLoop { loop in
            let connection = try await readyConnection(
                configuration("redis://bot:p%40ss%20w@localhost:\(port)/3"), loop,
                LoopScene(loop))
            #expect(try await connection.command(RedisCommand("ACL", "WHOAMI")).text == "bot")
            let info = try await connection.command(RedisCommand("CLIENT", "INFO")).text
            #expect(info?.contains(" db=3 ") == true)
            #expect(info?.contains(" name=test ") == true)
            connection.close()
        }
    }

    @Test("A password alone signs in as the default user")
    func passwordOnly() async throws {
        let server = try PrivateRedisServer.onTCP(arguments: ["--requirepass", "secret"])
        let port = try #require(server.port)
        try await onLoop { loop in
            let connection = try await readyConnection(
                configuration("redis://:secret@127.0.0.1:\(port)"), loop, LoopScene(loop))
            #expect(try await connection.command(RedisCommand("ACL", "WHOAMI")).text == "default")
            connection.close()
        }
    }

    @Test("A wrong or missing password is told, and the attempts go on")
    func wrongPassword() async throws {
        let server = try PrivateRedisServer.onTCP(arguments: ["--requirepass", "secret"])
        let port = try #require(server.port)
        try await onLoop { loop in
            for (url, code) in [
                ("redis://:wrong@127.0.0.1:\(port)", "WRONGPASS"), (server.url, "NOAUTH"),
            ] {
                let scene = LoopScene(loop)
                let connection = RedisConnection(
                    loop: loop, configuration: try configuration(url), delegate: scene)
                connection.start()
                try await scene.wait("two refusals") {
                    scene.states.filter { $0 == .backingOff(.signInRefused(code: code)) }
                        .count == 2
                }
                #expect(!scene.states.contains(.ready))
                connection.close()
                #expect(scene.states.last == .closed)
            }
        }
    }

    @Test("A database that does not exist is refused")
    func unknownDatabase() async throws {
        let server = try PrivateRedisServer()
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let connection = RedisConnection(
                loop: loop, configuration: try configuration("\(server.url)?db=999"),
                delegate: scene)
            connection.start()
            try await scene.wait("refusal") {
                scene.states.contains(.backingOff(.signInRefused(code: "ERR")))
            }
            connection.close()
        }
    }
}

@Suite("Links without a Redis", .timeLimit(.minutes(10)))
struct RedisUnreachableTests {
    @Test("An unknown host is told as such (RFC 6761 §6.4: .invalid never resolves)")
    func unknownHost() async throws {
        try await firstFailure("redis://redis.invalid") { $0 == .nameNotFound }
    }

    @Test("A unix socket that is not there is told with the system's error")
    func missingSocket() async throws {
        try await firstFailure("unix:/tmp/no-such-socket-of-redis") {
            if case .connectFailed(let error) = $0 {
                error.description.contains("connect")
            } else {
                false
            }
        }
    }

    @Test("A server that takes the connection and says nothing runs into the attempt's deadline")
    func silentListener() async throws {
        try await onLoop { loop in
            let listener = try SilentListener()
            let scene = LoopScene(loop)
            let connection = RedisConnection(
                loop: loop,
                configuration: try configuration("redis://127.0.0.1:\(listener.port)") {
                    $0.connectDuration = .milliseconds(50)
                }, delegate: scene)
            connection.start()
            try await scene.wait("deadline") {
                scene.states.contains(.backingOff(.connectTimedOut))
            }
            connection.close()
        }
    }

    private func firstFailure(
        _ url: String, _ isExpected: @escaping @Sendable (RedisLinkFailure) -> Bool
    ) async throws {
        try await onLoop { loop in
            let scene = LoopScene(loop)
            let connection = RedisConnection(
                loop: loop, configuration: try configuration(url), delegate: scene)
            connection.start()
            try await scene.wait("failure") {
                if case .backingOff(let reason) = scene.states.last {
                    isExpected(reason)
                } else {
                    false
                }
            }
            #expect(connection.counters.readyCount == 0)
            connection.close()
        }
    }
}
