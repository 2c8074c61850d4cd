/// Checks a whole text without keeping anything of it: for payloads that pass through unread.
package enum JSONValidator {
    /// Whether `text` is one valid JSON text (RFC 8259) within `limits`.
    ///
    /// Duplicate keys are not searched for: what is passed on unread has no second reader here.
    ///
    /// - Parameters:
    ///   - text: The whole text, white space around it allowed.
    ///   - limits: Size and depth; those of ``JSONLimits/payload`` unless told otherwise.
    /// - Returns: Whether it can be spliced into another text.
    package static func isValid(_ text: RawSpan, limits: JSONLimits = .payload) -> Bool {
        fault(in: text, limits: limits) == nil
    }

    /// The first fault of `text`, or `nil` when it is valid JSON within `limits`.
    ///
    /// - Parameters:
    ///   - text: The whole text, white space around it allowed.
    ///   - limits: Size and depth; those of ``JSONLimits/payload`` unless told otherwise.
    /// - Returns: The reason and the offset.
    package static func fault(in text: RawSpan, limits: JSONLimits = .payload) -> JSONError? {
        var sink = DiscardingSink()
        var scanner = JSONScanner(text, limits: limits)
        do throws(JSONError) {
            try scanner.scan(into: &sink)
            return nil
        } catch {
            return error
        }
    }
}

/// Keeps nothing.
private struct DiscardingSink: JSONScannerSink {
    @inline(__always)
    mutating func containerOpened(_ kind: JSONKind, start: Int) throws(JSONError) {}
    @inline(__always)
    mutating func containerClosed(end: Int, text: RawSpan) throws(JSONError) {}
    @inline(__always)
    mutating func scalarFound(
        _ kind: JSONKind, start: Int, end: Int, flags: JSONToken.Flags
    ) throws(JSONError) {}
}
