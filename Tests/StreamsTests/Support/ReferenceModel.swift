import Streams

/// What the fan-out must do, written with dictionaries and arrays and without a thought of speed.
struct ReferenceModel {
    struct Event: Equatable {
        var channel: String
        var era: Int
        var sequence: UInt64
        var previous: UInt64
        var merged = 0
        var dropped = 0
        var data: String
        var isAnnotated: Bool { merged + dropped > 0 }
    }

    enum Content: Equatable {
        case event(Event)
        case notice(String)
        case message(String)
        case control(opcode: UInt8, payload: [UInt8])
    }

    struct Item {
        var content: Content
        /// Tells subscriptions apart, also two of the same connection to the same channel.
        var subscription: Int?
        var isStarted = false
    }

    struct Subscription {
        var id: Int
        var policy: SlowConsumerPolicy
        var interval: UInt64
        var nextTime: UInt64 = 0
        var held: Event?
    }

    struct Connection {
        var encoding: Int
        var queue: [Item] = []
        var subscriptions: [String: Subscription] = [:]
        var isBlocked = false
        var isBacklogged = false
        var isClosing = false
        var isOverflowed = false
        /// Bytes that were handed over but not written, of the first frame's encoded form.
        var headOffset = 0
        var merged = 0
        var dropped = 0
    }

    var limits: StreamLimits
    var connections: [OutboundID: Connection] = [:]
    var channels: [String: (sequence: UInt64, era: Int)] = [:]
    var newlyOverflowed: Set<OutboundID> = []
    var nextSubscription = 0

    // MARK: - Bytes

