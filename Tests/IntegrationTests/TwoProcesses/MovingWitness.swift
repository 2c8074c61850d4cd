import GatewayAPI
import GatewayClient
import Synchronization

/// An observer whose node is killed, and who goes on with another one from where it was.
final class MovingWitness: Sendable {
    private struct State {
        /// A client that nobody holds closes its connection.
        var client: GatewayClient?
        var later: EventLog?
        var recoveredCount = 0
    }

    private let first: EventLog
    private let positions: [String: StreamPosition]
    private let state = Mutex(State())

    /// Subscribes to channels.
    init(_ client: GatewayClient, channels: [ChannelSubscription]) async throws {
        first = EventLog(client)
        var positions: [String: StreamPosition] = [:]
        for channel in try await client.subscribe(channels) {
            if let epoch = channel.epoch, let sequence = channel.seq {
                positions[channel.channel] = StreamPosition(epoch: epoch, seq: sequence)
            }
        }
        self.positions = positions
    }

    /// Channels of which the other node had everything that was missed.
    var recoveredCount: Int { state.withLock { $0.recoveredCount } }

    /// Goes on with a client of another node, once the first one has nothing more.
    func move(to client: GatewayClient) async throws {
        try await GatewayScene.eventually("the end of the first connection") { [first] in
            first.isOver
        }
        let log = EventLog(client)
        state.withLock { state in
            state.client = client
            state.later = log
        }
        let channels = positions.map { channel, position in
            var last = position
            if let sequence = first.events(of: channel).last?.sequence {
                last.seq = Int64(clamping: sequence)
            }
            return ChannelSubscription(channel: channel, recover: last)
        }
        let states = try await client.subscribe(channels)
        state.withLock { state in
            state.recoveredCount = states.filter { $0.recovered == true }.count
        }
    }

    /// The events of a channel from both nodes, in the order in which they came.
    func texts(of channel: String) -> [String] {
        let later = state.withLock { $0.later }
        return (first.events(of: channel) + (later?.events(of: channel) ?? [])).map(\.text)
    }
}
