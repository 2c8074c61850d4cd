import JSONRPC

extension ContractDocuments {
    /// The OpenRPC 1.3 document, compact: the answer to `rpc.discover`.
    package static let openRPC: [UInt8] = {
        var writer = JSONWriter()
        writeOpenRPC(to: &writer)
        return writer.byteArray
    }()

    private static let schemas = SchemaWriter(
        referencePrefix: "#/components/schemas/", isClosed: true)

    private static func writeOpenRPC(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("openrpc", "1.3.2" as String)
        writer.key("info")
        writer.beginObject()
        writer.member("title", title)
        writer.member("version", version)
        writer.member(
            "description",
            "Strict JSON-RPC 2.0 in text frames of one WebSocket. Parameters go by name. Every "
                + "method may also give the errors in x-common-errors.")
        writer.endObject()
        writer.key("servers")
        writer.beginArray()
        writer.beginObject()
        writer.member("name", "gateway" as String)
        writer.member("url", "wss://{host}/v1" as String)
        writer.key("variables")
        writer.beginObject()
        writer.key("host")
        writer.beginObject()
        writer.member("default", "localhost" as String)
        writer.endObject()
        writer.endObject()
        writer.endObject()
        writer.endArray()
        writer.key("methods")
        writer.beginArray()
        for description in GatewayMethod.descriptions { write(description, to: &writer) }
        writer.endArray()
        writeComponents(to: &writer)
        writer.key("x-common-errors")
        writeErrorReferences(MethodDescription.commonErrors, to: &writer)
        writer.endObject()
    }

    private static func write(_ description: MethodDescription, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", description.method.rawValue)
        writer.member("summary", description.summary)
        writer.member("paramStructure", "by-name" as String)
        writer.key("params")
        writer.beginArray()
        for field in description.params.fields {
            writer.beginObject()
            writer.member("name", field.name)
            writer.member("summary", field.summary)
            writer.member("required", field.presence == .required)
            writer.key("schema")
            schemas.write(field, to: &writer)
            writer.endObject()
        }
        writer.endArray()
        writer.key("result")
        writer.beginObject()
        writer.member("name", description.result.name)
        writer.key("schema")
        writer.beginObject()
        schemas.writeReference(to: description.result, writer: &writer)
        writer.endObject()
        writer.endObject()
        writer.key("errors")
        writeErrorReferences(description.errors, to: &writer)
        writeExample(of: description, to: &writer)
        writer.key("x-roles")
        writer.beginArray()
        for role in description.roles.roles { writer.string(role.rawValue) }
        writer.endArray()
        writer.member("x-changes-state", description.changesState)
        writer.member("x-own-user-only", description.limitsUsersToThemselves)
        writer.endObject()
    }

    private static func writeExample(
        of description: MethodDescription, to writer: inout JSONWriter
    ) {
        writer.key("examples")
        writer.beginArray()
        writer.beginObject()
        writer.member("name", description.method.rawValue)
        writer.key("params")
        writer.beginArray()
        for (name, value) in members(of: description.exampleParams) {
            writer.beginObject()
            writer.member("name", name)
            writer.key("value")
            writer.raw(value)
            writer.endObject()
        }
        writer.endArray()
        writer.key("result")
        writer.beginObject()
        writer.member("name", description.result.name)
        writer.key("value")
        writer.raw(Array(description.exampleResult.utf8))
        writer.endObject()
        writer.endObject()
        writer.endArray()
    }

    private static func writeErrorReferences(
        _ codes: [GatewayErrorCode], to writer: inout JSONWriter
    ) {
        writer.beginArray()
        for code in codes {
            writer.beginObject()
            writer.member("$ref", "#/components/errors/" + code.entry.symbol)
            writer.endObject()
        }
        writer.endArray()
    }

    private static func writeComponents(to writer: inout JSONWriter) {
        var all: [ObjectSchema] = []
        for description in GatewayMethod.descriptions {
            description.params.collect(into: &all)
            description.result.collect(into: &all)
        }
        writer.key("components")
        writer.beginObject()
        writer.key("schemas")
        writer.beginObject()
        for schema in all.sorted(by: { $0.name < $1.name }) {
            writer.key(schema.name)
            writeSchema(schema, with: schemas.referencePrefix, to: &writer)
        }
        writer.endObject()
        writer.key("errors")
        writer.beginObject()
        for code in GatewayErrorCode.allCases {
            writer.key(code.entry.symbol)
            writer.beginObject()
            writer.member("code", code.rawValue)
            writer.member("message", code.entry.message)
            writer.endObject()
        }
        writer.endObject()
        writer.endObject()
    }

    /// The members of an example's object, each with its JSON.
    private static func members(of object: String) -> [(name: String, value: [UInt8])] {
        let bytes = Array(object.utf8)
        var tape = JSONTape()
        var result: [(name: String, value: [UInt8])] = []
        do throws(JSONError) {
            // Safety: the spans are used while the array is alive.
            try tape.read(unsafe bytes.span.bytes)
            var members = unsafe tape.root(in: bytes.span.bytes).members
            while let member = members.next() {
                result.append(
                    (
                        member.key.string ?? "",
                        Array(String(copying: member.value.rawBytes).utf8)
                    ))
            }
        } catch {
            preconditionFailure("an example of the method table is no JSON: \(object)")
        }
        return result
    }
}
