import GatewayAPI
import JSONRPC

/// Whether users take part in sessions.
extension RequestRouter {
    /// Asks Redis whether a user takes part in a session; the completion is called once, on the
    /// loop.
    func askParticipation(
        of user: String, in session: String,
        completion: @escaping (Result<Bool, GatewayError>) -> Void
    ) {
        guard let functions = server.redis?.functions else {
            return completion(
                .failure(GatewayError(.unavailable, retryAfterMilliseconds: 1000)))
        }
        read(session, of: user, by: functions) { [unowned self] outcome in
            switch outcome {
            case .failure(let error): completion(.failure(error))
            case .success(let json):
                // Safety: the array lives during the call.
                completion(.success(unsafe takesPart(json.span.bytes)))
            }
        }
    }

    /// Reads a session with a user's part in it.
    func read(
        _ session: String, of user: String, by functions: FunctionCaller,
        completion: @escaping (FunctionCaller.Outcome) -> Void
    ) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("session_id", session)
        writer.member("user_id", user)
        writer.endObject()
        functions.call("session_get", writer.bytes, completion: completion)
    }

    /// What an event of a user's channel says: the session, and whether the user takes part.
    func participation(in event: RawSpan) -> (session: String, takesPart: Bool)? {
        var tape = JSONTape(limits: .payload)
        guard (try? tape.read(event)) != nil,
            let session = tape.root(in: event).member("session_id")?.string
        else { return nil }
        return (session, takesPart(event))
    }

    /// Whether an answer or event has a participant who takes part.
    func takesPart(_ text: RawSpan) -> Bool {
        var tape = JSONTape(limits: .payload)
        guard (try? tape.read(text)) != nil else { return false }
        let status = tape.root(in: text).member("participant")?.member("status")?.string
        return status == ParticipantStatus.active.rawValue
            || status == ParticipantStatus.pending.rawValue
    }

    /// Asks about the sessions whose signals a user wants, then subscribes.
    func subscribe(
        _ params: SubscribeParams, askingAbout sessions: Set<String>, _ request: Request
    ) {
        request.connection.pendingRequestCount += 1
        let target = request.target
        let identity = request.identity
        let round = ParticipationRound(missing: sessions.count) { [unowned self] answers in
            endWait(target)
            guard let outbound = target.connection?.outbound else {
                return finish(target, GatewayError(.unavailable))
            }
            let (states, places) = subscribe(params.channels, outbound, identity, answers)
            if places.allSatisfy({ !$0.isHeld && server.isLive($0.channel) }) {
                finish(target, SubscriptionsResult(channels: states))
            } else {
                wait(for: places, states, outbound, target)
            }
        }
        for session in sessions {
            askParticipation(of: request.userID, in: session) { round.add($0, session) }
        }
    }
}

/// Questions about several sessions under way. Confined to its loop.
private final class ParticipationRound {
    private var answers: [String: Result<Bool, GatewayError>] = [:]
    private let missing: Int
    private let complete: ([String: Result<Bool, GatewayError>]) -> Void

    init(missing: Int, complete: @escaping ([String: Result<Bool, GatewayError>]) -> Void) {
        self.missing = missing
        self.complete = complete
    }

    func add(_ answer: Result<Bool, GatewayError>, _ session: String) {
        answers[session] = answer
        if answers.count == missing { complete(answers) }
    }
}
