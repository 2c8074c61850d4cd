import JSONRPC

/// What became of a command.
enum CommandAnswer {
    /// It was carried out.
    case done
    /// It was carried out and gave this signal to the client.
    case claimed(String)
    /// It was refused, or the answer is none.
    case refused(String)

    /// Reads an answer.
    ///
    /// - Parameters:
    ///   - bytes: the message.
    ///   - tape: for reading; its contents are replaced.
    init(_ bytes: RawSpan, tape: inout JSONTape) {
        guard (try? tape.read(bytes)) != nil else {
            self = .refused("not JSON")
            return
        }
        let root = tape.root(in: bytes)
        guard let result = root.member("result") else {
            let reason = root.member("error")?.member("data")?.member("reason")?.string
            self = .refused(reason ?? "an error without reason")
            return
        }
        guard let claims = result.member("claims"), let id = Self.firstSignalID(in: claims) else {
            self = .done
            return
        }
        self = .claimed(id)
    }

    private static func firstSignalID(in claims: JSONValue) -> String? {
        var elements = claims.elements
        while let claim = elements.next() {
            if let id = claim.member("signal")?.member("id")?.string { return id }
        }
        return nil
    }
}
