import Foundation

extension PrivateRedisServer {
    /// Whether the binary was built with TLS.
    package static let speaksTLS: Bool = {
        guard let binaryPath else { return false }
        let process = TestProcess()
        process.executableURL = URL(fileURLWithPath: binaryPath)
        // Ends at once in either case: over the certificate that is not there, or over an option
        // that it does not know.
        process.arguments = ["--port", "0", "--tls-port", "1", "--tls-cert-file", "/nonexistent"]
        guard let folder = try? TemporaryFolder(), let output = try? folder.fileToWrite("said")
        else { return false }
        process.standardOutput = output
        process.standardError = output
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return (try? folder.text("said"))?.contains("Bad directive") == false
    }()

    /// Why tests over TLS cannot run, for `.enabled(if:)`.
    package static let noTLSReason = "There is no redis-server that was built with TLS."

    /// Starts a server that takes TLS connections beside those on its unix socket.
    ///
    /// - Parameters:
    ///   - certificate: what it presents.
    ///   - arguments: more arguments of redis-server.
    /// - Returns: the server and its URL for TLS.
    /// - Throws: `Failure` where it did not start, with what it said.
    package static func withTLS(
        _ certificate: TestCertificate, arguments: [String] = []
    ) throws -> (server: PrivateRedisServer, url: String) {
        try retryingPorts {
            let port = try ReservedPort()
            port.release()
            let server = try PrivateRedisServer(
                arguments: [
                    "--tls-port", String(port.number), "--tls-auth-clients", "no",
                    "--tls-cert-file", certificate.certificatePath,
                    "--tls-key-file", certificate.keyPath,
                ] + arguments)
            return (server, "rediss://127.0.0.1:\(port.number)")
        }
    }
}
