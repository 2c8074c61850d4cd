/// `contract.js`: the catalogs as frozen objects; `contract.d.ts` has their types.
enum JavaScriptContract {
    static var text: String {
        (heading + errors + closeCodes + methods).joined(separator: "\n") + "\n"
    }

    private static var heading: [String] {
        [
            "// \(ClientFiles.notice)",
            "",
            "/** The version of the contract. */",
            "export const VERSION = \(ClientFiles.literal(ContractDocuments.version));",
            "",
            "/** The subprotocol of the handshake. */",
            "export const SUBPROTOCOL = \(ClientFiles.literal(ClientFiles.subprotocol));",
        ]
    }

    private static var errors: [String] {
        [
            "", "/** Every error of the gateway by its code. */",
            "export const ERRORS = Object.freeze({",
        ]
            + GatewayErrorCode.allCases.flatMap { code in
                let entry = code.entry
                return [
                    "  \"\(code.rawValue)\": Object.freeze({",
                    "    code: \(code.rawValue),",
                    "    symbol: \(ClientFiles.literal(entry.symbol)),",
                    "    message: \(ClientFiles.literal(entry.message)),",
                    "    retry: \(ClientFiles.literal(entry.retry.rawValue)),",
                    "    action: \(ClientFiles.literal(entry.action)),",
                    "  }),",
                ]
            } + ["});"]
    }

    private static var closeCodes: [String] {
        [
            "", "/** Every close code of the gateway. */",
            "export const CLOSE_CODES = Object.freeze({",
        ]
            + CloseCode.allCases.flatMap { code in
                [
                    "  \"\(code.rawValue)\": Object.freeze({",
                    "    code: \(code.rawValue),",
                    "    symbol: \(ClientFiles.literal(code.symbol)),",
                    "    meaning: \(ClientFiles.literal(code.meaning)),",
                    "    reconnect: \(ClientFiles.literal(code.reconnect.rawValue)),",
                    "  }),",
                ]
            } + ["});"]
    }

    private static var methods: [String] {
        ["", "/** Every method by its name. */", "export const METHODS = Object.freeze({"]
            + GatewayMethod.descriptions.map { description in
                let roles = ClientFiles.literals(description.roles.roles.map(\.rawValue))
                return "  \(ClientFiles.literal(description.method.rawValue)): Object.freeze({ "
                    + "changesState: \(description.changesState), "
                    + "roles: Object.freeze([\(roles)]) }),"
            } + ["});"]
    }
}
