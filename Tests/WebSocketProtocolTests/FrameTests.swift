import Testing
import WebSocketProtocol

@Suite("RFC 6455 §5.2: frames on the wire")
struct FrameTests {
    /// The examples of RFC 6455 §5.7.
    @Test(arguments: [
        (frame(.text, Array("Hello".utf8), maskingKey: nil), "810548656c6c6f"),
        (
            frame(.text, Array("Hello".utf8), maskingKey: 0x3D21_FA37),
            "818537fa213d7f9f4d5158"
        ),
        (frame(.text, Array("Hel".utf8), isFinal: false, maskingKey: nil), "010348656c"),
        (frame(.continuation, Array("lo".utf8), maskingKey: nil), "80026c6f"),
        (frame(.ping, Array("Hello".utf8), maskingKey: nil), "890548656c6c6f"),
        (
            frame(.pong, Array("Hello".utf8), maskingKey: 0x3D21_FA37),
            "8a8537fa213d7f9f4d5158"
        ),
        (frame(.close, [], maskingKey: nil), "8800"),
        (frame(.text, [0], isCompressed: true, maskingKey: nil), "c10100"),
    ])
    func `Frames are written as in the RFC's examples`(bytes: [UInt8], expected: String) {
        #expect(hexadecimal(bytes) == expected)
    }

    @Test(arguments: [
        (0, "8200"), (125, "827d"), (126, "827e007e"), (65_535, "827effff"),
        (65_536, "827f0000000000010000"), (1 << 40, "827f0000010000000000"),
    ])
    func `A length takes its shortest form`(payloadByteCount: Int, expected: String) {
        var bytes = [UInt8](repeating: 0xEE, count: FrameHeader.encodedByteCountMax)
        let header = FrameHeader(opcode: .binary, payloadByteCount: payloadByteCount)
        // Safety: the array has room for the longest header.
        let byteCount = unsafe bytes.withUnsafeMutableBytes { unsafe header.encode(into: $0) }
        #expect(hexadecimal(Array(bytes[..<byteCount])) == expected)
        #expect(
            byteCount
                == FrameHeader.encodedByteCount(payloadByteCount: payloadByteCount, masked: false))
        #expect(bytes[byteCount...].allSatisfy { $0 == 0xEE })
    }

    @Test
    func `Masking any piece at its offset equals masking byte by byte`() {
        let key: UInt32 = 0x0403_0201
        let payload = (0..<67).map { UInt8(truncatingIfNeeded: $0 * 7) }
        let expected = payload.enumerated().map { index, byte in
            byte ^ UInt8(truncatingIfNeeded: index % 4 + 1)
        }
        for split in 0...payload.count {
            var bytes = payload
            // Safety: both pieces lie within the array.
            unsafe bytes.withUnsafeMutableBytes { all in
                unsafe Masking.apply(
                    key, to: UnsafeMutableRawBufferPointer(rebasing: all[..<split]))
                unsafe Masking.apply(
                    key, offset: split,
                    to: UnsafeMutableRawBufferPointer(rebasing: all[split...]))
            }
            #expect(bytes == expected, "split at \(split)")
        }
    }

    @Test
    func `A close payload holds a code and as much of the reason as fits`() {
        #expect(FrameWriter.closePayload(nil) == [])
        #expect(FrameWriter.closePayload(.normalClosure, reason: "bye") == [3, 0xE8, 98, 121, 101])
        let long = FrameWriter.closePayload(.goingAway, reason: String(repeating: "€", count: 60))
        #expect(long.count == 2 + 41 * 3)
        #expect(String(validating: long[2...], as: UTF8.self) != nil)
    }

    @Test(
        arguments: [
            (0, false), (999, false), (1000, true), (1003, true), (1004, false), (1005, false),
            (1006, false), (1007, true), (1011, true), (1012, true), (1014, true), (1015, false),
            (1016, false), (1100, false), (2000, false), (2999, false), (3000, true), (3999, true),
            (4000, true), (4999, true), (5000, false), (65_535, false),
        ] as [(UInt16, Bool)])
    func `Only registered and private close codes are valid on the wire`(
        code: UInt16, isValid: Bool
    ) {
        #expect(CloseCode(rawValue: code).isValidOnWire == isValid)
    }
}

/// The bytes in hexadecimal.
func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
