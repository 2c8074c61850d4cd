package import WebSocketProtocol

/// Where the keys of a trusted issuer are fetched from: a JWKS document (RFC 7517 §5).
package struct IssuerKeySource: Sendable {
    /// The issuer's place in the configuration's list.
    package let issuerIndex: Int
    /// The document.
    package let url: HTTPURL
    /// A PEM file of the authorities that certify its server; nil for the system's.
    package let authorityPath: String?
    /// Whether the document may come without TLS: only for a server on the same machine.
    package let allowsPlainHTTP: Bool

    /// Names a document.
    ///
    /// - Parameters:
    ///   - issuerIndex: the issuer's place in the configuration's list.
    ///   - url: the document.
    ///   - authorityPath: a PEM file of authorities; nil for the system's.
    ///   - allowsPlainHTTP: whether it may come without TLS.
    package init(
        issuerIndex: Int, url: HTTPURL, authorityPath: String? = nil, allowsPlainHTTP: Bool = false
    ) {
        self.issuerIndex = issuerIndex
        self.url = url
        self.authorityPath = authorityPath
        self.allowsPlainHTTP = allowsPlainHTTP
    }
}
