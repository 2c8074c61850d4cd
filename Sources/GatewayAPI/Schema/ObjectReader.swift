import JSONRPC

/// Reads the fields of one object and notices which of its members nobody asked for.
///
/// A field that does not fit is noted and keeps the value it had; the next ones are read all the
/// same, so that whoever asked learns of every fault at once. ``finish()`` throws them.
struct ObjectReader: FieldCoder, ~Escapable {
    typealias Failure = ParameterError

    private let object: JSONValue
    private let mode: ReadingMode
    /// One bit per member that a field has taken. ``JSONLimits/memberCountMax`` is 128 or less
    /// for requests; members beyond count as unknown.
    private var taken: UInt128 = 0
    private var error: ParameterError?

    @_lifetime(copy object)
    init(_ object: JSONValue, mode: ReadingMode) {
        self.object = object
        self.mode = mode
    }

    mutating func required<Value: FieldValue>(
        _ name: StaticString, _ value: inout Value, _ rule: Value.Rule,
        _ summary: @autoclosure () -> String
    ) throws(ParameterError) {
        switch read(name, as: Value.self, rule) {
        case .value(let found): value = found
        case .absent: error.add(ParameterError(.missing, field: "\(name)"))
        case .unfit: break
        }
    }

    mutating func optional<Value: FieldValue>(
        _ name: StaticString, _ value: inout Value?, _ rule: Value.Rule,
        _ summary: @autoclosure () -> String
    ) throws(ParameterError) {
        if case .value(let found) = read(name, as: Value.self, rule) { value = found }
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
                if case .value(let found) = read(name, as: Value.self, rule) { value = found }
                return
            }
        }
        // An answer of an older server may lack it.
        if mode == .strict { error.add(ParameterError(.missing, field: "\(name)")) }
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
        if case .value(let found) = read(name, as: Value.self, rule) { value = found }
    }

    /// Throws what did not fit, and the members that no field has taken unless that is tolerated.
    mutating func finish() throws(ParameterError) {
        if mode == .strict { noteUnknownMembers() }
        if let error { throw error }
    }

    private mutating func noteUnknownMembers() {
        var members = object.members
        var index = 0
        while let member = members.next() {
            if index >= 128 || taken & (1 << UInt128(index)) == 0 {
                // What comes from the peer is cut before it goes back into an answer.
                let name = String((member.key.string ?? "").prefix(64))
                error.add(ParameterError(.unknown, field: name))
            }
            index += 1
        }
    }

    /// What became of a field.
    private enum Found<Value> {
        case value(Value)
        case absent
        /// It is there and does not fit, which has been noted.
        case unfit
    }

    private mutating func read<Value: FieldValue>(
        _ name: StaticString, as type: Value.Type, _ rule: Value.Rule
    ) -> Found<Value> {
        var members = object.members
        var index = 0
        while let member = members.next() {
            if member.key.equals(name) {
                if index < 128 { taken |= 1 << UInt128(index) }
                do throws(ParameterError) {
                    return .value(try Value.read(member.value, rule: rule, mode: mode))
                } catch let fault {
                    error.add(fault.inside(name))
                    return .unfit
                }
            }
            index += 1
        }
        return .absent
    }
}
