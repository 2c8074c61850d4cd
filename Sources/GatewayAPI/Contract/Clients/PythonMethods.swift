/// `methods.py`: a method of the Python client for each method of the contract.
enum PythonMethods {
    static var text: String {
        let methods = GatewayMethod.descriptions.filter { !handWritten.contains($0.method) }
        let lines = heading(methods) + methods.flatMap(method)
        return lines.joined(separator: "\n") + "\n"
    }

    /// Those that the client does itself, since it keeps what they are about.
    private static let handWritten: Set<GatewayMethod> = [.subscribe, .unsubscribe]

    private static func heading(_ methods: [MethodDescription]) -> [String] {
        let names = Set(methods.flatMap { types(in: $0) }).sorted()
        return [
            "# \(ClientFiles.notice)",
            #""""Every method of the contract as a method of the client.""""#,
            "",
            "from __future__ import annotations",
            "",
            "from typing import Any, Dict, List, Literal, Mapping, Optional, cast",
            "",
            "from .contract import (",
        ] + names.map { "    \($0)," } + [
            ")", "", "",
            "def _given(params: Dict[str, Any]) -> Dict[str, Any]:",
            #"    """Leaves out what is absent: null stands for nothing in a request.""""#,
            "    return {name: value for name, value in params.items() if value is not None}",
            "", "",
            "class GatewayMethods:",
            #"    """The methods; ``call`` sends them. Times are milliseconds of the epoch.""""#,
            "",
            "    async def call(",
            "        self, method: str, params: Optional[Mapping[str, Any]] = None, *, "
                + "timeout: Optional[float] = None",
            "    ) -> Any:",
            #"        """Calls a method by its name.""""#,
            "        raise NotImplementedError",
        ]
    }

    /// The types of the contract that a method's signature names.
    private static func types(in description: MethodDescription) -> [String] {
        var names = [ClientFiles.typeName(of: description.result)]
        for field in description.params.fields { collect(field.value, into: &names) }
        return names
    }

    private static func collect(_ value: ValueSchema, into names: inout [String]) {
        switch value {
        case .object(let schema): names.append(ClientFiles.typeName(of: schema))
        case .list(let element, _, _): collect(element, into: &names)
        case .nullable(let inner): collect(inner, into: &names)
        case .decimal: names.append("DecimalText")
        default: break
        }
    }

    private static func method(_ description: MethodDescription) -> [String] {
        let fields = description.params.fields
        let name = description.method.rawValue.map { $0 == "." ? "_" : $0 }
        let result = ClientFiles.typeName(of: description.result)
        var lines = ["", "    async def \(String(name))("]
        lines += ["        self,", "        *,"]
        // What must be given stands first.
        for field in fields where field.presence == .required {
            lines.append("        \(argument(field)): \(PythonContract.type(of: field.value)),")
        }
        for field in fields where field.presence != .required {
            let type = PythonContract.type(of: field.value)
            lines.append("        \(argument(field)): Optional[\(type)] = None,")
        }
        lines += ["        timeout: Optional[float] = None,", "    ) -> \(result):"]
        lines += documentation(description) + call(description, result)
        return lines
    }

    private static func documentation(_ description: MethodDescription) -> [String] {
        var lines = ["        \"\"\"\(description.summary)", ""]
        for field in description.params.fields {
            lines += ClientFiles.wrapped(
                "\(argument(field)): \(field.summary)", prefix: "        ")
        }
        if !description.params.fields.isEmpty { lines.append("") }
        return lines + ClientFiles.wrapped(description.callerNote, prefix: "        ")
            + ["        \"\"\""]
    }

    private static func call(_ description: MethodDescription, _ result: String) -> [String] {
        let fields = description.params.fields
        let name = ClientFiles.literal(description.method.rawValue)
        guard !fields.isEmpty else {
            return [
                "        return cast(\(result), await self.call(\(name), {}, timeout=timeout))"
            ]
        }
        return ["        params: Dict[str, Any] = {"]
            + fields.map { "            \(ClientFiles.literal($0.name)): \(argument($0))," }
            + [
                "        }",
                "        return cast(\(result), await self.call(\(name), _given(params), "
                    + "timeout=timeout))",
            ]
    }

    private static func argument(_ field: FieldSchema) -> String {
        PythonContract.keywords.contains(field.name) ? field.name + "_" : field.name
    }
}
