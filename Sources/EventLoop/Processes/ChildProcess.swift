import CLinux
import Glibc

/// How a child process ended.
package enum ProcessExit: Equatable, Sendable {
    /// It returned this status.
    case exited(Int32)
    /// This signal ended it.
    case signalled(Int32)
}

/// A child process whose end is told on a loop.
///
/// It runs in a process group of its own, so that Ctrl-C on the terminal reaches its parent only,
/// which then stops it in order; its signal mask and handlers are the defaults, whatever the
/// parent has blocked. Confined to the loop.
package final class ChildProcess: DescriptorHandler {
    /// The process id.
    package let identifier: Int32
    /// How it ended, nil while it runs.
    package private(set) var exit: ProcessExit?

    private let loop: EventLoop
    private let processDescriptor: OwnedDescriptor
    private let onExit: (ProcessExit) -> Void
    private var registration: Registration?

    /// Starts a program, found on PATH where its name has no slash.
    ///
    /// - Parameters:
    ///   - program: its name or path.
    ///   - arguments: without the name itself.
    ///   - outputPath: the file that standard output and error are appended to.
    ///   - loop: the loop, whose thread calls.
    ///   - onExit: called once on the loop when the process has ended.
    /// - Throws: what the kernel refused, ENOENT for a program that is not there.
    package init(
        program: String, arguments: [String], outputPath: String, on loop: EventLoop,
        onExit: @escaping (ProcessExit) -> Void
    ) throws(SystemError) {
        identifier = try Self.spawn(program, arguments, outputPath: outputPath)
        let number = gw_pidfd_open(identifier)
        guard number >= 0 else {
            let error = SystemError.last("pidfd_open")
            kill(identifier, SIGKILL)
            throw error
        }
        processDescriptor = OwnedDescriptor(number)
        self.loop = loop
        self.onExit = onExit
        registration = try loop.register(number, interest: .readable, handler: self)
    }

    /// Sends a signal, unless the process has ended.
    package func signal(_ number: Int32) {
        if exit == nil { kill(identifier, number) }
    }

    package func descriptorReady(_ readiness: Readiness) {
        var status: Int32 = 0
        // Safety: the status is written to the local variable.
        guard unsafe waitpid(identifier, &status, WNOHANG) == identifier else { return }
        let signalNumber = status & 0x7f
        let result: ProcessExit =
            signalNumber == 0 ? .exited((status >> 8) & 0xff) : .signalled(signalNumber)
        exit = result
        if let registration { loop.unregister(registration) }
        registration = nil
        onExit(result)
    }

    private static func spawn(
        _ program: String, _ arguments: [String], outputPath: String
    ) throws(SystemError) -> Int32 {
        // Safety: every pointer handed to posix_spawn is valid during the call: the actions and
        // attributes are initialised before and destroyed after it, the argument strings are
        // duplicated and freed here, and `environ` is read while no other thread changes it.
        var actions = unsafe posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawnattr_init(&attributes)
        defer {
            unsafe posix_spawn_file_actions_destroy(&actions)
            unsafe posix_spawnattr_destroy(&attributes)
        }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(
            &actions, 1, outputPath, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var none = sigset_t()
        var all = sigset_t()
        unsafe sigemptyset(&none)
        unsafe sigfillset(&all)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))

        var strings = unsafe ([program] + arguments).map { unsafe strdup($0) }
        unsafe strings.append(nil)
        defer { unsafe strings.forEach { unsafe free($0) } }
        var identifier: Int32 = 0
        let result = unsafe posix_spawnp(
            &identifier, program, &actions, &attributes, strings, environ)
        guard result == 0 else { throw SystemError(call: "posix_spawnp", code: result) }
        return identifier
    }
}
