import Glibc
import Testing

@testable import EventLoop

@Suite("Child processes")
struct ChildProcessTests {
    private func run(
        _ program: String, _ arguments: [String], signal: Int32? = nil
    ) async throws -> ProcessExit {
        let group = try EventLoopGroup(count: 1)
        defer { group.stopAndJoin() }
        let loop = group.loops[0]
        let result: Result<ProcessExit, SystemError> = await withCheckedContinuation {
            continuation in
            loop.post {
                do throws(SystemError) {
                    let child = try ChildProcess(
                        program: program, arguments: arguments, outputPath: "/dev/null", on: loop
                    ) { continuation.resume(returning: .success($0)) }
                    if let signal { child.signal(signal) }
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    @Test("The status of a program that returned is told", arguments: [0, 1, 77] as [Int32])
    func status(expected: Int32) async throws {
        #expect(try await run("sh", ["-c", "exit \(expected)"]) == .exited(expected))
    }

    @Test("A child starts with nothing blocked, whatever its parent has blocked")
    func signalMask() async throws {
        SignalSource.block([SIGUSR2])
        let exit = try await run("sh", ["-c", "kill -USR2 $$; exit 0"])
        #expect(exit == .signalled(SIGUSR2))
    }

    @Test("A signal reaches the child and its end is told")
    func signal() async throws {
        #expect(try await run("sleep", ["600"], signal: SIGTERM) == .signalled(SIGTERM))
    }

    @Test("A program that is not there is an error")
    func missing() async throws {
        await #expect(throws: SystemError(call: "posix_spawnp", code: ENOENT)) {
            _ = try await run("no-such-program-anywhere", [])
        }
    }
}
