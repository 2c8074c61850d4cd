import Glibc
import TestSupport
import Testing

@testable import WebSocketProtocol

@Suite("IP addresses and blocks of them")
struct IPAddressTests {
    @Test(
        arguments: [
            ("0.0.0.0", 0, 0xffff_0000_0000), ("192.0.2.1", 0, 0xffff_c000_0201),
            ("255.255.255.255", 0, 0xffff_ffff_ffff),
            ("::ffff:192.0.2.1", 0, 0xffff_c000_0201), ("::FFFF:c000:201", 0, 0xffff_c000_0201),
            ("::", 0, 0), ("::1", 0, 1), ("1::", 0x1_0000_0000_0000, 0),
            ("::192.0.2.1", 0, 0xc000_0201),
            ("2001:db8::7", 0x2001_0db8_0000_0000, 7),
            ("2001:DB8:0:0:0:0:0:7", 0x2001_0db8_0000_0000, 7),
            ("1:2:3:4:5:6:7:8", 0x1_0002_0003_0004, 0x5_0006_0007_0008),
            ("1:2:3:4:5:6:7::", 0x1_0002_0003_0004, 0x5_0006_0007_0000),
            ("::2:3:4:5:6:7:8", 0x2_0003_0004, 0x5_0006_0007_0008),
            ("1:2:3:4:5:6:192.0.2.1", 0x1_0002_0003_0004, 0x5_0006_c000_0201),
            (
                "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
                0xffff_ffff_ffff_ffff, 0xffff_ffff_ffff_ffff
            ),
        ] as [(String, UInt64, UInt64)])
    func `Every form of an address is read`(text: String, high: UInt64, low: UInt64) {
        #expect(IPAddress(text) == IPAddress(high: high, low: low))
    }

    @Test(arguments: [
        "", " ", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.0004", "01.2.3.4", "1.2.3.04",
        "1.2..4", ".1.2.3.4", "1.2.3.4.", "1.2.3.+4", "1.2.3.-4", " 1.2.3.4", "1.2.3.4 ",
        "0x7f.0.0.1", "1.2.3.4/8", "1.2.3.4:80", "٤.2.3.4", "localhost", ":", ":::", "1:::2",
        "::1::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8",
        ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:", "12345::", "g::", "1.2.3.4::", "::1.2.3.4:5",
        "::1.2.3", "1:2:3:4:5:6:7:1.2.3.4", "[::1]", "fe80::1%eth0", "::1/64",
        "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555", "::\u{0}1",
    ])
    func `Everything else is none`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test
    func `The system's own reader agrees about every text`() {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        let pieces = [":", ":", "::", ".", "0", "1", "12", "255", "256", "ffff", "1.2.3.4", "g"]
        var readCount = 0
        for _ in 0..<50_000 {
            let count = Int.random(in: 1...15, using: &generator)
            let text = (0..<count).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &generator)]
            }.joined()
            let expected = Self.systemAddress(text)
            if expected != nil { readCount += 1 }
            #expect(IPAddress(text) == expected, "\(text), seed \(seed)")
        }
        #expect(readCount > 20, "seed \(seed)")
    }

    /// What inet_pton reads.
    private static func systemAddress(_ text: String) -> IPAddress? {
        var ipv4 = in_addr()
        // Safety: inet_pton writes one address of the family's size into the local variable.
        if unsafe inet_pton(AF_INET, text, &ipv4) == 1 {
            return IPAddress(
                high: 0, low: 0xffff_0000_0000 | UInt64(UInt32(bigEndian: ipv4.s_addr)))
        }
        var bytes: [UInt8] = Array(repeating: 0, count: 16)
        // Safety: an address of IPv6 has the 16 bytes that the array has.
        guard unsafe inet_pton(AF_INET6, text, &bytes) == 1 else { return nil }
        func joined(_ half: ArraySlice<UInt8>) -> UInt64 {
            half.reduce(0) { $0 << 8 | UInt64($1) }
        }
        return IPAddress(high: joined(bytes[..<8]), low: joined(bytes[8...]))
    }

    @Test(
        arguments: [
            (
                "10.0.0.0/8", ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"],
                ["9.255.255.255", "11.0.0.0"]
            ),
            ("192.0.2.128/25", ["192.0.2.128", "192.0.2.255"], ["192.0.2.127", "192.0.3.128"]),
            ("192.0.2.7", ["192.0.2.7"], ["192.0.2.6", "192.0.2.8"]),
            ("192.0.2.7/32", ["192.0.2.7"], ["192.0.2.6", "192.0.2.8"]),
            ("128.0.0.0/1", ["128.0.0.0", "255.255.255.255"], ["127.255.255.255", "ff::"]),
            (
                "2001:db8::/32", ["2001:db8::", "2001:db8:ffff::1"],
                ["2001:db9::", "2001:db7:ffff::"]
            ),
            ("2001:db8::/64", ["2001:db8::ffff:0:0:1"], ["2001:db8:0:1::", "2001:db8:0:8000::"]),
            ("2001:db8::/65", ["2001:db8::7fff:0:0:1"], ["2001:db8::8000:0:0:0"]),
            ("2001:db8::7", ["2001:db8::7"], ["2001:db8::6", "2001:db8:1::7"]),
            ("::/1", ["::1", "7fff::"], ["8000::", "10.0.0.1"]),
            ("::ffff:10.0.0.0/104", ["10.1.2.3"], ["11.1.2.3", "::1"]),
        ] as [(String, [String], [String])])
    func `A block has the addresses with its prefix`(
        text: String, inside: [String], outside: [String]
    ) throws {
        let block = try AddressBlock(text)
        for address in inside {
            #expect(block.contains(try #require(IPAddress(address))), "\(address)")
        }
        for address in outside {
            #expect(!block.contains(try #require(IPAddress(address))), "\(address)")
        }
    }

    @Test(
        arguments: [
            ("", .invalidAddress), ("/8", .invalidAddress), ("10.0.0/8", .invalidAddress),
            ("proxy.example", .invalidAddress), ("[2001:db8::]/32", .invalidAddress),
            ("10.0.0.0/", .invalidPrefixLength), ("0.0.0.0/0", .invalidPrefixLength),
            ("::/0", .invalidPrefixLength), ("10.0.0.0/33", .invalidPrefixLength),
            ("2001:db8::/129", .invalidPrefixLength), ("10.0.0.0/08", .invalidPrefixLength),
            ("10.0.0.0/+8", .invalidPrefixLength), ("10.0.0.0/8/8", .invalidPrefixLength),
            ("10.0.0.0/255.0.0.0", .invalidPrefixLength), ("10.0.0.0/256", .invalidPrefixLength),
            ("10.0.0.1/8", .hasBitsBehindPrefix), ("10.0.0.1/31", .hasBitsBehindPrefix),
            ("2001:db8::1/32", .hasBitsBehindPrefix), ("2001:db8:1::/32", .hasBitsBehindPrefix),
        ] as [(String, AddressBlock.Failure)])
    func `What is no block is refused`(text: String, failure: AddressBlock.Failure) {
        #expect(throws: failure) { try AddressBlock(text) }
    }
}
