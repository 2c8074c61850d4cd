import EventLoop
import Security
import WebSocketProtocol

/// One request with its connection, from the look-up of the name to the end of the answer.
///
/// Confined to its loop; the fetcher keeps it until its end.
final class HTTPExchange {
    private enum Phase {
        case resolving
        case connecting
        /// The TLS handshake.
        case securing
        /// The request goes out, and the answer may come at any time.
        case exchanging
        case ended
    }

    private enum Timer: UInt32 {
        /// The current address has to be connected by now.
        case address
        /// The first byte has to be here by now.
        case firstByte
        /// Everything has to be over by now.
        case total
    }

    private unowned let fetcher: HTTPFetcher
    private let loop: EventLoop
    private let limits: HTTPFetchLimits
    private let url: HTTPURL
    private let output: SecretBytes
    private var outputOffset = 0
    private var parser: HTTPResponseParser
    private var completion: ((Result<HTTPFetchResponse, HTTPFetchError>) -> Void)?

    private var phase = Phase.resolving
    private var addresses: ArraySlice<SocketAddress> = []
    private var connectDeadline: MonotonicTime
    private var socket: StreamSocket?
    private var registration: Registration?
    private var phaseTimer: TimerID?
    private var totalTimer: TimerID?
    private var hasInput = false

    init(
        fetcher: HTTPFetcher, request: HTTPFetchRequest,
        completion: @escaping (Result<HTTPFetchResponse, HTTPFetchError>) -> Void
    ) {
        self.fetcher = fetcher
        loop = fetcher.loop
        limits = fetcher.limits
        url = request.url
        output = request.encoded()
        parser = HTTPResponseParser(answering: request.method, limits: limits.response)
        self.completion = completion
        connectDeadline = loop.now.advanced(by: limits.connectDuration)
    }

    func start() {
        totalTimer = loop.schedule(
            after: limits.totalDuration, handler: self, token: Timer.total.rawValue)
        setTimer(.address, at: connectDeadline)
        let exchange = LoopBound(self, loop: loop)
        NameResolver.resolve(host: url.host, port: url.port, on: loop) { addresses in
            exchange.value.resolved(addresses)
        }
    }

    /// Ends the exchange with its outcome.
    func end(_ result: Result<HTTPFetchResponse, HTTPFetchError>) {
        guard phase != .ended else { return }
        phase = .ended
        disconnect()
        cancelPhaseTimer()
        if let totalTimer { loop.cancel(totalTimer) }
        let completion = completion.take()
        fetcher.ended(self)
        completion?(result)
    }

    // MARK: - Connecting

    private func resolved(_ addresses: [SocketAddress]) {
        // The time may have run out meanwhile; the look-up cannot be called back.
        guard phase == .resolving else { return }
        guard !addresses.isEmpty else { return end(.failure(.hostNotFound)) }
        self.addresses = addresses[...]
        connectNext(after: nil)
    }

    /// Tries the next address, with its share of the time that is left.
    private func connectNext(after failure: HTTPFetchError?) {
        disconnect()
        guard let address = addresses.popFirst() else {
            return end(.failure(failure ?? .hostNotFound))
        }
        let now = MonotonicTime.current().nanoseconds
        let left =
            connectDeadline.nanoseconds > now ? connectDeadline.nanoseconds - now : 0
        let share = left / UInt64(addresses.count + 1)
        setTimer(.address, at: MonotonicTime(nanoseconds: now + share))
        do throws(SystemError) {
            let socket = try StreamSocket.connecting(to: address)
            registration = try loop.register(
                socket.descriptor, interest: .writable, handler: self)
            self.socket = consume socket
            phase = .connecting
        } catch {
            connectNext(after: .connectFailed(error))
        }
    }

    private func connectEnded() {
        if let error = socket?.connectionError() {
            return connectNext(after: .connectFailed(error))
        }
        guard url.usesTLS else { return beginExchange() }
        do throws(TLSError) {
            try socket?.startTLS(to: url.host, trusting: fetcher.trust)
            phase = .securing
            advanceTLS()
        } catch {
            end(.failure(.tlsFailed(error)))
        }
    }

    private func advanceTLS() {
        switch socket?.advanceHandshake() {
        case .wants(let interest): setInterest(interest)
        case .finished: beginExchange()
        // Another address of the same host would show the same certificate.
        case .failed(let error): end(.failure(.tlsFailed(error)))
        case nil: break
        }
    }

    private func disconnect() {
        if let registration { loop.unregister(registration) }
        registration = nil
        socket = nil
    }

