import Foundation

/// A self-signed certificate and its key in a temporary folder, made by the `openssl` program.
package final class TestCertificate: Sendable {
    /// The PEM files.
    package let certificatePath: String
    package let keyPath: String
    private let folder: URL

    /// - Parameter names: the host names and addresses that it is for.
    /// - Throws: what keeps the files from being made.
    package init(names: [String]) throws {
        folder = FileManager.default.temporaryDirectory.appending(
            path: "gw-cert-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        certificatePath = folder.appending(path: "certificate.pem").path
        keyPath = folder.appending(path: "key.pem").path
        try write(names: names)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    /// Replaces the certificate by another's, as a file of authorities is replaced.
    package func replaceCertificate(by other: TestCertificate) throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: other.certificatePath))
        try data.write(to: URL(fileURLWithPath: certificatePath), options: .atomic)
    }

    /// Replaces both files, as a renewal does.
    package func write(names: [String]) throws {
        let alternatives = names.map { name in
            name.allSatisfy { $0.isNumber || $0 == "." } ? "IP:\(name)" : "DNS:\(name)"
        }
        let process = TestProcess()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "2", "-keyout", keyPath, "-out", certificatePath,
            "-subj", "/CN=\(names.first ?? "test")",
            "-addext", "subjectAltName=\(alternatives.joined(separator: ","))",
        ]
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw TestCertificateError.opensslFailed }
    }
}

/// Why no certificate could be made.
package enum TestCertificateError: Error {
    case opensslFailed
}
