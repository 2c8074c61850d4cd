import Deriv
import EventLoop
import Security

extension AuthRoutes {
    /// Puts on record what a user did from where.
    ///
    /// - Parameters:
    ///   - action: what was done.
    ///   - user: who; nil where nobody is known.
    ///   - call: the request.
    ///   - detail: facts by name, without secrets.
    func audit(
        _ action: AuditAction, user: SubjectID?, _ call: Call, _ detail: [(String, String)]
    ) {
        server.audit(
            AuditEntry(
                action: action, actor: user, subject: user, address: call.address,
                at: WallClock.milliseconds(), detail: detail))
    }

    /// Puts on record that a user's accounts at Deriv were connected.
    func auditConnection(of user: SubjectID, to broker: ConfirmedBroker, _ call: Call) {
        audit(
            .brokerConnect, user: user, call,
            [
                ("generation", broker.identity.generation.rawValue),
                ("account_count", String(broker.identity.accounts.count)),
            ])
    }
}
