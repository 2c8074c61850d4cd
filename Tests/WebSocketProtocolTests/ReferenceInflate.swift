/// A plain reading of RFC 1951, independent of zlib: inflates a whole message and remembers the
/// farthest reference, which zlib does not tell.
struct ReferenceInflate {
    struct Malformed: Error {}

    private let bytes: [UInt8]
    private var bitIndex = 0
    private(set) var output: [UInt8] = []
    private(set) var distanceMax = 0

    /// Inflates a message of permessage-deflate, whose tail was removed.
    init(_ message: [UInt8], history: [UInt8] = []) throws {
        bytes = message + [0x00, 0x00, 0xFF, 0xFF]
        output = history
        while bytes.count * 8 - bitIndex >= 3 {
            _ = try takeBits(1)
            switch try takeBits(2) {
            case 0: try readStored()
            case 1: try readFixed()
            case 2: try readDynamic()
            default: throw Malformed()
            }
        }
        output.removeFirst(history.count)
    }

    private mutating func takeBits(_ count: Int) throws -> Int {
        guard bitIndex + count <= bytes.count * 8 else { throw Malformed() }
        var value = 0
        for bit in 0..<count {
            value |= Int(bytes[bitIndex >> 3] >> UInt8(bitIndex & 7) & 1) << bit
            bitIndex += 1
        }
        return value
    }

    private mutating func readStored() throws {
        bitIndex = (bitIndex + 7) / 8 * 8
        let length = try takeBits(16)
        guard try takeBits(16) == length ^ 0xFFFF else { throw Malformed() }
        for _ in 0..<length { output.append(UInt8(try takeBits(8))) }
    }

    /// Symbols by the length and value of their codes (RFC 1951 §3.2.2).
    private func table(_ lengths: [Int]) -> [Int: Int] {
        var table: [Int: Int] = [:]
        var code = 0
        for length in 1...15 {
            code <<= 1
            for (symbol, symbolLength) in lengths.enumerated() where symbolLength == length {
                table[length << 16 | code] = symbol
                code += 1
            }
        }
        return table
    }

    private mutating func takeSymbol(_ table: [Int: Int]) throws -> Int {
        var code = 0
        for length in 1...15 {
            code = code << 1 | (try takeBits(1))
            if let symbol = table[length << 16 | code] { return symbol }
        }
        throw Malformed()
    }

    private mutating func readFixed() throws {
        let lengths = (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }
        try readBlock(table(lengths), table(Array(repeating: 5, count: 30)))
    }

    private mutating func readDynamic() throws {
        let literalCount = try takeBits(5) + 257
        let distanceCount = try takeBits(5) + 1
        let lengthCount = try takeBits(4) + 4
        let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
        var codeLengths = [Int](repeating: 0, count: 19)
        for index in 0..<lengthCount { codeLengths[order[index]] = try takeBits(3) }
        let codes = table(codeLengths)
        var lengths: [Int] = []
        while lengths.count < literalCount + distanceCount {
            switch try takeSymbol(codes) {
            case 16:
                guard let last = lengths.last else { throw Malformed() }
                lengths += Array(repeating: last, count: try takeBits(2) + 3)
            case 17: lengths += Array(repeating: 0, count: try takeBits(3) + 3)
            case 18: lengths += Array(repeating: 0, count: try takeBits(7) + 11)
            case let length: lengths.append(length)
            }
        }
        try readBlock(
            table(Array(lengths[..<literalCount])), table(Array(lengths[literalCount...])))
    }

    private mutating func readBlock(_ literals: [Int: Int], _ distances: [Int: Int]) throws {
        while true {
            let symbol = try takeSymbol(literals)
            if symbol == 256 { return }
            if symbol < 256 {
                output.append(UInt8(symbol))
                continue
            }
            let length = try lengthOfMatch(symbol)
            let distanceSymbol = try takeSymbol(distances)
            let extra = max(0, distanceSymbol / 2 - 1)
            let base =
                distanceSymbol < 2 ? distanceSymbol + 1 : (2 + distanceSymbol % 2) << extra + 1
            let distance = base + (try takeBits(extra))
            guard distance <= output.count else { throw Malformed() }
            distanceMax = max(distanceMax, distance)
            for _ in 0..<length { output.append(output[output.count - distance]) }
        }
    }

    private mutating func lengthOfMatch(_ symbol: Int) throws -> Int {
        if symbol == 285 { return 258 }
        let index = symbol - 257
        guard index < 28 else { throw Malformed() }
        if index < 8 { return index + 3 }
        let extra = index / 4 - 1
        return (4 + index % 4) << extra + 3 + (try takeBits(extra))
    }
}
