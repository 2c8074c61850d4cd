package import EventLoop
package import WebSocketClient

/// Where Deriv's socket is and how it is used.
package struct SocketConfiguration: Sendable {
    /// Whose messages it speaks.
    package var generation: SocketGeneration
    /// Its URL, with `app_id` in the query where the generation wants one.
    package var url: WebSocketURL
    /// Whose certificates are believed for `wss://`.
    package var trust: TLSTrust
    /// Its bounds and times.
    package var limits = SocketLimits()

    /// A configuration with the default limits.
    package init(generation: SocketGeneration, url: WebSocketURL, trust: TLSTrust) {
        self.generation = generation
        self.url = url
        self.trust = trust
    }
}

/// Is told what a socket does. Called on its loop.
package protocol DerivSocketDelegate: AnyObject {
    /// The socket tells something: never `connect`, `disconnect`, `send` or `completed`.
    func socket(_ socket: DerivSocket, tells action: SocketAction)
}
