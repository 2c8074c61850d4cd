package import Foundation
import Glibc
import Synchronization

/// A program that a test starts.
///
/// Used as Foundation's `Process`, in whose place it stands: that one reads past the end of a
/// buffer while it looks for the descriptors to close (swift-corelibs-foundation of Swift 6.3),
/// which ends the tests now and then, and it hands the blocked signals of a pool's thread down.
package final class TestProcess: @unchecked Sendable {
    /// How a process ended.
    package enum TerminationReason: Sendable {
        case exit
        case uncaughtSignal
    }

    /// Why a program did not start.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    // Safety: the settings are written by the thread that makes the object, before `run`; what
    // changes afterwards is behind the mutex.
    package var executableURL: URL?
    package var arguments: [String] = []
    /// The variables; nil for the tests' own.
    package var environment: [String: String]?
    package var currentDirectoryURL: URL?
    package var standardInput: FileHandle?
    package var standardOutput: FileHandle?
    package var standardError: FileHandle?

    private struct State {
        var identifier: Int32 = 0
        var status: Int32?
    }

    private let state = Mutex(State())

    package init() {}

    /// The process id, 0 before it runs.
    package var processIdentifier: Int32 { state.withLock { $0.identifier } }

    /// Whether it runs.
    package var isRunning: Bool { state.withLock { Self.look(&$0) == nil && $0.identifier > 0 } }

    /// The exit status, or the number of the signal that ended it; 0 while it runs.
    package var terminationStatus: Int32 {
        let status = state.withLock { Self.look(&$0) } ?? 0
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : signal
    }

    /// How it ended.
    package var terminationReason: TerminationReason {
        let status = state.withLock { Self.look(&$0) } ?? 0
        return status & 0x7f == 0 ? .exit : .uncaughtSignal
    }

    /// Waits for the end. Blocks.
    package func waitUntilExit() {
        while isRunning { _ = poll(nil, 0, 2) }
    }

    /// Waits for the end, at most for a time. Blocks.
    ///
    /// - Returns: whether it has ended.
    package func waitUntilExit(within seconds: Double) -> Bool {
        let deadline = Date(timeIntervalSinceNow: seconds)
        while isRunning && Date() < deadline { _ = poll(nil, 0, 2) }
        return !isRunning
    }

    private static func look(_ state: inout State) -> Int32? {
        guard state.status == nil, state.identifier > 0 else { return state.status }
        var status: Int32 = 0
        // Safety: the status is written to the local variable.
        if unsafe waitpid(state.identifier, &status, WNOHANG) == state.identifier {
            state.status = status
        }
        return state.status
    }

    /// Starts the program.
    package func run() throws {
        guard let path = executableURL?.path else { throw Failure(description: "no program") }
        let result = Self.starting.withLock { _ in
            state.withLock { spawn(path, &$0.identifier) }
        }
        guard result == 0 else { throw Failure(description: "cannot start \(path): \(result)") }
    }

    /// Nothing is started between the making of a pipe and its mark.
    private static let starting = Mutex<Void>(())

    /// A pipe of which no child gets an end but by its standard handles.
    package static func makePipe() -> Pipe {
        starting.withLock { _ in
            let pipe = Pipe()
            for handle in [pipe.fileHandleForReading, pipe.fileHandleForWriting] {
                _ = fcntl(handle.fileDescriptor, F_SETFD, FD_CLOEXEC)
            }
            return pipe
        }
    }

    private func spawn(_ path: String, _ identifier: inout Int32) -> Int32 {
        // Safety: every pointer handed to posix_spawn is valid during the call: the actions and
        // attributes are initialised before and destroyed after it, and the strings are duplicated
        // and freed here.
        var actions = unsafe posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawnattr_init(&attributes)
        defer {
            unsafe posix_spawn_file_actions_destroy(&actions)
            unsafe posix_spawnattr_destroy(&attributes)
        }
        let handles = [standardInput, standardOutput, standardError]
        for (number, handle) in handles.enumerated() {
            guard let handle else { continue }
            unsafe posix_spawn_file_actions_adddup2(
                &actions, handle.fileDescriptor, Int32(number))
        }
        var none = sigset_t()
        var all = sigset_t()
        unsafe sigemptyset(&none)
        unsafe sigfillset(&all)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
        let variables = environment ?? ProcessInfo.processInfo.environment
        var words = unsafe command(path).map { unsafe strdup($0) }
        unsafe words.append(nil)
        var settings = unsafe variables.map { unsafe strdup("\($0)=\($1)") }
        unsafe settings.append(nil)
        defer {
            unsafe words.forEach { unsafe free($0) }
            unsafe settings.forEach { unsafe free($0) }
        }
        let program = command(path)[0]
        return unsafe posix_spawn(
            &identifier, program, &actions, &attributes, &words, &settings)
    }

    /// The program and its arguments; `env` changes the folder where one is asked for.
    private func command(_ path: String) -> [String] {
        guard let folder = currentDirectoryURL?.path else { return [path] + arguments }
        return ["/usr/bin/env", "-C", folder, path] + arguments
    }
}
