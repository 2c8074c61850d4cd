import EventLoop
import Glibc
import TestSupport

/// A client's end of a TLS connection to a port of 127.0.0.1, for tests that say which bytes go
/// into which record. Its calls block, at most for a minute.
/// Not for more than one thread at a time.
final class TLSPeer {
    /// What a call failed with.
    enum Failure: Error {
        case timedOut
        case connecting(SystemError)
        case handshake(TLSError)
        case transfer(TransferResult)
    }

    private static let millisecondsMax: Int32 = 60_000

    private var socket: StreamSocket
    private var input: [UInt8] = []
    private var offset = 0

    /// Connects, and does the TLS handshake.
    init(port: UInt16, trusting certificate: TestCertificate) throws {
        socket = try .connecting(to: .internet(host: "127.0.0.1", port: port))
        try wait(Int16(POLLOUT))
        if let error = socket.connectionError() { throw Failure.connecting(error) }
        try socket.startTLS(
            to: "127.0.0.1", trusting: TLSTrust(authorityPath: certificate.certificatePath))
        while true {
            switch socket.advanceHandshake() {
            case .finished: return
            case .wants(let readiness):
                try wait(Int16(readiness.contains(.writable) ? POLLOUT : POLLIN))
            case .failed(let error): throw Failure.handshake(error)
            }
        }
    }

    private func wait(_ events: Int16) throws {
        var poller = pollfd(fd: socket.descriptor, events: events, revents: 0)
        // Safety: one pollfd is passed, and its count.
        guard unsafe poll(&poller, 1, Self.millisecondsMax) > 0 else { throw Failure.timedOut }
    }

    /// Sends bytes as one record, of which it may be no more than fit (RFC 8446 §5.1).
    func send(record bytes: [UInt8]) throws {
        while true {
            // Safety: the array is read during the call.
            let result = unsafe bytes.withUnsafeBytes { unsafe socket.write($0) }
            if case .bytes(bytes.count) = result { break }
            guard case .wouldBlock = result else { throw Failure.transfer(result) }
            try wait(Int16(POLLOUT))
        }
        while let stopped = socket.flushPending() {
            guard case .wouldBlock = stopped else { throw Failure.transfer(stopped) }
            try wait(Int16(POLLOUT))
        }
    }

    /// Takes so many bytes, waiting for them.
    func take(_ count: Int) throws -> [UInt8] {
        while input.count - offset < count { try fill() }
        defer { offset += count }
        return Array(input[offset..<offset + count])
    }

    /// The bytes up to and including a pattern.
    func take(through pattern: String) throws -> String {
        let end = Array(pattern.utf8)
        var bytes: [UInt8] = []
        while !bytes.suffix(end.count).elementsEqual(end) { bytes += try take(1) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The payload of the next frame, as text; a server's frames have no mask (RFC 6455 §5.1).
    func nextText() throws -> String {
        var count = Int(try take(2)[1])
        if count >= 126 { count = try take(count == 126 ? 2 : 8).reduce(0) { $0 << 8 | Int($1) } }
        return String(decoding: try take(count), as: UTF8.self)
    }

    private func fill() throws {
        if offset > 65_536 {
            input.removeFirst(offset)
            offset = 0
        }
        var piece = [UInt8](repeating: 0, count: 65_536)
        // Safety: the array is written within its bounds.
        let result = unsafe piece.withUnsafeMutableBytes { unsafe socket.read(into: $0) }
        switch result {
        case .bytes(let count): input += piece[..<count]
        case .wouldBlock: try wait(Int16(POLLIN))
        case .endOfStream, .failed: throw Failure.transfer(result)
        }
    }
}
