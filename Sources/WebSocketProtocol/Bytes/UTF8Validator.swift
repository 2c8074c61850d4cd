/// Incremental UTF-8 validator (RFC 3629): bytes come in pieces of any size.
///
/// Fails at the first byte that no valid text could have there: not at the end of the sequence
/// that it breaks, and not at the end of the message. One byte of state, so that it fits anywhere.
package struct UTF8Validator: Sendable, Equatable {
    /// What the next byte has to be.
    private enum Expectation: UInt8 {
        /// The start of a scalar.
        case start
        /// The last, the last two or the last three continuation bytes.
        case one, two, three
        /// After E0: A0…BF, as smaller ones would be overlong.
        case afterE0
        /// After ED: 80…9F, as greater ones would be surrogates.
        case afterED
        /// After F0: 90…BF, as smaller ones would be overlong.
        case afterF0
        /// After F4: 80…8F, as greater ones would lie beyond U+10FFFF.
        case afterF4
    }

    private var expectation = Expectation.start

    /// A validator at the start of a text.
    package init() {}

    /// Whether the text may end here, which it may not inside a scalar.
    package var isComplete: Bool { expectation == .start }

    /// Checks the next piece of the text.
    ///
    /// - Parameter bytes: the piece, possibly empty.
    /// - Returns: false if a byte cannot follow what came before; the validator is then of no use.
    package mutating func validate(_ bytes: RawSpan) -> Bool {
        // Safety: the buffer is read inside this call only and within its bounds.
        unsafe bytes.withUnsafeBytes { unsafe validate($0) }
    }

    /// Checks the next piece of the text; see ``validate(_:)-(RawSpan)``.
    mutating func validate(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        let byteCount = bytes.count
        while index < byteCount {
            if expectation == .start {
                // Most text is ASCII: eight bytes are looked at together.
                while index &+ 8 <= byteCount {
                    // Safety: the eight bytes from index on lie within the buffer.
                    let word = unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                    guard word & 0x8080_8080_8080_8080 == 0 else { break }
                    index &+= 8
                }
                guard index < byteCount else { return true }
            }
            // Safety: index is below the count.
            guard accept(unsafe bytes[index]) else { return false }
            index &+= 1
        }
        return true
    }

    /// Takes one byte; false if it cannot stand there.
    @inline(__always)
    private mutating func accept(_ byte: UInt8) -> Bool {
        switch expectation {
        case .start: return acceptStart(byte)
        case .one: return accept(byte, in: 0x80...0xBF, then: .start)
        case .two: return accept(byte, in: 0x80...0xBF, then: .one)
        case .three: return accept(byte, in: 0x80...0xBF, then: .two)
        case .afterE0: return accept(byte, in: 0xA0...0xBF, then: .one)
        case .afterED: return accept(byte, in: 0x80...0x9F, then: .one)
        case .afterF0: return accept(byte, in: 0x90...0xBF, then: .two)
        case .afterF4: return accept(byte, in: 0x80...0x8F, then: .two)
        }
    }

    @inline(__always)
    private mutating func accept(
        _ byte: UInt8, in range: ClosedRange<UInt8>, then next: Expectation
    ) -> Bool {
        guard range.contains(byte) else { return false }
        expectation = next
        return true
    }

    @inline(__always)
    private mutating func acceptStart(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x00...0x7F: break
        case 0xC2...0xDF: expectation = .one
        case 0xE0: expectation = .afterE0
        case 0xE1...0xEC, 0xEE, 0xEF: expectation = .two
        case 0xED: expectation = .afterED
        case 0xF0: expectation = .afterF0
        case 0xF1...0xF3: expectation = .three
        case 0xF4: expectation = .afterF4
        default: return false
        }
        return true
    }
}
