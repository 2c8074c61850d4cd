import Redis
import RedisProtocol
import SessionFunctions

/// Sees to it that Redis has the session functions of this build or newer ones. Confined to its
/// loop.
///
/// A newer library stays: it understands what an older one stored, so nodes of two builds can run
/// side by side while the newer ones are rolled out.
final class FunctionLibraryLoader {
    /// How often version and text are tried in a row: another node may load at the same moment.
    static let attemptCountMax = 3

    private let pool: RedisPool
    private var waiters: [(Bool) -> Void] = []
    private var isRunning = false

    /// How often this loop has loaded the text.
    private(set) var loadCount = 0

    /// Why Redis refused the functions when last asked; nil where it did not. The beginning only:
    /// it may go on with the command's arguments, which are the library's text.
    private(set) var refusal: String?
    private static let refusalCharacterCountMax = 120

    init(pool: RedisPool) {
        self.pool = pool
    }

    /// Asks for the version and loads the text where it is missing or older.
    ///
    /// - Parameter completion: called once, on the loop, with whether the functions are there;
    ///   calls during a look share its result.
    func ensure(_ completion: @escaping (Bool) -> Void) {
        waiters.append(completion)
        guard !isRunning else { return }
        isRunning = true
        askVersion(attempt: 1)
    }

    private func askVersion(attempt: Int) {
        pool.send(RedisCommand("FCALL_RO", "tradermind_version", "0")) { [weak self] result in
            guard let self else { return }
            switch result {
            case .success(let value):
                guard let version = value.integer else { return finish(false) }
                refusal = nil
                if version >= SessionFunctionLibrary.version { return finish(true) }
                load(replacesOlder: true, attempt: attempt)
            case .failure(.refused(let error)) where error.isMissingFunction:
                load(replacesOlder: false, attempt: attempt)
            case .failure(let error): refused(error)
            }
        }
    }

    private func load(replacesOlder: Bool, attempt: Int) {
        var command = RedisCommand(name: "FUNCTION", reservedByteCount: 128 * 1024)
        command.append("LOAD")
        // Where there was none, one that is there by now is another node's, maybe a newer one.
        if replacesOlder { command.append("REPLACE") }
        command.append(SessionFunctionLibrary.source)
        pool.send(command) { [weak self] result in
            guard let self else { return }
            switch result {
            case .success:
                loadCount += 1
                refusal = nil
                finish(true)
            case .failure(.refused) where attempt < Self.attemptCountMax:
                askVersion(attempt: attempt + 1)
            case .failure(let error): refused(error)
            }
        }
    }

    /// Redis 6 does not know functions, and an access control list may forbid them.
    private func refused(_ error: RedisError) {
        if case .refused(let reply) = error {
            let line = "\(reply.code) \(reply.message)".prefix { $0 != "\n" && $0 != "\r" }
            refusal = String(line.prefix(Self.refusalCharacterCountMax))
        }
        finish(false)
    }

    private func finish(_ isLoaded: Bool) {
        isRunning = false
        let waiters = waiters
        self.waiters = []
        for waiter in waiters { waiter(isLoaded) }
    }
}

extension RedisReplyError {
    /// Whether Redis does not know the function: it was started without its data, or flushed.
    var isMissingFunction: Bool {
        code == "NOSCRIPT" || code == "ERR" && message.hasPrefix("Function not found")
    }
}
