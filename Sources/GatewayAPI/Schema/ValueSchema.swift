/// What the published contract says of a value: the source of JSON Schema, OpenRPC and AsyncAPI.
public indirect enum ValueSchema: Sendable, Equatable {
    /// `true` or `false`.
    case boolean
    /// An integer from `min` to `max`.
    case integer(min: Int64, max: Int64)
    /// A number from `min` to `max`.
    case number(min: Double, max: Double)
    /// A string of `min` to `max` characters that matches `pattern` where there is one.
    case text(min: Int, max: Int, pattern: String?)
    /// A decimal in a string, from `min` to `max`.
    case decimal(min: String, max: String)
    /// One of some words.
    case oneOf([String])
    /// An array of `min` to `max` elements.
    case list(ValueSchema, min: Int, max: Int)
    /// An object with its own schema.
    case object(ObjectSchema)
    /// A value, or `null` where there is nothing to say.
    case nullable(ValueSchema)
    /// Any JSON value.
    case any
}

/// The schema of an object.
public struct ObjectSchema: Sendable, Equatable {
    /// The name under which the schema is published.
    public let name: String
    /// What the object is, in one sentence.
    public let summary: String
    /// The fields in the order in which they are written.
    public let fields: [FieldSchema]
}

/// The schema of one field.
public struct FieldSchema: Sendable, Equatable {
    /// Whether a field must be there.
    public enum Presence: Sendable, Equatable {
        /// It must.
        case required
        /// It may be absent.
        case optional
        /// It may be absent and then has this value, given as JSON.
        case defaulted(String)
    }

    /// The field's name.
    public let name: String
    /// What it holds.
    public let value: ValueSchema
    /// Whether it must be there.
    public let presence: Presence
    /// What it means, in one sentence.
    public let summary: String
}
