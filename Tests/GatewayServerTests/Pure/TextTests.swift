import Testing
import WebSocketProtocol

@testable import GatewayServer

@Suite("PrometheusText") struct PrometheusTextTests {
    @Test func `writes help, type and samples`() {
        var text = PrometheusText()
        text.add("a_total", .counter, help: "Some.", 3)
        text.add(
            "b", .gauge, help: "Others.",
            [(labels: [("code", "1"), ("x", "y")], value: 0.5), (labels: [], value: -2)])
        #expect(
            text.text == """
                # HELP a_total Some.
                # TYPE a_total counter
                a_total 3
                # HELP b Others.
                # TYPE b gauge
                b{code="1",x="y"} 0.5
                b -2

                """)
    }

    @Test(
        "escapes what a label's value may not hold",
        arguments: [
            ("plain", "plain"), ("a\"b", "a\\\"b"), ("a\\b", "a\\\\b"), ("a\nb", "a\\nb"),
            ("\\n", "\\\\n"), ("é\u{1F600}", "é\u{1F600}"), ("", ""), ("\r\n", "\r\\n"),
        ])
    func escaping(value: String, written: String) {
        var text = PrometheusText()
        text.add("m", .gauge, help: "h", [(labels: [("l", value)], value: 1)])
        #expect(text.text.hasSuffix("m{l=\"\(written)\"} 1\n"))
    }

    @Test(
        "writes whole numbers without a point",
        arguments: [
            (0, "0"), (1e15, "1000000000000000"), (0.25, "0.25"), (1e300, "1e+300"),
        ] as [(Double, String)])
    func numbers(value: Double, written: String) {
        var text = PrometheusText()
        text.add("m", .gauge, help: "h", [(labels: [], value: value)])
        #expect(text.text.hasSuffix("m \(written)\n"))
    }
}

@Suite("HTTPResponse (RFC 9112 §4)") struct HTTPResponseTests {
    static func text(_ response: HTTPResponse, withBody: Bool = true) -> String {
        String(decoding: response.encoded(withBody: withBody), as: UTF8.self)
    }

    @Test func `has its length and closes the connection`() {
        let text = Self.text(.text("ok\n"))
        #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(text.contains("\r\nContent-Length: 3\r\n"))
        #expect(text.contains("\r\nConnection: close\r\n"))
        #expect(text.contains("\r\nCache-Control: no-store\r\n"))
        #expect(text.contains("\r\nX-Content-Type-Options: nosniff\r\n"))
        #expect(text.hasSuffix("\r\n\r\nok\n"))
    }

    @Test func `without its body it has the fields of the whole`() {
        let response = HTTPResponse.text("twelve bytes")
        let whole = Self.text(response)
        #expect(Self.text(response, withBody: false) + "twelve bytes" == whole)
    }

    @Test func `leaves Connection and Cache-Control to who names them`() {
        let text = Self.text(
            HTTPResponse(
                status: .upgradeRequired,
                fields: [
                    HTTPField("Connection", "Upgrade"), HTTPField("Cache-Control", "max-age=9"),
                ]
            ))
        #expect(text.contains("\r\nConnection: Upgrade\r\n") && !text.contains("close"))
        #expect(text.contains("\r\nCache-Control: max-age=9\r\n") && !text.contains("no-store"))
    }
}
