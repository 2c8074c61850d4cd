import Testing

@testable import GatewayClient

@Suite("GatewayToken: never shown")
struct GatewayTokenTests {
    @Test("no text of a token shows it")
    func hidden() async throws {
        let token: GatewayToken = "very-secret"
        #expect(!"\(token)".contains("secret"))
        #expect(!String(reflecting: token).contains("secret"))
        var dumped = ""
        dump(token, to: &dumped)
        #expect(!dumped.contains("secret"))
        #expect(try await token.provide() == "very-secret")
    }
}
