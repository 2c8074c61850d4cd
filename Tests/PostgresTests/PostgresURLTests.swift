import Postgres
import Testing

@Suite("PostgreSQL URLs")
struct PostgresURLTests {
    @Test("Every form is read, and described without user and password")
    func forms() throws {
        let cases: [(String, String, Bool, PostgresTLS)] = [
            (
                "postgresql://u:p@db.example/x",
                "postgresql://db.example:5432/x?sslmode=verify-full", false, .verifyFull
            ),
            (
                "postgres://u@[::1]:6543/x", "postgresql://[::1]:6543/x?sslmode=disable", true,
                .disable
            ),
            (
                "postgresql://u@127.0.0.1/x", "postgresql://127.0.0.1:5432/x?sslmode=disable", true,
                .disable
            ),
            (
                "postgresql://u@127.example/x",
                "postgresql://127.example:5432/x?sslmode=verify-full", false, .verifyFull
            ),
            (
                "postgresql://u@localhost/x?sslmode=require",
                "postgresql://localhost:5432/x?sslmode=require", true, .require
            ),
            (
                "postgresql://u%40v:p%3aq%2f@h:1/a%20b", "postgresql://h:1/a b?sslmode=verify-full",
                false, .verifyFull
            ),
            ("postgresql://u@/x?host=/run/pg", "postgresql:///x?host=/run/pg", true, .disable),
            (
                "postgresql://u@/x?host=%2Frun%2Fpg&port=6000",
                "postgresql:///x?host=/run/pg&port=6000", true, .disable
            ),
        ]
        for (text, description, isLocal, tls) in cases {
            let url = try PostgresURL(text)
            #expect(url.description == description)
            #expect(url.isLocal == isLocal, "\(text)")
            #expect(url.tls == tls, "\(text)")
        }
        #expect(try PostgresURL("postgresql://u%40v:p%3aq%2f@h:1/x").user == "u@v")
        let secret = try PostgresURL("postgresql://u:hidden@h/x")
        #expect(secret.password == PostgresPassword("hidden"))
        #expect(!String(reflecting: secret).contains("hidden"))
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!dumped.contains("hidden"))
    }

    @Test("What is not understood is refused")
    func refusals() {
        let cases: [(String, PostgresURLError)] = [
            ("mysql://u@h/x", .unknownScheme), ("", .unknownScheme),
            ("postgresql://h/x", .missingUser), ("postgresql://:p@h/x", .missingUser),
            ("postgresql://u:@h/x", .emptyPassword), ("postgresql://u@h", .missingDatabase),
            ("postgresql://u@h/", .missingDatabase), ("postgresql://u@/x", .invalidHost),
            ("postgresql://u@/x?host=relative", .invalidHost),
            ("postgresql://u@/x?host=/a,/b", .invalidHost), ("postgresql://u@a,b/x", .invalidHost),
            ("postgresql://u@[x]/x", .invalidHost), ("postgresql://u@[::1/x", .invalidHost),
            ("postgresql://u@h:0/x", .invalidPort), ("postgresql://u@h:65536/x", .invalidPort),
            ("postgresql://u@h:+1/x", .invalidPort), ("postgresql://u@h:/x", .invalidPort),
            ("postgresql://u@h/x?sslmode=prefer", .unknownTLSMode),
            ("postgresql://u@h/x?sslmode=allow", .unknownTLSMode),
            ("postgresql://u@h/x?options=-c", .unexpectedOption),
            ("postgresql://u@h/x?host=/run", .unexpectedOption),
            ("postgresql://u@h/x?sslmode=", .unexpectedOption),
            ("postgresql://u@h/x?sslmode=require&sslmode=require", .unexpectedOption),
            ("postgresql://u@h/x#y", .unexpectedOption),
            ("postgresql://u@h/x%0", .invalidPercentEncoding),
            ("postgresql://u@h/x%00", .invalidPercentEncoding),
            ("postgresql://u@h/%ff", .invalidPercentEncoding),
        ]
        for (text, error) in cases {
            #expect(throws: error, "\(text)") { try PostgresURL(text) }
        }
    }

    @Test("Another machine without a check of its certificate needs the operator's word")
    func weakTLS() throws {
        for mode in ["disable", "require", "verify-ca"] {
            let url = try PostgresURL("postgresql://u@h/x?sslmode=\(mode)")
            #expect(throws: PostgresURLError.weakTLS) {
                try PostgresConfiguration(url: url, applicationName: "a")
            }
            let allowed = try PostgresConfiguration(
                url: url, applicationName: "a", allowsWeakTLS: true)
            #expect(allowed.url.tls.rawValue == mode)
            let local = try PostgresURL("postgresql://u@[::1]/x?sslmode=\(mode)")
            #expect(throws: Never.self) {
                try PostgresConfiguration(url: local, applicationName: "a")
            }
        }
    }
}
