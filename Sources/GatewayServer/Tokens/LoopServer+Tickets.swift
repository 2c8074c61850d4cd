import EventLoop
import GatewayAPI
import JSONRPC
import Redis
import RedisProtocol
import Security
import WebSocketProtocol

/// `POST /auth/ticket`, and the handshake with what it gave.
extension LoopServer {
    /// The path.
    static let ticketPath = "/auth/ticket"

    /// Answers a request for a ticket. The completion is called once, on the loop.
    func respondWithTicket(
        to head: HTTPRequestHead, completion: @escaping (HTTPResponse?) -> Void
    ) {
        let origin = head.fields.value(of: "Origin")
        guard shared.configuration.origins.allows(origin: origin, authority: head.authority) else {
            return completion(Refusal.foreignOrigin.response)
        }
        let fields = CrossOrigin.fields(for: origin)
        func finish(_ refusal: Refusal) {
            var response = refusal.response
            response.fields += fields
            completion(response)
        }
        if head.method == .options {
            return completion(CrossOrigin.preflight(for: origin, method: "POST"))
        }
        guard head.method == .post else {
            return completion(
                HTTPResponse(
                    status: .methodNotAllowed, contentType: "text/plain; charset=utf-8",
                    fields: [HTTPField("Allow", "POST, OPTIONS")] + fields,
                    body: Array("POST\n".utf8)))
        }
        let text: String
        do throws(Refusal) {
            guard let bearer = try Self.bearer(in: head) else { throw Refusal.tokenMissing }
            text = bearer
        } catch {
            return finish(error)
        }
        verify(text) { [unowned self] result in
            switch result {
            case .failure(let error): finish(Refusal(token: error))
            case .success(let token):
                issueTicket(for: token) { result in
                    switch result {
                    case .failure(let error):
                        finish(Refusal(error, detail: "There is no ticket now."))
                    case .success(let body):
                        completion(HTTPResponse(status: .ok, fields: fields, body: body))
                    }
                }
            }
        }
    }

    private func issueTicket(
        for token: VerifiedToken,
        completion: @escaping (Result<[UInt8], GatewayError>) -> Void
    ) {
        guard let functions = redis?.functions else {
            return completion(.failure(Self.ticketsUnavailable))
        }
        let limits = shared.configuration.tokenLimits
        let ticket = Ticket()
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("digest", ticket.digest)
        writer.member("user_id", token.subject.text)
        writer.member("token", TicketRecord.text(of: token))
        writer.member("life_ms", limits.ticketMilliseconds)
        writer.member("per_minute", Int64(limits.ticketsPerMinute))
        writer.endObject()
        functions.call("ticket_issue", writer.bytes) { outcome in
            switch outcome {
            case .failure(let error):
                completion(.failure(error.code == .rateLimited ? error : Self.ticketsUnavailable))
            case .success:
                var writer = JSONWriter()
                writer.beginObject()
                writer.member("ticket", ticket.text)
                writer.member("expires_in_ms", limits.ticketMilliseconds)
                writer.endObject()
                completion(.success(writer.byteArray))
            }
        }
    }

    static let ticketsUnavailable = GatewayError(
        .unavailable, reason: "tickets_unavailable", retryAfterMilliseconds: 1000)

    /// Uses a ticket up. The completion is called once, on the loop, with what its token proved,
    /// judged again as of now.
    func redeem(
        _ text: String, completion: @escaping (Result<VerifiedToken, GatewayError>) -> Void
    ) {
        guard let ticket = Ticket(text) else {
            return completion(.failure(GatewayError(.ticketInvalid)))
        }
        guard let pool = redis?.pool else { return completion(.failure(Self.ticketsUnavailable)) }
        // One command, so one of two clients with the same ticket gets it.
        pool.send(RedisCommand("GETDEL", ticket.key)) { [weak self] result in
            guard let self else { return }
            guard case .success(let reply) = result else {
                return completion(.failure(Self.ticketsUnavailable))
            }
            guard let record = reply.bytes, let token = TicketRecord.token(of: record) else {
                return completion(.failure(GatewayError(.ticketInvalid)))
            }
            let leeway = shared.configuration.tokenLimits.leewayMilliseconds
            guard WallClock.milliseconds() < token.expiresAtMilliseconds + leeway else {
                return completion(.failure(GatewayError(.tokenExpired)))
            }
            do throws(GatewayError) {
                try judge(token)
                confirm(token, completion: completion)
            } catch {
                completion(.failure(error))
            }
        }
    }
}
