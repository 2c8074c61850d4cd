import EventLoop
import GatewayServer
import Redis

/// The section `redis`: where Redis is.
extension ServeConfiguration {
    /// Reads the section.
    ///
    /// - Parameter file: the whole configuration.
    /// - Returns: the URL with its password, and the file of the authorities that certify Redis.
    /// - Throws: `ConfigurationReader.Problem`.
    static func readRedis(
        _ file: inout ConfigurationReader
    ) throws -> (url: RedisURL, authorityPath: String?) {
        var section = try file.object("redis")
        let text = try section.requiredText(
            "url", as: .url,
            "`redis://[[user]:password@]host[:port][/database]`, `rediss://…` over TLS, or "
                + "`unix:/path`.")
        var password: RedisPassword?
        if let path = try section.text(
            "password_file", as: .secretFile,
            "The password, in place of one in the URL, which may name a user alone then: "
                + "`redis://user@host`.")
        {
            password = RedisPassword(
                try ReadableFile.password(of: path, setting: "redis.password_file"))
        }
        let url: RedisURL
        do throws(RedisURLError) {
            url = try RedisURL(text, password: password)
        } catch {
            throw ConfigurationReader.Problem(
                description: "redis.url is not usable: \(error.advice)")
        }
        let authorityPath = try section.text(
            "ca_file", as: .file, standard: "the system's",
            "Authorities that certify Redis (PEM), for `rediss://`.")
        try section.finish()
        guard url.usesTLS || authorityPath == nil else {
            throw ConfigurationReader.Problem(
                description: "redis.ca_file is for a redis.url that begins with rediss://")
        }
        if url.usesTLS {
            do throws(TLSError) {
                _ = try TLSTrust(authorityPath: authorityPath)
            } catch {
                throw ConfigurationReader.Problem(
                    description: "redis.ca_file is not usable: \(error)")
            }
        }
        return (url, authorityPath)
    }
}
