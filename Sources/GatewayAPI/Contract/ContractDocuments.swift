import JSONRPC

/// The documents in `Protocol/`, made from the types of this module.
package enum ContractDocuments {
    /// The version of the contract. It grows with each change that a client can notice.
    package static let version = "1.0.0"

    /// The title of the documents.
    package static let title = "TraderMind Gateway"

    /// One file of the published contract.
    package struct File: Sendable, Equatable {
        /// The path below `Protocol/`.
        package let path: String
        /// The whole content.
        package let bytes: [UInt8]
    }

    /// Every generated file of `Protocol/`.
    package static var files: [File] {
        [
            File(path: "openrpc.json", bytes: JSONText.indented(openRPC)),
            File(path: "asyncapi.json", bytes: JSONText.indented(asyncAPI)),
            File(path: "errors.json", bytes: JSONText.indented(errorCatalog)),
            File(path: "close-codes.json", bytes: JSONText.indented(closeCodeCatalog)),
        ] + schemaFiles + exampleFiles
    }

    /// The error catalog, compact.
    static var errorCatalog: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("version", version)
        writer.key("errors")
        writer.beginArray()
        for code in GatewayErrorCode.allCases {
            let entry = code.entry
            writer.beginObject()
            writer.member("code", code.rawValue)
            writer.member("symbol", entry.symbol)
            writer.member("message", entry.message)
            writer.member("retry", entry.retry.rawValue)
            writer.member("action", entry.action)
            if let status = entry.httpStatus { writer.member("http_status", status) }
            writer.endObject()
        }
        writer.endArray()
        writer.key("param_reasons")
        writer.beginArray()
        for reason in ParameterError.Reason.allCases { writer.string(reason.rawValue) }
        writer.endArray()
        writer.endObject()
        return writer.byteArray
    }

    /// The close code catalog, compact.
    static var closeCodeCatalog: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("version", version)
        writer.key("close_codes")
        writer.beginArray()
        for code in CloseCode.allCases {
            writer.beginObject()
            writer.member("code", Int(code.rawValue))
            writer.member("symbol", code.symbol)
            writer.member("meaning", code.meaning)
            writer.member("reconnect", code.reconnect.rawValue)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.byteArray
    }

    /// Writes the schema of one object; what only ever comes from clients is closed.
    static func writeSchema(
        _ schema: ObjectSchema, with referencePrefix: String,
        to writer: inout JSONWriter
    ) {
        SchemaWriter(
            referencePrefix: referencePrefix,
            isClosed: requestSchemaNames.contains(schema.name)
        ).write(schema, to: &writer)
    }

    /// The names of schemas that stand in requests.
    private static let requestSchemaNames: Set<String> = {
        var all: [ObjectSchema] = []
        for description in GatewayMethod.descriptions { description.params.collect(into: &all) }
        return Set(all.map(\.name))
    }()

    /// The schema of every object that travels, by name.
    static let objectSchemas: [ObjectSchema] = {
        var all: [ObjectSchema] = []
        for description in GatewayMethod.descriptions {
            description.params.collect(into: &all)
            description.result.collect(into: &all)
        }
        for notification in GatewayNotification.allCases {
            notification.params.collect(into: &all)
        }
        GatewayError.objectSchema.collect(into: &all)
        return all.sorted { $0.name < $1.name }
    }()

    private static var schemaFiles: [File] {
        objectSchemas.map { schema in
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("$schema", "https://json-schema.org/draft/2020-12/schema" as String)
            writer.member("$id", schema.name + ".json")
            SchemaWriter(
                referencePrefix: "", referenceSuffix: ".json",
                isClosed: requestSchemaNames.contains(schema.name)
            ).writeMembers(of: schema, to: &writer)
            writer.endObject()
            return File(
                path: "schemas/\(schema.name).json", bytes: JSONText.indented(writer.byteArray))
        }
    }
}

extension JSONWriter {
    /// Writes a member with JSON known at compile time.
    mutating func raw(member name: StaticString, _ value: StaticString) {
        key(name)
        raw(value)
    }
}
