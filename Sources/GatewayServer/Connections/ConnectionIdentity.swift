import GatewayAPI
import Security

/// Who a connection belongs to, as its token says; small, since every connection keeps one.
struct ConnectionIdentity {
    /// The user.
    let subject: SubjectID
    /// When the token ends, in milliseconds since the Unix epoch.
    let expiresAt: Int64
    /// What is needed to know whether the token is revoked.
    let mark: TokenMark
    /// The connection's number on its loop; with the loop's name it is unique while the node runs.
    let number: UInt32
    /// How long the connection outlives the token without a new one.
    let graceMilliseconds: UInt32
    /// What the user may do.
    let role: Role

    /// When the connection is closed without a new token, in milliseconds since the Unix epoch.
    var closesAt: Int64 { expiresAt + Int64(graceMilliseconds) }

    /// The same user with another role.
    func with(role: Role) -> ConnectionIdentity {
        ConnectionIdentity(
            subject: subject, expiresAt: expiresAt, mark: mark, number: number,
            graceMilliseconds: graceMilliseconds, role: role)
    }

    /// When the client is told that its token ends: another moment for each connection, so that
    /// those that came together do not ask for new tokens together.
    ///
    /// - Parameter range: milliseconds before the end.
    /// - Returns: milliseconds since the Unix epoch; in the past for a token that lives shorter.
    func noticeAt(within range: ClosedRange<Int64>) -> Int64 {
        // Spreads consecutive numbers over the range (Knuth's multiplicative hash).
        let spread = UInt64(number &* 2_654_435_761)
        let width = UInt64(range.upperBound - range.lowerBound)
        return expiresAt - range.lowerBound - Int64((spread * width) >> 32)
    }
}

extension TokenRole {
    /// The contract's name for the role.
    var role: Role {
        switch self {
        case .user: .user
        case .admin: .admin
        case .service: .service
        }
    }
}
