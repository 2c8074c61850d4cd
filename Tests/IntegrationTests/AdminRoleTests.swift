import Foundation
import Glibc
import TestSupport
import Testing

/// The role in the database beside the one in the token.
@Suite(
    "Admins and the database", .timeLimit(.minutes(10)), .serialized,
    .enabled(if: BuiltProgram("gateway") != nil, "the program `gateway` is not built"),
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"))
struct AdminRoleTests {
    @Test(
        .enabled(
            if: !DevProgramTests.python.isEmpty, "TRADERMIND_TEST_PYTHON names no interpreter"),
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/psql"), "no psql"))
    func `an admin who is put down there is one no more, connected or not`() async throws {
        try await DevProgramTests.blocking {
            let gateway = try DevGateway(in: TemporaryFolder())
            let (status, said) = try DevProgramTests.runScript("admin_put_down", gateway)
            #expect(status == 0, "\(said)")
            try gateway.end(by: SIGTERM)
        }
    }
}
