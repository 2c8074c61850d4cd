import GatewayAPI
import JSONRPC
import Testing

/// An object of the contract with an example of it.
struct ExampleObject: Sendable, CustomTestStringConvertible {
    let name: String
    let type: any APIObject.Type
    let text: String

    var testDescription: String { name }

    static let all: [ExampleObject] =
        GatewayMethod.descriptions.flatMap { description in
            [
                ExampleObject(
                    name: description.method.rawValue + " params", type: description.paramsType,
                    text: description.exampleParams),
                ExampleObject(
                    name: description.method.rawValue + " result", type: description.resultType,
                    text: description.method == .rpcDiscover ? "{}" : description.exampleResult),
            ]
        }
        + GatewayNotification.allCases.map {
            ExampleObject(name: $0.rawValue, type: $0.paramsType, text: $0.exampleParams)
        }
}

@Suite("Objects of the contract")
struct ObjectRoundTripTests {
    @Test("An example is read, written and read again without loss", arguments: ExampleObject.all)
    func roundTrips(example: ExampleObject) throws {
        let once = try reencode(example.type, example.text)
        #expect(try reencode(example.type, once) == once)
        // Nothing of the example is lost: each of its members stands in what is written.
        let writtenMembers = Dictionary(
            uniqueKeysWithValues: try members(of: once).map { ($0.name, $0.value) })
        for member in try members(of: example.text) {
            #expect(writtenMembers[member.name] == member.value, "\(member.name)")
        }
    }

    @Test("Each required field is missed by its name", arguments: ExampleObject.all)
    func missesFields(example: ExampleObject) throws {
        let all = try members(of: example.text)
        for field in example.type.objectSchema.fields where field.presence == .required {
            let rest = object(all.filter { $0.name != field.name })
            let fault = try fault(example.type, rest)
            #expect(fault?.reason == .missing)
            #expect(fault?.field == field.name)
        }
    }

    @Test("A value of another type is refused by its field's name", arguments: ExampleObject.all)
    func refusesOtherTypes(example: ExampleObject) throws {
        let all = try members(of: example.text)
        for field in example.type.objectSchema.fields where field.value != .any {
            for value in ["null", "[[]]", "1.5e-7", "\"\\u0000\""] {
                let others = all.filter { $0.name != field.name }
                let fault = try fault(example.type, object(others + [(field.name, value)]))
                #expect(fault?.field.hasPrefix(field.name) == true || isAllowed(value, field))
            }
        }
    }

    /// The only field types that take one of the odd values above.
    private func isAllowed(_ value: String, _ field: FieldSchema) -> Bool {
        switch field.value {
        case .number: value == "1.5e-7"
        case .list(.any, _, _): value == "[[]]"
        case .nullable: value == "null"
        default: false
        }
    }

    @Test(
        "An unknown field is refused by its name, and tolerated in answers",
        arguments: ExampleObject.all)
    func refusesUnknownFields(example: ExampleObject) throws {
        let text = object(try members(of: example.text) + [("no_such_field", "1")])
        let fault = try fault(example.type, text)
        #expect(fault?.reason == .unknown)
        #expect(fault?.field == "no_such_field")
        func readTolerantly<Object: APIObject>(_ type: Object.Type) throws {
            try withValue(of: text) { value in _ = try Object(value, mode: .tolerant) }
        }
        try readTolerantly(example.type)
    }

    @Test("Field names and schema names are snake_case and unique", arguments: ExampleObject.all)
    func namesFields(example: ExampleObject) {
        let schema = example.type.objectSchema
        #expect(Set(schema.fields.map(\.name)).count == schema.fields.count)
        for field in schema.fields {
            #expect(field.name.allSatisfy { $0.isLowercase || $0 == "_" }, "\(field.name)")
            #expect(field.summary.hasSuffix("."), "\(field.name)")
        }
    }

    @Test("What is not an object is refused", arguments: ["[]", "1", "null", "\"a\""])
    func refusesOthers(text: String) throws {
        let fault = try fault(NoParams.self, text)
        #expect(fault?.reason == .wrongType)
        #expect(fault?.field == "")
        try withValue(of: text) { value in
            _ = #expect(throws: ParameterError.self) { _ = try NoParams(params: value) }
        }
    }

    @Test("Absent parameters are an object without fields")
    func readsAbsentParameters() throws {
        _ = try NoParams(params: nil)
        #expect(try SessionListParams(params: nil).limit == 50)
        #expect(throws: ParameterError.self) { _ = try SubscribeParams(params: nil) }
    }
}
