/// Negotiation of permessage-deflate (RFC 7692 §5 and §7.1) as pure functions.
enum DeflateNegotiation {
    static let extensionName = "permessage-deflate"

    /// What one offer or answer says; the value of a window parameter is nil where it has none.
    private struct Statement {
        var serverNoContextTakeover = false
        var clientNoContextTakeover = false
        var serverWindowBits: UInt8?
        var hasClientWindowBits = false
        var clientWindowBits: UInt8?

        /// Reads the parameters; nil if one is unknown, stands twice or has a value out of range,
        /// for each of which §7.1 has the statement declined.
        init?(_ entry: ExtensionEntry) {
            var seen: Set<String> = []
            for parameter in entry.parameters {
                let name = parameter.name.lowercased()
                guard seen.insert(name).inserted, apply(name, value: parameter.value) else {
                    return nil
                }
            }
        }

        /// Takes one parameter; false if it is none of this extension.
        private mutating func apply(_ name: String, value: String?) -> Bool {
            switch name {
            case "server_no_context_takeover":
                serverNoContextTakeover = true
                return value == nil
            case "client_no_context_takeover":
                clientNoContextTakeover = true
                return value == nil
            case "server_max_window_bits":
                serverWindowBits = value.flatMap(Self.windowBits)
                return serverWindowBits != nil
            case "client_max_window_bits":
                hasClientWindowBits = true
                clientWindowBits = value.flatMap(Self.windowBits)
                return value == nil || clientWindowBits != nil
            default:
                return false
            }
        }

        /// 8...15 in decimal without leading zeros (§7.1.2.1).
        private static func windowBits(_ text: String) -> UInt8? {
            guard let bits = UInt8(text), (8...15).contains(bits), String(bits) == text else {
                return nil
            }
            return bits
        }
    }

    /// The server's side: takes the first offer that it can honour (§5).
    ///
    /// - Parameters:
    ///   - offers: the client's extensions in its order of preference.
    ///   - configuration: what the server wants.
    /// - Returns: what is agreed, and the answer's field value; nil if the extension is declined.
    static func accept(
        _ offers: [ExtensionEntry], configuration: DeflateConfiguration
    ) -> (parameters: DeflateParameters, response: String)? {
        guard configuration.mode != .off else { return nil }
        for offer in offers where offer.name.lowercased() == extensionName {
            if let statement = Statement(offer),
                let accepted = accept(statement, configuration: configuration)
            {
                return accepted
            }
        }
        return nil
    }

    private static func accept(
        _ offer: Statement, configuration: DeflateConfiguration
    ) -> (parameters: DeflateParameters, response: String)? {
        // zlib cannot deflate with a window of 8 bits, and 9 would exceed what the client takes.
        guard offer.serverWindowBits != 8 else { return nil }
        var parameters = DeflateParameters()
        var response = extensionName
        if offer.serverNoContextTakeover || configuration.mode == .shared {
            parameters.serverTakesOverContext = false
            response += "; server_no_context_takeover"
        }
        if offer.clientNoContextTakeover || !configuration.allowsClientContextTakeover {
            parameters.clientTakesOverContext = false
            response += "; client_no_context_takeover"
        }
        parameters.serverWindowBits = min(
            offer.serverWindowBits ?? 15, configuration.serverWindowBitsMax)
        if offer.serverWindowBits != nil || parameters.serverWindowBits < 15 {
            response += "; server_max_window_bits=\(parameters.serverWindowBits)"
        }
        // §7.1.2.2: only a client that knows the parameter may be told to use a smaller window.
        if offer.hasClientWindowBits {
            parameters.clientWindowBits = min(
                offer.clientWindowBits ?? 15, configuration.clientWindowBitsMax)
            if parameters.clientWindowBits < 15 {
                response += "; client_max_window_bits=\(parameters.clientWindowBits)"
            }
        }
        return (parameters, response)
    }

    /// The client's offer: one, with the parameters that its configuration wants.
    ///
    /// - Parameter configuration: what the client wants; its window bits bound its own compressor,
    ///   and the server's window where they are below 15.
    /// - Returns: the field value; nil if compression is off.
    static func offer(_ configuration: DeflateConfiguration) -> String? {
        guard configuration.mode != .off else { return nil }
        var offer = extensionName
        if configuration.serverWindowBitsMax < 15 {
            offer += "; server_max_window_bits=\(configuration.serverWindowBitsMax)"
        }
        if configuration.mode == .shared { offer += "; server_no_context_takeover" }
        if !configuration.allowsClientContextTakeover { offer += "; client_no_context_takeover" }
        offer += "; client_max_window_bits"
        if configuration.clientWindowBitsMax < 15 {
            offer += "=\(configuration.clientWindowBitsMax)"
        }
        return offer
    }

    /// The client's check of the answer (§5.1, §7.1): it must be a subset of what was offered.
    ///
    /// - Parameters:
    ///   - answer: the extensions of the response.
    ///   - configuration: what ``offer(_:)`` was made from.
    /// - Returns: what is agreed; nil if the server declined.
    /// - Throws: ``ClientHandshakeError/invalidExtensions`` if the answer is not allowed.
    static func check(
        _ answer: [ExtensionEntry], configuration: DeflateConfiguration
    ) throws(ClientHandshakeError) -> DeflateParameters? {
        guard let entry = answer.first else { return nil }
        guard answer.count == 1, configuration.mode != .off,
            entry.name.lowercased() == extensionName, let statement = Statement(entry)
        else { throw .invalidExtensions }
        let serverWindowBits = statement.serverWindowBits ?? 15
        // A window larger than asked for, or an answer without a value, was not offered.
        guard serverWindowBits <= configuration.serverWindowBitsMax,
            statement.clientWindowBits ?? 8 <= configuration.clientWindowBitsMax,
            !statement.hasClientWindowBits || statement.clientWindowBits != nil,
            statement.serverNoContextTakeover || configuration.mode == .dedicated
        else { throw .invalidExtensions }
        return DeflateParameters(
            serverTakesOverContext: !statement.serverNoContextTakeover,
            clientTakesOverContext: !statement.clientNoContextTakeover
                && configuration.allowsClientContextTakeover,
            serverWindowBits: serverWindowBits,
            clientWindowBits: min(
                statement.clientWindowBits ?? 15, configuration.clientWindowBitsMax))
    }
}
