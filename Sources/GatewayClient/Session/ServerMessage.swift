import GatewayAPI
import JSONRPC

/// A message of the gateway, read and copied out of its bytes.
enum ServerMessage {
    /// An event of a channel.
    case event(EventMessage)
    /// The greeting.
    case hello(HelloParams)
    /// Any other notification, as the client's reader gets it.
    case notification(ClientEvent)
    /// An error that belongs to no request that the server could tell (`id` null).
    case unattributedError(ServerError)
    /// The answer to a request.
    case answer(id: Int64, RequestOutcome)

    /// The `event` notification.
    struct EventMessage: Equatable {
        var channel = ""
        var sequence: UInt64?
        var previousSequence: UInt64?
        var mergedCount: UInt64 = 0
        var droppedCount: UInt64 = 0
        var data = RawJSON(unchecked: Array("null".utf8))
    }

    /// Why a message cannot be read.
    enum Failure: Error, Equatable {
        /// It is not JSON.
        case notJSON
        /// It is JSON but no JSON-RPC 2.0 message that a client gets.
        case notAMessage
        /// A notification's parameters do not fit the contract.
        case invalidParameters(method: String)
    }

    /// Reads a message.
    ///
    /// - Parameters:
    ///   - bytes: one text message.
    ///   - tape: for reading; its contents are replaced.
    /// - Throws: why the message cannot be read.
    init(_ bytes: RawSpan, tape: inout JSONTape) throws(Failure) {
        do throws(JSONError) {
            try tape.read(bytes)
        } catch {
            throw .notJSON
        }
        let root = tape.root(in: bytes)
        if let method = root.member("method")?.string {
            self = try Self.notification(method, root.member("params"))
        } else if let error = root.member("error") {
            guard let failure = ServerError(error), let identifier = root.member("id") else {
                throw .notAMessage
            }
            guard !identifier.isNull else {
                self = .unattributedError(failure)
                return
            }
            guard let id = identifier.int64 else { throw .notAMessage }
            self = .answer(
                id: id,
                .failure(
                    GatewayClientError(.serverError, failure.message, serverError: failure)))
        } else if let result = root.member("result"), let id = root.member("id")?.int64 {
            self = .answer(id: id, .success(RawJSON(copying: result)))
        } else {
            throw .notAMessage
        }
    }

    private static func notification(
        _ method: String, _ params: JSONValue?
    ) throws(Failure) -> ServerMessage {
        guard let params else { throw .invalidParameters(method: method) }
        do throws(ParameterError) {
            switch method {
            case "event":
                guard let event = EventMessage(params) else { break }
                return .event(event)
            case "hello":
                return .hello(try HelloParams(params, mode: .tolerant))
            case "channel.status":
                return .notification(
                    .channelStatus(try ChannelStatusParams(params, mode: .tolerant)))
            case "auth.expiring":
                return .notification(
                    .authExpiring(try AuthExpiringParams(params, mode: .tolerant)))
            case "limits.warning":
                return .notification(
                    .limitsWarning(try LimitsWarningParams(params, mode: .tolerant)))
            case "server.draining":
                return .notification(
                    .serverDraining(try ServerDrainingParams(params, mode: .tolerant)))
            default:
                return .notification(
                    .notification(method: method, parameters: RawJSON(copying: params)))
            }
        } catch {
            // Without a greeting there is no connection; any other notification may be of a newer
            // contract than this client's.
            guard method != "hello" else { throw .invalidParameters(method: method) }
            return .notification(
                .notification(method: method, parameters: RawJSON(copying: params)))
        }
        throw .invalidParameters(method: method)
    }
}

extension ServerMessage.EventMessage {
    /// Reads the parameters of an event; members that are not known are passed over.
    init?(_ params: JSONValue) {
        guard let channel = params.member("channel")?.string, let data = params.member("data")
        else { return nil }
        self.channel = channel
        self.data = RawJSON(copying: data)
        var isValid = true
        func count(_ value: JSONValue?) -> UInt64? {
            guard let value else { return nil }
            guard let number = value.int64, number >= 0 else {
                isValid = false
                return nil
            }
            return UInt64(number)
        }
        sequence = count(params.member("seq"))
        previousSequence = count(params.member("prev_seq"))
        mergedCount = count(params.member("merged")) ?? 0
        droppedCount = count(params.member("dropped")) ?? 0
        guard isValid else { return nil }
    }
}

extension ServerError {
    /// Reads an error object.
    init?(_ value: JSONValue) {
        guard let code = value.member("code")?.int64, let message = value.member("message")?.string
        else { return nil }
        self.code = Int(code)
        self.message = message
        known = GatewayError(value)
    }

    /// Reads the body of a refused handshake: the error object, by itself or as member `error`.
    init?(body: [UInt8]) {
        var tape = JSONTape()
        // Safety: every byte of an array of bytes is initialised.
        let bytes = unsafe body.span.bytes
        do throws(JSONError) {
            try tape.read(bytes)
        } catch {
            return nil
        }
        let root = tape.root(in: bytes)
        if let error = root.member("error") {
            self.init(error)
        } else {
            self.init(root)
        }
    }
}

extension RawJSON {
    /// Copies a value out of a message.
    init(copying value: JSONValue) {
        self.init(unchecked: Array(String(copying: value.rawBytes).utf8))
    }

    /// Reads the value as an object of the contract; nil where it is none.
    func decoded<Object: APIObject>(as type: Object.Type = Object.self) -> Object? {
        var tape = JSONTape(limits: ClientLimits.json(byteCountMax: bytes.count))
        // Safety: every byte of an array of bytes is initialised.
        let text = unsafe bytes.span.bytes
        do {
            try tape.read(text)
            return try Object(tape.root(in: text), mode: .tolerant)
        } catch {
            return nil
        }
    }

    /// Reads a member that is an object of the contract; nil where there is none.
    func decodedMember<Object: APIObject>(
        _ name: StaticString, as type: Object.Type = Object.self
    ) -> Object? {
        var tape = JSONTape(limits: ClientLimits.json(byteCountMax: bytes.count))
        // Safety: every byte of an array of bytes is initialised.
        let text = unsafe bytes.span.bytes
        do {
            try tape.read(text)
            guard let member = tape.root(in: text).member(name) else { return nil }
            return try Object(member, mode: .tolerant)
        } catch {
            return nil
        }
    }
}
