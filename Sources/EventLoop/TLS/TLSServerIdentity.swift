import COpenSSL
import Synchronization

/// The certificates of a listener, exchangeable while it runs.
///
/// With several, the client's server name chooses (SNI, RFC 6066 §3); without a name, or with one
/// that none is for, the first is used. Any thread may use it.
package final class TLSServerIdentity: Sendable {
    /// Certificates of one listener at most.
    package static let certificateCountMax = 64

    private let files: [TLSCertificateFiles]
    private let contexts: Mutex<[TLSContext]>

    /// Reads the certificates and keys.
    ///
    /// - Parameter files: at least one pair, the default first.
    /// - Throws: ``TLSError`` for files that are missing, damaged or do not fit together.
    package init(files: [TLSCertificateFiles]) throws(TLSError) {
        guard (1...Self.certificateCountMax).contains(files.count) else {
            throw TLSError(operation: "a listener has 1 to 64 certificates", causes: [])
        }
        self.files = files
        contexts = Mutex(try Self.read(files))
    }

    /// Reads the files again; new connections use what they hold now.
    ///
    /// - Throws: ``TLSError``, and the former certificates stay in use.
    package func reload() throws(TLSError) {
        let read = try Self.read(files)
        contexts.withLock { $0 = read }
    }

    /// A session for an accepted connection.
    package func makeSession(descriptor: Int32) throws(TLSError) -> TLSSession {
        let contexts = contexts.withLock { $0 }
        return try TLSSession(accepting: descriptor, contexts: contexts)
    }

    private static func read(_ files: [TLSCertificateFiles]) throws(TLSError) -> [TLSContext] {
        var contexts: [TLSContext] = []
        for pair in files { contexts.append(try TLSContext(serverWith: pair)) }
        return contexts
    }
}

/// Whom a client believes.
package final class TLSTrust: Sendable {
    private let context: TLSContext

    /// - Parameter authorityPath: a PEM file of certificate authorities; nil for the system's.
    /// - Throws: ``TLSError`` where the file cannot be read.
    package init(authorityPath: String? = nil) throws(TLSError) {
        context = try TLSContext(clientTrusting: authorityPath)
    }

    /// A session for a connection to a host, whose certificate has to be for that name or address.
    package func makeSession(descriptor: Int32, host: String) throws(TLSError) -> TLSSession {
        try TLSSession(connecting: descriptor, context: context, host: host)
    }
}
