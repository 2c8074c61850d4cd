import GatewayAPI
import Security

/// Who a connection belongs to, as its token says; small, since every connection keeps one.
struct ConnectionIdentity {
    /// The user.
    let subject: SubjectID
    /// What the user may do.
    let role: Role
    /// When the token ends, in milliseconds since the Unix epoch.
    let expiresAt: Int64
    /// The connection's number on its loop; with the loop's name it is unique while the node runs.
    let number: UInt32
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
