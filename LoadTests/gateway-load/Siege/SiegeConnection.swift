import EventLoop
import LoadTesting
import WebSocketProtocol

/// One hostile connection: sends what it was given, then perhaps a byte now and then, and notes how
/// the gateway ends it. Confined to its loop.
final class SiegeConnection: DescriptorHandler, TimerHandler {
    /// What it does.
    struct Script: Sendable {
        /// What is sent as fast as the gateway takes it.
        var bytes: [UInt8]
        /// Sent over and over after that, a byte a second; nothing where it is nil.
        var drip: UInt8?
    }

    /// Answers are an HTTP head and a Close frame: what comes beyond is not kept.
    private static let keptByteCountMax = 64 * 1024

    private let loop: EventLoop
    private let script: Script
    private let ended: (SiegeConnection) -> Void
    private var socket: StreamSocket?
    private var registration: Registration?
    private var timer: TimerID?
    private var sentByteCount = 0
    private var isConnected = false
    private var received: [UInt8] = []
    private let startTime = MonotonicTime.current()
    /// Nanoseconds from the first SYN to the end.
    private(set) var lifetime: UInt64 = 0

    /// Begins to connect.
    ///
    /// - Parameters:
    ///   - loop: the connection's.
    ///   - address: the gateway's.
    ///   - script: what it does.
    ///   - ended: called once, when the gateway has ended the connection.
    /// - Throws: what the kernel says at once.
    init(
        on loop: EventLoop, to address: SocketAddress, script: Script,
        ended: @escaping (SiegeConnection) -> Void
    ) throws(SystemError) {
        self.loop = loop
        self.script = script
        self.ended = ended
        let socket = try StreamSocket.connecting(to: address)
        let descriptor = socket.descriptor
        self.socket = consume socket
        registration = try loop.register(
            descriptor, interest: [.readable, .writable], handler: self)
    }

    func descriptorReady(_ readiness: Readiness) {
        if !isConnected {
            guard socket?.connectionError() == nil else { return end() }
            isConnected = true
        }
        if readiness.contains(.readable) || readiness.contains(.failed) { read() }
        if readiness.contains(.writable) { write() }
    }

    func timerFired(token: UInt32) {
        timer = nil
        guard let drip = script.drip else { return }
        // Safety: the array outlives the call. What the socket does not take is not missed.
        _ = unsafe [drip].withUnsafeBytes { unsafe socket?.write($0) }
        scheduleDrip()
    }

    private func write() {
        while sentByteCount < script.bytes.count {
            // Safety: the rest of the array is read during the call.
            let result = unsafe script.bytes.withUnsafeBytes { bytes in
                unsafe socket?.write(UnsafeRawBufferPointer(rebasing: bytes[sentByteCount...]))
            }
            guard case .bytes(let count) = result else {
                // A broken connection may still have an answer to be read.
                if result != .wouldBlock { stopWriting() }
                return
            }
            sentByteCount += count
        }
        stopWriting()
        scheduleDrip()
    }

    private func stopWriting() {
        if let registration { loop.setInterest(.readable, of: registration) }
    }

    private func scheduleDrip() {
        guard script.drip != nil, registration != nil, timer == nil else { return }
        timer = loop.schedule(after: .seconds(1), handler: self)
    }

    private func read() {
        // Safety: the loop's buffer is used until this returns; what is kept is copied.
        let buffer = unsafe loop.readBuffer.bytes
        switch unsafe socket?.read(into: buffer) {
        case .bytes(let count):
            let room = max(0, Self.keptByteCountMax - received.count)
            unsafe received.append(contentsOf: buffer[..<min(count, room)])
        case .wouldBlock: break
        case .endOfStream, .failed, nil: end()
        }
    }

    private func end() {
        guard let registration else { return }
        loop.unregister(registration)
        self.registration = nil
        if let timer { loop.cancel(timer) }
        timer = nil
        socket = nil
        lifetime = MonotonicTime.current().nanoseconds - startTime.nanoseconds
        ended(self)
    }

    /// How the gateway ended it, in words.
    var outcome: String {
        let text = String(decoding: received.prefix(64), as: UTF8.self)
        guard text.hasPrefix("HTTP/1.1 ") else {
            return received.isEmpty ? "ended without an answer" : "ended with a TLS alert"
        }
        let status = text.dropFirst(9).prefix(3)
        guard status == "101" else { return "answered with HTTP \(status)" }
        return closeCode.map { "closed with \($0)" } ?? "ended without a Close frame"
    }

    /// The code of the Close frame, which is the last frame (RFC 6455 §5.5.1).
    private var closeCode: Int? {
        let separator = Array("\r\n\r\n".utf8)
        guard
            let head = received.indices.first(where: {
                received[$0...].starts(with: separator)
            })
        else { return nil }
        var rest = received[(head + separator.count)...]
        while let opcode = rest.first, rest.count >= 2 {
            let short = Int(rest[rest.startIndex + 1] & 0x7f)
            var headerByteCount = 2
            var byteCount = short
            if short == 126, rest.count >= 4 {
                headerByteCount = 4
                byteCount =
                    Int(rest[rest.startIndex + 2]) << 8 | Int(rest[rest.startIndex + 3])
            }
            let payload = rest.dropFirst(headerByteCount).prefix(byteCount)
            if opcode & 0x0f == 8, payload.count >= 2 {
                return Int(payload[payload.startIndex]) << 8
                    | Int(payload[payload.startIndex + 1])
            }
            rest = rest.dropFirst(headerByteCount + byteCount)
        }
        return nil
    }
}
