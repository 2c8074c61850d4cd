import CHiredis
import RedisProtocol
import Testing

@Suite("Commands on the wire (RESP2)")
struct RedisCommandTests {
    private func encoded(_ command: RedisCommand) -> [UInt8] {
        var bytes: [UInt8] = []
        command.encode(into: &bytes)
        #expect(bytes.count == command.encodedByteCount)
        return bytes
    }

    @Test("A command is an array of bulk strings")
    func golden() {
        let command = RedisCommand("SET", "key", "wert ü")
        let text = "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$7\r\nwert ü\r\n"
        #expect(encoded(command) == Array(text.utf8))
        #expect(command.argumentCount == 3)
    }

    @Test("A command is written behind what is there")
    func appends() {
        var bytes: [UInt8] = [1]
        RedisCommand("PING").encode(into: &bytes)
        #expect(bytes == [1] + Array("*1\r\n$4\r\nPING\r\n".utf8))
    }

    @Test("Arguments may be any bytes, numbers and of any length")
    func arguments() {
        var command = RedisCommand(name: "X")
        command.append([0, 13, 10, 255])
        command.append(Int64.min)
        command.append([])
        command.append(String(repeating: "y", count: 1234))
        var expected = Array("*5\r\n$1\r\nX\r\n$4\r\n".utf8) + [0, 13, 10, 255]
        expected += Array("\r\n$20\r\n-9223372036854775808\r\n$0\r\n\r\n$1234\r\n".utf8)
        expected += [UInt8](repeating: 0x79, count: 1234) + [13, 10]
        #expect(encoded(command) == expected)
    }

    @Test("The encoding is that of hiredis, for random arguments of random number")
    func sameAsHiredis() {
        var generator = SplitMix64(seed: .random(in: 0 ... .max))
        let seed = generator.state
        for _ in 0..<300 {
            let arguments = (0..<1 + Int(generator.next() % 120)).map { _ in
                (0..<Int(generator.next() % 130)).map { _ in
                    UInt8(truncatingIfNeeded: generator.next())
                }
            }
            var command = RedisCommand(name: "EVAL")
            for argument in arguments { command.append(argument) }
            #expect(
                encoded(command) == encodedByHiredis([Array("EVAL".utf8)] + arguments),
                "seed \(seed)")
        }
    }

    private func encodedByHiredis(_ arguments: [[UInt8]]) -> [UInt8] {
        let bytes = arguments.flatMap { $0 }
        let byteCounts = arguments.map(\.count)
        // Safety: each pointer lies in `bytes`, which is alive during the call, and hiredis'
        // buffer is copied before it is freed.
        return unsafe bytes.withUnsafeBytes { bytes in
            var start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            var pointers: [UnsafePointer<CChar>?] = unsafe []
            for byteCount in byteCounts {
                unsafe pointers.append(start)
                unsafe start = start.map { unsafe $0 + byteCount }
            }
            var target: UnsafeMutablePointer<CChar>?
            let count = unsafe redisFormatCommandArgv(
                &target, Int32(arguments.count), &pointers, byteCounts)
            defer { unsafe redisFreeCommand(target) }
            return unsafe Array(UnsafeRawBufferPointer(start: target, count: Int(count)))
        }
    }
}
