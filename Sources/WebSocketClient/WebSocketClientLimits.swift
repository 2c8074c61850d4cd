/// The bounds of a client connection that no configuration changes.
enum WebSocketClientLimits {
    /// Bytes of a refusal's HTTP body that are kept. The gateway's stable error has a few hundred;
    /// a proxy's error page is cut off.
    static let refusalBodyByteCountMax = 16 * 1024

    /// Bytes of an HTTP response head, as servers bound a request's.
    static let responseHeadByteCountMax = 16 * 1024

    /// Bytes that wait for the kernel to take them. A client that cannot send a megabyte has lost
    /// its link, whatever the kernel says; messages are refused from there on.
    static let unsentByteCountMax = 1024 * 1024

    /// How long the closing handshake may take (RFC 6455 §7.1.1) before the link is cut.
    static let closeTimeout: Duration = .seconds(2)
}
