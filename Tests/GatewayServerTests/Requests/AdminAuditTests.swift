import GatewayServer
import TestSupport
import Testing

/// What admins do is on record, with who, what and from where.
@Suite("Audit of admins", .timeLimit(.minutes(10))) struct AdminAuditTests {
    private static let config = #"{"max_participants":10,"allowed_markets":["R_100"]}"#

    /// The lines of the audit log about admins' actions.
    private static func lines(_ log: CapturedLog) -> [Substring] {
        log.text.split(separator: "\n").filter { $0.contains("admin.action") }
    }

    @Test func `each change by an admin is noted once it is made, and nobody else's`() async throws
    {
        let log = CapturedLog()
        try await withGateway(hasRedis: true) {
            $0.logger = log.makeLogger()
        } _: { scene in
            let admin = try scene.admin()
            let created = try admin.call(
                "session.create", #"{"name":"Morning\u0007run","config":\#(Self.config)}"#)
            #expect(created.int("error.code") == -32602, "a name has no control characters")
            let session = try admin.call(
                "session.create", #"{"name":"Morning run","config":\#(Self.config)}"#)
            let id = try session.string("result.session.id").orThrow("a session")
            let one = #"{"session_id":"\#(id)"}"#
            _ = try admin.call("session.start", one)
            // Refused: nothing was changed. Read: nothing is.
            #expect(try admin.call("session.start", one).has("error"))
            _ = try admin.call("session.get", one)
            let user = try scene.client()
            #expect(try user.call("session.join", one).has("result"))
            _ = try admin.call(
                "session.remove_participant",
                #"{"session_id":"\#(id)","user_id":"\#(GatewayScene.userID)","reason":"odd"}"#)
            _ = try admin.call(
                "kill_switch.engage", #"{"scope":"market:R_100","reason":"drill"}"#)
            _ = try admin.call("kill_switch.release", #"{"scope":"market:R_100"}"#)
            let lines = Self.lines(log)
            let functions = [
                "session_create", "session_start", "session_remove_participant",
                "kill_switch_engage", "kill_switch_release",
            ]
            try #require(lines.count == functions.count, "\(lines)")
            for (line, function) in zip(lines, functions) {
                #expect(line.contains(function))
                #expect(line.contains(GatewayScene.adminID) && line.contains("127.0.0.1"))
            }
            #expect(lines[0].contains("Morning run") && lines[1].contains(id))
            #expect(lines[2].contains(GatewayScene.userID) && lines[2].contains("odd"))
            #expect(lines[3].contains("market:R_100") && lines[3].contains("drill"))
        }
    }
}
