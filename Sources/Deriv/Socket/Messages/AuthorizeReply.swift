import JSONRPC

/// What Deriv says of a token: the only source of who a user is and which accounts are theirs.
package struct AuthorizeReply: Sendable, Equatable {
    /// One account of the user.
    package struct Account: Sendable, Equatable {
        /// The account's id (`CR123456`, `VRTC1234`).
        package let loginID: String
        /// Its currency; nil where none is set yet.
        package let currency: String?
        /// Whether its money is not real.
        package let isVirtual: Bool
        /// Whether it is switched off.
        package let isDisabled: Bool
        /// `trading` or `wallet`; nil where Deriv does not say.
        package let category: String?

        /// An account from its parts.
        package init(
            loginID: String, currency: String?, isVirtual: Bool, isDisabled: Bool = false,
            category: String? = nil
        ) {
            self.loginID = loginID
            self.currency = currency
            self.isVirtual = isVirtual
            self.isDisabled = isDisabled
            self.category = category
        }
    }

    /// Deriv's number of the user, the same for all accounts.
    package let userID: Int64
    /// The account that the token is for.
    package let loginID: String
    /// All accounts of the user, as `account_list` has them.
    package let accounts: [Account]
    /// The user's address; nil where the token may not see it.
    package let email: String?
    /// The currency of the token's account; nil where none is set yet.
    package let currency: String?
    /// What the token allows (`read`, `trade` …).
    package let scopes: [String]
    /// Whether the token's account has no real money.
    package let isVirtual: Bool
    /// The money of the token's account, exactly as Deriv writes it; nil where the token may not
    /// see it.
    package let balance: String?

    /// Reads the member `authorize`; nil where something that identifies is missing.
    init?(_ value: JSONValue) {
        guard let userID = value.member("user_id")?.int64, userID > 0,
            let loginID = Self.name(value.member("loginid")),
            let isVirtual = Self.flag(value.member("is_virtual"))
        else { return nil }
        var accounts: [Account] = []
        if let list = value.member("account_list"), !list.isNull {
            guard list.kind == .array else { return nil }
            var elements = list.elements
            while let element = elements.next() {
                guard let account = Self.account(element),
                    accounts.count < SocketLimits.accountCountMax,
                    !accounts.contains(where: { $0.loginID == account.loginID })
                else { return nil }
                accounts.append(account)
            }
        }
        var scopes: [String] = []
        if let list = value.member("scopes") {
            var elements = list.elements
            while let element = elements.next(), scopes.count < SocketLimits.accountCountMax {
                if let scope = Self.name(element) { scopes.append(scope) }
            }
        }
        self.userID = userID
        self.loginID = loginID
        self.accounts = accounts
        self.scopes = scopes
        self.isVirtual = isVirtual
        email = Self.text(value.member("email"))
        currency = Self.name(value.member("currency"))
        balance = value.member("balance")?.numberText
    }

    private static func account(_ value: JSONValue) -> Account? {
        guard let loginID = name(value.member("loginid")),
            let isVirtual = flag(value.member("is_virtual"))
        else { return nil }
        return Account(
            loginID: loginID, currency: name(value.member("currency")), isVirtual: isVirtual,
            isDisabled: flag(value.member("is_disabled")) ?? false,
            category: name(value.member("account_category")))
    }

    /// A flag is 0 or 1 on Deriv's wire.
    private static func flag(_ value: JSONValue?) -> Bool? {
        switch value?.int64 {
        case 0: false
        case 1: true
        default: value?.bool
        }
    }

    /// A word of letters, digits, `_` and `-`.
    private static func name(_ value: JSONValue?) -> String? {
        guard let text = text(value), text.utf8.allSatisfy(SocketRequest.isWordByte) else {
            return nil
        }
        return text
    }

    private static func text(_ value: JSONValue?) -> String? {
        guard let text = value?.string, !text.isEmpty,
            text.utf8.count <= 2 * SocketLimits.nameCharacterCountMax
        else { return nil }
        return text
    }
}
