internal import JSONRPC

/// One key in JSON, if we can use it (RFC 7517 §4, RFC 7518 §6).
struct JSONWebKey {
    let tokenKey: TokenKey

    /// Reads a key, or answers nil for one that we cannot or must not use.
    init?(_ object: JSONValue, contents: JSONWebKeySet.Contents) {
        guard Self.isForVerifying(object), let material = Self.material(object, contents) else {
            return nil
        }
        var id: String?
        if let name = object.member("kid") {
            guard let text = name.string, !text.isEmpty,
                text.utf8.count <= SecurityLimits.keyIDByteCountMax
            else { return nil }
            id = text
        }
        tokenKey = TokenKey(id: id, material: material)
        if let algorithm = object.member("alg") {
            guard algorithm.string == tokenKey.algorithm.rawValue else { return nil }
        }
    }

    /// The name of a key for signatures, whether or not it is usable.
    static func name(of object: JSONValue) -> String? {
        isForVerifying(object) ? object.member("kid")?.string : nil
    }

    /// Whether `use` and `key_ops`, where they are there, allow it to verify signatures.
    private static func isForVerifying(_ object: JSONValue) -> Bool {
        if let use = object.member("use"), !use.equals("sig") { return false }
        guard let operations = object.member("key_ops") else { return true }
        var elements = operations.elements
        while let element = elements.next() {
            if element.equals("verify") { return true }
        }
        return false
    }

    private static func material(
        _ object: JSONValue, _ contents: JSONWebKeySet.Contents
    ) -> TokenKey.Material? {
        switch (contents, object.member("kty")?.string) {
        case (.sharedSecrets, "oct"):
            guard let secret = secret(object.member("k")),
                let key = try? HMACSHA256Key(secret: secret)
            else { return nil }
            return .sharedSecret(key)
        case (.publicKeys, "EC"):
            guard object.member("d") == nil, object.member("crv")?.equals("P-256") == true,
                let x = bytes(object.member("x")), let y = bytes(object.member("y")),
                let key = try? ECDSAP256PublicKey(x: x.span, y: y.span)
            else { return nil }
            return .ecdsaP256(key)
        case (.publicKeys, "RSA"):
            guard object.member("d") == nil, let modulus = bytes(object.member("n")),
                let exponent = bytes(object.member("e")),
                let key = try? RSAPublicKey(modulus: modulus.span, exponent: exponent.span)
            else { return nil }
            return .rsa(key)
        default:
            return nil
        }
    }

    private static func bytes(_ value: JSONValue?) -> [UInt8]? {
        guard let text = value?.string else { return nil }
        return Base64URL.decode(Array(text.utf8).span)
    }

    private static func secret(_ value: JSONValue?) -> SecretBytes? {
        guard let text = value?.unescapedBytes else { return nil }
        // Decoded from where it lies, so that no copy of a secret is left behind.
        // Safety: the bytes are valid until the closure returns.
        return unsafe text.withUnsafeBytes { bytes in
            Base64URL.decodeSecret(unsafe bytes.bindMemory(to: UInt8.self).span)
        }
    }
}
