/// What `authorize` says of a token: one login, and the accounts beside it.
package struct StandInAccount: Sendable {
    /// One entry of `account_list`.
    package struct Entry: Sendable {
        /// The account's id.
        package var loginID: String
        /// Its currency.
        package var currency: String
        /// Whether its money is not real.
        package var isVirtual: Bool
        /// Whether it is switched off.
        package var isDisabled = false

        /// An entry from its parts.
        package init(_ loginID: String, currency: String = "USD", isVirtual: Bool) {
            self.loginID = loginID
            self.currency = currency
            self.isVirtual = isVirtual
        }
    }

    /// Deriv's number of the user.
    package var userID: Int64
    /// The account that the token is for; one of ``accounts``.
    package var loginID: String
    /// All accounts of the user.
    package var accounts: [Entry]
    /// The user's address.
    package var email: String
    /// What the token allows.
    package var scopes: [String]

    /// A user with one virtual and one real account.
    package init(
        userID: Int64, loginID: String, accounts: [Entry]? = nil,
        email: String = "user@example.com", scopes: [String] = ["read", "trade"]
    ) {
        self.userID = userID
        self.loginID = loginID
        self.accounts =
            accounts ?? [Entry(loginID, isVirtual: loginID.hasPrefix("VRTC"))]
        self.email = email
        self.scopes = scopes
    }

    var current: Entry {
        accounts.first { $0.loginID == loginID }
            ?? Entry(loginID, isVirtual: loginID.hasPrefix("VRTC"))
    }
}

/// A market of the stand-in.
package struct StandInSymbol: Sendable {
    /// `R_100`.
    package var symbol: String
    /// What people call it.
    package var displayName: String
    /// How many decimals its quotes have.
    package var decimalCount: Int
    /// Whether it trades now; ticks of a closed one are refused with `MarketIsClosed`.
    package var isOpen: Bool

    /// A market from its parts.
    package init(_ symbol: String, displayName: String, decimalCount: Int, isOpen: Bool = true) {
        self.symbol = symbol
        self.displayName = displayName
        self.decimalCount = decimalCount
        self.isOpen = isOpen
    }

    /// The smallest step of the price: `0.01` for two decimals.
    var pipText: String {
        decimalCount <= 0 ? "1" : "0." + String(repeating: "0", count: decimalCount - 1) + "1"
    }
}
