import Dispatch
import EventLoop
import Foundation
import GatewayAPI
import GatewayClient
import Synchronization

/// An event as a client got it.
struct WireEvent: Sendable {
    let channel: String
    let sequence: UInt64?
    let text: String
    /// Nanoseconds of the monotonic clock.
    let receivedAt: UInt64

    /// The JSON.
    var object: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] ?? [:]
    }

    /// The event's `type`.
    var kind: String { object["type"] as? String ?? "" }

    /// The session's version, where the event has a session.
    var version: Int? { (object["session"] as? [String: Any])?["version"] as? Int }

    /// The session's status, where the event has a session.
    var status: String? { (object["session"] as? [String: Any])?["status"] as? String }
}

/// Everything that came to a client, in order.
final class EventLog: Sendable {
    private struct Waiter: Sendable {
        let id: Int
        let isMet: @Sendable ([WireEvent]) -> Bool
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var events: [WireEvent] = []
        var gapCount = 0
        var endedChannels: [String] = []
        var isOver = false
        var statuses: [ChannelStatusReason] = []
        var waiters: [Waiter] = []
        var nextID = 0
    }

    private let state = Mutex(State())

    /// Begins to read a client's events; nobody else may.
    init(_ client: GatewayClient) {
        let events = client.events
        Task { [weak self] in
            for await event in events { self?.note(event) }
            self?.state.withLock { $0.isOver = true }
        }
    }

    /// Whether nothing more will come: the client has ended.
    var isOver: Bool { state.withLock { $0.isOver } }

    /// What came so far.
    var events: [WireEvent] { state.withLock { $0.events } }

    /// Events that were missed.
    var gapCount: Int { state.withLock { $0.gapCount } }

    /// Why the status of channels has changed, in order.
    var statuses: [ChannelStatusReason] { state.withLock { $0.statuses } }

    /// Channels whose subscription the gateway has ended.
    var endedChannels: [String] { state.withLock { $0.endedChannels } }

    /// The events of a channel.
    func events(of channel: String) -> [WireEvent] { events.filter { $0.channel == channel } }

    /// Waits until what came is as wanted.
    @discardableResult
    func wait(
        _ what: String, until isMet: @escaping @Sendable ([WireEvent]) -> Bool
    ) async throws -> [WireEvent] {
        let isThere = await withCheckedContinuation { continuation in
            let id = state.withLock { state -> Int? in
                if isMet(state.events) { return nil }
                state.nextID += 1
                state.waiters.append(
                    Waiter(id: state.nextID, isMet: isMet, continuation: continuation))
                return state.nextID
            }
            guard let id else { return continuation.resume(returning: true) }
            DispatchQueue.global().asyncAfter(
                deadline: .now() + GatewayScene.patienceSeconds
            ) { [weak self] in self?.giveUp(id) }
        }
        guard isThere else {
            let kinds = events.map { "\($0.channel) \($0.kind)" }
            throw GatewayScene.Missing(description: "\(what) did not come; there are \(kinds)")
        }
        return events
    }

    private func giveUp(_ id: Int) {
        let waiter = state.withLock { state -> Waiter? in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
            return state.waiters.remove(at: index)
        }
        waiter?.continuation.resume(returning: false)
    }

    private func note(_ event: ClientEvent) {
        let met = state.withLock { state -> [Waiter] in
            switch event {
            case .event(let event):
                state.events.append(
                    WireEvent(
                        channel: event.channel, sequence: event.sequence, text: event.data.text,
                        receivedAt: MonotonicTime.current().nanoseconds))
            case .gap, .skipped: state.gapCount += 1
            case .channelStatus(let status):
                state.statuses.append(status.reason)
                if status.status == .ended {
                    state.endedChannels += status.channels.map(\.channel)
                }
            default: break
            }
            let events = state.events
            let met = state.waiters.filter { $0.isMet(events) }
            state.waiters.removeAll { waiter in met.contains { $0.id == waiter.id } }
            return met
        }
        for waiter in met { waiter.continuation.resume(returning: true) }
    }
}
