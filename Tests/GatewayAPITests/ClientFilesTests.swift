import GatewayAPI
import JSONRPC
import Testing

/// What is generated for the clients of other languages; that the checked-in files are the same is
/// in `ContractDocumentsTests`, and that they work in the integration tests.
@Suite("Generated parts of the clients")
struct ClientFilesTests {
    /// The files by the end of their names.
    private func text(_ name: String) throws -> String {
        let file = try #require(ClientFiles.files.first { $0.path.hasSuffix(name) })
        return String(decoding: file.bytes, as: UTF8.self)
    }

    @Test("Their first line says that they are generated")
    func firstLines() throws {
        #expect(ClientFiles.files.count == 4)
        for file in ClientFiles.files {
            let text = String(decoding: file.bytes, as: UTF8.self)
            let line = try #require(text.split(separator: "\n").first)
            #expect(line.contains("Generated from the server's types"), "\(file.path)")
            #expect(text.hasSuffix("\n") && !text.hasSuffix("\n\n"), "\(file.path)")
        }
    }

    @Test("Every method is in each of them", arguments: GatewayMethod.allCases)
    func methods(method: GatewayMethod) throws {
        let name = "\"\(method.rawValue)\""
        for file in ["contract.py", "contract.js", "contract.d.ts"] {
            #expect(try text(file).contains(name), "\(file)")
        }
        // These two are written by hand, since the client keeps what they are about.
        let isGenerated = method != .subscribe && method != .unsubscribe
        #expect(try text("methods.py").contains("await self.call(\(name),") == isGenerated)
    }

    @Test("Every error and close code is in the catalogs of both languages")
    func catalogs() throws {
        for file in ["contract.py", "contract.js"] {
            let text = try text(file)
            for code in GatewayErrorCode.allCases {
                #expect(text.contains("\"\(code.entry.symbol)\""), "\(file): \(code)")
            }
            for code in CloseCode.allCases {
                #expect(text.contains("\"\(code.symbol)\""), "\(file): \(code)")
            }
        }
    }

    @Test("What changes something is marked, so that a lost answer leaves it in doubt")
    func marks() throws {
        for description in GatewayMethod.descriptions {
            let name = "\"\(description.method.rawValue)\""
            let python = description.changesState ? "True" : "False"
            #expect(try text("contract.py").contains("\(name): MethodEntry(\(python), "))
            #expect(
                try text("contract.js").contains(
                    "\(name): Object.freeze({ changesState: \(description.changesState), "))
        }
    }

    @Test("A field that is called like a word of Python is an argument with a line behind it")
    func keywords() throws {
        #expect(try text("contract.py").contains(#""as": 'NotRequired[Literal["LEFT", "#))
        #expect(try text("methods.py").contains(#"as_: Optional[Literal["LEFT", "#))
        #expect(try text("methods.py").contains(#""as": as_,"#))
    }
}
