import Security
import TestSupport
import Testing

@testable import Deriv

/// What a callback says, to be compared.
private func summary(_ query: String, _ generation: OAuthGeneration) throws -> String {
    let callback = try AuthorizationCallback(query: query, generation: generation)
    let state = callback.state?.text ?? "-"
    switch callback.outcome {
    case .code(let code): return "code \(code.text) \(state)"
    case .refused(let reason): return "refused \(reason) \(state)"
    case .tokens(let tokens):
        let list = tokens.map { "\($0.account ?? "-")=\($0.token.text)" }
        return "tokens \(list.joined(separator: ",")) \(state)"
    }
}

private func triples(_ count: Int) -> String {
    (1...count).map { "acct\($0)=CR\($0)&token\($0)=a1-t\($0)&cur\($0)=usd" }
        .joined(separator: "&")
}

@Suite("AuthorizationCallback")
struct AuthorizationCallbackTests {
    @Test(arguments: [
        ("code=ory_ac_x.y&state=s", OAuthGeneration.options, "code ory_ac_x.y s"),
        ("state=s%2B&code=a%2Fb&iss=https%3A%2F%2Fx", .options, "code a/b s+"),
        ("code=a", .options, "code a -"), ("code=a&state=", .options, "code a -"),
        (
            "acct1=cr799393&token1=a1-Xy_9&cur1=usd&acct2=VRTC1&token2=a1-z&cur2=&state=",
            .legacy, "tokens CR799393=a1-Xy_9,VRTC1=a1-z -"
        ),
        ("token3=b&acct3=CR3&acct10=CR10&token10=c", .legacy, "tokens CR3=b,CR10=c -"),
        ("acct1=CR1&token1=a&state=s&other=1", .legacy, "tokens CR1=a s"),
        (
            "error=access_denied&error_description=User+cancelled", .options,
            "refused access_denied -"
        ),
        ("error=access_denied&state=s", .legacy, "refused access_denied s"),
        ("error=%3Cscript%3E", .options, "refused other -"),
    ])
    func `What Deriv sends back is understood`(
        query: String, generation: OAuthGeneration, meaning: String
    ) throws {
        #expect(try summary(query, generation) == meaning)
    }

    @Test(arguments: [
        ("", OAuthGeneration.options, CallbackError.incomplete), ("", .legacy, .incomplete),
        ("state=s", .options, .incomplete), ("code=", .options, .malformedCode),
        ("code=a%20b", .options, .malformedCode), ("code=%C3%A9", .options, .malformedCode),
        ("code=a&code=b", .options, .repeatedParameter),
        ("code=a&c%6Fde=b", .options, .repeatedParameter),
        ("code=%", .options, .malformedEncoding), ("code=%4", .options, .malformedEncoding),
        ("code=%zz", .options, .malformedEncoding), ("code=a%00", .options, .malformedEncoding),
        ("code=a&error=access_denied", .options, .unexpectedAnswer),
        ("error=x&acct1=CR1", .legacy, .unexpectedAnswer),
        ("code=a&acct1=CR1&token1=t", .options, .unexpectedAnswer),
        ("code=a", .legacy, .unexpectedAnswer), ("acct1=CR1", .legacy, .incompleteAccount),
        ("token1=t", .legacy, .incompleteAccount), ("cur1=usd", .legacy, .incompleteAccount),
        ("acct1=CR1&token2=t", .legacy, .incompleteAccount),
        ("acct1=CR-1&token1=t", .legacy, .malformedAccount),
        ("acct1=&token1=t", .legacy, .malformedAccount),
        ("acct1=CR1&token1=", .legacy, .malformedAccount),
        ("acct1=CR1&token1=a.b", .legacy, .malformedAccount),
        ("acct1=CR1&token1=t&cur1=u%24", .legacy, .malformedAccount),
        ("acct1=CR1&token1=t&acct2=cr1&token2=u", .legacy, .repeatedAccount),
        ("acct1=CR1&token1=t&acct2=CR2&token2=t", .legacy, .repeatedAccount),
        ("acct0=CR1&token0=t", .legacy, .incomplete), ("acct01=CR1", .legacy, .incomplete),
    ])
    func `What Deriv never sends is refused`(
        query: String, generation: OAuthGeneration, error: CallbackError
    ) {
        #expect(throws: error) { try summary(query, generation) }
    }

    @Test
    func `Every bound holds at its edge`() throws {
        for count in [24, 25] {
            let callback = try AuthorizationCallback(query: triples(count), generation: .legacy)
            guard case .tokens(let tokens) = callback.outcome else {
                Issue.record("\(count) accounts")
                return
            }
            #expect(tokens.count == count)
        }
        #expect(throws: CallbackError.tooManyAccounts) { try summary(triples(26), .legacy) }
        for (count, isFine) in [(127, true), (128, true), (129, false)] {
            let query = "acct1=CR1&token1=" + String(repeating: "t", count: count)
            #expect(((try? summary(query, .legacy)) != nil) == isFine, "a token of \(count)")
        }
        for (count, isFine) in [(31, true), (32, true), (33, false)] {
            let query = "token1=t&acct1=" + String(repeating: "A", count: count)
            #expect(((try? summary(query, .legacy)) != nil) == isFine, "an account of \(count)")
        }
        for (count, isFine) in [(1023, true), (1024, true), (1025, false)] {
            let query = "code=" + String(repeating: "c", count: count)
            #expect(((try? summary(query, .options)) != nil) == isFine, "a code of \(count)")
        }
        for (count, isFine) in [(98, true), (99, true), (100, false)] {
            let query = "code=c" + (0..<count).map { "&x\($0)" }.joined()
            #expect(((try? summary(query, .options)) != nil) == isFine, "\(count) more parameters")
        }
        for (count, isFine) in [(7999, true), (8000, true), (8001, false)] {
            let query = "code=c&x=" + String(repeating: "x", count: count - 9)
            #expect(((try? summary(query, .options)) != nil) == isFine, "a query of \(count)")
        }
    }

    @Test
    func `No query traps, whatever its bytes`() {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("acttokencurodest=&%+019aFé\u{0}".unicodeScalars)
        for _ in 0..<5000 {
            let count = Int.random(in: 0...60, using: &generator)
            var text = ""
            for _ in 0..<count {
                text.unicodeScalars.append(alphabet.randomElement(using: &generator) ?? "x")
            }
            for generation in OAuthGeneration.allCases {
                if let meaning = try? summary(text, generation) {
                    #expect(!meaning.isEmpty, "seed \(seed)")
                }
            }
        }
    }
}

@Suite("Forms")
struct FormTextTests {
    @Test
    func `What is written is read as it was, any byte and secrets too`() throws {
        var form = FormText()
        let value = String(decoding: (0x20...0x7E).map { UInt8($0) }, as: UTF8.self) + "é€"
        form.append("a b", value)
        form.append("secret", SecretBytes.text("&=+%"))
        let secret = form.takeSecret()
        let reader = try FormReader(secret.text.utf8)
        #expect(reader.parameters["a b"] == Array(value.utf8))
        #expect(reader.parameters["secret"] == Array("&=+%".utf8))
        #expect(form.bytes.isEmpty)
        #expect(secret.text.hasPrefix("a+b=+%21%22%23%24%25%26"))
    }
}
