extension FuzzHarness {
    /// Fails for inputs that begin with `fuzz!`: a fuzzer that does not find that finds nothing.
    static let canary = FuzzHarness(name: "canary", byteCountMax: 64) {
        bytes throws(PropertyFailure) in
        var place = 0
        for expected in "fuzz!".utf8 {
            guard place < bytes.count, bytes[place] == expected else { return }
            place += 1
        }
        throw PropertyFailure("the canary was found")
    }
}
