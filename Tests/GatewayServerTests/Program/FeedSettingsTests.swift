import Foundation
import TestSupport
import Testing

/// The settings of the feed, with the program itself.
@Suite(
    "Settings of the feed", .timeLimit(.minutes(10)),
    .enabled(if: BuiltProgram("gateway") != nil, "the program `gateway` is not built"))
struct FeedSettingsTests {
    /// Checks a configuration with a section `feed`.
    private func check(
        _ feed: String, environment: [String: String] = [:]
    ) throws -> BuiltProgram.Outcome {
        let site = try CheckConfigurationTests.Site()
        return try site.check(
            site.configuration([#""limits": {"#: #""feed": \#(feed), "limits": {"#]),
            environment: environment)
    }

    @Test(
        "what is on is told",
        arguments: [
            ("{}", "feed       none"), (#"{"source": "none"}"#, "feed       none"),
            (
                #"{"source": "deriv", "generation": "options", "markets": ["R_100", "R_50"]}"#,
                "feed       deriv, options, api.derivws.com, 2 markets and on demand"
            ),
            (
                #"{"source": "deriv", "generation": "legacy", "app_id": "1089", "#
                    + #""on_demand": false}"#,
                "feed       deriv, legacy, ws.derivws.com, 0 markets"
            ),
            (
                #"{"source": "deriv", "generation": "options", "url": "wss://localhost:1/x", "#
                    + #""limits": {"sockets": 1, "subscriptions_per_socket": 3}}"#,
                "feed       deriv, options, localhost:1, 0 markets and on demand"
            ),
        ])
    func told(feed: String, words: String) throws {
        let outcome = try check(feed)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains(words), "\(outcome.output)")
    }

    @Test(
        "what cannot be used is refused",
        arguments: [
            (#"{"source": "kraken"}"#, "feed.source has to be none or deriv"),
            (#"{"source": "deriv"}"#, "feed.generation is missing"),
            (#"{"generation": "options"}"#, "feed.generation is not a setting"),
            (#"{"source": "deriv", "generation": "v9"}"#, "feed.generation has to be"),
            (#"{"source": "deriv", "generation": "legacy"}"#, "feed.app_id has to be"),
            (
                #"{"source": "deriv", "generation": "legacy", "app_id": "1&x=2"}"#,
                "feed.app_id has to be"
            ),
            (
                #"{"source": "deriv", "generation": "options", "app_id": "1"}"#,
                "feed.app_id is for the generation legacy"
            ),
            (
                #"{"source": "deriv", "generation": "options", "url": "ws://localhost/"}"#,
                "feed.url has to be a wss:// URL"
            ),
            (
                #"{"source": "deriv", "generation": "options", "ca_file": "/no/such/file"}"#,
                "feed.ca_file is not usable"
            ),
            (
                #"{"source": "deriv", "generation": "options", "markets": ["R_100", "R_100"]}"#,
                "feed.markets has to be"
            ),
            (
                #"{"source": "deriv", "generation": "options", "markets": ["R 100"]}"#,
                "feed.markets has to be"
            ),
            (
                #"{"source": "deriv", "generation": "options", "markets": ["AA", "BB"], "#
                    + #""limits": {"sockets": 1, "subscriptions_per_socket": 1}}"#,
                "feed.markets has more markets than feed.limits allows"
            ),
            (
                #"{"source": "deriv", "generation": "options", "lease_seconds": 1}"#,
                "feed.lease_seconds has to be a whole number from 2 to 60"
            ),
            (
                #"{"source": "deriv", "generation": "options", "limits": {"socket": 1}}"#,
                "did you mean sockets?"
            ),
        ])
    func refused(feed: String, words: String) throws {
        let outcome = try check(feed)
        #expect(outcome.status != 0)
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
    }
}
