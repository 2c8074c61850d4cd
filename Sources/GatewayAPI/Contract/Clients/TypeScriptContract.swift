/// `contract.d.ts`: the types of every method, notification and object, and of the catalogs.
enum TypeScriptContract {
    static var text: String {
        let lines =
            heading + catalogs + methods + notifications
            + ContractDocuments.objectSchemas.flatMap(interface)
        return lines.joined(separator: "\n") + "\n"
    }

    /// The type of a value.
    private static func type(of value: ValueSchema) -> String {
        switch value {
        case .boolean: "boolean"
        case .integer, .number: "number"
        case .text: "string"
        case .decimal: "DecimalText"
        case .oneOf(let words): ClientFiles.literals(words, separator: " | ")
        case .list(let element, _, _): "Array<\(type(of: element))>"
        case .object(let schema): ClientFiles.typeName(of: schema)
        case .nullable(let value): type(of: value) + " | null"
        case .any: "unknown"
        }
    }

    private static var heading: [String] {
        [
            "// \(ClientFiles.notice)",
            "",
            "/** A decimal in a string: never put it through binary floating point. */",
            "export type DecimalText = string;",
            "",
            "/** The version of the contract. */",
            "export declare const VERSION: string;",
            "",
            "/** The subprotocol of the handshake. */",
            "export declare const SUBPROTOCOL: string;",
        ]
    }

    private static var catalogs: [String] {
        let retries = ClientFiles.literals(RetryClass.allCases.map(\.rawValue), separator: " | ")
        let reconnects = ClientFiles.literals(
            CloseCode.Reconnect.allCases.map(\.rawValue), separator: " | ")
        return union("ErrorSymbol", "The stable name of an error of the gateway.", errorSymbols)
            + union("CloseSymbol", "The stable name of a close code.", closeSymbols) + [
                "",
                "/** Whether to repeat a request. */",
                "export type Retry = \(retries);",
                "",
                "/** Whether to connect again. */",
                "export type Reconnect = \(reconnects);",
                "",
                "/** What the catalog says of an error. */",
                "export interface ErrorEntry {",
                "  readonly code: number;",
                "  readonly symbol: ErrorSymbol;",
                "  readonly message: string;",
                "  readonly retry: Retry;",
                "  /** What a client does about it. */",
                "  readonly action: string;",
                "}",
                "",
                "/** What the catalog says of a close code. */",
                "export interface CloseCodeEntry {",
                "  readonly code: number;",
                "  readonly symbol: CloseSymbol;",
                "  readonly meaning: string;",
                "  readonly reconnect: Reconnect;",
                "}",
                "",
                "/** What a client has to know of a method. */",
                "export interface MethodEntry {",
                "  /** Whether it changes something, and so takes an idempotency_key. */",
                "  readonly changesState: boolean;",
                "  readonly roles: ReadonlyArray<Role>;",
                "}",
                "",
                "export type Role = \(ClientFiles.literals(roles, separator: " | "));",
                "",
                "/** Every error of the gateway by its code. */",
                "export declare const ERRORS: Readonly<Record<number, ErrorEntry | undefined>>;",
                "",
                "/** Every close code of the gateway. */",
                "export declare const CLOSE_CODES: "
                    + "Readonly<Record<number, CloseCodeEntry | undefined>>;",
                "",
                "/** Every method by its name. */",
                "export declare const METHODS: Readonly<Record<keyof Methods, MethodEntry>>;",
            ]
    }

    private static var errorSymbols: [String] { GatewayErrorCode.allCases.map(\.entry.symbol) }
    private static var closeSymbols: [String] { CloseCode.allCases.map(\.symbol) }
    private static var roles: [String] { Role.allCases.map(\.rawValue) }

    private static func union(_ name: String, _ summary: String, _ words: [String]) -> [String] {
        ["", "/** \(summary) */", "export type \(name) ="]
            + words.enumerated().map { index, word in
                "  | \(ClientFiles.literal(word))" + (index == words.count - 1 ? ";" : "")
            }
    }

    private static var methods: [String] {
        ["", "/** The parameters and the result of every method. */", "export interface Methods {"]
            + GatewayMethod.descriptions.flatMap { description in
                let params = ClientFiles.typeName(of: description.params)
                let result = ClientFiles.typeName(of: description.result)
                return documentation("\(description.summary) \(description.callerNote)", "  ") + [
                    "  \(ClientFiles.literal(description.method.rawValue)): "
                        + "{ params: \(params); result: \(result) };"
                ]
            } + ["}"]
    }

    private static var notifications: [String] {
        [
            "", "/** The parameters of what the gateway sends unasked. */",
            "export interface Notifications {",
        ]
            + GatewayNotification.allCases.flatMap { notification in
                documentation(notification.summary, "  ") + [
                    "  \(ClientFiles.literal(notification.rawValue)): "
                        + "\(ClientFiles.typeName(of: notification.params));"
                ]
            } + ["}"]
    }

    private static func interface(_ schema: ObjectSchema) -> [String] {
        let name = ClientFiles.typeName(of: schema)
        let beginning = [""] + documentation(schema.summary, "")
        // An interface without members would take anything.
        guard !schema.fields.isEmpty else {
            let values = ClientFiles.isOfRequest(schema) ? "never" : "unknown"
            return beginning + ["export type \(name) = Record<string, \(values)>;"]
        }
        return beginning + ["export interface \(name) {"]
            + schema.fields.flatMap { field in
                let mark = field.presence == .required ? "" : "?"
                return documentation(field.summary, "  ")
                    + ["  \(field.name)\(mark): \(type(of: field.value));"]
            } + ["}"]
    }

    /// A documentation comment, on one line where it fits.
    private static func documentation(_ text: String, _ indent: String) -> [String] {
        let line = "\(indent)/** \(text) */"
        guard line.count > 100 else { return [line] }
        return ["\(indent)/**"] + ClientFiles.wrapped(text, prefix: "\(indent) * ")
            + ["\(indent) */"]
    }
}
