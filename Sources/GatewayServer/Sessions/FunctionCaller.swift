import GatewayAPI
import JSONRPC
import Redis
import RedisProtocol

/// Calls the session functions for one loop. Confined to its loop.
///
/// A call is one command, so it is one atomic step: whatever is decided is decided in Redis.
final class FunctionCaller {
    /// The answer's JSON as it can go to a client, or what the client is told instead.
    typealias Outcome = Result<[UInt8], GatewayError>

    private let pool: RedisPool
    private let loader: FunctionLibraryLoader

    init(pool: RedisPool, loader: FunctionLibraryLoader) {
        self.pool = pool
        self.loader = loader
    }

    /// Whether a call would be sent now.
    var isReady: Bool { pool.isReady }

    /// Calls a function that takes one JSON object.
    ///
    /// - Parameters:
    ///   - function: its name without `tradermind_`.
    ///   - request: the object.
    ///   - completion: called once, on the loop; before this returns where there is no link.
    func call(
        _ function: String, _ request: RawSpan, completion: @escaping (Outcome) -> Void
    ) {
        var command = RedisCommand(name: "FCALL", reservedByteCount: request.byteCount + 64)
        command.append("tradermind_" + function)
        command.append("0")
        // Safety: the bytes are copied during the call.
        unsafe request.withUnsafeBytes { unsafe command.append($0) }
        send(command, canReload: true) { [unowned self] result in
            switch result {
            case .success(let value): completion(outcome(of: value))
            case .failure(let error): completion(.failure(error))
            }
        }
    }

    /// Asks where channels are.
    ///
    /// - Parameters:
    ///   - channels: up to `channelsPerQuestionMax` names.
    ///   - completion: called once, on the loop, with a position for each channel, nil for one that
    ///     no function has published on; with nil where there is no answer.
    func positions(
        of channels: [[UInt8]], completion: @escaping ([ChannelPosition?]?) -> Void
    ) {
        var command = RedisCommand(name: "FCALL_RO", reservedByteCount: channels.count * 32)
        command.append("tradermind_positions")
        command.append("0")
        for channel in channels { command.append(channel) }
        send(command, canReload: true) { result in
            guard case .success(let value) = result, let elements = value.elements,
                elements.count == 1 + 2 * channels.count
            else { return completion(nil) }
            completion(
                channels.indices.map { index in
                    ChannelPosition(elements[1 + 2 * index], elements[2 + 2 * index])
                })
        }
    }

    /// Asks for the newest events of a channel.
    ///
    /// - Parameters:
    ///   - channel: its name.
    ///   - count: how many, up to 1000.
    ///   - completion: called once, on the loop, with the position of the newest and the messages
    ///     as they were published, oldest first; with nil where there is no answer, or no function
    ///     has published on the channel.
    func history(
        of channel: [UInt8], count: Int,
        completion: @escaping ((position: ChannelPosition, messages: [[UInt8]])?) -> Void
    ) {
        var command = RedisCommand("FCALL_RO", "tradermind_history", "0")
        command.append(channel)
        command.append("")
        command.append("")
        command.append(String(count))
        send(command, canReload: true) { result in
            guard case .success(let value) = result, let elements = value.elements,
                elements.count == 5, let position = ChannelPosition(elements[1], elements[2])
            else { return completion(nil) }
            completion((position, (elements[4].elements ?? []).compactMap(\.bytes)))
        }
    }

    /// Channels in one question; the function takes no more.
    static let channelsPerQuestionMax = 1000

    /// Reads the first entries of a list of JSON texts.
    func list(
        _ key: String, count: Int, completion: @escaping (Result<[[UInt8]], GatewayError>) -> Void
    ) {
        pool.send(RedisCommand("LRANGE", key, "0", String(count - 1))) { result in
            switch result {
            case .success(let value):
                completion(.success((value.elements ?? []).compactMap(\.bytes)))
            case .failure(let error): completion(.failure(GatewayError(error)))
            }
        }
    }

    /// Sends a command that calls a function, and loads the functions where they are missing.
    func send(
        _ command: RedisCommand, canReload: Bool,
        _ completion: @escaping (Result<RESPValue, GatewayError>) -> Void
    ) {
        pool.send(command) { [weak self] result in
            guard let self else { return completion(.failure(GatewayError(.unavailable))) }
            switch result {
            case .success(let value): completion(.success(value))
            case .failure(.refused(let error)) where error.isMissingFunction && canReload:
                // Redis has not seen the step, so it is sent again once the functions are there.
                loader.ensure { isLoaded in
                    guard isLoaded else {
                        return completion(.failure(Self.functionsMissing))
                    }
                    self.send(command, canReload: false, completion)
                }
            case .failure(let error): completion(.failure(GatewayError(error)))
            }
        }
    }

    private static let functionsMissing = GatewayError(
        .unavailable, reason: "session_functions_missing", retryAfterMilliseconds: 1000)

    /// Takes `["OK", json]` or `["REFUSED", symbol, json]` apart.
    private func outcome(of value: RESPValue) -> Outcome {
        let elements = value.elements ?? []
        guard let status = elements.first?.text, let json = elements.last?.bytes else {
            return .failure(GatewayError(.internalError, reason: "unexpected_reply"))
        }
        if status == "OK", elements.count == 2 {
            // What goes to a client as it is has to be JSON in UTF-8, whatever was stored.
            // Safety: the array lives during the call.
            guard unsafe JSONValidator.isValid(json.span.bytes) else {
                return .failure(GatewayError(.internalError, reason: "damaged"))
            }
            return .success(json)
        }
        guard status == "REFUSED", elements.count == 3, let symbol = elements[1].text else {
            return .failure(GatewayError(.internalError, reason: "unexpected_reply"))
        }
        // Safety: the array lives during the calls.
        let text = unsafe json.span.bytes
        var tape = JSONTape()
        guard (try? tape.read(text)) != nil else {
            return .failure(GatewayError(.internalError, reason: "unexpected_reply"))
        }
        return .failure(GatewayError(refusal: symbol, tape.root(in: text)))
    }
}

/// Where a channel is by the functions' count.
struct ChannelPosition {
    let epoch: String
    let sequence: UInt64

    /// Nil for a channel that has no count.
    fileprivate init?(_ epoch: RESPValue, _ sequence: RESPValue) {
        guard let epoch = epoch.text, !epoch.isEmpty, let number = sequence.integer, number > 0
        else { return nil }
        self.epoch = epoch
        self.sequence = UInt64(number)
    }
}
