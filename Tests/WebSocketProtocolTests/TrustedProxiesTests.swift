import TestSupport
import Testing

@testable import WebSocketProtocol

@Suite("TrustedProxies: for whom a connection was made")
struct TrustedProxiesTests {
    private let proxies: TrustedProxies

    init() throws {
        proxies = try TrustedProxies(["10.0.0.0/8", "2001:db8:ffff::/48", "192.0.2.1"])
    }

    private func client(behind peer: String, _ values: [String]) throws -> IPAddress {
        proxies.client(
            behind: try #require(IPAddress(peer)), forwardedFor: values.map { Array($0.utf8)[...] })
    }

    @Test(
        arguments: [
            // Nothing was added.
            ("10.0.0.1", [], "10.0.0.1"), ("10.0.0.1", [""], "10.0.0.1"),
            ("10.0.0.1", [" , ,"], "10.0.0.1"),
            // The last that is no proxy counts, whatever it says of others.
            ("10.0.0.1", ["203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", ["198.51.100.1, 203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", ["nonsense,203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", ["203.0.113.7, 10.9.9.9, 192.0.2.1"], "203.0.113.7"),
            ("10.0.0.1", ["198.51.100.1", "203.0.113.7", "10.9.9.9"], "203.0.113.7"),
            ("10.0.0.1", ["198.51.100.1, 203.0.113.7", "10.9.9.9"], "203.0.113.7"),
            ("10.0.0.1", ["\t203.0.113.7 ,, 10.9.9.9 ,"], "203.0.113.7"),
            ("192.0.2.1", ["192.0.2.2"], "192.0.2.2"),
            // Proxies alone: the first of them.
            ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            // IPv6, alone or in brackets, and ports.
            ("2001:db8:ffff::1", ["2001:db8::7"], "2001:db8::7"),
            ("10.0.0.1", ["[2001:db8::7]"], "2001:db8::7"),
            ("10.0.0.1", ["[2001:db8::7]:65535"], "2001:db8::7"),
            ("10.0.0.1", ["2001:DB8:0:0::7, [2001:db8:ffff::9]:1"], "2001:db8::7"),
            (
                "10.0.0.1", ["[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]:65535"],
                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
            ),
            ("10.0.0.1", ["203.0.113.7:49152"], "203.0.113.7"),
            ("10.0.0.1", ["::ffff:203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", ["203.0.113.7, ::ffff:10.1.1.1"], "203.0.113.7"),
            // Who is not trusted is believed nothing.
            ("203.0.113.1", ["198.51.100.1"], "203.0.113.1"),
            ("203.0.113.1", ["10.0.0.1"], "203.0.113.1"),
            ("192.0.2.2", ["198.51.100.1, 10.0.0.1"], "192.0.2.2"),
            ("::1", ["198.51.100.1"], "::1"),
        ] as [(String, [String], String)])
    func `The last entry that is no trusted proxy`(
        peer: String, values: [String], expected: String
    ) throws {
        #expect(try client(behind: peer, values) == IPAddress(expected))
    }

    @Test(arguments: [
        "unknown", "_hidden", "-", "for=203.0.113.7", "\"203.0.113.7\"", "203.0.113.7:",
        "203.0.113.7:0", "203.0.113.7:65536", "203.0.113.7:+1", "203.0.113.7:1:2", "203.0.113.007",
        "[203.0.113.7]", "[2001:db8::7", "2001:db8::7]", "[2001:db8::7]443", "[2001:db8::7]:",
        "[]", "[2001:db8::7%1]", "203.0.113.7 198.51.100.1", "203.0.113.7;", "client.example",
        "203.0.113.7\u{e9}", "[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]:000443",
    ])
    func `An entry that cannot be read ends the way at the proxy behind it`(entry: String) throws {
        #expect(try client(behind: "10.0.0.1", [entry]) == IPAddress("10.0.0.1"))
        #expect(
            try client(behind: "10.0.0.1", ["198.51.100.1", "\(entry), 10.0.0.2"])
                == IPAddress("10.0.0.2"))
    }

    @Test
    func `What a client makes up in front of its proxies changes nothing`() throws {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        let pieces = ["10.0.0.5", "198.51.100.1", ",", ", ", "[", "]", ":", "::1", " ", "x", "é"]
        for _ in 0..<2000 {
            let count = Int.random(in: 0...20, using: &generator)
            let claim = (0..<count).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &generator)]
            }.joined()
            for values in [[claim + ",203.0.113.7, 10.0.0.2"], [claim, "203.0.113.7", "10.0.0.2"]] {
                #expect(
                    try client(behind: "10.0.0.1", values) == IPAddress("203.0.113.7"),
                    "\(values), seed \(seed)")
            }
        }
    }

    @Test
    func `So many entries are looked at and no more`() throws {
        for proxyCount in [TrustedProxies.entryCountMax - 1, TrustedProxies.entryCountMax] {
            let hops = (1...proxyCount).map { "10.0.1.\($0)" }
            let isWithin = proxyCount < TrustedProxies.entryCountMax
            for values in [
                [(["203.0.113.7"] + hops).joined(separator: ",")], ["203.0.113.7"] + hops,
            ] {
                #expect(
                    try client(behind: "10.0.0.1", values)
                        == IPAddress(isWithin ? "203.0.113.7" : "10.0.1.1"))
            }
        }
    }

    @Test
    func `Without proxies nobody is believed`() throws {
        let proxies = TrustedProxies()
        let peer = try #require(IPAddress("127.0.0.1"))
        #expect(!proxies.contains(peer))
        #expect(proxies.client(behind: peer, forwardedFor: [Array("1.2.3.4".utf8)[...]]) == peer)
    }

    @Test
    func `A list is as long as the bound and no longer, and names what is wrong`() throws {
        let most = (0..<TrustedProxies.blockCountMax).map { "10.0.\($0 / 256).\($0 % 256)" }
        #expect(try TrustedProxies(most).contains(try #require(IPAddress("10.0.0.255"))))
        #expect(throws: TrustedProxiesError.tooMany(max: TrustedProxies.blockCountMax)) {
            try TrustedProxies(most + ["10.1.0.0"])
        }
        #expect(throws: TrustedProxiesError.notABlock("10.0.0.1/8", .hasBitsBehindPrefix)) {
            try TrustedProxies(["127.0.0.1", "10.0.0.1/8"])
        }
    }
}
