/// A property that does not hold for an input: a bug in the code under test.
package struct PropertyFailure: Error, CustomStringConvertible {
    /// What should hold and what was found.
    package let description: String

    /// A failure with the sentence that is shown for it.
    init(_ description: String) {
        self.description = description
    }
}

/// Fails the input unless the condition holds.
func require(
    _ condition: Bool, _ description: @autoclosure () -> String
) throws(PropertyFailure) {
    guard condition else { throw PropertyFailure(description()) }
}
