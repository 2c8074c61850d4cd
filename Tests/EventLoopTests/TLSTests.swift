import Glibc
import TestSupport
import Testing

@testable import EventLoop

@Suite("TLS")
struct TLSTests {
    /// Two connected sockets, driven by turns on one thread.
    private struct Pair: ~Copyable {
        var server: StreamSocket
        var client: StreamSocket

        init() throws {
            var numbers: [Int32] = [0, 0]
            let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
            // Safety: two descriptors are written to the array.
            try #require(unsafe socketpair(AF_UNIX, type, 0, &numbers) == 0)
            server = StreamSocket(accepted: OwnedDescriptor(numbers[0]))
            client = StreamSocket(accepted: OwnedDescriptor(numbers[1]))
        }

        /// Drives both handshakes until both have ended.
        func handshake() -> (server: TLSHandshakeProgress, client: TLSHandshakeProgress) {
            var server = TLSHandshakeProgress.wants(.readable)
            var client = TLSHandshakeProgress.wants(.readable)
            for _ in 0..<20 {
                if case .wants = client { client = self.client.advanceHandshake() }
                if case .wants = server { server = self.server.advanceHandshake() }
            }
            return (server, client)
        }
    }

    private func read(
        _ socket: borrowing StreamSocket, upTo count: Int = 65_536
    ) -> (
        bytes: [UInt8], result: TransferResult
    ) {
        var bytes = [UInt8](repeating: 0, count: count)
        // Safety: the array is written within its bounds.
        let result = unsafe bytes.withUnsafeMutableBytes { unsafe socket.read(into: $0) }
        if case .bytes(let count) = result { return (Array(bytes.prefix(count)), result) }
        return ([], result)
    }

    private func write(_ bytes: [UInt8], to socket: borrowing StreamSocket) -> TransferResult {
        // Safety: the array is read during the call.
        unsafe bytes.withUnsafeBytes { unsafe socket.write($0) }
    }

    private func files(_ certificate: TestCertificate) -> TLSCertificateFiles {
        TLSCertificateFiles(
            certificatePath: certificate.certificatePath, keyPath: certificate.keyPath)
    }

    /// Two ends behind their handshakes.
    private func securedPair() throws -> Pair {
        let certificate = try TestCertificate(names: ["gateway.test"])
        var pair = try Pair()
        try pair.server.startTLS(as: try TLSServerIdentity(files: [files(certificate)]))
        try pair.client.startTLS(
            to: "gateway.test", trusting: try TLSTrust(authorityPath: certificate.certificatePath))
        _ = pair.handshake()
        return pair
    }

    @Test("Bytes go both ways after the handshake, and the end is a close_notify")
    func roundTrip() throws {
        let certificate = try TestCertificate(names: ["gateway.test"])
        var pair = try Pair()
        try pair.server.startTLS(as: try TLSServerIdentity(files: [files(certificate)]))
        try pair.client.startTLS(
            to: "gateway.test", trusting: try TLSTrust(authorityPath: certificate.certificatePath))
        let progress = pair.handshake()
        #expect(progress.server == .finished)
        #expect(progress.client == .finished)
        #expect(read(pair.server).result == .wouldBlock)
        #expect(write(Array("up".utf8), to: pair.client) == .bytes(2))
        #expect(write(Array("down".utf8), to: pair.server) == .bytes(4))
        #expect(read(pair.server).bytes == Array("up".utf8))
        #expect(read(pair.client).bytes == Array("down".utf8))
        pair.server.shutdownWriting()
        #expect(read(pair.client).result == .endOfStream)
    }

    @Test("Several pieces arrive as one run of bytes, at most a record per call")
    func gather() throws {
        let pair = try securedPair()
        var first = [UInt8](repeating: 1, count: 10_000)
        var second = [UInt8](repeating: 2, count: 10_000)
        // Safety: both arrays live until the call has returned.
        let result = unsafe first.withUnsafeMutableBytes { first in
            unsafe second.withUnsafeMutableBytes { second in
                // Pairs of address and byte count, as the call documents them.
                var segments = unsafe [
                    (first.baseAddress, first.count), (second.baseAddress, second.count),
                ]
                return unsafe segments.withUnsafeMutableBytes { segments in
                    unsafe segments.baseAddress.map {
                        unsafe pair.server.write(segments: $0, count: 2)
                    }
                }
            }
        }
        #expect(result == .bytes(16_384))
        let expected = [UInt8](repeating: 1, count: 10_000) + [UInt8](repeating: 2, count: 6384)
        let received = read(pair.client).bytes
        #expect(received.count == expected.count)
        #expect(received.elementsEqual(expected))
    }

