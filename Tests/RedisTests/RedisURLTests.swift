import Redis
import Testing

@Suite("Redis URLs")
struct RedisURLTests {
    static let accepted: [(text: String, description: String, user: String?, hasPassword: Bool)] = [
        ("redis://localhost", "redis://localhost:6379/0", nil, false),
        ("redis://localhost/", "redis://localhost:6379/0", nil, false),
        ("redis://10.0.0.1:6380/15", "redis://10.0.0.1:6380/15", nil, false),
        ("redis://[::1]:7000/2", "redis://[::1]:7000/2", nil, false),
        ("redis://[fe80::1]", "redis://[fe80::1]:6379/0", nil, false),
        ("redis://:secret@host", "redis://host:6379/0", nil, true),
        ("redis://bot:se%3Acr%40et@host:1", "redis://host:1/0", "bot", true),
        ("redis://bot:a:b@host", "redis://host:6379/0", "bot", true),
        ("rediss://bot:secret@host:6390/1", "rediss://host:6390/1", "bot", true),
        ("redis://host/2147483647", "redis://host:6379/2147483647", nil, false),
        ("redis://host:65535", "redis://host:65535/0", nil, false),
        ("unix:/run/redis.sock", "unix:/run/redis.sock", nil, false),
        ("unix:///run/redis.sock?db=3", "unix:/run/redis.sock?db=3", nil, false),
        ("unix:/run/a%20b", "unix:/run/a b", nil, false),
    ]

    @Test("Each form is read as what it says, and described without its secret")
    func acceptedForms() throws {
        for (text, description, user, hasPassword) in Self.accepted {
            let url = try RedisURL(text)
            #expect(url.description == description)
            #expect(url.user == user)
            #expect((url.password != nil) == hasPassword)
            #expect(url.usesTLS == text.hasPrefix("rediss"))
        }
    }

    static let refused: [(text: String, error: RedisURLError)] = [
        ("", .unknownScheme), ("localhost:6379", .unknownScheme), ("http://host", .unknownScheme),
        ("REDIS://host", .unknownScheme), ("redis:/host", .unknownScheme),
        ("redis://", .invalidHost), ("redis:///1", .invalidHost), ("redis://:6379", .invalidHost),
        ("redis://[::1", .invalidHost), ("redis://[::1]x", .invalidHost),
        ("redis://[host]", .invalidHost), ("redis://a b", .invalidHost),
        ("redis://a%00b", .invalidHost),
        ("redis://" + String(repeating: "a", count: 256), .invalidHost),
        ("redis://host:", .invalidPort), ("redis://host:0", .invalidPort),
        ("redis://host:65536", .invalidPort), ("redis://host:-1", .invalidPort),
        ("redis://host:6379x", .invalidPort), ("redis://::1", .invalidHost),
        ("redis://host:99999999999", .invalidPort),
        ("redis://host/x", .invalidDatabase), ("redis://host/-1", .invalidDatabase),
        ("redis://host/2147483648", .invalidDatabase), ("redis://host/1/2", .invalidDatabase),
        ("redis://secret@host", .invalidCredentials), ("redis://bot:@host", .invalidCredentials),
        ("redis://@host", .invalidCredentials), ("redis://a:b@c:d@host", .invalidCredentials),
        ("redis://host?db=1", .unexpectedQuery), ("redis://host/1#x", .unexpectedQuery),
        ("unix:relative", .invalidPath), ("unix:", .invalidPath), ("unix://", .invalidPath),
        ("unix:/", .invalidPath), ("unix://host/path", .invalidPath), ("unix:/a%00", .invalidPath),
        ("unix:/a#b", .invalidPath), ("unix:/a?x=1", .unexpectedQuery),
        ("unix:/a?db=", .invalidDatabase), ("unix:/a?db=1&db=2", .invalidDatabase),
        ("redis://ho%st", .invalidPercentEncoding), ("redis://:%zz@h", .invalidPercentEncoding),
        ("redis://:%ff@h", .invalidPercentEncoding), ("redis://h%4", .invalidPercentEncoding),
    ]

    @Test("Each mistake is named")
    func refusedForms() {
        for (text, error) in Self.refused {
            #expect(throws: error, "\(text)") { try RedisURL(text) }
        }
    }

    @Test("A password that comes apart goes before the URL's, which may name a user alone")
    func passwordApart() throws {
        let apart = RedisPassword("hunter2")
        for (text, user) in [
            ("redis://bot@host", "bot"), ("rediss://bot:other@host", "bot"), ("redis://host", nil),
            ("redis://:other@host", nil), ("unix:/r.sock", nil),
        ] as [(String, String?)] {
            let url = try RedisURL(text, password: apart)
            #expect(url.password == apart && url.user == user, "\(text)")
        }
        for text in ["redis://@host", "redis://bot:@host", "redis://a@b@host"] {
            #expect(throws: RedisURLError.invalidCredentials, "\(text)") {
                try RedisURL(text, password: apart)
            }
        }
    }

    @Test("A password is in no description, dump or reflection")
    func secrets() throws {
        let url = try RedisURL("redis://bot:hunter2@host")
        var dumped = ""
        dump(url, to: &dumped)
        let configuration = RedisConfiguration(url: url, clientName: "name")
        dump(configuration, to: &dumped)
        for text in ["\(url)", String(reflecting: url), dumped, "\(configuration)"] {
            #expect(!text.contains("hunter2"))
        }
        #expect("\(try #require(url.password))" == "<redacted>")
    }

    @Test("A client's name is made of what Redis takes")
    func clientName() throws {
        let url = try RedisURL("redis://host")
        #expect(RedisConfiguration(url: url, clientName: "node a\n").clientName == "node_a_")
    }
}
