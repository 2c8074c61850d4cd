import GatewayAPI
import GatewayClient
import Security

/// An admin, a user and an engine, connected.
struct WireActors: Sendable {
    let admin: GatewayClient
    let user: GatewayClient
    let engine: GatewayClient

    init(_ scene: GatewayScene, node: Int = 0) async throws {
        admin = try await scene.client(.admin, node: node)
        user = try await scene.client(.user, node: node)
        engine = try await scene.client(.service, node: node)
    }

    /// The admin creates a session.
    func create(_ config: SessionConfig = .wire()) async throws -> String {
        try await admin.createSession(SessionCreateParams(name: "Run", config: config)).id
    }

    /// Creates a session and brings it into a status.
    func session(_ status: SessionStatus, _ config: SessionConfig = .wire()) async throws -> String
    {
        let id = try await create(config)
        let command = SessionCommandParams(sessionID: id)
        guard status != .pending else { return id }
        try await admin.startSession(command)
        switch status {
        case .running: try await signal(id)
        case .paused: try await admin.pauseSession(command)
        case .completed: try await admin.stopSession(command)
        case .pending, .active: break
        }
        return id
    }

    /// The engine publishes a signal for a session.
    @discardableResult
    func signal(_ session: String, market: String = "R_100") async throws -> [SignalRecord] {
        try await engine.publishSignal(
            SignalPublishParams(
                market: market, type: .call, confidence: 0.9, reason: "crossed",
                sessionID: session)
        ).signals
    }

    /// Takes one step of the state machine.
    func take(_ event: TransitionEvent, _ id: String) async throws {
        let command = SessionCommandParams(sessionID: id)
        switch event {
        case .start: try await admin.startSession(command)
        case .firstSignal: try await signal(id)
        case .pause: try await admin.pauseSession(command)
        case .resume: try await admin.resumeSession(command)
        case .stop: try await admin.stopSession(command)
        case .terminate: try await admin.terminateSession(command)
        case .delete: try await admin.deleteSession(command)
        case .update:
            _ = try await admin.updateSession(
                SessionUpdateParams(sessionID: id, config: .wire(duration: 30)))
        }
    }
}

/// The events of the domain's state machine that someone asks for.
enum TransitionEvent: String, CaseIterable, Sendable {
    case start, firstSignal, pause, resume, stop, terminate, delete, update

    /// The domain's table: where each status leads; nil where it is refused.
    func target(from status: SessionStatus) -> SessionStatus? {
        switch (self, status) {
        case (.start, .pending): .active
        case (.firstSignal, .active), (.firstSignal, .running): .running
        case (.pause, .active), (.pause, .running): .paused
        // The fixture pauses an ACTIVE session.
        case (.resume, .paused): .active
        case (.stop, .active), (.stop, .running): .completed
        case (.terminate, .pending), (.terminate, .active), (.terminate, .running),
            (.terminate, .paused):
            .completed
        case (.delete, .pending), (.delete, .completed): status
        case (.update, .pending): .pending
        default: nil
        }
    }
}

extension SessionConfig {
    /// A config for tests.
    static func wire(
        max: Int = 10, markets: [String] = ["R_100", "R_50"], duration: Int = 60
    ) -> SessionConfig {
        SessionConfig(maxParticipants: max, allowedMarkets: markets, durationMinutes: duration)
    }
}
