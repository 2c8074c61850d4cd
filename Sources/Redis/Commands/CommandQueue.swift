import EventLoop
import RedisProtocol

/// A command that was enqueued and has no reply yet.
struct PendingCommand {
    /// Gets the reply; nil for a sign of life.
    let completion: ((Result<RESPValue, RedisError>) -> Void)?
    /// Where its last byte lies in what was enqueued since the link became ready.
    let endByteOffset: UInt64
    /// When waiting ends.
    let deadline: MonotonicTime
}

/// Commands in the order in which Redis replies: a ring that grows up to its bound.
struct CommandQueue: ~Copyable {
    private var slots: ContiguousArray<PendingCommand?> = []
    private var head = 0
    private(set) var count = 0

    /// The command whose reply comes next.
    var first: PendingCommand? {
        count == 0 ? nil : slots[head]
    }

    mutating func append(_ command: PendingCommand) {
        if count == slots.count { grow() }
        slots[(head + count) & (slots.count - 1)] = command
        count += 1
    }

    mutating func popFirst() -> PendingCommand? {
        guard count > 0 else { return nil }
        let command = slots[head].take()
        head = (head + 1) & (slots.count - 1)
        count -= 1
        return command
    }

    /// Takes every command out, in order.
    mutating func removeAll() -> [PendingCommand] {
        var commands: [PendingCommand] = []
        commands.reserveCapacity(count)
        while let command = popFirst() { commands.append(command) }
        slots = []
        head = 0
        return commands
    }

    /// Doubles the ring, whose size is a power of two.
    private mutating func grow() {
        var larger = ContiguousArray<PendingCommand?>()
        let capacity = max(16, slots.count * 2)
        larger.reserveCapacity(capacity)
        for index in 0..<count { larger.append(slots[(head + index) & (slots.count - 1)]) }
        while larger.count < capacity { larger.append(nil) }
        slots = larger
        head = 0
    }
}
