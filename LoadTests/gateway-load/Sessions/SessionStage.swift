import Foundation
import GatewayAPI
import GatewayClient

/// The sessions of a load test: made before it, kept alive during it, and gone behind it.
final class SessionStage: Sendable {
    /// The market of every session; nobody else has it.
    let market: String
    /// The sessions.
    let sessionIDs: [String]
    private let admin: GatewayClient
    private let engine: GatewayClient
    private let feed: Task<Void, Never>

    /// Creates and starts sessions.
    init(
        url: String, options: ClientOptions, tokens: SessionTokens, sessionCount: Int
    ) async throws {
        let market = "LT_S\(UInt32.random(in: 0...999_999))"
        admin = try await GatewayClient.connect(
            to: url, token: GatewayToken(tokens.admin), options: options)
        let engine = try await GatewayClient.connect(
            to: url, token: GatewayToken(tokens.service), options: options)
        self.engine = engine
        self.market = market
        // A market without ticks would pause the sessions.
        feed = Task {
            while !Task.isCancelled {
                let now = Int64(Date().timeIntervalSince1970 * 1000)
                _ = try? await engine.publishTick(
                    TickPublishParams(market: market, quote: "1", epochMilliseconds: now))
                try? await Task.sleep(for: .seconds(1))
            }
        }
        var ids: [String] = []
        let config = SessionConfig(maxParticipants: 10_000, allowedMarkets: [market])
        for index in 0..<sessionCount {
            let session = try await admin.createSession(
                SessionCreateParams(name: "load test \(index)", config: config))
            try await admin.startSession(SessionCommandParams(sessionID: session.id))
            ids.append(session.id)
        }
        sessionIDs = ids
    }

    /// Ends and deletes the sessions.
    func tearDown() async throws {
        feed.cancel()
        for id in sessionIDs {
            let command = SessionCommandParams(sessionID: id)
            try await admin.terminateSession(command)
            try await admin.deleteSession(command)
        }
        await admin.close()
        await engine.close()
    }
}

/// The tokens that a test of sessions needs.
struct SessionTokens: Sendable {
    /// Creates sessions, and joins and leaves in the name of users.
    let admin: String
    /// Publishes, claims and acknowledges signals.
    let service: String
}