    // MARK: - Exchange

    private func beginExchange() {
        phase = .exchanging
        setTimer(.firstByte, at: loop.now.advanced(by: limits.firstByteDuration))
        write()
        readBufferedInput()
    }

    private func write() {
        guard phase == .exchanging else { return }
        switch writeOutput() {
        case nil: setInterest(.readable)
        case .bytes, .wouldBlock, .endOfStream: setInterest([.readable, .writable])
        // The server may have answered before it closed, so the rest is read.
        case .failed: setInterest(.readable)
        }
    }

    /// Writes until everything has gone to the kernel.
    ///
    /// - Returns: nil once it has, else why it goes no further.
    private func writeOutput() -> TransferResult? {
        while outputOffset < output.byteCount {
            let offset = outputOffset
            let result = output.withSpan { bytes in
                // Safety: the secret lives during the call, and the range is its unsent part.
                unsafe bytes.withUnsafeBytes { bytes in
                    unsafe socket?.write(UnsafeRawBufferPointer(rebasing: bytes[offset...]))
                }
            }
            guard case .bytes(let count) = result else { return result }
            outputOffset += count
        }
        return socket?.flushPending()
    }

    private func read() {
        guard phase == .exchanging else { return }
        // Safety: the loop's buffer is this handler's until it returns.
        let buffer = unsafe loop.readBuffer.bytes
        guard let result = unsafe socket?.read(into: buffer) else { return }
        switch result {
        case .bytes(let count):
            if !hasInput {
                hasInput = true
                cancelPhaseTimer()
            }
            unsafe receive(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            readBufferedInput()
        case .wouldBlock: break
        case .endOfStream: inputEnded()
        case .failed(let error): end(.failure(.connectionLost(error)))
        }
    }

    private func receive(_ bytes: UnsafeRawBufferPointer) {
        do throws(HTTPResponseError) {
            // Safety: the bytes lie in the loop's buffer, and the parser copies what it keeps.
            guard let response = unsafe try parser.receive(bytes.bytes) else { return }
            end(.success(HTTPFetchResponse(response)))
        } catch {
            end(.failure(.invalidResponse(error)))
        }
    }

    private func inputEnded() {
        guard hasInput else { return end(.failure(.connectionLost(nil))) }
        do throws(HTTPResponseError) {
            end(.success(HTTPFetchResponse(try parser.inputEnded())))
        } catch {
            end(.failure(.invalidResponse(error)))
        }
    }

    /// Reads in the next turn what TLS has already, since it makes no descriptor readable.
    private func readBufferedInput() {
        guard phase == .exchanging, socket?.hasBufferedInput ?? false else { return }
        let exchange = LoopBound(self, loop: loop)
        loop.post { exchange.value.read() }
    }

    private func setInterest(_ interest: Readiness) {
        if let registration { loop.setInterest(interest, of: registration) }
    }

    // MARK: - Time

    private func setTimer(_ timer: Timer, at time: MonotonicTime) {
        cancelPhaseTimer()
        phaseTimer = loop.schedule(at: time, handler: self, token: timer.rawValue)
    }

    private func cancelPhaseTimer() {
        if let phaseTimer { loop.cancel(phaseTimer) }
        phaseTimer = nil
    }
}

extension HTTPExchange: DescriptorHandler {
    func descriptorReady(_ readiness: Readiness) {
        switch phase {
        case .connecting: connectEnded()
        case .securing: advanceTLS()
        case .exchanging:
            if readiness.contains(.writable) { write() }
            if readiness.contains(.readable) || readiness.contains(.failed) { read() }
        case .resolving, .ended: break
        }
    }
}

extension HTTPExchange: TimerHandler {
    func timerFired(token: UInt32) {
        switch Timer(rawValue: token) {
        case .address:
            phaseTimer = nil
            phase == .resolving
                ? end(.failure(.timedOut(.connecting)))
                : connectNext(after: .timedOut(.connecting))
        case .firstByte:
            phaseTimer = nil
            end(.failure(.timedOut(.waiting)))
        case .total, nil:
            totalTimer = nil
            let phase: HTTPFetchError.Phase =
                switch phase {
                case .exchanging: hasInput ? .receiving : .waiting
                case .resolving, .connecting, .securing, .ended: .connecting
                }
            end(.failure(.timedOut(phase)))
        }
    }
}

extension HTTPFetchResponse {
    init(_ received: HTTPReceivedResponse) {
        status = received.head.status
        fields = received.head.fields
        body = received.body
    }
}
