package import Logging
import Foundation
import Glibc
import Synchronization

/// What a run of all tests leaves for the look at its end: every secret that it used, and all that
/// was logged. No secret may be in a log (Scripts/test looks).
///
/// In the folder that TRADERMIND_TEST_EVIDENCE names; nothing is kept where it is not set.
package enum RunEvidence {
    private static let folder: String? = {
        let path = ProcessInfo.processInfo.environment["TRADERMIND_TEST_EVIDENCE"] ?? ""
        return path.isEmpty ? nil : path
    }()
    private static let files = Mutex<[String: Int32]>([:])

    /// Keeps a secret, and gives it back.
    package static func noting(_ secret: String) -> String {
        // What is shorter could be in a log by chance.
        if secret.utf8.count >= 8 { append(secret + "\n", to: "secrets") }
        return secret
    }

    /// Keeps what a program or a server has logged.
    package static func keep(log: String) {
        if !log.isEmpty { append(log + "\n", to: "logs") }
    }

    /// A logger for a test's own gateways: to the folder at every level, or to nowhere.
    package static func makeLogger(_ label: String) -> Logger {
        guard folder != nil else {
            return Logger(label: label) { _ in SwiftLogNoOpLogHandler() }
        }
        return .lines(label) { keep(log: $0) }
    }

    private static func append(_ text: String, to name: String) {
        guard let folder else { return }
        let bytes = Array(text.utf8)
        files.withLock { files in
            // Safety: the path lives during the call.
            let file =
                unsafe files[name]
                ?? open("\(folder)/\(name)", O_WRONLY | O_CREAT | O_APPEND, 0o600)
            guard file >= 0 else { return }
            files[name] = file
            var offset = 0
            while offset < bytes.count {
                // Safety: the rest of the array is read during the call.
                let count = unsafe bytes[offset...].withUnsafeBytes { rest in
                    unsafe write(file, rest.baseAddress, rest.count)
                }
                guard count > 0 else { return }
                offset += count
            }
        }
    }
}
