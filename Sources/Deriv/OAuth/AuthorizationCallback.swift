package import Security

/// Why a callback cannot be used; shows nothing of what came.
package enum CallbackError: String, Error, Sendable, CaseIterable {
    /// The query is longer than `OAuthLimits.queryByteCountMax`.
    case tooLong = "query_too_long"
    /// More parameters than `OAuthLimits.parameterCountMax`.
    case tooManyParameters = "too_many_parameters"
    /// A broken escape or a control character.
    case malformedEncoding = "malformed_encoding"
    /// A name comes twice.
    case repeatedParameter = "repeated_parameter"
    /// Neither what Deriv grants nor why it does not.
    case incomplete = "callback_incomplete"
    /// The answer of the other generation, or a grant and an error at once.
    case unexpectedAnswer = "unexpected_answer"
    /// The code is empty, too long or has characters that no code has.
    case malformedCode = "malformed_code"
    /// An account, token or currency that is not of Deriv's form.
    case malformedAccount = "malformed_account"
    /// `acctN` without `tokenN`, or the other way round.
    case incompleteAccount = "incomplete_account"
    /// The same account or token twice.
    case repeatedAccount = "repeated_account"
    /// More than `OAuthLimits.accountCountMax` accounts.
    case tooManyAccounts = "too_many_accounts"
}

/// One account's token of the first generation, as it was claimed: nothing of it is believed
/// before Deriv has said whose the token is.
package struct ClaimedToken: Sendable {
    /// The claimed account (`acctN`); nil where none was named.
    package let account: String?
    /// The token (`tokenN`).
    package let token: SecretBytes

    /// Checks the form of a claim.
    ///
    /// - Parameters:
    ///   - account: the claimed account; nil for none.
    ///   - token: the token's bytes.
    ///   - currency: the claimed currency, of which only the form is checked; nil for none.
    /// - Throws: ``CallbackError/malformedAccount``
    package init(
        account: [UInt8]?, token: [UInt8], currency: [UInt8]?
    ) throws(CallbackError) {
        func isWord(_ bytes: [UInt8], max: Int) -> Bool {
            bytes.count <= max
                && bytes.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"),
                        UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                        true
                    default: false
                    }
                }
        }
        let isAccount =
            account.map {
                !$0.isEmpty && isWord($0, max: OAuthLimits.accountIDCharacterCountMax)
            } ?? true
        let letters = token.filter { $0 != UInt8(ascii: "-") }
        guard isAccount, !token.isEmpty, token.count <= OAuthLimits.legacyTokenByteCountMax,
            isWord(letters, max: letters.count),
            isWord(currency ?? [], max: OAuthLimits.currencyCharacterCountMax)
        else { throw .malformedAccount }
        self.account = account.map { String(decoding: $0, as: UTF8.self).uppercased() }
        self.token = SecretBytes(copying: token.span)
    }
}

/// What Deriv's redirect brings back.
package struct AuthorizationCallback: Sendable {
    /// What was granted, or not.
    package enum Outcome: Sendable {
        /// A code to exchange, current generation.
        case code(SecretBytes)
        /// A token for each account, first generation.
        case tokens([ClaimedToken])
        /// Nothing; one of the error codes of RFC 6749 §4.1.2.1, or `other`.
        case refused(String)
    }

    /// What was granted, or not.
    package let outcome: Outcome
    /// What came as `state`; nil where it is missing or empty.
    package let state: SecretBytes?

    private static let knownErrors: Set<String> = [
        "access_denied", "invalid_request", "unauthorized_client", "unsupported_response_type",
        "invalid_scope", "server_error", "temporarily_unavailable",
    ]

    /// Reads a callback's query.
    ///
    /// - Parameters:
    ///   - query: what stands behind the target's question mark, percent-encoded.
    ///   - generation: which answer is expected.
    /// - Throws: ``CallbackError``
    package init(query: String, generation: OAuthGeneration) throws(CallbackError) {
        let form = try FormReader(query.utf8)
        let parameters = form.parameters
        state = parameters["state"].flatMap {
            $0.isEmpty ? nil : SecretBytes(copying: $0.span)
        }
        let hasTokens = parameters.keys.contains { Self.accountNumber(of: $0) != nil }
        let code = parameters["code"]
        if let error = parameters["error"] {
            guard code == nil, !hasTokens else { throw .unexpectedAnswer }
            let text = String(decoding: error, as: UTF8.self)
            outcome = .refused(Self.knownErrors.contains(text) ? text : "other")
            return
        }
        switch generation {
        case .options:
            guard !hasTokens else { throw .unexpectedAnswer }
            guard let code else { throw .incomplete }
            guard (1...OAuthLimits.codeByteCountMax).contains(code.count),
                code.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
            else { throw .malformedCode }
            outcome = .code(SecretBytes(copying: code.span))
        case .legacy:
            guard code == nil else { throw .unexpectedAnswer }
            guard hasTokens else { throw .incomplete }
            outcome = .tokens(try Self.tokens(in: parameters))
        }
    }

    /// The triples `acctN`, `tokenN`, `curN`, in the order of their numbers.
    private static func tokens(
        in parameters: [String: [UInt8]]
    ) throws(CallbackError) -> [ClaimedToken] {
        let numbers = Set(parameters.keys.compactMap { accountNumber(of: $0) }).sorted()
        guard numbers.count <= OAuthLimits.accountCountMax else { throw .tooManyAccounts }
        var tokens: [ClaimedToken] = []
        for number in numbers {
            guard let account = parameters["acct\(number)"],
                let token = parameters["token\(number)"]
            else { throw .incompleteAccount }
            tokens.append(
                try ClaimedToken(
                    account: account, token: token, currency: parameters["cur\(number)"]))
        }
        try requireDistinct(tokens)
        return tokens
    }

    /// Refuses claims of which two name the same account or token.
    ///
    /// - Parameter tokens: the claims.
    /// - Throws: ``CallbackError/repeatedAccount``
    package static func requireDistinct(_ tokens: [ClaimedToken]) throws(CallbackError) {
        for (index, token) in tokens.enumerated() {
            for other in tokens[..<index]
            where token.account != nil && token.account == other.account
                || token.token.isEqual(to: other.token)
            {
                throw .repeatedAccount
            }
        }
    }

    /// The number of a parameter of a triple; nil for any other name.
    private static func accountNumber(of name: String) -> Int? {
        for prefix in ["acct", "token", "cur"] where name.hasPrefix(prefix) {
            let digits = name.dropFirst(prefix.count)
            guard (1...4).contains(digits.utf8.count), digits.first != "0",
                digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
            else { return nil }
            return Int(digits)
        }
        return nil
    }
}
