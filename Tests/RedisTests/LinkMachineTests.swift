import EventLoop
import RedisProtocol
import Testing

@testable import Redis

@Suite("The life of a link")
struct LinkMachineTests {
    private func machine(
        _ url: String = "unix:/s", name: String = "",
        _ change: (inout RedisLimits) -> Void = { _ in }
    ) throws -> LinkMachine {
        var limits = RedisLimits()
        change(&limits)
        return LinkMachine(
            configuration: RedisConfiguration(
                url: try RedisURL(url), clientName: name, limits: limits))
    }

    private func time(_ milliseconds: UInt64) -> MonotonicTime {
        MonotonicTime(nanoseconds: milliseconds * 1_000_000)
    }

    private let ok = RESPValue.simpleString("OK")
    private let refusal = SystemError(call: "connect", code: 111)

    @Test("A host is resolved, its addresses are tried in order, then the sign-in begins")
    func addresses() throws {
        var machine = try machine("redis://host:7")
        same(machine.start(), .resolve(host: "host", port: 7, attempt: 1))
        let first = SocketAddress.internet(host: "10.0.0.1", port: 7)
        let second = SocketAddress.internet(host: "10.0.0.2", port: 7)
        same(
            machine.addressesResolved([first, second], attempt: 1, now: time(1), random: 0),
            .connect(first))
        same(
            machine.connectFailed(.connectFailed(refusal), now: time(1), random: 0),
            .connect(second))
        same(machine.connected(), .signIn([RedisCommand("ROLE"), RedisCommand("PING")]))
        let role = RESPValue.array([.bulk(Array("master".utf8)), .integer(0), .array([])])
        same(machine.signInReplied(role, now: time(2), random: 0), .none)
        same(
            machine.signInReplied(.simpleString("PONG"), now: time(2), random: 0), .becomeReady)
        same(machine.state, .ready)
    }

    @Test("With TLS the handshake comes before the sign-in, and its failure tries the next address")
    func tls() throws {
        var machine = try machine("rediss://host:7")
        same(machine.start(), .resolve(host: "host", port: 7, attempt: 1))
        let first = SocketAddress.internet(host: "10.0.0.1", port: 7)
        let second = SocketAddress.internet(host: "10.0.0.2", port: 7)
        _ = machine.addressesResolved([first, second], attempt: 1, now: time(1), random: 0)
        same(machine.connected(), .secure(host: "host"))
        same(machine.state, .securing)
        let failure = RedisLinkFailure.connectFailed(refusal)
        same(machine.connectFailed(failure, now: time(1), random: 0), .connect(second))
        same(machine.connected(), .secure(host: "host"))
        same(machine.secured(), .signIn([RedisCommand("ROLE"), RedisCommand("PING")]))
        same(machine.state, .signingIn)
    }

    @Test("The last address's failure ends the attempt; an answer for an old one is ignored")
    func staleAnswer() throws {
        var machine = try machine("redis://host")
        _ = machine.start()
        same(
            machine.addressesResolved([], attempt: 1, now: time(0), random: 0),
            .wait(.milliseconds(25)))
        same(machine.state, .backingOff(.nameNotFound))
        same(machine.pauseEnded(), .resolve(host: "host", port: 6379, attempt: 2))
        let address = SocketAddress.internet(host: "10.0.0.1", port: 6379)
        same(
            machine.addressesResolved([address], attempt: 1, now: time(0), random: 0), .none)
        same(
            machine.addressesResolved([address], attempt: 2, now: time(0), random: 0),
            .connect(address))
        _ = machine.connectFailed(.connectFailed(refusal), now: time(0), random: 0)
        same(machine.state, .backingOff(.connectFailed(refusal)))
    }

    @Test("The sign-in sends what the URL names, in one go, and waits for every reply")
    func signIn() throws {
        var machine = try machine("redis://bot:pw@h/3", name: "node")
        _ = machine.start()
        let address = SocketAddress.internet(host: "1.2.3.4", port: 6379)
        _ = machine.addressesResolved([address], attempt: 1, now: time(0), random: 0)
        same(
            machine.connected(),
            .signIn([
                RedisCommand("AUTH", "bot", "pw"), RedisCommand("CLIENT", "SETNAME", "node"),
                RedisCommand("SELECT", "3"), RedisCommand("ROLE"), RedisCommand("PING"),
            ]))
        same(machine.signInReplied(ok, now: time(0), random: 0), .none)
        let unknown = RESPValue.error(RedisReplyError(line: "ERR unknown command"))
        same(machine.signInReplied(unknown, now: time(0), random: 0), .none)
        same(machine.signInReplied(ok, now: time(0), random: 0), .none)
        same(machine.signInReplied(unknown, now: time(0), random: 0), .none)
        same(machine.state, .signingIn)
        same(machine.signInReplied(ok, now: time(0), random: 0), .becomeReady)
    }

