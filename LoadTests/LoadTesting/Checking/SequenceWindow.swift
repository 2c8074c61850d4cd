/// Checks that numbers which count up from 1 arrive in order, once and without a gap.
///
/// It remembers which of the last 64 numbers came, so that a late number is told from a repeated
/// one. Sixteen bytes, because a load test keeps one for each market of each connection.
package struct SequenceWindow: Sendable, Equatable {
    /// How many numbers up to the highest one are remembered.
    package static let rememberedCount: UInt64 = 64

    /// How a number came in.
    package enum Arrival: Equatable, Sendable {
        /// It is the one after the highest so far.
        case inOrder
        /// It is higher than expected: so many before it have not come (yet).
        case afterGap(missingCount: UInt64)
        /// It fills a gap: delivered, but not in order.
        case late
        /// It came before.
        case duplicate
        /// It is too far behind the highest to say whether it is late or a duplicate, or zero,
        /// which nobody sends.
        case unknown
    }

    /// The highest number so far, 0 before the first.
    package private(set) var highest: UInt64 = 0
    /// Bit i: whether `highest − i` came.
    private var arrived: UInt64 = 0

    /// A window that expects 1.
    package init() {}

    /// Notes a number.
    package mutating func receive(_ number: UInt64) -> Arrival {
        guard number > highest else { return receiveBehind(number) }
        let distance = number - highest
        let isFirst = highest == 0
        arrived = distance >= Self.rememberedCount ? 0 : arrived << distance
        arrived |= 1
        highest = number
        if distance == 1 { return .inOrder }
        return .afterGap(missingCount: isFirst ? number - 1 : distance - 1)
    }

    private mutating func receiveBehind(_ number: UInt64) -> Arrival {
        let distance = highest - number
        guard number > 0, distance < Self.rememberedCount else { return .unknown }
        let bit: UInt64 = 1 << distance
        guard arrived & bit == 0 else { return .duplicate }
        arrived |= bit
        return .late
    }
}
