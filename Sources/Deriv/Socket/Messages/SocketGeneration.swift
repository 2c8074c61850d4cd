/// Whose messages a socket speaks: both of Deriv's generations are live.
package enum SocketGeneration: String, Sendable, CaseIterable {
    /// `/websockets/v3`: `authorize`, `logout`, every market and account on one socket.
    case legacy
    /// `/trading/v1/options/ws/public`: no sign-in on the socket, renamed fields.
    case options
}
