extension JSONTape {
    /// Objects with more members have their keys hashed, so that most comparisons are of numbers.
    static var hashedMemberCountMin: Int { 16 }

    /// Counts the members of the object that has just been closed and looks for equal keys.
    ///
    /// Each key is compared with those before it. ``JSONLimits/memberCountMax`` bounds the square.
    ///
    /// - Parameters:
    ///   - objectIndex: The object's token.
    ///   - text: The text that is being read.
    /// - Throws: ``JSONError/Reason/tooManyMembers`` or ``JSONError/Reason/duplicateKey``.
    mutating func checkMembers(of objectIndex: Int, text: RawSpan) throws(JSONError) {
        let firstIndex = objectIndex + 1
        let end = Int(tokens[objectIndex].next)
        var memberCount = 0
        var flags: JSONToken.Flags = []
        var keyIndex = firstIndex
        while keyIndex < end {
            memberCount += 1
            guard memberCount <= limits.memberCountMax else {
                throw JSONError(.tooManyMembers, at: Int(tokens[keyIndex].start))
            }
            flags.formUnion(tokens[keyIndex].flags)
            keyIndex = Int(tokens[keyIndex + 1].next)
        }
        guard limits.refusesDuplicateKeys, memberCount > 1 else { return }
        // Keys with escapes are compared byte by byte, which is worth avoiding in any number.
        let areHashed =
            memberCount > Self.hashedMemberCountMin || flags.contains(.hasEscapes)
        keyIndex = firstIndex
        while keyIndex < end {
            if areHashed {
                // Nothing else reads this field of a key: its value is always the next token.
                setNext(hash(of: tokens[keyIndex], text: text), at: keyIndex)
            }
            try checkKey(at: keyIndex, since: firstIndex, areHashed: areHashed, text: text)
            keyIndex = Int(tokens[keyIndex + 1].next)
        }
    }

    private func checkKey(
        at keyIndex: Int, since firstIndex: Int, areHashed: Bool, text: RawSpan
    ) throws(JSONError) {
        let tokens = tokens
        let key = tokens[keyIndex]
        var otherIndex = firstIndex
        while otherIndex < keyIndex {
            let other = tokens[otherIndex]
            if !areHashed || key.next == other.next,
                JSONEscapes.areEqual(key, other, text: text)
            {
                throw JSONError(.duplicateKey, at: Int(key.start))
            }
            otherIndex = Int(tokens[otherIndex + 1].next)
        }
    }

    /// A hash of a decoded key: its bytes as a polynomial in a number that a peer cannot know, so
    /// that keys cannot be chosen to collide.
    private func hash(of key: JSONToken, text: RawSpan) -> Int32 {
        var decoder = JSONStringDecoder(contentOf: key, in: text)
        var hash: UInt64 = 1
        while let byte = decoder.next() { hash = (hash &+ UInt64(byte)) &* hashBase }
        return Int32(truncatingIfNeeded: hash >> 32)
    }
}
