/// `contract.py`: a TypedDict for each object, and the catalogs.
enum PythonContract {
    static var text: String {
        let lines =
            heading + catalogs + ContractDocuments.objectSchemas.flatMap(typedDict) + notifications
        return lines.joined(separator: "\n") + "\n"
    }

    /// Names that cannot stand where Python wants an identifier of its own.
    static let keywords: Set = [
        "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif",
        "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda",
        "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
    ]

    /// The type of a value.
    static func type(of value: ValueSchema) -> String {
        switch value {
        case .boolean: "bool"
        case .integer: "int"
        case .number: "float"
        case .text: "str"
        case .decimal: "DecimalText"
        case .oneOf(let words): "Literal[\(ClientFiles.literals(words))]"
        case .list(let element, _, _): "List[\(type(of: element))]"
        case .object(let schema): ClientFiles.typeName(of: schema)
        case .nullable(let value): "Optional[\(type(of: value))]"
        case .any: "Any"
        }
    }

    private static var heading: [String] {
        [
            "# \(ClientFiles.notice)",
            #""""The contract: the types of every method and message, errors and close codes.""""#,
            "",
            "from __future__ import annotations",
            "",
            "from typing import TYPE_CHECKING, Any, Dict, List, Literal, NamedTuple, Optional, "
                + "Tuple, TypedDict",
            "",
            "if TYPE_CHECKING:",
            "    from typing_extensions import NotRequired",
            "",
            "#: The version of the contract.",
            "VERSION = \(ClientFiles.literal(ContractDocuments.version))",
            "#: The subprotocol of the handshake.",
            "SUBPROTOCOL = \(ClientFiles.literal(ClientFiles.subprotocol))",
            "",
            "#: A decimal in a string: never put it through binary floating point.",
            "DecimalText = str",
        ]
    }

    private static var catalogs: [String] {
        errorCatalog + closeCodeCatalog + methodCatalog
    }

    private static var errorCatalog: [String] {
        [
            "", "",
            "class ErrorEntry(NamedTuple):",
            #"    """What the catalog says of an error.""""#,
            "",
            "    code: int",
            "    symbol: str",
            "    message: str",
            "    #: never, later, after_refresh or unknown_outcome.",
            "    retry: str",
            "    #: What a client does about it.",
            "    action: str",
            "", "",
            "#: Every error of the gateway by its code.",
            "ERRORS: Dict[int, ErrorEntry] = {",
        ]
            + GatewayErrorCode.allCases.flatMap { code in
                let entry = code.entry
                return [
                    "    \(code.rawValue): ErrorEntry(",
                    "        \(code.rawValue), \(ClientFiles.literal(entry.symbol)),",
                    "        \(ClientFiles.literal(entry.message)),",
                    "        \(ClientFiles.literal(entry.retry.rawValue)),",
                    "        \(ClientFiles.literal(entry.action)),",
                    "    ),",
                ]
            } + ["}"]
    }

    private static var closeCodeCatalog: [String] {
        [
            "", "",
            "class CloseCodeEntry(NamedTuple):",
            #"    """What the catalog says of a close code.""""#,
            "",
            "    code: int",
            "    symbol: str",
            "    meaning: str",
            "    #: never, immediately, backoff or after_refresh.",
            "    reconnect: str",
            "", "",
            "#: Every close code of the gateway.",
            "CLOSE_CODES: Dict[int, CloseCodeEntry] = {",
        ]
            + CloseCode.allCases.flatMap { code in
                [
                    "    \(code.rawValue): CloseCodeEntry(",
                    "        \(code.rawValue), \(ClientFiles.literal(code.symbol)),",
                    "        \(ClientFiles.literal(code.meaning)),",
                    "        \(ClientFiles.literal(code.reconnect.rawValue)),",
                    "    ),",
                ]
            } + ["}"]
    }

    private static var methodCatalog: [String] {
        [
            "", "",
            "class MethodEntry(NamedTuple):",
            #"    """What a client has to know of a method.""""#,
            "",
            "    #: Whether it changes something, and so takes an idempotency_key.",
            "    changes_state: bool",
            "    #: Who may call it.",
            "    roles: Tuple[str, ...]",
            "", "",
            "#: Every method by its name.",
            "METHODS: Dict[str, MethodEntry] = {",
        ]
            + GatewayMethod.descriptions.map { description in
                let roles = description.roles.roles.map(\.rawValue)
                let tuple = ClientFiles.literals(roles) + (roles.count == 1 ? "," : "")
                let changes = description.changesState ? "True" : "False"
                let name = ClientFiles.literal(description.method.rawValue)
                return "    \(name): MethodEntry(\(changes), (\(tuple))),"
            } + ["}"]
    }

    private static func typedDict(_ schema: ObjectSchema) -> [String] {
        // A field that is called like a keyword can only be named by a string.
        if schema.fields.contains(where: { keywords.contains($0.name) }) {
            return keywordTypedDict(schema)
        }
        let name = ClientFiles.typeName(of: schema)
        var lines = ["", "", "class \(name)(TypedDict):", "    \"\"\"\(schema.summary)\"\"\""]
        for field in schema.fields {
            lines += [""] + ClientFiles.wrapped(field.summary, prefix: "    #: ")
            lines.append("    \(field.name): \(type(of: field))")
        }
        return lines
    }

    private static func keywordTypedDict(_ schema: ObjectSchema) -> [String] {
        let name = ClientFiles.typeName(of: schema)
        var lines = ["", "", "#: \(schema.summary)", "\(name) = TypedDict("]
        lines += ["    \(ClientFiles.literal(name)),", "    {"]
        for field in schema.fields {
            lines += ClientFiles.wrapped(field.summary, prefix: "        #: ")
            let type = "'\(type(of: field))'"
            lines.append("        \(ClientFiles.literal(field.name)): \(type),")
        }
        return lines + ["    },", ")"]
    }

    private static func type(of field: FieldSchema) -> String {
        let type = type(of: field.value)
        return field.presence == .required ? type : "NotRequired[\(type)]"
    }

    private static var notifications: [String] {
        [
            "", "",
            "#: What the gateway sends unasked, and the type of its parameters.",
            "NOTIFICATIONS: Dict[str, type] = {",
        ]
            + GatewayNotification.allCases.map { notification in
                let name = ClientFiles.literal(notification.rawValue)
                return "    \(name): \(ClientFiles.typeName(of: notification.params)),"
            } + ["}"]
    }
}
