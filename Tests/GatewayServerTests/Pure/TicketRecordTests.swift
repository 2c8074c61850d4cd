import Security
import Testing

@testable import GatewayServer

@Suite("TicketRecord") struct TicketRecordTests {
    @Test(
        "keeps everything that revocations and the end of a connection depend on",
        arguments: [nil, 1_800_000_000_000] as [Int64?])
    func roundTrip(signedInAt: Int64?) throws {
        let token = VerifiedToken(
            subject: SubjectID(high: 1, low: 2), role: .service, issuer: "https://i",
            issuedAtMilliseconds: 1_800_000_900_000, signedInAtMilliseconds: signedInAt,
            expiresAtMilliseconds: 1_800_003_600_000, tokenID: "a\"b", keyID: nil)
        let kept = try #require(TicketRecord.token(of: Array(TicketRecord.text(of: token).utf8)))
        #expect(kept == token)
        #expect(TokenMark(of: kept) == TokenMark(of: token))
    }
}
