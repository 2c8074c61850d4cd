/// The targets of Package.swift, read from its text: running the package manager from a test that
/// the package manager runs would wait for its own lock.
struct Manifest: Sendable {
    enum Kind: Sendable {
        case library
        case program
        case tests
        /// A C target or a system library.
        case cLibrary
    }

    struct Target: Sendable {
        let name: String
        let kind: Kind
        /// Names of targets and of other packages' products.
        let dependencies: Set<String>
        /// Its folder, from the root of the package.
        let path: String
    }

    let targets: [Target]

    init(text: String) {
        let source = SwiftText(path: "Package.swift", text: text)
        let products = Self.products(in: source)
        targets = source.tokens.indices.compactMap { index in
            Self.target(at: index, in: source, products: products)
        }
    }

    /// The target whose folder holds this file.
    func target(ofFile path: String) -> Target? {
        targets.first { path.hasPrefix($0.path + "/") }
    }

    /// The target of this name.
    func target(named name: String) -> Target? {
        targets.first { $0.name == name }
    }

    /// `let logging = Target.Dependency.product(name: "Logging", …)`: the product by the constant.
    private static func products(in source: SwiftText) -> [String: String] {
        var products: [String: String] = [:]
        for index in source.occurrences(of: "Target", ".", "Dependency", ".", "product", "(") {
            guard let name = firstLiteral(from: index, in: source) else { continue }
            products[source.token(index - 2)] = name
        }
        return products
    }

    private static func firstLiteral(from index: Int, in source: SwiftText) -> String? {
        source.tokens[index...].first { $0.text == "\"" }.flatMap { source.literals[$0.offset] }
    }

    private static func target(
        at index: Int, in source: SwiftText, products: [String: String]
    ) -> Target? {
        let word = source.token(index)
        guard source.token(index + 1) == "(", source.token(index - 1) != "func" else { return nil }
        let isHelper = ["module", "program", "tests"].contains(word)
        let isBuiltIn = ["target", "systemLibrary", "executableTarget", "testTarget"].contains(word)
        guard isHelper || (isBuiltIn && source.token(index - 1) == ".") else { return nil }
        let call = Call(source: source, openParenthesis: index + 1)
        // The helpers' own bodies pass a variable on.
        guard let name = call.name else { return nil }
        let kind: Kind =
            switch word {
            case "program", "executableTarget": .program
            case "tests", "testTarget": .tests
            case "systemLibrary": .cLibrary
            case "target" where !call.words.contains("swiftSettings"): .cLibrary
            default: .library
            }
        let folder = kind == .tests ? "Tests/" : "Sources/"
        return Target(
            name: name, kind: kind,
            dependencies: Set(call.dependencies.map { products[$0] ?? $0 }),
            path: call.path ?? folder + name)
    }

    /// The arguments of one call that makes a target.
    private struct Call {
        private(set) var name: String?
        private(set) var path: String?
        private(set) var dependencies: [String] = []
        private(set) var words: Set<String> = []

        init(source: SwiftText, openParenthesis: Int) {
            var depth = 1
            var place = openParenthesis + 1
            var isInDependencies = false
            while place < source.tokens.count, depth > 0 {
                let token = source.tokens[place]
                let label = source.token(place - 1) == ":" ? source.token(place - 2) : ""
                switch token.text {
                case "(", "[":
                    depth += 1
                    if depth == 2, token.text == "[" {
                        // `settings + [.experimental…]` is an array as well, but no argument.
                        let isArgument = [",", "("].contains(source.token(place - 1))
                        isInDependencies = isArgument || label == "dependencies"
                    }
                case ")", "]":
                    depth -= 1
                    if depth == 1 { isInDependencies = false }
                case "\"":
                    let literal = source.literals[token.offset] ?? ""
                    if isInDependencies, label != "package" {
                        dependencies.append(literal)
                    } else if depth == 1, label == "path" {
                        path = literal
                    } else if depth == 1, name == nil, place <= openParenthesis + 3 {
                        name = literal
                    }
                default:
                    words.insert(token.text)
                    let isConstant = token.text.first?.isLowercase == true && depth == 2
                    if isInDependencies, isConstant, source.token(place + 1) != "(" {
                        dependencies.append(token.text)
                    }
                }
                place += 1
            }
        }
    }
}