    @Test("A full socket keeps one record waiting, takes no more, and loses nothing")
    func backpressure() throws {
        let pair = try securedPair()
        var sent: [UInt8] = []
        var counter = 0
        while true {
            let chunk = (0..<9000).map { UInt8(truncatingIfNeeded: ($0 + counter) &* 31) }
            counter += 1
            let result = write(chunk, to: pair.server)
            guard case .bytes(let count) = result else {
                #expect(result == .wouldBlock)
                break
            }
            sent += chunk.prefix(count)
            try #require(counter < 10_000)
        }
        #expect(pair.server.hasPendingOutput == true)
        #expect(pair.server.flushPending() == .wouldBlock)
        var received: [UInt8] = []
        var idleCount = 0
        while received.count < sent.count && idleCount < 3 {
            let (bytes, _) = read(pair.client)
            received += bytes
            idleCount = bytes.isEmpty ? idleCount + 1 : 0
            _ = pair.server.flushPending()
        }
        #expect(received == sent)
        #expect(pair.server.hasPendingOutput == false)
        #expect(pair.server.flushPending() == nil)
    }

    @Test("A small buffer leaves bytes that a further read gives without the socket")
    func bufferedInput() throws {
        let pair = try securedPair()
        #expect(write(Array("0123456789".utf8), to: pair.client) == .bytes(10))
        #expect(read(pair.server, upTo: 4).bytes == Array("0123".utf8))
        #expect(pair.server.hasBufferedInput == true)
        #expect(read(pair.server, upTo: 64).bytes == Array("456789".utf8))
        #expect(pair.server.hasBufferedInput == false)
    }

    @Test("A read that met the end behind its bytes says that a further one gives something")
    func endBehindBytes() throws {
        let pair = try securedPair()
        #expect(write(Array("last".utf8), to: pair.client) == .bytes(4))
        pair.client.shutdownWriting()
        #expect(read(pair.server).bytes == Array("last".utf8))
        // The close_notify has been taken off the socket, which would not tell of it again.
        #expect(pair.server.hasBufferedInput == true)
        #expect(read(pair.server).result == .endOfStream)
        #expect(pair.server.hasBufferedInput == false)
    }

    @Test("A client refuses a certificate for another name, or one that it does not trust")
    func verification() throws {
        let certificate = try TestCertificate(names: ["gateway.test", "127.0.0.1"])
        let stranger = try TestCertificate(names: ["gateway.test"])
        let cases: [(host: String, trusted: TestCertificate, isAccepted: Bool)] = [
            ("gateway.test", certificate, true), ("127.0.0.1", certificate, true),
            ("other.test", certificate, false), ("127.0.0.2", certificate, false),
            ("gateway.test", stranger, false),
        ]
        let identity = try TLSServerIdentity(files: [files(certificate)])
        for (host, trusted, isAccepted) in cases {
            var pair = try Pair()
            try pair.server.startTLS(as: identity)
            try pair.client.startTLS(
                to: host, trusting: try TLSTrust(authorityPath: trusted.certificatePath))
            let progress = pair.handshake()
            #expect((progress.client == .finished) == isAccepted, "\(host)")
            if !isAccepted {
                guard case .failed(let error) = progress.client else { continue }
                #expect(error.description.contains("certificate verify failed"))
                guard case .failed = progress.server else {
                    Issue.record("the server was not told")
                    continue
                }
            }
        }
    }

    @Test("The client's server name chooses the certificate; an unknown one gets the first")
    func serverName() throws {
        let first = try TestCertificate(names: ["one.test"])
        let second = try TestCertificate(names: ["two.test", "*.wild.test"])
        let identity = try TLSServerIdentity(files: [files(first), files(second)])
        let cases = [
            ("one.test", first, true), ("two.test", second, true), ("a.wild.test", second, true),
            ("two.test", first, false),
        ]
        for (host, trusted, isAccepted) in cases {
            var pair = try Pair()
            try pair.server.startTLS(as: identity)
            try pair.client.startTLS(
                to: host, trusting: try TLSTrust(authorityPath: trusted.certificatePath))
            #expect((pair.handshake().client == .finished) == isAccepted, "\(host)")
        }
    }

    @Test("A renewed certificate is used after a reload; a damaged one leaves the former in use")
    func reload() throws {
        let certificate = try TestCertificate(names: ["old.test"])
        let identity = try TLSServerIdentity(files: [files(certificate)])
        func connects(to host: String) throws -> Bool {
            var pair = try Pair()
            try pair.server.startTLS(as: identity)
            try pair.client.startTLS(
                to: host, trusting: try TLSTrust(authorityPath: certificate.certificatePath))
            return pair.handshake().client == .finished
        }
        #expect(try connects(to: "old.test"))
        try certificate.write(names: ["new.test"])
        try identity.reload()
        #expect(try connects(to: "new.test"))
        // Safety: the path is read during the call.
        try #require(unsafe truncate(certificate.keyPath, 10) == 0)
        #expect(throws: TLSError.self) { try identity.reload() }
        #expect(try connects(to: "new.test"))
    }

    @Test("Bytes that are no handshake fail it")
    func garbage() throws {
        let certificate = try TestCertificate(names: ["gateway.test"])
        var pair = try Pair()
        try pair.server.startTLS(as: try TLSServerIdentity(files: [files(certificate)]))
        #expect(write(Array("GET / HTTP/1.1\r\n\r\n".utf8), to: pair.client) == .bytes(18))
        guard case .failed = pair.server.advanceHandshake() else {
            Issue.record("the handshake went on")
            return
        }
    }
}
