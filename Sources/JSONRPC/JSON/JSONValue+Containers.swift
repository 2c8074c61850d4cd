extension JSONValue {
    /// The members of an object; none for another kind.
    package var members: JSONMembers {
        @_lifetime(copy self)
        get { JSONMembers(of: self) }
    }

    /// The elements of an array; none for another kind.
    package var elements: JSONElements {
        @_lifetime(copy self)
        get { JSONElements(of: self) }
    }

    /// The value of the member called `name`, or `nil` when there is none or this is no object.
    ///
    /// Looks at one member after the other: objects of messages are small.
    @_lifetime(copy self)
    package func member(_ name: StaticString) -> JSONValue? {
        var members = self.members
        while let member = members.next() {
            if member.key.equals(name) { return member.value }
        }
        return nil
    }

    /// The number of elements of an array or of members of an object; 0 for another kind.
    ///
    /// Counted anew each time.
    package var count: Int {
        var count = 0
        if kind == .array {
            var elements = self.elements
            while elements.next() != nil { count += 1 }
        } else {
            var members = self.members
            while members.next() != nil { count += 1 }
        }
        return count
    }
}

/// One name and value of an object.
package struct JSONMember: ~Escapable {
    /// The name, a view of kind ``JSONKind/key``.
    package let key: JSONValue
    /// The value.
    package let value: JSONValue

    @_lifetime(copy key, copy value)
    init(key: JSONValue, value: JSONValue) {
        self.key = key
        self.value = value
    }
}

/// Goes over the members of an object in the order of the text.
package struct JSONMembers: ~Escapable {
    private let text: RawSpan
    private let tokens: Span<JSONToken>
    private var index: Int
    private let end: Int

    @_lifetime(copy value)
    init(of value: JSONValue) {
        text = value.text
        tokens = value.tokens
        index = value.index + 1
        end = value.kind == .object ? Int(value.token.next) : index
    }

    /// The next member, or `nil` behind the last.
    @_lifetime(copy self)
    package mutating func next() -> JSONMember? {
        guard index < end else { return nil }
        let key = JSONValue(text: text, tokens: tokens, index: index)
        let value = JSONValue(text: text, tokens: tokens, index: index + 1)
        index = Int(value.token.next)
        return JSONMember(key: key, value: value)
    }
}

/// Goes over the elements of an array in the order of the text.
package struct JSONElements: ~Escapable {
    private let text: RawSpan
    private let tokens: Span<JSONToken>
    private var index: Int
    private let end: Int

    @_lifetime(copy value)
    init(of value: JSONValue) {
        text = value.text
        tokens = value.tokens
        index = value.index + 1
        end = value.kind == .array ? Int(value.token.next) : index
    }

    /// The next element, or `nil` behind the last.
    @_lifetime(copy self)
    package mutating func next() -> JSONValue? {
        guard index < end else { return nil }
        let value = JSONValue(text: text, tokens: tokens, index: index)
        index = Int(value.token.next)
        return value
    }
}
