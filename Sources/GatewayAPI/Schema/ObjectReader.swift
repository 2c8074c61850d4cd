import JSONRPC

/// Reads the fields of one object and notices which of its members nobody asked for.
struct ObjectReader: FieldCoder, ~Escapable {
    typealias Failure = ParameterError

    private let object: JSONValue
    private let mode: ReadingMode
    /// One bit per member that a field has taken. ``JSONLimits/memberCountMax`` is 128 or less
    /// for requests; members beyond count as unknown.
    private var taken: UInt128 = 0

    @_lifetime(copy object)
    init(_ object: JSONValue, mode: ReadingMode) {
        self.object = object
        self.mode = mode
    }

    mutating func required<Value: FieldValue>(
        _ name: StaticString, _ value: inout Value, _ rule: Value.Rule,
        _ summary: @autoclosure () -> String
    ) throws(ParameterError) {
        guard let found = try read(name, as: Value.self, rule) else {
            throw ParameterError(.missing, field: "\(name)")
        }
        value = found
    }

    mutating func optional<Value: FieldValue>(
        _ name: StaticString, _ value: inout Value?, _ rule: Value.Rule,
        _ summary: @autoclosure () -> String
    ) throws(ParameterError) {
        value = try read(name, as: Value.self, rule)
    }

    mutating func nullable<Value: FieldValue>(
        _ name: StaticString, _ value: inout Value?, _ rule: Value.Rule,
        _ summary: @autoclosure () -> String
    ) throws(ParameterError) {
        var members = object.members
        while let member = members.next() {
            if member.key.equals(name) {
                value = nil
                if member.value.kind == .null { return take(name) }
                value = try read(name, as: Value.self, rule)
                return
            }
        }
        // An answer of an older server may lack it.
        if mode == .strict { throw ParameterError(.missing, field: "\(name)") }
        value = nil
    }

    /// Notes that a field has taken its member.
    private mutating func take(_ name: StaticString) {
        var members = object.members
        var index = 0
        while let member = members.next() {
            if member.key.equals(name) {
                if index < 128 { taken |= 1 << UInt128(index) }
                return
            }
            index += 1
        }
    }

    mutating func defaulted<Value: FieldValue>(
        _ name: StaticString, _ value: inout Value, _ rule: Value.Rule,
        _ summary: @autoclosure () -> String
    ) throws(ParameterError) {
        guard let found = try read(name, as: Value.self, rule) else { return }
        value = found
    }

    /// Throws when the object has a member that no field has taken, unless that is tolerated.
    func finish() throws(ParameterError) {
        guard mode == .strict else { return }
        var members = object.members
        var index = 0
        while let member = members.next() {
            if index >= 128 || taken & (1 << UInt128(index)) == 0 {
                // What comes from the peer is cut before it goes back into an answer.
                let name = String((member.key.string ?? "").prefix(64))
                throw ParameterError(.unknown, field: name)
            }
            index += 1
        }
    }

    private mutating func read<Value: FieldValue>(
        _ name: StaticString, as type: Value.Type, _ rule: Value.Rule
    ) throws(ParameterError) -> Value? {
        var members = object.members
        var index = 0
        while let member = members.next() {
            if member.key.equals(name) {
                if index < 128 { taken |= 1 << UInt128(index) }
                do throws(ParameterError) {
                    return try Value.read(member.value, rule: rule, mode: mode)
                } catch {
                    throw error.inside(name)
                }
            }
            index += 1
        }
        return nil
    }
}
