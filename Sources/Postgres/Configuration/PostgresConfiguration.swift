/// How a link to PostgreSQL is protected.
package enum PostgresTLS: String, Sendable, Equatable {
    /// No encryption.
    case disable
    /// Encrypted, but whoever answers is believed.
    case require
    /// Encrypted, with a certificate of the authorities, whatever host it names.
    case verifyCertificate = "verify-ca"
    /// Encrypted, with a certificate of the authorities for this host.
    case verifyFull = "verify-full"
}

/// What a pool needs to know.
package struct PostgresConfiguration: Sendable {
    /// Where libpq finds the system's authorities, which it does not look for by itself before
    /// version 16.
    package static let systemAuthorityPath = "/etc/ssl/certs/ca-certificates.crt"

    /// Where PostgreSQL is and how to sign in.
    package var url: PostgresURL
    /// The name of the connections in `pg_stat_activity`.
    package var applicationName: String
    /// A PEM file of the authorities that certify the server; nil for the system's.
    package var authorityPath: String?
    /// Whether statements are prepared and kept, and the session set up: off where a pooler gives
    /// each transaction another server.
    package var usesPreparedStatements = true
    /// The bounds and times.
    package var limits: PostgresLimits

    /// Puts a configuration together.
    ///
    /// - Parameters:
    ///   - url: where PostgreSQL is.
    ///   - applicationName: letters that PostgreSQL shows; cut to 63 by the server.
    ///   - allowsWeakTLS: whether a server that is not on this machine may be reached without a
    ///     check of who it is.
    ///   - limits: the bounds and times.
    /// - Throws: `PostgresURLError.weakTLS` for such a server without that permission.
    package init(
        url: PostgresURL, applicationName: String, allowsWeakTLS: Bool = false,
        limits: PostgresLimits = PostgresLimits()
    ) throws(PostgresURLError) {
        guard url.isLocal || url.tls == .verifyFull || allowsWeakTLS else { throw .weakTLS }
        self.url = url
        self.applicationName = applicationName
        self.limits = limits
    }

    /// What libpq is told. Each that an environment variable could set is named here, so that
    /// none of them changes where the gateway connects or whom it believes.
    ///
    /// - Parameter addresses: of the host, so that libpq looks up no name, which would block.
    /// - Returns: names and values.
    func parameters(addresses: [String]) -> [(String, String)] {
        var parameters: [(String, String)] = []
        switch url.endpoint {
        case .unix(let folder, let port):
            parameters.append(("host", folder))
            parameters.append(("port", String(port)))
        case .internet(let host, let port):
            let each = { (text: String) in
                Array(repeating: text, count: addresses.count).joined(separator: ",")
            }
            parameters.append(("host", each(host)))
            parameters.append(("hostaddr", addresses.joined(separator: ",")))
            parameters.append(("port", each(String(port))))
        }
        parameters += [
            ("dbname", url.database), ("user", url.user),
            ("password", url.password?.secret ?? ""),
            // A path that cannot exist: only the configuration says what the password is.
            ("passfile", "/dev/null/none"),
            ("sslmode", url.tls.rawValue),
            ("sslrootcert", authorityPath ?? Self.systemAuthorityPath),
            ("ssl_min_protocol_version", "TLSv1.2"), ("gssencmode", "disable"),
            ("application_name", applicationName), ("client_encoding", "UTF8"),
            ("target_session_attrs", "any"),
            // The kernel asks an idle peer after 30 s and gives up 30 s later.
            ("keepalives", "1"), ("keepalives_idle", "30"), ("keepalives_interval", "10"),
            ("keepalives_count", "3"), ("tcp_user_timeout", "15000"),
        ]
        return parameters
    }
}
