package import JSONRPC

/// Goes over the fields of an ``APIObject``: to read them, to write them, or to describe them.
///
/// Each object names its fields once, in ``APIObject/visitFields(with:)``. What is read, what is
/// written and what the published schema says cannot differ, because all three are that one list.
package protocol FieldCoder: ~Copyable, ~Escapable {
    /// What goes wrong: nothing, unless the coder reads.
    associatedtype Failure: Error

    /// A field that must be there.
    mutating func required<Value: FieldValue>(
        _ name: StaticString, _ value: inout Value, _ rule: Value.Rule,
        _ summary: @autoclosure () -> String
    ) throws(Failure)

    /// A field that may be absent.
    mutating func optional<Value: FieldValue>(
        _ name: StaticString, _ value: inout Value?, _ rule: Value.Rule,
        _ summary: @autoclosure () -> String
    ) throws(Failure)

    /// A field of an answer that is always there, and `null` where there is nothing to say.
    mutating func nullable<Value: FieldValue>(
        _ name: StaticString, _ value: inout Value?, _ rule: Value.Rule,
        _ summary: @autoclosure () -> String
    ) throws(Failure)

    /// A field that keeps its present value when it is absent.
    mutating func defaulted<Value: FieldValue>(
        _ name: StaticString, _ value: inout Value, _ rule: Value.Rule,
        _ summary: @autoclosure () -> String
    ) throws(Failure)
}

/// A type that a field can have.
package protocol FieldValue: Sendable {
    /// What bounds a value of this type.
    associatedtype Rule: Sendable

    /// Reads and checks a value.
    ///
    /// - Parameters:
    ///   - value: The value in its text.
    ///   - rule: Its bounds.
    ///   - mode: What becomes of unknown fields inside.
    /// - Returns: The value.
    /// - Throws: Which field does not fit, and why.
    static func read(
        _ value: JSONValue, rule: Rule, mode: ReadingMode
    ) throws(ParameterError) -> Self

    /// Writes the value.
    func write(to writer: inout JSONWriter)

    /// What the published schema says of a field of this type.
    static func schema(rule: Rule) -> ValueSchema
}

/// What becomes of fields that a type does not know.
package enum ReadingMode: Sendable {
    /// They are an error: for requests, where they would be a misunderstanding.
    case strict
    /// They are passed over: for answers, to which a newer server may add.
    case tolerant
}

/// The rule of a type that needs none.
package enum NoRule: Sendable {
    /// Every value of the type.
    case any
}

extension JSONWriter: FieldCoder {
    /// Writing fails for nobody.
    package typealias Failure = Never

    /// Writes the field.
    package mutating func required<Value: FieldValue>(
        _ name: StaticString, _ value: inout Value, _ rule: Value.Rule,
        _ summary: @autoclosure () -> String
    ) {
        key(name)
        value.write(to: &self)
    }

    /// Writes the field unless it is `nil`.
    package mutating func optional<Value: FieldValue>(
        _ name: StaticString, _ value: inout Value?, _ rule: Value.Rule,
        _ summary: @autoclosure () -> String
    ) {
        guard let value else { return }
        key(name)
        value.write(to: &self)
    }

    /// Writes the field, or `null`.
    package mutating func nullable<Value: FieldValue>(
        _ name: StaticString, _ value: inout Value?, _ rule: Value.Rule,
        _ summary: @autoclosure () -> String
    ) {
        key(name)
        if let value { value.write(to: &self) } else { null() }
    }

    /// Writes the field.
    package mutating func defaulted<Value: FieldValue>(
        _ name: StaticString, _ value: inout Value, _ rule: Value.Rule,
        _ summary: @autoclosure () -> String
    ) {
        key(name)
        value.write(to: &self)
    }
}
