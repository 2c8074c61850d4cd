import Testing

@Suite("The lexer beneath the house rules")
struct SwiftTextTests {
    private func words(_ text: String) -> [String] {
        SwiftText(path: "a.swift", text: text).tokens.map(\.text)
    }

    @Test("The contents of a literal are not code, its quote is")
    func literalContents() {
        #expect(words(#"let a = "try! { // no""#) == ["let", "a", "=", "\""])
        #expect(words(##"let a = #"one " two"# + b"##) == ["let", "a", "=", "\"", "+", "b"])
        #expect(words(#"let a = "\" {" + b"#) == ["let", "a", "=", "\"", "+", "b"])
        #expect(words("let a = \"\" + b") == ["let", "a", "=", "\"", "+", "b"])
    }

    @Test("A literal of several lines ends at its three quotes, and line numbers go on")
    func multilineLiteral() {
        let source = SwiftText(
            path: "a.swift", text: "let a = \"\"\"\n  try! \"quoted\" {\n  \"\"\"\nlet b = 1")
        #expect(source.tokens.map(\.text) == ["let", "a", "=", "\"", "let", "b", "=", "1"])
        #expect(source.tokens.last?.line == 4)
        #expect(source.literals.values.first?.contains("quoted") == true)
    }

    @Test("The code in an interpolation is code")
    func interpolation() {
        #expect(words(#"f("a \(unsafe g("b", (1))) c", d)"#).contains("unsafe"))
        #expect(words(#"f("a \(unsafe g("b", (1))) c", d)"#).suffix(3) == [",", "d", ")"])
        #expect(words(##"f(#"a \(no) \#(yes)"#)"##) == ["f", "(", "\"", "yes", ")"])
    }

    @Test("Comments are apart from code, nested ones as well, and a literal holds none")
    func comments() {
        let source = SwiftText(
            path: "a.swift", text: "a // one {\nb /* two /* three */\n still */ c\nd = \"// no\"")
        #expect(source.tokens.map(\.text) == ["a", "b", "c", "d", "=", "\""])
        #expect(source.comments.map(\.isBlock) == [false, true])
        #expect(source.comments.map(\.line) == [1, 2])
        #expect(source.comments.first?.text == "one {")
    }

    @Test("A name between backticks is not code")
    func quotedNames() {
        #expect(words("func `a { try! sentence`() {}") == ["func", "`", "`", "(", ")", "{", "}"])
    }

    @Test(
        "An end of the text inside anything ends the reading",
        arguments: ["\"a", "/* a", "`a", "\"\\("])
    func unfinished(text: String) {
        #expect(SwiftText(path: "a.swift", text: text).lines == [text])
    }
}

@Suite("The declarations that the house rules see")
struct DeclarationTests {
    private func names(_ text: String) -> [String] {
        SwiftText(path: "a.swift", text: text).declarations().map {
            "\($0.name) \($0.line)-\($0.lastLine)"
        }
    }

    @Test("Types and functions with their lines, outer ones first")
    func nesting() {
        let text = """
            struct A: B {
                func c(
                    d: Int = { 1 }()
                ) -> Array<Int> {
                    if true { return [] }
                }
                init?(e: Int) {}
                var f: Int { 1 }
                var g: Int = 1
                subscript(h: Int) -> Int { h }
            }
            """
        #expect(
            names(text) == ["A 1-11", "c 2-6", "init 7-7", "var 8-8", "subscript 10-10"])
    }

    @Test("A requirement has no body, and does not take that of the next declaration")
    func requirements() {
        let text = """
            protocol P {
                func a() -> Array<Int>
                func b() throws(E)
                var c: Int { get }
            }
            func d()
                -> Int
            where T: P
            {
                self.init(e)
            }
            """
        #expect(names(text) == ["P 1-5", "var 4-4", "d 6-11"])
    }

    @Test("class and actor introduce a type only before a name")
    func contextualKeywords() {
        #expect(names("class A { class func b() {} }") == ["A 1-1", "b 1-1"])
        #expect(names("let actor = 1; f(actor) { }").isEmpty)
    }
}

@Suite("The manifest that the house rules see")
struct ManifestTests {
    @Test("Targets, products and paths are read from the text")
    func targets() throws {
        let manifest = Manifest(
            text: """
                func module(_ name: String) -> Target { .target(name: name, path: "x") }
                let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
                let all = [
                    .systemLibrary(name: "CZ", providers: [.apt(["zlib1g-dev"])]),
                    .target(name: "CLinux"),
                    module("A", ["CZ"]),  // "No"
                    module(
                        "B",
                        [
                            "A", logging, .product(name: "X", package: "y"),
                        ]),
                    program("c", ["A"], path: "Load/c"),
                    .target(
                        name: "S", dependencies: ["A"], path: "Tests/S",
                        swiftSettings: s + [.x("L")]),
                    tests("ATests", ["A"]),
                ]
                """)
        #expect(manifest.targets.map(\.name) == ["CZ", "CLinux", "A", "B", "c", "S", "ATests"])
        #expect(
            manifest.targets.map(\.kind)
                == [.cLibrary, .cLibrary, .library, .library, .program, .library, .tests])
        #expect(try #require(manifest.target(named: "A")).dependencies == ["CZ"])
        #expect(try #require(manifest.target(named: "B")).dependencies == ["A", "Logging", "X"])
        #expect(manifest.target(ofFile: "Load/c/main.swift")?.name == "c")
        #expect(manifest.target(ofFile: "Tests/ATests/a.swift")?.name == "ATests")
        #expect(manifest.target(ofFile: "Sources/AB/a.swift") == nil)
    }

    @Test("The project's own manifest is read whole")
    func ownManifest() {
        let manifest = SourceTree.project.manifest
        let names = Set(manifest.targets.map(\.name))
        #expect(names.count == manifest.targets.count)
        #expect(names.isSuperset(of: ["CZlib", "WebSocketProtocol", "gateway", "HouseRulesTests"]))
        #expect(manifest.target(named: "gateway")?.dependencies.contains("ArgumentParser") == true)
    }
}
