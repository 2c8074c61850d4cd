package import JSONRPC

extension Bool: FieldValue {
    /// Reads `true` or `false`.
    package static func read(
        _ value: JSONValue, rule: NoRule, mode: ReadingMode
    ) throws(ParameterError) -> Bool {
        guard let bool = value.bool else { throw ParameterError(.wrongType) }
        return bool
    }

    /// Writes `true` or `false`.
    package func write(to writer: inout JSONWriter) { writer.bool(self) }

    /// The schema of a boolean.
    package static func schema(rule: NoRule) -> ValueSchema { .boolean }
}

extension Int64: FieldValue {
    /// Reads an integer within `rule`.
    package static func read(
        _ value: JSONValue, rule: ClosedRange<Int64>, mode: ReadingMode
    ) throws(ParameterError) -> Int64 {
        guard value.kind == .number else { throw ParameterError(.wrongType) }
        guard let integer = value.int64 else {
            throw ParameterError(value.isWrittenAsInteger ? .outOfRange : .wrongType)
        }
        guard rule.contains(integer) else { throw ParameterError(.outOfRange) }
        return integer
    }

    /// Writes the digits.
    package func write(to writer: inout JSONWriter) { writer.integer(self) }

    /// The schema of an integer.
    package static func schema(rule: ClosedRange<Int64>) -> ValueSchema {
        .integer(min: rule.lowerBound, max: rule.upperBound)
    }
}

extension Int: FieldValue {
    /// Reads an integer within `rule`.
    package static func read(
        _ value: JSONValue, rule: ClosedRange<Int64>, mode: ReadingMode
    ) throws(ParameterError) -> Int {
        Int(try Int64.read(value, rule: rule, mode: mode))
    }

    /// Writes the digits.
    package func write(to writer: inout JSONWriter) { writer.integer(Int64(self)) }

    /// The schema of an integer.
    package static func schema(rule: ClosedRange<Int64>) -> ValueSchema {
        Int64.schema(rule: rule)
    }
}

extension Double: FieldValue {
    /// Reads a number within `rule`.
    package static func read(
        _ value: JSONValue, rule: ClosedRange<Double>, mode: ReadingMode
    ) throws(ParameterError) -> Double {
        guard value.kind == .number else { throw ParameterError(.wrongType) }
        guard let number = value.double, rule.contains(number) else {
            throw ParameterError(.outOfRange)
        }
        return number
    }

    /// Writes the shortest decimal that reads back the same.
    package func write(to writer: inout JSONWriter) { writer.double(self) }

    /// The schema of a number.
    package static func schema(rule: ClosedRange<Double>) -> ValueSchema {
        .number(min: rule.lowerBound, max: rule.upperBound)
    }
}

extension String: FieldValue {
    /// Reads a string that `rule` accepts.
    package static func read(
        _ value: JSONValue, rule: TextRule, mode: ReadingMode
    ) throws(ParameterError) -> String {
        guard value.kind == .string, let text = value.string else {
            throw ParameterError(.wrongType)
        }
        if let reason = rule.fault(in: text) { throw ParameterError(reason) }
        return text
    }

    /// Writes the string with its escapes.
    package func write(to writer: inout JSONWriter) { writer.string(self) }

    /// The schema of a string.
    package static func schema(rule: TextRule) -> ValueSchema { rule.schema }
}

/// A field with one of some words.
package protocol WordList: FieldValue, RawRepresentable, CaseIterable, Equatable
where RawValue == String, Rule == NoRule {}

extension WordList {
    /// Reads one of the words.
    package static func read(
        _ value: JSONValue, rule: NoRule, mode: ReadingMode
    ) throws(ParameterError) -> Self {
        guard value.kind == .string, let text = value.string else {
            throw ParameterError(.wrongType)
        }
        guard let word = Self(rawValue: text) else { throw ParameterError(.unknownValue) }
        return word
    }

    /// Writes the word.
    package func write(to writer: inout JSONWriter) { writer.string(rawValue) }

    /// The schema of the words.
    package static func schema(rule: NoRule) -> ValueSchema { .oneOf(allCases.map(\.rawValue)) }
}

/// The rule of a list: how many elements, and the rule of each.
package struct ListRule<Element: Sendable>: Sendable {
    let count: ClosedRange<Int>
    let element: Element
    let isUnique: Bool

    /// A list of `count` elements; where it is unique no two are the same text.
    package static func list(
        _ count: ClosedRange<Int>, of element: Element, isUnique: Bool = false
    ) -> ListRule {
        ListRule(count: count, element: element, isUnique: isUnique)
    }
}

extension Array: FieldValue where Element: FieldValue {
    /// Reads a list.
    package static func read(
        _ value: JSONValue, rule: ListRule<Element.Rule>, mode: ReadingMode
    ) throws(ParameterError) -> [Element] {
        guard value.kind == .array else { throw ParameterError(.wrongType) }
        let count = value.count
        guard rule.count.contains(count) else { throw ParameterError(.wrongCount) }
        var list: [Element] = []
        list.reserveCapacity(count)
        var seen: Set<String> = []
        var elements = value.elements
        while let element = elements.next() {
            do throws(ParameterError) {
                let value = try Element.read(element, rule: rule.element, mode: mode)
                if rule.isUnique, let text = element.string, !seen.insert(text).inserted {
                    throw ParameterError(.repeated)
                }
                list.append(value)
            } catch {
                throw error.inside(index: list.count)
            }
        }
        return list
    }

    /// Writes the list.
    package func write(to writer: inout JSONWriter) {
        writer.beginArray()
        for element in self { element.write(to: &writer) }
        writer.endArray()
    }

    /// The schema of the list.
    package static func schema(rule: ListRule<Element.Rule>) -> ValueSchema {
        .list(
            Element.schema(rule: rule.element), min: rule.count.lowerBound,
            max: rule.count.upperBound)
    }
}

/// One JSON value that is passed on as it came.
public struct RawJSON: Sendable, Equatable {
    /// The text of the value, valid JSON.
    package let bytes: [UInt8]

    /// Wraps a value that is known to be valid JSON.
    package init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    /// The value as text.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// A value, or `nil` when `text` is not one valid JSON value.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        // Safety: the span is used inside this call only, while the array is borrowed.
        guard unsafe JSONValidator.isValid(bytes.span.bytes) else { return nil }
        self.bytes = bytes
    }
}

extension RawJSON: FieldValue {
    /// Copies the value.
    package static func read(
        _ value: JSONValue, rule: NoRule, mode: ReadingMode
    ) throws(ParameterError) -> RawJSON {
        RawJSON(unchecked: Array(String(copying: value.rawBytes).utf8))
    }

    /// Writes the value as it came.
    package func write(to writer: inout JSONWriter) { writer.raw(bytes) }

    /// No bounds.
    package static func schema(rule: NoRule) -> ValueSchema { .any }
}
