import GatewayAPI
import JSONRPC

/// Reads `text` and hands its outermost value to `body`.
func withValue<Result>(of text: String, _ body: (JSONValue) throws -> Result) throws -> Result {
    let bytes = Array(text.utf8)
    var tape = JSONTape()
    // Safety: the array outlives the span, which is used in this scope only.
    try tape.read(unsafe bytes.span.bytes)
    return try body(tape.root(in: unsafe bytes.span.bytes))
}

/// What `body` writes, as text.
func written(_ body: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter()
    body(&writer)
    return String(copying: writer.bytes)
}

/// Reads an object strictly.
func read<Object: APIObject>(_ type: Object.Type, _ text: String) throws -> Object {
    try withValue(of: text) { value in
        do throws(ParameterError) {
            return try Object(value)
        } catch {
            throw error
        }
    }
}

/// What is wrong with an object, or `nil`.
func fault(_ type: any APIObject.Type, _ text: String) throws -> ParameterError? {
    func open<Object: APIObject>(_ type: Object.Type) throws -> ParameterError? {
        do {
            _ = try read(type, text)
            return nil
        } catch let error as ParameterError {
            return error
        }
    }
    return try open(type)
}

/// Reads an object and writes it again.
func reencode(_ type: any APIObject.Type, _ text: String) throws -> String {
    func open<Object: APIObject>(_ type: Object.Type) throws -> String {
        let object = try read(type, text)
        return written { object.write(to: &$0) }
    }
    return try open(type)
}

/// The members of an object: name and raw JSON.
func members(of text: String) throws -> [(name: String, value: String)] {
    try withValue(of: text) { value in
        var members = value.members
        var result: [(name: String, value: String)] = []
        while let member = members.next() {
            result.append((member.key.string ?? "", String(copying: member.value.rawBytes)))
        }
        return result
    }
}

/// An object out of members.
func object(_ members: [(name: String, value: String)]) -> String {
    "{" + members.map { "\"\($0.name)\":\($0.value)" }.joined(separator: ",") + "}"
}
