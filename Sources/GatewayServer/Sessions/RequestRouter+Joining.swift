import GatewayAPI
import JSONRPC
import Security

/// `session.join`.
extension RequestRouter {
    /// Joins, with the balance of the user's account at the broker where the session wants one and
    /// an account is known.
    func joinSession(
        _ params: JSONValue?, _ request: Request
    ) throws(GatewayError) -> RequestOutcome {
        let params: ParticipationParams = try read(params)
        let userID = try request.user(params.userID)
        guard let balance = server.brokerBalance, let user = SubjectID(userID) else {
            return try join(params, userID, balance: nil, request)
        }
        let caller = try beginWait(request)
        read(params.sessionID, of: userID, by: caller) { [unowned self] outcome in
            endWait(request.target)
            // What keeps the session from being read is for the step itself to tell.
            guard case .success(let json) = outcome, wantsBalance(json) else {
                return joinNow(params, userID, balance: nil, request)
            }
            ask(balance, of: user, toJoin: params, request)
        }
        return .later
    }

    /// Whether a session has a `min_balance` for a user who does not take part yet.
    private func wantsBalance(_ json: [UInt8]) -> Bool {
        // Safety: the array lives during the calls.
        let text = unsafe json.span.bytes
        guard !takesPart(text) else { return false }
        var tape = JSONTape(limits: .payload)
        guard (try? tape.read(text)) != nil else { return false }
        let config = tape.root(in: text).member("session")?.member("config")
        let least = config?.member("min_balance")?.string.flatMap { DecimalText($0) }
        return least.map { $0 > .zero } ?? false
    }

    private func ask(
        _ balance: BrokerBalance, of user: SubjectID, toJoin params: ParticipationParams,
        _ request: Request
    ) {
        request.connection.pendingRequestCount += 1
        server.balanceQuestions.ask(balance, of: user) { [unowned self] answer in
            endWait(request.target)
            switch answer {
            case .success(let amount):
                joinNow(params, user.text, balance: amount, request)
            case .failure(let error): finish(request.target, error)
            }
        }
    }

    private func joinNow(
        _ params: ParticipationParams, _ userID: String, balance: DecimalText?, _ request: Request
    ) {
        do throws(GatewayError) {
            _ = try join(params, userID, balance: balance, request)
        } catch {
            finish(request.target, error)
        }
    }

    private func join(
        _ params: ParticipationParams, _ userID: String, balance: DecimalText?, _ request: Request
    ) throws(GatewayError) -> RequestOutcome {
        try command(
            "session_join", request, idempotencyKey: params.idempotencyKey, subject: userID,
            facts: [("session_id", params.sessionID)]
        ) { writer in
            writer.member("session_id", params.sessionID)
            writer.member("user_id", userID)
            writer.member("balance", ifPresent: balance?.text)
        }
    }
}
