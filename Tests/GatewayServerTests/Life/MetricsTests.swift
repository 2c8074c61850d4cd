import Foundation
import TestSupport
import Testing

/// What `/metrics` says, as a scraper reads it and as the contract lists it.
@Suite("Metrics", .timeLimit(.minutes(10))) struct MetricsTests {
    /// A metric as the text format 0.0.4 has it.
    struct Family: Equatable {
        var help: String
        var kind: String
        var samples: [String: Double] = [:]
    }

    /// Something that the format does not allow.
    struct Malformed: Error {
        let line: Substring
    }

    /// Reads the text format strictly: each metric has its help, its kind and then its samples, all
    /// together and once.
    static func parse(_ text: String) throws -> [String: Family] {
        var families: [String: Family] = [:]
        var current = ""
        #expect(text.hasSuffix("\n"))
        for line in text.split(separator: "\n") {
            if let match = line.wholeMatch(of: /# HELP ([a-z][a-z0-9_]*) (.+)/) {
                current = String(match.1)
                guard families[current] == nil else { throw Malformed(line: line) }
                families[current] = Family(help: String(match.2), kind: "")
            } else if let match = line.wholeMatch(of: /# TYPE ([a-z0-9_]+) (counter|gauge)/) {
                guard match.1 == current else { throw Malformed(line: line) }
                families[current]?.kind = String(match.2)
            } else {
                let sample =
                    /([a-z0-9_]+)(\{(?:[a-z_]+="(?:[^"\\]|\\["\\n])*",?)*\})? (-?[0-9.e+]+)/
                guard let match = line.wholeMatch(of: sample), match.1 == current,
                    let value = Double(match.3),
                    families[current]?.samples.updateValue(value, forKey: String(match.2 ?? ""))
                        == nil
                else { throw Malformed(line: line) }
            }
        }
        return families
    }

    @Test func `the text is what a scraper reads, and counters are named as such`() async throws {
        try await withGateway(loops: 2) { scene in
            let client = try scene.client()
            _ = try client.call("ping")
            _ = try client.call("nonsense.method")
            try client.socket.send(RawWebSocket.binary, [1])
            #expect(try client.close().closeCode == 1003)
            #expect(try scene.ask("GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n").status == 404)
            let answer = try scene.operate("/metrics")
            #expect(answer.field("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
            let families = try Self.parse(answer.body)
            for (name, family) in families {
                #expect(name.hasPrefix("tradermind_"))
                #expect((family.kind == "counter") == name.hasSuffix("_total"), "\(name)")
                #expect(family.help.hasSuffix("."))
            }
            #expect(families["tradermind_closes_total"]?.samples[#"{code="1003"}"#] == 1)
            #expect(families["tradermind_http_responses_total"]?.samples[#"{status="404"}"#] == 1)
            #expect(families["tradermind_requests_total"]?.samples[#"{method="ping"}"#] == 1)
            #expect(families["tradermind_request_errors_total"]?.samples[#"{code="-32601"}"#] == 1)
        }
    }

    @Test(
        "The faults of a peer are counted under the code that it was told",
        arguments: [
            (1002, RawWebSocket.frame(3, [])),
            (1002, RawWebSocket.frame(RawWebSocket.text, [0x7b], isMasked: false)),
            (1007, RawWebSocket.frame(RawWebSocket.text, [0xff])),
            (1009, RawWebSocket.frame(RawWebSocket.text, [UInt8](repeating: 0x20, count: 70_000))),
            (
                1008,
                [UInt8](
                    (0..<200).map { _ in RawWebSocket.frame(RawWebSocket.ping, []) }.joined())
            ),
        ])
    func faults(code: Int, bytes: [UInt8]) async throws {
        try await withGateway { scene in
            let client = try scene.client()
            try client.socket.connection.send(bytes)
            #expect(try client.close().closeCode == code)
            let families = try Self.parse(try scene.operate("/metrics").body)
            #expect(
                families["tradermind_closes_total"]?.samples == [#"{code="\#(code)"}"#: 1])
        }
    }

    @Test(
        "Protocol/metrics.md lists every metric (TRADERMIND_UPDATE_PROTOCOL=1 rewrites it)")
    func documented() async throws {
        try await withGateway { scene in
            let families = try Self.parse(try scene.operate("/metrics").body)
            let rows = families.sorted { $0.key < $1.key }.map { name, family in
                "| `\(name)` | \(family.kind) | \(family.help) |\n"
            }
            let text = Self.introduction + rows.joined()
            let file = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../../../Protocol/metrics.md").standardized
            if ProcessInfo.processInfo.environment["TRADERMIND_UPDATE_PROTOCOL"] == "1" {
                try Data(text.utf8).write(to: file)
            }
            #expect(try String(contentsOf: file, encoding: .utf8) == text)
        }
    }

    private static let introduction = """
        # Metrics

        `GET /metrics` on the internal port, in the text format 0.0.4 of Prometheus. Counters count
        since the node's start, over all its loops.

        | name | kind | what it says |
        |---|---|---|

        """
}