    @Test("A replica is no place to sign in: the name is looked up again")
    func replica() throws {
        var machine = try machine("unix:/s")
        _ = machine.start()
        _ = machine.connected()
        let role = RESPValue.array([
            .bulk(Array("slave".utf8)), .bulk(Array("10.0.0.1".utf8)),
            .integer(6379), .bulk(Array("connected".utf8)), .integer(7),
        ])
        same(machine.signInReplied(role, now: time(0), random: 0), .wait(.milliseconds(25)))
        same(machine.state, .backingOff(.readOnly))
        same(machine.pauseEnded(), .connect(.unix(path: "/s")))
    }

    // What comes in reply to ROLE, the second command, is of no matter.
    @Test("A refused sign-in backs off with the error's code", arguments: [0, 2])
    func refusedSignIn(index: Int) throws {
        var machine = try machine("unix:/s?db=1")
        same(machine.start(), .connect(.unix(path: "/s")))
        _ = machine.connected()
        for _ in 0..<index { _ = machine.signInReplied(ok, now: time(0), random: 0) }
        let loading = RESPValue.error(RedisReplyError(line: "LOADING data"))
        same(
            machine.signInReplied(loading, now: time(0), random: 0), .wait(.milliseconds(25)))
        same(machine.state, .backingOff(.signInRefused(code: "LOADING")))
    }

    @Test("Pauses double up to the longest, and their upper half is random")
    func backoff() throws {
        for (random, expected) in [
            (0, [25, 50, 100, 200, 400, 800, 1000, 1000]),
            (UInt64.max, [50, 100, 200, 400]),
        ] as [(UInt64, [Int])] {
            var machine = try machine()
            _ = machine.start()
            for milliseconds in expected {
                let action = machine.failed(.closedByPeer, now: time(0), random: random)
                guard case .wait(let pause) = action else {
                    Issue.record("\(action)")
                    return
                }
                if random == 0 {
                    #expect(pause == .milliseconds(milliseconds))
                } else {
                    #expect(pause >= .milliseconds(milliseconds / 2))
                    #expect(pause <= .milliseconds(milliseconds))
                }
                _ = machine.pauseEnded()
            }
        }
    }

    @Test("A pause never exceeds its bound, whatever the limits and random bits")
    func backoffBounds() throws {
        for shortest in [0, 1, 50, 5000] {
            for random in [0, 1, UInt64.max / 2, .max] {
                var machine = try machine { $0.backoffDurationMin = .milliseconds(shortest) }
                _ = machine.start()
                for _ in 0..<80 {
                    let action = machine.failed(.closedByPeer, now: time(0), random: random)
                    guard case .wait(let pause) = action else {
                        Issue.record("\(action)")
                        return
                    }
                    #expect(pause >= .zero && pause <= .seconds(2))
                    _ = machine.pauseEnded()
                }
            }
        }
    }

    @Test("Only a link that lived a while resets the pause")
    func backoffReset() throws {
        var machine = try machine()
        func live(_ machine: inout LinkMachine, from start: UInt64, to end: UInt64) -> Duration? {
            _ = machine.connected()
            _ = machine.signInReplied(ok, now: time(start), random: 0)
            _ = machine.signInReplied(ok, now: time(start), random: 0)
            guard case .wait(let pause) = machine.failed(.closedByPeer, now: time(end), random: 0)
            else { return nil }
            _ = machine.pauseEnded()
            return pause
        }
        _ = machine.start()
        same(live(&machine, from: 0, to: 999), .milliseconds(25))
        same(live(&machine, from: 1000, to: 1999), .milliseconds(50))
        same(live(&machine, from: 2000, to: 3000), .milliseconds(25))
    }

    @Test("What comes after the end, or twice, changes nothing")
    func lateEvents() throws {
        var machine = try machine()
        _ = machine.start()
        _ = machine.failed(.connectTimedOut, now: time(0), random: 0)
        same(machine.failed(.closedByPeer, now: time(0), random: 0), .none)
        same(machine.state, .backingOff(.connectTimedOut))
        machine.close()
        same(machine.pauseEnded(), .none)
        same(machine.failed(.closedByPeer, now: time(0), random: 0), .none)
        same(machine.signInReplied(ok, now: time(0), random: 0), .none)
        same(machine.state, .closed)
    }
}

@Suite("Commands that wait for their reply")
struct CommandQueueTests {
    private func command(_ offset: UInt64) -> PendingCommand {
        PendingCommand(
            completion: nil, endByteOffset: offset, deadline: MonotonicTime(nanoseconds: 0))
    }

    @Test("Order is kept while the ring turns and grows")
    func order() {
        var queue = CommandQueue()
        var model: [UInt64] = []
        var next: UInt64 = 0
        for round in 0..<200 {
            for _ in 0..<(round * 7) % 23 {
                queue.append(command(next))
                model.append(next)
                next += 1
            }
            for _ in 0..<(round * 5) % 19 {
                let offset = queue.popFirst()?.endByteOffset
                #expect(offset == (model.isEmpty ? nil : model.removeFirst()))
            }
            same(queue.count, model.count)
            same(queue.first?.endByteOffset, model.first)
        }
        let rest = queue.removeAll()
        #expect(rest.map(\.endByteOffset) == model)
        same(queue.count, 0)
        same(queue.popFirst()?.endByteOffset, nil)
        queue.append(command(1))
        same(queue.first?.endByteOffset, 1)
    }
}
