import GatewayAPI
import JSONRPC
import Security

/// Requests that a session function answers.
extension RequestRouter {
    /// Calls a function; its JSON becomes the result as it is, and what it refuses an error.
    ///
    /// - Parameters:
    ///   - function: its name without `tradermind_`.
    ///   - request: where the answer goes.
    ///   - audit: noted once the function has done it.
    ///   - write: writes the members of the function's argument.
    /// - Returns: that the answer comes later.
    /// - Throws: `too_many_requests` where the connection has enough requests waiting.
    func forward(
        _ function: String, _ request: Request, audit: AuditEntry? = nil,
        _ write: (inout JSONWriter) -> Void
    ) throws(GatewayError) -> RequestOutcome {
        let caller = try beginWait(request)
        var writer = JSONWriter()
        writer.beginObject()
        write(&writer)
        writer.endObject()
        let target = request.target
        caller.call(function, writer.bytes) { [unowned self] outcome in
            endWait(target)
            switch outcome {
            case .success(let json):
                if let audit { server.audit(audit) }
                finish(target) { $0.raw(json) }
            case .failure(let error): finish(target, error)
            }
        }
        return .later
    }

    /// Calls a function that changes something, in the name of the client. What an admin changes is
    /// noted in the audit log.
    ///
    /// - Parameters:
    ///   - function: its name without `tradermind_`.
    ///   - request: who asks, and where the answer goes.
    ///   - idempotencyKey: makes a repetition harmless.
    ///   - audit: the entry, where it says more than what `facts` tell.
    ///   - subject: the user whom it concerns, where it is another one.
    ///   - facts: what it is about, for the audit log.
    ///   - write: writes the members of the function's argument.
    /// - Returns: that the answer comes later.
    /// - Throws: as `forward`.
    func command(
        _ function: String, _ request: Request, idempotencyKey: String?,
        audit: AuditEntry? = nil, subject: String? = nil, facts: [(String, String?)] = [],
        _ write: (inout JSONWriter) -> Void
    ) throws(GatewayError) -> RequestOutcome {
        let audit = audit ?? request.adminAction(function, subject: subject, facts)
        return try forward(function, request, audit: audit) { writer in
            writer.member("actor", request.userID)
            writer.member("idempotency_key", ifPresent: idempotencyKey)
            write(&writer)
        }
    }

    /// Counts one more request of a connection that waits for Redis.
    ///
    /// A notification counts too: it gets no answer, but Redis has its work.
    func beginWait(_ request: Request) throws(GatewayError) -> FunctionCaller {
        guard request.connection.pendingRequestCount < server.limits.pendingRequestsPerConnection
        else { throw GatewayError(.tooManyRequests, retryAfterMilliseconds: 100) }
        guard let caller = server.redis?.functions else {
            throw GatewayError(.unavailable, retryAfterMilliseconds: 1000)
        }
        request.connection.pendingRequestCount += 1
        return caller
    }

    func endWait(_ target: ReplyTarget) {
        target.connection?.pendingRequestCount -= 1
    }

    /// Sends an answer that was not ready at once.
    func finish(_ target: ReplyTarget, _ writeResult: (inout JSONWriter) -> Void) {
        guard let id = target.id else {
            target.batch?.answered()
            return
        }
        var writer = takeWriter()
        writer.beginResult(id: id)
        writeResult(&writer)
        writer.endMessage()
        target.send(writer.bytes)
        giveBack(writer)
    }

    /// Refuses a request that was not decided at once.
    func finish(_ target: ReplyTarget, _ error: GatewayError) {
        server.metrics.requestErrorCounts[error.code.rawValue, default: 0] += 1
        guard let id = target.id else {
            target.batch?.answered()
            return
        }
        var writer = takeWriter()
        error.writeAnswer(to: &writer, id: id)
        target.send(writer.bytes)
        giveBack(writer)
    }
}

extension Request {
    /// The client's user.
    var userID: String { identity.subject.text }

    /// What is noted of an admin's action; nil for anybody else's.
    fileprivate func adminAction(
        _ function: String, subject: String?, _ facts: [(String, String?)]
    ) -> AuditEntry? {
        guard identity.role == .admin else { return nil }
        let known = facts.compactMap { name, value in value.map { (name, $0) } }
        return connection.entry(
            .adminAction, subject: subject.flatMap { SubjectID($0) },
            [("function", function)] + known)
    }

    /// The user that a request concerns: the one who asks, unless an admin or service names
    /// another.
    ///
    /// - Throws: `forbidden` where a user names someone else.
    func user(_ named: String?) throws(GatewayError) -> String {
        guard let named = named.map(Self.userID(named:)), named != userID else { return userID }
        guard identity.role != .user else {
            throw GatewayError(.forbidden, field: "user_id")
        }
        return named
    }

    /// The id under which a user is stored: a UUID names the same user in either case, and what
    /// missed its user, such as a kill switch, would pass for done.
    static func userID(named text: String) -> String {
        SubjectID(text)?.text ?? text
    }

    /// A kill switch's scope as the functions compare it.
    static func scope(named text: String) -> String {
        guard case .user(let id)? = KillSwitchScope(text) else { return text }
        return KillSwitchScope.user(id: userID(named: id)).text
    }
}

extension JSONWriter {
    /// Writes a member, unless there is no value.
    mutating func member(_ name: StaticString, ifPresent value: String?) {
        if let value { member(name, value) }
    }

    /// Writes a member, unless there is no value.
    mutating func member(_ name: StaticString, ifPresent value: Int64?) {
        if let value { member(name, value) }
    }
}