    static func json(_ event: Event) -> String {
        var text = #"{"jsonrpc":"2.0","method":"event","params":{"channel":"\#(event.channel)","#
        text += #""seq":\#(event.sequence),"#
        if event.isAnnotated { text += #""prev_seq":\#(event.previous),"# }
        if event.merged > 0 { text += #""merged":\#(event.merged),"# }
        if event.dropped > 0 { text += #""dropped":\#(event.dropped),"# }
        return text + #""data":\#(event.data)}}"#
    }

    /// The compressor of the random test: flips every bit, and refuses every fifth length.
    static func compress(_ payload: [UInt8]) -> [UInt8]? {
        payload.count % 5 == 0 ? nil : payload.map { ~$0 }
    }

    static func frame(_ payload: [UInt8], first: UInt8) -> [UInt8] {
        let count = payload.count
        if count < 126 { return [first, UInt8(count)] + payload }
        if count < 65_536 {
            return [first, 126, UInt8(count >> 8), UInt8(count & 0xFF)] + payload
        }
        return [first, 127] + (0..<8).map { UInt8(truncatingIfNeeded: count >> (56 - 8 * $0)) }
            + payload
    }

    static func bytes(_ content: Content, encoding: Int) -> [UInt8] {
        let payload: [UInt8]
        var mayCompress = false
        switch content {
        case .event(let event):
            payload = json(event).bytes
            mayCompress = !event.isAnnotated
        case .notice(let text):
            payload = text.bytes
            mayCompress = true
        case .message(let text): payload = text.bytes
        case .control(let opcode, let payload): return frame(payload, first: 0x80 | opcode)
        }
        if encoding > 0, mayCompress, let compressed = compress(payload) {
            return frame(compressed, first: 0xC1)
        }
        return frame(payload, first: 0x81)
    }

    // MARK: - Queues

    func byteCount(_ connection: Connection) -> Int {
        connection.queue.reduce(0) { $0 + Self.bytes($1.content, encoding: 0).count }
    }

    mutating func overflow(_ id: OutboundID) {
        guard var connection = connections[id] else { return }
        connection.queue = Array(connection.queue.prefix(1).filter(\.isStarted))
        connection.isOverflowed = true
        connections[id] = connection
        newlyOverflowed.insert(id)
    }

    mutating func append(_ item: Item, to id: OutboundID) {
        guard let connection = connections[id] else { return }
        let size = Self.bytes(item.content, encoding: 0).count
        guard byteCount(connection) + size <= limits.queuedByteCountPerConnection,
            connection.queue.count < limits.queuedFrameCountPerConnection
        else { return overflow(id) }
        connections[id]?.queue.append(item)
    }

    /// Queue positions of a subscription's events that a policy may see before an event of an era.
    func chain(_ connection: Connection, _ subscription: Int, era: Int) -> [Int] {
        var result: [Int] = []
        for (position, item) in connection.queue.enumerated()
        where item.subscription == subscription {
            guard case .event(let event) = item.content, event.era == era else {
                result = []
                continue
            }
            result.append(position)
        }
        return result
    }

    static func annotate(_ newer: Event, skipping older: Event, merged: Bool) -> Event {
        var event = newer
        event.previous = older.previous
        event.merged += older.merged + (merged ? 1 : 0)
        event.dropped += older.dropped + (merged ? 0 : 1)
        return event
    }

    mutating func deliver(_ event: Event, to id: OutboundID) {
        guard var connection = connections[id], !connection.isClosing, !connection.isOverflowed,
            let subscription = connection.subscriptions[event.channel]
        else { return }
        var newest = event
        if connection.isBacklogged {
            let chain = chain(connection, subscription.id, era: event.era)
            var changeable = chain.filter { !connection.queue[$0].isStarted }
            switch subscription.policy {
            case .merge:
                if let last = changeable.last,
                    case .event(let older) = connection.queue[last].content
                {
                    let merged = Self.annotate(event, skipping: older, merged: true)
                    connection.queue[last].content = .event(merged)
                    connection.merged += 1
                    connections[id] = connection
                    if byteCount(connection) > limits.queuedByteCountPerConnection { overflow(id) }
                    return
                }
            case .dropOldest:
                var excess = chain.count - limits.pendingEventsUnderDropOldest
                while excess >= 0, let oldest = changeable.first,
                    case .event(let older) = connection.queue[oldest].content
                {
                    if changeable.count > 1,
                        case .event(let next) = connection.queue[changeable[1]].content
                    {
                        connection.queue[changeable[1]].content = .event(
                            Self.annotate(next, skipping: older, merged: false))
                    } else {
                        newest = Self.annotate(newest, skipping: older, merged: false)
                    }
                    connection.queue.remove(at: oldest)
                    changeable = changeable.dropFirst().map { $0 - 1 }
                    connection.dropped += 1
                    excess -= 1
                }
                connections[id] = connection
            case .buffer:
                if chain.count >= limits.pendingEventsUnderBuffer { return overflow(id) }
            case .close:
                if chain.count >= limits.pendingEventsUnderClose { return overflow(id) }
            }
        }
        append(Item(content: .event(newest), subscription: subscription.id), to: id)
    }

    // MARK: - Events

    mutating func publish(_ data: String, to name: String, sequence: UInt64, now: UInt64) {
        guard let channel = channels[name] else { return }
        let event = Event(
            channel: name, era: channel.era, sequence: sequence, previous: channel.sequence,
            data: data)
        channels[name]?.sequence = sequence
        for (id, connection) in connections {
            guard let subscription = connection.subscriptions[name] else { continue }
            if subscription.interval == 0 {
                deliver(event, to: id)
            } else {
                pace(event, to: id, subscription, now: now)
            }
        }
    }

    private mutating func pace(
        _ event: Event, to id: OutboundID, _ subscription: Subscription, now: UInt64
    ) {
        guard let connection = connections[id], !connection.isClosing, !connection.isOverflowed
        else { return }
        let name = event.channel
        if let held = subscription.held {
            if held.era == event.era {
                connections[id]?.subscriptions[name]?.held = Self.annotate(
                    event, skipping: held, merged: true)
                connections[id]?.merged += 1
            } else {
                deliver(held, to: id)
                connections[id]?.subscriptions[name]?.held = event
            }
        } else if subscription.nextTime <= now {
            deliver(event, to: id)
            connections[id]?.subscriptions[name]?.nextTime = now + subscription.interval
        } else {
            connections[id]?.subscriptions[name]?.held = event
        }
    }

    mutating func sendHeld(now: UInt64) {
        for (id, connection) in connections {
            let due = connection.subscriptions.filter { $1.held != nil && $1.nextTime <= now }
            for (name, subscription) in due.sorted(by: { $0.value.nextTime < $1.value.nextTime }) {
                if let held = subscription.held { deliver(held, to: id) }
                connections[id]?.subscriptions[name]?.held = nil
                connections[id]?.subscriptions[name]?.nextTime = now + subscription.interval
            }
        }
    }

    mutating func notify(_ text: String, channel name: String) {
        for (id, connection) in connections {
            guard let subscription = connection.subscriptions[name] else { continue }
            if let held = subscription.held {
                deliver(held, to: id)
                connections[id]?.subscriptions[name]?.held = nil
            }
            guard let now = connections[id], !now.isClosing, !now.isOverflowed else { continue }
            append(Item(content: .notice(text), subscription: subscription.id), to: id)
        }
    }

    // MARK: - Writing

    /// The bytes that a connection waits to write.
    func pendingBytes(_ id: OutboundID) -> [UInt8] {
        guard let connection = connections[id] else { return [] }
        let bytes = connection.queue.flatMap {
            Self.bytes($0.content, encoding: connection.encoding)
        }
        return Array(bytes.dropFirst(connection.headOffset))
    }

    mutating func didWrite(_ byteCount: Int, to id: OutboundID) {
        guard var connection = connections[id] else { return }
        var rest = byteCount + connection.headOffset
        while let first = connection.queue.first {
            let size = Self.bytes(first.content, encoding: connection.encoding).count
            guard rest >= size else { break }
            rest -= size
            connection.queue.removeFirst()
        }
        connection.headOffset = rest
        if rest > 0 { connection.queue[0].isStarted = true }
        if connection.queue.isEmpty, !connection.isBlocked { connection.isBacklogged = false }
        connections[id] = connection
    }
}
