/// Where the compiler is told to trust us, a comment that begins with "Safety:" says why it may.
///
/// - `@unchecked Sendable`, `nonisolated(unsafe)`, `@safe` and `@unsafe`: in the comments directly
///   above, on the line itself, or at a member of the type that it is about.
/// - an `unsafe` expression: within the five lines above it, anywhere above it in the innermost
///   function, directly above a declaration that holds it, or at a member of a type that holds
///   it: the reason at a stored pointer covers what the type does with it.
enum SafetyRules {
    static let mark = "Safety:"
    /// Fewer words than this convince nobody.
    static let wordCountMin = 3
    static let lineCountAbove = 5

    static func findings(in source: SwiftText) -> [Finding] {
        let declarations = source.declarations()
        let reasons = source.comments.filter(isReason).map(\.line)
        var findings: [Finding] = []
        for index in source.tokens.indices {
            guard let claim = claim(at: index, in: source) else { continue }
            let line = source.tokens[index].line
            let isReasoned =
                claim.isExpression
                ? hasReason(forExpressionAt: line, in: source, declarations, reasons)
                : source.commentsAbove(line).contains(where: isReason)
                    || declarations.contains {
                        (line...line + 2).contains($0.line)
                            && hasMemberReason($0, declarations, reasons)
                    }
            guard !isReasoned else { continue }
            findings.append(
                Finding(path: source.path, line: line, message: "\(claim.name) without // \(mark)"))
        }
        return findings
    }

    private struct Claim {
        let name: String
        let isExpression: Bool
    }

    private static func claim(at index: Int, in source: SwiftText) -> Claim? {
        let before = source.token(index - 1)
        switch source.token(index) {
        case "unchecked" where before == "@" && source.token(index + 1) == "Sendable":
            return Claim(name: "@unchecked Sendable", isExpression: false)
        case "safe" where before == "@":
            return Claim(name: "@safe", isExpression: false)
        case "unsafe" where before == "@":
            return Claim(name: "@unsafe", isExpression: false)
        case "unsafe" where before == "(" && source.token(index - 2) == "nonisolated":
            return Claim(name: "nonisolated(unsafe)", isExpression: false)
        case "unsafe" where before != ".":
            return Claim(name: "an unsafe expression", isExpression: true)
        default:
            return nil
        }
    }

    private static func isReason(_ comment: SwiftText.Comment) -> Bool {
        let text = comment.text.hasPrefix("- ") ? String(comment.text.dropFirst(2)) : comment.text
        return text.hasPrefix(mark) && text.dropFirst(mark.count).wordCount >= wordCountMin
    }

    private static func hasReason(
        forExpressionAt line: Int, in source: SwiftText, _ declarations: [Declaration],
        _ reasons: [Int]
    ) -> Bool {
        if reasons.contains(where: { (line - lineCountAbove...line).contains($0) }) { return true }
        let holders = declarations.filter { $0.line <= line && line <= $0.lastLine }
        if let function = holders.last(where: { $0.kind == .function }),
            reasons.contains(where: { (function.line...line).contains($0) })
        {
            return true
        }
        return holders.contains {
            source.commentsAbove($0.line).contains(where: isReason)
                || hasMemberReason($0, declarations, reasons)
        }
    }

    /// Whether a type has a reason in its body that is in no function's body.
    private static func hasMemberReason(
        _ type: Declaration, _ declarations: [Declaration], _ reasons: [Int]
    ) -> Bool {
        guard type.kind == .type else { return false }
        return reasons.contains { reason in
            type.line <= reason && reason <= type.lastLine
                && !declarations.contains {
                    $0.kind == .function && $0.line <= reason && reason <= $0.lastLine
                }
        }
    }
}
