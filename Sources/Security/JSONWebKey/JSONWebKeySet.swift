internal import JSONRPC

/// A set of keys in JSON (RFC 7517 §5).
///
/// A key that we cannot use, of another type, for another purpose or damaged, is passed over and
/// counted: a provider may publish keys for others beside ours (RFC 7517 §5 asks for it).
package struct JSONWebKeySet: Sendable {
    /// Why a document is no key set.
    package enum DocumentError: Error, Equatable {
        /// The document exceeds `SecurityLimits.keySetByteCountMax`.
        case tooLong(byteCountMax: Int)
        /// The document is not JSON, or not an object with an array `keys` of objects.
        case malformed
        /// More keys than `SecurityLimits.keyCountMax`.
        case tooManyKeys(max: Int)
    }

    /// What a document may hold.
    package enum Contents: Sendable {
        /// Public keys, as a provider publishes them. A shared secret or a private key in such a
        /// document is no secret any longer, and is passed over.
        case publicKeys
        /// Shared secrets, from a place that nobody else can read.
        case sharedSecrets
    }

    private static let limits = JSONLimits(
        byteCountMax: SecurityLimits.keySetByteCountMax, depthMax: 8, tokenCountMax: 2048,
        stringByteCountMax: SecurityLimits.keySetByteCountMax)

    /// The usable keys.
    package let keys: TokenKeySet
    /// How many keys were passed over.
    package let ignoredKeyCount: Int

    /// Reads a document.
    ///
    /// - Parameters:
    ///   - document: the bytes of the document.
    ///   - contents: what it may hold.
    /// - Throws: `DocumentError` if it is no key set at all.
    package init(_ document: Span<UInt8>, contents: Contents) throws(DocumentError) {
        guard document.count <= SecurityLimits.keySetByteCountMax else {
            throw .tooLong(byteCountMax: SecurityLimits.keySetByteCountMax)
        }
        // Safety: the elements are bytes, and any bytes may be read as bytes.
        let text = unsafe document.bytes
        var tape = JSONTape(limits: Self.limits)
        do throws(JSONError) {
            try tape.read(text)
        } catch {
            throw .malformed
        }
        guard let array = tape.root(in: text).member("keys"), array.kind == .array else {
            throw .malformed
        }
        var keys: [TokenKey] = []
        var names: [String?] = []
        var keyCount = 0
        var elements = array.elements
        while let element = elements.next() {
            keyCount += 1
            guard keyCount <= SecurityLimits.keyCountMax else {
                throw .tooManyKeys(max: SecurityLimits.keyCountMax)
            }
            guard element.kind == .object else { throw .malformed }
            names.append(JSONWebKey.name(of: element))
            if let key = JSONWebKey(element, contents: contents)?.tokenKey { keys.append(key) }
        }
        // Of two keys with one name, even if one is damaged, neither can be told to be right.
        let unambiguous = keys.filter { key in
            if key.id == nil {
                keys.count { $0.id == nil && $0.algorithm == key.algorithm } == 1
            } else {
                names.count { $0 == key.id } == 1
            }
        }
        do throws(TokenKeySet.SetError) {
            self.keys = try TokenKeySet(unambiguous)
        } catch {
            throw .malformed
        }
        ignoredKeyCount = keyCount - unambiguous.count
    }
}
