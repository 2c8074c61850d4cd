import Security

extension FuzzHarness {
    /// JSON Web Key Sets, of providers and of our own. First byte: which.
    static let keySet = FuzzHarness(name: "keyset", byteCountMax: 2048) {
        bytes throws(PropertyFailure) in
        var input = FuzzInput(bytes)
        let isPublic = input.takeByte() & 1 == 0
        let document = Array(input.rest)
        let set: JSONWebKeySet
        do throws(JSONWebKeySet.DocumentError) {
            set = try JSONWebKeySet(
                document.span, contents: isPublic ? .publicKeys : .sharedSecrets)
        } catch {
            return
        }
        let hasSecret = set.keys.keys.contains { $0.algorithm == .hs256 }
        // What stands in a public document is no secret any longer.
        try require(!isPublic || !hasSecret, "a shared secret of a public document was taken")
    }
}
