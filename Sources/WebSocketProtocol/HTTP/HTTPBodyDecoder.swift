/// How the end of a response's body is found (RFC 9112 §6.3).
package enum HTTPBodyFraming: Equatable, Sendable {
    /// There is no body.
    case none
    /// So many bytes.
    case length(Int)
    /// Chunks, the last of which is empty.
    case chunked
    /// Everything until the server closes the connection.
    case untilClose
}

extension HTTPResponseHead {
    /// How the body of the answer to a request is framed.
    ///
    /// - Parameter method: the request's method: an answer to HEAD has no body.
    /// - Returns: the framing.
    /// - Throws: ``HTTPResponseError`` where the head is ambiguous or names an unknown coding.
    package func bodyFraming(
        answering method: HTTPMethod
    ) throws(HTTPResponseError) -> HTTPBodyFraming {
        let codings = fields.tokens(of: "Transfer-Encoding")
        let isCoded = !fields.rawValues(of: "Transfer-Encoding").isEmpty
        guard !isCoded || contentLength == nil else { throw .ambiguousBodyLength }
        if method == .head || status == .noContent || status.rawValue == 304 { return .none }
        let contentCodings = fields.tokens(of: "Content-Encoding").map { $0.lowercased() }
        guard contentCodings.allSatisfy({ $0 == "identity" }) else {
            throw .unsupportedContentCoding
        }
        if isCoded {
            guard codings.map({ $0.lowercased() }) == ["chunked"], minorVersion >= 1 else {
                throw .unsupportedTransferCoding
            }
            return .chunked
        }
        return contentLength.map { .length($0) } ?? .untilClose
    }
}

/// Takes the body of a response out of its framing; bounded, and indifferent to how the bytes are
/// cut into pieces.
struct HTTPBodyDecoder {
    /// What is awaited of a chunked body (RFC 9112 §7.1).
    private enum Chunk {
        case size
        case `extension`
        case sizeLineFeed
        case data
        case dataCarriageReturn
        case dataLineFeed
        /// The first byte of a trailer, or of the empty line that ends everything.
        case trailerStart
        case trailer
        case trailerLineFeed
        case lastLineFeed
    }

    /// Digits of a chunk's size at most: beyond them every size is above any limit.
    private static let sizeDigitCountMax = 8

    private let framing: HTTPBodyFraming
    private let limits: HTTPResponseLimits
    private var chunk = Chunk.size
    private var sizeDigitCount = 0
    private var missingByteCount: Int
    private var framingByteCount = 0
    private(set) var body: [UInt8] = []
    private(set) var isFinished: Bool

    init(
        framing: HTTPBodyFraming, limits: HTTPResponseLimits
    ) throws(HTTPResponseError) {
        self.framing = framing
        self.limits = limits
        switch framing {
        case .none: (missingByteCount, isFinished) = (0, true)
        case .length(let byteCount):
            guard byteCount <= limits.bodyByteCountMax else {
                throw .bodyTooLarge(max: limits.bodyByteCountMax)
            }
            (missingByteCount, isFinished) = (byteCount, byteCount == 0)
        case .chunked, .untilClose: (missingByteCount, isFinished) = (0, false)
        }
    }

    /// Takes the next piece; what lies behind the body's end is left out.
    mutating func take(_ piece: ArraySlice<UInt8>) throws(HTTPResponseError) {
        switch framing {
        case .none: break
        case .length:
            let part = piece.prefix(missingByteCount)
            body += part
            missingByteCount -= part.count
            isFinished = missingByteCount == 0
        case .untilClose: try append(piece)
        case .chunked: try takeChunks(piece)
        }
    }

    /// The server has sent everything.
    mutating func inputEnded() throws(HTTPResponseError) {
        if framing == .untilClose { isFinished = true }
        guard isFinished else { throw .truncated }
    }

    private mutating func append(_ bytes: ArraySlice<UInt8>) throws(HTTPResponseError) {
        guard bytes.count <= limits.bodyByteCountMax - body.count else {
            throw .bodyTooLarge(max: limits.bodyByteCountMax)
        }
        body += bytes
    }

    private mutating func takeChunks(_ piece: ArraySlice<UInt8>) throws(HTTPResponseError) {
        var rest = piece
        while !isFinished, let byte = rest.first {
            if chunk == .data {
                let part = rest.prefix(missingByteCount)
                try append(part)
                rest = rest.dropFirst(part.count)
                missingByteCount -= part.count
                if missingByteCount == 0 { chunk = .dataCarriageReturn }
                continue
            }
            rest = rest.dropFirst()
            framingByteCount += 1
            guard framingByteCount <= limits.framingByteCountMax else {
                throw .framingTooLarge(max: limits.framingByteCountMax)
            }
            try takeFraming(byte)
        }
    }

    private mutating func takeFraming(_ byte: UInt8) throws(HTTPResponseError) {
        switch chunk {
        case .size: try takeSize(byte)
        case .extension:
            chunk = try isLineEnd(byte) ? .sizeLineFeed : .extension
        case .sizeLineFeed:
            try require(byte, HTTPSyntax.lineFeed)
            chunk = missingByteCount == 0 ? .trailerStart : .data
            sizeDigitCount = 0
        case .data, .dataCarriageReturn:
            try require(byte, HTTPSyntax.carriageReturn)
            chunk = .dataLineFeed
        case .dataLineFeed:
            try require(byte, HTTPSyntax.lineFeed)
            chunk = .size
        case .trailerStart:
            chunk = try isLineEnd(byte) ? .lastLineFeed : .trailer
        case .trailer:
            chunk = try isLineEnd(byte) ? .trailerLineFeed : .trailer
        case .trailerLineFeed:
            try require(byte, HTTPSyntax.lineFeed)
            chunk = .trailerStart
        case .lastLineFeed:
            try require(byte, HTTPSyntax.lineFeed)
            isFinished = true
        }
    }

    private mutating func takeSize(_ byte: UInt8) throws(HTTPResponseError) {
        if let digit = HTTPEscapes.hexadecimalValue(byte) {
            sizeDigitCount += 1
            guard sizeDigitCount <= Self.sizeDigitCountMax else {
                throw .bodyTooLarge(max: limits.bodyByteCountMax)
            }
            missingByteCount = missingByteCount << 4 | Int(digit)
            return
        }
        guard sizeDigitCount > 0 else { throw .malformedChunk }
        // What will not fit need not be waited for.
        guard missingByteCount <= limits.bodyByteCountMax - body.count else {
            throw .bodyTooLarge(max: limits.bodyByteCountMax)
        }
        switch byte {
        case HTTPSyntax.carriageReturn: chunk = .sizeLineFeed
        case UInt8(ascii: ";"), HTTPSyntax.space, HTTPSyntax.tab: chunk = .extension
        default: throw .malformedChunk
        }
    }

    /// Whether a byte of a chunk extension or a trailer begins the line's end.
    private func isLineEnd(_ byte: UInt8) throws(HTTPResponseError) -> Bool {
        if byte == HTTPSyntax.carriageReturn { return true }
        guard byte >= 0x20 && byte != 0x7F || byte == HTTPSyntax.tab else { throw .malformedChunk }
        return false
    }

    private func require(_ byte: UInt8, _ wanted: UInt8) throws(HTTPResponseError) {
        guard byte == wanted else { throw .malformedChunk }
    }
}
