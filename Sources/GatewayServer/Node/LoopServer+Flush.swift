import EventLoop
import GatewayAPI
import JSONRPC
import Streams

/// The end of a turn: everything that it queued is written.
extension LoopServer: TurnObserver {
    /// Writes to one connection in one turn at most. At 64 segments each, a megabyte of ticks
    /// still goes out in a few turns, while nobody waits long.
    static let writesPerTurnMax = 16

    func turnEnded() {
        // Before the writing, which takes their close frames along.
        while let overflow = fanOut.nextOverflowed() {
            connections[Int(overflow.connection.index)]?.close(
                overflow.cause == .queue ? .slowConsumer : .bufferOverflow)
        }
        while let id = fanOut.nextDirty() {
            if let connection = connections[Int(id.index)] { flush(id, connection) }
        }
        putBackPostponed()
        leaveIdleChannels()
        armHeldEventsTimer()
    }

    /// How the writing of one connection's queue ended.
    private enum FlushOutcome {
        case emptied(hasWrittenClose: Bool)
        case blocked
        case broken
        /// More could be written, but others wait.
        case postponed
    }

    /// Writes until the queue is empty or the socket full.
    private func flush(_ id: OutboundID, _ connection: ClientConnection) {
        switch Self.write(&fanOut, id, connection, segments, compression, &metrics) {
        case .emptied(let hasWrittenClose):
            connection.queueEmptied(hasWrittenClose: hasWrittenClose)
        case .blocked:
            connection.setBlocked(true)
        case .broken:
            connection.peerVanished()
        case .postponed:
            postponed.append(id)
        }
    }

    /// Lets those who have had their share go on in the next turn, behind what has come until then.
    private func putBackPostponed() {
        guard !postponed.isEmpty else { return }
        for id in postponed { fanOut.postpone(id) }
        postponed.removeAll(keepingCapacity: true)
        // Nothing else may wake the loop for what is left.
        loop.post {}
    }

    /// The writing itself: one access to the fan-out for a whole connection, since each access of
    /// a stored property is checked at run time. Nothing in it may call back into the server.
    private static func write(
        _ fanOut: inout FanOut, _ id: OutboundID, _ connection: ClientConnection,
        _ segments: SegmentBuffer, _ compression: LoopCompression,
        _ metrics: inout LoopMetrics
    ) -> FlushOutcome {
        var waitingCount = fanOut.queue(of: id)?.frameCount ?? 0
        for _ in 0..<writesPerTurnMax {
            // Safety: the segments stay valid until the fan-out changes, which is after the write.
            let count = unsafe fanOut.fillSegments(
                of: id, into: segments.buffer, joinsFrames: !connection.compressesFrames,
                compress: compression.compress)
            guard count > 0 else { break }
            metrics.flushCount += 1
            switch unsafe connection.write(segments.buffer, count: count) {
            case .bytes(let written):
                let sent = connection.takeSentByteCount(of: written)
                metrics.sentByteCount += sent
                connection.traffic.sentByteCount += sent
                let wholeCount = segments.wholeCount(of: count, in: written)
                let remaining = fanOut.didWrite(written, to: id)
                connection.traffic.sentFrameCount += waitingCount - remaining
                waitingCount = remaining
                let isFull = wholeCount < count && !connection.isEncrypted
                if isFull || connection.hasPendingOutput {
                    return blocked(&fanOut, id, &metrics)
                }
                if remaining == 0 {
                    return .emptied(hasWrittenClose: fanOut.hasWrittenClose(id))
                }
            case .wouldBlock:
                return blocked(&fanOut, id, &metrics)
            case .endOfStream, .failed:
                return .broken
            }
        }
        guard fanOut.queue(of: id)?.frameCount ?? 0 > 0 else {
            return .emptied(hasWrittenClose: fanOut.hasWrittenClose(id))
        }
        return .postponed
    }

    private static func blocked(
        _ fanOut: inout FanOut, _ id: OutboundID, _ metrics: inout LoopMetrics
    ) -> FlushOutcome {
        metrics.blockedFlushCount += 1
        fanOut.markBlocked(id)
        return .blocked
    }

    /// Sends a message to one client.
    func send(_ message: RawSpan, to connection: ClientConnection) {
        guard let id = connection.outbound else { return }
        do throws(StreamError) {
            try fanOut.enqueue(message, to: id)
        } catch {
            // An answer above the bound would be lost in silence: the client learns it so.
            connection.close(.internalError)
        }
    }

    /// Wakes the loop when an event that a subscription's rate holds back becomes due.
    private func armHeldEventsTimer() {
        guard let deadline = fanOut.nextDeadline else { return }
        if let armed = heldEventsTimer {
            guard deadline < armed.deadline else { return }
            loop.cancel(armed.id)
        }
        let id = loop.schedule(
            at: MonotonicTime(nanoseconds: deadline), handler: self, token: Self.heldEventsToken)
        heldEventsTimer = (deadline, id)
    }
}
