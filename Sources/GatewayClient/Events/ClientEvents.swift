/// The events of a client, in the order in which they came.
///
/// One task reads them; where several do, each event goes to one of them. The sequence ends when
/// the client is closed or gives up reconnecting.
public struct ClientEvents: AsyncSequence, Sendable {
    /// An event.
    public typealias Element = ClientEvent
    /// Reading does not fail: a lost connection is an event.
    public typealias Failure = Never

    let buffer: BoundedBuffer<ClientEvent>
    let taken: @Sendable () -> Void

    /// How many entries have made room since the client was made.
    public var skippedTotal: UInt64 { buffer.skippedTotal }

    /// Reads the events.
    public func makeAsyncIterator() -> Iterator {
        Iterator(buffer: buffer, taken: taken)
    }

    /// Reads the events one by one.
    public struct Iterator: AsyncIteratorProtocol {
        /// Reading does not fail.
        public typealias Failure = Never

        let buffer: BoundedBuffer<ClientEvent>
        let taken: @Sendable () -> Void

        /// The next event; nil at the end, or when the task is cancelled.
        public mutating func next() async -> ClientEvent? {
            let next = await buffer.next()
            taken()
            return switch next {
            case .element(let event): event
            case .skipped(let count): .skipped(count: count)
            case .end: nil
            }
        }

        /// The next event; nil at the end, or when the task is cancelled.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async -> ClientEvent? {
            await next()
        }
    }
}
