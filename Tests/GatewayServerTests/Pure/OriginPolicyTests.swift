import Testing

@testable import GatewayServer

@Suite("OriginPolicy (RFC 6455 §10.2)") struct OriginPolicyTests {
    static let allowed = [
        "https://App.Example", "http://dev.example:3000", "https://[2001:db8::1]",
    ]

    @Test(
        "decides by scheme, host and port",
        arguments: [
            // Programs that are no browsers send none.
            (nil, "gateway.example", true),
            ("https://app.example", "gateway.example", true),
            ("HTTPS://APP.EXAMPLE:443", "gateway.example", true),
            ("http://app.example", "gateway.example", false),
            ("https://app.example:8443", "gateway.example", false),
            ("http://dev.example:3000", "gateway.example", true),
            ("http://dev.example", "gateway.example", false),
            ("https://[2001:db8::1]", "gateway.example", true),
            // The node's own origin, over either scheme.
            ("https://gateway.example", "gateway.example", true),
            ("http://gateway.example", "GATEWAY.example", true),
            ("http://127.0.0.1:8080", "127.0.0.1:8080", true),
            ("http://127.0.0.1", "127.0.0.1:80", true),
            ("http://127.0.0.1:8081", "127.0.0.1:8080", false),
            // What only looks like an allowed one.
            ("https://app.example.evil", "gateway.example", false),
            ("https://evil-app.example", "gateway.example", false),
            ("https://app.example@evil", "gateway.example", false),
            ("https://app.example/", "gateway.example", false),
            ("https://app.example#", "gateway.example", false),
            ("ftp://app.example", "gateway.example", false),
            ("https://", "gateway.example", false),
            ("https://:443", "", false),
            ("null", "null", false),
            ("", "", false),
            ("file://", "", false),
        ] as [(String?, String, Bool)])
    func decision(origin: String?, authority: String, isAllowed: Bool) throws {
        let policy = try OriginPolicy(allowedOrigins: Self.allowed)
        #expect(policy.allows(origin: origin, authority: authority) == isAllowed)
    }

    @Test(
        "takes the node's own origin over TLS alone where cookies are for TLS alone",
        arguments: [
            ("https://gateway.example", true), ("http://gateway.example", false),
            // What the operator names is allowed as it is named.
            ("http://dev.example:3000", true), ("https://dev.example:3000", false),
        ])
    func encrypted(origin: String, isAllowed: Bool) throws {
        let policy = try OriginPolicy(allowedOrigins: Self.allowed)
        let decision = policy.allows(
            origin: origin, authority: "gateway.example", requiresTLS: true)
        #expect(decision == isAllowed)
    }

    @Test(
        "refuses entries that are no origins",
        arguments: [
            "app.example", "https://app.example/", "https://*.example", "null", "", "ws://a",
        ])
    func badEntry(entry: String) {
        #expect(throws: OriginPolicyError.notAnOrigin(entry)) {
            try OriginPolicy(allowedOrigins: [entry])
        }
    }

    @Test func `holds so many origins and no more`() throws {
        let max = OriginPolicy.originCountMax
        let names = (0...max).map { "https://a\($0).example" }
        _ = try OriginPolicy(allowedOrigins: Array(names.dropLast()))
        #expect(throws: OriginPolicyError.tooMany(max: max)) {
            try OriginPolicy(allowedOrigins: names)
        }
    }
}
