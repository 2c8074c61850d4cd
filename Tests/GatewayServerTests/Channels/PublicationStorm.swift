import Dispatch
import Synchronization
import TestSupport

/// Publications without a pause, on a thread of their own, until told to stop: however long a slow
/// machine takes to subscribe again, they come before it and behind it.
final class PublicationStorm: Sendable {
    private static let commandsPerWrite = 500
    private let isOver = Atomic<Bool>(false)

    /// Begins.
    ///
    /// - Parameters:
    ///   - path: the socket of Redis.
    ///   - first: commands before all others.
    ///   - command: the command of a number, counted from 1.
    init(at path: String, first: String, _ command: @escaping @Sendable (Int) -> String) {
        DispatchQueue(label: "storm").async { [self] in
            guard let connection = try? RawConnection(path: path),
                (try? connection.send("CLIENT REPLY OFF\r\n" + first)) != nil
            else { return }
            var number = 0
            while !isOver.load(ordering: .acquiring) {
                var text = ""
                for _ in 0..<Self.commandsPerWrite {
                    number += 1
                    text += command(number)
                }
                guard (try? connection.send(text)) != nil else { return }
            }
        }
    }

    /// Ends it.
    func stop() { isOver.store(true, ordering: .releasing) }
}
