/// A command with its arguments, encoded as an array of bulk strings (RESP2).
///
/// hiredis' own encoder allocates a buffer per command and wants arrays of pointers and lengths;
/// here each argument is written once, into one buffer that the connection copies from.
package struct RedisCommand: Sendable, Equatable {
    /// How many arguments there are, the command's name included.
    package private(set) var argumentCount = 0
    private var encodedArguments: [UInt8] = []

    /// Begins a command.
    ///
    /// - Parameters:
    ///   - name: the command's name, `HSET`.
    ///   - reservedByteCount: room to make at once for the arguments, in bytes.
    package init(name: String, reservedByteCount: Int = 64) {
        encodedArguments.reserveCapacity(reservedByteCount)
        append(name)
    }

    /// A command of texts: `RedisCommand("SET", "key", "value")`.
    package init(_ name: String, _ arguments: String...) {
        self.init(name: name)
        for argument in arguments { append(argument) }
    }

    /// Adds a text as an argument, as UTF-8.
    package mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            // Safety: the string's bytes are copied during the call.
            unsafe append(UnsafeRawBufferPointer(bytes))
        }
    }

    /// Adds bytes as an argument.
    package mutating func append(_ bytes: [UInt8]) {
        // Safety: the array's bytes are copied during the call.
        unsafe bytes.withUnsafeBytes { unsafe append($0) }
    }

    /// Adds borrowed bytes as an argument; they are copied.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        argumentCount += 1
        // Safety: the caller's bytes are copied during the call.
        encodedArguments.appendHeader(0x24, count: bytes.count)
        unsafe encodedArguments.append(contentsOf: bytes)
        encodedArguments.append(0x0d)
        encodedArguments.append(0x0a)
    }

    /// Adds a number as an argument, in decimal.
    package mutating func append(_ number: Int64) {
        append(String(number))
    }

    /// The bytes of the encoded command.
    package var encodedByteCount: Int {
        encodedArguments.count + 3 + decimalDigitCount(argumentCount)
    }

    /// Writes the command behind what is in `bytes`.
    package func encode(into bytes: inout [UInt8]) {
        bytes.appendHeader(0x2a, count: argumentCount)
        bytes.append(contentsOf: encodedArguments)
    }
}

private func decimalDigitCount(_ number: Int) -> Int {
    var count = 1
    var rest = number / 10
    while rest > 0 {
        count += 1
        rest /= 10
    }
    return count
}

extension [UInt8] {
    /// Writes a type byte, a count in decimal and the line's end.
    fileprivate mutating func appendHeader(_ type: UInt8, count: Int) {
        append(type)
        if count < 10 {
            append(0x30 + UInt8(count))
        } else {
            let end = self.count + decimalDigitCount(count)
            var rest = count
            while self.count < end { append(0x30) }
            var index = end - 1
            while rest > 0 {
                self[index] = 0x30 + UInt8(rest % 10)
                rest /= 10
                index -= 1
            }
        }
        append(0x0d)
        append(0x0a)
    }
}
