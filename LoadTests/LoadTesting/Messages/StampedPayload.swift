/// Extends a published JSON object so that its receiver can check order, loss and delay.
package enum StampedPayload {
    /// Appends a JSON object with two more members: `n`, the publisher's count on the channel, and
    /// `t`, when it was due to be published in nanoseconds since the epoch.
    ///
    /// - Parameters:
    ///   - object: a JSON object that ends with its closing brace and has at least one member.
    ///   - number: counts up from 1 per channel.
    ///   - nanoseconds: the scheduled time, not the time of the call: what the publisher is late
    ///     by belongs to the latency (no coordinated omission).
    ///   - bytes: where to append.
    package static func append(
        _ object: [UInt8], number: UInt64, nanoseconds: UInt64, to bytes: inout [UInt8]
    ) {
        precondition(object.last == UInt8(ascii: "}"), "a payload is a JSON object")
        bytes.append(contentsOf: object.dropLast())
        bytes.append(contentsOf: #","n":"#.utf8)
        bytes.append(contentsOf: String(number).utf8)
        bytes.append(contentsOf: #","t":"#.utf8)
        bytes.append(contentsOf: String(nanoseconds).utf8)
        bytes.append(UInt8(ascii: "}"))
    }
}
