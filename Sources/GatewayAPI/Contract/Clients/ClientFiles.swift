/// The generated parts of the client libraries in `Protocol/clients`: the types of every method and
/// message, and the catalogs, in the clients' languages.
package enum ClientFiles {
    /// Every generated file; their paths are below `Protocol/`, as those of ``ContractDocuments``.
    package static var files: [ContractDocuments.File] {
        [
            file("python/tradermind_gateway/contract.py", PythonContract.text),
            file("python/tradermind_gateway/methods.py", PythonMethods.text),
            file("javascript/src/contract.js", JavaScriptContract.text),
            file("javascript/src/contract.d.ts", TypeScriptContract.text),
        ]
    }

    private static func file(_ path: String, _ text: String) -> ContractDocuments.File {
        ContractDocuments.File(path: "clients/\(path)", bytes: Array(text.utf8))
    }

    /// What the first line of each file says.
    static let notice =
        "Generated from the server's types by the test \"Published contract\"; not to be edited."

    /// Whether an object is what a method takes: then it holds nothing that is not listed.
    static func isOfRequest(_ schema: ObjectSchema) -> Bool {
        GatewayMethod.descriptions.contains { $0.params.name == schema.name }
    }

    /// The subprotocol of the handshake, which is also the version in `hello`.
    static let subprotocol = HelloParams().protocolVersion

    /// The name of a type in the clients: `Error` is taken in both languages.
    static func typeName(of schema: ObjectSchema) -> String {
        schema.name == "Error" ? "ErrorObject" : schema.name
    }

    /// A string literal of Python and JavaScript.
    static func literal(_ text: String) -> String {
        var result = "\""
        for character in text {
            switch character {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            default: result.append(character)
            }
        }
        return result + "\""
    }

    /// Literals with something between them.
    static func literals(_ words: [String], separator: String = ", ") -> String {
        words.map(literal).joined(separator: separator)
    }

    /// Breaks a sentence into lines that begin with `prefix`.
    static func wrapped(_ text: String, prefix: String, columnCountMax: Int = 100) -> [String] {
        var lines: [String] = []
        var line = prefix
        for word in text.split(separator: " ") {
            let isFirst = line.count == prefix.count
            if !isFirst, line.count + 1 + word.count > columnCountMax {
                lines.append(line)
                line = prefix + word
            } else {
                line += (isFirst ? "" : " ") + word
            }
        }
        return lines + [line]
    }
}

extension MethodDescription {
    /// Who may call the method, and what it may answer beside the common errors, for people.
    var callerNote: String {
        let roles = roles.roles.map(\.rawValue).joined(separator: ", ")
        let symbols = errors.map(\.entry.symbol).joined(separator: ", ")
        return "For: \(roles)." + (symbols.isEmpty ? "" : " Errors: \(symbols).")
    }
}
