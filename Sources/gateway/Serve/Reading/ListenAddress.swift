import Glibc

/// Judges where the gateway is told to listen.
enum ListenAddress {
    /// Whether a text is an IPv4 or IPv6 address, which is what a socket binds to; a name may stand
    /// for several.
    static func isAddress(_ text: String) -> Bool {
        var address = in6_addr()
        // Safety: inet_pton writes at most the size of an in6_addr, and reads the text's bytes
        // during the call.
        return unsafe inet_pton(AF_INET, text, &address) == 1
            || inet_pton(AF_INET6, text, &address) == 1
    }
}
