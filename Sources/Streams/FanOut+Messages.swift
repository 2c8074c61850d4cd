/// What became of a message for one connection.
package enum EnqueueOutcome: Equatable, Sendable {
    /// It is in the queue.
    case queued
    /// It would exceed a bound: the connection is named by ``FanOut/nextOverflowed()``.
    case overflowed
    /// The connection is closing, overflowed or gone: the message was discarded.
    case discarded
}

/// A prepared message that can be queued for many connections, until it is released.
package struct SharedMessage: ~Copyable, Sendable {
    let frame: UInt32
}

/// A control frame that a server sends in the course of a connection (RFC 6455 §5.5).
package enum ControlFrame: Sendable {
    /// RFC 6455 §5.5.2.
    case ping
    /// RFC 6455 §5.5.3.
    case pong
}

extension FanOut {
    /// Queues a text message for one connection: a reply or a notification of its own.
    ///
    /// - Parameters:
    ///   - message: UTF-8 text, copied once.
    ///   - connection: whom it is for.
    /// - Returns: what became of it.
    /// - Throws: ``StreamError/payloadTooLarge(byteCount:max:)``.
    @discardableResult
    package mutating func enqueue(
        _ message: RawSpan, to connection: OutboundID
    ) throws(StreamError) -> EnqueueOutcome {
        try checkMessage(message)
        guard let slot = outbound.slot(of: connection) else { return .discarded }
        return enqueueOwned(frames.makeMessage(message, kind: .exclusive), slot)
    }

    /// Queues a ping or pong.
    ///
    /// - Returns: what became of it.
    /// - Throws: ``StreamError/payloadTooLarge(byteCount:max:)`` above 125 bytes
    ///   (RFC 6455 §5.5).
    @discardableResult
    package mutating func enqueue(
        control: ControlFrame, payload: RawSpan, to connection: OutboundID
    ) throws(StreamError) -> EnqueueOutcome {
        try checkControlPayload(payload)
        guard let slot = outbound.slot(of: connection) else { return .discarded }
        let opcode: ServerFrameHeader.Opcode = control == .ping ? .ping : .pong
        return enqueueOwned(frames.makeMessage(payload, opcode: opcode, kind: .control), slot)
    }

    /// Queues the close frame, after which nothing is queued. Bounds do not hold it up.
    ///
    /// - Parameters:
    ///   - payload: the status code and reason as they go on the wire (RFC 6455 §5.5.1).
    ///   - connection: whom it is for.
    /// - Returns: discarded if there is a close frame already.
    /// - Throws: ``StreamError/payloadTooLarge(byteCount:max:)`` above 125 bytes.
    @discardableResult
    package mutating func enqueueClose(
        _ payload: RawSpan, to connection: OutboundID
    ) throws(StreamError) -> EnqueueOutcome {
        try checkControlPayload(payload)
        guard let slot = outbound.slot(of: connection), !outbound[slot].flags.contains(.closing)
        else { return .discarded }
        append(frames.makeMessage(payload, opcode: .close, kind: .close), to: slot)
        outbound[slot].flags.insert(.closing)
        return .queued
    }

    /// Prepares a text message that several connections get; its compressed forms are shared too.
    ///
    /// - Returns: the message, which the caller gives to ``release(_:)`` in the end.
    /// - Throws: ``StreamError/payloadTooLarge(byteCount:max:)``.
    package mutating func prepareShared(
        _ message: RawSpan
    ) throws(StreamError) -> SharedMessage {
        try checkMessage(message)
        return SharedMessage(frame: frames.makeMessage(message, kind: .notice))
    }

    /// Queues a prepared message for one more connection.
    @discardableResult
    package mutating func enqueueShared(
        _ message: borrowing SharedMessage, to connection: OutboundID
    ) -> EnqueueOutcome {
        guard let slot = outbound.slot(of: connection) else { return .discarded }
        frames.retain(message.frame)
        return enqueueOwned(message.frame, slot)
    }

    /// Gives a prepared message up; connections that have it queued still get it.
    package mutating func release(_ message: consuming SharedMessage) {
        frames.release(message.frame)
    }

    func checkMessage(_ message: RawSpan) throws(StreamError) {
        guard message.byteCount <= limits.messageByteCount else {
            throw .payloadTooLarge(byteCount: message.byteCount, max: limits.messageByteCount)
        }
    }

    private func checkControlPayload(_ payload: RawSpan) throws(StreamError) {
        guard payload.byteCount <= 125 else {
            throw .payloadTooLarge(byteCount: payload.byteCount, max: 125)
        }
    }

    /// Queues a frame whose reference the caller passes on, if the connection may have it.
    private mutating func enqueueOwned(_ frame: UInt32, _ slot: UInt32) -> EnqueueOutcome {
        guard outbound[slot].flags.isDisjoint(with: [.closing, .overflowed]) else {
            frames.release(frame)
            return .discarded
        }
        guard hasRoom(for: frames[frame].byteCount, in: slot) else {
            frames.release(frame)
            overflow(slot)
            return .overflowed
        }
        append(frame, to: slot)
        return .queued
    }

    /// Whether one more frame keeps a connection's queue within its bounds.
    func hasRoom(for byteCount: UInt32, in slot: UInt32) -> Bool {
        Int(outbound[slot].byteCount) + Int(byteCount) <= limits.queuedByteCountPerConnection
            && Int(outbound[slot].count) < limits.queuedFrameCountPerConnection
    }

    /// Puts a frame at the end of a queue, together with the caller's reference to it.
    ///
    /// - Returns: the entry.
    @discardableResult
    mutating func append(
        _ frame: UInt32, to slot: UInt32, for subscription: UInt32 = noIndex
    ) -> UInt32 {
        let entry = entries.take()
        let tail = outbound[slot].tail
        entries[entry] = OutboundEntry(
            frame: frame, next: noIndex, previous: tail, subscription: subscription)
        if tail == noIndex {
            outbound[slot].head = entry
        } else {
            entries[tail].next = entry
        }
        outbound[slot].tail = entry
        outbound[slot].count &+= 1
        outbound[slot].byteCount &+= frames[frame].byteCount
        outbound.markDirty(slot)
        return entry
    }
}
