import JSONRPC

/// Writes JSON Schema (draft 2020-12, which OpenRPC 1.3 and AsyncAPI 3.0 understand).
struct SchemaWriter {
    /// Where named schemas are found, such as `#/components/schemas/`.
    let referencePrefix: String
    /// Behind the name in a reference, such as `.json` for schemas in files.
    var referenceSuffix = ""
    /// Whether objects refuse fields that they do not list: requests do, answers may grow.
    let isClosed: Bool

    /// Writes the schema of an object with all its fields.
    func write(_ schema: ObjectSchema, to writer: inout JSONWriter) {
        writer.beginObject()
        writeMembers(of: schema, to: &writer)
        writer.endObject()
    }

    /// Writes the members of an object's schema, without the braces around them.
    func writeMembers(of schema: ObjectSchema, to writer: inout JSONWriter) {
        writer.member("title", schema.name)
        writer.member("description", schema.summary)
        writer.member("type", "object" as String)
        writer.key("properties")
        writer.beginObject()
        for field in schema.fields {
            writer.key(field.name)
            write(field, to: &writer)
        }
        writer.endObject()
        let required = schema.fields.filter { $0.presence == .required }
        if !required.isEmpty {
            writer.key("required")
            writer.beginArray()
            for field in required { writer.string(field.name) }
            writer.endArray()
        }
        if isClosed { writer.member("additionalProperties", false) }
    }

    /// Writes the schema of one field.
    func write(_ field: FieldSchema, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("description", field.summary)
        writeMembers(of: field.value, to: &writer)
        if case .defaulted(let value) = field.presence {
            writer.key("default")
            writer.raw(Array(value.utf8))
        }
        writer.endObject()
    }

    /// Writes a reference to a named schema.
    func writeReference(to schema: ObjectSchema, writer: inout JSONWriter) {
        writer.member("$ref", referencePrefix + schema.name + referenceSuffix)
    }

    private func writeMembers(of value: ValueSchema, to writer: inout JSONWriter) {
        switch value {
        case .boolean:
            writer.member("type", "boolean" as String)
        case .integer(let min, let max):
            writer.member("type", "integer" as String)
            writer.member("minimum", min)
            // 2⁶³−1 is no number of JavaScript: no maximum is a better promise.
            if max < Int64.max { writer.member("maximum", max) }
        case .number(let min, let max):
            writer.member("type", "number" as String)
            writer.key("minimum")
            writer.double(min)
            writer.key("maximum")
            writer.double(max)
        case .text(let min, let max, let pattern):
            writer.member("type", "string" as String)
            writer.member("minLength", min)
            writer.member("maxLength", max)
            if let pattern { writer.member("pattern", pattern) }
        case .decimal(let min, let max):
            writer.member("type", "string" as String)
            writer.member("format", "decimal" as String)
            writer.member("pattern", DecimalText.pattern)
            writer.member("x-minimum", min)
            writer.member("x-maximum", max)
        case .oneOf(let words):
            writer.member("type", "string" as String)
            writer.key("enum")
            writer.beginArray()
            for word in words { writer.string(word) }
            writer.endArray()
        case .list(let element, let min, let max):
            writer.member("type", "array" as String)
            writer.key("items")
            writer.beginObject()
            writeMembers(of: element, to: &writer)
            writer.endObject()
            writer.member("minItems", min)
            writer.member("maxItems", max)
        case .object(let schema):
            writeReference(to: schema, writer: &writer)
        case .nullable(let value):
            writer.key("anyOf")
            writer.beginArray()
            writer.beginObject()
            writeMembers(of: value, to: &writer)
            writer.endObject()
            writer.beginObject()
            writer.member("type", "null" as String)
            writer.endObject()
            writer.endArray()
        case .any:
            break
        }
    }
}

extension ObjectSchema {
    /// The schema itself and every one that it refers to, by name, in the order of appearance.
    func collect(into schemas: inout [ObjectSchema]) {
        guard !schemas.contains(where: { $0.name == name }) else { return }
        schemas.append(self)
        for field in fields { field.value.collect(into: &schemas) }
    }
}

extension ValueSchema {
    fileprivate func collect(into schemas: inout [ObjectSchema]) {
        switch self {
        case .object(let schema): schema.collect(into: &schemas)
        case .nullable(let value): value.collect(into: &schemas)
        case .list(let element, _, _): element.collect(into: &schemas)
        default: break
        }
    }
}
