/// A link of a document leads to a file, folder or heading that is there.
enum LinkRules {
    /// The dead links of a document, given all documents by their paths from the root, and every
    /// file and folder.
    static func findings(
        in path: String, texts: [String: String], places: Set<String>
    ) -> [Finding] {
        let lines = (texts[path] ?? "").split(separator: "\n", omittingEmptySubsequences: false)
        return lines.enumerated().flatMap { index, line in
            line.matches(of: /\]\(([^()\s]+)\)/).compactMap { match in
                let link = String(match.1)
                guard !link.contains("://"), !isFound(link, from: path, texts, places) else {
                    return nil
                }
                return Finding(path: path, line: index + 1, message: "\(link) leads nowhere")
            }
        }
    }

    private static func isFound(
        _ link: String, from path: String, _ texts: [String: String], _ places: Set<String>
    ) -> Bool {
        let parts = link.split(separator: "#", omittingEmptySubsequences: false).map(String.init)
        var steps = path.split(separator: "/").dropLast().map(String.init)
        for step in parts[0].split(separator: "/").map(String.init) {
            if step == ".." {
                guard !steps.isEmpty else { return false }
                steps.removeLast()
            } else {
                steps.append(step)
            }
        }
        let target = parts[0].isEmpty ? path : steps.joined(separator: "/")
        guard parts.count > 1 else { return places.contains(target) }
        let headings = (texts[target] ?? "").split(separator: "\n").filter { $0.hasPrefix("#") }
        return headings.contains { anchor(of: $0) == parts[1] }
    }

    /// The anchor that a heading gets: lower case, hyphens for spaces, no other signs.
    private static func anchor(of heading: Substring) -> String {
        let text = heading.drop { $0 == "#" || $0 == " " }.lowercased()
        return String(
            text.compactMap { letter -> Character? in
                if letter == " " { return "-" }
                return letter.isLetter || letter.isNumber || "-_".contains(letter) ? letter : nil
            })
    }
}
