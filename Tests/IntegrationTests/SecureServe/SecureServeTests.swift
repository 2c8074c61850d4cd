import Foundation
import Glibc
import TestSupport
import Testing

/// `gateway serve` with certificates, with the program itself and a client of another make.
@Suite(
    "gateway serve over TLS", .timeLimit(.minutes(10)), .serialized,
    .enabled(if: ServedGateway.programPath != nil, "the program `gateway` is not built"),
    .enabled(if: PrivateRedisServer.speaksTLS, "\(PrivateRedisServer.noTLSReason)"))
struct SecureServeTests {
    static let python = ProcessInfo.processInfo.environment["TRADERMIND_TEST_PYTHON"] ?? ""

    @Test(
        "An independent client gets ticks and documents, and renewed certificates, over TLS",
        .enabled(if: !python.isEmpty, "TRADERMIND_TEST_PYTHON names no interpreter"))
    func ticks() throws {
        let certificate = try TestCertificate(names: ["127.0.0.1"])
        let former = try TestCertificate(names: ["unused"])
        try former.replaceCertificate(by: certificate)
        let (redis, url) = try PrivateRedisServer.withTLS(certificate)
        let gateway = try ServedGateway()
        // Redis is reached over TLS too; the script publishes by its unix socket.
        try gateway.configure(
            redis: #""url": "\#(url)", "ca_file": "\#(former.certificatePath)""#,
            tls: ServedGateway.section(certificate))
        let port = try gateway.serve()
        let token = try gateway.token()
        func script(_ mode: String, trusting certificate: TestCertificate) throws {
            let outcome = try gateway.run(
                [
                    "-c", SecureTicksScript.text, String(port), certificate.certificatePath,
                    token, redis.socketPath, mode,
                ], program: Self.python)
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        }
        try script("ticks", trusting: certificate)

        try certificate.write(names: ["127.0.0.1"])
        try script("refused", trusting: certificate)
        gateway.signal(SIGHUP)
        try gateway.waitForLog("the certificates were read again")
        try script("ticks", trusting: certificate)
        try script("refused", trusting: former)

        try Data("none".utf8).write(to: URL(fileURLWithPath: certificate.keyPath))
        gateway.signal(SIGHUP)
        try gateway.waitForLog("the former stay in use")
        try script("ticks", trusting: certificate)
        #expect(try gateway.end() == 0)
        redis.kill()
    }

    @Test func `without certificates SIGHUP says that there is nothing to read`() throws {
        let redis = try PrivateRedisServer()
        let gateway = try ServedGateway()
        try gateway.configure(redis: #""url": "\#(redis.url)""#, tls: nil)
        _ = try gateway.serve()
        gateway.signal(SIGHUP)
        try gateway.waitForLog("nothing to reload")
        #expect(try gateway.end() == 0)
    }

    @Test func `a node has as many descriptors as it may have`() throws {
        let redis = try PrivateRedisServer()
        let gateway = try ServedGateway()
        try gateway.configure(redis: #""url": "\#(redis.url)""#, tls: nil)
        _ = try gateway.serve(softFileLimit: 256)
        let limits = try gateway.fileLimits()
        #expect(limits.hard > 256 && limits.soft == limits.hard)
        #expect(try gateway.end() == 0)
    }

    @Test func `check-config takes good settings and names what is wrong with others`() throws {
        let certificate = try TestCertificate(names: ["a.test"])
        let other = try TestCertificate(names: ["b.test"])
        let gateway = try ServedGateway()
        let plain = #""url": "redis://127.0.0.1""#
        let secure = #""url": "rediss://127.0.0.1""#
        let certificateFile = certificate.certificatePath
        let mixed =
            #"{"certificate_file": "\#(certificateFile)", "key_file": "\#(other.keyPath)"}"#
        let cases: [(redis: String, tls: String?, words: String)] = [
            (plain, nil, "tls        off"),
            (plain, "{}", "tls        off"),
            (plain, ServedGateway.section(certificate, other), "tls        on"),
            (
                #"\#(secure), "ca_file": "\#(certificateFile)""#, nil,
                "rediss://127.0.0.1:6379/0"
            ),
            (plain, #"{"certificates": []}"#, "tls.certificates is not usable: a listener has 1"),
            (plain, #"{"handshake_threads": 2}"#, "tls.certificates is missing"),
            (
                plain, #"{"handshake_threads": 0, "certificates": []}"#,
                "tls.handshake_threads has to be a whole number from 1 to 64"
            ),
            (plain, #"{"certificates": [{}]}"#, "tls.certificates[0].certificate_file is missing"),
            (
                plain, #"{"certificates": [{"certificate_file": "x", "keyfile": "y"}]}"#,
                "tls.certificates[0].key_file is missing"
            ),
            (
                plain,
                #"{"certificates": [{"certificate_file": "/none", "key_file": "/none"}]}"#,
                "tls.certificates[0] is not usable: reading the certificate chain"
            ),
            (
                plain, #"{"certificates": [\#(mixed)]}"#,
                "tls.certificates[0] is not usable"
            ),
            (plain, #"{"certificate": []}"#, "did you mean certificates?"),
            (
                #"\#(plain), "ca_file": "\#(certificateFile)""#, nil,
                "redis.ca_file is for a redis.url that begins with rediss://"
            ),
            (#"\#(secure), "ca_file": "/none""#, nil, "redis.ca_file is not usable"),
        ]
        for (redis, tls, words) in cases {
            try gateway.configure(redis: redis, tls: tls)
            let outcome = try gateway.check()
            let said = outcome.output + outcome.errors
            #expect(said.contains(words), "\(said)")
            #expect((outcome.status == 0) == outcome.output.contains("is usable"))
        }
    }
}
