import EventLoop
import GatewayServer
import WebSocketProtocol

/// The sections `public` and `internal`: where the node listens, and through whom clients come.
extension ServeConfiguration {
    /// Reads the section `public`.
    ///
    /// - Parameter file: the whole configuration.
    /// - Returns: where clients connect, and the proxies on their way.
    /// - Throws: `ConfigurationReader.Problem`.
    static func readPublic(
        _ file: inout ConfigurationReader
    ) throws -> (SocketAddress, TrustedProxies) {
        var section = try file.object("public")
        let address = try address(
            in: &section, "public", port: 8080, host: "0.0.0.0", "where clients connect")
        let proxies =
            try section.texts(
                "trusted_proxies",
                "Addresses and blocks (`10.0.0.0/8`, `2001:db8::/32`) of the proxies in front, at "
                    + "most \(TrustedProxies.blockCountMax): bounds per address and the audit log "
                    + "are then about the client that they name in `X-Forwarded-For`. Name "
                    + "nobody else: who is named can be anybody.") ?? []
        try section.finish()
        do throws(TrustedProxiesError) {
            return (address, try TrustedProxies(proxies))
        } catch {
            throw ConfigurationReader.Problem(
                description: "public.trusted_proxies: \(error.advice)")
        }
    }

    /// Reads the section `internal`.
    ///
    /// - Parameter file: the whole configuration.
    /// - Returns: where operators connect.
    /// - Throws: `ConfigurationReader.Problem`.
    static func readInternal(_ file: inout ConfigurationReader) throws -> SocketAddress {
        var section = try file.object("internal")
        let address = try address(
            in: &section, "internal", port: 8081, host: "127.0.0.1",
            "where health and metrics are, not for the public")
        try section.finish()
        return address
    }

    private static func address(
        in section: inout ConfigurationReader, _ key: String, port: Int, host: String,
        _ purpose: String
    ) throws -> SocketAddress {
        let host =
            try section.text(
                "host", standard: host, "The IPv4 or IPv6 address to listen on: \(purpose).")
            ?? host
        guard ListenAddress.isAddress(host) else {
            throw ConfigurationReader.Problem(
                description: "\(key).host has to be an IPv4 or IPv6 address")
        }
        var number = UInt16(port)
        try section.integer(
            "port", 0...65_535, into: &number, "The port there; 0 takes a free one.")
        return .internet(host: host, port: number)
    }
}
