/// Comments are `//` lines, and none of them marks work that was left.
enum CommentRules {
    static let leftWork = ["TODO", "FIXME", "XXX", "HACK"]

    static func findings(in source: SwiftText) -> [Finding] {
        source.comments.flatMap { comment in
            var findings: [Finding] = []
            if comment.isBlock {
                findings.append(
                    Finding(path: source.path, line: comment.line, message: "a block comment"))
            }
            let words = comment.text.split { !$0.isLetter }.map(String.init)
            for word in leftWork where words.contains(word) {
                findings.append(
                    Finding(path: source.path, line: comment.line, message: "\(word) in a comment"))
            }
            return findings
        }
    }
}
