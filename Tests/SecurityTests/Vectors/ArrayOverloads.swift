@testable import Security

// `#expect` cannot take a `Span` apart, so the tests pass arrays.

extension Base64URL {
    static func decode(_ text: [UInt8]) -> [UInt8]? { decode(text.span) }
    static func decodeSecret(_ text: [UInt8]) -> SecretBytes? { decodeSecret(text.span) }
    static func encode(_ bytes: [UInt8]) -> String { encode(bytes.span) }
}

extension ConstantTime {
    static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        areEqual(left.span, right.span)
    }
}

extension HMACSHA256Key {
    func authenticationCode(of message: [UInt8]) -> [UInt8]? {
        authenticationCode(of: message.span)
    }

    func isValid(_ code: [UInt8], for message: [UInt8]) -> Bool {
        isValid(code.span, for: message.span)
    }
}

extension ECDSAP256PublicKey {
    init(x: [UInt8], y: [UInt8]) throws(KeyError) { try self.init(x: x.span, y: y.span) }

    func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        isValid(signature.span, for: message.span)
    }
}

extension ECDSAP256SigningKey {
    func signature(of message: [UInt8]) -> [UInt8]? { signature(of: message.span) }
}

extension RSAPublicKey {
    init(modulus: [UInt8], exponent: [UInt8]) throws(KeyError) {
        try self.init(modulus: modulus.span, exponent: exponent.span)
    }

    func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        isValid(signature.span, for: message.span)
    }
}

extension AES256GCMKey {
    func open(_ sealed: [UInt8], nonce: [UInt8], additionalData: [UInt8]) -> SecretBytes? {
        open(sealed.span, nonce: nonce.span, additionalData: additionalData.span)
    }
}

extension Vault {
    func open(_ sealed: [UInt8], context: VaultContext) throws(VaultError) -> SecretBytes {
        try open(sealed.span, context: context)
    }

    func needsResealing(_ sealed: [UInt8]) -> Bool { needsResealing(sealed.span) }
}

extension VaultKeyring {
    init(file: [UInt8]) throws(KeyringError) { try self.init(file: file.span) }
}

extension JSONWebKeySet {
    init(_ document: [UInt8], contents: Contents) throws(DocumentError) {
        try self.init(document.span, contents: contents)
    }
}

extension TokenKeyring {
    init(file: [UInt8]) throws(KeyringError) { try self.init(file: file.span) }
}

extension ROCA {
    static func isWeak(modulus: [UInt8]) -> Bool { isWeak(modulus: modulus.span) }
}
