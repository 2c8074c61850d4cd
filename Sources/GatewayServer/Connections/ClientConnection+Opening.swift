import EventLoop
import GatewayAPI
import Security
import WebSocketProtocol

/// What an opening connection needs beyond an open one.
final class Opening {
    var parser = HTTPRequestHeadParser()
    /// The head whose body is still coming.
    var head: HTTPRequestHead?
    var body: [UInt8] = []
}

/// An HTTP answer on its way out.
final class Answer {
    let bytes: [UInt8]
    var offset = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }
}

extension ClientConnection {
    /// Reads what came before the connection was an open one.
    func readOpening(_ opening: Opening) {
        // Safety: the bytes are in the loop's read buffer, which is filled again by the next read
        // at the earliest; what is kept of them is copied before this returns.
        guard let bytes = unsafe read() else { return }
        unsafe receive(bytes, opening)
    }

    private func receive(_ bytes: UnsafeMutableRawBufferPointer, _ opening: Opening) {
        // Safety: the caller's bytes are valid until this returns: the span is used by the parser
        // alone, which copies, and the rest is a part of the bytes, since the parser consumes no
        // more than it was given.
        if opening.head != nil { return unsafe receiveBody(bytes[...], opening) }
        do throws(HTTPHeadError) {
            let progress = unsafe try opening.parser.parse(
                UnsafeRawBufferPointer(bytes).bytes, limits: server.shared.headLimits)
            guard case .finished(let head, let consumed) = progress else { return }
            unsafe received(head, rest: bytes[consumed...], opening)
        } catch {
            answer(Refusal(status: error.status, detail: error.reason).response)
        }
    }

    private func received(
        _ head: HTTPRequestHead, rest: Slice<UnsafeMutableRawBufferPointer>, _ opening: Opening
    ) {
        do throws(Refusal) {
            try server.identify(self, by: head)
        } catch {
            return answer(error.response, withBody: head.method != .head)
        }
        // Safety: the rest is a part of the loop's read buffer, valid and nobody else's until this
        // returns, so that the machine may unmask it in place.
        if head.path == WebSocketEndpoint.path && audience == .everyone {
            guard upgrade(head) else {
                // Its first frames wait with it.
                if case .thinking = phase { unsafe hold(UnsafeRawBufferPointer(rebasing: rest)) }
                return
            }
            // A client may send frames before it has read the answer.
            if unsafe !rest.isEmpty {
                unsafe receive(UnsafeMutableRawBufferPointer(rebasing: rest))
            }
            return
        }
        guard head.contentLength ?? 0 <= server.limits.requestBodyByteCount else {
            return answer(
                Refusal(status: .contentTooLarge, detail: "The body is too large.").response,
                withBody: head.method != .head)
        }
        opening.head = head
        unsafe receiveBody(rest, opening)
    }

    private func receiveBody(_ bytes: Slice<UnsafeMutableRawBufferPointer>, _ opening: Opening) {
        guard let head = opening.head else { return }
        let missing = (head.contentLength ?? 0) - opening.body.count
        // Safety: the bytes are valid during the call, which copies no more than there are.
        unsafe opening.body.append(contentsOf: bytes.prefix(missing))
        guard opening.body.count == head.contentLength ?? 0 else { return }
        phase = .thinking
        setTimer(server.limits.requestDuration)
        server.respond(to: head, body: opening.body, audience: audience, client: client) {
            [self] response in
            guard case .thinking = phase else { return }
            answer(
                response ?? Refusal.notFound(path: head.path, audience).response,
                withBody: head.method != .head)
        }
    }

    /// Judges an opening handshake, and opens the connection or answers with the refusal.
    ///
    /// - Returns: whether the connection is open; where Redis or an issuer has to be asked, it
    ///   waits in the phase `thinking`, without being read.
    private func upgrade(_ head: HTTPRequestHead) -> Bool {
        do throws(Refusal) {
            let handshake = try negotiate(head)
            let credential = try server.credential(in: head)
            var isDone = false
            server.authenticate(credential) { [self] result in
                isDone = true
                switch phase {
                case .opening: finishUpgrade(handshake, result)
                case .thinking:
                    finishUpgrade(handshake, result)
                    resumeReading()
                default: break
                }
            }
            if !isDone { waitForJudgement() }
        } catch {
            answer(error.response, withBody: head.method != .head)
        }
        if case .open = phase { return true }
        return false
    }

    private func finishUpgrade(
        _ handshake: ServerHandshake, _ result: Result<VerifiedToken, GatewayError>
    ) {
        do throws(GatewayError) {
            let token = try result.get()
            open(handshake, token)
        } catch {
            answer(Refusal(token: error).response)
        }
    }

    /// Opens the connection for who has proved to be.
    private func open(_ handshake: ServerHandshake, _ token: VerifiedToken) {
        do throws(Refusal) {
            try server.admit(client)
            let outbound = try server.enter(self, deflate: handshake.deflate)
            guard send(wholly: handshake.response()) else {
                server.leave(outbound, self)
                return end()
            }
            open(
                identity: server.identity(of: token, number: server.makeConnectionNumber()),
                outbound: outbound, deflate: handshake.deflate)
            server.opened(self)
        } catch {
            answer(error.response)
        }
    }

    /// Checks the upgrade and agrees on compression, as far as the node's budget goes.
    private func negotiate(_ head: HTTPRequestHead) throws(Refusal) -> ServerHandshake {
        var configuration = server.shared.handshake
        let (deflate, reservation) = server.shared.reserve()
        configuration.deflate = deflate
        do throws(HandshakeRefusal) {
            let handshake = try ServerHandshake(accepting: head, configuration: configuration)
            keep(server.shared.settle(reservation, parameters: handshake.deflate))
            return handshake
        } catch {
            server.shared.release(reservation)
            throw Refusal(status: error.status, detail: error.reason, fields: error.fields)
        }
    }

    /// Sends bytes to a socket that has had none yet; its buffer takes them.
    private func send(wholly bytes: [UInt8]) -> Bool {
        // Safety: the array is read during the call.
        let result = unsafe bytes.withUnsafeBytes { unsafe socket?.write($0) }
        guard case .bytes(let count) = result else { return false }
        server.metrics.sentByteCount += count
        return count == bytes.count
    }

    /// Answers over HTTP and ends the connection.
    func answer(_ response: HTTPResponse, withBody: Bool = true) {
        server.metrics.httpResponseCounts[response.status.rawValue, default: 0] += 1
        // Who is refused must not hold what others could use until the answer is read.
        releaseReservation()
        let answer = Answer(response.encoded(withBody: withBody))
        phase = .answering(answer)
        setTimer(server.limits.lingerDuration)
        writeAnswer(answer)
    }

    func writeAnswer(_ answer: Answer) {
        while answer.offset < answer.bytes.count {
            // Safety: the rest of the array is read during the call.
            let result = unsafe answer.bytes.withUnsafeBytes { bytes in
                unsafe socket?.write(UnsafeRawBufferPointer(rebasing: bytes[answer.offset...]))
            }
            switch result {
            case .bytes(let count):
                server.metrics.sentByteCount += count
                answer.offset += count
            case .wouldBlock:
                return setBlocked(true)
            case .endOfStream, .failed, nil:
                return end()
            }
        }
        finishWriting()
    }
}
