/// Why a response to a request of ours cannot be used; shows nothing of its body.
package enum HTTPResponseError: Error, Sendable, Equatable {
    /// The head is refused.
    case head(HTTPHeadError)
    /// Both Content-Length and Transfer-Encoding: a part of it may be meant for somebody else
    /// (RFC 9112 §6.3).
    case ambiguousBodyLength
    /// A transfer coding other than `chunked` alone (RFC 9112 §6.1).
    case unsupportedTransferCoding
    /// The body is encoded although no coding was offered (RFC 9110 §8.4).
    case unsupportedContentCoding
    /// A chunk's size, its end or a trailer breaks the grammar (RFC 9112 §7.1).
    case malformedChunk
    /// The body has more bytes than the limit.
    case bodyTooLarge(max: Int)
    /// Chunk sizes, their extensions and trailers together have more bytes than the limit.
    case framingTooLarge(max: Int)
    /// More interim answers (1xx) than the limit.
    case tooManyInterimResponses(max: Int)
    /// 101, which nobody asked for.
    case unexpectedUpgrade
    /// The connection ended before the response did.
    case truncated
}

/// Bounds on one response; what lies beyond is refused before it is stored.
package struct HTTPResponseLimits: Sendable {
    /// Bounds on the head. Default 16 KiB, 100 fields.
    package var head = HTTPHeadLimits()

    /// Bytes of a body. Default 256 KiB: a list of a thousand accounts has less.
    package var bodyByteCountMax = 256 * 1024

    /// Bytes of chunk sizes, chunk extensions and trailers together. Default 16 KiB: a body of the
    /// largest size in chunks of 1 KiB needs 1.8 KiB.
    package var framingByteCountMax = 16 * 1024

    /// Interim answers (1xx) before the final one. Default 4; one is common.
    package var interimResponseCountMax = 4

    /// The default bounds.
    package init() {}
}
