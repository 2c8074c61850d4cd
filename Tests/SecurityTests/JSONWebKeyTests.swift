import Testing

@testable import Security

@Suite("A JSON Web Key Set (RFC 7517)")
struct JSONWebKeySetTests {
    /// The generator of P-256 (SEC 2 §2.4.2), a point like any other.
    static let x = Base64URL.encode(
        [UInt8](hexadecimal: "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"))
    static let y = Base64URL.encode(
        [UInt8](hexadecimal: "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"))
    static let point = "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"\(x)\",\"y\":\"\(y)\""

    static func document(_ keys: [String]) -> [UInt8] {
        Array("{\"keys\":[\(keys.map { "{\($0)}" }.joined(separator: ","))]}".utf8)
    }

    private func read(
        _ keys: [String], contents: JSONWebKeySet.Contents = .publicKeys
    ) throws -> JSONWebKeySet {
        try JSONWebKeySet(Self.document(keys), contents: contents)
    }

    @Test("gives its usable keys with their names and algorithms")
    func givesKeys() throws {
        let set = try read([
            #""kid":"a","alg":"ES256","use":"sig","key_ops":["verify"],"# + Self.point,
            #""kid":"b","ext":true,"# + Self.point,
        ])
        #expect(set.keys.keys.map(\.id) == ["a", "b"])
        #expect(set.keys.keys.map(\.algorithm) == [.es256, .es256])
        #expect(set.ignoredKeyCount == 0)
        let empty = try JSONWebKeySet(Array(#"{"keys":[]}"#.utf8), contents: .publicKeys)
        #expect(empty.keys.keys.isEmpty && empty.ignoredKeyCount == 0)
    }

    @Test(
        "passes over, and counts, what it cannot or must not use",
        arguments: [
            #""use":"enc","# + point, #""use":1,"# + point, #""key_ops":["encrypt"],"# + point,
            #""key_ops":[],"# + point, #""key_ops":"verify","# + point, #""alg":"ES384","# + point,
            #""alg":"HS256","# + point, #""alg":null,"# + point, #""kid":1,"# + point,
            #""kid":"","# + point, "\"kid\":\"\(String(repeating: "k", count: 129))\"," + point,
            // A private part that is published is no secret any longer.
            "\"d\":\"\(x)\"," + point,
            #""kty":"oct","k":"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA""#,
            #""kty":"OKP","crv":"Ed25519","x":"AAAA""#, #""x":"AA""#, #""kty":7"#,
            "\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"\(x)\",\"y\":\"\(y)\"",
            "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"\(y)\",\"y\":\"\(x)\"",
            "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"\(x)\"",
            "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"\(x)=\",\"y\":\"\(y)\"",
            #""kty":"RSA","n":"AQAB","e":"AQAB""#, #""kty":"RSA","e":"AQAB""#,
        ])
    func passesOver(key: String) throws {
        let set = try read([key, #""kid":"good","# + Self.point])
        #expect(set.keys.keys.map(\.id) == ["good"])
        #expect(set.ignoredKeyCount == 1)
    }

    @Test("passes over all keys of one name, for none of them can be told to be right")
    func passesOverDuplicates() throws {
        let set = try read([
            #""kid":"a","# + Self.point, #""kid":"b","# + Self.point, #""kid":"a","# + Self.point,
        ])
        #expect(set.keys.keys.map(\.id) == ["b"])
        #expect(set.ignoredKeyCount == 2)
    }

    @Test("holds shared secrets only where it is read as a document of secrets")
    func separatesSecrets() throws {
        let secret = #""kty":"oct","kid":"s","k":"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA""#
        let keys = [secret, #""kid":"e","# + Self.point]
        #expect(try read(keys).keys.keys.map(\.id) == ["e"])
        let secrets = try read(keys, contents: .sharedSecrets)
        #expect(secrets.keys.keys.map(\.id) == ["s"])
        #expect(secrets.ignoredKeyCount == 1)
        let short = try read([#""kty":"oct","k":"AQID""#], contents: .sharedSecrets)
        #expect(short.keys.keys.isEmpty && short.ignoredKeyCount == 1)
    }

    @Test(
        "is refused when it is no key set",
        arguments: [
            "", "[]", "{}", "null", #"{"keys":{}}"#, #"{"keys":null}"#, #"{"keys":[1]}"#,
            #"{"keys":[[]]}"#, #"{"keys":[]"#, #"{"keys":[],"keys":[]}"#, "<html>",
            #"{"keys":[{"kty":"EC","kty":"RSA"}]}"#,
        ])
    func isRefused(document: String) {
        #expect(throws: JSONWebKeySet.DocumentError.malformed) {
            try JSONWebKeySet(Array(document.utf8), contents: .publicKeys)
        }
    }

    @Test("has at most 16 keys in at most 64 KiB")
    func isBounded() throws {
        let keys = (0..<17).map { "\"kid\":\"\($0)\"," + Self.point }
        #expect(try read(Array(keys.prefix(16))).keys.keys.count == 16)
        #expect(throws: JSONWebKeySet.DocumentError.tooManyKeys(max: 16)) { try read(keys) }
        let document = Self.document([])
        let padding = [UInt8](repeating: 0x20, count: 65_536 - document.count)
        #expect(throws: Never.self) {
            try JSONWebKeySet(document + padding, contents: .publicKeys)
        }
        #expect(throws: JSONWebKeySet.DocumentError.tooLong(byteCountMax: 65_536)) {
            try JSONWebKeySet(document + padding + [0x20], contents: .publicKeys)
        }
    }
}

@Suite("RSA keys of the flawed library (CVE-2017-15361)")
struct ROCATests {
    @Test("are recognized by their modulus, and random numbers are not")
    func areRecognized() {
        // 65537 and its square are powers of it modulo each small prime.
        #expect(ROCA.isWeak(modulus: [1, 0, 1]))
        #expect(ROCA.isWeak(modulus: [1, 0, 2, 0, 1]))
        for _ in 0..<200 {
            #expect(!ROCA.isWeak(modulus: RandomBytes.make(byteCount: 256)))
        }
    }
}

@Suite("The cache of a key set")
struct JSONWebKeyCacheTests {
    private static let minute: Int64 = 60_000

    private func keySet(_ name: String) throws -> JSONWebKeySet {
        try JSONWebKeySet(
            JSONWebKeySetTests.document(["\"kid\":\"\(name)\"," + JSONWebKeySetTests.point]),
            contents: .publicKeys)
    }

    private func names(_ cache: JSONWebKeyCache, now: Int64) -> [String?]? {
        cache.keys(now: now)?.keys.map(\.id)
    }

    /// A cache that has fetched its first key set at the time 0.
    private func filled() throws -> JSONWebKeyCache {
        var cache = JSONWebKeyCache(now: 0)
        guard case .fetch(let id) = cache.timerFired(now: 0) else {
            Issue.record("an empty cache fetches at once")
            return cache
        }
        cache.fetchSucceeded(id, keySet: try keySet("a"), now: 0)
        return cache
    }

    @Test("fetches at once, then when the keys are no longer fresh, one fetch at a time")
    func renews() throws {
        var cache = JSONWebKeyCache(now: 0)
        #expect(cache.nextTimer == 0)
        #expect(cache.keys(now: 0) == nil)
        cache = try filled()
        #expect(names(cache, now: 0) == ["a"])
        #expect(cache.nextTimer == 10 * Self.minute)
        let early = cache.timerFired(now: 10 * Self.minute - 1)
        #expect(early == nil)
        let due = cache.timerFired(now: 10 * Self.minute)
        guard case .fetch(let id) = due else {
            Issue.record("a fetch is due")
            return
        }
        let second = cache.timerFired(now: 10 * Self.minute + 1)
        #expect(second == nil)
        cache.fetchSucceeded(id, keySet: try keySet("b"), now: 10 * Self.minute + 2)
        #expect(names(cache, now: 10 * Self.minute + 2) == ["b"])
    }

    @Test("serves the last keys while it cannot renew them, for a bounded time")
    func servesStaleKeys() throws {
        var cache = try filled()
        var now = cache.nextTimer
        while now < 60 * Self.minute {
            guard case .fetch(let id) = cache.timerFired(now: now) else {
                Issue.record("a fetch is due at \(now)")
                return
            }
            #expect(names(cache, now: now) == ["a"])
            cache.fetchFailed(id, now: now + 100)
            #expect(cache.nextTimer == now + 5100)
            now = cache.nextTimer
        }
        #expect(names(cache, now: 60 * Self.minute - 1) == ["a"])
        #expect(names(cache, now: 60 * Self.minute) == nil)
    }

    @Test("gives up a fetch that takes too long, and heeds it no more")
    func timesOut() throws {
        var cache = try filled()
        let start = cache.nextTimer
        guard case .fetch(let id) = cache.timerFired(now: start) else {
            Issue.record("a fetch is due")
            return
        }
        #expect(cache.nextTimer == start + 5000)
        let late = cache.timerFired(now: start + 5000)
        #expect(late == .cancel(id))
        cache.fetchSucceeded(id, keySet: try keySet("late"), now: start + 5001)
        #expect(names(cache, now: start + 5001) == ["a"])
        cache.fetchFailed(id, now: start + 5002)
        #expect(cache.nextTimer == start + 10_000)
    }

    @Test("answers a flood of unknown keys with one fetch per cooldown")
    func boundsUnknownKeys() throws {
        var cache = try filled()
        var fetchCount = 0
        // One token every 10 ms for ten minutes, each with a new name.
        for now in stride(from: Int64(1), to: 10 * Self.minute, by: 10) {
            switch cache.unknownKeySeen(now: now) {
            case .fetch(let id):
                fetchCount += 1
                cache.fetchSucceeded(id, keySet: try keySet("a"), now: now)
            case .wait: Issue.record("no fetch is under way")
            case .refuse: break
            }
        }
        #expect(fetchCount == 19)
    }

    @Test("lets tokens with unknown keys wait for the fetch under way")
    func sharesOneFetch() throws {
        var cache = try filled()
        let first = cache.unknownKeySeen(now: 40_000)
        guard case .fetch(let id) = first else {
            Issue.record("the cooldown is over")
            return
        }
        let second = cache.unknownKeySeen(now: 40_001)
        #expect(second == .wait(id))
        cache.fetchSucceeded(id, keySet: try keySet("b"), now: 40_010)
        #expect(names(cache, now: 40_010) == ["b"])
        let third = cache.unknownKeySeen(now: 40_011)
        #expect(third == .refuse)
        let fourth = cache.unknownKeySeen(now: 70_000)
        #expect(fourth != .refuse)
    }

    @Test("forgets revoked keys at once, even those that a fetch under way may bring")
    func purges() throws {
        var cache = try filled()
        guard case .fetch(let id) = cache.purge(now: 1000) else {
            Issue.record("no fetch was under way")
            return
        }
        #expect(cache.keys(now: 1000) == nil)
        let again = cache.purge(now: 1001)
        #expect(again == .cancel(id))
        cache.fetchSucceeded(id, keySet: try keySet("revoked"), now: 1002)
        #expect(cache.keys(now: 1002) == nil)
        guard case .fetch(let newID) = cache.timerFired(now: 1002) else {
            Issue.record("a new fetch is due")
            return
        }
        cache.fetchSucceeded(newID, keySet: try keySet("new"), now: 1003)
        #expect(names(cache, now: 1003) == ["new"])
        #expect(cache.ignoredKeyCount == 0)
    }
}
