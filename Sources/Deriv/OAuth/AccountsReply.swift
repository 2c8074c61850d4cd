import JSONRPC
package import WebSocketProtocol

/// An account as Deriv lists it.
package struct DerivAccount: Sendable, Equatable {
    /// The account's id (`CR123456`, `DOT90004580`).
    package let id: String
    /// Whether its money is not real.
    package let isDemo: Bool
    /// The currency; nil where none is set yet.
    package let currency: String?
    /// Whether it can be traded with.
    package let isActive: Bool
    /// Its money, in its currency, exactly as Deriv writes it; nil where Deriv does not tell.
    package let balance: String?

    /// An account from its parts.
    package init(
        id: String, isDemo: Bool, currency: String?, isActive: Bool, balance: String? = nil
    ) {
        self.id = id
        self.isDemo = isDemo
        self.currency = currency
        self.isActive = isActive
        self.balance = balance
    }

    /// The number in an account's id. Deriv counts up, so the smaller one is the older account.
    var number: UInt64 {
        UInt64(id.drop { !$0.isNumber }.prefix { $0.isNumber }) ?? .max
    }
}

extension [DerivAccount] {
    /// The account by which a person is known where Deriv names no user: the current generation's
    /// list does not. Every user has a demo account from the start, and accounts are only added, so
    /// the oldest demo account stays the same; without one it is the oldest of all.
    package var oldest: DerivAccount? {
        let demos = filter(\.isDemo)
        return (demos.isEmpty ? self : demos).min { ($0.number, $0.id) < ($1.number, $1.id) }
    }
}

/// Reads the list of accounts of the current generation
/// (`GET /trading/v1/options/accounts`).
package enum AccountsReply {
    private static let limits = JSONLimits(
        byteCountMax: 256 * 1024, depthMax: 8, tokenCountMax: 8192)

    /// Reads an answer.
    ///
    /// - Parameters:
    ///   - status: the answer's status.
    ///   - fields: its fields.
    ///   - body: its body.
    /// - Returns: the accounts, at most `OAuthLimits.accountCountMax`, at least one.
    /// - Throws: ``OAuthReplyError``
    package static func read(
        status: HTTPStatus, fields: HTTPFields, body: [UInt8]
    ) throws(OAuthReplyError) -> [DerivAccount] {
        try TokenReply.requireUsable(status, fields)
        if status == .unauthorized || status == .forbidden { throw .unauthorized }
        guard status == .ok else { throw .refused("other") }
        var tape = JSONTape(limits: limits)
        // Safety: the array lives as long as the views into it.
        let text = unsafe body.span.bytes
        do throws(JSONError) {
            try tape.read(text)
        } catch {
            throw .malformed
        }
        guard let list = tape.root(in: text).member("data"), list.kind == .array else {
            throw .malformed
        }
        var accounts: [DerivAccount] = []
        var elements = list.elements
        while let element = elements.next() {
            guard let account = account(element), accounts.count < OAuthLimits.accountCountMax,
                !accounts.contains(where: { $0.id == account.id })
            else { throw .malformed }
            accounts.append(account)
        }
        guard !accounts.isEmpty else { throw .refused("no_account") }
        return accounts
    }

    private static func account(_ value: JSONValue) -> DerivAccount? {
        guard let id = value.member("account_id")?.string, isWord(id), !id.isEmpty,
            let type = value.member("account_type")?.string, type == "demo" || type == "real"
        else { return nil }
        let currency = value.member("currency")?.string
        guard currency.map({ $0.utf8.count <= OAuthLimits.currencyCharacterCountMax }) ?? true
        else { return nil }
        return DerivAccount(
            id: id, isDemo: type == "demo", currency: currency.flatMap { $0.isEmpty ? nil : $0 },
            isActive: value.member("status")?.string != "inactive",
            balance: value.member("balance")?.numberText ?? value.member("balance")?.string)
    }

    private static func isWord(_ text: String) -> Bool {
        text.utf8.count <= OAuthLimits.accountIDCharacterCountMax
            && text.utf8.allSatisfy(SocketRequest.isWordByte)
    }
}
