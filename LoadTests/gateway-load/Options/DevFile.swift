import FoundationEssentials

/// What `gateway dev` writes into `dev.json`, as far as it is needed here.
struct DevFile: Decodable {
    /// Tokens by role.
    struct Tokens: Decodable {
        let admin: String
        let user: String
        let service: String
    }

    /// The WebSocket endpoint.
    let webSocketURL: String
    /// The Redis that engines publish to.
    let redisURL: String
    /// A token of each role.
    let tokens: Tokens
    /// The gateway's process.
    let processID: Int32

    private enum CodingKeys: String, CodingKey {
        case webSocketURL = "ws_url"
        case redisURL = "redis_url"
        case tokens
        case processID = "pid"
    }

    /// Reads the file.
    init(path: String) throws {
        self = try JSONDecoder().decode(
            DevFile.self, from: Data(contentsOf: URL(filePath: path)))
    }
}
