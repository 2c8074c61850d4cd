import Foundation
import GatewayServer
import Security

/// What a running `gateway dev` tells: to programs in `dev.json`, to people on the terminal.
struct DevReport: Encodable {
    /// The tokens by role, valid for a day.
    struct Tokens: Encodable {
        let admin: String
        let user: String
        let service: String
    }

    let wsURL: String
    let httpURL: String
    let internalURL: String
    let redisURL: String
    let databaseURL: String
    let tokens: Tokens
    let pid: Int32

    enum CodingKeys: String, CodingKey {
        case wsURL = "ws_url"
        case httpURL = "http_url"
        case internalURL = "internal_url"
        case redisURL = "redis_url"
        case databaseURL = "database_url"
        case tokens, pid
    }

    static let fileName = "dev.json"

    /// The file's bytes, which hold tokens.
    func encoded() throws -> SecretBytes {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let bytes = Array(try encoder.encode(self)) + [0x0a]
        return SecretBytes(copying: bytes.span)
    }

    /// What a person reads.
    func text(directory: DevDirectory, markets: String) -> String {
        """

        TraderMind Gateway is ready.

          console     \(httpURL)
          WebSocket   \(wsURL)   (subprotocol tradermind.v1)
          health      \(internalURL)/readyz   metrics \(internalURL)/metrics
          feed        \(markets)
          sign-in     with the tokens of \(Self.fileName); through Deriv only in `gateway serve`
          state       \(directory.path) (tokens and URLs in \(Self.fileName))

        A token of a user, valid for a day; paste it into the console:

          \(tokens.user)

        Ctrl-C stops everything that was started.

        """
    }
}
